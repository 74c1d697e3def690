"""Stratified sampling: so many documents in all, evenly over the strata, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from cqia.schema import digest


def shares(sizes: Mapping[str, int], total: int) -> dict[str, int]:
    """How many of each stratum: equal shares, and what small strata leave goes to the others, evenly.

    >>> shares({"a": 2, "b": 9, "c": 9}, 10)
    {'a': 2, 'b': 4, 'c': 4}
    """
    taken: dict[str, int] = {}
    left = total
    for number, (name, size) in enumerate(sorted(sizes.items(), key=lambda item: (item[1], item[0]))):
        taken[name] = min(size, left // (len(sizes) - number))
        left -= taken[name]
    return taken


def over(candidates: pl.DataFrame, total: int, seed: int) -> pl.DataFrame:
    """The candidates that the quota has no room for.

    Args:
        candidates: columns ``id``, ``stratum`` and whatever else, which is kept.
    """
    if candidates.height <= total:
        return candidates.clear()
    counted = candidates.group_by("stratum").len()
    room = shares(dict(counted.iter_rows()), total)
    lot = pl.Series("lot", [digest(str(seed), id) for id in candidates["id"]])
    drawn = candidates.with_columns(
        lot,
        pl.col("stratum").replace_strict(room, return_dtype=pl.Int64).alias("room"),
    )
    place = pl.col("lot").rank("ordinal").over("stratum")
    return drawn.filter(place > pl.col("room")).drop("lot", "room")
