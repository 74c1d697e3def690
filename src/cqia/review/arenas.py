"""Battles handed out blind, and votes taken down. Every function takes an open transaction.

People see two texts and never the systems' names; which stands on the left was settled when the battle was made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from sqlalchemy import Connection, func, insert, select

from cqia.errors import UsageError, nearest
from cqia.review.clock import now
from cqia.review.refused import Refused
from cqia.review.standings import VOTES
from cqia.review.tables import answers, arenas, battles, prompts, votes
from cqia.schema import digest

AHEAD = 16  # of the next battles, those among which one is chosen: two people who begin together see different ones


@dataclass(frozen=True)
class Shown:
    """A battle as a judge sees it. ``number`` names it; ``winner`` is the judge's own vote, None before it."""

    number: int
    instruction: str
    input: str
    first: str
    second: str
    winner: str | None = None


@dataclass(frozen=True)
class Progress:
    """How far an arena is: battles, those with as many votes as wanted, and the votes people have given."""

    battles: int
    done: int
    votes: int


def names(db: Connection) -> list[str]:
    """The arenas, in the order in which they were made."""
    return list(db.execute(select(arenas.c.name).order_by(arenas.c.number)).scalars())


def next_battle(db: Connection, name: str, judge: str) -> Shown | None:
    """The next battle for a judge: one they have not judged, and that fewer people have than are wanted."""
    arena = _arena(db, name)
    here = select(prompts.c.number).where(prompts.c.arena == arena.number)
    mine = select(votes.c.battle).where(votes.c.reviewer == judge)
    full = (
        select(votes.c.battle)
        .where(~votes.c.recorded)
        .group_by(votes.c.battle)
        .having(func.count(votes.c.reviewer.distinct()) >= arena.votes)
    )
    open_ones = (
        select(battles.c.number)
        .where(battles.c.prompt.in_(here), battles.c.number.not_in(mine), battles.c.number.not_in(full))
        .order_by(battles.c.priority)
        .limit(AHEAD)
    )
    found = sorted(db.execute(open_ones).scalars(), key=lambda number: digest(judge, str(number)))
    return _shown(db, found[0]) if found else None


def last_battle(db: Connection, name: str, judge: str) -> Shown | None:
    """The battle that a judge voted on last, with their vote: they may vote on it again, and the later vote counts."""
    arena = _arena(db, name)
    latest = (
        select(votes.c.battle, votes.c.winner)
        .join(battles, battles.c.number == votes.c.battle)
        .join(prompts)
        .where(prompts.c.arena == arena.number, votes.c.reviewer == judge, ~votes.c.recorded)
        .order_by(votes.c.number.desc())
        .limit(1)
    )
    row = db.execute(latest).one_or_none()
    return None if row is None else replace(_shown(db, row.battle), winner=row.winner)


def vote(db: Connection, number: int, judge: str, winner: str, key: str, reason: str | None = None) -> bool:
    """Take down a vote: ``first``, ``second`` or ``tie``.

    Args:
        number: of the battle. key: of the request; one that comes twice is stored once.

    Returns: whether it was new.

    Raises:
        Refused: there is no such battle (``unknown``), or no such winner (``invalid``).
    """
    if winner not in ("first", "second", "tie"):
        raise Refused("invalid", f"There is no winner {winner!r}.", "Known: first, second, tie.")
    # Locked, so that of two requests with one key the second sees the first.
    if db.execute(select(battles.c.number).where(battles.c.number == number).with_for_update()).one_or_none() is None:
        raise Refused("unknown", f"There is no battle {number}.")
    if db.execute(select(votes.c.number).where(votes.c.key == key)).one_or_none() is not None:
        return False
    row = {"key": key, "battle": number, "reviewer": judge, "winner": winner, "reason": reason, "at": now(db)}
    db.execute(insert(votes).values(**row))
    return True


def progress(db: Connection, name: str) -> Progress:
    """How far people are with an arena."""
    arena = _arena(db, name)
    each = (
        select(battles.c.number, func.count(votes.c.reviewer.distinct()).label("judges"))
        .join(prompts)
        .outerjoin(votes, (votes.c.battle == battles.c.number) & ~votes.c.recorded)
        .where(prompts.c.arena == arena.number)
        .group_by(battles.c.number)
        .subquery()
    )
    done = func.count().filter(each.c.judges >= arena.votes)
    row = db.execute(select(func.count(), done, func.coalesce(func.sum(each.c.judges), 0)).select_from(each)).one()
    return Progress(int(row[0]), int(row[1]), int(row[2]))


def ballots(db: Connection, name: str) -> pl.DataFrame:
    """All votes of an arena, recorded ones too, as ``standings.VOTES``, in the order in which they came."""
    asked = (
        select(votes.c.battle, prompts.c.id, battles.c.first, battles.c.second, votes.c.winner, votes.c.reviewer,
               votes.c.turned)
        .join(battles, battles.c.number == votes.c.battle)
        .join(prompts)
        .where(prompts.c.arena == _arena(db, name).number)
        .order_by(votes.c.number)
    )  # fmt: skip
    rows = [
        (str(battle), prompt, second, first, TURNED[winner], judge) if turned
        else (str(battle), prompt, first, second, winner, judge)
        for battle, prompt, first, second, winner, judge, turned in db.execute(asked)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=VOTES, orient="row")


#: A winner, as somebody says it who sees the two the other way round.
TURNED = {"first": "second", "second": "first", "tie": "tie"}


def _arena(db: Connection, name: str) -> Any:
    found = db.execute(select(arenas).where(arenas.c.name == name)).one_or_none()
    if found is None:
        known = names(db)
        hint = nearest(name, known) if known else "Make one with: cqia arena import"
        raise UsageError(f"There is no arena {name!r}.", hint)
    return found


def _shown(db: Connection, number: int) -> Shown:
    row = db.execute(select(battles, prompts.c.instruction, prompts.c.input).join(prompts)
                     .where(battles.c.number == number)).one()  # fmt: skip
    text = {each.system: each.text for each in db.execute(select(answers).where(answers.c.prompt == row.prompt))}
    return Shown(number, row.instruction, row.input, text[row.first], text[row.second])
