"""Whether raters agree beyond chance: Cohen's kappa for two, Krippendorff's alpha for any number with gaps."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Weight = Literal["nominal", "linear", "quadratic"]
Level = Literal["nominal", "ordinal", "interval"]


def kappa(first: ArrayLike, second: ArrayLike, weight: Weight = "quadratic") -> float:
    """Cohen's (weighted) kappa (Cohen 1968): 1 is agreement, 0 is what chance gives.

    Args:
        first, second: what two raters said of the same items, without gaps.
        weight: how much a disagreement counts: any the same, by the distance of the two values, or by its square.
            Distances are those of the values and not of their ranks, so a value that nobody gave changes nothing.

    Returns: NaN for no items, and where both raters said the same one thing of every item.
    """
    values, numbers = np.unique(np.concatenate([np.asarray(first), np.asarray(second)]), return_inverse=True)
    a, b = numbers[: len(np.asarray(first))], numbers[len(np.asarray(first)) :]
    seen = np.zeros((len(values), len(values)))
    np.add.at(seen, (a, b), 1)
    weights = _distances(values, weight)
    expected = (weights * np.outer(seen.sum(1), seen.sum(0))).sum() / len(a) if len(a) else 0.0
    return float(1 - (weights * seen).sum() / expected) if expected else math.nan


def alpha(ratings: ArrayLike, level: Level = "ordinal") -> float:
    """Krippendorff's alpha (Krippendorff 2011): 1 is agreement, 0 is what chance gives; 0.8 is held to be good.

    Args:
        ratings: raters by units, as numbers, NaN where a rater said nothing. Units with one rating count for nothing.
        level: what the numbers mean: names, an order, or distances.

    Returns: NaN where no unit has two ratings or all ratings are the same.
    """
    table = np.asarray(ratings, dtype=float)
    values = np.unique(table[~np.isnan(table)])
    counts = np.stack([(table == value).sum(axis=0) for value in values], axis=1) if len(values) else np.zeros((0, 0))
    counts = counts[counts.sum(axis=1) >= 2].astype(float)  # units by values
    if not len(counts):
        return math.nan
    weighted = counts / (counts.sum(axis=1, keepdims=True) - 1)
    together = weighted.T @ counts - np.diag(weighted.sum(axis=0))
    each = together.sum(axis=0)
    if level == "ordinal":
        below = np.cumsum(each) - each / 2
        distances = (below[:, None] - below[None, :]) ** 2
    else:
        distances = _distances(values, "nominal" if level == "nominal" else "quadratic")
    expected = (distances * np.outer(each, each)).sum() / (each.sum() - 1)
    return float(1 - (distances * together).sum() / expected) if expected else math.nan


def _distances(values: NDArray[Any], weight: Weight) -> NDArray[np.float64]:
    if weight == "nominal":
        return 1.0 - np.eye(len(values))
    apart = np.abs(values[:, None].astype(float) - values[None, :].astype(float))
    return np.asarray(apart if weight == "linear" else apart**2)
