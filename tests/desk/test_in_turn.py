"""How many requests a process works at."""

import threading

import anyio
import pytest

from cqia.desk import in_turn as module
from cqia.desk.in_turn import AT_WORK, in_turn


def run_all(*bodies):
    """Call all of them in their turns; what each gives."""
    gave = {}

    async def one(number, body):
        gave[number] = await in_turn(body)

    async def together():
        async with anyio.create_task_group() as group:
            for number, body in enumerate(bodies):
                group.start_soon(one, number, body)

    anyio.run(together)
    return [gave[number] for number in range(len(bodies))]


def test_a_few_at_once_and_as_many_as_may(monkeypatch):
    monkeypatch.setattr(module, "LONGEST", 60)
    lock, at_work, most = threading.Lock(), set(), []
    all_there = threading.Barrier(AT_WORK)  # else fewer than may be were at work

    def body(number):
        with lock:
            at_work.add(number)
            most.append(len(at_work))
        all_there.wait(30)
        with lock:
            at_work.remove(number)
        return number

    count = 8 * AT_WORK
    assert run_all(*(lambda number=number: body(number) for number in range(count))) == list(range(count))
    assert max(most) == AT_WORK


def test_who_came_first_is_answered_first(monkeypatch):
    monkeypatch.setattr(module, "LONGEST", 60)
    monkeypatch.setattr(module, "AT_WORK", 1)
    began = []
    run_all(*(lambda number=number: began.append(number) for number in range(30)))
    assert began == list(range(30))


def test_nobody_waits_long_for_those_who_wait_themselves(monkeypatch):
    monkeypatch.setattr(module, "LONGEST", 0.05)
    unlocked = threading.Event()
    blocked = [lambda: unlocked.wait(30)] * AT_WORK
    assert run_all(*blocked, unlocked.set) == [True] * AT_WORK + [None]


def test_a_place_is_given_back_by_a_fault_and_by_whoever_goes_while_waiting(monkeypatch):
    monkeypatch.setattr(module, "LONGEST", 60)
    unlocked = threading.Event()

    def broken():
        raise ZeroDivisionError

    async def all_of_it():
        for _ in range(AT_WORK + 1):
            with pytest.raises(ZeroDivisionError):
                await in_turn(broken)
        async with anyio.create_task_group() as group:
            for _ in range(AT_WORK):
                group.start_soon(in_turn, lambda: unlocked.wait(30))
            await anyio.sleep(0.05)
            for _ in range(AT_WORK + 1):
                with anyio.move_on_after(0.01) as gone:
                    await in_turn(lambda: None)
                assert gone.cancelled_caught
            unlocked.set()
        with anyio.fail_after(30):
            return [await in_turn(lambda: "answered") for _ in range(AT_WORK + 1)]

    assert anyio.run(all_of_it) == ["answered"] * (AT_WORK + 1)
