"""Where a record stands in a release: COIG-CQIA's own folders and file names.

The records of the split ``train`` stand in ``<config>/<file>.jsonl``, those of another in
``<config>/<file>.<split>.jsonl``.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from cqia.errors import ReleaseError
from cqia.sources.source import Published

#: The splits of the Hub, in its order. Without shares everything is of the first.
SPLITS = ("train", "validation", "test")
#: The split of each record; those that are not named are ``train``.
SPLIT_OF: pl.Schema = pl.Schema({"id": pl.String, "split": pl.String})


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


def placed(records: pl.DataFrame, published: Mapping[str, Published], splits: pl.DataFrame) -> pl.DataFrame:
    """Records with the columns ``split`` and ``file``.

    Args:
        splits: ``SPLIT_OF``.

    Raises:
        ReleaseError: the layout of a source has no file for a task of its records, or one whose name is taken.
    """
    frame = records.with_columns(file=file_of(published))
    lost = frame.filter(pl.col("file").is_null())
    if lost.height:
        source, task = lost.select("source", "task").row(0)
        raise ReleaseError(f"Source {source}: the published layout has no file for the records of task {task!r}.",
                           "Name one in Source.published.")  # fmt: skip
    taken = pl.col("file").str.contains(rf"^parquet/|\.({'|'.join(SPLITS[1:])})\.jsonl$")
    if (clash := frame.filter(taken)).height:
        raise ReleaseError(f"The published layout names {clash['file'][0]}, a name that releases use themselves.",
                           "Name it otherwise in Source.published.")  # fmt: skip
    split = frame.join(splits, on="id", how="left", maintain_order="left").with_columns(
        pl.col("split").fill_null(SPLITS[0])
    )
    suffix = pl.when(pl.col("split") == SPLITS[0]).then(pl.lit("")).otherwise(pl.lit(".") + pl.col("split"))
    return split.with_columns(file=pl.col("file").str.strip_suffix(".jsonl") + suffix + ".jsonl")


def parts_of(file: str) -> tuple[str, str]:
    """Config and split of ``<config>/<file>[.<split>].jsonl``."""
    config, _, name = file.partition("/")
    ending = name.removesuffix(".jsonl").rpartition(".")[2]
    return config, ending if ending in SPLITS[1:] and ending != name.removesuffix(".jsonl") else SPLITS[0]


def table_of(config: str, split: str) -> str:
    """The Parquet file of one config and split."""
    return f"parquet/{config}{'' if split == SPLITS[0] else f'.{split}'}.parquet"
