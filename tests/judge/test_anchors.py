from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cqia.errors import UsageError
from cqia.judge.anchors import Anchored, read
from cqia.judge.verdict import Judge, Verdict
from cqia.judge.watch import Watch
from cqia.schema import RECORD
from made_judges import Fixed

RECORDS = pl.DataFrame([{"id": "a:1", "instruction": "问", "output": "答"}], schema=RECORD)


def anchors(path: Path, number: int = 20) -> pl.DataFrame:
    path.write_text(
        "".join(f'{{"id": "{n}", "instruction": "第{n}问", "output": "第{n}答"}}\n' for n in range(number)), "utf-8"
    )
    return read(path)


def run(tmp_path: Path, score: float | None, asked: list[str] | None = None, digest: str = "d") -> Watch:
    """One run, in which every anchor has this score; None is a failure."""
    verdict = Verdict("failed", None, "断线") if score is None else Verdict("scored", score, "")
    watch = Watch(tmp_path / "w.sqlite")
    judge = Fixed({}, otherwise=verdict, digest=digest)

    def again(purpose: str) -> Judge:
        if asked is not None:
            asked.append(purpose)
        return judge

    who = Anchored(judge, anchors(tmp_path / "anchors.jsonl"), again, watch)
    for _ in range(3):  # shards
        assert who(RECORDS)["id"].to_list() == ["a:1"]
    return watch


def test_anchors_are_really_asked_once_in_every_run(tmp_path: Path) -> None:
    asked: list[str] = []
    for _ in range(3):
        run(tmp_path, 8.0, asked)
    assert asked == ["anchor/1", "anchor/2", "anchor/3"]


def test_without_records_nothing_is_asked(tmp_path: Path) -> None:
    asked: list[str] = []
    judge = Fixed({})
    watch = Watch(tmp_path / "w.sqlite")
    who = Anchored(judge, anchors(tmp_path / "a.jsonl"), lambda purpose: asked.append(purpose) or judge, watch)
    who(RECORDS.clear())
    assert asked == []
    assert not watch.path.exists()


@pytest.mark.parametrize(
    ("scores", "alarming"),
    [
        ((8.0, 8.0), False),
        ((8.0, 8.0, 7.5), True),
        ((8.0, 6.0), True),
        ((8.0, 6.0, 8.0), False),  # it is the last run that counts
        ((8.0, None), True),
        ((8.0,), False),
    ],
)
def test_a_judge_that_moved_is_alarming(scores: tuple[float | None, ...], alarming: bool, tmp_path: Path) -> None:
    for score in scores:
        watch = run(tmp_path, score)
    assert [each.alarming for each in watch.drifts()] == ([alarming] if len(scores) > 1 else [])
    assert bool(watch.alarms()) is alarming


def test_another_judge_has_a_first_run_of_its_own(tmp_path: Path) -> None:
    run(tmp_path, 8.0, digest="one")
    assert run(tmp_path, 3.0, digest="two").alarms() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has 0 anchors"),
        ("no json\n", "line 1 is no anchor"),
        ('\n["a"]\n', "line 2 is no anchor"),
        ('{"instruction": "问"}\n', "line 1 has no instruction or no output"),
        ('{"id": "a", "instruction": "问", "output": "答"}\n' * 2, "line 2: a second anchor a"),
    ],
)
def test_what_is_no_anchor_is_said_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=said):
        read(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "missing.jsonl")
