"""What the row readers share: a cell, and lines read without ever holding a long one."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from cqia.errors import NotADocument, Unreadable

BOM = codecs.BOM_UTF8


@dataclass(frozen=True)
class Cell:
    """One page of a file, as ``readers.raw.Raw`` without the file: exactly one of data, row and trouble is set. What an
    archive knows of the page beside its bytes: ``url``, ``fetched``, ``charset``."""

    locator: str
    size: int
    data: bytes | None = None
    row: Mapping[str, object] | None = None
    trouble: Unreadable | NotADocument | None = None
    url: str | None = None
    fetched: datetime | None = None
    charset: str | None = None


class Line(NamedTuple):
    """A line of a file, newline included; ``data`` is None where it is longer than the limit, and ``quotes`` is then
    the number of double quotes in it."""

    start: int
    end: int
    data: bytes | None
    quotes: int


def lines(file: BinaryIO, start: int, end: int, limit: int) -> Iterator[Line]:
    """The lines that begin in [start, end); never more than ``limit`` bytes of one are held."""
    file.seek(start)
    at = start
    while at < end and (data := file.readline(limit + 1)):
        begin, at = at, at + len(data)
        if len(data) <= limit:
            yield Line(begin, at, data, 0)
            continue
        quotes = data.count(b'"')
        while not data.endswith(b"\n") and (data := file.readline(1 << 20)):
            at += len(data)
            quotes += data.count(b'"')
        yield Line(begin, at, None, quotes)


def whole_file(path: Path, size: int, limit: int) -> Iterator[Cell]:
    """A file as one page of bytes."""
    if size > limit:
        yield Cell("", size, trouble=too_large(f"{path} has {size:,} bytes", limit))
    elif size:
        yield Cell("", size, data=path.read_bytes())


def too_large(what: str, limit: int) -> Unreadable:
    """The trouble of a page beyond ``limit`` bytes; ``what`` says which and how large."""
    return Unreadable("too_large", f"{what}; the limit for one page is {limit:,}")
