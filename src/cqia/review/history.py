"""What was said, about a record or by a person; nothing is ever overwritten, so all of it is still there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, select

from cqia.review.decisions import CRITERIA
from cqia.review.items import Item
from cqia.review.refused import Refused
from cqia.review.standing import DECIDING, STANDS
from cqia.review.tables import bulk_actions, decisions, items, ratings, turns


@dataclass(frozen=True)
class Past:
    """One row of the history of a record: a decision, a skip, or an undo. Columns as in ``tables.decisions``."""

    number: int
    id: str
    kind: str
    action: str
    reviewer: str
    at: datetime
    seconds: float | None
    reasons: list[str]
    reason: str | None
    instruction: str | None
    input: str | None
    output: str | None
    text_digest: str | None
    suggestion: str | None
    bulk: int | None
    undoes: int | None
    undone: bool
    ratings: dict[str, int] = field(default_factory=dict)

    @property
    def texts(self) -> dict[str, str | None]:
        """The texts as edited, None where they were left."""
        return {"instruction": self.instruction, "input": self.input, "output": self.output}


@dataclass(frozen=True)
class Bulk:
    """One bulk action: one line of the history."""

    number: int
    action: str
    reviewer: str
    at: datetime
    filter: dict[str, Any]
    reason: str | None
    to: str | None
    undoes: int | None
    count: int


def of_record(db: Connection, id: str) -> list[Past]:
    """Everything that was said about a record, the oldest first; not for a reviewer who is still to decide on it."""
    return _past(db, (decisions.c.id == id) & (decisions.c.kind != "gold"), limit=None)


def undone_by(db: Connection, number: int) -> Past | None:
    """The decision that a row of the history takes back."""
    which = select(decisions.c.undoes).where(decisions.c.number == number).scalar_subquery()
    return next(iter(_past(db, decisions.c.number == which, limit=None)), None)


def of_reviewer(db: Connection, reviewer: str, limit: int = 50) -> list[Past]:
    """The latest that a reviewer said, the newest first."""
    return _past(db, decisions.c.reviewer == reviewer, limit)


def of_bulk(db: Connection, limit: int = 50) -> list[Bulk]:
    """The latest bulk actions, the newest first."""
    columns = [bulk_actions.c[name] for name in Bulk.__dataclass_fields__]
    rows = db.execute(select(*columns).order_by(bulk_actions.c.number.desc()).limit(limit)).mappings()
    return [Bulk(**row) for row in rows]


def versions(db: Connection, item: Item) -> list[Past]:
    """The votes on a record about its text as it is, for a senior to adjudicate, each reviewer's last; by arrival.

    Raises:
        Refused: ``forbidden``: the votes are not all there, and so must not be seen by anybody.
    """
    if item.state == "waiting":
        raise Refused("forbidden", f"{item.id} still waits for a vote; until then the votes are hidden.")
    wanted = and_(
        decisions.c.id == item.id, decisions.c.action.in_(DECIDING), decisions.c.kind != "gold", STANDS,
        decisions.c.text_digest.is_(None) | (decisions.c.text_digest == item.text_digest),
    )  # fmt: skip
    return list({past.reviewer: past for past in _past(db, wanted, limit=None)}.values())


def looked_at(db: Connection, reviewer: str, id: str) -> bool:
    """Whether a reviewer has decided on a record or skipped it, so that they may see what others said."""
    wanted = select(turns.c.number).join(items, items.c.number == turns.c.item).where(
        items.c.id == id, turns.c.holder == reviewer, turns.c.decision.is_not(None)
    )  # fmt: skip
    return db.execute(wanted.limit(1)).first() is not None


def _past(db: Connection, where: ColumnElement[bool], limit: int | None) -> list[Past]:
    names = [name for name in Past.__dataclass_fields__ if name not in ("undone", "ratings")]
    wanted = select(*(decisions.c[name] for name in names), (~STANDS).label("undone")).where(where)
    order = decisions.c.number if limit is None else decisions.c.number.desc()
    rows = db.execute(wanted.order_by(order).limit(limit)).mappings().all()
    rated = _ratings(db, [row["number"] for row in rows])
    return [Past(**{**row, "undone": bool(row["undone"])}, ratings=rated.get(row["number"], {})) for row in rows]


def _ratings(db: Connection, numbers: Sequence[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for row in db.execute(select(ratings).where(ratings.c.decision.in_(numbers))):
        found.setdefault(row.decision, {})[row.criterion] = row.value
    return {number: {name: marks[name] for name in CRITERIA if name in marks} for number, marks in found.items()}
