"""A chat server on 127.0.0.1 that misbehaves on a schedule, in every way we know of, and counts what it does.

It speaks HTTP by hand, on an event loop of its own in a thread: quick enough for a thousand questions a second, and
free to break the protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Literal, get_args

Fault = Literal[
    "429", "429 seconds", "429 date", "500", "503", "hang", "drip", "truncated", "html", "reset", "no usage",
    "no choices",
]  # fmt: skip
FAULTS: tuple[Fault, ...] = get_args(Fault)

#: A question's text and how often it has been asked, from 1: the fault it meets.
Schedule = Callable[[str, int], Fault | None]


def completion(text: str, **changes: object) -> dict[str, object]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    return {"id": "x", "object": "chat.completion", "created": 0, "model": "stub-7b", "choices": [choice],
            "usage": usage} | changes  # fmt: skip


@dataclass
class FaultServer:
    """``reply`` gets the text of a question, its system message apart. ``asked`` and ``answered`` count by that text:
    requests that came, and replies that left whole, as they should be."""

    reply: Callable[[str], str]
    schedule: Schedule = lambda text, seen: None
    delay: float = 0.0
    retry_after: float = 1.0
    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)  # faults by kind
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keep: bool = True  # the bodies
    connections: set[asyncio.StreamWriter] = field(default_factory=set)
    under_way: int = 0
    most_under_way: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = next(
                    int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line
                )
                body = json.loads(await reader.readexactly(size))
                self.under_way += 1
                self.most_under_way = max(self.most_under_way, self.under_way)
                try:
                    goes_on = await self.answer(body, writer)
                finally:
                    self.under_way -= 1
                if not goes_on:
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away or was killed, or the test is over
        finally:
            self.connections.discard(writer)
            writer.close()

    async def answer(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        """Whether the connection is still of use."""
        if self.keep:
            self.bodies.append(body)
        text = "\n".join(message["content"] for message in body["messages"] if message["role"] != "system")
        self.asked[text] += 1
        fault = self.schedule(text, self.asked[text])
        if fault:
            self.made[fault] += 1
        await asyncio.sleep(self.delay)
        good = completion(self.reply(text))
        match fault:
            case None:
                await send(writer, 200, good)
                self.answered[text] += 1
            case "429" | "503":
                await send(writer, int(fault), {"error": {"message": "too many"}})
            case "429 seconds":
                await send(writer, 429, {"error": {"message": "too many"}}, {"Retry-After": f"{self.retry_after:g}"})
            case "429 date":
                after = {"Retry-After": formatdate(time.time() + self.retry_after, usegmt=True)}
                await send(writer, 429, {"error": {"message": "too many"}}, after)
            case "500":
                await send(writer, 500, {"error": {"message": "oops"}})
            case "hang":
                await asyncio.sleep(3600)
            case "drip":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
                while True:
                    writer.write(b" ")
                    await writer.drain()
                    await asyncio.sleep(0.02)
            case "truncated":
                await send(writer, 200, json.dumps(good)[:-40])
            case "html":
                await send(writer, 200, "<html>请先登录</html>", {"Content-Type": "text/html"})
            case "reset":
                return False
            case "no usage":
                await send(writer, 200, {name: value for name, value in good.items() if name != "usage"})
                self.answered[text] += 1
            case "no choices":
                await send(writer, 200, good | {"choices": []})
        return True


async def send(writer: asyncio.StreamWriter, status: int, body: object, headers: dict[str, str] | None = None) -> None:
    data = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(data))} | (headers or {})
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + data)
    await writer.drain()


@dataclass
class Running:
    """A fault server on its loop; ``down`` and ``up`` take it off the port and put it back."""

    server: FaultServer
    loop: asyncio.AbstractEventLoop
    listener: asyncio.Server | None = None

    def up(self) -> None:
        self._do(self._up())

    def down(self) -> None:
        self._do(self._down())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def _up(self) -> None:
        self.listener = await asyncio.start_server(
            self.server.serve, "127.0.0.1", self.server.port, limit=1 << 24, backlog=4096
        )
        self.server.port = self.listener.sockets[0].getsockname()[1]

    async def _down(self) -> None:
        assert self.listener
        self.listener.close()
        for writer in list(self.server.connections):
            writer.transport.abort()


@contextmanager
def running(server: FaultServer) -> Iterator[Running]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    made = Running(server, loop)
    made.up()
    try:
        yield made
    finally:
        made.down()
        asyncio.run_coroutine_threadsafe(_quiet(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _quiet() -> None:
    """Let no task outlive its loop."""
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
