"""Batches under inspection, as they are stored: decided records, checked case by case; each takes an open transaction.

A case is a record as its decision left it: with the texts as edited. When the last case of a stage is checked, or one
of the experts' sample is wrong, the batch moves on by itself; see ``inspection``. One that fails goes back by itself
too: see ``rework``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from cqia.errors import UsageError, nearest
from cqia.review.clock import now
from cqia.review.inspection import PASS_MARK, SAMPLE, Checks, Stage, after, sample
from cqia.review.refused import Refused
from cqia.review.rework import send_back
from cqia.review.standing import chunks
from cqia.review.tables import batch_items, batches, decisions, items, reviewers
from cqia.schema import digest

AHEAD = 16  # of the cases that wait, those among which one is chosen: two people who begin together see different ones
OPEN = ("first", "second")


@dataclass(frozen=True)
class Case:
    """A record to be checked, with the texts as its decision left them, and what was decided: accept, edit or reject.

    ``text_digest`` is of what is checked here; it must come back with the verdict.
    """

    id: str
    source: str
    instruction: str
    input: str
    output: str
    action: str
    reviewer: str
    reason: str | None
    text_digest: str


@dataclass(frozen=True)
class Wrong:
    """A case that was found wrong: at which stage, by whom, and why."""

    id: str
    stage: str
    reviewer: str
    reason: str | None


@dataclass(frozen=True)
class Inspection:
    """Where a batch stands.

    Attributes:
        name, stage, round: which batch, in which stage of which round (from 1).
        pass_mark, sample: the share that the first stage must reach, the size of the second.
        first, second: what came of the stages of this round; second is None before it begins.
        wrong: the cases of this round that were found wrong.
    """

    name: str
    stage: Stage
    round: int
    pass_mark: float
    sample: int
    first: Checks
    second: Checks | None
    wrong: tuple[Wrong, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name, "stage": self.stage, "round": self.round, "pass_mark": self.pass_mark,
            "sample": self.sample, "first": self.first.to_dict(),
            "second": self.second.to_dict() if self.second else None, "wrong": [each.__dict__ for each in self.wrong],
        }  # fmt: skip


def names(db: Connection) -> list[str]:
    """The batches, in the order in which they were begun."""
    return list(db.execute(select(batches.c.name).order_by(batches.c.number)).scalars())


def decided(db: Connection, *, source: str | None = None, reviewer: str | None = None, limit: int) -> list[str]:
    """Ids of decided records that no batch holds, the earliest decided first.

    Args:
        source, reviewer: only records of this source, only those that this person decided. limit: at most so many.
    """
    held = select(batch_items.c.id).where(batch_items.c.stage == "first")
    asked = (
        select(items.c.id)
        .join(decisions, decisions.c.number == items.c.decision)
        .where(items.c.state == "decided", items.c.id.not_in(held))
        .order_by(items.c.decided_at, items.c.number)
        .limit(limit)
    )
    if source is not None:
        asked = asked.where(items.c.source == source)
    if reviewer is not None:
        asked = asked.where(decisions.c.reviewer == reviewer)
    return list(db.execute(asked).scalars())


def begin(
    db: Connection,
    name: str,
    ids: Sequence[str],
    *,
    by: str,
    seed: int,
    pass_mark: float = PASS_MARK,
    size: int = SAMPLE,
) -> None:
    """Begin the inspection of a batch.

    Args:
        by: who begins it. size: of the experts' sample.

    Raises:
        UsageError: there is such a batch, it would be empty, or a record is not decided.
    """
    if name in names(db):
        raise UsageError(f"There is a batch {name!r} already.", "Give the new one another name.")
    if not ids:
        raise UsageError("No decided record is left for a batch.", "People decide first: cqia review serve")
    made = insert(batches).values(
        name=name, stage="first", pass_mark=pass_mark, sample=size, seed=seed, by=by, at=now(db)
    ).returning(batches.c.number)  # fmt: skip
    _fill(db, db.execute(made).scalar_one(), 1, "first", ids)


def case(db: Connection, name: str, reviewer: str) -> Case | None:
    """A case that waits, and that this person may check; None where there is none.

    The second stage is for seniors, and not for whoever checked the case in the first.
    """
    batch = batch_of(db, name)
    if batch.stage not in OPEN or (batch.stage == "second" and not _is_senior(db, reviewer)):
        return None
    there = select(items.c.id).where(items.c.state == "decided")  # one that was undone meanwhile waits for its people
    theirs = _theirs(batch, reviewer)
    waiting = (
        select(batch_items.c.id)
        .where(*_here(batch), batch_items.c.correct.is_(None), batch_items.c.id.not_in(theirs))
        .where(batch_items.c.id.in_(there))
        .order_by(batch_items.c.id)
        .limit(AHEAD)
    )
    found = sorted(db.execute(waiting).scalars(), key=lambda id: digest(reviewer, id))
    return _case(db, found[0]) if found else None


def unchecked(db: Connection, name: str) -> list[Case]:
    """All cases of the present stage that nobody has checked."""
    batch = batch_of(db, name)
    here = select(batch_items.c.id).where(*_here(batch), batch_items.c.correct.is_(None))
    return [_as_case(row) for row in db.execute(_decided().where(items.c.id.in_(here)).order_by(items.c.id))]


def check(
    db: Connection, name: str, id: str, reviewer: str, correct: bool, text_digest: str, reason: str | None = None
) -> Stage:
    """Take down whether a case is correct; as long as the stage lasts, the same person may change their mind.

    Args:
        text_digest: of the case that was seen.

    Returns: the batch's stage after it.

    Raises:
        Refused: the case is none of this stage (``unknown``), somebody else checked it (``lease_lost``), the text was
            decided otherwise since (``text_changed``), or the person may not (``forbidden``).
    """
    batch = batch_of(db, name, locked=True)
    if batch.stage == "second" and not _is_senior(db, reviewer):
        raise Refused("forbidden", f"{reviewer} is no senior: experts check the sample.")
    take_down(db, batch, id, reviewer, correct, text_digest, reason)
    return move_on(db, batch, reviewer)


def take_down(
    db: Connection, batch: Row[Any], id: str, reviewer: str, correct: bool, text_digest: str, reason: str | None
) -> None:
    """``check`` without asking for an account, and without moving on: for many at once."""
    row = db.execute(select(batch_items).where(*_here(batch), batch_items.c.id == id)).one_or_none()
    if batch.stage not in OPEN or row is None:
        raise Refused("unknown", f"The batch {batch.name!r} has no case {id!r} to check in its stage {batch.stage!r}.")
    if row.correct is not None and row.reviewer != reviewer:
        raise Refused("lease_lost", f"{row.reviewer} has checked {id!r} already.")
    if id in db.execute(_theirs(batch, reviewer)).scalars().all():
        raise Refused("forbidden", f"{reviewer} has checked {id!r} in the first stage: somebody else must now.")
    if (seen := _case(db, id)) is None or seen.text_digest != text_digest:
        raise Refused("text_changed", f"{id!r} has been decided otherwise since it was shown.")
    said = {"correct": correct, "reason": reason, "reviewer": reviewer, "at": now(db), "text_digest": text_digest}
    db.execute(update(batch_items).where(*_here(batch), batch_items.c.id == id).values(**said))


def again(db: Connection, name: str) -> int:
    """Begin another round with a batch that has not passed, once its records have been decided again; records that are
    no longer in the workspace are left out.

    Returns: the round.

    Raises:
        UsageError: the batch has passed, or not all of its records are decided.
    """
    batch = batch_of(db, name, locked=True)
    if batch.stage == "passed":
        raise UsageError(f"The batch {name!r} has passed.", "Nothing is left to inspect in it.")
    gone = select(items.c.id).where(items.c.state == "gone")
    there = select(batch_items.c.id).where(
        batch_items.c.batch == batch.number, batch_items.c.round == batch.round, batch_items.c.stage == "first",
        batch_items.c.id.not_in(gone),
    ).order_by(batch_items.c.id)  # fmt: skip
    ids, round = db.execute(there).scalars().all(), int(batch.round) + 1
    _fill(db, batch.number, round, "first", ids)
    db.execute(update(batches).where(batches.c.number == batch.number).values(stage="first", round=round))
    return round


def inspection(db: Connection, name: str) -> Inspection:
    """Where a batch stands."""
    batch = batch_of(db, name)
    asked = select(batch_items).where(
        batch_items.c.batch == batch.number, batch_items.c.round == batch.round, batch_items.c.correct.is_(False)
    ).order_by(batch_items.c.stage, batch_items.c.id)  # fmt: skip
    second = _checks(db, batch, "second")
    return Inspection(
        batch.name, batch.stage, batch.round, batch.pass_mark, batch.sample, _checks(db, batch, "first"),
        second if second.of else None,
        tuple(Wrong(row.id, row.stage, row.reviewer, row.reason) for row in db.execute(asked)),
    )  # fmt: skip


def move_on(db: Connection, batch: Row[Any], reviewer: str) -> Stage:
    """Move a batch on to the stage that its checks have brought it to; ``reviewer`` made the last of them."""
    stage = after(batch.stage, _checks(db, batch, batch.stage), batch.pass_mark)
    if stage == batch.stage:
        return stage
    db.execute(update(batches).where(batches.c.number == batch.number).values(stage=stage))
    whole = select(batch_items.c.id).where(
        batch_items.c.batch == batch.number, batch_items.c.round == batch.round, batch_items.c.stage == "first"
    )
    ids = db.execute(whole).scalars().all()
    if stage == "failed":
        send_back(db, ids, by=reviewer, why=f"inspection {batch.name}, round {batch.round}")
    if stage == "second":
        _fill(db, batch.number, batch.round, "second", sample(ids, batch.sample, seed=batch.seed, round=batch.round))
    return stage


def _fill(db: Connection, number: int, round: int, stage: str, ids: Sequence[str]) -> None:
    there = {id for some in chunks(ids) for id in db.execute(_decided().where(items.c.id.in_(some))).scalars()}
    if missing := sorted(set(ids) - there):
        hint = "People decide first: cqia review serve"
        raise UsageError(f"{len(missing)} records of the batch are not decided, like {missing[0]}.", hint)
    if not ids:
        raise UsageError("No record of the batch is left.", "All have gone from the workspace.")
    rows = [{"batch": number, "round": round, "stage": stage, "id": id} for id in ids]
    db.execute(insert(batch_items), rows)


def _decided() -> Any:
    """Decided records with their texts as edited."""
    texts = [func.coalesce(decisions.c[name], items.c[name]).label(name) for name in ("instruction", "input", "output")]
    columns = (items.c.id, items.c.source, *texts, decisions.c.action, decisions.c.reviewer, decisions.c.reason)
    joined = select(*columns).join(decisions, decisions.c.number == items.c.decision)
    return joined.where(items.c.state == "decided")


def _case(db: Connection, id: str) -> Case | None:
    row = db.execute(_decided().where(items.c.id == id)).one_or_none()
    return None if row is None else _as_case(row)


def _as_case(row: Row[Any]) -> Case:
    return Case(**row._mapping, text_digest=digest(row.action, row.instruction, row.input, row.output)[:32])


def _checks(db: Connection, batch: Row[Any], stage: str) -> Checks:
    column = batch_items.c.correct
    counted = select(func.count(), func.count(column), func.count().filter(column.is_(False))).where(
        batch_items.c.batch == batch.number, batch_items.c.round == batch.round, batch_items.c.stage == stage
    )
    of, checked, wrong = db.execute(counted).one()
    return Checks(of, checked, wrong)


def _here(batch: Row[Any]) -> tuple[Any, ...]:
    """The cases of a batch's present stage."""
    columns = batch_items.c
    return columns.batch == batch.number, columns.round == batch.round, columns.stage == batch.stage


def _theirs(batch: Row[Any], reviewer: str) -> Any:
    """The cases that a person checked in the first stage of this round, if the second has begun."""
    return select(batch_items.c.id).where(
        batch_items.c.batch == batch.number, batch_items.c.round == batch.round, batch_items.c.stage == "first",
        batch_items.c.reviewer == reviewer, batch.stage == "second",
    )  # fmt: skip


def _is_senior(db: Connection, reviewer: str) -> bool:
    asked = select(reviewers.c.role).where(reviewers.c.name == reviewer, reviewers.c.active)
    return db.execute(asked).scalar() in ("senior", "admin")


def batch_of(db: Connection, name: str, *, locked: bool = False) -> Row[Any]:
    """The row of a batch, as it stands now. Raises ``UsageError`` where there is none."""
    asked = select(batches).where(batches.c.name == name)
    found = db.execute(asked.with_for_update() if locked else asked).one_or_none()
    if found is None:
        known = names(db)
        hint = nearest(name, known) if known else "Begin one with: cqia review inspect NAME --begin 500"
        raise UsageError(f"There is no batch {name!r}.", hint)
    return found
