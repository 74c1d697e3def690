"""Where a record stands in a release: COIG-CQIA's own folders and file names."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from cqia.errors import ReleaseError
from cqia.sources.source import Published


def file_of(published: Mapping[str, Published]) -> pl.Expr:
    """``<config>/<file>.jsonl`` of a record, over its columns source, task and score.

    Args:
        published: by source.
    """
    where = pl.lit(None, pl.String)
    for source, layout in published.items():
        for task, files in layout.files.items():
            bands = ((None, files),) if isinstance(files, str) else files
            band = pl.lit(None, pl.String)
            for bound, file in sorted(bands, key=lambda pair: pair[0] or 0):
                reached = pl.lit(True) if bound is None else (pl.col("score") >= bound).fill_null(False)
                band = (
                    pl.when(reached)
                    .then(pl.lit(f"{file}.jsonl" if "/" in file else f"{layout.config}/{file}.jsonl"))
                    .otherwise(band)
                )
            where = pl.when((pl.col("source") == source) & (pl.col("task") == task)).then(band).otherwise(where)
    return where


def placed(records: pl.DataFrame, published: Mapping[str, Published]) -> pl.DataFrame:
    """Records with a column ``file``.

    Raises:
        ReleaseError: the layout of a source has no file for a task of its records.
    """
    frame = records.with_columns(file=file_of(published))
    lost = frame.filter(pl.col("file").is_null())
    if lost.height:
        source, task = lost.select("source", "task").row(0)
        raise ReleaseError(f"Source {source}: the published layout has no file for the records of task {task!r}.",
                           "Name one in Source.published.")  # fmt: skip
    return frame
