from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cqia.errors import UsageError
from cqia.judge.labels import LABELS, by_id, judged, read
from cqia.judge.verdict import Verdict
from cqia.schema import RECORD
from cqia.stages.judge import apply
from made_judges import Fixed

LINES = """
{"id": "a", "score": 8.5, "Output": "四个字啊"}

{"id": "b", "score": null, "outcome": "abstained"}
{"id": "c", "text": "文", "label": true}
"""


def test_json_lines_say_scores_outcomes_and_labels(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    path.write_text(LINES, "utf-8")
    found = by_id(path)
    assert found.schema == LABELS
    assert found.select("row", "id", "score", "outcome", "label", "length").rows() == [
        (2, "a", 8.5, "scored", None, 4),
        (4, "b", None, "abstained", None, None),
        (5, "c", None, "failed", True, 1),
    ]


def test_csv_and_parquet_say_the_same(tmp_path: Path) -> None:
    csv, parquet = tmp_path / "l.csv", tmp_path / "l.parquet"
    csv.write_text("\ufeff,TEXT,label\n1,一句话,1\n2,两句话,0\n3,三句话,\n", "utf-8")
    pl.DataFrame({"text": ["一句话", "两句话", "三句话"], "label": [1, 0, None]}).write_parquet(parquet)
    for path in (csv, parquet):
        assert read(path).select("text", "label").rows() == [("一句话", True), ("两句话", False), ("三句话", None)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"id": "a", "label": 2}', "row 1: a label is 1 or 0, not '2'"),
        ('{"id": "a", "score": "八"}', "row 1: a score is a number, not '八'"),
        ('{"id": "a", "score": NaN}', "row 1: a score is a number"),
        ('{"id": "a", "score": 1e999}', "row 1: a score is a number"),
        ('{"id": "a", "outcome": "good"}', "row 1: an outcome is scored, abstained or failed, not 'good'"),
        ('{"id": "a", "outcome": "failed", "score": 3}', "contradicts"),
        ('{"id": "a", "score": 1}\n{"id": "a", "score": 2}', "row 2: a second row about a"),
        ('{"score": 1}', "row 1: there is no id"),
        ('{"id": ["a"]}', "row 1: id should be text"),
        ("{}\n[1]", "row 2 is no JSON object"),
        ("no json", "row 1 is no JSON object"),
        ("[" * 100_000, "row 1 is no JSON object"),
    ],
)
def test_what_cannot_be_is_said_with_its_row(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError) as error:
        by_id(path)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("name", "data"), [("l.csv", b"a,b\n1,2\n"), ("l.parquet", b"PAR1 not"), ("missing.csv", None), ("folder", b"")]
)
def test_what_is_no_file_of_labels_is_said(name: str, data: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    elif data is not None:
        path.write_bytes(data)
    with pytest.raises(UsageError):
        read(path)


def test_the_verdicts_of_a_stage_are_read_back_apart(tmp_path: Path) -> None:
    said = {
        "good": Verdict("scored", 8.5, "好"),
        "poor": Verdict("scored", 7.5, "空洞"),
        "unsure": Verdict("abstained", None, "要看图"),
        "broken": Verdict("failed", None, "断线"),
    }
    rows = [{"id": id, "instruction": "问", "output": "答" * number} for number, id in enumerate(said, 1)]
    frame = pl.DataFrame(rows, schema=RECORD)
    outcome = apply(frame, pl.DataFrame(), judge=Fixed(said), at_least=8.0, retry_failed=True)
    frame.write_parquet(tmp_path / "in.parquet")
    outcome.status.write_parquet(tmp_path / "status.parquet")
    found = judged("zhihu", [tmp_path / "status.parquet"], [tmp_path / "in.parquet"])
    assert found.select("id", "score", "outcome", "length", "position", "source", "by").rows() == [
        ("good", 8.5, "scored", 1, 1.0, "zhihu", "fixed"),
        ("poor", 7.5, "scored", 2, 2.0, "zhihu", "fixed"),
        ("unsure", None, "abstained", 3, 3.0, "zhihu", "fixed"),
        ("broken", None, "failed", 4, 4.0, "zhihu", "fixed"),
    ]
