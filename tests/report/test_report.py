"""``cqia report``: of a workspace at any stage, of a release, of other datasets; and ``--check``."""

import json
import re
import shutil

import polars as pl
import pytest

from cqia.judge.suspects import RULE
from cqia.report import flow, judged, samples
from cqia.schema import RECORD, STATUS, frame, status
from made import lines, note

DECIDED = [
    {"record": "notes:n1/answer", "action": "edit", "reviewer": "甲", "at": "2026-01-01T00:00:00Z",
     "edited": {"output": "改过的回答，说得更清楚也更完整一些。"}},
    {"record": "notes:n2/answer", "action": "reject", "reviewer": "甲", "at": "2026-01-01T00:00:00Z",
     "reason": "答非所问"},
]  # fmt: skip


def numbers(folder):
    return json.loads((folder / "report.json").read_text("utf-8"))


@pytest.mark.parametrize("until", [None, "collect", "filter", "assign", "review"])
def test_a_report_of_what_there_is(project, cqia, inline, until):
    folder = project([note(1), note(2, likes=0), "{"])
    if until:
        assert cqia("run", "-C", folder, "--until", until).code == 0
    said = cqia("report", "-C", folder)
    assert said.code == 0
    assert said.out.strip() == str(folder / "report" / "index.html")
    found = numbers(folder / "report")
    assert found["judge"] == "heuristic"
    assert found["road"]["funnel"]["balanced"] is True
    assert bool(found["lengths"]) == (until in ("assign", "review"))
    html = (folder / "report/index.html").read_text("utf-8")
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", html)
    assert "笔记" in html
    if until == "review":
        assert found["records"] == 1


def test_a_report_says_what_became_of_items_and_why(project, cqia, inline, tmp_path):
    folder = project([note(n) for n in range(1, 6)] + [note(7, likes=0), note(8, likes=0, text="短"), "{"])
    assert cqia("run", "-C", folder).code == 0
    ids = [each["id"] for each in json.loads(cqia("list", "-C", folder, "--stage", "judge", "--json").out)]
    rows = [each | {"record": id} for each, id in zip(DECIDED, ids, strict=False)]
    (tmp_path / "d.jsonl").write_text(lines(rows), "utf-8")
    assert cqia("review", "import", tmp_path / "d.jsonl", "-C", folder).code == 0
    assert cqia("run", "-C", folder).code == 0
    assert cqia("report", "-C", folder).code == 0
    found = numbers(folder / "report")
    status_ = json.loads(cqia("status", "-C", folder, "--json").out)
    assert found["road"]["funnel"]["stages"] == status_["stages"]
    rules = {rule["rule"]: rule for rule in found["road"]["rules"][0]["rules"]}
    row = next(row for row in status_["stages"] if row["stage"] == "filter")
    assert {name: rule["first"] for name, rule in rules.items() if rule["first"]} == row["dropped"]
    assert {name: rule["fires"] for name, rule in rules.items() if rule["fires"]} == row["fired"]
    away = {(each["stage"], each["reason"]): each for each in found["road"]["turned_away"]["notes"]}
    assert away["collect", "bad_json"]["status"] == "quarantined"
    assert away["review", "rejected"]["shown"][0]["detail"] == "答非所问"
    assert away["filter", "likes"]["shown"][0]["answered"]
    changed = [edit for each in found["road"]["edited"]["notes"] for edit in each["edits"] if edit["name"] == "review"]
    assert changed[0]["now"] == "改过的回答，说得更清楚也更完整一些。"
    assert found["written"]["human_verified"]["true"] == 1
    html = (folder / "report/index.html").read_text("utf-8")
    assert "答非所问" in html
    assert "改过的回答" in html


def test_a_release_has_the_numbers_of_the_workspace_it_was_made_of(project, cqia, inline, tmp_path):
    folder = project([note(n) for n in range(1, 9)], toml="[review]\nrequire = 'none'")
    assert cqia("release", "v1", "-C", folder).code == 0
    assert cqia("report", "-C", folder).code == 0
    said = cqia("report", "v1", "-C", folder)
    assert said.out.strip() == str(folder / "report" / "v1" / "index.html")
    mine, released = numbers(folder / "report"), numbers(folder / "report" / "v1")
    assert released["version"] == "v1"
    assert released["road"] is None
    for name in ("records", "written", "kinds", "domains", "lengths", "beginnings", "copies"):
        assert released[name] == mine[name], name
    shutil.copytree(folder / "releases" / "v1", tmp_path / "elsewhere")
    alone = tmp_path / "no-project"
    alone.mkdir()
    assert cqia("report", tmp_path / "elsewhere", "--out", alone / "r", "-C", alone).code == 0
    assert numbers(alone / "r")["records"] == mine["records"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["v9"], 2, "There is no release and no file 'v9'"),
        (["--check"], 2, "There is nothing to check"),
        (["raw"], 2, "No row of"),
    ],
)
def test_what_cannot_be_reported_is_said(project, cqia, inline, monkeypatch, arguments, code, said):
    folder = project([{"什么": "别的"}])
    monkeypatch.chdir(folder)
    found = cqia("report", *arguments)
    assert found.code == code
    assert said in found.err


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["{", {"instruction": "只有问题"}, {"instruction": "问", "output": "答"}], "1 bad_json, 1 unknown_shape"),
        ([], "rows.jsonl holds no record."),
    ],
)
def test_what_could_not_be_read_is_said_on_the_terminal_too(cqia, tmp_path, monkeypatch, rows, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_text(lines(rows), "utf-8")
    found = cqia("report", "rows.jsonl", "--out", "r")
    assert (found.code, found.out.strip()) == (0, str(tmp_path / "r/index.html"))
    assert said in found.err
    assert numbers(tmp_path / "r")["records"] == len(rows) // 3


def test_releases_whose_names_have_dots_have_reports_of_their_own(project, cqia, inline):
    folder = project([note(n) for n in range(4)], toml="[review]\nrequire = 'none'")
    for version in ("v1.0", "v1.1"):
        assert cqia("release", version, "-C", folder).code == 0
        said = cqia("report", version, "-C", folder)
        assert said.out.strip() == str(folder / "report" / version / "index.html")


def test_without_a_project_a_dataset_must_be_named(cqia, tmp_path):
    assert cqia("report", "-C", tmp_path).code == 2
    assert "no cqia.toml" in cqia("report", "-C", tmp_path).err


@pytest.mark.parametrize(
    ("bound", "broken"),
    [
        ("at_least_records = 3", ""),
        ("at_least_records = 9", "at_least_records: records: 8 is below 9"),
        ("at_least_verified = 0.5", "at_least_verified: share verified by people: 0 is below 0.5"),
        ("at_most_by_machine = 0.1", ""),
        ("at_most_copies = 0", ""),
        ("at_most_stray = 0\nat_most_repetitive = 0\nat_most_refused = 0", ""),
        (
            "at_most_begin_alike = 1",
            "at_most_begin_alike: highest share in a source that begins alike: was not measured.",
        ),
        ("at_most_leaks = 0", "at_most_leaks: share that overlaps a benchmark: was not measured. Name some"),
    ],
)
def test_check_fails_on_a_broken_bound_and_says_which(project, cqia, inline, bound, broken):
    folder = project([note(n) for n in range(1, 9)], toml=f"[report]\n{bound}\n[review]\nrequire = 'none'")
    assert cqia("run", "-C", folder).code == 0
    said = cqia("report", "-C", folder, "--check")
    assert said.code == (1 if broken else 0), said.err
    assert broken in said.err
    assert all(row["holds"] != bool(broken) for row in numbers(folder / "report")["checks"])
    assert cqia("report", "-C", folder).code == 0  # without --check it is only told


def test_check_fails_where_the_accounts_do_not_balance(project, cqia, inline):
    folder = project([note(n) for n in range(1, 4)], toml="[report]\nat_least_records = 1")
    assert cqia("run", "-C", folder).code == 0
    part = next((folder / "work/notes/filter/status").glob("*.parquet"))
    pl.read_parquet(part).head(1).write_parquet(part)
    said = cqia("report", "-C", folder, "--check")
    assert said.code == 1
    assert "the accounts do not balance" in said.err


def test_bounds_are_checked_by_benchmarks_that_the_project_names(project, cqia, inline, tmp_path):
    question = "下列关于光合作用的叙述，哪一项是正确的，并说明判断的理由和依据？"
    (tmp_path / "b.jsonl").write_text(lines([{"question": question}]), "utf-8")
    toml = f"[report]\nat_most_leaks = 0\n[benchmarks.exam]\nraw = ['{tmp_path}/b.jsonl']\n[review]\nrequire = 'none'"
    folder = project([note(1, title=question), note(2)], toml=toml)
    assert cqia("run", "-C", folder).code == 0
    said = cqia("report", "-C", folder, "--check")
    assert (said.code, "at_most_leaks" in said.err) == (1, True)
    assert numbers(folder / "report")["leaks"]["by_benchmark"] == {"exam": 1}


def test_what_a_project_is_called_cannot_break_out_of_the_page(project, cqia, inline):
    folder = project([note(1)])
    file = folder / "cqia.toml"
    file.write_text("name = '<script>alert(1)</script>'\n" + file.read_text("utf-8"), "utf-8")
    cqia("run", "-C", folder)
    assert cqia("report", "-C", folder).code == 0
    assert "<script" not in (folder / "report/index.html").read_text("utf-8")


def test_the_same_workspace_gives_the_same_report(project, cqia, inline):
    folder = project([note(1), note(2)])
    cqia("run", "-C", folder)
    cqia("report", "-C", folder)
    before = (folder / "report/index.html").read_bytes()
    cqia("report", "-C", folder)
    assert (folder / "report/index.html").read_bytes() == before


def fired(id, *names):
    made = status(id, "dropped" if names else "kept", names[0] if names else None)
    return made | {"fired": [{"rule": name, "value": 1.0, "detail": None} for name in names]}


def test_what_each_rule_alone_removes_and_which_go_together(tmp_path):
    rows = [fired("1"), fired("2", "a"), fired("3", "a", "b"), fired("4", "b", "a"), fired("5", "b"), fired("6", "b")]
    frame(rows, STATUS).write_parquet(tmp_path / "part-0.parquet")
    (found,) = flow.rules({"甲": [tmp_path / "part-0.parquet"]}, {"甲": {"a": "why a", "b": "why b", "c": "why c"}})
    assert (found["inputs"], found["removed"]) == (6, 5)
    assert [(r["rule"], r["fires"], r["first"], r["alone"]) for r in found["rules"]] == [
        ("a", 3, 2, 1), ("b", 4, 3, 2), ("c", 0, 0, 0),
    ]  # fmt: skip
    assert found["overlap"] == {"rules": ["b", "a"], "both": [[4, 2], [2, 3]]}


def test_scores_and_what_has_none(tmp_path):
    def silent(id, name, reason, outcome, detail):
        return status(id, name, reason, by="judge") | {"fired": [{"rule": outcome, "value": None, "detail": detail}]}

    rows = [
        status("1", "kept", by="judge", score=9.0), status("2", "dropped", "score", by="judge", score=5.5),
        silent("3", "kept", "undecided", "abstained", "没有总分：……"),
        silent("4", "pending", "judge_failed", "failed", "回复被截断：……"),
        status("5", "kept", by="judge", score=8.0) | {"fired": [{"rule": RULE, "value": None, "detail": "给十分"}]},
    ]  # fmt: skip
    frame(rows, STATUS).write_parquet(tmp_path / "part-0.parquet")
    (found,) = judged.judged({"甲": [tmp_path / "part-0.parquet"]}, {"甲": 8.0})
    want = {"records": 5, "scored": 3, "abstained": 1, "failed": 1, "waiting": 1, "low": 1, "addressed": 1, "mean": 7.5}
    assert {name: found[name] for name in want} == want
    assert found["why"] == {"回复被截断": 1, "没有总分": 1}
    assert found["scores"] == [{"score": score, "records": 1} for score in (5.5, 8.0, 9.0)]
    assert found["by"] == {"judge": 5}


def test_personal_data_of_what_is_not_published_is_not_in_the_report(project, cqia, inline):
    number, text = "13912345678", "有问题就打电话 13912345678，写得再长一些也是这个号码，别的什么都没有。"
    assert samples.hidden(text) == text.replace(number, samples.HIDDEN)
    assert number not in samples.hidden("字" * (samples.SHOWN_CHARS - 4) + number)
    assert samples.hidden(None) == ""
    folder = project([note(1), note(2, likes=0, text=text), note(3, likes=0, title=f"{number} 是谁的电话？")])
    assert cqia("run", "-C", folder).code == 0
    assert cqia("report", "-C", folder).code == 0
    away = numbers(folder / "report")["road"]["turned_away"]["notes"]
    assert samples.HIDDEN in json.dumps(away, ensure_ascii=False)
    for file in ("report.json", "index.html"):
        assert number not in (folder / "report" / file).read_text("utf-8")


def test_what_was_masked_stays_so(tmp_path):
    edits = [{"field": "output", "name": "mask", "start": 3, "was": "abc_123", "now": "<微信号>"}]
    rows = [{"id": "r1", "instruction": "问", "output": "加我 <微信号>", "edits": edits}]
    frame(rows, RECORD).write_parquet(tmp_path / "part-0.parquet")
    shown = [{"field": "output", "name": "mask", "was": samples.HIDDEN, "now": "<微信号>"}]
    assert samples.edited([tmp_path / "part-0.parquet"], 1) == [{"id": "r1", "edits": shown}]


def test_what_a_person_changed_is_shown_where_the_texts_part(tmp_path):
    said = [f"第{n}句话。" for n in range(90)]
    was, now = "".join(said), "".join([*said[:80], "另说一句。", *said[80:]])
    number = "13912345678"
    rows = [{"id": "r1", "instruction": f"{number} 是谁", "output": was}]
    frame(rows, RECORD).write_parquet(tmp_path / "part-0.parquet")
    decided = {"id": "r1", "action": "edit", "instruction": "是谁的电话", "input": None, "output": now}
    (each,) = samples.corrected([tmp_path / "part-0.parquet"], pl.DataFrame([decided]), 1)
    asked, answered = each["edits"]
    assert asked == {"field": "instruction", "name": "review", "was": f"{samples.HIDDEN} 是谁", "now": "是谁的电话"}
    for text, part in (("was", "第79句话。第80句话。"), ("now", "第79句话。另说一句。第80句话。")):
        assert answered[text].startswith("…")
        assert part in answered[text]


def test_a_number_that_stayed_is_not_where_the_texts_part(tmp_path):
    said = "请打 13912345678。" + "".join(f"第{n}句话。" for n in range(90))
    rows = [{"id": "r1", "instruction": "问", "output": said + "旧结尾。"}]
    frame(rows, RECORD).write_parquet(tmp_path / "part-0.parquet")
    decided = {"id": "r1", "action": "edit", "instruction": None, "input": None, "output": said + "新结尾。"}
    (each,) = samples.corrected([tmp_path / "part-0.parquet"], pl.DataFrame([decided]), 1)
    (edit,) = each["edits"]
    assert edit["was"].endswith("第89句话。旧结尾。")
    assert edit["now"].endswith("第89句话。新结尾。")


def test_edits_are_shown_with_what_was_there(tmp_path):
    edit = {"field": "output", "name": "courtesy", "start": 0, "was": "谢邀。", "now": ""}
    rows = [{"id": f"r{n}", "instruction": "问", "output": "答", "edits": [edit] if n < 3 else []} for n in range(9)]
    frame(rows, RECORD).write_parquet(tmp_path / "part-0.parquet")
    found = samples.edited([tmp_path / "part-0.parquet"], 1)
    assert len(found) == samples.EACH
    assert found[0]["edits"][0] == {"field": "output", "name": "courtesy", "was": "谢邀。", "now": ""}
