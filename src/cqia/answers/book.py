"""Every round and every acceptance, in ``work/answers.sqlite``: nothing in it is ever changed or taken away.

A row is on disk when the call that writes it returns. Several processes may write: the command line and the desk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, astuple, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl

from cqia.answers.prompts import Mode, Question
from cqia.engine.files import explained
from cqia.errors import WorkspaceError
from cqia.schema import digest
from cqia.sqlite import durable

LAYOUT = """
CREATE TABLE IF NOT EXISTS rounds (
    number INTEGER PRIMARY KEY, record TEXT NOT NULL, seen TEXT NOT NULL, trap TEXT NOT NULL, wrong TEXT NOT NULL,
    by TEXT NOT NULL, draft TEXT NOT NULL, model TEXT NOT NULL, outcome TEXT NOT NULL, score REAL, said TEXT NOT NULL,
    checker TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS rounds_record ON rounds (record, seen);
CREATE TABLE IF NOT EXISTS accepted (
    number INTEGER PRIMARY KEY, record TEXT NOT NULL, document TEXT NOT NULL, source TEXT NOT NULL, mode TEXT NOT NULL,
    seen TEXT NOT NULL, answer TEXT NOT NULL, answer_from TEXT NOT NULL, human_verified INTEGER NOT NULL,
    by TEXT NOT NULL, score REAL, at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS accepted_record ON accepted (record);
"""
SECONDS = 60.0  # that a writer waits for another

#: scored, abstained, failed: the checker's verdict. unusable: the draft itself is empty or was cut off.
Outcome = Literal["scored", "abstained", "failed", "unusable"]

#: The acceptance that counts for each record: ``id`` is the document's; ``answer`` takes the place of the output of the
#: ``record`` whose texts have the digest ``seen``. ``by``: the person who accepted, or the model whose check did.
ACCEPTED = pl.Schema(
    {"id": pl.String, "record": pl.String, "source": pl.String, "mode": pl.String, "seen": pl.String,
     "answer": pl.String, "answer_from": pl.String, "human_verified": pl.Boolean, "by": pl.String, "score": pl.Float64}
)  # fmt: skip


@dataclass(frozen=True)
class Round:
    """One draft and what was thought of it.

    Attributes:
        record, seen: of the ``Question``. trap: what a person said is behind it.
        wrong: what was wrong with the draft before; "" for the first. by: the person who said so; "" for the checker.
        draft, model: what was written, and by whom.
        outcome, score, said, checker: the check's.
    """

    record: str
    seen: str
    trap: str
    wrong: str
    by: str
    draft: str
    model: str
    outcome: Outcome
    score: float | None
    said: str
    checker: str

    @property
    def digest(self) -> str:
        """What a person who accepts names: this draft to these texts."""
        return digest(self.record, self.seen, self.draft)[:32]

    def passes(self, at_least: float) -> bool:
        """Whether the check lets it through."""
        return self.outcome == "scored" and self.score is not None and self.score >= at_least


_COLUMNS = ", ".join(field.name for field in fields(Round))


@dataclass(frozen=True)
class Book:
    """The file, made when something is first written. Raises ``WorkspaceError`` where it is none of ours."""

    path: Path

    def rounds(self, question: Question) -> list[Round]:
        """All rounds about the texts of a question, in their order."""
        query = f"SELECT {_COLUMNS} FROM rounds WHERE record = ? AND seen = ? ORDER BY number"  # noqa: S608
        return [Round(*row) for row in self._read(query, question.id, question.seen)]

    def drafted(self) -> set[tuple[str, str]]:
        """The records, with the digests of their texts, that have a round."""
        return {(record, seen) for record, seen in self._read("SELECT DISTINCT record, seen FROM rounds")}

    def add(self, made: Round) -> None:
        """Write down a round."""
        marks = ", ".join("?" * len(astuple(made)))
        query = f"INSERT INTO rounds ({_COLUMNS}, at) VALUES ({marks}, ?)"  # noqa: S608
        self._write(query, *astuple(made), _now())

    def accept(
        self, question: Question, answer: str, *, answer_from: Literal["llm", "human"], verified: bool, by: str,
        score: float | None = None,
    ) -> bool:  # fmt: skip
        """Write down that an answer is accepted, unless it counts already; the last one counts, but a check overrules
        no person.

        Args:
            verified: whether a person accepted it. by: who, or which model's check.

        Returns:
            Whether it was written down.
        """
        return self._write(
            "INSERT INTO accepted (record, document, source, mode, seen, answer, answer_from, human_verified, by,"
            " score, at) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE (? OR NOT EXISTS"
            " (SELECT 1 FROM accepted WHERE record = ? AND seen = ? AND human_verified)) AND NOT EXISTS"
            " (SELECT 1 FROM accepted WHERE number = (SELECT max(number) FROM accepted WHERE record = ?)"
            " AND seen = ? AND mode = ? AND answer = ? AND human_verified = ? AND score IS ?)",
            question.id, question.document_id, question.source, question.mode, question.seen, answer, answer_from,
            int(verified), by, score, _now(), int(verified), question.id, question.seen,
            question.id, question.seen, question.mode, answer, int(verified), score,
        )  # fmt: skip

    def accepted(self, source: str, mode: Mode | None = None) -> pl.DataFrame:
        """What counts of a source, as ``ACCEPTED``, by record."""
        rows = self._read(
            "SELECT document, record, source, mode, seen, answer, answer_from, human_verified, by, score FROM accepted"
            " WHERE number IN (SELECT max(number) FROM accepted WHERE source = ? GROUP BY record) ORDER BY record",
            source,
        )
        found = [(*row[:7], bool(row[7]), *row[8:]) for row in rows if mode in (None, row[3])]
        return pl.DataFrame(found, schema=ACCEPTED, orient="row")

    def _read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        with self._open() as db:
            return db.execute(query, values).fetchall()

    def _write(self, query: str, *values: object) -> bool:
        """Whether a row was written."""
        with explained(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as db:
            db.executescript(LAYOUT)
            with db:
                return db.execute(query, values).rowcount > 0

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=SECONDS)) as db:
                durable(db, SECONDS)
                yield db
        except sqlite3.Error as error:
            raise WorkspaceError(
                f"{self.path} cannot be used: {error}.", "It holds drafts and acceptances; mend it or move it away."
            ) from error


def to_dict(made: Round) -> dict[str, object]:
    """A round as programs read it, with its digest."""
    return asdict(made) | {"digest": made.digest}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
