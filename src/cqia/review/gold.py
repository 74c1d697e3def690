"""Gold questions: records whose answer is known, mixed in now and then to see how well people judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, delete, func, insert, select

from cqia.review import clock
from cqia.review.decisions import MAX_REASON, storable
from cqia.review.items import item
from cqia.review.refused import Refused
from cqia.review.standing import DECIDING, STANDS
from cqia.review.tables import decisions, gold, items


@dataclass(frozen=True)
class GoldAnswer:
    """A question whose answer is known. ``action``: accept, edit or reject."""

    id: str
    action: str
    reason: str | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Accuracy:
    """How many gold questions a reviewer answered, and how many of them as expected."""

    reviewer: str
    answered: int
    right: int


def put(db: Connection, by: str, id: str, action: str, reason: str | None = None) -> None:
    """Make a record a gold question, or change its answer. Raises ``Refused`` (unknown, invalid)."""
    if action not in DECIDING:
        raise Refused("invalid", f"The answer is {action!r}.", f"Known: {', '.join(DECIDING)}.")
    storable(reason, MAX_REASON)
    number = item(db, id).number
    db.execute(delete(gold).where(gold.c.item == number))
    db.execute(insert(gold).values(item=number, action=action, reason=reason, by=by, at=clock.now(db)))


def remove(db: Connection, id: str) -> None:
    """A gold question no more; what was answered stays, and no longer counts."""
    db.execute(delete(gold).where(gold.c.item == item(db, id).number))


def questions(db: Connection, limit: int = 500) -> list[GoldAnswer]:
    """All gold questions."""
    wanted = select(items.c.id, gold.c.action, gold.c.reason, gold.c.by, gold.c.at).join(items)
    return [GoldAnswer(**row) for row in db.execute(wanted.order_by(gold.c.item).limit(limit)).mappings()]


def accuracy(db: Connection) -> list[Accuracy]:
    """Of every reviewer who answered gold questions. An edit where accept was expected is wrong, and so on."""
    right = func.sum(case((decisions.c.action == gold.c.action, 1), else_=0))
    wanted = (
        select(decisions.c.reviewer, func.count().label("answered"), right.label("right"))
        .join(items, items.c.id == decisions.c.id).join(gold, gold.c.item == items.c.number)
        .where(decisions.c.kind == "gold", decisions.c.action.in_(DECIDING), STANDS)
        .group_by(decisions.c.reviewer).order_by(decisions.c.reviewer)
    )  # fmt: skip
    return [Accuracy(row.reviewer, row.answered, int(row.right)) for row in db.execute(wanted)]
