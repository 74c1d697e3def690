"""How threads and processes write into one SQLite file: those who wait are written together.

Most of a small transaction is waiting for the disk. So a thread that finds others behind it leaves its transaction open
for them: each writes in its turn, within a savepoint of its own, and the last one commits for all. Nobody returns
before that. Processes take turns at two files beside the database.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from cqia.engine.files import explained
from cqia.errors import WorkspaceError

PATIENCE = 30  # seconds to wait for another process that is writing
NAP = 0.001  # seconds between two looks whether it has ended


def unusable(shown: str, error: BaseException | None) -> WorkspaceError:
    """What to tell of a database that failed."""
    said = str(error.orig if isinstance(error, DBAPIError) else error).strip() or type(error).__name__
    what = said.splitlines()[0]
    hint = "Nothing of this change was stored; mend what is said here and try again."
    return WorkspaceError(f"{shown} cannot be used: {what}.", hint)


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
        self.turn = threading.Lock()  # of the thread that writes, or commits
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
        with self._turn():
            group = self.group = self.group or self._begun(until)
            try:
                group.db.exec_driver_sql("SAVEPOINT one")
                yield group.db
                group.db.exec_driver_sql("RELEASE one")
            except BaseException as error:
                _take_back(group, error)
                raise
            finally:
                if group.error is not None or not self.waiting:
                    self._end(group)
        group.ended.wait()
        if not group.committed:
            raise unusable(str(self.path), group.error) from group.error

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self.counting:
            self.waiting += 1
        try:
            self.turn.acquire()
        finally:
            with self.counting:
                self.waiting -= 1
        try:
            yield
        finally:
            self.turn.release()

    def _begun(self, until: float) -> _Group:
        # Whoever comes next waits for its turn alone: else a process that writes without a pause would get every turn.
        following = _locked(self.path.with_name(f"{self.path.name}-next"), until)
        try:
            lock = _locked(self.path.with_name(f"{self.path.name}-turn"), until)
        finally:
            os.close(following)
        try:
            db = self.engine.connect()
            db.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            os.close(lock)
            raise
        return _Group(db, lock)

    def _end(self, group: _Group) -> None:
        self.group = None
        try:
            if group.error is None:
                group.db.commit()
                group.committed = True
        except BaseException as error:
            group.error = error
            raise
        finally:
            try:
                if not group.committed:
                    group.db.invalidate()  # whatever state it is in, nobody uses it again
                group.db.close()
            finally:
                os.close(group.lock)
                group.ended.set()


def _take_back(group: _Group, error: BaseException) -> None:
    """Undo what one has written. Where SQLite has dropped the whole transaction (a full disk), it fails for all."""
    try:
        group.db.exec_driver_sql("ROLLBACK TO one")
        group.db.exec_driver_sql("RELEASE one")
    except BaseException:  # noqa: BLE001 - whatever it is, half of what one wrote must not be committed
        group.error = error


def _locked(path: Path, until: float) -> int:
    """A lock on a file, which goes when it is closed; also by a process that dies."""
    with explained(path):
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        if time.monotonic() > until:
            os.close(file)
            hint = "Look for a desk or a command that was stopped half way, and end it; nothing of this was stored."
            raise WorkspaceError(f"{path.parent} is busy: another process has been writing for {PATIENCE} s.", hint)
        time.sleep(NAP)
