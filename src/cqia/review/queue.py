"""Whose turn it is: undecided records first, then those near the threshold, then the audit share.

A claimed turn is a lease. It is given back, or it runs out, or it ends in a decision; until then nobody else gets it.
After a crash the holder gets the same record again.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Select,
    Text,
    Update,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    select,
    true,
    type_coerce,
    update,
)
from sqlalchemy import literal_column as literal

from cqia.review import clock
from cqia.review.accounts import Account, of_row
from cqia.review.items import item
from cqia.review.refused import Refused
from cqia.review.tables import FREE, HELD, KEPT, Moment, decisions, gold, items, lanes, reviewers, turns

LEASE = timedelta(minutes=30)  # without a sign of life; longer than reading the longest record takes
FRESH = timedelta(minutes=5)  # a lease that was given or renewed so lately need not be renewed

_other = turns.alias("other")
_mine = turns.alias("mine")

# Statements of every request are made once: making one takes longer than running it. Numbers stand in them as such:
# of a limit that it is told later PostgreSQL thinks that it may be thousands of rows, and makes another plan each time.
_ONE: ColumnElement[int] = literal("1")
_NONE: ColumnElement[int] = literal("0")
_ADJUDICATE: ColumnElement[str] = literal("'adjudicate'")
_WHO = bindparam("who", type_=Text)
_NOW = bindparam("now", type_=Moment)
#: The reviewer had no other turn at the same record: not the other vote, not one that they skipped.
#: The offset keeps PostgreSQL from reading all turns of the reviewer beforehand, for which there is no index.
_NOT_SEEN = ~select(literal("1")).where(_other.c.item == turns.c.item, _other.c.holder == _WHO).offset(_NONE).exists()
_ACCOUNT = select(reviewers).where(reviewers.c.name == _WHO).with_for_update()


def held_by(kind: str) -> ScalarSelect[int]:
    """The turn that a reviewer claimed last and has not decided."""
    one_of = turns.c.kind != _ADJUDICATE if kind == "review" else turns.c.kind == _ADJUDICATE
    return (
        select(turns.c.number).where(turns.c.holder == _WHO, turns.c.decision.is_(None), one_of)
        .order_by(turns.c.claimed.desc()).limit(_ONE).scalar_subquery()
    )  # fmt: skip


_AS_HELD: Select[Any] = select(turns.c.token, turns.c.claimed).where(turns.c.number == bindparam("which"))
_IS_RUN_OUT = HELD & ((turns.c.expires <= _NOW) | (turns.c.claimed > bindparam("soon", type_=Moment)))
# The ends of an index, which PostgreSQL finds at once; whether there is such a turn it would ask all of them.
_EARLIEST = select(func.min(turns.c.expires)).where(HELD).scalar_subquery()
_LATEST = select(func.max(turns.c.expires)).where(HELD).scalar_subquery()
_RAN_OUT = (_NOW >= _EARLIEST) | (bindparam("latest", type_=Moment) < _LATEST)
_RUN_OUT = select(turns.c.number).where(_IS_RUN_OUT).with_for_update(skip_locked=True).scalar_subquery()
_VOID = update(turns).where(turns.c.number.in_(_RUN_OUT)).values(holder=None)
_TAKE = (
    update(turns)
    .values(holder=_WHO, token=bindparam("new_token"), claimed=bindparam("since", type_=Moment),
            expires=bindparam("until", type_=Moment))
    .returning(turns.c.number, turns.c.item, turns.c.kind)
)  # fmt: skip
_TAKE_THIS = _TAKE.where(
    turns.c.number == bindparam("which"), turns.c.decision.is_(None),
    turns.c.holder.is_(None) | (turns.c.holder == _WHO),
)  # fmt: skip


def _first(*where: ColumnElement[bool]) -> Update:
    """Take the most urgent turn that is free and that nobody else is taking at this very moment."""
    one = (
        select(turns.c.number).where(*where, turns.c.kind == bindparam("sort"), _NOT_SEEN)
        .order_by(turns.c.priority).limit(_ONE).with_for_update(skip_locked=True)
    )  # fmt: skip
    return _TAKE.where(turns.c.number == one.scalar_subquery())


_TAKE_KEPT = _first(KEPT, turns.c.assigned == _WHO)
_TAKE_FREE = _first(FREE, turns.c.lane == bindparam("where"))


@dataclass(frozen=True)
class Taken:
    """A lease as it was given.

    Attributes:
        number: of the turn. kind: review, adjudicate or gold; a reviewer is not shown which of review and gold it is.
        token: must come back with the decision. item: the number of the record. claimed: since when.
        expires: renewed while the reviewer works.
    """

    number: int
    kind: str
    token: str
    item: int
    claimed: datetime
    expires: datetime


def take(
    db: Connection,
    account: Account,
    *,
    kind: Literal["review", "adjudicate"] = "review",
    gold_share: float = 0.0,
    lease: timedelta = LEASE,
) -> Taken | None:
    """The record that somebody has already, else the next one; None when there is nothing for them.

    Args:
        account: who, as it was when they came; its row is locked in this transaction, by ``worker`` or by the saving
            of a decision.
        gold_share: how often a gold question comes instead of the next record, 0 to 1.

    Raises:
        Refused: ``forbidden``.
    """
    if kind == "adjudicate" and not account.senior:
        raise Refused("forbidden", f"{account.name} is no senior.")
    now = clock.now(db)
    draw_gold = kind == "review" and gold_share > 0 and random.random() < gold_share
    if not draw_gold:
        asked = {"sort": kind} | _values(account, now, lease)
        if (turn := _taken(db, account, now, lease, _take_next(kind, *_bounds(account)), asked)) is not None:
            return turn
    there = _look(db, account, kind, now, lease)
    if there.held is not None:
        held = db.execute(_AS_HELD, {"which": there.held}).one_or_none()
        turn = _taken(db, account, now, lease, _TAKE_THIS, {"which": there.held}, held)
        if turn is not None:
            return turn
        there = _look(db, account, kind, now, lease)  # it was taken away at this very moment
    if there.run_out:
        _void(db, now)
        there = _look(db, account, kind, now, lease)
    if draw_gold and (question := _gold(db, account.name)) is not None:
        return _taken(db, account, now, lease, _TAKE_THIS, {"which": question})
    turn = _taken(db, account, now, lease, _TAKE_KEPT, {"sort": kind}) if there.kept else None
    while turn is None and there.lane is not None:
        turn = _taken(db, account, now, lease, _TAKE_FREE, {"sort": kind, "where": there.lane})
        if turn is None:  # others were faster: where is the most urgent one now?
            there = _look(db, account, kind, now, lease)
    return turn


def take_item(db: Connection, reviewer: str, id: str, *, lease: timedelta = LEASE) -> Taken:
    """This very record, as from the search page. A senior may take one that is decided or that nobody need see, and
    decides it for good; a reviewer one that waits.

    Raises:
        Refused: ``unknown``; ``lease_lost``: somebody else has it; ``forbidden``.
    """
    account = worker(db, reviewer)
    wanted = item(db, id)
    now = clock.now(db)
    _void(db, now)
    there = db.execute(
        select(turns).where(turns.c.item == wanted.number, turns.c.decision.is_(None), turns.c.kind != "gold")
        .order_by(turns.c.holder == reviewer).with_for_update()
    ).all()  # fmt: skip
    mine = [turn for turn in there if turn.holder == reviewer]
    free = [turn for turn in there if turn.holder is None and turn.assigned in (None, reviewer)]
    if not account.senior and wanted.state != "waiting" and not mine:
        raise Refused("forbidden", f"{id} does not wait for a reviewer.")
    if wanted.state == "gone":
        raise Refused("unknown", f"{id} is no longer in the workspace.")
    if mine or free:
        chosen = (mine or free)[0]
        if not mine and chosen.kind == "review" and db.execute(select(_seen(reviewer, wanted.number))).scalar():
            raise Refused("forbidden", f"{reviewer} has already looked at {id}; somebody else must.")
        turn = _taken(db, account, now, lease, _TAKE_THIS, {"which": chosen.number}, chosen if mine else None)
    elif there or not account.senior:
        raise Refused("lease_lost", f"Somebody else has {id} just now.")
    else:
        lane = select(items.c.lane).where(items.c.number == wanted.number).scalar_subquery()
        made = db.execute(
            insert(turns).values(item=wanted.number, lane=lane, kind="adjudicate", priority=wanted.priority)
            .returning(turns.c.number)
        ).scalar_one()  # fmt: skip
        turn = _taken(db, account, now, lease, _TAKE_THIS, {"which": made})
    if turn is None:
        raise Refused("lease_lost", f"Somebody else has {id} just now.")
    return turn


def renew(db: Connection, reviewer: str, number: int, token: str, *, lease: timedelta = LEASE) -> datetime:
    """Lengthen a lease while its holder works; one that has run out and that nobody took is theirs again.

    Returns: when it ends now.

    Raises:
        Refused: ``lease_lost``.
    """
    now = clock.now(db)
    at = type_coerce(now, Moment)
    found = db.execute(
        update(turns).where(_theirs(reviewer, number, token))
        .values(holder=reviewer, claimed=case((turns.c.claimed > now, at), else_=turns.c.claimed), expires=now + lease)
    )  # fmt: skip
    if found.rowcount != 1:
        raise Refused("lease_lost", "Somebody else has this record now, or it was decided.")
    return now + lease


def release(db: Connection, reviewer: str, number: int, token: str) -> None:
    """Hand a record back; one that is not held any more is let be."""
    theirs = _theirs(reviewer, number, token)
    db.execute(delete(turns).where(theirs, turns.c.kind == "gold"))
    db.execute(update(turns).where(theirs).values(holder=None, token=None, claimed=None, expires=None))


def worker(db: Connection, reviewer: str) -> Account:
    """The account of somebody who works, locked, so that two windows of theirs come one after the other.

    Raises:
        Refused: ``unknown`` or ``forbidden``.
    """
    row = db.execute(_ACCOUNT, {"who": reviewer}).one_or_none()
    if row is None:
        raise Refused("unknown", f"There is no account {reviewer!r}.")
    if not row.active:
        raise Refused("forbidden", f"The account {reviewer!r} is closed.")
    return of_row(row)


def _theirs(reviewer: str, number: int, token: str) -> ColumnElement[bool]:
    """The turn is open, was claimed with this token, and nobody else has claimed it since."""
    return (
        (turns.c.number == number) & (turns.c.token == token) & turns.c.decision.is_(None)
        & (turns.c.holder.is_(None) | (turns.c.holder == reviewer))
    )  # fmt: skip


def _void(db: Connection, now: datetime) -> None:
    """Free what was claimed and has run out; its token stays, so that its holder can still save if nobody came."""
    db.execute(_VOID, {"now": now, "soon": now + clock.SLACK})


def _taken(
    db: Connection,
    account: Account,
    now: datetime,
    lease: timedelta,
    take: Update,
    asked: Mapping[str, Any],
    held: Row[Any] | None = None,
) -> Taken | None:
    """Give a turn to a reviewer; one that they hold keeps its token and the time since when."""
    token = secrets.token_urlsafe(12) if held is None else held.token
    since = now if held is None else min(now, held.claimed)
    values = {"who": account.name, "new_token": token, "since": since, "until": now + lease, **asked}
    row = db.execute(take, values).one_or_none()
    return None if row is None else Taken(row.number, row.kind, token, row.item, since, now + lease)


def _look(db: Connection, account: Account, kind: str, now: datetime, lease: timedelta) -> Row[Any]:
    """What there is for a reviewer, in one look: ``held`` (the number of a turn), whether any lease has ``run_out``
    (or is from the future, and then the latest of all), whether a turn is ``kept`` for them, and the ``lane`` of theirs
    with the most urgent free turn."""
    return db.execute(_looks(kind, *_bounds(account)), _values(account, now, lease)).one()


def _bounds(account: Account) -> tuple[str, ...]:
    return tuple(name for name in ("sources", "fields") if getattr(account, name))


def _values(account: Account, now: datetime, lease: timedelta) -> dict[str, Any]:
    bounds = {name: getattr(account, name) for name in _bounds(account)}
    return {"who": account.name, "now": now, "latest": now + clock.SLACK + lease, **bounds}


@cache
def _looks(kind: str, *bounds: str) -> Select[Any]:
    found: dict[str, ColumnElement[Any]] = {
        "held": held_by(kind), "run_out": _RAN_OUT, "kept": _kept(kind), "lane": _lane(kind, *bounds),
    }  # fmt: skip
    return select(*(what.label(name) for name, what in found.items()))


@cache
def _take_next(kind: str, *bounds: str) -> Update:
    """To look, and to take the most urgent free turn if nothing else comes first."""
    free = _first(FREE, turns.c.lane == _lane(kind, *bounds))
    return free.where(held_by(kind).is_(None), _RAN_OUT.is_not(true()), ~_kept(kind))


def _kept(kind: str) -> ColumnElement[bool]:
    return exists(literal("1")).where(KEPT, turns.c.assigned == _WHO, turns.c.kind == kind, _NOT_SEEN)


def _lane(kind: str, *bounds: str) -> ScalarSelect[int]:
    """The lane with the most urgent free turn, of those that a reviewer is handed work from."""
    head = (
        select(turns.c.priority)
        .where(turns.c.lane == lanes.c.number, turns.c.kind == kind, FREE, _NOT_SEEN)
        .order_by(turns.c.priority).limit(_ONE).correlate(lanes).scalar_subquery()
    )  # fmt: skip
    heads = select(lanes.c.number.label("lane"), head.label("head"))
    for bound in bounds:
        heads = heads.where(lanes.c[bound.removesuffix("s")].in_(bindparam(bound, expanding=True)))
    found = heads.offset(_NONE).subquery()  # else PostgreSQL looks for each head twice
    return select(found.c.lane).where(found.c.head.is_not(None)).order_by(found.c.head).limit(_ONE).scalar_subquery()


def _seen(reviewer: str, number: int) -> ColumnElement[bool]:
    return exists(literal("1")).where(_other.c.item == number, _other.c.holder == reviewer, _other.c.kind != "gold")


def _gold(db: Connection, reviewer: str) -> int | None:
    """A new turn at a gold question that the reviewer has not had and has not decided otherwise."""
    had = exists().where(_mine.c.item == gold.c.item, _mine.c.holder == reviewer)
    said = exists().where(decisions.c.id == items.c.id, decisions.c.reviewer == reviewer)
    question = db.execute(
        select(gold.c.item, items.c.lane).join(items, items.c.number == gold.c.item)
        .where(items.c.state != "gone", ~had, ~said).order_by(func.random()).limit(_ONE)
    ).one_or_none()  # fmt: skip
    if question is None:
        return None
    row = {"item": question.item, "lane": question.lane, "kind": "gold", "priority": 0.0}
    return int(db.execute(insert(turns).values(**row).returning(turns.c.number)).scalar_one())
