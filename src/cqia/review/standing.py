"""Which decision about a record counts, and who must still look at it. One rule, used wherever decisions change.

What counts is a decision about the text as it is now that was not undone. A senior's (adjudication, bulk) or one from
a file is final. A record that two people must see has two votes: when they agree it is decided, when they do not a
senior decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from sqlalchemy import BindParameter, Connection, bindparam, delete, exists, select, update

from cqia.review.pour import pour
from cqia.review.tables import FREE, KEPT, decisions, items, turns

T = TypeVar("T")
State = Literal["idle", "waiting", "disagreed", "decided", "gone"]
DECIDING = ("accept", "edit", "reject")
FINAL = ("adjudicate", "bulk", "import")
TEXTS = ("instruction", "input", "output")
CHUNK = 1000  # numbers in one statement


@dataclass(frozen=True)
class Vote:
    """A decision that was not undone, about the text as it is. ``texts``: as edited, None where they were left."""

    number: int
    kind: str
    action: str
    reviewer: str
    at: datetime
    texts: tuple[str | None, ...] = (None, None, None)


@dataclass(frozen=True)
class Standing:
    """Where a record stands: its state, the decision that counts, and how many more votes it wants."""

    state: State
    decision: Vote | None = None
    wanted: int = 0


def standing(need: int, votes: Sequence[Vote]) -> Standing:
    """Where a record stands that ``need`` people must see.

    Args:
        need: 0, 1 or 2. votes: in any order.
    """
    ordered = sorted(votes, key=lambda vote: (vote.at, vote.number))
    final = [vote for vote in ordered if need < 2 or vote.kind in FINAL]
    if final:
        return Standing("decided", final[-1])
    latest = {vote.reviewer: vote for vote in ordered}
    if len(latest) < need:
        return Standing("waiting", None, need - len(latest))
    if need < 2:
        return Standing("idle")
    agree = len({(vote.action, vote.texts) for vote in latest.values()}) == 1
    return Standing("decided", ordered[-1]) if agree else Standing("disagreed")


#: Not undone. A decision is undone by a later row that names it.
_undo = decisions.alias("undo")
STANDS = ~exists().where(_undo.c.undoes == decisions.c.number)


# Statements of every request are made once: making one takes longer than running it.
_SOME: BindParameter[Any] = bindparam("some", expanding=True)
_VOTES = select(
    *(decisions.c[name] for name in ("id", "number", "kind", "action", "reviewer", "at", *TEXTS, "text_digest"))
).where(decisions.c.id.in_(_SOME), decisions.c.action.in_(DECIDING), decisions.c.kind != "gold", STANDS)
_ITEMS = (
    select(items.c.number, items.c.id, items.c.text_digest, items.c.need, items.c.state, items.c.lane,
           items.c.priority, items.c.decision)
    .where(items.c.number.in_(_SOME)).order_by(items.c.number).with_for_update()
)  # fmt: skip
_OPEN = select(turns.c.number, turns.c.item, turns.c.kind, turns.c.holder, turns.c.assigned).where(
    turns.c.item.in_(_SOME), turns.c.decision.is_(None)
)
_CHANGE = (
    update(items).where(items.c.number == bindparam("n"))
    .values(state=bindparam("s"), decision=bindparam("d"), decided_at=bindparam("a"))
)  # fmt: skip
_DECIDE = (
    update(items)
    .where(items.c.number == bindparam("n"), items.c.text_digest == bindparam("t"), items.c.need < 2,
           items.c.state != "gone", ~exists().where(turns.c.item == items.c.number, turns.c.decision.is_(None)),
           items.c.decision.is_not_distinct_from(bindparam("o", type_=items.c.decision.type)))
    .values(state="decided", decision=bindparam("d"), decided_at=bindparam("a"))
)  # fmt: skip
_DROP = delete(turns).where(turns.c.number.in_(_SOME), FREE | KEPT)
_TAKE_AWAY = delete(turns).where(turns.c.item.in_(_SOME), turns.c.decision.is_(None), turns.c.kind != "gold")


def votes(db: Connection, ids: Sequence[str]) -> dict[str, list[Any]]:
    """The decisions of records that were not undone, those about gold questions left out; by record."""
    found = defaultdict(list)
    for some in chunks(ids):
        for row in db.execute(_VOTES, {"some": some}):
            found[row.id].append(row)
    return found


def settle(db: Connection, numbers: Sequence[int]) -> dict[int, State]:
    """Bring the states of items, and the turns that wait for somebody, into line with what was decided.

    The items are locked until the transaction ends. Turns that somebody holds are left alone.
    """
    found: dict[int, State] = {}
    for some in chunks(sorted(numbers)):
        found |= _settle(db, some)
    return found


def _settle(db: Connection, numbers: Sequence[int]) -> dict[int, State]:
    by_number = {row.number: row for row in db.execute(_ITEMS, {"some": numbers})}
    said = votes(db, [row.id for row in by_number.values()])
    open_turns = defaultdict(list)
    for turn in db.execute(_OPEN, {"some": numbers}):
        open_turns[turn.item, turn.kind].append(turn)
    changed, surplus, new, states = [], [], [], {}
    for number, row in by_number.items():
        theirs = [
            Vote(v.number, v.kind, v.action, v.reviewer, v.at, (v.instruction, v.input, v.output))
            for v in said.get(row.id, ())
            if v.text_digest in (None, row.text_digest)
        ]
        now = standing(row.need, theirs) if row.state != "gone" else Standing("gone")
        states[number] = now.state
        decision = now.decision.number if now.decision else None
        if (now.state, decision) != (row.state, row.decision):
            at = now.decision.at if now.decision else None
            changed.append({"n": number, "s": now.state, "d": decision, "a": at})
        for kind, wanted in (("review", now.wanted), ("adjudicate", int(now.state == "disagreed"))):
            there = open_turns[number, kind]
            # A turn kept for somebody is taken away last.
            free = sorted((turn for turn in there if turn.holder is None), key=lambda turn: turn.assigned is not None)
            surplus += [turn.number for turn in free[: max(0, len(there) - wanted)]]
            one = {"item": number, "lane": row.lane, "kind": kind, "priority": row.priority}
            new += [one] * max(0, wanted - len(there))
    if changed:
        db.execute(_CHANGE, changed)
    for some in chunks(surplus):
        db.execute(_DROP, {"some": some})
    pour(db, turns, new)
    return states


def decide(db: Connection, number: int, text_digest: str, before: int | None, latest: int, at: datetime) -> bool:
    """What ``settle`` does after the ``latest`` decision about an item, if one is enough and there is no other turn at
    it: by ``standing`` it counts, whatever was said before. Returns: whether it was so; else nothing is changed.

    Args:
        text_digest: of the text decided on. before: the decision that counted when that was looked at.
    """
    values = {"n": number, "t": text_digest, "o": before, "d": latest, "a": at}
    return db.execute(_DECIDE, values).rowcount == 1


def take_away(db: Connection, numbers: Sequence[int]) -> None:
    """Take turns that are not yet decided away from whoever holds them: the records were decided otherwise."""
    for some in chunks(numbers):
        db.execute(_TAKE_AWAY, {"some": some})


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Slices that fit into one statement."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
