"""The rows of CSV and TSV.

Bytes are parsed as Latin-1 and each field is decoded afterwards: in UTF-8 and in GB18030 no byte of another character
equals a quote, a comma or a newline, so the boundaries are the same, and one bad character costs one row.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from cqia.errors import Unreadable
from cqia.readers.rows import BOM, Cell, lines, too_large


class _Feed:
    """Lines for ``csv.reader``, which asks for another as long as a quote is open, so that where a record begins and
    ends is known. Lines beyond ``limit`` bytes of one record are handed on as nothing but their quotes' parity."""

    def __init__(self, file: BinaryIO, start: int, end: int, limit: int) -> None:
        self.lines = lines(file, start, end, limit)
        self.limit = limit
        self.begin: int | None = None
        self.end = start
        self.too_large = False
        self.unclosed = False

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = next(self.lines, None)
        if line is None:
            self.unclosed = self.begin is not None
            raise StopIteration
        if self.begin is None:
            self.begin = line.start
        self.end = line.end
        if line.data is None or line.end - self.begin > self.limit:
            self.too_large = True
            quotes = line.quotes if line.data is None else line.data.count(b'"')
            return '"' if quotes % 2 else ""
        return line.data.decode("latin-1")


class Record(NamedTuple):
    """A record of a CSV file: the bytes it spans, and its fields as Latin-1 or what is wrong with it."""

    start: int
    end: int
    fields: list[str]
    wrong: str  # "", "too_large", or what the parser says


def records(file: BinaryIO, start: int, end: int, delimiter: str, limit: int) -> Iterator[Record]:
    """The records that begin in [start, end), a record boundary at ``start``; blank lines are none."""
    csv.field_size_limit(max(limit, csv.field_size_limit()))  # one setting for the process: only ever raised
    feed = _Feed(file, start, end, limit)
    reader = csv.reader(feed, delimiter=delimiter)
    while True:
        fields: list[str] = []
        wrong = ""
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            wrong = str(error)
        if feed.unclosed:
            wrong = "a quote that opens in it is never closed"
        if feed.too_large:
            fields, wrong = [], "too_large"
        if feed.begin is not None and (fields or wrong):
            yield Record(feed.begin, feed.end, fields, wrong)
        feed.begin, feed.too_large = None, False


def csv_ranges(path: Path, slice_bytes: int, limit: int, header: bool = True) -> Iterator[tuple[int, int, int]]:
    """Start, end and number of the first row of ranges of about ``slice_bytes`` that begin at records. A header is in
    the first range and has no number."""
    size = path.stat().st_size
    start, first_row, goal = 0, 0, slice_bytes
    with path.open("rb") as file:
        for number, record in enumerate(records(file, _after_bom(file), size, _delimiter(path), limit)):
            if goal <= record.end < size:
                yield start, record.end, first_row
                start, goal = record.end, record.end + slice_bytes
                first_row = number if header else number + 1  # a header is record 0
    yield start, size, first_row


def csv_rows(path: Path, start: int, end: int, first_row: int, limit: int, header: bool = True) -> Iterator[Cell]:
    """The rows of a CSV (comma) or TSV (tab) file in [start, end), a range of ``csv_ranges``; every value a string.
    Without a header the columns are called "1", "2" and so on, and there are as many as the first record has."""
    with path.open("rb") as file:
        size = path.stat().st_size
        charset = _charset(file)
        top = _after_bom(file)
        first = next(records(file, top, size, _delimiter(path), limit), None)
        if first is None:
            return
        try:
            names = _names([_decoded(field, charset) for field in first.fields])
        except UnicodeDecodeError:
            names = []
        if not header:
            names = [str(place) for place in range(1, len(first.fields) + 1)]
        elif first.wrong or not names:
            trouble = Unreadable("bad_row", f"the header of {path} cannot be read: {first.wrong or f'not {charset}'}")
            yield Cell(f"bytes={start}-{end}", end - start, trouble=trouble)
            return
        found = records(file, start or (first.end if header else top), end, _delimiter(path), limit)
        for number, record in enumerate(found, first_row):
            yield _csv_row(path, number, record, names, charset, limit)


def _csv_row(path: Path, number: int, record: Record, names: list[str], charset: str, limit: int) -> Cell:
    size = record.end - record.start
    where = f"row {number} of {path} (byte {record.start})"
    if record.wrong == "too_large":
        trouble = too_large(f"{where} has {size:,} bytes", limit)
    elif record.wrong:
        trouble = Unreadable("bad_row", f"{where} cannot be read: {record.wrong}")
    elif len(record.fields) != len(names):
        trouble = Unreadable("bad_row", f"{where} has {len(record.fields)} fields, the first {len(names)}")
    else:
        try:
            values = [_decoded(field, charset) for field in record.fields]
            return Cell(f"row={number}", size, row=dict(zip(names, values, strict=True)))
        except UnicodeDecodeError:
            trouble = Unreadable("unreadable_encoding", f"{where} is not {charset}")
    return Cell(f"row={number}", size, trouble=trouble)


def _decoded(field: str, charset: str) -> str:
    return field if field.isascii() else field.encode("latin-1").decode(charset)


def _names(header: list[str]) -> list[str]:
    """Column names; the second column of a name is ``name.2``."""
    seen: dict[str, int] = {}
    names = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return names


def _delimiter(path: Path) -> str:
    return "\t" if path.suffix.lower() == ".tsv" else ","


def _after_bom(file: BinaryIO) -> int:
    file.seek(0)
    return len(BOM) if file.read(len(BOM)) == BOM else 0


def _charset(file: BinaryIO) -> str:
    """ "utf-8" or "gb18030", by which of them the first megabyte is; where it is neither, UTF-8, and the rows that are
    not will say so."""
    file.seek(0)
    head = file.read(1 << 20)
    for charset in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(charset)("strict").decode(head)
        except UnicodeDecodeError:
            continue
        return charset
    return "utf-8"
