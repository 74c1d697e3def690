"""What a senior should see: a reviewer's word about a record, beside whatever is decided on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from cqia.review import clock
from cqia.review.decisions import MAX_REASON, storable
from cqia.review.items import item
from cqia.review.refused import Refused
from cqia.review.tables import flags, items


@dataclass(frozen=True)
class Flag:
    """Something about a record that a senior should see."""

    number: int
    id: str
    reviewer: str
    at: datetime
    reason: str


def flag(db: Connection, reviewer: str, id: str, reason: str) -> int:
    """Flag a record; it stays where it is in the queue. Raises ``Refused`` (unknown, invalid)."""
    storable(reason, MAX_REASON)
    if not reason.strip():
        raise Refused("invalid", "A flag needs a reason.")
    row = {"item": item(db, id).number, "reviewer": reviewer, "at": clock.now(db), "reason": reason}
    return int(db.execute(insert(flags).values(**row).returning(flags.c.number)).scalar_one())


def settle(db: Connection, senior: str, number: int) -> None:
    """Mark a flag as seen to. Raises ``Refused`` (unknown)."""
    done = update(flags).where(flags.c.number == number, flags.c.settled_by.is_(None))
    if db.execute(done.values(settled_by=senior, settled_at=clock.now(db))).rowcount != 1:
        raise Refused("unknown", "There is no such open flag.")


def open_flags(db: Connection, limit: int = 200) -> list[Flag]:
    """Flags that nobody has seen to, the oldest first."""
    columns = (flags.c.number, items.c.id, flags.c.reviewer, flags.c.at, flags.c.reason)
    wanted = select(*columns).join(items, items.c.number == flags.c.item).where(flags.c.settled_by.is_(None))
    return [Flag(**row) for row in db.execute(wanted.order_by(flags.c.number).limit(limit)).mappings()]
