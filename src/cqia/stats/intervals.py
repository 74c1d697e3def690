"""Intervals: Wilson's for a share, the bootstrap's for anything else."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95
DRAWS = 1000  # the ends of a 95 % interval then stand on 25 draws each: their noise is a tenth of its width


@dataclass(frozen=True)
class Estimate:
    """A number with the interval that it was found to lie in; all three are NaN where there is nothing to say."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})" if math.isfinite(self.value) else "-"

    def to_dict(self) -> dict[str, float | None]:
        """For JSON, which has no NaN: null instead."""
        named = {"value": self.value, "low": self.low, "high": self.high}
        return {name: number if math.isfinite(number) else None for name, number in named.items()}


NOTHING = Estimate(math.nan, math.nan, math.nan)


def wilson(hits: float, of: float, level: float = LEVEL) -> Estimate:
    """The share ``hits / of`` with Wilson's score interval (Wilson 1927); NaN for a share of nothing."""
    hits, of = float(hits), float(of)
    if not of:
        return NOTHING
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = hits / of
    middle = (share + z**2 / (2 * of)) / (1 + z**2 / of)
    half = z / (1 + z**2 / of) * math.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    return Estimate(share, min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half)))


def bootstrap(
    statistic: Callable[..., float],
    *columns: ArrayLike,
    groups: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = LEVEL,
) -> Estimate:
    """A statistic of equally long columns with its percentile bootstrap interval (Efron 1979).

    Args:
        statistic: takes the columns, with rows drawn again, and returns a number; NaN where it has none, and such
            draws are left out. The interval is NaN where more than a tenth of the draws have none.
        groups: what a row belongs to (the question of an answer, say). Whole groups are drawn, since rows of one
            group resemble each other and would make the interval too narrow. None: rows are drawn.
    """
    data = [np.asarray(column) for column in columns]
    value = float(statistic(*data)) if len(data[0]) else math.nan
    if not math.isfinite(value):
        return NOTHING
    found = np.array([statistic(*(column[rows] for column in data)) for rows in _draws(data[0], groups, draws, seed)])
    found = found[np.isfinite(found)]
    if len(found) < 0.9 * draws:
        return Estimate(value, math.nan, math.nan)
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value, float(low), float(high))


def ratios(
    hits: ArrayLike,
    of: ArrayLike,
    many: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = LEVEL,
) -> list[Estimate]:
    """Shares ``sum(hits) / sum(of)``, column by column, with percentile bootstrap intervals: ``bootstrap`` for many
    shares at once, and fast.

    Args:
        hits, of: groups by shares (G, S), the counts in each group; groups are what is drawn.
        many: how many groups there are of each kind (G,); None: one of each.

    Returns: intervals never narrower than Wilson's, since drawing again from nothing but hits gives nothing but hits.
    """
    each = np.concatenate([np.asarray(hits, dtype=float), np.asarray(of, dtype=float)], axis=1)
    if not len(each):
        return []
    kinds = np.ones(len(each)) if many is None else np.asarray(many, dtype=float)
    groups, chance = int(kinds.sum()), kinds / kinds.sum()
    random = np.random.default_rng(seed)
    found = np.concatenate([random.multinomial(groups, chance, 50) @ each for _ in range(-(-draws // 50))])[:draws]
    shares = each.shape[1] // 2
    estimates = []
    for at in range(shares):
        plain = wilson(kinds @ each[:, at], kinds @ each[:, shares + at], level)
        drawn = found[:, at][found[:, shares + at] > 0] / found[:, shares + at][found[:, shares + at] > 0]
        ends = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]) if len(drawn) else [plain.low, plain.high]
        estimates.append(Estimate(plain.value, min(plain.low, float(ends[0])), max(plain.high, float(ends[1]))))
    return estimates


#: Student's t: its 97.5 % point by degrees of freedom.
T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
     2.110, 2.101, 2.093, 2.086)  # fmt: skip


def one_more(shares: ArrayLike, of: ArrayLike) -> Estimate:
    """Where the share of one more group is to be expected: the mean of the groups' shares with the 95 % prediction
    interval of Student's t, taken on log-odds.

    Args:
        shares, of: the share of each group, and what it is a share of: 0 and 1 are drawn in by half a case.

    Returns: NaN for fewer than two groups.
    """
    share, count = np.asarray(shares, dtype=float), np.asarray(of, dtype=float)
    if len(share) < 2:
        return NOTHING
    share = np.clip(share, 0.5 / count, 1 - 0.5 / count)
    odds = np.log(share / (1 - share))
    t = T[len(odds) - 2] if len(odds) - 2 < len(T) else 1.96
    half = t * odds.std(ddof=1) * math.sqrt(1 + 1 / len(odds))
    value, low, high = (1 / (1 + math.exp(-end)) for end in (odds.mean(), odds.mean() - half, odds.mean() + half))
    return Estimate(value, low, high)


def _draws(rows: NDArray[Any], groups: ArrayLike | None, draws: int, seed: int) -> list[NDArray[np.int64]]:
    """Row numbers, drawn again ``draws`` times."""
    random = np.random.default_rng(seed)
    if groups is None:
        return [random.integers(0, len(rows), len(rows)) for _ in range(draws)]
    number = np.unique(np.asarray(groups), return_inverse=True)[1]
    members = np.split(np.argsort(number, kind="stable"), np.cumsum(np.bincount(number))[:-1])
    return [
        np.concatenate([members[each] for each in random.integers(0, len(members), len(members))]) for _ in range(draws)
    ]
