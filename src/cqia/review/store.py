"""People's decisions as the review stage reads them, and as files bring them.

Nothing is ever overwritten: a later decision about the same record counts, the earlier ones remain as its history.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, exists, insert, select

from cqia.errors import UsageError, WorkspaceError
from cqia.review.database import Database, connected
from cqia.review.standing import DECIDING, FINAL, STANDS, chunks, settle, take_away
from cqia.review.tables import decisions, items, ratings
from cqia.schema import digest

ACTIONS = ("accept", "edit", "reject")
FIELDS = ("instruction", "input", "output")
COLUMNS = {"id": pl.String, "action": pl.String, "reviewer": pl.String, "at": pl.String, "reason": pl.String,
           "instruction": pl.String, "input": pl.String, "output": pl.String, "text_digest": pl.String}  # fmt: skip
ROWS = 50_000  # fetched at once


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
def opened(where: Path | str) -> Iterator[Database]:
    """The database at a path or a URL, for one use; made where there is none.

    Raises:
        WorkspaceError: it cannot be used. UsageError: it is no database's address.
    """
    database = connected(where)
    try:
        yield database
    finally:
        database.close()


def add(where: Path | str, given: list[Decision], marks: Mapping[Decision, Mapping[str, int]] | None = None) -> int:
    """Store decisions; one that is already there is not stored twice.

    Between some and the next, people at the desk may save theirs. So whoever is interrupted has stored the first of
    them, and goes on by asking for the same again.

    A record on the desk that they are about is decided by them, and taken from whoever has it in front of them.

    Args:
        marks: by criterion; a decision that has some already keeps them.

    Returns: how many were new.

    Raises:
        WorkspaceError: they cannot be stored, or no more of them.
    """
    by_key = {digest(repr(each)): said for each, said in (marks or {}).items() if said}
    rows = {
        digest(repr(each)): {"id": each.id, "action": each.action, "reviewer": each.reviewer, "kind": "import",
                             "at": datetime.fromisoformat(each.at), "reasons": [], "reason": each.reason,
                             "text_digest": each.text_digest, **{name: getattr(each, name) for name in FIELDS}}
        for each in given
    }  # fmt: skip
    stored = 0
    with opened(where) as database:
        for keys in chunks(list(rows)):
            try:
                with database.writing() as db:
                    new = _add(db, {key: rows[key] for key in keys})
                    _mark(db, {key: by_key[key] for key in keys if key in by_key})
            except WorkspaceError as error:
                if not stored:
                    raise
                hint = "Mend what is said here and run the same command again: it stores the rest."
                said = f"{stored:,} decisions are stored, and then: {error.message}"
                raise WorkspaceError(said, hint) from error
            stored += new
    return stored


def _add(db: Connection, rows: Mapping[str, dict[str, Any]]) -> int:
    """Store those decisions that are not there, by key; returns how many."""
    there = set(db.execute(select(decisions.c.key).where(decisions.c.key.in_(rows))).scalars())
    new = [{"key": key, **row} for key, row in rows.items() if key not in there]
    if new:
        db.execute(insert(decisions), new)
        ids = {row["id"] for row in new}
        numbers = list(db.execute(select(items.c.number).where(items.c.id.in_(ids))).scalars())
        take_away(db, [number for number, state in settle(db, numbers).items() if state == "decided"])
    return len(new)


def _mark(db: Connection, marks: Mapping[str, Mapping[str, int]]) -> None:
    """Store the marks of decisions, by key, that have none."""
    if not marks:
        return
    bare = select(decisions.c.key, decisions.c.number).where(
        decisions.c.key.in_(marks), ~exists().where(ratings.c.decision == decisions.c.number)
    )
    rows = [
        {"decision": number, "criterion": name, "value": value}
        for key, number in db.execute(bare).all() for name, value in marks[key].items()
    ]  # fmt: skip
    if rows:
        db.execute(insert(ratings), rows)


def latest(where: Path | str) -> pl.DataFrame:
    """The decision that counts for each record, sorted by record: the latest by time, then by arrival, of those that
    were not undone. A vote on a record that two people must see counts when both agree, or when a senior has decided.

    Returns: ``COLUMNS``; ``at`` is ISO 8601 in UTC.
    """
    if isinstance(where, Path) and not where.exists():
        return pl.DataFrame(schema=COLUMNS)
    wanted = select(*(decisions.c[name] for name in COLUMNS)).where(
        decisions.c.action.in_(DECIDING), decisions.c.kind != "gold", STANDS, _counts()
    )
    frames = [pl.DataFrame(schema=COLUMNS)]
    with opened(where) as database, database.reading() as db:
        found = db.execution_options(stream_results=True).execute(wanted.order_by(decisions.c.at, decisions.c.number))
        for rows in found.partitions(ROWS):
            plain = [(*row[:3], row.at.isoformat(), *row[4:]) for row in rows]
            frames.append(pl.DataFrame(plain, schema=COLUMNS, orient="row"))
    return pl.concat(frames).unique("id", keep="last", maintain_order=True).sort("id")


def _counts() -> ColumnElement[bool]:
    """Not one of two votes that do not agree (yet)."""
    open_vote = exists().where(
        items.c.id == decisions.c.id, items.c.need > 1, items.c.state.in_(("waiting", "disagreed"))
    )  # fmt: skip
    return decisions.c.kind.in_(FINAL) | ~open_vote


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
