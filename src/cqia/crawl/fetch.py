"""One GET, within bounds: of time, of bytes, of where it may go. Redirects are not followed here."""

from __future__ import annotations

import functools
import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cqia.crawl import address
from cqia.crawl.settings import Settings
from cqia.readers.http_message import joined

#: What is asked for. ``gzip`` alone, since nothing else can be undone without another library.
HEADERS = {
    "Accept": "text/html,application/xhtml+xml,text/plain;q=0.9,application/json;q=0.8,*/*;q=0.1",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}
Pairs = tuple[tuple[str, str], ...]  # headers as sent

TICK = 0.5  # seconds within which a request that waits for bytes notices that the crawl is stopped


class Failure(Exception):
    """A request that gave no answer, or one that cannot be taken. ``again``: it may do so another time."""

    def __init__(self, reason: str, message: str, again: bool = True, wait: float | None = None) -> None:
        super().__init__(reason, message)
        self.reason, self.message, self.again, self.wait = reason, message, again, wait


@dataclass(frozen=True)
class Fetched:
    """An answer: status and headers as sent, and the body without chunks, but still compressed.

    ``body`` is None where it was not wanted; ``over`` says that it goes on beyond the limit, where it was cut.
    """

    url: str
    at: datetime
    ip: str
    status: int
    phrase: str
    pairs: Pairs
    body: bytes | None
    over: bool = False

    @property
    def headers(self) -> Mapping[str, str]:
        """By lower-case name, the values of a repeated one joined."""
        return joined(self.pairs)


def get(
    url: str,
    settings: Settings,
    stopped: threading.Event,
    *,
    wanted: Callable[[int, Pairs], bool],
    limit: int,
    more: Mapping[str, str] | None = None,
) -> Fetched:
    """Ask for a normal address.

    Args:
        url: the address. settings: its bounds. stopped: once set, requests under way fail.
        wanted: whether the body is read, by status and headers.
        limit: how many bytes of it.
        more: headers beside the usual ones.

    Raises:
        Failure: ``dns``, ``connection``, ``timeout``, ``tls``, ``bad_response``, ``truncated``.
        address.PrivateAddressError: it leads into a private network.
    """
    deadline = time.monotonic() + settings.deadline
    try:
        machines = address.resolve(url, settings.allow_private)
    except OSError as error:
        raise Failure("dns", f"{address.host_of(url)} is not known: {error}") from None
    at = datetime.now(UTC)
    try:
        connection, ip = _connected(machines, settings, deadline)
        with connection:
            connection = _secured(connection, url)
            with connection:
                connection.sendall(_request(url, {"User-Agent": settings.user_agent, **HEADERS, **(more or {})}))
                timed = _Timed(connection, deadline, settings.silence, stopped)
                answer = http.client.HTTPResponse(timed, method="GET")  # type: ignore[arg-type]
                with answer:
                    answer.begin()
                    pairs = tuple(answer.getheaders())
                    body = _body(answer, limit) if wanted(answer.status, pairs) else None
    except http.client.IncompleteRead as error:
        raise Failure("truncated", f"the connection ended in the middle of the body: {error}") from None
    except ssl.SSLCertVerificationError as error:
        raise Failure("tls", f"the certificate is not valid: {error.verify_message}", again=False) from None
    except ssl.SSLError as error:
        raise Failure("tls", f"no secure connection: {error}") from None
    except TimeoutError as error:
        raise Failure("timeout", str(error) or "no answer in time") from None
    except OSError as error:
        raise Failure("connection", f"{type(error).__name__}: {error}") from None
    except (http.client.HTTPException, ValueError) as error:
        raise Failure("bad_response", f"{type(error).__name__}: {str(error)[:300]}") from None
    over = body is not None and len(body) > limit
    return Fetched(url, at, ip, answer.status, answer.reason, pairs, body[:limit] if body is not None else None, over)


def _connected(machines: list[tuple[str, int]], settings: Settings, deadline: float) -> tuple[socket.socket, str]:
    trouble: OSError = OSError("the name has no address")
    for ip, port in machines[:4]:
        left = deadline - time.monotonic()
        try:
            return socket.create_connection((ip, port), timeout=max(min(settings.silence, left), 0.01)), ip
        except OSError as error:
            trouble = error
    raise trouble


@functools.cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _secured(connection: socket.socket, url: str) -> socket.socket:
    parts = urlsplit(url)
    return connection if parts.scheme == "http" else _context().wrap_socket(connection, server_hostname=parts.hostname)


def _request(url: str, headers: Mapping[str, str]) -> bytes:
    """The bytes of a request; a normal address has no character that could end a line."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"GET {target} HTTP/1.1",
        f"Host: {parts.netloc}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header with a line break")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _body(answer: http.client.HTTPResponse, limit: int) -> bytes:
    """The body, or ``limit`` and one bytes of it."""
    parts: list[bytes] = []
    total = 0
    while total <= limit and (data := answer.read(min(1 << 16, limit + 1 - total))):
        parts.append(data)
        total += len(data)
    if total <= limit and answer.length:
        raise Failure("truncated", f"the connection ended {answer.length:,} bytes before the end of the body")
    return b"".join(parts)


class _Timed:
    """A socket as ``HTTPResponse`` wants it, whose reading ends at a deadline however the bytes trickle."""

    def __init__(self, connection: socket.socket, deadline: float, silence: float, stopped: threading.Event) -> None:
        self.reading = _Reading(connection, deadline, silence, stopped)

    def makefile(self, mode: str) -> io.BufferedReader:
        """The one file that is made of it."""
        return io.BufferedReader(self.reading, 1 << 16)


class _Reading(io.RawIOBase):
    def __init__(self, connection: socket.socket, deadline: float, silence: float, stopped: threading.Event) -> None:
        self.connection, self.deadline, self.silence, self.stopped = connection, deadline, silence, stopped

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        since = time.monotonic()
        while True:
            now = time.monotonic()
            if now >= self.deadline:
                raise TimeoutError("the answer did not end in time")
            if now - since >= self.silence:
                raise TimeoutError(f"no byte for {self.silence:g} seconds")
            if self.stopped.is_set():
                raise TimeoutError("the crawl was stopped")
            self.connection.settimeout(max(min(TICK, self.deadline - now, self.silence), 0.01))
            try:
                return self.connection.recv_into(buffer)
            except TimeoutError:
                continue
