"""The pages of WARC files (ISO 28500), plain ones and ones whose records are gzip members.

A page is the content of a record of type ``response``, ``resource`` or ``conversion``: its bytes as a browser gets
them, with the address, the time of fetching and the declared charset beside it. Records of other types (``warcinfo``,
``request``, ``metadata``, ``revisit``) are no pages. A response that is no document says so: ``http_status`` for a
status other than 200, ``media_type`` for pictures, sounds, styles and scripts.

A page's locator is ``warc=OFFSET``, where its record begins (in a compressed file, the gzip member of its record), or
``warc=OFFSET+N`` for a record that begins at byte N of a member with several records.

A broken or torn record costs itself: reading goes on at the next place where a record begins. Never more of a record
is held than the limit of a page and its head. Needs nothing but the standard library.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from cqia.errors import NotADocument, Unreadable
from cqia.readers import http_message
from cqia.readers.http_message import MAX_HEAD
from cqia.readers.rows import Cell, too_large
from cqia.readers.warc_stream import BLOCK, VERSION, Member, Stream, TornError, compressed, next_member, next_record

PAGES = ("response", "resource", "conversion")

#: What holds no text; anything else, documents of office programs included, is for the source's reader to judge.
NO_TEXT = re.compile(
    r"(?:image|audio|video|font)/|text/(?:css|javascript)$"
    r"|application/(?:(?:x-)?javascript|ecmascript|wasm|font|x-font|vnd\.ms-fontobject|x-shockwave-flash)"
)


class Record(NamedTuple):
    """A record: where it begins (``within`` the gzip member at ``offset``), where what follows it begins, its headers
    by lower-case name, its block if it is one of a page. With ``trouble`` it is broken, and a stretch of the file."""

    offset: int
    within: int
    end: int
    headers: Mapping[str, str]
    block: bytes | None = None
    trouble: Unreadable | None = None


class _BrokenError(Exception):
    """What stands here is no record."""


def warc_ends(path: Path, size: int, slice_bytes: int) -> list[int]:
    """Where slices end: at the first record or gzip member at or after each multiple of ``slice_bytes``.

    A plain file is walked from record to record. In a compressed one members are found by how they begin, since
    walking would mean to undo all compression, bombs included.
    """
    ends: list[int] = []
    at = slice_bytes
    with path.open("rb") as file:
        if compressed(file):
            while at < size and (found := next_member(file, at)) is not None:
                ends.append(found)
                at = (found // slice_bytes + 1) * slice_bytes
        else:
            for record in _plain(file, 0, size, size, 0):
                if record.offset >= at:
                    ends.append(record.offset)
                    at = (record.offset // slice_bytes + 1) * slice_bytes
    return [*ends, size]


def warc_pages(path: Path, start: int, end: int, limit: int) -> Iterator[Cell]:
    """The pages of the records that begin in [start, end)."""
    with path.open("rb") as file:
        for record in records(file, start, end, limit):
            locator = f"warc={record.offset}" + (f"+{record.within}" if record.within else "")
            where = f"the record at byte {locator.removeprefix('warc=')} of {path}"
            if record.trouble is not None:
                size = max(record.end - record.offset, 0)
                message = f"{where}: {record.trouble.message}"
                yield Cell(locator, size, trouble=Unreadable(record.trouble.reason, message))
            elif record.block is not None:
                yield _page(record, record.block, locator, where, limit)


def records(file: BinaryIO, start: int, end: int, limit: int) -> Iterator[Record]:
    """The records that begin in [start, end), a boundary at ``start``; what is broken is a record with ``trouble``.

    ``limit`` is for the content of a page: the block of a larger one is not held, and it has trouble ``too_large``.
    """
    size = file.seek(0, io.SEEK_END)
    read = _members if compressed(file) else _plain
    return read(file, start, end, size, limit)


def _plain(file: BinaryIO, start: int, end: int, size: int, limit: int) -> Iterator[Record]:
    at = start
    while at < end:
        file.seek(at)
        stream = Stream(file, at, size)
        try:
            found = _record(stream, limit)
        except (_BrokenError, EOFError) as error:
            reason = "truncated" if isinstance(error, EOFError) else "bad_warc"
            # Where a length is wrong or the middle of a file is missing, the next record stands further on.
            at = next_record(file, stream.begin + 1, size) or size
            if stream.begin < end:
                yield Record(stream.begin, 0, at, {}, trouble=Unreadable(reason, str(error)))
            continue
        at = stream.at
        if found is None:
            break
        headers, block, trouble = found
        if stream.begin < end:
            yield Record(stream.begin, 0, at, headers, block, trouble)


def _members(file: BinaryIO, start: int, end: int, size: int, limit: int) -> Iterator[Record]:
    at = start
    while at < end:
        raw = Member(file, at)
        stream = Stream(io.BufferedReader(raw, BLOCK >> 4), 0, None)
        held: Record | None = None  # until what follows it is read: the checksum stands at the end of the member
        try:
            while (found := _record(stream, limit)) is not None:
                if held is not None:
                    yield held
                held = Record(at, stream.begin, raw.end, *found)
            if held is not None:
                yield held._replace(end=raw.end)
            at = raw.end
        except (_BrokenError, EOFError, zlib.error) as error:
            begin = stream.begin
            if held is not None and isinstance(error, (zlib.error, TornError)):
                begin = held.within
            elif held is not None:
                yield held
            reason = "truncated" if isinstance(error, TornError) else "bad_warc"
            message = f"its compression is broken: {error}" if isinstance(error, zlib.error) else str(error)
            following = next_member(file, at + 1) or size
            yield Record(at, begin, following, {}, trouble=Unreadable(reason, message))
            at = following


def _record(stream: Stream, limit: int) -> tuple[dict[str, str], bytes | None, Unreadable | None] | None:
    """The next record: its headers, the block of a page, what is wrong with it; None at the end.

    Raises:
        _BrokenError: no record stands here. EOFError: it ends in the middle.
    """
    stream.begin = stream.at
    while (line := stream.line()) and not line.strip(b"\r\n"):
        stream.begin = stream.at
    if not line:
        return None
    if not line.endswith(b"\n") and len(line) < MAX_HEAD:
        raise EOFError("the file ends in its first line")
    if not VERSION.fullmatch(line):
        raise _BrokenError(f"it does not begin with a WARC version but with {line[:30]!r}")
    headers: dict[str, str] = {}
    name = ""
    while (line := stream.line()) not in (b"\r\n", b"\n"):
        if not line.endswith(b"\n") and stream.at - stream.begin <= MAX_HEAD:
            raise EOFError("the file ends in its head")
        if stream.at - stream.begin > MAX_HEAD:
            raise _BrokenError(f"its head has more than {MAX_HEAD:,} bytes")
        said, colon, value = line.decode("utf-8", "replace").partition(":")
        if line[:1] in b" \t" and name:
            headers[name] += " " + line.decode("utf-8", "replace").strip()
        elif colon:
            name = said.strip().lower()
            headers[name] = value.strip()
        else:
            raise _BrokenError(f"its head has a line without a colon: {line[:30]!r}")
    length = headers.get("content-length", "")
    if not re.fullmatch("[0-9]{1,15}", length):
        raise _BrokenError(f"its Content-Length is {length[:30]!r}")
    count = int(length)
    if headers.get("warc-type", "").lower() not in PAGES or count > limit + MAX_HEAD:
        stream.skip(count)
        page = headers.get("warc-type", "").lower() in PAGES
        return headers, None, too_large(f"it has {count:,} bytes", limit) if page else None
    return headers, stream.read(count), None


def _page(record: Record, block: bytes, locator: str, where: str, limit: int) -> Cell:
    headers = record.headers
    size = len(block)
    url = headers.get("warc-target-uri", "").strip("<> ") or None
    fetched = _time(headers.get("warc-date", ""))
    try:
        if "warc-truncated" in headers or "warc-segment-number" in headers:
            why = headers.get("warc-truncated", "in segments")[:40]
            raise Unreadable("truncated", f"{where} holds only a part of its page ({why})")
        http = headers
        if headers.get("content-type", "").lower().startswith("application/http"):
            status, http, block = http_message.split(block)
            if status != 200:
                raise NotADocument("http_status", f"the server answered {status}")
        if NO_TEXT.match(kind := http_message.media_type(http)):
            raise NotADocument("media_type", kind)
        data = http_message.whole_body(http, block, limit) if http is not headers else block
        if len(data) > limit:
            raise too_large(f"{where} has {len(data):,} bytes", limit)
    except Unreadable as error:
        message = error.message if where in error.message else f"{where}: {error.message}"
        return Cell(locator, size, trouble=Unreadable(error.reason, message), url=url, fetched=fetched)
    except NotADocument as error:
        return Cell(locator, size, trouble=error, url=url, fetched=fetched)
    return Cell(locator, size, data=data, url=url, fetched=fetched, charset=http_message.charset(http))


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
