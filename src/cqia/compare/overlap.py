"""How much of one dataset is in another: records with equal texts, and with texts that are near duplicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cqia.report.makeup import share
from cqia.similar.pairs import Pairs, in_buckets, with_first
from cqia.similar.settings import Settings
from cqia.similar.sketch import signatures
from cqia.similar.verify import likeness

SETTINGS = Settings()
SHOWN = 2  # pairs of two datasets that are equal, and as many that are near
SHOWN_CHARS = 120


@dataclass(frozen=True, eq=False)
class Alike:
    """Which texts say the same.

    Attributes:
        group: for each text the first with an equal normal form, itself where there is none.
        near: pairs of such first texts that are near duplicates, and ``like``, how like they are.
        capped: buckets too large for all their pairs to be looked at.
    """

    group: NDArray[np.int64]
    near: Pairs
    like: NDArray[np.float64]
    capped: int


def overlap(texts: pl.Series, owner: NDArray[np.int64], count: int, settings: Settings = SETTINGS) -> dict[str, Any]:
    """What ``count`` datasets share.

    Args:
        texts: of all their records, strings. An empty one is like no other.
        owner: for each text its dataset, 0 to count - 1.

    Returns: ``exact`` and ``near``, lists of (count, count) whole numbers: how many records of the row's dataset have
        an equal text, or an equal or near one, in the column's. The diagonal is how many records there are.
        ``shares`` is ``near`` by the diagonal. ``capped`` as in ``Alike``; ``shown``, a few pairs of each two.
    """
    found = alike(texts, settings)
    heads, place = np.unique(found.group, return_inverse=True)
    holds = np.zeros((len(heads), count), dtype=bool)
    holds[place, owner] = True
    first, second = np.searchsorted(heads, found.near.first), np.searchsorted(heads, found.near.second)
    reached = holds.copy()
    np.logical_or.at(reached, first, holds[second])
    np.logical_or.at(reached, second, holds[first])
    exact, near = _counted(holds[place], owner, count), _counted(reached[place], owner, count)
    records = np.bincount(owner, minlength=count)
    return {
        "exact": exact.tolist(),
        "near": near.tolist(),
        "shares": [[share(int(n), int(records[row])) for n in line] for row, line in enumerate(near)],
        "capped": found.capped,
        "shown": _shown(texts, owner, place, (first, second, found.like)),
    }


def alike(texts: pl.Series, settings: Settings = SETTINGS) -> Alike:
    """Equal texts and near ones, as ``stages.dedup`` tells them, with every pair compared exactly."""
    exact, bands = signatures(texts, settings)
    untitled = pl.Series([""], dtype=pl.String).new_from_index(0, len(texts))
    same = with_first(exact)
    equal = likeness(texts, untitled, same, np.ones(len(same), dtype=bool), settings) > 0
    group = np.arange(len(texts))
    group[same.second[equal]] = same.first[equal]
    heads = np.unique(group)
    near = in_buckets([band[heads] for band in bands], settings.bucket)
    capped, near = near.capped, Pairs(heads[near.first], heads[near.second])
    like = likeness(texts, untitled, near, np.zeros(len(near), dtype=bool), settings)
    return Alike(group, near.take(like > 0), like[like > 0], capped)


def _counted(reached: NDArray[np.bool_], owner: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Of each dataset how many records reach each dataset."""
    return np.array([reached[owner == each].sum(axis=0) for each in range(count)], dtype=np.int64)


def _shown(
    texts: pl.Series, owner: NDArray[np.int64], place: NDArray[np.int64], near: tuple[NDArray[Any], ...]
) -> list[dict[str, Any]]:
    """A few pairs of each two datasets: equal ones, then the most like of the near ones."""
    firsts = pl.DataFrame({"at": place, "owner": owner}).with_row_index("row")
    firsts = firsts.group_by("at", "owner").agg(pl.col("row").min())
    first, second, like = near
    every = np.arange(int(place.max()) + 1 if len(place) else 0)
    links = pl.DataFrame({
        "at": np.concatenate([every, first, second]),
        "other": np.concatenate([every, second, first]),
        "like": np.concatenate([np.ones(len(every)), like, like]),
        "equal": np.arange(len(every) + 2 * len(first)) < len(every),
    })  # fmt: skip
    pairs = firsts.join(links, on="at").join(firsts, left_on="other", right_on="at", suffix="_b")
    pairs = pairs.filter(pl.col("owner") < pl.col("owner_b"))
    order = pairs.sort(
        "owner", "owner_b", "equal", "like", "row", "row_b", descending=[False, False, True, True] + 2 * [False]
    )
    few = order.group_by("owner", "owner_b", "equal", maintain_order=True).head(SHOWN)
    return [
        {
            "datasets": [row["owner"], row["owner_b"]],
            "equal": row["equal"],
            "similarity": round(row["like"], 3),
            "texts": [texts[row["row"]][:SHOWN_CHARS], texts[row["row_b"]][:SHOWN_CHARS]],
        }
        for row in few.to_dicts()
    ]
