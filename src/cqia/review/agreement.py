"""Whether reviewers agree beyond chance: per criterion, per pair of reviewers, over time; all with 95 % intervals.

What was rated is a text, not a record: two people who saw different texts of one record did not rate the same thing.
So ``unit`` is a record's id with the digest of the text that was seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from cqia.review.sheets import CRITERIA
from cqia.stats.agreement import Level, Weight, alpha, kappa
from cqia.stats.intervals import NOTHING, Estimate, bootstrap, wilson

#: One row for what one reviewer said of one text by one criterion. ``value``: a score, or the number of an action.
#: ``at``: ISO 8601 in UTC; of two rows that agree in unit, reviewer and criterion the later one counts.
RATINGS = pl.Schema(
    {"unit": pl.String, "reviewer": pl.String, "criterion": pl.String, "value": pl.Float64, "at": pl.String}
)
ACTION = "action"  # accept, edit or reject, as a criterion beside the six
ORDER = (ACTION, *CRITERIA)
LEVEL: dict[str, Level] = {ACTION: "nominal"}  # every other criterion is a scale
MAX_UNITS = 20_000  # of a bootstrap: more units make the interval narrower than anybody needs, and the wait long


@dataclass(frozen=True)
class Agreement:
    """How well all reviewers agree by one criterion.

    Attributes:
        criterion: which. period: the week it is about (its Monday), None for all.
        units: texts that two or more reviewers rated. ratings: how many ratings those have.
        alpha: Krippendorff's; ordinal for scores, nominal for actions.
        equal: the share of pairs of ratings of one text that are the same.
    """

    criterion: str
    period: str | None
    units: int
    ratings: int
    alpha: Estimate
    equal: float

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        named = {"criterion": self.criterion, "period": self.period, "units": self.units, "ratings": self.ratings}
        return {**named, "alpha": self.alpha.to_dict(), "equal": None if math.isnan(self.equal) else self.equal}


@dataclass(frozen=True)
class PairAgreement:
    """How well two reviewers agree by one criterion, over the ``units`` texts that both rated.

    Attributes:
        kappa: Cohen's; quadratic weights for scores, none for actions. equal: the share of equal ratings.
    """

    criterion: str
    first: str
    second: str
    units: int
    kappa: Estimate
    equal: Estimate

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        named = {"criterion": self.criterion, "first": self.first, "second": self.second, "units": self.units}
        return {**named, "kappa": self.kappa.to_dict(), "equal": self.equal.to_dict()}


def by_criterion(ratings: pl.DataFrame, *, period: str | None = None, seed: int = 0) -> list[Agreement]:
    """One row a criterion: the action, then the six in their order.

    Args:
        ratings: ``RATINGS``.
    """
    latest = _latest(ratings)
    return [
        _agreement(each, str(name), period, seed) for (name,), each in sorted(latest.group_by("criterion"), key=_place)
    ]


def by_week(ratings: pl.DataFrame, *, seed: int = 0) -> list[Agreement]:
    """One row a week (from Monday, UTC) and criterion; a text belongs to the week in which it was last rated."""
    monday = pl.col("at").str.slice(0, 10).str.to_date(strict=False).dt.truncate("1w").max().over("unit")
    weekly = _latest(ratings).with_columns(week=monday.dt.to_string("%Y-%m-%d"))
    weeks = sorted(weekly.drop_nulls("week").group_by("week"), key=lambda group: str(group[0][0]))
    return [row for (week,), each in weeks for row in by_criterion(each, period=str(week), seed=seed)]


def by_pair(ratings: pl.DataFrame, *, seed: int = 0) -> list[PairAgreement]:
    """One row a criterion and pair of reviewers who rated some texts both; by criterion as above, then by names."""
    found = []
    for (criterion,), each in sorted(_latest(ratings).group_by("criterion"), key=_place):
        shared = each.filter(pl.len().over("unit") > 1)
        told = {str(name): rows.select("unit", "value") for (name,), rows in shared.group_by("reviewer")}
        for first, second in combinations(sorted(told), 2):
            both = told[first].join(told[second], on="unit", maintain_order="left")
            if both.height:
                found.append(_pair(both, str(criterion), first, second, seed))
    return found


def _place(group: tuple[tuple[object, ...], pl.DataFrame]) -> tuple[int, str]:
    name = str(group[0][0])
    return ORDER.index(name) if name in ORDER else len(ORDER), name


def _latest(ratings: pl.DataFrame) -> pl.DataFrame:
    ordered = ratings.select(RATINGS.names()).drop_nulls().sort("at", "unit", "reviewer", "criterion")
    return ordered.unique(["unit", "reviewer", "criterion"], keep="last", maintain_order=True)


def _agreement(ratings: pl.DataFrame, criterion: str, period: str | None, seed: int) -> Agreement:
    several = ratings.filter(pl.len().over("unit") > 1).with_columns(slot=pl.int_range(pl.len()).over("unit"))
    if several.is_empty():
        return Agreement(criterion, period, 0, 0, NOTHING, math.nan)
    # Alpha does not ask who gave a rating, so a text's ratings stand in its first slots: a table as high as the most
    # ratings that a text has, not as the number of reviewers.
    table = several.pivot("slot", index="unit", values="value").drop("unit").cast(pl.Float64).to_numpy().T
    pairs = several.group_by("unit", "value").agg(n=pl.len()).group_by("unit").agg(n=pl.col("n"))
    same = pairs.select((pl.col("n") * (pl.col("n") - 1)).explode().sum()).item()
    of = pairs.select((pl.col("n").list.sum() * (pl.col("n").list.sum() - 1)).sum()).item()
    units = table.shape[1]
    drawn = table[:, np.random.default_rng(seed).permutation(units)[:MAX_UNITS]]
    level = LEVEL.get(criterion, "ordinal")
    found = bootstrap(lambda at: alpha(drawn[:, at], level), np.arange(drawn.shape[1]), seed=seed)
    if units > MAX_UNITS:
        found = Estimate(alpha(table, level), found.low, found.high)
    return Agreement(criterion, period, units, several.height, found, same / of)


def _pair(both: pl.DataFrame, criterion: str, first: str, second: str, seed: int) -> PairAgreement:
    a, b = both["value"].to_numpy(), both["value_right"].to_numpy()
    weight: Weight = "nominal" if LEVEL.get(criterion) == "nominal" else "quadratic"
    drawn = np.random.default_rng(seed).permutation(both.height)[:MAX_UNITS]
    found = bootstrap(lambda x, y: kappa(x, y, weight), a[drawn], b[drawn], seed=seed)
    return PairAgreement(criterion, first, second, both.height, found, wilson(int((a == b).sum()), both.height))
