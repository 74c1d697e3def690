from __future__ import annotations

import math

import polars as pl
import pytest

from cqia.judge.verdict import VERDICTS, Verdict, frame


@pytest.mark.parametrize("score", [0.5, 0, 10.5, 8.3, -1, math.nan, math.inf, None])
def test_a_score_off_the_scale_is_no_verdict(score: float | None) -> None:
    with pytest.raises(ValueError, match="score"):
        Verdict("scored", score, "")


@pytest.mark.parametrize("outcome", ["abstained", "failed"])
def test_without_scored_there_is_no_score(outcome: str) -> None:
    with pytest.raises(ValueError, match="cannot have the score"):
        Verdict(outcome, 8.0, "")  # type: ignore[arg-type]


def test_frame_has_the_schema_even_when_empty() -> None:
    assert frame([], [], "x").schema == VERDICTS
    made = frame(["a", "b"], [Verdict("scored", 8.5, "好"), Verdict("failed", None, "断线")], "m")
    assert made.schema == VERDICTS
    assert made.rows() == [("a", "scored", 8.5, "m", "好"), ("b", "failed", None, "m", "断线")]
    assert made.filter(pl.col("score").is_null()).height == 1
