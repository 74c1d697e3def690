"""Lengths of instructions (with input) and outputs in characters (paper, Figure 5): quantiles and histograms."""

from __future__ import annotations

import itertools
from typing import Any

import polars as pl

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
#: Upper ends of the coarse bins, in characters: a doubling each, as lengths are spread.
BINS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
#: Bars of the picture. They end where the paper's do, or at the 99th percentile where that is farther.
BARS = 50
PAPER_ENDS = {"instruction": 500, "output": 4000}

TEXTS = {
    "instruction": pl.col("instruction").str.len_chars() + pl.col("input").str.len_chars(),
    "output": pl.col("output").str.len_chars(),
}


def lengths(table: pl.DataFrame) -> dict[str, Any]:
    """Lengths of ``instruction`` (with input) and ``output``; empty where there is no record.

    Args:
        table: ``report.table.TABLE``.

    Returns: of each text its ``quantiles`` (``QUANTILES``), its records by ``BINS`` (``counts``, the last for what is
        longer), by ``bars`` of equal ``width`` with those ``beyond`` them, and its quantiles ``by_source``.
    """
    if table.is_empty():
        return {}
    frame = table.select("source", **{name: text.cast(pl.Int64) for name, text in TEXTS.items()})
    return {name: _of(frame, name) for name in TEXTS}


def _of(frame: pl.DataFrame, name: str) -> dict[str, Any]:
    values = frame[name]
    most = int(values.quantile(0.99, "nearest") or 0)
    width = max(PAPER_ENDS[name] // BARS, most // BARS + 1)  # what is as long as ``most`` is in the last bar
    bars = values.filter(values < width * BARS) // width
    counts = dict(bars.value_counts().iter_rows())
    edges = (-1, *BINS, 1 << 62)
    return {
        "quantiles": quantiles(values),
        "counts": [int(((values > low) & (values <= high)).sum()) for low, high in itertools.pairwise(edges)],
        "width": width,
        "bars": [int(counts.get(n, 0)) for n in range(BARS)],
        "beyond": values.len() - bars.len(),
        "by_source": [
            {"source": source, "records": rows.height, "quantiles": quantiles(rows[name])}
            for (source,), rows in frame.partition_by("source", as_dict=True, maintain_order=True).items()
        ],
    }


def quantiles(values: pl.Series) -> list[int]:
    """``QUANTILES`` of whole numbers, each one of them."""
    return [int(values.quantile(q, "nearest") or 0) for q in QUANTILES]
