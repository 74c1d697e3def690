"""The rows of an XLSX workbook, every sheet with its first row as the names of its columns; every value a string.

Needs the extra ``tables`` (fastexcel, the reader that Polars uses).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from cqia.errors import Unreadable
from cqia.readers.rows import Cell, too_large

#: What a workbook may unpack to: its sheets are held in memory as a whole.
MAX_UNPACKED = 256_000_000
MAX_PARTS = 10_000
#: Sheets are XML, which packs ten times; a thousand times is a bomb.
MAX_RATIO = 200


def xlsx_rows(path: Path, size: int, limit: int) -> Iterator[Cell]:
    """The rows of all sheets, counted through; a workbook of more than ``limit`` bytes is not opened."""
    if (trouble := _refused(path, size, limit)) is not None:
        yield Cell("", size, trouble=trouble)
        return
    try:
        sheets = pl.read_excel(path, sheet_id=0, engine="calamine", infer_schema_length=0, raise_if_empty=False)
    except (ImportError, pl.exceptions.ModuleUpgradeRequiredError):
        message = f"{path}: reading XLSX needs: pip install 'cqia[tables]'"
        yield Cell("", size, trouble=Unreadable("needs_extra", message))
        return
    except Exception as error:  # noqa: BLE001 - a parser of others, at work on anything that ends in .xlsx
        trouble = Unreadable("bad_xlsx", f"{path} is not readable XLSX: {str(error).splitlines()[0][:300]}")
        yield Cell("", size, trouble=trouble)
        return
    share = size // max(1, sum(sheet.height for sheet in sheets.values()))
    number = 0
    for sheet in sheets.values():
        for row in sheet.with_columns(pl.all().cast(pl.String)).iter_rows(named=True):
            yield Cell(f"row={number}", share, row=row)
            number += 1


def _refused(path: Path, size: int, limit: int) -> Unreadable | None:
    """Why the workbook is not opened at all: too large, no workbook, or a bomb."""
    if size > limit:
        return too_large(f"{path} has {size:,} bytes", limit)
    try:
        with zipfile.ZipFile(path) as book:
            parts = book.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return Unreadable("bad_xlsx", f"{path} is not readable XLSX: no zip file, or one that is cut off or encrypted")
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(size, 100_000):
        return Unreadable("too_large", f"{path} unpacks to {unpacked:,} bytes in {len(parts):,} parts; "
                          f"the limit is {MAX_UNPACKED:,} and {MAX_RATIO} times its size")  # fmt: skip
    return None
