"""How threads and processes write into one SQLite file: those who wait are written together.

Most of a small transaction is waiting for the disk. So a thread that finds others behind it leaves its transaction open
for them: each writes alone, within a savepoint of its own, and the last one commits for all. Nobody returns before
that, whether they wrote or were refused: a refusal may rest on what another one has written. Processes write one after
the other, by two files beside the database.
"""

from __future__ import annotations

import fcntl
import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from cqia.engine.files import explained
from cqia.errors import WorkspaceError
from cqia.review.unusable import unusable

PATIENCE = 30  # seconds to wait for another process that is writing
NAP = 0.001  # seconds between two looks whether it has ended


class _Group:
    """A transaction of several threads: whether it has ``ended``, and then whether it was ``committed``.

    ``error``: why it cannot be, or was not. ``lock``: the file that keeps other processes out.
    """

    def __init__(self, db: Connection, lock: int) -> None:
        self.db = db
        self.lock = lock
        self.error: BaseException | None = None
        self.committed = False
        self.ended = threading.Event()


class Together:
    """The writers of one process."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self.engine = engine
        self.path = path
        self.pen = threading.Lock()  # whoever holds it writes, or commits
        self.group: _Group | None = None  # that the next one joins
        self.waiting = 0
        self.counting = threading.Lock()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it is on disk when this ends, or none.

        Raises:
            WorkspaceError: another process does not stop writing, or the transaction failed. DBAPIError: likewise.
        """
        until = time.monotonic() + PATIENCE
        raised: Exception | None = None
        with self._holding_the_pen():
            group = self.group = self.group or self._begun(until)
            try:
                group.db.exec_driver_sql("SAVEPOINT one")
                yield group.db
                group.db.exec_driver_sql("RELEASE one")
            except Exception as error:  # noqa: BLE001 - it is raised below
                _take_back(group, error)
                raised = error
            except BaseException as error:  # somebody ends the program: they are not kept waiting
                _take_back(group, error)
                raise
            finally:
                if group.error is not None or not self.waiting:
                    self._end(group)
        group.ended.wait()
        if not group.committed:
            raise unusable(str(self.path), group.error) from group.error
        if raised is not None:
            raise raised

    @contextmanager
    def _holding_the_pen(self) -> Iterator[None]:
        with self.counting:
            self.waiting += 1
        try:
            self.pen.acquire()
        finally:
            with self.counting:
                self.waiting -= 1
        try:
            yield
        finally:
            self.pen.release()

    def _begun(self, until: float) -> _Group:
        # Whoever comes next waits alone: else a process that writes without a pause would be let in every time.
        following = self._locked("next", until)
        try:
            lock = self._locked("writing", until)
        finally:
            os.close(following)
        with ExitStack() as failing:
            failing.callback(os.close, lock)
            db = self.engine.connect()
            failing.callback(db.close)
            failing.callback(db.invalidate)
            # Others than ours may hold SQLite's own lock, a backup for instance: for them we wait no longer either.
            left = max(0.0, until - time.monotonic())
            db.exec_driver_sql(f"PRAGMA busy_timeout={int(left * 1000)}")
            db.exec_driver_sql("BEGIN IMMEDIATE")
            db.exec_driver_sql(f"PRAGMA busy_timeout={int(PATIENCE * 1000)}")
            failing.pop_all()
        return _Group(db, lock)

    def _end(self, group: _Group) -> None:
        self.group = None
        with ExitStack() as after:  # all of these, whatever becomes of one; those who wait are told last
            after.callback(group.ended.set)
            after.callback(os.close, group.lock)
            after.callback(group.db.close)
            try:
                if group.error is None:
                    group.db.commit()
                    group.committed = True
            except BaseException as error:
                group.error = error
                raise
            finally:
                if not group.committed:
                    group.db.invalidate()  # whatever state it is in, nobody uses it again

    def _locked(self, name: str, until: float) -> int:
        """A lock on a file beside the database, which goes when it is closed; also by a process that dies."""
        path = self.path.with_name(f"{self.path.name}-{name}")
        try:
            with ExitStack() as failing, explained(path):
                file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                failing.callback(os.close, file)
                _make_like(file, self.path)
                while True:
                    with suppress(BlockingIOError):
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        failing.pop_all()
                        return file
                    if time.monotonic() > until:
                        hint = "Wait for an update of the database to end, or end a process that was suspended."
                        what = f"{self.path} has been busy for {PATIENCE} s; nothing of this change was stored."
                        raise WorkspaceError(what, hint)
                    time.sleep(NAP)
        except OSError as error:
            raise unusable(str(path), error) from error


def _take_back(group: _Group, error: BaseException) -> None:
    """Undo what one has written. Where SQLite has dropped the whole transaction (a full disk), it fails for all."""
    try:
        group.db.exec_driver_sql("ROLLBACK TO one")
        group.db.exec_driver_sql("RELEASE one")
    except BaseException as failed:  # whatever it is, half of what one wrote must not be committed
        # What the database said first says more than that there is no savepoint; what a body said is for its own.
        group.error = error if isinstance(error, DBAPIError) else failed
        if not isinstance(failed, Exception):
            raise


def _make_like(file: int, database: Path) -> None:
    """Whoever may write the database may lock the file: it has the same mode, and the same owner if we may."""
    with suppress(OSError):
        mine, wanted = os.fstat(file), database.stat()
        if stat.S_IMODE(mine.st_mode) != stat.S_IMODE(wanted.st_mode):
            os.fchmod(file, stat.S_IMODE(wanted.st_mode))
        if (mine.st_uid, mine.st_gid) != (wanted.st_uid, wanted.st_gid):
            os.fchown(file, wanted.st_uid, wanted.st_gid)
