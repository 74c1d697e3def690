"""What people did, as frames for the statistics of ``agreement`` and ``reviewers``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, case, select

from cqia.review.standing import DECIDING, STANDS
from cqia.review.tables import decisions, gold, items, ratings

RATINGS = {"unit": pl.String, "reviewer": pl.String, "criterion": pl.String, "value": pl.Float64, "at": pl.String}
WORK = {"reviewer": pl.String, "id": pl.String, "answer": pl.String, "flat": pl.Boolean, "seconds": pl.Float64,
        "at": pl.String}  # fmt: skip
GOLD = {"reviewer": pl.String, "id": pl.String, "right": pl.Boolean}
BY_HAND = ("review", "adjudicate", "gold")


def rated(db: Connection) -> pl.DataFrame:
    """What was said about each text: the action (0 accept, 1 edit, 2 reject) and the marks of the criteria.

    Returns: columns ``RATINGS``. The unit is the record and its text's digest: an earlier text is another unit.
    """
    value = case({name: number for number, name in enumerate(DECIDING)}, value=decisions.c.action)
    columns = (decisions.c.id, decisions.c.text_digest, decisions.c.reviewer)
    # Who adjudicates has seen both votes, and a gold question is no record that several judge.
    where = (decisions.c.kind == "review", decisions.c.action.in_(DECIDING), STANDS)
    said = select(*columns, value.label("value"), decisions.c.at).where(*where)
    marks = select(*columns, ratings.c.criterion, ratings.c.value, decisions.c.at).join(ratings).where(*where)
    rows = [(f"{row[0]} {row[1]}", row[2], "action", row[3], row[4].isoformat()) for row in db.execute(said)]
    rows += [(f"{row[0]} {row[1]}", row[2], row[3], row[4], row[5].isoformat()) for row in db.execute(marks)]
    return pl.DataFrame(rows, schema=RATINGS, orient="row")


def work(db: Connection, since: datetime | None = None) -> pl.DataFrame:
    """One row for each decision that was made one record at a time; columns ``WORK``.

    Args:
        since: a time, or all.
    """
    wanted: Select[Any] = (
        select(decisions.c.reviewer, decisions.c.id, decisions.c.action, decisions.c.seconds, decisions.c.at,
               decisions.c.number)
        .where(decisions.c.kind.in_(BY_HAND), decisions.c.action.in_(DECIDING), STANDS)
        .order_by(decisions.c.number)
    )  # fmt: skip
    if since is not None:
        wanted = wanted.where(decisions.c.at >= since)
    found = db.execute(wanted).all()
    said = _marks(db, since)
    rows = []
    for row in found:
        marks = said.get(row.number, ())
        answer, flat = " ".join((row.action, *marks)), len(set(marks)) == 1 if marks else None
        rows.append((row.reviewer, row.id, answer, flat, row.seconds, row.at.isoformat()))
    return pl.DataFrame(rows, schema=WORK, orient="row")


def gold_answers(db: Connection) -> pl.DataFrame:
    """One row for each gold question that was answered; columns ``GOLD``."""
    wanted = (
        select(decisions.c.reviewer, decisions.c.id, (decisions.c.action == gold.c.action).label("right"))
        .join(items, items.c.id == decisions.c.id).join(gold, gold.c.item == items.c.number)
        .where(decisions.c.kind == "gold", decisions.c.action.in_(DECIDING), STANDS).order_by(decisions.c.number)
    )  # fmt: skip
    rows = [(row.reviewer, row.id, bool(row.right)) for row in db.execute(wanted)]
    return pl.DataFrame(rows, schema=GOLD, orient="row")


def _marks(db: Connection, since: datetime | None) -> dict[int, list[str]]:
    """The marks of each decision, in the order of the criteria's names."""
    wanted = select(ratings.c.decision, ratings.c.value).join(decisions, decisions.c.number == ratings.c.decision)
    if since is not None:
        wanted = wanted.where(decisions.c.at >= since)
    found: dict[int, list[str]] = {}
    for row in db.execute(wanted.order_by(ratings.c.decision, ratings.c.criterion)):
        found.setdefault(row.decision, []).append(str(row.value))
    return found
