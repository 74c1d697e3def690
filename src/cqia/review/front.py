"""What lies in front of a reviewer: a record with all that belongs to it, read in one go.

A page is built of it for every record that anybody sees, so it is one trip to the database; another only for what was
typed about it, and for what a model suggests.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Text, bindparam, exists, select
from sqlalchemy import literal_column as literal

from cqia.review import clock
from cqia.review.drafts import Draft, draft
from cqia.review.items import COLUMNS, Item
from cqia.review.queue import FRESH, LEASE, Taken, held_by
from cqia.review.suggestions import Suggestion, suggestion
from cqia.review.tables import Moment, drafts, items, lanes, suggestions, turns

# Statements of every request are made once: making one takes longer than running it.
_SHOWN = (
    *COLUMNS,
    exists(literal("1"))
    .where(drafts.c.item == items.c.number, drafts.c.reviewer == bindparam("who", type_=Text)).label("has_draft"),
    exists(literal("1")).where(suggestions.c.item == items.c.number).label("has_suggestion"),
)  # fmt: skip
_LEASE = ("number", "kind", "token", "claimed", "expires")
_HELD = (
    select(*_SHOWN, *(turns.c[name].label(f"turn_{name}") for name in _LEASE))
    .join(turns, turns.c.item == items.c.number).join(lanes, lanes.c.number == items.c.lane)
    .where(turns.c.number == held_by("review"), turns.c.claimed <= bindparam("now", type_=Moment),
           turns.c.expires > bindparam("soon", type_=Moment))
)  # fmt: skip
_THESE = select(*_SHOWN).join(lanes).where(
    (items.c.number == bindparam("which")) | (items.c.id == bindparam("last", type_=Text))
)  # fmt: skip


@dataclass(frozen=True)
class Turn:
    """One record in front of one reviewer: a lease as ``queue.Taken``, with the record itself.

    Attributes:
        draft: what they typed about it and have not sent. suggestion: a model's, about its text as it is.
    """

    number: int
    kind: str
    token: str
    item: Item
    claimed: datetime
    expires: datetime
    draft: Draft | None
    suggestion: Suggestion | None


def held(db: Connection, reviewer: str, *, lease: timedelta = LEASE) -> Turn | None:
    """The record that the reviewer has already, if their lease is so fresh that nothing need be written; else None,
    and ``queue.take`` says what comes."""
    now = clock.now(db)
    row = db.execute(_HELD, {"who": reviewer, "now": now, "soon": now + lease - FRESH}).one_or_none()
    if row is None:
        return None
    return _turn(db, reviewer, row, **{name: row._mapping[f"turn_{name}"] for name in _LEASE})


def opened(
    db: Connection, reviewer: str, taken: Taken | None, last: str | None = None
) -> tuple[Turn | None, Item | None]:
    """What was just taken, if anything was; and the record that was the ``last`` one, if its id is given."""
    values = {"who": reviewer, "which": taken.item if taken else None, "last": last}
    rows = db.execute(_THESE, values).all()
    turn, before = None, None
    for row in rows:
        if taken is not None and row.number == taken.item:
            turn = _turn(db, reviewer, row, **{name: getattr(taken, name) for name in _LEASE})
        if row.id == last:
            before = _item(row)
    return turn, before


def _turn(db: Connection, reviewer: str, row: Row[Any], **lease: Any) -> Turn:
    return Turn(
        item=_item(row), **lease, draft=draft(db, reviewer, row.id) if row.has_draft else None,
        suggestion=suggestion(db, row.id) if row.has_suggestion else None,
    )  # fmt: skip


def _item(row: Row[Any]) -> Item:
    return Item(**{name: row._mapping[name] for name in Item.__dataclass_fields__})
