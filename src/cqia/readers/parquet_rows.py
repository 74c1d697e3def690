"""The rows of a Parquet file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from cqia.errors import Unreadable
from cqia.readers.rows import Cell

# Rows read at a time.
BATCH = 4096


def count_rows(path: Path) -> int:
    """How many rows a Parquet file has; 0 where it cannot be read, which reading it will say again."""
    try:
        return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        return 0


def parquet_rows(path: Path, start: int, end: int, size: int) -> Iterator[Cell]:
    """The rows [start, end) of a Parquet file."""
    try:
        frame = pl.scan_parquet(path, glob=False)
        frame.collect_schema()
        share = size // max(1, end - start)
        for first in range(start, end, BATCH):
            batch = frame.slice(first, min(BATCH, end - first)).collect()
            for number, row in enumerate(batch.iter_rows(named=True), first):
                yield Cell(f"row={number}", share, row=row)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        trouble = Unreadable("bad_parquet", f"{path} is not readable Parquet: {str(error).splitlines()[0]}")
        yield Cell("", size, trouble=trouble)
