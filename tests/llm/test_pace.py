from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from cqia.llm.ask import Model
from cqia.llm.pace import Pace
from fault_server import FaultServer, running
from test_client import ask, ask_all


def times(pace: Pace, tokens: int, number: int) -> list[float]:
    """When each of ``number`` requests may go, in seconds from now."""
    gone: list[float] = []
    start = time.monotonic()

    async def one() -> None:
        await pace.turn(tokens)
        gone.append(time.monotonic())

    async def all_() -> None:
        await asyncio.gather(*(one() for _ in range(number)))

    asyncio.run(all_())
    return [each - start for each in gone]


@pytest.mark.parametrize(
    ("pace", "seconds"),
    [
        (Pace(), 0.0),
        (Pace(requests=600), 0.1),
        (Pace(tokens=60_000), 0.1),  # of 100 tokens each
        (Pace(requests=6000, tokens=60_000), 0.1),  # the narrower counts
        (Pace(requests=600, tokens=600_000), 0.1),
    ],
)
def test_requests_are_spread_evenly(pace: Pace, seconds: float) -> None:
    gone = times(pace, 100, 8)
    assert all(at >= number * seconds for number, at in enumerate(gone))


def test_tokens_that_were_not_used_are_given_back() -> None:
    pace = Pace(tokens=6000)  # a hundred tokens a second

    async def two() -> float:
        await pace.turn(1000)
        pace.correct(1000, 20)
        start = time.monotonic()
        await pace.turn(1000)
        return time.monotonic() - start

    assert 0.1 < asyncio.run(two()) < 5


def test_the_client_keeps_the_limit(tmp_path: Path) -> None:
    server = FaultServer(lambda text: "好")
    with running(server):
        model = Model(name="x", base_url=server.url, requests_per_minute=1200, in_flight=8)
        start = time.monotonic()
        ask_all(model, tmp_path / "j.sqlite", [ask(str(n)) for n in range(21)])
    assert time.monotonic() - start >= 1.0  # 20 spaces of a twentieth of a second


def test_the_client_gives_back_tokens_that_a_reply_did_not_take(tmp_path: Path) -> None:
    server = FaultServer(lambda text: "好")  # 18 tokens, where 1,024 and the question are set aside
    with running(server):
        model = Model(name="x", base_url=server.url, tokens_per_minute=12_000, in_flight=1)
        start = time.monotonic()
        ask_all(model, tmp_path / "j.sqlite", [ask(str(n)) for n in range(4)])
    assert time.monotonic() - start < 10  # 15 seconds, were they not given back
