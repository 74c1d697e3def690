"""What a senior does to many records at once; each such action is one line in the history, and can be undone as one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Row, func, insert, select, update

from cqia.review import clock
from cqia.review.decisions import MAX_REASON, SHORTEST, storable
from cqia.review.queue import worker
from cqia.review.refused import Refused
from cqia.review.search import Filter, numbers
from cqia.review.standing import STANDS, chunks, settle, take_away
from cqia.review.tables import bulk_actions, decisions, items, turns
from cqia.schema import digest

MOST = 10_000  # records of one action: one transaction of about a second, in which nobody else can save

Action = Literal["accept", "reject", "assign"]
ACTIONS: tuple[Action, ...] = get_args(Action)


class Changed(Exception):
    """An action would be about other records than those that were agreed to; nothing was done."""


def about(db: Connection, action: Action, wanted: Filter | Sequence[str]) -> tuple[int, str]:
    """How many records an action would be about, and a digest of which, to agree to.

    Raises:
        Refused: ``invalid``, ``too_many``, ``unknown``.
    """
    found = _numbers(db, wanted) if action == "assign" else [row.number for row in _to_decide(db, action, wanted)]
    return len(found), _which(found)


def decide(
    db: Connection,
    senior: str,
    key: str,
    action: Literal["accept", "reject"],
    wanted: Filter | Sequence[str],
    reason: str | None = None,
    agreed: str | None = None,
) -> int:
    """Accept or reject all records that match a filter, or those with these ids. It is final, as an adjudication is.

    Records that were decided so already are left alone; records that somebody is looking at are taken from them.

    Args:
        key: made once for this action; the same key again changes nothing.
        agreed: the digest that ``about`` gave.

    Returns: the number of the bulk action.

    Raises:
        Refused: ``forbidden``, ``invalid``, ``too_many``, ``unknown``.
        Changed: it is about other records by now.
    """
    if action not in ("accept", "reject"):
        raise Refused("invalid", f"{action!r} cannot be done to many records.", "Known: accept, reject.")
    if action == "reject" and not (reason or "").strip():
        raise Refused("invalid", "A rejection needs a reason.")
    key, done = _begun(db, senior, key, reason)
    if done is not None:
        return done
    rows = _to_decide(db, action, wanted)
    _compare(agreed, [row.number for row in rows])
    number = _written(db, key, action, senior, wanted, len(rows), reason=reason)
    at = _after(db, [row.id for row in rows])
    for part in chunks(rows):
        db.execute(
            insert(decisions),
            [
                {"key": digest("bulk", str(number), row.id), "id": row.id, "kind": "bulk", "action": action,
                 "reviewer": senior, "at": at, "reasons": [], "reason": reason, "text_digest": row.text_digest,
                 "bulk": number}
                for row in part
            ],
        )  # fmt: skip
    _settled(db, [row.number for row in rows])
    return number


def assign(
    db: Connection, senior: str, key: str, wanted: Filter | Sequence[str], to: str | None, agreed: str | None = None
) -> int:
    """Keep the waiting turns at records for one reviewer, or for everybody again with ``to=None``.

    Args:
        agreed: the digest that ``about`` gave.

    Returns: the number of the bulk action; its count is of turns.

    Raises:
        Refused: ``forbidden``, ``too_many``, ``unknown``: no such reviewer.
        Changed: it is about other records by now.
    """
    key, done = _begun(db, senior, key, None)
    if done is not None:
        return done
    if to is not None:
        worker(db, to)
    found = _numbers(db, wanted)
    _compare(agreed, found)
    changed = 0
    for some in chunks(found):
        waiting = (
            turns.c.item.in_(some) & (turns.c.kind == "review") & turns.c.holder.is_(None) & turns.c.decision.is_(None)
        )
        chosen = select(turns.c.number).where(waiting)
        if to is not None:  # of a record that two must see, one vote
            chosen = select(func.min(turns.c.number)).where(waiting).group_by(turns.c.item)
        changed += db.execute(update(turns).where(turns.c.number.in_(chosen)).values(assigned=to)).rowcount
    return _written(db, key, "assign", senior, wanted, changed, to=to)


def undo(db: Connection, senior: str, key: str, bulk: int) -> int:
    """Undo those decisions of a bulk action that still stand.

    Returns: the number of the new bulk action.

    Raises:
        Refused: ``forbidden``, ``unknown``, ``nothing_to_undo``.
    """
    key, done = _begun(db, senior, key, None)
    if done is not None:
        return done
    what = db.execute(select(bulk_actions).where(bulk_actions.c.number == bulk)).one_or_none()
    if what is None:
        raise Refused("unknown", f"There is no bulk action {bulk}.")
    if what.action not in ("accept", "reject"):
        raise Refused("nothing_to_undo", f"Bulk action {bulk} is no decision.", "Assign the records anew instead.")
    rows = db.execute(select(decisions.c.number, decisions.c.id, decisions.c.text_digest)
                      .where(decisions.c.bulk == bulk, decisions.c.action != "undo", STANDS)).all()  # fmt: skip
    if not rows:
        raise Refused("nothing_to_undo", f"Bulk action {bulk} was undone already.")
    number = _written(db, key, "undo", senior, Filter(), len(rows), undoes=bulk)
    at = _after(db, [row.id for row in rows])
    for part in chunks(rows):
        db.execute(
            insert(decisions),
            [
                {"key": digest("bulk", str(number), row.id), "id": row.id, "kind": "bulk", "action": "undo",
                 "reviewer": senior, "at": at, "reasons": [], "text_digest": row.text_digest, "bulk": number,
                 "undoes": row.number}
                for row in part
            ],
        )  # fmt: skip
    found: list[int] = []
    for ids in chunks([row.id for row in rows]):
        found += db.execute(select(items.c.number).where(items.c.id.in_(ids))).scalars()
    settle(db, found)
    return number


def _begun(db: Connection, senior: str, key: str, reason: str | None) -> tuple[str, int | None]:
    """The key that the action is stored under, and the number of the action that is there already."""
    if not worker(db, senior).senior:
        raise Refused("forbidden", f"{senior} is no senior.")
    if not 8 <= len(key) <= 200:
        raise Refused("invalid", "The key of an action has 8 to 200 characters.")
    storable(key, 200)
    storable(reason, MAX_REASON)
    key = digest("bulk", senior, key)
    return key, db.execute(select(bulk_actions.c.number).where(bulk_actions.c.key == key)).scalar()


def _to_decide(db: Connection, action: str, wanted: Filter | Sequence[str]) -> list[Row[Any]]:
    """The records that match and are not decided so already."""
    alike = (decisions.c.number == items.c.decision) & (decisions.c.action == action)
    rows: list[Row[Any]] = []
    for some in chunks(_numbers(db, wanted)):
        rows += db.execute(
            select(items.c.number, items.c.id, items.c.text_digest).where(
                items.c.number.in_(some), items.c.state != "gone", ~select(decisions.c.number).where(alike).exists()
            )
        )
    return rows


def _which(found: Sequence[int]) -> str:
    return digest("bulk", *map(str, sorted(found)))


def _compare(agreed: str | None, found: Sequence[int]) -> None:
    if agreed is not None and agreed != _which(found):
        raise Changed


def _numbers(db: Connection, wanted: Filter | Sequence[str]) -> list[int]:
    if isinstance(wanted, Filter):
        return numbers(db, wanted, MOST)
    if len(wanted) > MOST:
        raise Refused("too_many", f"{len(wanted):,} records at once; the limit is {MOST:,}.", "Do it in parts.")
    found: list[int] = []
    for ids in chunks(list(dict.fromkeys(wanted))):  # each once
        rows = db.execute(select(items.c.number).where(items.c.id.in_(ids))).scalars().all()
        if len(rows) != len(ids):
            raise Refused("unknown", "Some of these records are not on the desk.")
        found += rows
    return found


def _written(
    db: Connection, key: str, action: str, senior: str, wanted: Filter | Sequence[str], count: int, **more: Any
) -> int:
    asked = wanted.to_dict() if isinstance(wanted, Filter) else {"ids": list(wanted)}
    row = {"key": key, "action": action, "reviewer": senior, "at": clock.now(db), "filter": asked, "count": count}
    made = db.execute(insert(bulk_actions).values(**row, **more).returning(bulk_actions.c.number))
    return int(made.scalar_one())


def _after(db: Connection, ids: Sequence[str]) -> datetime:
    """Now, but after everything that was said about any of the records."""
    last = [
        db.execute(select(func.max(decisions.c.at)).where(decisions.c.id.in_(some))).scalar() for some in chunks(ids)
    ]
    later: list[datetime] = [at + SHORTEST for at in last if at is not None]
    return max(clock.now(db), *later) if later else clock.now(db)


def _settled(db: Connection, found: Sequence[int]) -> None:
    settle(db, found)
    take_away(db, found)
