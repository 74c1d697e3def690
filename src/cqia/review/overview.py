"""Numbers about the work: how far it is, how fast it goes, how long it will take, and who answers without looking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, select

from cqia.review import clock
from cqia.review.standing import DECIDING, STANDS
from cqia.review.tables import FREE, HELD, KEPT, bulk_actions, decisions, flags, items, turns

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Progress:
    """How far the work is.

    Attributes:
        states: records by source and state.
        waiting, decided, disagreed, idle: over all sources. wanted: looks that are still to be taken.
        held: records that lie in front of somebody now. flagged: open flags. bulk: bulk actions so far.
        last_hour, last_day: decisions by people, one record at a time.
        left: at the pace of the last hour in which anybody worked; None where nobody ever did.
    """

    states: dict[str, dict[str, int]]
    waiting: int
    decided: int
    disagreed: int
    idle: int
    wanted: int
    held: int
    flagged: int
    bulk: int
    last_hour: int
    last_day: int
    left: timedelta | None

    @property
    def share(self) -> float:
        """Of the records that people must see, those that are decided; 1 where there are none."""
        whole = self.waiting + self.disagreed + self.decided
        return self.decided / whole if whole else 1.0


@dataclass(frozen=True)
class Speed:
    """One reviewer's work: what they decided, how long one took, and when they did last."""

    reviewer: str
    decided: int
    accepted: int
    edited: int
    rejected: int
    skipped: int
    seconds: float | None
    last: datetime


_BY_HAND = and_(decisions.c.action.in_(DECIDING), decisions.c.kind.in_(("review", "adjudicate", "gold")))


def progress(db: Connection) -> Progress:
    """How far the work is; a hundredth of a second for a hundred thousand records."""
    states: dict[str, dict[str, int]] = {}
    sums = dict.fromkeys(("waiting", "decided", "disagreed", "idle", "gone"), 0)
    counted = select(items.c.source, items.c.state, func.count().label("n")).group_by(items.c.source, items.c.state)
    for row in db.execute(counted):
        states.setdefault(row.source, {})[row.state] = row.n
        sums[row.state] += row.n
    now = clock.now(db)
    recent = select(func.count()).select_from(decisions).where(_BY_HAND, decisions.c.at <= now)
    last_hour, last_day = (_number(db, recent.where(decisions.c.at > now - span)) for span in (HOUR, DAY))
    turn = select(func.count()).select_from(turns)
    held = _number(db, turn.where(HELD))
    wanted = _number(db, turn.where(FREE)) + _number(db, turn.where(KEPT)) + held
    pace = last_hour or _last_pace(db)
    return Progress(
        states, sums["waiting"], sums["decided"], sums["disagreed"], sums["idle"], wanted, held,
        _number(db, select(func.count()).select_from(flags).where(flags.c.settled_by.is_(None))),
        _number(db, select(func.count()).select_from(bulk_actions)),
        last_hour, last_day, HOUR * wanted / pace if pace else None,
    )  # fmt: skip


def speed(db: Connection, since: datetime | None = None) -> list[Speed]:
    """Every reviewer's work, of decisions made one record at a time; ``since`` a time, or all.

    ``seconds`` is the mean time from claim to decision, of those that took less than a lease; None where unknown.
    """
    timed = case((and_(decisions.c.seconds < 1800, decisions.c.action != "skip"), decisions.c.seconds))
    wanted = (
        select(
            decisions.c.reviewer, _sum("accept"), _sum("edit"), _sum("reject"), _sum("skip"),
            func.avg(timed).label("seconds"), func.max(decisions.c.at).label("last"),
        )
        .where(decisions.c.kind.in_(("review", "adjudicate", "gold")), decisions.c.action != "undo", STANDS)
        .group_by(decisions.c.reviewer).order_by(decisions.c.reviewer)
    )  # fmt: skip
    rows = db.execute(wanted if since is None else wanted.where(decisions.c.at >= since))
    return [
        Speed(row.reviewer, int(row.accept + row.edit + row.reject), int(row.accept), int(row.edit), int(row.reject),
              int(row.skip), row.seconds, row.last)
        for row in rows
    ]  # fmt: skip


def _sum(action: str) -> ColumnElement[int]:
    return func.sum(case((decisions.c.action == action, 1), else_=0)).label(action)


def _number(db: Connection, counted: Select[Any]) -> int:
    return int(db.execute(counted).scalar_one())


def _last_pace(db: Connection) -> int:
    """Decisions in the hour up to the last one."""
    last = db.execute(select(func.max(decisions.c.at)).where(_BY_HAND)).scalar()
    if last is None:
        return 0
    return _number(db, select(func.count()).select_from(decisions).where(_BY_HAND, decisions.c.at > last - HOUR))
