"""A batch that failed its inspection goes back: its decisions are undone, by new rows, and its records wait again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from cqia.review.clock import now
from cqia.review.standing import DECIDING, STANDS, chunks, settle
from cqia.review.tables import decisions, items, reviewers, turns
from cqia.schema import digest


def send_back(db: Connection, ids: Sequence[str], *, by: str, why: str) -> int:
    """Undo every decision about records, so that people must look at them again: whoever decided at the desk, if their
    account is open, else anybody.

    Args:
        by: in whose name. why: in words; stands in the records' history.

    Returns: how many decisions were undone.
    """
    at, undone = now(db), 0
    for some in chunks(ids):
        standing = select(decisions).where(
            decisions.c.id.in_(some), decisions.c.action.in_(DECIDING), decisions.c.kind != "gold", STANDS
        )
        rows = db.execute(standing.order_by(decisions.c.number)).all()
        if rows:
            db.execute(insert(decisions), [
                {"key": digest("send back", str(row.number)), "id": row.id, "kind": row.kind, "action": "undo",
                 "reviewer": by, "at": max(at, row.at), "reasons": [], "reason": why, "text_digest": row.text_digest,
                 "turn": row.turn, "undoes": row.number}
                for row in rows
            ])  # fmt: skip
        undone += len(rows)
        numbers = db.execute(select(items.c.number).where(items.c.id.in_(some))).scalars().all()
        # Whoever had to be seen by nobody must be now: an inspection has found the batch wanting.
        db.execute(update(items).where(items.c.number.in_(numbers), items.c.need < 1).values(need=1))
        _reopen(db, rows)
        settle(db, numbers)
    return undone


def _reopen(db: Connection, rows: Sequence[Row[Any]]) -> None:
    """Open the turns of undone decisions again, each kept for whoever had it."""
    working = set(db.execute(select(reviewers.c.name).where(reviewers.c.active)).scalars())
    by_person: dict[str | None, list[int]] = {}
    for row in rows:
        if row.turn is not None:
            by_person.setdefault(row.reviewer if row.reviewer in working else None, []).append(row.turn)
    for person, ended in by_person.items():
        again = {"decision": None, "holder": None, "token": None, "claimed": None, "expires": None}
        db.execute(update(turns).where(turns.c.number.in_(ended)).values(assigned=person, **again))
