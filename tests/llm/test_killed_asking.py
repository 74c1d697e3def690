"""Killed anywhere and run again: nothing received is asked for again, and two processes share one journal."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from stub_server import Answer, Stub, completion, serving

RECORDS = 40

JUDGE = """
import json, sys
from pathlib import Path
import polars as pl
from cqia.errors import ModelError
from cqia.judge.judges import JudgeSettings, judge_from
from cqia.schema import RECORD

folder, url = Path(sys.argv[1]), sys.argv[2]
rows = [{"id": f"r:{n}", "instruction": f"第{n}问", "input": "", "output": f"第{n}答"} for n in range(int(sys.argv[3]))]
journal = folder / "journal.sqlite"
settings = JudgeSettings(model="stub", base_url=url, journal=journal, in_flight=4, retries=1, key_env="RUN",
                         calls=int(sys.argv[4]))
try:
    print(json.dumps(judge_from(settings)(pl.DataFrame(rows, schema=RECORD)).rows()))
except ModelError as error:
    print(json.dumps([[error.message]]))
"""


def start(folder: Path, url: str, run: str, calls: int = 1000) -> subprocess.Popen[str]:
    """A process that judges; its requests carry ``run`` as their key."""
    command = [sys.executable, "-c", JUDGE, str(folder), url, str(RECORDS), str(calls)]
    environment = {**os.environ, "PYTHONWARNINGS": "error", "RUN": run}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def slowly(request: dict[str, object], _: int) -> Answer:
    time.sleep(0.03)
    return completion(json.dumps({"总分": 1 + len(str(request)) % 9, "总评": "可以"}))


def received(folder: Path) -> set[str]:
    """The records whose reply is on disk."""
    journal = folder / "journal.sqlite"
    if not journal.exists():
        return set()
    db = sqlite3.connect(journal, timeout=30)
    try:
        return {about for (about,) in db.execute("select about from replies")}
    except sqlite3.OperationalError:
        return set()  # not made yet
    finally:
        db.close()


def asked(stub: Stub, run: str) -> list[str]:
    """The records that a run asked about, as the server saw it."""
    mine = [
        body
        for body, headers in zip(stub.asked, stub.headers, strict=True)
        if headers["authorization"] == f"Bearer {run}"
    ]
    return ["r:" + body.split("第")[1].split("问")[0] for body in map(json_text, mine)]


def json_text(body: str) -> str:
    return str(json.loads(body)["messages"][1]["content"])


def finished(process: subprocess.Popen[str]) -> list[list[object]]:
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return list(json.loads(out))


def test_killed_and_run_again(tmp_path: Path) -> None:
    with serving(slowly) as stub:
        kept: set[str] = set()
        for killed_at in (1, 20):
            process = start(tmp_path, stub.url, f"kill{killed_at}")
            while len(received(tmp_path)) < killed_at:
                assert process.poll() is None
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            assert not kept & set(asked(stub, f"kill{killed_at}"))
            kept = received(tmp_path)
        rows = finished(start(tmp_path, stub.url, "whole"))
        again = finished(start(tmp_path, stub.url, "again"))
    assert len(kept) >= 20
    everything = [f"r:{n}" for n in range(RECORDS)]
    assert sorted(asked(stub, "whole")) == sorted(set(everything) - kept)  # exactly what had not been received, once
    assert asked(stub, "again") == []
    assert rows == again
    assert [row[0] for row in rows] == everything
    assert {row[1] for row in rows} == {"scored"}


def test_two_processes_share_a_journal(tmp_path: Path) -> None:
    with serving(slowly) as stub:
        both = [start(tmp_path, stub.url, "one"), start(tmp_path, stub.url, "other")]
        one, other = (finished(process) for process in both)
    assert one == other
    assert len(stub.asked) == RECORDS
    assert not set(asked(stub, "one")) & set(asked(stub, "other"))


def test_two_processes_share_a_budget(tmp_path: Path) -> None:
    with serving(slowly) as stub:
        both = [start(tmp_path, stub.url, run, calls=25) for run in ("one", "other")]
        said = [finished(process) for process in both]
    assert ["budget of 25 calls" in str(rows) for rows in said] == [True, True]
    assert len(stub.asked) == 25
    assert len(received(tmp_path)) == 25
