from __future__ import annotations

import asyncio
import logging
import time

import pytest

from cqia.errors import ModelError
from cqia.llm.gate import Gate
from cqia.llm.send import Trouble


def gate(*found: Trouble | None, wait: float = 60.0, in_flight: int = 2) -> Gate:
    """A gate whose scout finds these things, one after the other."""
    answers = iter(found)

    async def scout() -> Trouble | None:
        return next(answers)

    return Gate("http://there/v1", wait, in_flight, scout)


def test_a_suspicion_that_is_not_true_is_not_spoken_of(caplog: pytest.LogCaptureFixture) -> None:
    closed = gate(None)
    closed.failed("a", "500")
    assert not closed.suspicion  # one question alone is its own fault
    closed.failed("b", "500")
    assert closed.suspicion
    asyncio.run(closed.turn())
    assert not closed.suspicion
    assert not caplog.records


def test_many_wait_and_one_looks(caplog: pytest.LogCaptureFixture) -> None:
    closed = gate(Trouble("away", "refused"), Trouble("away", "refused"), None)
    for _ in range(3):
        closed.unreachable("refused")

    async def all_() -> None:
        await asyncio.gather(*(closed.turn() for _ in range(50)))

    with caplog.at_level(logging.WARNING, "cqia"):
        asyncio.run(all_())  # a second and two; more looks would end in StopIteration
    assert [word in r.getMessage() for word, r in zip(("waiting", "is back"), caplog.records, strict=True)] == [
        True
    ] * 2


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (Trouble("stop", "401", error=ModelError("refuses the key")), "refuses the key"),
        (Trouble("refused", "400"), "refuses every question"),
        (Trouble("busy", "429", pause=1000.0), "asks for a pause of 1,000 s"),
    ],
)
def test_what_waiting_does_not_mend_stops_the_run(found: Trouble, message: str) -> None:
    closed = gate(found)
    for _ in range(20):
        closed.rejected("400")
    with pytest.raises(ModelError, match=message):
        asyncio.run(closed.turn())
    with pytest.raises(ModelError, match=message):  # and stays so
        asyncio.run(closed.turn())


def test_a_pause_is_kept_and_the_longest_counts() -> None:
    open_ = gate()
    open_.busy(0.3, "429")
    open_.busy(0.1, "429")
    start = time.monotonic()
    asyncio.run(open_.turn())
    assert 0.3 <= time.monotonic() - start < 5


def test_a_reply_ends_every_suspicion() -> None:
    closed = gate()
    closed.failed("a", "500")
    closed.answered()
    closed.failed("b", "500")
    closed.unreachable("x")
    closed.unreachable("x")
    closed.answered()
    closed.unreachable("x")
    asyncio.run(closed.turn())  # nothing to look at
