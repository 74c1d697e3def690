"""How each reviewer works: how fast, how often right on gold questions, and whether they still read.

Pure functions on frames, for the desk's overview and ``cqia review agreement``. They warn; they judge nobody: someone
who is fast may be good, and a source may be so clean that everything deserves the same mark.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import polars as pl

from cqia.stats.intervals import Estimate, wilson

#: One row a decision. ``answer``: all that was said, as one text ("accept 5 5 5 5 5 5"); ``flat``: whether all criteria
#: got the same mark, null where they got none; ``seconds``: from being shown to being decided, null if unknown;
#: ``at``: ISO 8601 in UTC.
WORK = pl.Schema({"reviewer": pl.String, "id": pl.String, "answer": pl.String, "flat": pl.Boolean,
                  "seconds": pl.Float64, "at": pl.String})  # fmt: skip
#: One row a gold question answered; ``right``: whether as it should be.
GOLD = pl.Schema({"reviewer": pl.String, "id": pl.String, "right": pl.Boolean})

ENOUGH = 20  # decisions before anything is said about a manner: below it chance makes patterns
RARE = 1e-4  # how improbable a run of equal answers must be: in a hundred teams of a hundred, one false alarm
MAX_COMMON = 0.98  # an answer that others give more often says nothing by being given again


@dataclass(frozen=True)
class Manner:
    """How one reviewer works.

    Attributes:
        decisions: how many. seconds: the median time of one, NaN if unknown. per_hour: what that comes to.
        gold: the share of gold questions answered right, of so many (``gold_of``).
        flat: the share of decisions with the same mark for all criteria. others_flat: that of all other reviewers.
        longest_run: of decisions in a row with the very same answer; run_answer: which.
        warnings: what is odd, in words; empty if nothing is.
    """

    reviewer: str
    decisions: int
    seconds: float
    gold: Estimate
    gold_of: int
    flat: Estimate
    others_flat: Estimate
    longest_run: int
    run_answer: str
    warnings: tuple[str, ...] = ()

    @property
    def per_hour(self) -> float:
        """Decisions an hour, at the median time of one; NaN if unknown."""
        return 3600 / self.seconds if self.seconds > 0 else math.nan

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        number = {"seconds": self.seconds, "per_hour": self.per_hour}
        return {
            "reviewer": self.reviewer, "decisions": self.decisions,
            **{name: value if math.isfinite(value) else None for name, value in number.items()},
            "gold": self.gold.to_dict(), "gold_of": self.gold_of, "flat": self.flat.to_dict(),
            "others_flat": self.others_flat.to_dict(), "longest_run": self.longest_run, "run_answer": self.run_answer,
            "warnings": list(self.warnings),
        }  # fmt: skip


def manners(work: pl.DataFrame, gold: pl.DataFrame) -> list[Manner]:
    """One row a reviewer, in the order of their names.

    Args:
        work: ``WORK``. gold: ``GOLD``, empty where no gold questions are mixed in.
    """
    work = work.select(WORK.names()).sort("at", maintain_order=True)
    totals = work.group_by("reviewer").agg(
        decisions=pl.len(), seconds=pl.col("seconds").median(), flat=pl.col("flat").sum(), marked=pl.col("flat").count()
    )
    right = gold.group_by("reviewer").agg(right=pl.col("right").sum(), of=pl.len())
    rows = totals.join(right, on="reviewer", how="left").join(_runs(work), on="reviewer", how="left").sort("reviewer")
    all_flat, all_marked = totals["flat"].sum(), totals["marked"].sum()
    shares = work.group_by("answer", "reviewer").agg(n=pl.len())
    found = []
    for row in rows.to_dicts():
        flat = wilson(row["flat"], row["marked"])
        others_flat = wilson(all_flat - row["flat"], all_marked - row["marked"])
        theirs = shares.filter(pl.col("reviewer") != row["reviewer"])
        common = int(theirs.filter(pl.col("answer") == row["run_answer"])["n"].sum()) / max(1, int(theirs["n"].sum()))
        manner = Manner(
            row["reviewer"], row["decisions"], math.nan if row["seconds"] is None else row["seconds"],
            wilson(row["right"] or 0, row["of"] or 0), row["of"] or 0, flat, others_flat,
            row["longest_run"], row["run_answer"],
        )  # fmt: skip
        found.append(_warned(manner, common, alone=theirs.is_empty()))
    return found


def _runs(work: pl.DataFrame) -> pl.DataFrame:
    """Each reviewer's longest run of equal answers, in the order in which they were given."""
    change = (pl.col("answer") != pl.col("answer").shift()).fill_null(True).cum_sum().over("reviewer")
    runs = work.with_columns(run=change).group_by("reviewer", "run").agg(n=pl.len(), answer=pl.col("answer").first())
    longest = runs.sort("n", "run", descending=[True, False]).group_by("reviewer", maintain_order=True).first()
    return longest.select("reviewer", longest_run="n", run_answer="answer")


def _warned(manner: Manner, common: float, *, alone: bool) -> Manner:
    """With warnings; ``common``: how often others give the answer of the longest run."""
    said: list[str] = []
    if manner.decisions >= ENOUGH and not alone:
        # By chance a run of n equal answers that others give with share p begins at one of d places with about
        # d * p**n; an answer nobody else gives is taken to be given once in as many decisions as there are.
        share = min(MAX_COMMON, max(common, 1 / manner.decisions))
        if manner.decisions * share**manner.longest_run < RARE:
            said.append(f"gave the same answer {manner.longest_run} times in a row ({manner.run_answer})")
        if manner.flat.low > max(0.5, manner.others_flat.high):
            said.append(
                f"gives all criteria the same mark in {manner.flat.value:.0%} of decisions, others in "
                f"{manner.others_flat.value:.0%}"
            )
    return Manner(**{**manner.__dict__, "warnings": tuple(said)})
