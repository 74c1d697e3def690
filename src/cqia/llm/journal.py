"""The journal of what models were asked and answered: SQLite, so that nothing is lost and nothing is paid for twice.

A question is claimed before it is sent, and its reply is on disk before anyone uses it. After a kill the replies that
had come are read from here; a question whose claimant is dead is free again. Several processes of one machine may
share a journal: what one has claimed the others wait for. The file must lie on a local disk (SQLite's WAL).
"""

from __future__ import annotations

import os
import platform
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Self

from cqia.errors import ModelError, WorkspaceError
from cqia.llm.ask import Ask, Model, Reply

LAYOUT = 1  # PRAGMA user_version
PATIENCE = 60.0  # seconds to wait for another process that is writing

# Host and process say whether a claimant lives; the token tells it from an earlier process of the same number.
TOKEN = uuid.uuid4().hex

TABLE = """
create table if not exists asks (
    key text primary key,
    about text not null, purpose text not null, attempt integer not null, model text not null, revision text not null,
    owner text not null, claimed real not null,
    received real, reply text, served text, finish text, prompt_tokens integer, completion_tokens integer
) without rowid
"""


class Journal:
    """An open journal. Raises ``WorkspaceError`` where the file is not a journal or cannot be written.

    Args:
        path: the file; made where there is none.
        lease: seconds after which a claim is void although its claimant seems to live; longer than any question takes.
        calls: how many questions the journal may hold in all, answered or under way; None sets no bound.
    """

    def __init__(self, path: Path, lease: float, calls: int | None = None) -> None:
        self.path = path
        self.lease = lease
        self.calls = calls
        self.owner = f"{platform.node()}|{os.getpid()}|{TOKEN}"
        with self._trouble():
            path.parent.mkdir(parents=True, exist_ok=True)
            self.db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
            self.db.execute("pragma journal_mode = wal")
            self.db.execute("pragma synchronous = full")
            with self._writing():
                layout = self.db.execute("pragma user_version").fetchone()[0]
                if layout == 0:
                    self.db.execute(TABLE)
                    self.db.execute("create index asks_received on asks (received)")  # small enough to count by
                    self.db.execute(f"pragma user_version = {LAYOUT}")
        if layout not in (0, LAYOUT):
            self.db.close()
            raise WorkspaceError(f"{path} has layout {layout}, this version reads {LAYOUT}", "Use a newer cqia.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    def claim(self, ask: Ask, model: Model) -> Reply | Literal["yours", "taken"]:
        """The reply, if there is one; else "yours": send it and then ``record`` or ``release``; or "taken": someone
        is at it, ask again later. Raises ``ModelError`` when the budget of calls is spent."""
        key = ask.key(model)
        with self._trouble():
            if reply := self._reply(key):  # without the write lock: by far the most common case of a run that resumes
                return reply
            with self._writing():
                if reply := self._reply(key):
                    return reply
                row = self.db.execute("select owner, claimed from asks where key = ?", [key]).fetchone()
                if row and self._lives(*row):
                    return "taken"
                if not row and self.calls is not None and self.calls <= self._held():
                    raise ModelError(
                        f"the budget of {self.calls} calls is spent",
                        "What was received is kept. Raise it and run again.",
                    )
                self._claim(ask, model)
        return "yours"

    def record(self, ask: Ask, model: Model, reply: Reply) -> Reply:
        """Write the reply down; on return it is on disk. Returns what is kept, which is the first reply received."""
        key = ask.key(model)
        received = [reply.text, reply.model, reply.finish, reply.prompt_tokens, reply.completion_tokens]
        with self._trouble(), self._writing():
            self._claim(ask, model)  # the lease may have run out, and the claim with it
            self.db.execute(
                "update asks set received = ?, reply = ?, served = ?, finish = ?, prompt_tokens = ?,"
                " completion_tokens = ? where key = ? and reply is null",
                [time.time(), *received, key],
            )
            return self._reply(key) or reply

    def release(self, ask: Ask, model: Model) -> None:
        """Give a claim back: the question was not answered."""
        with self._trouble(), self._writing():
            self.db.execute(
                "delete from asks where key = ? and owner = ? and reply is null", [ask.key(model), self.owner]
            )

    def _claim(self, ask: Ask, model: Model) -> None:
        self.db.execute(
            "insert into asks (key, about, purpose, attempt, model, revision, owner, claimed)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)"
            " on conflict do update set owner = excluded.owner, claimed = excluded.claimed where reply is null",
            [ask.key(model), ask.about, ask.purpose, ask.attempt, model.name, model.revision, self.owner, time.time()],
        )

    def _held(self) -> int:
        return int(self.db.execute("select count(*) from asks").fetchone()[0])

    def _reply(self, key: str) -> Reply | None:
        row = self.db.execute(
            "select reply, served, finish, prompt_tokens, completion_tokens from asks"
            " where key = ? and reply is not null",
            [key],
        ).fetchone()
        return Reply(*row) if row else None

    def _lives(self, owner: str, claimed: float) -> bool:
        host, process, _ = owner.rsplit("|", 2)
        mine_before = int(process) == os.getpid() and owner != self.owner
        here = host == platform.node()
        return time.time() - claimed < self.lease and not (here and (mine_before or not _runs(int(process))))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self.db.execute("begin immediate")
        try:
            yield
            self.db.execute("commit")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("rollback")
            raise

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise WorkspaceError(
                f"the journal {self.path} cannot be used: {error}",
                "It must be a SQLite file of cqia's own, on a local disk with room that you may write to.",
            ) from error


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
