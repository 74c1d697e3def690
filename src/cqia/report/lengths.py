"""Lengths of instructions (with input) and outputs in characters (paper, Figure 5): quantiles and histograms."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
#: Upper ends of the histogram's bins, in characters: a doubling each, as lengths are spread.
BINS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)


@dataclass(frozen=True)
class Lengths:
    """Of one text in a set of records: quantiles in characters, and the number of records in each bin."""

    quantiles: tuple[int, ...]
    counts: tuple[int, ...]


def lengths(parts: Sequence[Path]) -> dict[str, Lengths]:
    """Lengths of ``instruction`` (with input) and ``output`` over parts of records."""
    if not parts:
        return {}
    frame = (
        pl.scan_parquet(list(parts), glob=False)
        .select(
            instruction=(pl.col("instruction").str.len_chars() + pl.col("input").str.len_chars()).cast(pl.Int64),
            output=pl.col("output").str.len_chars().cast(pl.Int64),
        )
        .collect()
    )
    return {column.name: _of(column) for column in frame} if frame.height else {}


def _of(values: pl.Series) -> Lengths:
    quantiles = tuple(int(values.quantile(q, "nearest") or 0) for q in QUANTILES)
    edges = (-1, *BINS, 1 << 62)
    counts = tuple(int(((values > low) & (values <= high)).sum()) for low, high in itertools.pairwise(edges))
    return Lengths(quantiles, counts)
