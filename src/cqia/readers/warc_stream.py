"""Where the records of a WARC file stand: lines and blocks of it, gzip members, and the next place one begins at."""

from __future__ import annotations

import io
import re
import zlib
from typing import BinaryIO

from cqia.readers.http_message import MAX_HEAD

VERSION = re.compile(rb"WARC/\d\.\d[ \t]*\r?\n")
BLOCK = 1 << 20

_BEGINNING = re.compile(rb"(?<=\n)WARC/\d\.\d[ \t]*\r?\n[A-Za-z-]{1,60}:")
_MEMBER = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
_PEEK = 512  # bytes of a member that are enough to see a record's version line


class TornError(EOFError):
    """The file ends in the middle of a gzip member."""


def compressed(file: BinaryIO) -> bool:
    """Whether a file is compressed, by how it begins."""
    file.seek(0)
    return file.read(2) == b"\x1f\x8b"


class Stream:
    """Lines and blocks of a file or of a gzip member, with the place that has been reached."""

    def __init__(self, file: BinaryIO, at: int, size: int | None) -> None:
        self.file, self.at, self.size = file, at, size
        self.begin = at

    def line(self) -> bytes:
        """A line, or as much of one as no head has; b"" at the end."""
        data = self.file.readline(MAX_HEAD + 1)
        self.at += len(data)
        return data

    def read(self, count: int) -> bytes:
        """So many bytes. Raises ``EOFError`` where there are fewer."""
        data = self.file.read(count)
        self.at += len(data)
        if len(data) < count:
            raise EOFError(f"it ends after {len(data):,} of its {count:,} bytes")
        return data

    def skip(self, count: int) -> None:
        """Pass over so many bytes, without holding them. Raises ``EOFError`` where there are fewer."""
        if self.size is not None:
            if self.at + count > self.size:
                raise EOFError(f"it ends after {self.size - self.at:,} of its {count:,} bytes")
            self.at = self.file.seek(self.at + count)
            return
        while count:
            count -= len(self.read(min(count, BLOCK)))


class Member(io.RawIOBase):
    """What a gzip member holds; ``end`` is where it ends in the file, once it is read to its end."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        file.seek(start)
        self.file, self.end = file, start
        self.undo = zlib.decompressobj(31)
        self.waiting = b""
        self.ended = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Some bytes; 0 at the member's end. Raises ``EOFError`` where the file ends first."""
        while not self.ended:
            data = self.undo.decompress(self.waiting, len(buffer))
            self.waiting = self.undo.unconsumed_tail
            self.ended = self.undo.eof
            if self.ended:
                self.end -= len(self.undo.unused_data)
            if data:
                buffer[: len(data)] = data
                return len(data)
            if not self.ended and not self.waiting:
                self.waiting = self.file.read(BLOCK >> 4)
                self.end += len(self.waiting)
                if not self.waiting:
                    raise TornError("the file ends in the middle of it")
        return 0


def next_record(file: BinaryIO, at: int, size: int) -> int | None:
    """Where the next record of a plain file begins, at or after ``at``."""
    while at < size:
        file.seek(at - 1)
        data = file.read(BLOCK)
        if found := _BEGINNING.search(data):
            return at - 1 + found.start()
        at += BLOCK - 100  # as long as a beginning may be
    return None


def next_member(file: BinaryIO, at: int) -> int | None:
    """Where the next gzip member that begins with a record begins, at or after ``at``."""
    size = file.seek(0, io.SEEK_END)
    while at < size:
        file.seek(at)
        data = file.read(BLOCK + _PEEK)
        for found in _MEMBER.finditer(data, 0, BLOCK + 4):
            try:
                begins = zlib.decompressobj(31).decompress(data[found.start() : found.start() + _PEEK], 20)
            except zlib.error:
                continue
            if VERSION.match(begins):
                return at + found.start()
        at += BLOCK
    return None
