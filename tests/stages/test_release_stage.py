"""The last look: an empty record goes, a record that leaks a benchmark goes with the item named, the rest stays."""

import json

import polars as pl
import pytest

from cqia.engine.task import count
from cqia.project import load
from cqia.schema import RECORD, STATUS
from cqia.similar.overlap_items import benchmark
from cqia.stages import release

QUESTION = "山脚的磨坊每天能磨三百斤麦子，连磨五天以后停下来修水轮，这五天一共磨了多少斤麦子？"
FERRY = "老周每天清晨划船送孩子们过河上学，十年里从没有收过一分钱，这说明他最看重的是____。"


@pytest.fixture
def benchmarks(tmp_path):
    sums, exam = tmp_path / "sums.jsonl", tmp_path / "exam.csv"
    sums.write_text(json.dumps({"question": QUESTION, "answer": "1500"}) + "\n", "utf-8")
    exam.write_text(f"id,question,A,B,C,D\n0,{FERRY.replace(',', '，')},准时,夸奖,船,河\n", "utf-8")
    return benchmark("sums", [sums]), benchmark("exam", [exam])


def records(*rows):
    fields = [{"instruction": "题", "input": "", "output": "答"} | row for row in rows]
    return pl.DataFrame(
        [dict.fromkeys(RECORD) | row | {"id": f"notes:n{n}/answer"} for n, row in enumerate(fields)], schema=RECORD
    )


CLEAN = {"instruction": "磨坊为什么多半建在河边？", "output": "水流推着水轮转，水轮带着石磨转，省人力也省畜力。"}


@pytest.mark.parametrize(
    ("row", "status", "reason", "overlap"),
    [
        (CLEAN, "kept", None, None),
        ({"instruction": QUESTION}, "dropped", "benchmark:sums", 1.0),
        ({"instruction": "请回答", "input": QUESTION}, "dropped", "benchmark:sums", 1.0),
        ({"instruction": QUESTION, "input": None}, "dropped", "benchmark:sums", 1.0),
        ({"instruction": "算一算", "input": QUESTION[: len(QUESTION) // 2 + 1]}, "dropped", "benchmark:sums", 0.5),
        ({"output": f"书上有一题：{QUESTION}答案是一千五百斤。"}, "dropped", "benchmark:sums", 1.0),
        ({"output": QUESTION[: len(QUESTION) // 2 + 1]}, "kept", None, None),
        ({"history": [{"instruction": QUESTION, "output": "一千五百斤"}]}, "dropped", "benchmark:sums", 1.0),
        ({"history": [{"instruction": "出一题", "output": FERRY}]}, "dropped", "benchmark:exam", 1.0),
        ({"instruction": " ", "output": QUESTION}, "dropped", "empty", 1.0),
        ({"instruction": " "}, "dropped", "empty", None),
        ({"instruction": None}, "dropped", "empty", None),
    ],
)
def test_every_part_of_a_record_is_looked_at(benchmarks, row, status, reason, overlap):
    outcome = release.apply(records(row), pl.DataFrame(), benchmarks=benchmarks)
    (found,) = outcome.status.to_dicts()
    assert (found["status"], found["reason"]) == (status, reason)
    leaks = [fired for fired in found["fired"] if fired["rule"].startswith("benchmark:")]
    assert [fired["value"] for fired in leaks] == ([] if overlap is None else [pytest.approx(overlap, abs=0.1)])
    assert outcome.out.height == (status == "kept")
    assert outcome.out.schema == RECORD
    assert outcome.status.schema == STATUS


def test_the_item_is_named_and_two_benchmarks_are_both(benchmarks):
    frame = records(CLEAN, {"instruction": f"{QUESTION}\n{FERRY}"}, CLEAN, {"output": FERRY})
    outcome = release.apply(frame, pl.DataFrame(), benchmarks=benchmarks)
    assert outcome.status["reason"].to_list() == [None, "benchmark:exam", None, "benchmark:exam"]
    assert outcome.status["fired"].to_list()[1] == [
        {"rule": "benchmark:exam", "value": 1.0, "detail": f"exam.csv row=0: {FERRY[:40]}"},
        {"rule": "benchmark:sums", "value": 1.0, "detail": f"sums.jsonl {_line(QUESTION)}: {QUESTION[:40]}"},
    ]
    assert outcome.out["id"].to_list() == ["notes:n0/answer", "notes:n2/answer"]
    assert count(outcome.status, outcome.out.height).fired == {"benchmark:exam": 2, "benchmark:sums": 1}


def _line(question):
    return f"bytes=0-{len(json.dumps({'question': question, 'answer': '1500'}))}"


@pytest.mark.parametrize(
    ("exempt", "reasons"),
    [
        ((), ["benchmark:sums", "benchmark:exam", None]),
        (("sums",), [None, "benchmark:exam", None]),
        (("sums", "exam"), [None, None, None]),
    ],
)
def test_the_origin_of_a_benchmark_is_exempt_from_that_one(benchmarks, exempt, reasons):
    frame = records({"instruction": QUESTION}, {"instruction": FERRY}, CLEAN)
    outcome = release.apply(frame, pl.DataFrame(), benchmarks=benchmarks, exempt=frozenset(exempt))
    assert outcome.status["reason"].to_list() == reasons


def test_nothing_is_checked_without_benchmarks_and_no_records_are_no_trouble(benchmarks):
    frame = records({"instruction": QUESTION})
    assert release.apply(frame, pl.DataFrame()).out.equals(frame)
    empty = release.apply(records(), pl.DataFrame(), benchmarks=benchmarks)
    assert (empty.out.schema, empty.status.schema, empty.status.height) == (RECORD, STATUS, 0)


def test_a_release_names_what_it_was_checked_against(project, inline, cqia, tmp_path):
    file = tmp_path / "sums.jsonl"
    file.write_text("".join(json.dumps({"question": q}) + "\n" for q in (QUESTION, FERRY)), "utf-8")
    table = f'[benchmarks.sums]\nraw = ["{file}"]\n'
    clean, leaked = [{"id": f"n{n}", "title": title, "likes": 99, "text": f"第{n}个答案：先想清楚，再动手写。"}
                     for n, title in enumerate(("磨坊为什么建在河边？", QUESTION))]  # fmt: skip
    folder = project([clean, leaked], toml=table)
    assert cqia("release", "v1", "-C", folder).code == 0
    manifest = json.loads((folder / "releases/v1/manifest.json").read_text("utf-8"))
    assert manifest["benchmarks"] == {"sums": {"items": 2, "hits": 1}}
    assert manifest["exempt"] == []
    assert "benchmark:sums" in cqia("why", "notes:n1/answer", "-C", folder).out

    (folder / "cqia.toml").write_text((folder / "cqia.toml").read_text("utf-8") + 'exempt = ["notes"]\n', "utf-8")
    assert cqia("release", "v2", "-C", folder).code == 0
    manifest = json.loads((folder / "releases/v2/manifest.json").read_text("utf-8"))
    assert manifest["benchmarks"] == {"sums": {"items": 2, "hits": 0}}
    assert manifest["exempt"] == [{"source": "notes", "benchmark": "sums"}]
    assert "exempt, being the origin: notes (sums)" in (folder / "releases/v2/README.md").read_text("utf-8")
    assert cqia("report", "-C", folder).code == 0
    found = json.loads((folder / "report/report.json").read_text("utf-8"))
    assert '"exempt": [{"source": "notes", "benchmark": "sums"}]' in json.dumps(found)

    inline.taken()
    file.write_text(json.dumps({"question": FERRY}) + "\n", "utf-8")
    assert cqia("release", "v3", "-C", folder).code == 0
    assert {task.split()[0] for task in inline.taken()} == {"release"}  # another benchmark file: only this is redone


def test_a_release_without_benchmarks_says_so(project, inline, cqia):
    folder = project([{"id": "n0", "title": "磨坊为什么建在河边？", "text": "水流推着水轮转，省力。", "likes": 99}])
    said = cqia("release", "v1", "-C", folder)
    assert "benchmarks checked: none" in said.err.lower()
    assert json.loads((folder / "releases/v1/manifest.json").read_text("utf-8"))["benchmarks"] == {}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('raw = ["no/*.csv"]', "Benchmark sums: no file matches"),
        ('raw = ["raw/a.jsonl"]', "Benchmark sums: .*no question in a field that is known"),
        ('raw = ["raw/*"]\nexempt = ["note"]', "Did you mean 'notes'"),
        ("raw = []", "benchmarks.sums.raw"),
    ],
)
def test_a_wrong_table_is_explained(project, inline, cqia, table, message):
    import re

    row = {"id": "n0", "title": "磨坊为什么建在河边？", "text": "水流推着水轮转，省力。", "likes": 99}
    said = cqia("release", "v1", "-C", project([row], toml=f"[benchmarks.sums]\n{table}\n"))
    assert said.code != 0
    assert re.search(message, said.err)


def test_the_stage_is_made_anew_when_a_benchmark_changes(project, tmp_path):
    from cqia.pipeline import build_release

    file = tmp_path / "sums.jsonl"

    def made(text, more=""):
        file.write_text(text, "utf-8")
        found = load(project([], toml=f'[benchmarks.sums]\nraw = ["{file}"]\n{more}'))
        return build_release(found, found.sources["notes"]).digest

    first = made('{"question": "一"}')
    assert made('{"question": "一"}') == first
    assert made('{"question": "二"}') != first
    assert made('{"question": "一"}', 'exempt = ["notes"]') != first
    assert made('{"question": "一"}', 'exempt = ["zhihu"]') == first
