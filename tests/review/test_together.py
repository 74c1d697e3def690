"""Threads and processes that write into one SQLite file at the same time: written together, and each for itself."""

import errno
import fcntl
import os
import random
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from cqia.errors import WorkspaceError
from cqia.review import together
from cqia.review.database import connected
from cqia.review.refused import Refused

HERE = str(Path(__file__).parent)
PUT = text("INSERT INTO lanes (source, field) VALUES (:source, :field)")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "review.sqlite"


@pytest.fixture
def opened(path):
    database = connected(path)
    yield database
    database.close()


def put(database, name, spoil=None):
    """Write two rows; ``spoil`` is called with the transaction between them."""
    with database.writing() as db:
        db.execute(PUT, {"source": name, "field": "first"})
        if spoil is not None:
            spoil(db)
        db.execute(PUT, {"source": name, "field": "second"})
    return name


def there(database):
    """The names that have been written, each with both of its rows."""
    with database.reading() as db:
        rows = db.execute(text("SELECT source, count(*) FROM lanes GROUP BY source")).all()
    assert {count for _, count in rows} <= {2}
    return {name for name, _ in rows}


def together_with(database, *bodies):
    """Run bodies in threads that queue behind one that writes; what each returned or raised, in their order."""
    begun, go_on = threading.Event(), threading.Event()

    def wait(db):
        begun.set()
        assert go_on.wait(30)

    with ThreadPoolExecutor(len(bodies) + 1) as pool:
        first = pool.submit(put, database, "first of all", wait)
        assert begun.wait(30)
        rest = []
        for number, body in enumerate(bodies, 1):
            rest.append(pool.submit(body))
            while database.writer.__self__.waiting < number:
                time.sleep(0.001)
        go_on.set()
        return [future.exception(30) or future.result() for future in (first, *rest)]


def fail(db):
    raise ZeroDivisionError


def commits(database):
    counted = []
    event.listen(database.engine, "commit", counted.append)
    return counted


def test_those_who_wait_share_one_commit_and_one_that_fails_fails_alone(opened):
    counted = commits(opened)
    names = [f"n{number}" for number in range(10)]
    came = together_with(
        opened, *(lambda name=name: put(opened, name, fail if name == "n3" else None) for name in names)
    )
    assert isinstance(came[4], ZeroDivisionError)
    assert there(opened) == {"first of all", *names} - {"n3"} == {each for each in came if isinstance(each, str)}
    assert len(counted) == 1


def test_the_last_one_fails_and_the_others_are_committed(opened):
    came = together_with(opened, lambda: put(opened, "a"), lambda: put(opened, "b", fail))
    assert came[:2] == ["first of all", "a"]
    assert there(opened) == {"first of all", "a"}


def test_nobody_is_told_before_the_commit(opened):
    told = []
    seen = []
    event.listen(opened.engine, "commit", lambda _: seen.extend(told))

    def body(name):
        told.append(put(opened, name))

    together_with(opened, *(lambda name=name: body(name) for name in "abcde"))
    assert seen == []
    assert sorted(told) == list("abcde")


def test_a_commit_that_fails_fails_all_and_the_next_is_as_ever(opened):
    def full(_):
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    event.listen(opened.engine, "commit", full)
    came = together_with(opened, *(lambda name=name: put(opened, name) for name in "abc"))
    event.remove(opened.engine, "commit", full)
    assert all(isinstance(each, WorkspaceError) and "disk is full" in str(each) for each in came), came
    assert there(opened) == set()
    assert put(opened, "after") == "after"
    assert there(opened) == {"after"}


def test_a_transaction_that_is_gone_fails_all_who_were_in_it(opened):
    def lost(db):
        db.exec_driver_sql("ROLLBACK")  # as SQLite does by itself on a full disk
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    came = together_with(opened, lambda: put(opened, "a"), lambda: put(opened, "b", lost), lambda: put(opened, "c"))
    assert [type(each) for each in (came[0], came[2])] == [WorkspaceError] * 2
    assert there(opened) == {each for each in came if isinstance(each, str)}  # a and c may have come after
    assert put(opened, "after") in there(opened)


@pytest.mark.parametrize("seed", range(3))
def test_many_threads_of_which_some_fail(opened, seed):
    chance = random.Random(seed)
    jobs = [(f"n{number}", fail if chance.random() < 0.3 else None) for number in range(300)]

    def job(name, spoil):
        try:
            return put(opened, name, spoil)
        except ZeroDivisionError:
            return None

    counted = commits(opened)
    with ThreadPoolExecutor(16) as pool:
        acknowledged = set(pool.map(lambda each: job(*each), jobs)) - {None}
    assert there(opened) == acknowledged == {name for name, spoil in jobs if spoil is None}
    assert len(counted) < 300


WRITER = """
import random, sys, threading
from pathlib import Path
from sqlalchemy import text
from cqia.review.database import connected
sys.path.insert(0, sys.argv[3])
from test_together import fail, put

database = connected(Path(sys.argv[1]))
telling = threading.Lock()

def work(thread):
    number = 0
    while True:
        number += 1
        bad = random.random() < 0.2
        name = f"{sys.argv[2]}-{thread}-{number}{'-bad' * bad}"
        try:
            put(database, name, fail if bad else None)
        except ZeroDivisionError:
            continue
        with telling:
            print(name, flush=True)

for thread in range(8):
    threading.Thread(target=work, args=(thread,)).start()
"""


def writer(path, tag):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), tag, HERE], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([HERE, *sys.path])},
    )  # fmt: skip


def test_killed_at_any_moment_all_that_was_acknowledged_is_there_and_nothing_by_half(opened, path):
    acknowledged = set()
    for tag in range(6):
        processes = [writer(path, f"{tag}{letter}") for letter in "ab"]
        for process in processes:  # both get their turns
            acknowledged.add(process.stdout.readline().strip())
        time.sleep(random.uniform(0.0, 0.5))
        for process in processes:
            process.kill()
            said = process.communicate()[0]
            acknowledged.update(said.rpartition("\n")[0].splitlines())
    found = there(opened)
    assert acknowledged - {""} <= found
    assert not [name for name in found if name.endswith("-bad")]
    assert put(opened, "after") in there(opened)


def test_a_process_that_does_not_stop_writing_is_told_of(opened, path, monkeypatch):
    monkeypatch.setattr(together, "PATIENCE", 0.3)
    with path.with_name("review.sqlite-writing").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with ThreadPoolExecutor(4) as pool:
            begun = time.monotonic()
            waits = [pool.submit(put, opened, name) for name in "abcd"]
            said = [str(wait.exception(30)) for wait in waits]
            assert time.monotonic() - begun < 20  # all at once, and not one after the other
    assert all("has been busy" in each and "an update of the database" in each for each in said), said
    assert there(opened) == set()
    assert put(opened, "a") == "a"


def test_a_program_that_knows_nothing_of_our_files_is_waited_for_by_all_at_once(opened, path, monkeypatch):
    monkeypatch.setattr(together, "PATIENCE", 1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    with ThreadPoolExecutor(40) as pool:
        waits = [pool.submit(put, opened, f"n{number}") for number in range(40)]
        said = [str(wait.exception(60)) for wait in waits]
    assert time.monotonic() - begun < 20
    assert all("locked" in each for each in said), said
    assert opened.engine.pool.checkedout() == 0
    other.execute("ROLLBACK")
    other.close()
    assert put(opened, "after") in there(opened)
    with opened.writing() as db:
        assert db.exec_driver_sql("PRAGMA busy_timeout").scalar() == 1000


def test_one_who_is_refused_is_not_told_before_what_they_saw_is_stored(opened):
    def look():
        with opened.writing() as db:
            if db.execute(text("SELECT 1 FROM lanes")).scalar():
                raise Refused("name_taken", "It is there already.")

    def full(_):
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    event.listen(opened.engine, "commit", full)
    came = together_with(opened, look, lambda: put(opened, "a"))
    event.remove(opened.engine, "commit", full)
    assert all(isinstance(each, WorkspaceError) for each in came), came
    came = together_with(opened, look, lambda: put(opened, "a"))
    assert isinstance(came[1], Refused)
    assert there(opened) == {"first of all", "a"}


def broken_at(database, statement, error):
    """From now on a statement ends in an error."""

    def spoil(_connection, _cursor, said, *_rest):
        if said == statement:
            raise error

    event.listen(database.engine, "before_cursor_execute", spoil)
    return lambda: event.remove(database.engine, "before_cursor_execute", spoil)


def test_where_one_cannot_be_taken_back_the_others_are_not_told_what_was_said_to_them(opened):
    def refused(db):
        raise Refused("unknown", "for one person alone")

    mend = broken_at(opened, "ROLLBACK TO one", RuntimeError("no savepoint"))
    came = together_with(opened, lambda: put(opened, "a", refused))
    mend()
    assert all(isinstance(each, WorkspaceError) and "no savepoint" in str(each) for each in came), came
    assert there(opened) == set()
    assert put(opened, "after") in there(opened)


def test_an_interrupt_while_one_is_taken_back_is_not_swallowed(opened):
    mend = broken_at(opened, "ROLLBACK TO one", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        put(opened, "a", fail)
    mend()
    assert there(opened) == set()
    assert put(opened, "after") in there(opened)


def test_nobody_waits_for_ever_where_the_lock_cannot_be_let_go(opened):
    def lose(_):
        group = opened.writer.__self__.group
        os.close(group.lock)
        group.lock = -1

    first, *rest = together_with(opened, lambda: put(opened, "a"), lambda: put(opened, "b", lose))
    assert first == "first of all"
    # Whoever of the two came last has ended it, and that may be either: a lock knows no order.
    assert {type(each) for each in rest} == {str, OSError}
    assert there(opened) == {"first of all", "a", "b"}


def test_who_may_write_the_database_may_lock_the_files_beside_it(opened, path):
    path.chmod(0o664)
    put(opened, "a")
    for name in ("next", "writing"):
        beside = path.with_name(f"review.sqlite-{name}")
        assert stat.S_IMODE(beside.stat().st_mode) == 0o664
        assert (beside.stat().st_uid, beside.stat().st_gid) == (path.stat().st_uid, path.stat().st_gid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file away")
def test_what_root_writes_the_owner_of_the_database_can_write_afterwards(opened, path):
    os.chown(path, 65534, 65534)
    put(opened, "a")
    assert path.with_name("review.sqlite-writing").stat().st_uid == 65534


def test_a_disk_without_locks_is_told_of_and_no_file_stays_open(opened, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    put(opened, "before")
    were = len(list(Path("/proc/self/fd").iterdir()))
    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", no_locks)
        for _ in range(3):
            with pytest.raises(WorkspaceError, match="No locks available"):
                put(opened, "a")
    assert len(list(Path("/proc/self/fd").iterdir())) == were
    assert put(opened, "after") in there(opened)
