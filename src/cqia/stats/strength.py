"""Strengths from pairwise comparisons: Bradley and Terry's model."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

ROUNDS = 10_000
CLOSE = 1e-9  # of log-strengths from one round to the next


def bradley_terry(wins: ArrayLike, prior: float = 0.0) -> NDArray[np.float64]:
    """Log-strengths, with mean 0: i beats j with probability 1 / (1 + exp(s[j] - s[i])) (Bradley and Terry 1952).

    Args:
        wins: square; how often i beat j, a tie being half a win of each.
        prior: ties added to every pair. Without any, an item that never lost is infinitely strong.

    Raises:
        ValueError: without prior, the strengths are not finite or cannot be compared: some items never lost to the
            others, or were never compared with them. ``apart`` says which.
    """
    table = np.asarray(wins, dtype=float) + prior / 2
    np.fill_diagonal(table, 0.0)
    if len(table) < 2:
        return np.zeros(len(table))
    if len(parts := apart(table)) > 1:
        raise ValueError(f"the comparisons fall into {len(parts)} parts that never lost to each other: {parts}")
    strength = np.ones(len(table))
    for _ in range(ROUNDS):  # Newman 2023, equation 17: far fewer rounds than Zermelo's
        before = strength.copy()
        for i in range(len(table)):
            total = strength[i] + strength
            strength[i] = (table[i] * strength / total).sum() / (table[:, i] / total).sum()
        strength /= np.exp(np.log(strength).mean())
        if np.abs(np.log(strength) - np.log(before)).max() < CLOSE:
            break
    return np.asarray(np.log(strength))


def apart(wins: ArrayLike) -> list[list[int]]:
    """Groups of items that can be ordered among themselves: within one, from each to each there is a chain of wins.

    One group means that strengths are finite and comparable (Ford 1957). Items in the order of their numbers.
    """
    reach = (np.asarray(wins, dtype=float) > 0) | np.eye(len(np.asarray(wins)), dtype=bool)
    for middle in range(len(reach)):
        reach |= reach[:, [middle]] & reach[[middle], :]
    both = reach & reach.T
    return [np.flatnonzero(row).tolist() for number, row in enumerate(both) if row[:number].sum() == 0]
