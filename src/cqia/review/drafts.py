"""What a reviewer has typed and not yet sent, kept so that a lost network or a crash costs nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from cqia.review import clock
from cqia.review.decisions import storable
from cqia.review.items import item
from cqia.review.refused import Refused
from cqia.review.tables import drafts, items

MAX_DRAFT = 3_000_000  # characters of the draft as JSON; three edited texts


# Made once, as it is asked with every record: making a statement takes longer than running it.
_MINE = (
    select(drafts).join(items, items.c.number == drafts.c.item)
    .where(drafts.c.reviewer == bindparam("who"), items.c.id == bindparam("what"))
)  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """What was typed: ``content`` as the page sent it, about the text with ``text_digest``; ``revision`` counts up."""

    content: dict[str, Any]
    revision: int
    text_digest: str
    at: datetime


def keep(db: Connection, reviewer: str, id: str, revision: int, content: Mapping[str, Any], text_digest: str) -> bool:
    """Store a draft. One that is older than what is stored (the network brings things late) changes nothing.

    Returns: whether it was stored.

    Raises:
        Refused: ``unknown``, ``invalid``.
    """
    if not 0 <= revision < 2**53:
        raise Refused("invalid", f"The revision of a draft is {revision}.")
    storable(json.dumps(dict(content), ensure_ascii=False).replace("\\u0000", "\0"), MAX_DRAFT)
    number = item(db, id).number
    mine = (drafts.c.reviewer == reviewer) & (drafts.c.item == number)
    there = db.execute(select(drafts.c.revision).where(mine).with_for_update()).scalar()
    values = {"revision": revision, "content": dict(content), "text_digest": text_digest, "at": clock.now(db)}
    if there is None:
        db.execute(insert(drafts).values(reviewer=reviewer, item=number, **values))
    elif revision > there:
        db.execute(update(drafts).where(mine).values(**values))
    return there is None or revision > there


def draft(db: Connection, reviewer: str, id: str) -> Draft | None:
    """The reviewer's draft about a record."""
    row = db.execute(_MINE, {"who": reviewer, "what": id}).one_or_none()
    return None if row is None else Draft(row.content, row.revision, row.text_digest, row.at)
