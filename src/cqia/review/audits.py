"""Audits as they are stored: records drawn once with their texts, and answers; each takes an open transaction."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from pydantic import Field
from sqlalchemy import Connection, func, insert, select

from cqia.errors import UsageError, nearest
from cqia.review.audit import ANSWERS, Rate, results
from cqia.review.clock import now
from cqia.review.database import connected
from cqia.review.lines import Line, read
from cqia.review.refused import Refused
from cqia.review.tables import audit_answers, audit_items, audits
from cqia.schema import digest


@dataclass(frozen=True)
class Case:
    """A record to be audited. ``nth`` of ``of``; ``given``: this auditor's latest answers, by question."""

    id: str
    nth: int
    of: int
    source: str
    instruction: str
    input: str
    output: str
    given: Mapping[str, bool]


class Answered(Line):
    """A line of an audit's sheet: the record as it was drawn, and the four answers, null until they are given."""

    audit: str
    record: Annotated[str, Field(min_length=1)]
    source: str
    instruction: str
    input: str
    output: str
    reviewer: str | None = None
    correct: bool | None = None
    instruction_met: bool | None = None
    complete: bool | None = None
    harmless: bool | None = None


#: Where a question's answer stands on a sheet: "instruction" is the record's there.
KEYS = {"correct": "correct", "instruction": "instruction_met", "complete": "complete", "harmless": "harmless"}


def names(db: Connection) -> list[str]:
    """The audits, in the order in which they were begun."""
    return list(db.execute(select(audits.c.name).order_by(audits.c.number)).scalars())


def begin(db: Connection, name: str, drawn: pl.DataFrame, *, seed: int, by_source: bool) -> None:
    """Begin an audit of ``drawn`` (``audit.DRAWN``).

    Raises:
        UsageError: there is one of that name: what was drawn is not drawn again.
    """
    if name in names(db):
        raise UsageError(f"There is an audit {name!r} already.", "Give the new one another name.")
    made = insert(audits).values(name=name, size=drawn.height, by_source=by_source, seed=seed, at=now(db))
    number = db.execute(made.returning(audits.c.number)).scalar_one()
    db.execute(insert(audit_items), [{"audit": number, **row} for row in drawn.to_dicts()])


def case(db: Connection, name: str, reviewer: str, nth: int | None = None) -> Case | None:
    """The ``nth`` record of an audit (from 1); without it the first that this reviewer has not answered, or None."""
    number, size = _audit(db, name)
    mine = (audit_answers.c.audit == number) & (audit_answers.c.reviewer == reviewer)
    asked = select(audit_items).where(audit_items.c.audit == number).order_by(audit_items.c.nth).limit(1)
    if nth is None:
        asked = asked.where(audit_items.c.id.not_in(select(audit_answers.c.id).where(mine)))
    else:
        asked = asked.where(audit_items.c.nth == nth)
    row = db.execute(asked).one_or_none()
    if row is None:
        return None
    told = select(audit_answers.c.question, audit_answers.c.yes).where(mine, audit_answers.c.id == row.id)
    given = {row.question: row.yes for row in db.execute(told.order_by(audit_answers.c.number))}
    return Case(row.id, row.nth, size, row.source, row.instruction, row.input, row.output, given)


def answer(db: Connection, name: str, id: str, reviewer: str, yes: Mapping[str, bool], key: str) -> bool:
    """Take down the four answers to a record.

    Args:
        yes: by the names of ``audit.QUESTIONS``. key: of the request; one that comes twice is stored once.

    Returns: whether they were new.

    Raises:
        Refused: no such record in this audit (``unknown``), or a question without an answer (``invalid``).
    """
    number, _ = _audit(db, name)
    if yes.keys() != KEYS.keys():
        raise Refused("invalid", "All four questions want an answer.", f"They are: {', '.join(KEYS)}.")
    known = select(audit_items.c.id).where(audit_items.c.audit == number, audit_items.c.id == id)
    if db.execute(known.with_for_update()).one_or_none() is None:  # locked: of two with one key, the second sees it
        raise Refused("unknown", f"The audit {name!r} has no record {id!r}.")
    keys = {question: digest("audit", str(number), key, question) for question in yes}
    if db.execute(select(audit_answers.c.key).where(audit_answers.c.key.in_(keys.values()))).first() is not None:
        return False
    said: dict[str, Any] = {"audit": number, "id": id, "reviewer": reviewer, "at": now(db)}
    rows = [{"key": keys[question], "question": question, "yes": each, **said} for question, each in yes.items()]
    db.execute(insert(audit_answers), rows)
    return True


def answers(db: Connection, name: str) -> pl.DataFrame:
    """All answers of an audit, as ``audit.ANSWERS``."""
    number, _ = _audit(db, name)
    asked = (
        select(audit_answers.c.id, audit_items.c.source, audit_answers.c.question, audit_answers.c.yes,
               audit_answers.c.reviewer)
        .join(audit_items, (audit_items.c.audit == audit_answers.c.audit) & (audit_items.c.id == audit_answers.c.id))
        .where(audit_answers.c.audit == number)
        .order_by(audit_answers.c.number)
    )  # fmt: skip
    return pl.DataFrame([tuple(row) for row in db.execute(asked)], schema=ANSWERS, orient="row")


def progress(db: Connection, name: str) -> tuple[int, int]:
    """How many records of an audit somebody has answered, and how many there are."""
    number, size = _audit(db, name)
    told = select(func.count(audit_answers.c.id.distinct())).where(audit_answers.c.audit == number)
    return int(db.execute(told).scalar_one()), size


def sheet(db: Connection, name: str) -> list[dict[str, Any]]:
    """An audit as lines to be filled in without the desk; ``take`` reads them back."""
    number, _ = _audit(db, name)
    asked = select(audit_items).where(audit_items.c.audit == number).order_by(audit_items.c.nth)
    return [
        {"audit": name, "record": row.id, "source": row.source, "instruction": row.instruction, "input": row.input,
         "output": row.output, "reviewer": None, **dict.fromkeys(KEYS.values())}
        for row in db.execute(asked)
    ]  # fmt: skip


def take(db: Connection, path: Path) -> int:
    """Take the answers of a sheet; records without any answer are passed over, all else is taken or nothing.

    Returns: how many records were answered anew.

    Raises:
        UsageError: a line is wrong: no such audit or record, not all four answers, or nobody who gave them.
    """
    lines = read(path, Answered)
    every = names(db)
    for where, line in lines:
        if line.audit not in every:
            raise UsageError(f"{where}: there is no audit {line.audit!r}.", nearest(line.audit, every))
    named = {line.audit for _, line in lines}
    known = {name: {row["record"] for row in sheet(db, name)} for name in named}
    before = {name: answers(db, name) for name in named}
    latest = {(name, id, reviewer, question): yes for name, told in before.items()
              for id, _, question, yes, reviewer in told.iter_rows()}  # fmt: skip
    new = 0
    for where, line in lines:
        if (yes := _given(line, where, known[line.audit])) is None:
            continue
        reviewer = line.reviewer or ""
        if all(latest.get((line.audit, line.record, reviewer, question)) == each for question, each in yes.items()):
            continue
        latest |= {(line.audit, line.record, reviewer, question): each for question, each in yes.items()}
        key = digest("sheet", reviewer, line.record, str(before[line.audit].height + new))
        new += answer(db, line.audit, line.record, reviewer, yes, key)
    return new


def _given(line: Answered, where: str, known: Container[str]) -> dict[str, bool] | None:
    """The four answers of a line; None where there is none at all."""
    said = line.model_dump(include=set(KEYS.values()))
    missing = [key for key, each in said.items() if each is None]
    if len(missing) == len(said):
        return None
    if line.record not in known:
        raise UsageError(f"{where}: the audit {line.audit!r} has no record {line.record!r}.")
    if missing:
        raise UsageError(f"{where}: {missing[0]} is null.", "Answer all four questions about a record, or none.")
    if not (line.reviewer or "").strip():
        raise UsageError(f"{where}: reviewer is missing.", "Say who answered.")
    return {question: said[key] for question, key in KEYS.items()}


def latest_results(where: Path | str) -> tuple[str, list[Rate]] | None:
    """The newest audit with an answer, its name and Table 10 of it, for a report; None where there is none.

    Args:
        where: the desk's database; a path that is not there is not made.
    """
    if isinstance(where, Path) and not where.exists():
        return None
    database = connected(where)
    try:
        with database.reading() as db:
            for name in reversed(names(db)):
                told = answers(db, name)
                if told.height:
                    return name, results(told)
    finally:
        database.close()
    return None


def _audit(db: Connection, name: str) -> tuple[int, int]:
    row = db.execute(select(audits.c.number, audits.c.size).where(audits.c.name == name)).one_or_none()
    if row is None:
        known = names(db)
        hint = nearest(name, known) if known else "Begin one with: cqia review audit --draw 100"
        raise UsageError(f"There is no audit {name!r}.", hint)
    return row.number, row.size
