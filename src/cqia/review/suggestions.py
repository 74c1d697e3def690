"""What a model suggests about a record. A reviewer sees that it is a model's, and whether it was taken is recorded."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select

from cqia.review import clock
from cqia.review.decisions import MAX_REASON, MAX_TEXT, storable
from cqia.review.items import item
from cqia.review.refused import Refused
from cqia.review.standing import DECIDING, TEXTS
from cqia.review.tables import items, suggestions


@dataclass(frozen=True)
class Suggestion:
    """What a model suggests about the text with ``text_digest``; an edit has texts, None leaves one."""

    id: str
    by: str
    text_digest: str
    action: str | None = None
    reason: str | None = None
    instruction: str | None = None
    input: str | None = None
    output: str | None = None


# Made once, as it is asked with every record: making a statement takes longer than running it.
_OF = (
    select(items.c.id, *(suggestions.c[name] for name in Suggestion.__dataclass_fields__ if name != "id")).join(items)
    .where(items.c.id == bindparam("what"), items.c.text_digest == suggestions.c.text_digest)
)  # fmt: skip


def offer(db: Connection, suggestion: Suggestion) -> None:
    """Keep a suggestion, instead of an earlier one. Raises ``Refused`` (unknown, invalid)."""
    if suggestion.action not in (None, *DECIDING):
        raise Refused("invalid", f"The action is {suggestion.action!r}.", f"Known: {', '.join(DECIDING)}.")
    storable(suggestion.reason, MAX_REASON)
    for name in TEXTS:
        storable(getattr(suggestion, name), MAX_TEXT)
    number = item(db, suggestion.id).number
    row = {name: value for name, value in asdict(suggestion).items() if name != "id"}
    db.execute(delete(suggestions).where(suggestions.c.item == number))
    db.execute(insert(suggestions).values(item=number, at=clock.now(db), **row))


def suggestion(db: Connection, id: str) -> Suggestion | None:
    """The suggestion about a record's text as it is; one about an earlier text is not shown."""
    row = db.execute(_OF, {"what": id}).mappings().one_or_none()
    return None if row is None else Suggestion(**row)
