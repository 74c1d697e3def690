"""Self-consistency: the same judge asked about the same records again, with its criteria in another order.

A judge that says 8 and then 6 of one text knows less than its half points promise; what it says twice can still be
wrong, but what it does not say twice cannot be relied on.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from cqia.judge.rubric import CRITERIA, Rubric
from cqia.judge.verdict import Judge
from cqia.stats.agreement import alpha
from cqia.stats.intervals import Estimate, bootstrap, wilson

SHOWN = 10  # records that are listed


@dataclass(frozen=True)
class Consistency:
    """How a judge agrees with itself.

    Attributes:
        records, times: what was judged, and how often.
        unscored: verdicts that were no score.
        both: records scored at least twice; what follows is about these, and NaN where there are none.
        alpha: Krippendorff's, of the scores as distances. spread: mean distance of two scores of one record, in points.
        decided: share of records that all their scores would keep, or all drop.
        unsteady: the records with the widest range: ``id, scores``.
    """

    records: int
    times: int
    unscored: int
    both: int
    alpha: Estimate
    spread: Estimate
    decided: Estimate
    unsteady: tuple[dict[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: value.to_dict() if isinstance(value, Estimate) else value for name, value in vars(self).items()}


def rounds(records: pl.DataFrame, times: int, again: Callable[[int], Judge]) -> pl.DataFrame:
    """The verdicts of several rounds: ``VERDICTS`` with a column ``round``, from 1. ``again`` gives each its judge."""
    return pl.concat([again(number)(records).with_columns(round=pl.lit(number)) for number in range(1, times + 1)])


def shuffled(rubric: Rubric, seed: int) -> Rubric:
    """The rubric with its criteria in another order, where they are listed and in the reply that is asked for."""
    order = list(CRITERIA)
    random.Random(seed).shuffle(order)
    to = dict(zip(CRITERIA, order, strict=True))
    text = rubric.text
    lines = {found[1]: found[0] for found in re.finditer(rf"^- ({'|'.join(CRITERIA)})：.*$", text, re.MULTILINE)}
    text = re.sub(
        rf"^- ({'|'.join(CRITERIA)})：.*$", lambda found: lines.get(to[found[1]], found[0]), text, flags=re.MULTILINE
    )
    return replace(rubric, text=re.sub(rf'"({"|".join(CRITERIA)})": "', lambda found: f'"{to[found[1]]}": "', text))


def consistency(verdicts: pl.DataFrame, at_least: float, seed: int = 0) -> Consistency:
    """How far rounds of verdicts agree.

    Args:
        verdicts: as ``rounds`` returns them.
        at_least: the score from which a record is kept.
    """
    wide = verdicts.pivot("round", index="id", values="score", maintain_order=True)
    table = wide.drop("id").to_numpy().astype(float)
    twice = (~np.isnan(table)).sum(axis=1) >= 2
    scores = table[twice]
    kept = (np.where(np.isnan(scores), np.inf, scores) >= at_least).all(axis=1)
    dropped = (np.where(np.isnan(scores), -np.inf, scores) < at_least).all(axis=1)
    ranges = np.nanmax(scores, axis=1) - np.nanmin(scores, axis=1) if len(scores) else np.zeros(0)
    widest = np.argsort(-ranges, kind="stable")[:SHOWN]
    ids = wide["id"].to_numpy()[twice]
    return Consistency(
        records=wide.height,
        times=table.shape[1],
        unscored=int(np.isnan(table).sum()),
        both=len(scores),
        alpha=bootstrap(lambda rows: alpha(rows.T, "interval"), scores, seed=seed),
        spread=bootstrap(lambda rows: float(np.mean(rows)), np.array([_distance(row) for row in scores]), seed=seed),
        decided=wilson(int((kept | dropped).sum()), len(scores)),
        unsteady=tuple(
            {"id": str(ids[at]), "scores": scores[at][~np.isnan(scores[at])].tolist()}
            for at in widest
            if ranges[at] > 0
        ),
    )


def _distance(scores: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """The mean distance of two of the scores of one record."""
    found = scores[~np.isnan(scores)]
    pairs = np.abs(found[:, None] - found[None, :])[np.triu_indices(len(found), 1)]
    return float(pairs.mean())
