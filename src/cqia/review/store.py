"""People's decisions, in ``work/review.sqlite``. A decision is on disk before it is acknowledged.

Nothing is ever overwritten: a later decision about the same record counts, the earlier ones remain as its history.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from cqia.engine.files import explained
from cqia.errors import UsageError, WorkspaceError
from cqia.schema import digest

ACTIONS = ("accept", "edit", "reject")
FIELDS = ("instruction", "input", "output")
COLUMNS = {"id": pl.String, "action": pl.String, "reviewer": pl.String, "at": pl.String, "reason": pl.String,
           "instruction": pl.String, "input": pl.String, "output": pl.String, "text_digest": pl.String}  # fmt: skip

TABLE = """
CREATE TABLE IF NOT EXISTS decision (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    id TEXT NOT NULL, action TEXT NOT NULL, reviewer TEXT NOT NULL, at TEXT NOT NULL, reason TEXT,
    instruction TEXT, input TEXT, output TEXT, text_digest TEXT
) STRICT
"""


@dataclass(frozen=True)
class Decision:
    """What one person decided about one record.

    Attributes:
        id: the record. action: accept, edit or reject. reviewer: who. at: when, ISO 8601 in UTC.
        reason: why, in the reviewer's words.
        instruction, input, output: the texts as edited; None leaves them.
        text_digest: of the record that was seen; a decision about another text does not count. None: any text.
    """

    id: str
    action: str
    reviewer: str
    at: str
    reason: str | None = None
    instruction: str | None = None
    input: str | None = None
    output: str | None = None
    text_digest: str | None = None


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The store at ``path``, made where there is none."""
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(TABLE)
            yield connection
    except sqlite3.DatabaseError as error:  # a full disk, a read-only folder, a file that is no database
        hint = "No decision in it was changed; mend what is said here and run the same command again."
        raise WorkspaceError(f"{path} cannot be used: {error}.", hint) from error


def add(path: Path, decisions: list[Decision]) -> int:
    """Store decisions, all or none; one that is already there is not stored twice.

    Returns: how many were new.
    """
    with opened(path) as connection, connection:
        before = connection.total_changes
        connection.executemany(
            "INSERT INTO decision (key, id, action, reviewer, at, reason, instruction, input, output, text_digest) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
            [(digest(repr(each)), *(getattr(each, name) for name in COLUMNS)) for each in decisions],
        )
        return connection.total_changes - before


def latest(path: Path) -> pl.DataFrame:
    """The decision that counts for each record: the latest by time, then by arrival."""
    if not path.exists():
        return pl.DataFrame(schema=COLUMNS)
    with opened(path) as connection:
        rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM decision ORDER BY at, number").fetchall()  # noqa: S608
    return pl.DataFrame(rows, schema=COLUMNS, orient="row").unique("id", keep="last", maintain_order=True).sort("id")


def read_file(path: Path) -> list[Decision]:
    """Decisions from JSON lines, one a line: ``{"record": …, "action": …, "reviewer": …, "at": …}`` and, as wanted,
    ``reason``, ``edited`` (instruction, input, output) and ``text_digest``.

    Raises:
        UsageError: a line is wrong; the message says which and how. Nothing has been stored then.
    """
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    return [_decision(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]


def _decision(line: str, where: str) -> Decision:
    try:
        row = json.loads(line)
        json.dumps(row, ensure_ascii=False).encode()  # half of a character can be written in JSON and nowhere else
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: not JSON: {error}.") from error
    if not isinstance(row, dict):
        raise UsageError(f"{where}: not a JSON object.")
    known = {"record", "action", "reviewer", "at", "reason", "edited", "text_digest"}
    edited = row.get("edited") or {}
    texts = [row.get(name) for name in ("record", "reviewer", "at")]
    if unknown := sorted(row.keys() - known):
        raise UsageError(f"{where}: unknown key {unknown[0]!r}.", f"Known: {', '.join(sorted(known))}.")
    if not all(isinstance(text, str) and text for text in texts):
        raise UsageError(f"{where}: record, reviewer and at must each be a text.")
    if row.get("action") not in ACTIONS:
        raise UsageError(f"{where}: action is {row.get('action')!r}.", f"It must be one of {', '.join(ACTIONS)}.")
    if (
        not isinstance(edited, dict)
        or edited.keys() - set(FIELDS)
        or not all(isinstance(text, str) for text in edited.values())
    ):
        raise UsageError(f"{where}: edited must be an object with texts for {', '.join(FIELDS)}.")
    if (row["action"] == "edit") != bool(edited):
        raise UsageError(f"{where}: an edit needs 'edited', and nothing else may have it.")
    try:
        at = datetime.fromisoformat(str(row["at"]))
        moment = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{where}: at is {row['at']!r}.", "Write a time like 2026-01-02T03:04:05Z.") from error
    for name in ("reason", "text_digest"):
        if not isinstance(row.get(name), str | None):
            raise UsageError(f"{where}: {name} must be a text.")
    return Decision(
        id=row["record"],
        action=row["action"],
        reviewer=row["reviewer"],
        at=moment,
        reason=row.get("reason"),
        text_digest=row.get("text_digest"),
        **edited,
    )
