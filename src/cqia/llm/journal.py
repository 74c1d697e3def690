"""The journal of what models were asked and answered: SQLite, so that nothing is lost and nothing is paid for twice.

A question is claimed before it is sent, and the claim holds what it may cost at the most; its reply is on disk before
anyone uses it, and the claim becomes what it did cost. After a kill the replies that had come are read from here; a
question whose claimant is dead is free again, and what it may have cost stays charged. Several processes of one machine
may share a journal: what one has claimed the others wait for. The file must lie on a local disk (SQLite's WAL).

Claims, replies and settlements come in batches (see ``commits``): one transaction, one sync of the disk.
"""

from __future__ import annotations

import itertools
import os
import platform
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from cqia.errors import WorkspaceError
from cqia.llm.ask import Ask, Model, Reply
from cqia.llm.book import BATCH, REPLY, TOKEN, Book, Claim, Claimed, Entry
from cqia.llm.journal_layout import prepare
from cqia.llm.prices import Charge
from cqia.sqlite import durable

PATIENCE = 60.0  # seconds to wait for another process that is writing
TOGETHER = 500  # keys looked up by one statement; SQLite takes 32,766
NUMBER = itertools.count()  # tells a journal from another one of this process


class Journal:
    """An open journal. Raises ``WorkspaceError`` where the file is not a journal or cannot be written.

    Args:
        path: the file; made where there is none.
        lease: seconds after which a claim is void although its claimant seems to live; longer than any question takes.
    """

    def __init__(self, path: Path, lease: float) -> None:
        self.path = path
        self.lease = lease
        self.owner = f"{platform.node()}|{os.getpid()}|{TOKEN}.{next(NUMBER)}"
        with self._trouble():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Used by one thread at a time, see ``commits``.
            self.db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
            durable(self.db, PATIENCE)
            with self._writing():
                prepare(self.db, path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    def replies(self, keys: Sequence[str]) -> list[Reply | None]:
        """The replies to ``keys``, in their order; None where there is none."""
        found: dict[str, Reply] = {}
        with self._trouble():
            for start in range(0, len(keys), TOGETHER):
                some = keys[start : start + TOGETHER]
                marks = ",".join("?" * len(some))
                rows = self.db.execute(f"select key, {REPLY} from replies where key in ({marks})", some)  # noqa: S608
                found |= {key: Reply(*row) for key, *row in rows}
        return [found.get(key) for key in keys]

    def write(self, entries: Sequence[Entry]) -> list[Reply | Claimed | None]:
        """Make ``entries`` in their order; on return all is on disk.

        Returns: for each entry, of a claim the reply that is there already, or ``Claimed``; of a record the reply that
        is kept, which is the first one received; of a settlement None.
        """
        claims = [entry for entry in entries if isinstance(entry, Claim)]
        if len(claims) == len(entries):  # without the write lock where all is answered: the case of a run that resumes
            found = self.replies([claim.key for claim in claims])
            if all(found):
                return list(found)
        with self._trouble(), self._writing():
            book = Book(self.db, self.owner, self.lease)
            return [book.make(entry) for entry in entries]

    def abandon(self, whose: Callable[[str], bool] | None = None, *, lost: bool = True) -> int:
        """Free what those have claimed and not settled whose name ``whose`` takes (None: this journal), and charge it
        where it is ``lost``; returns how many."""
        whose = whose or (lambda owner: owner == self.owner)
        with self._trouble(), self._writing():
            book = Book(self.db, self.owner, self.lease)
            claims = self.db.execute("select key, owner from claims").fetchall()
            mine = [key for key, owner in claims if whose(owner)]
            for key in mine:
                book.free(key, lost=lost)
        return len(mine)

    def hand_over(self, owner: str, to: str) -> None:
        """Give what one has claimed to another."""
        with self._trouble(), self._writing():
            self.db.execute("update claims set owner = ? where owner = ?", [to, owner])

    def out(self, keys: Sequence[str]) -> dict[str, tuple[Ask, Model, Charge]]:
        """Of ``keys`` those that are out in a batch file: what was asked (without its messages), whom, and what it may
        cost at the most."""
        found: dict[str, tuple[Ask, Model, Charge]] = {}
        with self._trouble():
            for key in keys:
                row = self.db.execute(
                    "select owner, about, purpose, attempt, model, revision, prompt_tokens, completion_tokens, cost,"
                    " currency from claims where key = ?",
                    [key],
                ).fetchone()
                if row and row[0].startswith(BATCH):
                    _, about, purpose, attempt, name, revision, *most = row
                    asked, model = Ask(about, purpose, [], attempt), Model(name=name, revision=revision)
                    found[key] = (asked, model, Charge(*most))
        return found

    def out_in_all(self) -> int:
        """How many questions are out in batch files."""
        with self._trouble():
            return sum(owner.startswith(BATCH) for (owner,) in self.db.execute("select owner from claims"))

    def usual(self, model: Model) -> float | None:
        """Tokens that a reply of ``model`` has had on average; None where there is none to tell."""
        query = "select avg(completion_tokens) from replies where model = ? and revision = ?"
        with self._trouble():
            found = self.db.execute(query, [model.name, model.revision]).fetchone()[0]
        return None if found is None else float(found)

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
