"""The head of a request is bounded, whoever sends it."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from cqia.desk.head import MAX_HEAD_BYTES, BoundedHead

BEGIN = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
LONG = b"a" * 8_000


async def read(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers when all of a request has come."""
    await Request(scope, receive).body()
    await PlainTextResponse("ok")(scope, receive, send)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    config = uvicorn.Config(read, http=BoundedHead, port=0, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def answers(port: int, *pieces: bytes) -> bytes:
    """What comes back until the connection is closed or silent."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(0.01)
            while more := connection.recv(4096):
                got += more
        except OSError:
            pass
    return got


@pytest.mark.parametrize(
    "pieces",
    [
        [BEGIN, *(b"x-%d: " % k + LONG + b"\r\n" for k in range(40)), b"\r\n"],
        [BEGIN, b"x: ", *[LONG] * 40],
        [b"GET /", *[LONG] * 40],
    ],
    ids=["headers", "one header that does not end", "an address"],
)
def test_a_head_that_is_too_long_is_cut_off(port: int, pieces: list[bytes]) -> None:
    assert sum(map(len, pieces)) > MAX_HEAD_BYTES
    assert b"200 OK" not in answers(port, *pieces)


def test_requests_of_any_length_but_their_heads_are_answered(port: int) -> None:
    body = b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (40 * len(LONG))
    assert answers(port, BEGIN + b"\r\n", BEGIN + b"x: " + LONG + b"\r\n\r\n", body, *[LONG] * 40).count(b"200 OK") == 3
