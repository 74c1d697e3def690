"""Cutting raw files into slices, and slices into pages.

A slice is a range of one file that can be read on its own, so that a ten-gigabyte file becomes many units of work.
Cutting reads a file once (for its digest, and a CSV file once more for its records); no slice holds bytes.

    JSON lines, CSV, TSV    many slices, at line and record boundaries near multiples of ``slice_bytes``
    Parquet                 many slices, by row
    JSON list or object     one slice, one page per element
    WARC                    many slices, at records; one page per record that holds one
    XLSX                    one slice, one page per row of its sheets
    TAR                     one slice, one page per file in it
    everything else         one slice, one page
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

from cqia.errors import Unreadable
from cqia.readers.csv_rows import csv_ranges, csv_rows
from cqia.readers.json_rows import is_json_lines, json_file, json_lines
from cqia.readers.parquet_rows import count_rows, parquet_rows
from cqia.readers.raw import Raw
from cqia.readers.rows import Cell, whole_file
from cqia.readers.tar_rows import SUFFIXES as TAR
from cqia.readers.tar_rows import tar_rows
from cqia.readers.warc_rows import warc_ends, warc_pages
from cqia.readers.xlsx_rows import xlsx_rows

Kind = Literal["file", "lines", "csv", "headless", "json", "parquet", "warc", "xlsx", "tar"]

MAX_PAGE_BYTES = 20_000_000
# A JSON list is parsed at once and takes some five times its bytes in memory.
MAX_JSON_BYTES = 256_000_000


@dataclass(frozen=True)
class Slice:
    """A range of one file.

    Attributes:
        path: the file.
        digest: sha256 of the whole file, or empty where nobody asked for it.
        start, end: where the slice begins and where it ends (exclusive): bytes, for Parquet row numbers.
        size: bytes of the slice; for Parquet its share of the file.
        kind: how its pages are read.
        first_row: number of its first row in the file, from 0; 0 where rows are not counted (JSON lines, files).
    """

    path: str
    digest: str
    start: int
    end: int
    size: int
    kind: Kind
    first_row: int = 0


def cut(
    path: Path, *, slice_bytes: int, whole: tuple[str, ...], headless: tuple[str, ...] = (), hashed: bool = True
) -> tuple[Slice, ...]:
    """The slices of one file, in order, together all of it.

    Args:
        path: a file, not a directory.
        slice_bytes: about how large a slice may be; a slice ends at the first boundary after that many bytes.
        whole: patterns of file names (as in fnmatch) that are one page whatever their suffix.
        headless: patterns of file names that are CSV or TSV whose first record is a row and no header.
        hashed: whether the file is read for its digest, which is empty else.

    Raises:
        OSError: the file cannot be read.
    """
    digest = ""
    if hashed:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = path.stat().st_size
    kind = _kind(path, whole)
    if kind == "csv" and any(fnmatch(path.name, pattern) for pattern in headless):
        kind = "headless"
    match kind:
        case "lines":
            ends = _line_ends(path, size, slice_bytes)
        case "csv" | "headless" if size > slice_bytes:
            return tuple(
                Slice(str(path), digest, start, end, end - start, kind, first_row)
                for start, end, first_row in csv_ranges(path, slice_bytes, MAX_PAGE_BYTES, header=kind == "csv")
            )
        case "parquet":
            count = count_rows(path)
            step = max(1, count * slice_bytes // max(size, 1))
            starts = range(0, count, step) or range(1)
            return tuple(
                Slice(str(path), digest, start, min(start + step, count), size // len(starts), kind, start)
                for start in starts
            )
        case "warc":
            ends = warc_ends(path, size, slice_bytes)
        case _:
            ends = [size]
    bounds = itertools.pairwise([0, *ends])
    return tuple(Slice(str(path), digest, start, end, end - start, kind) for start, end in bounds)


def pages(slice: Slice, *, max_page_bytes: int = MAX_PAGE_BYTES) -> Iterator[Raw]:
    """The pages of a slice, in order, one at a time.

    A page that cannot be cut out comes with ``trouble``: ``bad_json``, ``bad_row``, ``too_large``,
    ``unreadable_encoding``, ``bad_parquet`` or, for a file without any page, ``empty_file``. Blank lines are no pages.

    Args:
        slice: from ``cut``.
        max_page_bytes: a larger page has trouble ``too_large`` and is not kept in memory.

    Raises:
        OSError: the file cannot be read.
    """
    path = Path(slice.path)
    size = path.stat().st_size
    empty = True
    for cell in _cells(path, slice, max_page_bytes):
        empty = False
        yield Raw(slice.path, slice.digest, **vars(cell))
    if empty and slice.start == 0 and (slice.end == size or slice.kind == "parquet"):
        what = "is empty" if size == 0 else "holds no rows"
        yield Raw(slice.path, slice.digest, "", size, trouble=Unreadable("empty_file", f"{path} {what}"))


def _cells(path: Path, slice: Slice, max_page_bytes: int) -> Iterator[Cell]:
    match slice.kind:
        case "lines":
            return json_lines(path, slice.start, slice.end, max_page_bytes)
        case "csv" | "headless":
            header = slice.kind == "csv"
            return csv_rows(path, slice.start, slice.end, slice.first_row, max_page_bytes, header=header)
        case "parquet":
            return parquet_rows(path, slice.start, slice.end, slice.size)
        case "json":
            return json_file(path, slice.size, MAX_JSON_BYTES)
        case "warc":
            return warc_pages(path, slice.start, slice.end, max_page_bytes)
        case "xlsx":
            return xlsx_rows(path, slice.size, max_page_bytes)
        case "tar":
            return tar_rows(path, slice.size, max_page_bytes)
        case "file":
            return whole_file(path, slice.size, max_page_bytes)


def _kind(path: Path, whole: tuple[str, ...]) -> Kind:
    """How the pages of a file are read, by its name and, for .json, by its first two lines."""
    if any(fnmatch(path.name, pattern) for pattern in whole):
        return "file"
    if path.name.lower().endswith(TAR):
        return "tar"
    match path.suffix.lower():
        case ".jsonl" | ".ndjson":
            return "lines"
        case ".json":
            return "lines" if is_json_lines(path, MAX_PAGE_BYTES) else "json"
        case ".csv" | ".tsv":
            return "csv"
        case ".parquet":
            return "parquet"
        case ".xlsx":
            return "xlsx"
        case ".warc":
            return "warc"
        case ".gz" if ".warc." in path.name.lower():  # also .warc.wet.gz
            return "warc"
        case _:
            return "file"


def _line_ends(path: Path, size: int, slice_bytes: int) -> list[int]:
    """Where slices of lines end: after the first newline at or after each multiple of ``slice_bytes``."""
    ends = []
    at = slice_bytes
    with path.open("rb") as file:
        while at < size:
            file.seek(at - 1)
            while (data := file.readline(1 << 20)) and not data.endswith(b"\n"):
                pass
            if (end := file.tell()) >= size:
                break
            ends.append(end)
            at = (end // slice_bytes + 1) * slice_bytes
    return [*ends, size]
