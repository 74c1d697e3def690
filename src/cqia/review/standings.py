"""What a comparison of systems came to: wins, ties and losses with intervals, and Bradley and Terry's strengths.

The unit is a battle: two systems' answers to one prompt. Where several judges saw it, its outcome (this answer, the
other, neither) is what most of them said, and a tie where no outcome has the most votes. So a battle judged five times
counts as much as one judged once, and intervals are as wide as the number of prompts says, not the number of clicks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cqia.stats.agreement import alpha
from cqia.stats.intervals import DRAWS, NOTHING, Estimate, bootstrap, wilson
from cqia.stats.strength import apart, bradley_terry

MAX_OPEN = 0.025  # of the draws: more would reach into the ends of a 95 % interval

#: One row a vote. ``first``, ``second``: the systems as the judge saw their answers; ``winner``: first, second or tie.
VOTES = pl.Schema({"battle": pl.String, "prompt": pl.String, "first": pl.String, "second": pl.String,
                   "winner": pl.String, "judge": pl.String})  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """``system`` against ``other``: so many battles won, tied and lost, each also as a share of them."""

    system: str
    other: str
    won: int
    tied: int
    lost: int

    @property
    def battles(self) -> int:
        """How many were decided."""
        return self.won + self.tied + self.lost

    @property
    def shares(self) -> tuple[Estimate, Estimate, Estimate]:
        """Of wins, ties and losses, with Wilson's intervals."""
        return wilson(self.won, self.battles), wilson(self.tied, self.battles), wilson(self.lost, self.battles)

    def turned(self) -> Pair:
        """The same from the other's side."""
        return Pair(self.other, self.system, self.lost, self.tied, self.won)


@dataclass(frozen=True)
class Judge:
    """How one judge voted.

    Attributes:
        votes: how many. ties: the share of ties among them.
        first: the share of "first" among the votes that were no ties. Sides are balanced, so it should hold one half.
        agreed: the share of battles judged like the majority of the others who judged the same battle.
    """

    name: str
    votes: int
    ties: Estimate
    first: Estimate
    agreed: Estimate


@dataclass(frozen=True)
class Standings:
    """All results.

    Attributes:
        pairs: each pair once, the first by name against the second.
        strengths: log-strengths of each system, with mean 0, the strongest first; empty if there are none.
        why_none: why there are no strengths, in words; "" if there are.
        judges: in the order of their names.
        alpha: Krippendorff's alpha of the judges over battles with several votes (nominal).
        votes: how many were counted.
    """

    pairs: tuple[Pair, ...]
    strengths: tuple[tuple[str, Estimate], ...]
    why_none: str
    judges: tuple[Judge, ...]
    alpha: Estimate
    votes: int

    @property
    def systems(self) -> list[str]:
        """The strongest first; without strengths, by the share of battles won plus half of those tied."""
        if self.strengths:
            return [name for name, _ in self.strengths]
        gained: dict[str, list[float]] = {}
        for pair in (*self.pairs, *(pair.turned() for pair in self.pairs)):
            gained.setdefault(pair.system, []).extend([pair.won + pair.tied / 2, pair.battles])
        return sorted(gained, key=lambda name: (-sum(gained[name][::2]) / sum(gained[name][1::2]), name))

    def of(self, system: str) -> list[Pair]:
        """The pairs that a system is in, from its side; the strongest other first."""
        mine = [pair if pair.system == system else pair.turned()
                for pair in self.pairs if system in (pair.system, pair.other)]  # fmt: skip
        order = self.systems
        return sorted(mine, key=lambda pair: order.index(pair.other))


def standings(votes: pl.DataFrame, *, seed: int = 0, draws: int = DRAWS) -> Standings:
    """The results of ``votes`` (``VOTES``).

    Of two votes of one judge on one battle, shown in the same order, the later counts. A judge that saw both orders (as
    models are asked to, for they favour a side) has won a battle for a system that it preferred once and never refused.
    """
    votes = votes.select(VOTES.names()).unique(["battle", "judge", "first"], keep="last", maintain_order=True)
    said = _said(votes)
    outcomes = _outcomes(said)
    tallied = outcomes.group_by("system", "other", maintain_order=True).agg(
        won=(pl.col("outcome") == "won").sum(),
        tied=(pl.col("outcome") == "tied").sum(),
        lost=(pl.col("outcome") == "lost").sum(),
    )
    strengths, why_none = _strengths(outcomes, seed, draws)
    return Standings(
        pairs=tuple(Pair(**row) for row in tallied.sort("system", "other").to_dicts()),
        strengths=strengths,
        why_none=why_none,
        judges=tuple(_judges(votes, said)),
        alpha=_alpha(said, seed),
        votes=votes.height,
    )


def _said(votes: pl.DataFrame) -> pl.DataFrame:
    """One row a battle and judge: prompt; system and other, in the order of their names; and ``point``, what the judge
    said: 1 for the system, -1 for the other, 0 for neither."""
    for_first = pl.when(pl.col("winner") == "tie").then(0).when(pl.col("winner") == "first").then(1).otherwise(-1)
    return (
        votes.with_columns(
            system=pl.min_horizontal("first", "second"),
            other=pl.max_horizontal("first", "second"),
            point=pl.when(pl.col("first") < pl.col("second")).then(for_first).otherwise(-for_first),
        )
        .group_by("battle", "prompt", "system", "other", "judge", maintain_order=True)
        .agg(point=pl.col("point").sum().sign())
    )


def _outcomes(said: pl.DataFrame) -> pl.DataFrame:
    """One row a battle: prompt, system, other, outcome from the system's side."""
    counted = said.group_by("battle", "prompt", "system", "other", maintain_order=True).agg(
        plus=(pl.col("point") == 1).sum(), same=(pl.col("point") == 0).sum(), minus=(pl.col("point") == -1).sum()
    )
    won = (pl.col("plus") > pl.col("minus")) & (pl.col("plus") > pl.col("same"))
    lost = (pl.col("minus") > pl.col("plus")) & (pl.col("minus") > pl.col("same"))
    return counted.select(
        "prompt", "system", "other",
        outcome=pl.when(won).then(pl.lit("won")).when(lost).then(pl.lit("lost")).otherwise(pl.lit("tied")),
    )  # fmt: skip


def _strengths(outcomes: pl.DataFrame, seed: int, draws: int) -> tuple[tuple[tuple[str, Estimate], ...], str]:
    """Strengths with intervals over prompts drawn again; or why there are none."""
    names = sorted({*outcomes["system"], *outcomes["other"]})
    number = {name: at for at, name in enumerate(names)}
    first = outcomes["system"].replace_strict(number, return_dtype=pl.Int64).to_numpy() if names else np.zeros(0, int)
    second = outcomes["other"].replace_strict(number, return_dtype=pl.Int64).to_numpy() if names else np.zeros(0, int)
    gain = outcomes["outcome"].replace_strict({"won": 1.0, "tied": 0.5, "lost": 0.0}, return_dtype=pl.Float64)
    points = gain.to_numpy()

    def wins(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        table = np.zeros((len(names), len(names)))
        np.add.at(table, (first, second), weights * points)
        np.add.at(table, (second, first), weights * (1 - points))
        return table

    table = wins(np.ones(len(points)))
    if why := _why_none(table, names):
        return (), why
    prompts = outcomes["prompt"].to_numpy()
    kinds, member = np.unique(prompts, return_inverse=True)
    random = np.random.default_rng(seed)
    found = np.full((draws, len(names)), math.nan)
    for draw in range(draws):
        again = wins(
            np.bincount(random.integers(0, len(kinds), len(kinds)), minlength=len(kinds))[member].astype(float)
        )
        if len(apart(again)) == 1:
            found[draw] = bradley_terry(again)
    whole = found[np.isfinite(found).all(axis=1)]
    value = bradley_terry(table)
    # A draw in which somebody never lost has no strengths. Leaving many of them out would make the interval too narrow.
    open_ends = len(whole) < (1 - MAX_OPEN) * draws
    low, high = np.full((2, len(names)), math.nan) if open_ends else np.quantile(whole, [0.025, 0.975], axis=0)
    named = [(name, Estimate(float(value[at]), float(low[at]), float(high[at]))) for at, name in enumerate(names)]
    return tuple(sorted(named, key=lambda each: (-each[1].value, each[0]))), ""


def _why_none(table: NDArray[np.float64], names: list[str]) -> str:
    """Why the strengths of a table of wins are not finite or not comparable; "" if they are."""
    if not names:
        return "Nothing has been judged yet."
    if len(islands := apart(table + table.T)) > 1:
        told = " | ".join(", ".join(names[at] for at in island) for island in islands)
        return f"Not all systems were compared with each other, directly or by way of others: {told}."
    parts = apart(table)
    if len(parts) == 1:
        return ""
    at_rest = np.zeros(len(names), dtype=int)
    for number, part in enumerate(parts):
        at_rest[part] = number
    never_lost = [part for number, part in enumerate(parts) if not table[at_rest != number][:, part].any()]
    told = "; ".join(", ".join(names[at] for at in part) for part in never_lost)
    return f"Fully separated: no battle was lost or tied against the rest by: {told}. Its strength would be infinite."


def _alpha(said: pl.DataFrame, seed: int) -> Estimate:
    """Krippendorff's alpha of the judges, nominal, with an interval over battles."""
    several = said.filter(pl.len().over("battle") > 1).with_columns(slot=pl.int_range(pl.len()).over("battle"))
    if several.is_empty():
        return NOTHING
    table = several.pivot("slot", index="battle", values="point").drop("battle").cast(pl.Float64).to_numpy().T
    return bootstrap(lambda units: alpha(table[:, units], "nominal"), np.arange(table.shape[1]), seed=seed)


def _judges(votes: pl.DataFrame, said: pl.DataFrame) -> list[Judge]:
    others = said.join(said.select("battle", "judge", "point"), on="battle", suffix="_other")
    counted = (
        others.filter(pl.col("judge") != pl.col("judge_other"))
        .group_by("battle", "judge", "point", "point_other")
        .agg(n=pl.len())
    )
    most = counted.filter(pl.col("n") == pl.col("n").max().over("battle", "judge"))
    clear = most.filter(pl.len().over("battle", "judge") == 1)
    agreed = clear.group_by("judge").agg(same=(pl.col("point") == pl.col("point_other")).sum(), of=pl.len())
    rows = votes.group_by("judge").agg(
        votes=pl.len(), ties=(pl.col("winner") == "tie").sum(), first=(pl.col("winner") == "first").sum()
    )
    return [
        Judge(row["judge"], row["votes"], wilson(row["ties"], row["votes"]),
              wilson(row["first"], row["votes"] - row["ties"]), wilson(row["same"] or 0, row["of"] or 0))
        for row in rows.join(agreed, on="judge", how="left").sort("judge").to_dicts()
    ]  # fmt: skip
