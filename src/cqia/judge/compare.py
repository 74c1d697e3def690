"""Two judges on the same records: do they agree, which is stricter, and on what do they differ most?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cqia.errors import UsageError
from cqia.stats.agreement import kappa
from cqia.stats.correlation import spearman
from cqia.stats.intervals import Estimate, bootstrap, ratios, wilson

SHOWN = 10  # disagreements that are listed


@dataclass(frozen=True)
class Agreement:
    """What ``compare`` found; all intervals are of 95 %, of whole groups where rows have them.

    Attributes:
        records: that both have a verdict on; only_first, only_second: that one has none on.
        outcomes: how often each pair of outcomes came, ``scored/failed`` and so on.
        both: records that both scored; what follows is about these, and NaN where there are none.
        rank: Spearman's correlation. agreement: quadratically weighted kappa. difference: second less first, the mean.
        same, near: shares with the same score, and with scores at most one point apart.
        decisions: kappa of keep and drop at ``at_least``; None where no such bound was given.
        apart: the records on which they differ most: ``id, first, second, first_detail, second_detail``.
    """

    records: int
    only_first: int
    only_second: int
    outcomes: dict[str, int]
    both: int
    rank: Estimate
    agreement: Estimate
    difference: Estimate
    same: Estimate
    near: Estimate
    decisions: Estimate | None
    apart: tuple[dict[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        numbers = {name: value for name, value in vars(self).items() if not isinstance(value, Estimate)}
        estimates = {name: value.to_dict() for name, value in vars(self).items() if isinstance(value, Estimate)}
        return {**numbers, **estimates, "apart": list(self.apart)}


def compare(first: pl.DataFrame, second: pl.DataFrame, at_least: float | None = None, seed: int = 0) -> Agreement:
    """Compare two judges' verdicts on the same ids.

    Args:
        first, second: ``labels.LABELS`` with ids. People's scores may be one of them.
        at_least: the score from which a record is kept, to compare decisions too.

    Raises:
        UsageError: they have no id in common.
    """
    both = first.join(second, on="id", suffix="_second", maintain_order="left")
    if both.is_empty():
        raise UsageError(
            "The two are about other records: they have no id in common.",
            f"Ids of the first are like {_like(first)}, of the second like {_like(second)}.",
        )
    outcomes = both.group_by(pair=pl.format("{}/{}", "outcome", "outcome_second")).len().sort("pair")
    scored = both.filter(pl.col("score").is_not_null() & pl.col("score_second").is_not_null())
    a, b = scored["score"].to_numpy(), scored["score_second"].to_numpy()
    group = pl.coalesce("group", "group_second")
    groups = scored.select(group)["group"]
    drawn = None if groups.is_null().any() else groups.to_numpy()
    apart = scored.with_columns(distance=(pl.col("score") - pl.col("score_second")).abs()).filter(
        pl.col("distance") > 0
    )
    listed = apart.sort("distance", "id", descending=[True, False]).head(SHOWN).select(
        "id", first="score", second="score_second", first_detail="detail", second_detail="detail_second"
    )  # fmt: skip
    decisions = None
    if at_least is not None:
        decisions = bootstrap(
            lambda x, y: kappa(x, y, "nominal"), a >= at_least, b >= at_least, groups=drawn, seed=seed
        )
    return Agreement(
        records=both.height,
        only_first=first.height - both.height,
        only_second=second.height - both.height,
        outcomes={str(pair): count for pair, count in outcomes.rows()},
        both=scored.height,
        rank=bootstrap(spearman, a, b, groups=drawn, seed=seed),
        agreement=bootstrap(kappa, a, b, groups=drawn, seed=seed),
        difference=bootstrap(lambda x, y: float(np.mean(y - x)), a, b, groups=drawn, seed=seed),
        same=_share(a == b, drawn),
        near=_share(np.abs(a - b) <= 1, drawn),
        decisions=decisions,
        apart=tuple(listed.rows(named=True)),
    )


def _share(hits: NDArray[np.bool_], groups: NDArray[Any] | None) -> Estimate:
    """Of rows that hit; never narrower than Wilson's interval, and wider where whole groups hit or miss."""
    if groups is None or not len(hits):
        return wilson(int(hits.sum()), len(hits))
    number = np.unique(groups, return_inverse=True)[1]
    return ratios(np.bincount(number, hits)[:, None], np.bincount(number)[:, None])[0]


def _like(rows: pl.DataFrame) -> str:
    return repr(rows["id"][0]) if rows.height else "(it has none)"
