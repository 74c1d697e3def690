"""Rule-based filter (paper 2.2): harmful words, pictures, adverts, length, and what few people liked.

All rules of a source are measured at once; every rule that fires is recorded with its value, and the first in the
source's order is the reason. Rules drop; they never edit.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cqia.engine.stage import Outcome, Summary
from cqia.rules.measure import fire, measure
from cqia.rules.rule import Rule
from cqia.schema import FIRED, STATUS


def apply(frame: pl.DataFrame, decisions: pl.DataFrame, *, rules: Sequence[Rule]) -> Outcome:
    """Measure the rules and drop what they fire on.

    Args:
        frame: documents.
        decisions: for a source that ranks, ``id`` and ``rank``.
        rules: in order.
    """
    ranked = frame
    if decisions.width:  # a file's own column of that name is not the rank
        ranked = frame.drop("rank", strict=False).join(decisions, on="id", how="left", maintain_order="left")
    ranked = measure(ranked, [rule.value for rule in rules])
    values = ranked.select(rule.value.alias(rule.name) for rule in rules)
    fires = values.select(fire(rule).alias(rule.name) for rule in rules)
    first = _first(fires) if rules else pl.lit(None, pl.String)
    status = frame.select("id").with_columns(reason=first, fired=_fired(ranked, values, fires, rules))
    status = status.with_columns(
        status=pl.when(pl.col("reason").is_null()).then(pl.lit("kept")).otherwise(pl.lit("dropped")),
        by=pl.lit(None, pl.String),
        score=pl.lit(None, pl.Float64),
    )
    return Outcome(frame.filter(status["reason"].is_null()), status.select(STATUS.names()))


def _first(fires: pl.DataFrame) -> pl.Series:
    """For each document the first rule that fired. Numbers are chosen among, which costs a tenth of choosing names."""
    numbers = (pl.when(pl.col(name)).then(pl.lit(number, pl.UInt32)) for number, name in enumerate(fires.columns))
    return pl.Series(fires.columns).gather(fires.select(pl.coalesce(*numbers)).to_series())


def _fired(ranked: pl.DataFrame, values: pl.DataFrame, fires: pl.DataFrame, rules: Sequence[Rule]) -> pl.Series:
    """For each document the rules that fired, with their values; details are asked for only where a rule fired."""
    rows = [pl.DataFrame(schema={"row": pl.UInt32, "fired": FIRED.inner})]
    for rule in rules:
        where = fires[rule.name].arg_true()
        if not len(where):
            continue
        detail = None
        if rule.detail is not None:
            detail = measure(ranked[where], [rule.detail]).select(rule.detail).to_series()
        rows.append(
            pl.DataFrame({"row": where}).select(
                pl.col("row").cast(pl.UInt32),
                fired=pl.struct(
                    rule=pl.lit(rule.name),
                    value=values[rule.name][where].cast(pl.Float64),
                    detail=pl.lit(None, pl.String) if detail is None else detail.cast(pl.String),
                ),
            )
        )
    ordered = pl.concat(rows).sort("row", maintain_order=True)  # what is in order is grouped four times as fast
    fired = ordered.group_by("row", maintain_order=True).agg("fired")
    every = pl.DataFrame({"row": pl.int_range(ranked.height, dtype=pl.UInt32, eager=True)})
    joined = every.join(fired, on="row", how="left", maintain_order="left")["fired"]
    return joined.fill_null(pl.Series([[]], dtype=FIRED)).cast(FIRED)


def summarise(frame: pl.DataFrame, *, by: pl.Expr) -> pl.DataFrame:
    """Documents to ``id`` and ``by``, for a source that ranks."""
    return frame.select("id", by=by.cast(pl.Float64))


def decide(summaries: Sequence[Summary]) -> pl.DataFrame:
    """The rank of every document of the source, from 1, the highest ``by`` first, then by id; unknown has no rank."""
    empty = pl.DataFrame(schema={"shard": pl.String, "id": pl.String, "rank": pl.Int64})
    rows = [summary.summary.with_columns(shard=pl.lit(summary.shard)) for summary in summaries]
    if not rows:
        return empty
    ranked = pl.concat(rows).drop_nulls("by").sort("by", "id", descending=[True, False]).collect()
    return pl.concat([empty, ranked.select("shard", "id", rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))])
