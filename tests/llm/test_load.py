"""Everything at once: faults of every kind, outages, SIGKILLs, a budget; then the accounts of both sides are compared.

The ordinary tests judge a few hundred records with two kills; ``make judge-load`` 20,000 with ten.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cqia.llm.spend import spend
from fault_server import FAULTS, Fault, FaultServer, running

LARGE = os.environ.get("CQIA_JUDGE_LOAD") == "1"
RECORDS, KILLS, IN_FLIGHT = (20_000, 10, 64) if LARGE else (400, 2, 16)
FAULTY = 20  # one request in so many
DELAY = 0.05  # seconds

#: Faults after which the server may have done the work: the client charges them.
CHARGED = {"500", "hang", "drip", "truncated", "html", "reset", "no usage", "no choices"}

JUDGE = """
import json, sys
from pathlib import Path
import polars as pl
from cqia.errors import ModelError
from cqia.judge.judges import JudgeSettings, judge_from
from cqia.schema import RECORD

folder, url, number, in_flight, calls = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])
rows = [{"id": f"r:{n}", "instruction": f"第{n}问", "input": "", "output": f"第{n}答"} for n in range(number)]
settings = JudgeSettings(model="stub", base_url=url, journal=folder / "journal.sqlite", in_flight=in_flight,
                         timeout=2.0, calls=calls)
try:
    print(json.dumps(judge_from(settings)(pl.DataFrame(rows, schema=RECORD)).rows()))
except ModelError as error:
    print(json.dumps(str(error)))
"""


def number_of(text: str) -> int:
    found = re.search(r"第(\d+)问", text)
    assert found
    return int(found[1])


def outcome_of(number: int) -> tuple[str, float | None]:
    """What becomes of a record: one in forty is not answered, not read, or not decided."""
    if number % 40 in (1, 2):
        return "failed", None
    return ("abstained", None) if number % 40 == 3 else ("scored", 1.0 + number % 19 / 2)


def reply(text: str) -> str:
    if text == "你好":  # the client looks whether we are there
        return "你好！"
    number = number_of(text)
    outcome, score = outcome_of(number)
    return "说不好，七到八分吧" if outcome == "failed" else json.dumps({"总分": score})


def schedule(text: str, seen: int) -> Fault | None:
    if text != "你好" and number_of(text) % 40 == 1:
        return "500"  # for ever
    lot = int.from_bytes(hashlib.sha256(f"{text}{seen}".encode()).digest()[:8], "big")
    return FAULTS[lot // FAULTY % len(FAULTS)] if lot % FAULTY == 0 else None


def start(folder: Path, url: str, calls: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", JUDGE, str(folder), url, *map(str, (RECORDS, IN_FLIGHT, calls))]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def held(journal: Path) -> int:
    """Questions that were under way, by the journal of a process that is dead."""
    db = sqlite3.connect(journal)
    try:
        return int(db.execute("select count(*) from claims").fetchone()[0])
    finally:
        db.close()


def charged(server: FaultServer) -> int:
    """Calls that the server has worked on, or may have, as far as the client can know."""
    return server.answered.total() + sum(n for fault, n in server.made.items() if fault in CHARGED - {"no usage"})


@pytest.mark.timeout(3600 if LARGE else 240)
def test_nothing_is_lost_nothing_is_paid_twice_and_the_budget_holds(tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite"
    server = FaultServer(reply, schedule, delay=DELAY, retry_after=0.2, keep=False)
    tight, ample = RECORDS // 4, RECORDS * 3
    in_flight_at_kills = 0
    with running(server) as power:
        out, _ = start(tmp_path, server.url, tight).communicate(timeout=1800)
        assert f"the budget of {tight:,} calls allows no further call" in json.loads(out)
        assert charged(server) <= spend(journal).calls <= tight
        for kill in range(KILLS):
            process = start(tmp_path, server.url, ample)
            aim = RECORDS // 4 + (kill + 1) * RECORDS // 2 // (KILLS + 1)
            while server.answered.total() < aim:
                assert process.poll() is None, process.communicate()
                time.sleep(0.005)
            if kill % 3 == 1:  # refused connections, too
                power.down()
                time.sleep(1.5)
                power.up()
                time.sleep(1.0)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            in_flight_at_kills += held(journal)
        out, _ = start(tmp_path, server.url, ample).communicate(timeout=3000)
        rows = json.loads(out)
        before = server.asked.copy()
        again, _ = start(tmp_path, server.url, ample).communicate(timeout=3000)
    assert in_flight_at_kills > 0
    # Each record has ended, exactly once, as it should.
    assert [row[0] for row in rows] == [f"r:{n}" for n in range(RECORDS)]
    assert {n: (row[1], row[2]) for n, row in enumerate(rows)} == {n: outcome_of(n) for n in range(RECORDS)}
    # Asked again is only what was under way when the process was killed.
    repeats = sum(times - 1 for text, times in server.answered.items() if text != "你好")
    assert repeats <= in_flight_at_kills
    # A run over what is done asks only what has failed for want of a reply, and comes to the same.
    lacking = set(range(1, RECORDS, 40))
    repeated = json.loads(again)
    assert [row[:3] for row in repeated] == [row[:3] for row in rows]
    assert [row for n, row in enumerate(repeated) if n not in lacking] == [
        row for n, row in enumerate(rows) if n not in lacking
    ]
    assert {number_of(text) for text in server.asked - before if text != "你好"} == lacking
    # Both sides' accounts: no call is missing from ours, and they are within the budget.
    total = spend(journal)
    assert charged(server) <= total.calls <= ample
    print(
        f"{RECORDS} records, {server.asked.total()} requests, {server.made.total()} faults {dict(server.made)}, "
        f"{KILLS} kills with {in_flight_at_kills} under way, {repeats} repeats, {total}"
    )
