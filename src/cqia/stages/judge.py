"""Model-based filter (paper 2.4): a judge scores each record by the source's rubric; what scores too low is dropped.

An undecided judgement (the judge abstained or failed) is no low score: the record is kept as ``undecided`` and goes to
people, or waits as ``judge_failed`` where the project wants failures tried again.
"""

from __future__ import annotations

import polars as pl

from cqia.engine.stage import Outcome
from cqia.errors import AccountingError
from cqia.judge.verdict import Judge
from cqia.schema import FIRED, STATUS


def apply(
    frame: pl.DataFrame, decisions: pl.DataFrame, *, judge: Judge, at_least: float, retry_failed: bool
) -> Outcome:
    """Judge records and drop those that score too low.

    Args:
        frame: records.
        decisions: none; judging decides nothing over shards.
        judge: who judges. What it raises stops the stage.
        at_least: the lowest score that is kept.
        retry_failed: whether a record whose judgement failed is pending until it succeeds.
    """
    verdicts = judge(frame)
    if verdicts["id"].to_list() != frame["id"].to_list():
        raise AccountingError(f"the judge {judge.name} did not give one verdict for each record, in their order")
    scored, failed = pl.col("outcome") == "scored", pl.col("outcome") == "failed"
    pending = failed & pl.lit(retry_failed)
    low = scored & (pl.col("score") < at_least)
    reason = (
        pl.when(pending).then(pl.lit("judge_failed"))
        .when(~scored).then(pl.lit("undecided"))
        .when(low).then(pl.lit("score"))
    )  # fmt: skip
    fired = pl.concat_list(pl.struct(rule=reason, value=pl.col("score"), detail=pl.col("detail")))
    status = verdicts.select(
        "id",
        status=pl.when(pending).then(pl.lit("pending")).when(low).then(pl.lit("dropped")).otherwise(pl.lit("kept")),
        reason=reason,
        fired=pl.when(reason.is_not_null()).then(fired).otherwise(pl.lit([], FIRED)),
        by=pl.lit(judge.name),
        score=pl.col("score"),
    )
    kept = frame.with_columns(verdicts["score"]).filter(status["status"] == "kept")
    return Outcome(kept, status.cast(pl.Schema(STATUS)))
