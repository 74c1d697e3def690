from __future__ import annotations

import multiprocessing
import os
import sqlite3
import time
from pathlib import Path

import pytest

from cqia.errors import WorkspaceError
from cqia.llm.ask import Ask, Model, Reply
from cqia.llm.journal import Journal

MODEL = Model(name="m")
ASK = Ask("r", "judge/general", [{"role": "user", "content": "题"}])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work" / "journal.sqlite"


def test_claim_record_read(path: Path) -> None:
    with Journal(path, lease=60) as journal:
        assert journal.claim(ASK, MODEL) == "yours"
        assert journal.claim(ASK, MODEL) == "taken"
        assert journal.record(ASK, MODEL, Reply("好", "m-1", "stop", 3, 4)) == Reply("好", "m-1", "stop", 3, 4)
        assert journal.claim(ASK, MODEL) == Reply("好", "m-1", "stop", 3, 4)
    with Journal(path, lease=60) as journal:
        assert journal.claim(ASK, MODEL) == Reply("好", "m-1", "stop", 3, 4)


def test_an_empty_reply_is_a_reply(path: Path) -> None:
    with Journal(path, lease=60) as journal:
        journal.claim(ASK, MODEL)
        journal.record(ASK, MODEL, Reply(""))
        assert journal.claim(ASK, MODEL) == Reply("")


def test_a_released_claim_is_free(path: Path) -> None:
    with Journal(path, lease=60) as journal:
        journal.claim(ASK, MODEL)
        journal.release(ASK, MODEL)
        assert journal.claim(ASK, MODEL) == "yours"


def test_releasing_loses_no_reply(path: Path) -> None:
    with Journal(path, lease=60) as journal:
        journal.claim(ASK, MODEL)
        journal.record(ASK, MODEL, Reply("好"))
        journal.release(ASK, MODEL)
        assert journal.claim(ASK, MODEL) == Reply("好")


def test_the_first_reply_stays(path: Path) -> None:
    with Journal(path, lease=60) as journal:
        journal.claim(ASK, MODEL)
        journal.record(ASK, MODEL, Reply("先"))
        assert journal.record(ASK, MODEL, Reply("后")) == Reply("先")


def test_a_reply_without_its_claim_is_kept_all_the_same(path: Path) -> None:
    with Journal(path, lease=60) as journal:
        journal.record(ASK, MODEL, Reply("好"))
        assert journal.claim(ASK, MODEL) == Reply("好")


def _claim_and_die(path: Path) -> None:
    Journal(path, lease=600).claim(ASK, MODEL)
    os._exit(1)


def test_the_claim_of_a_dead_process_is_free_at_once(path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_claim_and_die, args=[path])
    process.start()
    process.join()
    with Journal(path, lease=600) as journal:
        assert journal.claim(ASK, MODEL) == "yours"


@pytest.mark.parametrize(
    ("owner", "age", "expected"),
    [
        ("elsewhere|1|token", 10.0, "taken"),  # another machine's, fresh
        ("elsewhere|1|token", 700.0, "yours"),  # another machine's, older than the lease
        (f"{os.uname().nodename}|{os.getpid()}|before", 10.0, "yours"),  # an earlier process with our number
        (f"{os.uname().nodename}|{os.getppid()}|token", 10.0, "taken"),  # lives
    ],
    ids=["elsewhere, fresh", "elsewhere, past the lease", "our number before", "alive"],  # the same in every process
)
def test_whose_claim_holds(path: Path, owner: str, age: float, expected: str) -> None:
    with Journal(path, lease=600) as journal:
        journal.claim(ASK, MODEL)
        journal.db.execute("update asks set owner = ?, claimed = ?", [owner, time.time() - age])
        assert journal.claim(ASK, MODEL) == expected


def test_it_is_durable(path: Path) -> None:
    with Journal(path, lease=60) as journal:
        assert journal.db.execute("pragma journal_mode").fetchone() == ("wal",)
        assert journal.db.execute("pragma synchronous").fetchone() == (2,)  # full


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.sqlite"
    text.write_text("not a database, and long enough to be taken for one " * 20)
    later = tmp_path / "later.sqlite"
    db = sqlite3.connect(later)
    db.execute("pragma user_version = 99")
    db.close()
    for path in (text, later, tmp_path):
        with pytest.raises(WorkspaceError, match=str(path)):
            Journal(path, lease=60)


def test_the_key_covers_every_part_of_the_question() -> None:
    keys = {
        ASK.key(MODEL),
        ASK.key(Model(name="n")),
        ASK.key(Model(name="m", revision="2")),
        ASK.key(Model(name="m", max_tokens=3)),
        Ask("r", "judge/exam", ASK.messages).key(MODEL),
        Ask("r", "judge/general", ASK.messages, attempt=2).key(MODEL),
        Ask("r", "judge/general", [{"role": "system", "content": "题"}]).key(MODEL),
        Ask("r", "judge/general", [{"role": "user", "content": "题"}] * 2).key(MODEL),
    }
    assert len(keys) == 8
    assert Ask("other", "judge/general", ASK.messages).key(MODEL) == ASK.key(MODEL)
    assert ASK.key(Model(name="m", base_url="http://127.0.0.1/v1", in_flight=1, retries=0)) == ASK.key(MODEL)
