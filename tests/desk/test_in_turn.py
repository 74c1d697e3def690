"""How many requests a process works at."""

import threading
import time

import anyio
import pytest

from cqia.desk import in_turn as module
from cqia.desk.in_turn import AT_WORK, in_turn


def run_all(*bodies):
    """Call all of them in their turns; what each gives, in the order in which they began."""
    gave = {}

    async def one(number, body):
        gave[number] = await in_turn(body)

    async def together():
        async with anyio.create_task_group() as group:
            for number, body in enumerate(bodies):
                group.start_soon(one, number, body)

    anyio.run(together)
    return [gave[number] for number in range(len(bodies))]


def test_a_few_at_once_in_the_order_in_which_they_came():
    lock, at_work, most, began = threading.Lock(), set(), [], []

    def body(number):
        with lock:
            at_work.add(number)
            most.append(len(at_work))
            began.append(number)
        time.sleep(0.01)
        with lock:
            at_work.remove(number)
        return number

    assert run_all(*(lambda number=number: body(number) for number in range(30))) == list(range(30))
    assert max(most) == AT_WORK
    assert all(abs(place - number) < AT_WORK for place, number in enumerate(began))


def test_nobody_waits_long_for_those_who_wait_themselves(monkeypatch):
    monkeypatch.setattr(module, "LONGEST", 0.05)
    unlocked = threading.Event()
    blocked = [lambda: unlocked.wait(30)] * AT_WORK
    assert run_all(*blocked, unlocked.set) == [True] * AT_WORK + [None]


def test_after_a_fault_the_next_has_its_turn():
    def broken():
        raise ZeroDivisionError

    async def one_after_the_other():
        for _ in range(AT_WORK + 1):
            with pytest.raises(ZeroDivisionError):
                await in_turn(broken)
        with anyio.fail_after(module.LONGEST / 2):
            return await in_turn(lambda: "answered")

    assert anyio.run(one_after_the_other) == "answered"
