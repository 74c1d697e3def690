"""Before deciding: how each rule's values are spread, what other bounds would keep, and what stands at the bound.

Values lie in a temporary folder while they are looked at, one rule after another: of all documents, memory holds the
values of one rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
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
        inside, outside: documents nearest to the bound on either side; of a yes/no rule those on which it fires.
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
    with TemporaryDirectory(prefix="cqia-analyse-") as folder:
        for number, part in enumerate(parts):
            _values(pl.read_parquet(part, glob=False), rules, ranks).write_parquet(
                Path(folder, f"{number:05d}.parquet")
            )
        schema = {"id": pl.String, "firing": pl.UInt16, **{rule.name: pl.Float64 for rule in rules}}
        values = pl.scan_parquet(Path(folder, "*.parquet")) if parts else pl.LazyFrame(schema=schema)
        measured = [_measured(rule, values) for rule in rules]
    texts = _texts(parts, {each.id for row in measured for each in (*row.inside, *row.outside)})
    return [
        replace(
            row,
            inside=tuple(replace(each, text=texts[each.id]) for each in row.inside),
            outside=tuple(replace(each, text=texts[each.id]) for each in row.outside),
        )
        for row in measured
    ]


def _values(frame: pl.DataFrame, rules: Sequence[Rule], ranks: pl.DataFrame) -> pl.DataFrame:
    """Of each document its id, how many rules fire on it, and the value of each."""
    if ranks.width:
        frame = frame.join(ranks, on="id", how="left", maintain_order="left")
    measured = measure(frame, [rule.value for rule in rules])
    values = measured.select("id", **{rule.name: rule.value.cast(pl.Float64) for rule in rules})
    firing = pl.sum_horizontal(pl.lit(0), *(fire(rule) for rule in rules)).cast(pl.UInt16)
    return values.select("id", firing.alias("firing"), *(rule.name for rule in rules))


def _texts(parts: Sequence[Path], ids: set[str]) -> dict[str, str]:
    """How the documents with these ids begin."""
    text = pl.coalesce("text", "title", pl.lit("")).str.replace_all(r"\s+", " ").str.head(SHOWN_CHARS)
    found: dict[str, str] = {}
    for part in parts:
        rows = pl.scan_parquet(part, glob=False).filter(pl.col("id").is_in(list(ids)))
        found |= dict(rows.select("id", text.alias("begins")).collect().iter_rows())
    return found


def _measured(rule: Rule, every: pl.LazyFrame) -> Measured:
    table = every.select(rule.name, "firing").collect()
    values, fires = table[rule.name], table.select(fire(rule)).to_series()
    only = (table["firing"].cast(pl.Int64) - fires.cast(pl.Int64)) == 0  # no other rule fires
    inside = _nearest(rule, every, fires=False) if rule.bounded else ()  # of no, one is as near to yes as another
    outside = _nearest(rule, every, fires=True)
    return Measured(
        rule.name, rule.why, rule.at_least, rule.at_most, values.null_count(), int(fires.sum()),
        int((fires & only).sum()), _histogram(values.drop_nulls(), rule.bounded), tuple(_tried(rule, values, only)),
        inside, outside,
    )  # fmt: skip


def _histogram(values: pl.Series, bounded: bool) -> tuple[tuple[float, float, int], ...]:
    """Bins of equal width from the 1st to the 99th percentile; the first and last take what lies beyond.

    Where nearly all values are the same, as of a word that is in few texts, bins go from the lowest to the highest.
    Of a yes/no rule there are two: no is 0, yes is 1.
    """
    if not bounded:
        yes = int(values.sum())
        return ((0.0, 0.0, len(values) - yes), (1.0, 1.0, yes))
    if values.is_empty():
        return ()
    low, high = float(values.quantile(0.01) or 0), float(values.quantile(0.99) or 0)
    if high <= low:
        low, high = float(values.min() or 0), float(values.max() or 0)  # type: ignore[arg-type]
    if high <= low:
        return ((low, high, len(values)),)
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


def _nearest(rule: Rule, every: pl.LazyFrame, *, fires: bool) -> tuple[Example, ...]:
    """The documents whose values are nearest to a bound, of those on which the rule fires or of the others."""
    bounds = [bound for bound in (rule.at_least, rule.at_most) if bound is not None] or [0.5]
    away = pl.min_horizontal((pl.col(rule.name) - bound).abs() for bound in bounds)
    side = every.select("id", rule.name, away.alias("away")).drop_nulls(rule.name).filter(fire(rule) == fires)
    near = side.bottom_k(EXAMPLES, by=["away", "id"]).sort("away", "id").collect()
    return tuple(Example(id, value, "") for id, value, _ in near.iter_rows())
