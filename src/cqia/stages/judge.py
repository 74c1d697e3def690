"""Model-based filter (paper 2.4): a judge scores each record by the source's rubric; what scores too low is dropped.

An undecided judgement (the judge abstained or failed) is no low score: the record is kept as ``undecided`` and goes to
people, or waits as ``judge_failed`` where the project wants failures tried again. What was abstained and what failed
stays apart in ``fired``, and so does what speaks to the judge, and what the judge flags and keeps all the same. An
answer that a person has accepted (``answers``) is scored like any other, and kept as ``accepted`` however low: no judge
overrules people.
"""

from __future__ import annotations

import polars as pl

from cqia.engine.stage import Outcome
from cqia.errors import AccountingError
from cqia.judge import suspects
from cqia.judge.reply import FLAGGED
from cqia.judge.verdict import Judge
from cqia.schema import FIRED, STATUS


def apply(
    frame: pl.DataFrame, decisions: pl.DataFrame, *, judge: Judge, at_least: float, retry_failed: bool
) -> Outcome:
    """Judge records and drop those that score too low. ``by`` is who judged the record.

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
    accepted = frame["human_verified"].fill_null(False)
    reason = (
        pl.when(pending).then(pl.lit("judge_failed"))
        .when(~scored).then(pl.lit("undecided"))
        .when(low & accepted).then(pl.lit("accepted"))
        .when(low).then(pl.lit("score"))
    )  # fmt: skip
    flagged = reason.is_null() & pl.col("detail").str.starts_with(FLAGGED)
    rule = pl.when(flagged).then(pl.lit("flagged")).when(scored).then(pl.lit("score")).otherwise("outcome")
    said = pl.struct(rule=rule, value=pl.col("score"), detail=pl.col("detail"))
    nothing = pl.lit([], FIRED)
    addressed = pl.struct(rule=pl.lit(suspects.RULE), value=pl.lit(None, pl.Float64), detail=pl.col("addressed"))
    status = verdicts.with_columns(frame.select(addressed=suspects.found())["addressed"]).select(
        "id",
        status=pl.when(pending).then(pl.lit("pending"))
        .when(low & ~accepted).then(pl.lit("dropped")).otherwise(pl.lit("kept")),
        reason=reason,
        fired=pl.concat_list(
            pl.when(reason.is_not_null() | flagged).then(pl.concat_list(said)).otherwise(nothing),
            pl.when(pl.col("addressed").is_not_null()).then(pl.concat_list(addressed)).otherwise(nothing),
        ),
        by="by",
        score=pl.col("score"),
    )  # fmt: skip
    kept = frame.with_columns(verdicts["score"]).filter(status["status"] == "kept")
    return Outcome(kept, status.cast(pl.Schema(STATUS)))
