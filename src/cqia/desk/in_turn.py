"""How many requests one process works at: a few, in the order in which they came.

A Python process uses one core. Twenty threads in it that each ask the database ten times take the core from one another
after every answer, and whoever has asked most waits longest. Where two work and the others wait for their turn, each
takes a shorter time, and all take about the same (docs/review.md has the figures).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, move_on_after
from anyio.lowlevel import RunVar
from starlette.concurrency import run_in_threadpool

T = TypeVar("T")
AT_WORK = 2  # one computes while the other waits for the database
#: Seconds that a request waits for its turn at most, then it is worked at all the same. On a busy machine few wait as
#: long; where those at work wait themselves, for a database far away or for a lock that an import holds, all others do.
LONGEST = 0.2

_WORKING: RunVar[CapacityLimiter] = RunVar("requests at work")


async def in_turn(answer: Callable[[], T]) -> T:
    """Call a function in a thread when its turn has come."""
    working = _WORKING.get(None)
    if working is None:  # the first request of this event loop
        working = CapacityLimiter(AT_WORK)
        _WORKING.set(working)
    me = object()
    with move_on_after(LONGEST) as waiting:
        await working.acquire_on_behalf_of(me)
    try:
        return await run_in_threadpool(answer)
    finally:
        if not waiting.cancelled_caught:
            working.release_on_behalf_of(me)
