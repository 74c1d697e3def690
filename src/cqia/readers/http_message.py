"""HTTP messages as archives hold them and as servers send them: head, chunks, compression; all within bounds."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping

from cqia.errors import Unreadable

#: No server sends a longer head, and no archive holds one; Apache's limit is 8 KB a line and 100 lines.
MAX_HEAD = 1 << 16

#: What is compressed is undone in pieces of this size, so that a bomb is noticed when it is over the limit by no more.
PIECE = 1 << 16

_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? +([1-9]\d\d)(?: [^\r\n]*)?\r?\n")
_END = re.compile(rb"\r?\n\r?\n")
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]{0,1000})?\r?\n")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.I)


def split(data: bytes) -> tuple[int, dict[str, str], bytes]:
    """The status, the headers and the body of a response; of repeated headers the values joined with commas.

    Raises:
        Unreadable: ``bad_http`` for what is no response.
    """
    status = _STATUS.match(data)
    end = _END.search(data, status.end() - 1, MAX_HEAD) if status else None
    if status is None or end is None:
        raise Unreadable("bad_http", f"it does not begin with the head of an HTTP response but with {data[:30]!r}")
    lines = data[status.end() : end.start()].splitlines()
    pairs = (line.decode("utf-8", "replace").partition(":") for line in lines)
    return int(status[1]), joined((name, value) for name, _, value in pairs), data[end.end() :]


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by their names in lower case; the values of a repeated one joined with commas."""
    found: dict[str, str] = {}
    for name, value in pairs:
        key = name.strip().lower()
        found[key] = f"{found[key]}, {value.strip()}" if key in found else value.strip()
    return found


def media_type(headers: Mapping[str, str]) -> str:
    """The type of the content without its parameters, in lower case; "" where the headers do not say."""
    return headers.get("content-type", "").partition(";")[0].partition(",")[0].strip().lower()


def charset(headers: Mapping[str, str]) -> str | None:
    """The charset that the headers declare, in lower case."""
    found = _CHARSET.search(headers.get("content-type", ""))
    return found[1].lower() if found else None


def whole_body(headers: Mapping[str, str], body: bytes, limit: int) -> bytes:
    """The body with its transfer undone: chunks put together, compression undone.

    Archives that undid either left the headers as they were, so a body that does not look chunked or compressed is
    taken as it is.

    Raises:
        Unreadable: ``truncated``, ``too_large`` or ``content_encoding``.
    """
    if "chunked" in headers.get("transfer-encoding", "").lower() and _CHUNK.match(body):
        body = _dechunked(body)
    return decoded(body, headers.get("content-encoding", ""), limit)


def _dechunked(body: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    while found := _CHUNK.match(body, at):
        size = int(found[1], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(body[found.end() : found.end() + size])
        at = found.end() + size
        end = body[at : at + 2]
        if not parts[1:] and end and not end.startswith((b"\r", b"\n")):
            return body  # its first line only looks like the size of a chunk
        at += 2 if end == b"\r\n" else 1
    raise Unreadable("truncated", f"the chunked body ends after {len(body):,} bytes without its last chunk")


def decoded(body: bytes, coding: str, limit: int) -> bytes:
    """The body without its ``Content-Encoding``.

    Raises:
        Unreadable: ``content_encoding`` for one that is not known or is broken, ``truncated`` where it ends early,
            ``too_large`` where it would have more than ``limit`` bytes.
    """
    name = coding.strip().lower()
    if name in ("", "identity", "none") or not body:
        return body
    if name in ("gzip", "x-gzip"):
        return _inflated(body, 31, limit) if body.startswith(b"\x1f\x8b") else body
    if name == "deflate":  # with the header of zlib as the standard says, or without as some servers have it
        return _inflated(body, 15 if body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0 else -15, limit)
    raise Unreadable("content_encoding", f"the body is compressed as {name[:40]!r}, which is not read")


def _inflated(body: bytes, window: int, limit: int) -> bytes:
    parts: list[bytes] = []
    total = 0
    undo = zlib.decompressobj(window)
    while True:
        try:
            data = undo.decompress(body, PIECE)
        except zlib.error as error:
            raise Unreadable("content_encoding", f"the compressed body is broken: {error}") from None
        total += len(data)
        if total > limit:
            raise Unreadable("too_large", f"the body has more than {limit:,} bytes when its compression is undone")
        parts.append(data)
        body = undo.unconsumed_tail
        if undo.eof:
            return b"".join(parts)
        if not data and not body:
            raise Unreadable("truncated", f"the compressed body ends in the middle, after {total:,} bytes")
