"""What changed against an earlier release: every change once, with the reason that the ledger knows."""

import json

import polars as pl
import pytest

from made import make_project, note

OWN_TOML = '[review]\nrequire = "none"\n'


def wrote(folder, rows):
    (folder / "raw/a.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def decided(folder, cqia, *decisions):
    rows = [{"reviewer": "甲", "at": f"2026-01-0{n}T00:00:00Z", **each} for n, each in enumerate(decisions, 1)]
    file = folder / "decisions.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    assert cqia("review", "import", file, "-C", folder).code == 0


@pytest.fixture
def changed(tmp_path, inline, cqia):
    """Two releases, with one of each kind of change between them."""
    folder = make_project(tmp_path / "p", [note(n) for n in range(12)], toml=OWN_TOML)
    assert cqia("release", "v1", "-C", folder).code == 0
    rows = {n: note(n) for n in range(12)}
    del rows[0]  # no longer in the raw files
    rows[1] |= {"likes": 1}  # dropped by a rule
    rows[2] |= {"text": rows[3]["text"], "likes": 3}  # now a copy of another
    rows[4] |= {"text": "先把编号4的东西收好，再想想别的办法，最后擦干净。"}
    rows[12] = note(12)
    rows[13] = note(13)
    wrote(folder, rows.values())
    decided(
        folder,
        cqia,
        {"record": "notes:n5/answer", "action": "reject"},
        {"record": "notes:n6/answer", "action": "edit", "edited": {"output": "把它擦干净就好。"}},
        {"record": "notes:n13/answer", "action": "accept"},
    )
    assert cqia("takedown", "--id", "notes:n7", "--apply", "-C", folder).code == 0
    said = cqia("release", "v2", "--against", "v1", "-C", folder)
    assert said.code == 0, said.err
    return folder


def test_every_change_has_its_reason(changed):
    rows = pl.read_parquet(changed / "releases/v2/changes.parquet").to_dicts()
    found = {(row["id"][len("notes:") : -len("/answer")], row["change"]): row["reason"] for row in rows}
    assert found == {
        ("n0", "removed"): "not_in_raw",
        ("n1", "removed"): "filter:likes",
        ("n2", "removed"): "dedup:exact_duplicate",
        ("n4", "edited"): "text",
        ("n5", "removed"): "review:rejected",
        ("n6", "edited"): "edited_by_people",
        ("n7", "removed"): "collect:takedown",
        ("n12", "added"): "judged",
        ("n13", "added"): "reviewed",
    }
    for row in rows:
        files = {"added": (None, "notes/answers.jsonl"), "removed": ("notes/answers.jsonl", None)}
        assert (row["before"], row["after"]) == files.get(row["change"], ("notes/answers.jsonl",) * 2)


def test_the_page_tells_the_same_numbers(changed):
    page = (changed / "releases/v2/CHANGES.md").read_text("utf-8")
    numbers = [line.split("|")[2].strip() for line in page.splitlines() if line.startswith("| ")][1:7]
    assert numbers == ["12", "+2", "−5", "9", "2", "0"]
    assert r"| `notes` | `collect:takedown` | 1 | `notes:n7/answer` |" in page
    manifest = json.loads((changed / "releases/v2/manifest.json").read_text("utf-8"))
    assert {"CHANGES.md", "changes.parquet"} < manifest["files"].keys()


def test_another_wording_is_told_as_such_and_another_score_moves(tmp_path, inline, cqia):
    from made import OWN

    python = tmp_path / "own.py"
    python.write_text(OWN.read_text("utf-8"), "utf-8")
    folder = make_project(tmp_path / "p", [note(n) for n in range(5)], toml=OWN_TOML, python=python)
    assert cqia("release", "v1", "-C", folder).code == 0
    source = OWN.read_text("utf-8").replace(
        '("{title}", "请回答：{title}", "有人问：{title} 你怎么看？")', '("问：{title}",)'
    )
    moved = tmp_path / "other.py"
    moved.write_text(
        source.replace('Published("notes", {"answer": "answers"})', 'Published("notes", {"answer": "more"})'), "utf-8"
    )
    (folder / "cqia.toml").write_text((folder / "cqia.toml").read_text("utf-8").replace("own.py", "other.py"), "utf-8")
    assert cqia("release", "v2", "--against", "v1", "-C", folder).code == 0
    rows = pl.read_parquet(folder / "releases/v2/changes.parquet")
    assert rows.group_by("change", "reason").len().sort("change").rows() == [
        ("edited", "wording", 5),
        ("moved", "file", 5),
    ]
    assert set(rows["after"]) == {"notes/more.jsonl"}


def test_a_record_whose_document_now_makes_another_is_not_said_to_be_gone_from_the_raw_files(tmp_path, inline, cqia):
    from made import OWN

    folder = make_project(tmp_path / "p", [note(n) for n in range(5)], toml=OWN_TOML)
    assert cqia("release", "v1", "-C", folder).code == 0
    source = OWN.read_text("utf-8").replace('name="answer"', 'name="reply"').replace('{"answer": "a', '{"reply": "a')
    (tmp_path / "other.py").write_text(source, "utf-8")
    toml = (folder / "cqia.toml").read_text("utf-8")
    (folder / "cqia.toml").write_text(toml.replace(str(OWN), str(tmp_path / "other.py")), "utf-8")
    wrote(folder, [note(n) for n in range(4)])
    assert cqia("release", "v2", "--against", "v1", "-C", folder).code == 0
    rows = pl.read_parquet(folder / "releases/v2/changes.parquet").filter(pl.col("change") == "removed")
    assert dict(rows.select("id", "reason").iter_rows()) == {
        **{f"notes:n{n}/answer": "other_task" for n in range(4)},
        "notes:n4/answer": "not_in_raw",
    }


def test_nothing_changed(tmp_path, inline, cqia):
    folder = make_project(tmp_path / "p", [note(n) for n in range(3)])
    assert cqia("release", "v1", "-C", folder).code == 0
    assert cqia("release", "v2", "--against", "v1", "-C", folder).code == 0
    assert pl.read_parquet(folder / "releases/v2/changes.parquet").height == 0
    assert "| v1 | 3 |" in (folder / "releases/v2/CHANGES.md").read_text("utf-8")


@pytest.mark.parametrize("against", ["v2", "v9", "../v1", ""])
def test_against_what_there_is_not(tmp_path, inline, cqia, against):
    folder = make_project(tmp_path / "p", [note(n) for n in range(3)])
    assert cqia("release", "v1", "-C", folder).code == 0
    said = cqia("release", "v2", "--against", against, "-C", folder)
    assert said.code == 2
    assert "Known: v1." in said.err
    assert not (folder / "releases/v2").exists()


def test_made_again_without_the_changelog_it_differs_and_says_in_what(tmp_path, inline, cqia):
    folder = make_project(tmp_path / "p", [note(n) for n in range(3)])
    assert cqia("release", "v1", "-C", folder).code == 0
    assert cqia("release", "v2", "--against", "v1", "-C", folder).code == 0
    assert "unchanged" in cqia("release", "v2", "--against", "v1", "-C", folder).out
    said = cqia("release", "v2", "-C", folder)
    assert said.code == 1
    assert "CHANGES.md" in said.err
