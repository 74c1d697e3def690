"""What the tests of sources share: rows and files as a source's reader gets them, and its road up to the records."""

from pathlib import Path
from typing import Any

import polars as pl

from cqia.readers.raw import Raw
from cqia.readers.slices import cut, pages
from cqia.schema import DOCUMENT, digest
from cqia.sources.source import Source
from cqia.stages import assign, collect, filter


def row(_path: str = "data/a.jsonl", **fields: Any) -> Raw:
    """A row of a table; its place follows from what it holds, so that two rows are two pages."""
    return Raw(_path, "d", f"row={int(digest(repr(fields))[:6], 16)}", 1, row=fields)


def file(path: str, data: bytes | str) -> Raw:
    return Raw(path, "d", "", 1, data=data.encode() if isinstance(data, str) else data)


def collected(source: Source, raws: list[Raw]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Documents, and the status of each page."""
    done = collect.draft(raws, pl.DataFrame(), source=source.name, copyright=source.copyright, read=source.read)
    return done.out, done.status


def of_file(source: Source, path: Path) -> list[Raw]:
    return [
        raw
        for slice in cut(path, slice_bytes=1 << 20, whole=source.whole, headless=source.headless)
        for raw in pages(slice)
    ]


def reasons(source: Source, documents: pl.DataFrame) -> list[str | None]:
    """Why each document is dropped by the rules; None where it is kept."""
    ranks = pl.DataFrame()
    if source.rank is not None:
        ranked = documents.select("id", by=source.rank.cast(pl.Float64)).drop_nulls("by").sort("by", descending=True)
        ranks = ranked.select("id", rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
    return filter.apply(documents, ranks, rules=source.rules).status["reason"].to_list()


def records(source: Source, documents: pl.DataFrame, seed: int = 42) -> list[dict[str, Any]]:
    done = assign.apply(documents, pl.DataFrame(), tasks=source.tasks, edits=source.edits, seed=seed)
    return done.out.to_dicts()


def made(source: Source, *raws: Raw) -> list[dict[str, Any]]:
    """The records that pages become; none of them may fail."""
    documents, status = collected(source, list(raws))
    assert set(status["status"]) <= {"kept"}, status.to_dicts()
    assert documents.schema == DOCUMENT
    return records(source, documents)
