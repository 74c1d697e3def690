"""Human finalisation (paper 2.5): people accept, edit or reject; what they must see and have not is pending."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

from cqia.engine.stage import Outcome, Summary
from cqia.review.inspection import HELD
from cqia.review.lineage import spans
from cqia.review.store import COLUMNS, FIELDS
from cqia.schema import EDITS, FIRED, RECORD, STATUS, digest


def decide(summaries: Sequence[Summary], *, latest: pl.DataFrame) -> pl.DataFrame:
    """People's decisions by shard.

    Args:
        latest: the decision that counts for each record, as ``review.batches.holding`` gives it.
    """
    found = [
        summary.summary.filter(pl.col("id").is_in(latest["id"].implode()))
        .select("id", shard=pl.lit(summary.shard))
        .collect()
        for summary in summaries
    ]
    ids = pl.concat([pl.DataFrame(schema={"id": pl.String, "shard": pl.String}), *found])
    return ids.join(latest, on="id").select("shard", *COLUMNS).sort("shard", "id")


def apply(
    frame: pl.DataFrame, decisions: pl.DataFrame, *, require: Literal["undecided", "all", "none"], judged: bool
) -> Outcome:
    """Apply people's decisions.

    Args:
        frame: records.
        decisions: as ``decide`` gives them, without ``shard``.
        require: who must have been seen by a person: nobody, those the judge left undecided, or all.
        judged: whether the source goes through ``judge``; only then is a missing score undecided.
    """
    theirs = (decisions if decisions.width else pl.DataFrame(schema=COLUMNS)).select(
        "id", "action", "reviewer", "reason", *(pl.col(name).alias(f"new_{name}") for name in FIELDS),
        seen="text_digest",
    )  # fmt: skip
    joined = frame.join(theirs, on="id", how="left", maintain_order="left")
    undecided = pl.lit(judged) & pl.col("score").is_null()
    changed = pl.col("action").is_not_null() & (pl.col("seen") != pl.col("text_digest")).fill_null(False)
    must = {"all": pl.lit(True), "undecided": undecided, "none": pl.lit(False)}[require]
    waits = (
        pl.when(pl.col("action").is_in(HELD)).then("action")
        .when(changed).then(pl.lit("changed_since_review"))
        .when(pl.col("action").is_null() & must).then(pl.lit("needs_review"))
    )  # fmt: skip
    rejected = (pl.col("action") == "reject").fill_null(False)
    status = joined.with_columns(waits=waits).select(
        "id",
        status=pl.when(pl.col("waits").is_not_null()).then(pl.lit("pending"))
        .when(rejected).then(pl.lit("dropped")).otherwise(pl.lit("kept")),
        reason=pl.when(pl.col("waits").is_not_null()).then("waits")
        .when(rejected).then(pl.lit("rejected"))
        .when(pl.col("action").is_null() & undecided).then(pl.lit("undecided")),
        detail="reason",
        by="reviewer",
        score="score",
    )  # fmt: skip
    said = pl.concat_list(pl.struct(rule="reason", value=pl.lit(None, pl.Float64), detail="detail"))
    status = status.with_columns(fired=pl.when(pl.col("status") == "kept").then(pl.lit([], FIRED)).otherwise(said))
    verified = joined.filter(status["status"] == "kept").with_columns(
        *(pl.coalesce(f"new_{name}", name).alias(name) for name in FIELDS),
        human_verified=pl.col("human_verified") | pl.col("action").is_not_null(),
    )
    edited = verified.filter(pl.col("action") == "edit")
    before = joined.filter(pl.col("id").is_in(edited["id"].implode()))
    made = spans(before.select("id", *FIELDS, *(f"new_{name}" for name in FIELDS)), FIELDS)
    digests = {id: digest(*texts)[:32] for id, *texts in edited.select("id", *FIELDS).iter_rows()}
    out = verified.join(made, on="id", how="left", maintain_order="left").with_columns(
        edits=pl.when(pl.col("made").is_null()).then("edits")
        .otherwise(pl.concat_list(pl.coalesce("edits", pl.lit([], EDITS)), "made")),
        text_digest=pl.coalesce(pl.col("id").replace_strict(digests, default=None, return_dtype=pl.String),
                                "text_digest"),
    )  # fmt: skip
    return Outcome(out.select(RECORD.names()), status.select(STATUS.names()))
