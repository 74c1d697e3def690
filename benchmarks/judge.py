"""The judge's client beside a bare loop of the openai client, on this machine and in one run.

    python benchmarks/judge.py [--calls 20000] [--flat 100000] [--replayed 1000000]

A server in a process of its own answers after 200 ms. 256 requests are in flight. Printed are: calls a second of both
(the bare loop keeps nothing; ours claims, records, syncs the disk and reads a verdict), their ratio, the processor time
of this process for a call; the memory after each tenth of many calls; and the time that replies in the journal take to
become verdicts again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import polars as pl

from cqia.judge.model import ModelJudge, Served
from cqia.judge.rubric import CRITERIA, load, messages
from cqia.llm.ask import Model
from cqia.schema import RECORD

SECONDS = 0.2
IN_FLIGHT = 256
REASONS = dict.fromkeys(CRITERIA, "这一条写了理由，说得还算清楚，也举了例子。")
TEXT = json.dumps({"理由": REASONS, "标记": [], "总评": "可以", "总分": 8.5}, ensure_ascii=False)
REPLY = json.dumps(
    {"id": "x", "object": "chat.completion", "created": 0, "model": "bench",
     "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
     "usage": {"prompt_tokens": 900, "completion_tokens": 120, "total_tokens": 1020}}
).encode()  # fmt: skip
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(REPLY) + REPLY


class Slow(asyncio.Protocol):
    """Answers each request after ``SECONDS``, whatever it says."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if end and len(body) >= int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]):
            self.buffer = b""
            asyncio.get_running_loop().call_later(SECONDS, self.transport.write, ANSWER)


def serve(port: Connection) -> None:
    """A server on a free port, which it tells."""

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Slow, "127.0.0.1", 0, backlog=4096)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=[there], daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}/v1"
    finally:
        process.kill()
        process.join()


def records(first: int, number: int) -> pl.DataFrame:
    """Records that are not alike, of some 200 characters."""
    said = "放在阴凉干燥处。" * 20
    rows = [
        {"id": f"r:{n}", "instruction": f"第{n}个问题：怎样存米？", "input": "", "output": f"第{n}种办法是{said}"}
        for n in range(first, first + number)
    ]
    return pl.DataFrame(rows, schema=RECORD)


def bare(url: str, calls: int) -> None:
    """The loop that one writes first: a semaphore, a client, gather."""
    from openai import AsyncOpenAI

    rubric = load("forum")

    async def all_() -> None:
        gate = asyncio.Semaphore(IN_FLIGHT)
        async with AsyncOpenAI(base_url=url, api_key="none", timeout=60) as client:

            async def one(row: dict[str, object]) -> str:
                asked: Any = messages(rubric, row)
                async with gate:
                    done = await client.chat.completions.create(
                        model="bench",
                        messages=asked,
                        temperature=0,
                        max_tokens=1024,
                    )
                    return done.choices[0].message.content or ""

            await asyncio.gather(*(one(row) for row in records(0, calls).iter_rows(named=True)))

    asyncio.run(all_())


def judge_at(url: str, journal: Path) -> ModelJudge:
    """The judge, as a project would have it."""
    model = Model(name="bench", base_url=url, in_flight=IN_FLIGHT, timeout=60)
    return ModelJudge(Served(model, journal), load("forum"))


def timed(name: str, calls: int, work: object) -> float:
    """Run it; print and return calls a second."""
    assert callable(work)
    start, cpu = time.perf_counter(), time.process_time()
    work()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(
        f"{name:<10} {calls / seconds:8.0f} calls/s   {1e3 * cpu / calls:6.2f} ms of processor time a call", flush=True
    )
    return calls / seconds


def resident() -> int:
    """Memory of this process now, in MiB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() >> 20


def flat(url: str, folder: Path, calls: int) -> None:
    """Many calls, shard by shard, and the memory after each tenth."""
    judge = judge_at(url, folder / "flat.sqlite")
    for tenth in range(10):
        judge(records(tenth * calls // 10, calls // 10))
        print(f"after {(tenth + 1) * calls // 10:>8} calls: {resident()} MiB", flush=True)


def replayed(folder: Path, number: int, frame: int = 20_000) -> None:
    """Replies that are in the journal become verdicts; no server is there."""
    judge = judge_at("http://127.0.0.1:9/v1", folder / "replay.sqlite")
    judge(records(0, 0))  # makes the journal
    db = sqlite3.connect(folder / "replay.sqlite")
    for first in range(0, number, frame):
        rows = [(judge.ask(row).key(judge.voice.model), row["id"], TEXT)  # type: ignore[attr-defined]
                for row in records(first, frame).iter_rows(named=True)]  # fmt: skip
        with db:
            db.executemany("insert into replies (key, about, purpose, attempt, model, revision, received, reply)"
                           " values (?, ?, 'judge/forum', 1, 'bench', '', 0.0, ?)", rows)  # fmt: skip
    db.close()
    seconds = cpu = 0.0
    for first in range(0, number, frame):
        frames = records(first, frame)
        start, began = time.perf_counter(), time.process_time()
        verdicts = judge(frames)
        seconds, cpu = seconds + time.perf_counter() - start, cpu + time.process_time() - began
        assert verdicts["outcome"].eq("scored").all()
    print(f"{number} replies from the journal to verdicts: {seconds:.1f} s, {cpu:.1f} s of processor time")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--flat", type=int, default=100_000)
    parser.add_argument("--replayed", type=int, default=1_000_000)
    chosen = parser.parse_args()
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]  # the server is on this machine
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with serving() as url:
            if chosen.calls:
                bare(url, 1000)  # imports and first connections
                judge = judge_at(url, folder / "journal.sqlite")
                # In turns, so that what else the machine does meets both.
                rates: dict[str, list[float]] = {"bare": [], "cqia": []}
                for turn in range(4):
                    part = chosen.calls // 4
                    rates["bare"].append(timed("bare", part, lambda part=part: bare(url, part)))
                    frame = records(turn * part, part)
                    rates["cqia"].append(timed("cqia", part, lambda frame=frame: judge(frame)))
                print(f"ratio      {sum(rates['cqia']) / sum(rates['bare']):8.2f}", flush=True)
            if chosen.flat:
                flat(url, folder, chosen.flat)
        if chosen.replayed:
            replayed(folder, chosen.replayed)


if __name__ == "__main__":
    main()
