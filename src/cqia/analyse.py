"""Before deciding: how each rule's values are spread, what other bounds would keep, and what stands at the bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cqia.rules.measure import fire, measure
from cqia.rules.rule import Rule

BINS = 20
EXAMPLES = 10
SHOWN_CHARS = 60
#: Other bounds are tried where these shares of the values lie below them.
TRIED = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Example:
    """A document near a bound: its id, its value, and how it begins."""

    id: str
    value: float
    text: str


@dataclass(frozen=True)
class Measured:
    """One rule of one source.

    Attributes:
        rule, why, at_least, at_most: of the rule. missing: documents without a value.
        fires: on how many documents. alone: on how many it is the only one that fires.
        histogram: (from, to, documents) of the values.
        tried: (bound, which, documents that this rule would let through, documents kept by all rules with it).
        inside, outside: documents nearest to the bound on either side.
    """

    rule: str
    why: str
    at_least: float | None
    at_most: float | None
    missing: int
    fires: int
    alone: int
    histogram: tuple[tuple[float, float, int], ...]
    tried: tuple[tuple[float, str, int, int], ...]
    inside: tuple[Example, ...]
    outside: tuple[Example, ...]

    def to_dict(self) -> dict[str, Any]:
        """As ``cqia analyse --json`` shows it."""
        return asdict(self)


def analyse(parts: Sequence[Path], rules: Sequence[Rule], ranks: pl.DataFrame) -> list[Measured]:
    """Measure a source's rules over its collected documents.

    Args:
        parts: of documents. rules: in order.
        ranks: ``id`` and ``rank`` for a source that ranks, else without columns.
    """
    values = [pl.DataFrame(schema={"id": pl.String, "text": pl.String, **{rule.name: pl.Float64 for rule in rules}})]
    for part in parts:
        frame = pl.read_parquet(part, glob=False)
        if ranks.width:
            frame = frame.join(ranks, on="id", how="left", maintain_order="left")
        text = pl.coalesce("text", "title").str.replace_all(r"\s+", " ").str.head(SHOWN_CHARS)
        measured = measure(frame, [rule.value for rule in rules])
        values.append(measured.select("id", text=text, **{rule.name: rule.value.cast(pl.Float64) for rule in rules}))
    table = pl.concat(values)
    fires = table.select(fire(rule).alias(rule.name) for rule in rules)
    others = pl.sum_horizontal(rule.name for rule in rules)
    count = fires.select(others).to_series() if rules else pl.Series([], dtype=pl.Int64)
    return [_measured(rule, table, fires[rule.name], count) for rule in rules]


def _measured(rule: Rule, table: pl.DataFrame, fires: pl.Series, count: pl.Series) -> Measured:
    values = table[rule.name]
    only = (count - fires.cast(pl.Int64)) == 0  # no other rule fires
    inside, outside = _nearest(rule, table, fires)
    return Measured(
        rule.name, rule.why, rule.at_least, rule.at_most, values.null_count(), int(fires.sum()),
        int((fires & only).sum()), _histogram(values.drop_nulls()), tuple(_tried(rule, values, only)), inside, outside,
    )  # fmt: skip


def _histogram(values: pl.Series) -> tuple[tuple[float, float, int], ...]:
    """Bins of equal width from the 1st to the 99th percentile; the first and last take what lies beyond."""
    if values.is_empty():
        return ()
    low, high = float(values.quantile(0.01) or 0), float(values.quantile(0.99) or 0)
    if high <= low:
        return ((float(values.min() or 0), float(values.max() or 0), len(values)),)  # type: ignore[arg-type]
    which = ((values - low) / (high - low) * BINS).floor().clip(0, BINS - 1).cast(pl.Int64)
    counts = dict(which.value_counts().iter_rows())
    width = (high - low) / BINS
    return tuple((low + n * width, low + (n + 1) * width, counts.get(n, 0)) for n in range(BINS))


def _tried(rule: Rule, values: pl.Series, only: pl.Series) -> list[tuple[float, str, int, int]]:
    tried = []
    for side in ("at_least", "at_most"):
        now = rule.at_least if side == "at_least" else rule.at_most
        if now is None:
            continue
        bounds = {now, *(float(b) for share in TRIED if (b := values.quantile(share, "nearest")) is not None)}
        for bound in sorted(bounds):
            through = (values >= bound) if side == "at_least" else (values <= bound)
            through = through.fill_null(rule.missing == "keep")
            tried.append((bound, side, int(through.sum()), int((through & only).sum())))
    return tried


def _nearest(rule: Rule, table: pl.DataFrame, fires: pl.Series) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    bounds = [bound for bound in (rule.at_least, rule.at_most) if bound is not None] or [0.5]
    away = pl.min_horizontal((pl.col(rule.name) - bound).abs() for bound in bounds)
    near = table.with_columns(fires.alias("fires"), away.alias("away")).drop_nulls(rule.name).sort("away", "id")

    def first(rows: pl.DataFrame) -> tuple[Example, ...]:
        return tuple(Example(*row) for row in rows.head(EXAMPLES).select("id", rule.name, "text").iter_rows())

    return first(near.filter(~pl.col("fires"))), first(near.filter("fires"))
