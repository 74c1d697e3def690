"""Which records a batch holds back: those of one that is under inspection, or has failed it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from sqlalchemy import select

from cqia.review.inspection import HELD
from cqia.review.store import COLUMNS, opened
from cqia.review.tables import batch_items, batches


def holding(latest: pl.DataFrame, where: Path | str) -> pl.DataFrame:
    """The decisions that count, with one of ``inspection.HELD`` for the action of every record whose batch has not
    passed, decided or not.

    Args:
        latest: as ``store.latest`` gives it. where: the desk's database.
    """
    if isinstance(where, Path) and not where.exists():
        return latest
    asked = (
        select(batch_items.c.id)
        .join(batches, batches.c.number == batch_items.c.batch)
        .where(batch_items.c.round == batches.c.round, batch_items.c.stage == "first", batches.c.stage != "passed")
    )
    with opened(where) as database, database.reading() as db:
        ids = pl.DataFrame({"id": sorted(db.execute(asked).scalars())}, schema={"id": pl.String})
    if ids.is_empty():
        return latest
    free = latest.join(ids, on="id", how="anti")
    held = ids.join(latest, on="id", how="left").with_columns(
        action=pl.when(pl.col("action").is_null()).then(pl.lit(HELD[1])).otherwise(pl.lit(HELD[0]))
    )
    return pl.concat([free, held.select(list(COLUMNS))]).sort("id")
