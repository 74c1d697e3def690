"""Saving what people decide. On disk before it is acknowledged; a request that comes twice is stored once.

What is refused changes nothing, and says why: somebody else has the record, or its text is another by now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, select, update
from sqlalchemy import literal_column as literal

from cqia.review import clock, sheets
from cqia.review.queue import LEASE, worker
from cqia.review.refused import Refused
from cqia.review.standing import DECIDING, STANDS, TEXTS, decide, settle, take_away
from cqia.review.tables import decisions, drafts, items, ratings, reviewers, turns
from cqia.schema import digest

CRITERIA = tuple(sheets.CRITERIA)  # the paper's six
#: Why a record is rejected; the pages say them in words.
REASONS = ("wrong", "off_topic", "incomplete", "shallow", "outdated", "biased", "harmful", "private", "advert",
           "garbled", "duplicate", "copyright", "other")  # fmt: skip
MAX_TEXT = 2_000_000  # characters of an edited text
MAX_REASON = 10_000
SHORTEST = timedelta(microseconds=1)


# Statements of every request are made once: making one takes longer than running it.
#: The turn, its record, whether the account is open (locked, as by ``worker``), and whether there is anything to clear
#: away when it ends. Where PostgreSQL waits for a lock, only the turn is as it is afterwards: the rest is checked again
#: by what is written.
_TURN = (
    select(
        turns, items.c.id, items.c.text_digest, items.c.decision.label("before"),
        *(items.c[name].label(f"old_{name}") for name in TEXTS),
        exists(literal("1")).where(decisions.c.key == bindparam("key")).label("stored"),
        exists(literal("1"))
        .where(drafts.c.reviewer == bindparam("who"), drafts.c.item == items.c.number).label("draft"),
        select(func.max(decisions.c.at)).where(decisions.c.id == items.c.id).scalar_subquery().label("last"),
        reviewers.c.active,
    )
    .join(items, items.c.number == turns.c.item).join(reviewers, reviewers.c.name == bindparam("who"))
    .where(turns.c.number == bindparam("which")).with_for_update(of=[reviewers, turns])
)  # fmt: skip
_INSERT = insert(decisions).returning(decisions.c.number)
_END = (
    update(turns).where(turns.c.number == bindparam("which"))
    .values(decision=bindparam("said"), holder=bindparam("who"))
)  # fmt: skip
_NO_DRAFT = delete(drafts).where(drafts.c.reviewer == bindparam("who"), drafts.c.item == bindparam("what"))
_LAST = select(func.max(decisions.c.at)).where(decisions.c.id == bindparam("what"))
_STORED = (
    select(decisions.c.number, decisions.c.id, decisions.c.action, items.c.state)
    .join(items, items.c.id == decisions.c.id, isouter=True).where(decisions.c.key == bindparam("which"))
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What a reviewer sends.

    Attributes:
        reviewer: who. turn, token: their lease, as ``queue.take`` gave it.
        key: made once in the browser for this decision; the same key again changes nothing.
        action: accept, edit, reject, or skip ("I do not know this field").
        text_digest: of the text that was shown.
        reasons: of ``REASONS``; reason: in words. A rejection has one or the other.
        instruction, input, output: the new texts of an edit; None leaves one.
        ratings: by criterion, 1 to 5, or 0 and 1 for fail and pass.
        suggestion: whether a model's suggestion was taken; None when none was shown.
    """

    reviewer: str
    turn: int
    token: str
    key: str
    action: str
    text_digest: str
    reasons: tuple[str, ...] = ()
    reason: str | None = None
    instruction: str | None = None
    input: str | None = None
    output: str | None = None
    ratings: Mapping[str, int] = field(default_factory=dict)
    suggestion: Literal["taken", "changed", "refused"] | None = None


@dataclass(frozen=True)
class Saved:
    """A decision that is in the database.

    Attributes:
        number: of its row. id: the record. action: what was decided, or ``undo``.
        state: of the record now: waiting, disagreed, decided, idle.
        replayed: it had been there already.
    """

    number: int
    id: str
    action: str
    state: str
    replayed: bool = False


def save(db: Connection, verdict: Verdict) -> Saved:
    """Store a decision and end the turn. The reviewer's account is then locked, as by ``queue.worker``.

    Raises:
        Refused: ``invalid``, ``lease_lost``, ``text_changed``; ``forbidden``: the account is closed.
    """
    key = _checked(verdict)
    turn: Any = db.execute(_TURN, {"which": verdict.turn, "key": key, "who": verdict.reviewer}).one_or_none()
    ended = turn is None or turn.token != verdict.token or turn.decision is not None
    # Asked where the turn has ended, too: this very request may have come twice, and the other one was waited for.
    if (ended or turn.stored) and (before := _stored(db, key)) is not None:
        worker(db, verdict.reviewer)
        return before
    if ended:
        raise Refused("lease_lost", "This record was decided, or handed to somebody else.")
    if not turn.active:
        raise Refused("forbidden", f"The account {verdict.reviewer!r} is closed.")
    if turn.holder not in (None, verdict.reviewer):
        raise Refused("lease_lost", "Somebody else has this record now.")
    if turn.text_digest != verdict.text_digest:
        raise Refused("text_changed", f"The text of {turn.id} is another than the one that was shown.")
    texts = _edited(verdict, {name: getattr(turn, f"old_{name}") for name in TEXTS})
    at = _after(turn.last, db)
    number = db.execute(_INSERT, {
        "key": key, "id": turn.id, "kind": turn.kind, "action": verdict.action, "reviewer": verdict.reviewer, "at": at,
        "seconds": max(0.0, (at - turn.claimed).total_seconds()) if turn.claimed else None,
        "reasons": list(verdict.reasons), "reason": verdict.reason or None, "text_digest": verdict.text_digest,
        "suggestion": verdict.suggestion, "turn": turn.number, **texts,
    }).scalar_one()  # fmt: skip
    if verdict.ratings:
        rows = [{"decision": number, "criterion": name, "value": value} for name, value in verdict.ratings.items()]
        db.execute(insert(ratings), rows)
    db.execute(_END, {"which": turn.number, "said": number, "who": verdict.reviewer})
    if turn.draft:
        db.execute(_NO_DRAFT, {"who": verdict.reviewer, "what": turn.item})
    counts = verdict.action in DECIDING and turn.kind != "gold"
    if counts and decide(db, turn.item, turn.text_digest, turn.before, number, at):
        return Saved(int(number), turn.id, verdict.action, "decided")
    state = settle(db, [turn.item])[turn.item]
    if counts and state == "decided":
        take_away(db, [turn.item])
    return Saved(int(number), turn.id, verdict.action, state)


def undo(db: Connection, reviewer: str, key: str, number: int | None = None, *, lease: timedelta = LEASE) -> Saved:
    """Take a decision back, by a new row that says so; its record is in front of who decided it again.

    Args:
        number: which; None takes the reviewer's latest. A senior may undo another's.

    Raises:
        Refused: ``nothing_to_undo``, ``forbidden``, ``lease_lost`` (somebody else has the record now).
    """
    account = worker(db, reviewer)
    key = digest("undo", reviewer, key)
    if (before := _stored(db, key)) is not None:
        return before
    wanted = select(decisions).where(decisions.c.action != "undo", STANDS)
    if number is None:
        wanted = wanted.where(decisions.c.reviewer == reviewer, decisions.c.turn.is_not(None))
    else:
        wanted = wanted.where(decisions.c.number == number)
    row = db.execute(wanted.order_by(decisions.c.number.desc()).limit(1)).one_or_none()
    if row is None:
        raise Refused("nothing_to_undo", "There is no such decision, or it was undone already.")
    if row.reviewer != reviewer and not account.senior:
        raise Refused("forbidden", f"The decision is {row.reviewer}'s.", "A senior can undo it.")
    at = _after(db.execute(_LAST, {"what": row.id}).scalar(), db)
    made = db.execute(
        insert(decisions).values(key=key, id=row.id, kind=row.kind, action="undo", reviewer=reviewer, at=at, reasons=[],
                                 text_digest=row.text_digest, turn=row.turn, undoes=row.number)
        .returning(decisions.c.number)
    ).scalar_one()  # fmt: skip
    state = reopen(db, [row.turn] if row.turn is not None else [], [row.id], at, lease)
    return Saved(int(made), row.id, "undo", state.get(row.id, "gone"))


def reopen(
    db: Connection, ended: list[int], ids: list[str], at: datetime, lease: timedelta = LEASE
) -> dict[str, str]:  # fmt: skip
    """Open turns again whose decisions were undone, for the same holders, and settle their records.

    Returns: the state of each record that is on the desk.

    Raises:
        Refused: ``lease_lost``: somebody else has one of the records, or decided it after.
    """
    if ended:
        again = update(turns).where(turns.c.number.in_(ended))
        db.execute(again.values(decision=None, claimed=at, expires=at + lease))
    by_number = dict(db.execute(select(items.c.number, items.c.id).where(items.c.id.in_(ids))).all())
    states = settle(db, list(by_number))
    if ended:
        another = turns.alias("another")
        waiting = exists().where(
            another.c.item == turns.c.item, another.c.number != turns.c.number, another.c.kind == turns.c.kind,
            another.c.holder != turns.c.holder, another.c.decision.is_(None),
        )  # fmt: skip
        single = exists().where(items.c.number == turns.c.item, items.c.need < 2)
        taken = db.execute(
            select(turns.c.item).where(turns.c.number.in_(ended), turns.c.kind != "gold", waiting, single)
        )
        if (first := taken.scalars().first()) is not None:
            raise Refused("lease_lost", f"Somebody else has {by_number[first]} just now.", "Try again later.")
    take_away(db, [number for number, state in states.items() if state == "decided"])  # by somebody else meanwhile
    return {by_number[number]: state for number, state in states.items()}


def _checked(verdict: Verdict) -> str:
    """The key that the verdict is stored under. Raises ``Refused`` (invalid)."""
    if verdict.action not in (*DECIDING, "skip"):
        raise Refused("invalid", f"The action is {verdict.action!r}.", f"Known: {', '.join((*DECIDING, 'skip'))}.")
    if not 8 <= len(verdict.key) <= 200:
        raise Refused("invalid", "The key of a decision has 8 to 200 characters.")
    if unknown := set(verdict.reasons) - set(REASONS):
        raise Refused("invalid", f"There is no reason {unknown.pop()!r}.", f"Known: {', '.join(REASONS)}.")
    if verdict.action == "reject" and not verdict.reasons and not (verdict.reason or "").strip():
        raise Refused("invalid", "A rejection needs a reason.")
    for name, value in verdict.ratings.items():
        if name not in CRITERIA or type(value) is not int or not 0 <= value <= 5:
            raise Refused("invalid", f"{name!r} = {value!r} is no rating.", f"0 to 5 for {', '.join(CRITERIA)}.")
    for text, most in ((verdict.reason, MAX_REASON), *((getattr(verdict, name), MAX_TEXT) for name in TEXTS)):
        storable(text, most)
    storable(verdict.key, 200)
    return digest("save", verdict.reviewer, verdict.key)


def storable(text: str | None, most: int) -> None:
    """Refuse (``invalid``) a text that no database stores: too long, half of a character, or with a NUL."""
    if text is None:
        return
    if len(text) > most:
        raise Refused("invalid", f"A text has {len(text):,} characters; the limit is {most:,}.")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Refused("invalid", "A text has a character that cannot be stored (NUL, or half of a character).")


def _edited(verdict: Verdict, old: Mapping[str, str]) -> dict[str, str | None]:
    """The texts of an edit that differ from the record's."""
    given = {name: getattr(verdict, name) for name in TEXTS}
    if verdict.action != "edit":
        return dict.fromkeys(TEXTS)
    changed = {name: text if text != old[name] else None for name, text in given.items()}
    if not any(text is not None for text in changed.values()):
        raise Refused("invalid", "An edit must change something.", "Accept the record as it is instead.")
    if changed["output"] is not None and not changed["output"].strip():
        raise Refused("invalid", "The output of an edit is empty.", "Reject the record instead.")
    return changed


def _after(last: datetime | None, db: Connection) -> datetime:
    """Now, but after the last that was said about the record: a clock may have gone back."""
    now = clock.now(db)
    return now if last is None else max(now, last + SHORTEST)


def _stored(db: Connection, key: str) -> Saved | None:
    row = db.execute(_STORED, {"which": key}).one_or_none()
    return None if row is None else Saved(row.number, row.id, row.action, row.state or "gone", replayed=True)
