"""Records out to other people's tools, and their decisions back in.

    jsonl            one JSON object a line: what waits, to be filled in with any editor; or what was decided
    argilla          a folder that ``argilla.Dataset.from_disk`` reads; back comes what ``to_disk`` wrote
    label-studio     tasks and a labelling interface; back comes the export called JSON

Whatever the way, a decision names the text that was seen by its digest, and becomes the same row as one from a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from cqia.errors import UsageError, nearest
from cqia.review import argilla, label_studio, store
from cqia.review.clock import now
from cqia.review.lines import write as write_lines
from cqia.review.sheets import FIELDS, Given, blank, filled, read_sheet
from cqia.review.standing import DECIDING, STANDS, chunks
from cqia.review.tables import decisions, ratings


@dataclass(frozen=True)
class Format:
    """A way out and back. ``write``: rows of ``records.waiting`` to a path, returns how many; ``read``: decisions."""

    write: Callable[[Path, Iterable[Mapping[str, Any]]], int]
    read: Callable[[Path], list[Given]]


FORMATS = {
    "jsonl": Format(lambda path, rows: write_lines(path, map(blank, rows)), read_sheet),
    "argilla": Format(argilla.write, argilla.read),
    "label-studio": Format(label_studio.write, label_studio.read),
}


def format_of(name: str) -> Format:
    """The format called ``name``.

    Raises:
        UsageError: there is none.
    """
    if name not in FORMATS:
        raise UsageError(f"There is no format {name!r}.", nearest(name, FORMATS))
    return FORMATS[name]


def decided(where: Path | str) -> Iterator[dict[str, Any]]:
    """The decisions that count, as lines that ``take`` takes, in the order of their records."""
    latest = store.latest(where)
    marks: dict[tuple[str, str, str], dict[str, int]] = {}
    if latest.height:
        with store.opened(where) as database, database.reading() as db:
            columns = (decisions.c.id, decisions.c.reviewer, decisions.c.at, ratings.c.criterion, ratings.c.value)
            for id, reviewer, at, criterion, value in db.execute(select(*columns).join(ratings)):
                marks.setdefault((id, reviewer, at.isoformat()), {})[criterion] = value
    for row in latest.to_dicts():
        edited = {name: row[name] for name in FIELDS if row[name] is not None}
        said = marks.get((row["id"], row["reviewer"], row["at"]), {})
        yield filled(Given("", row["id"], row["action"], row["reviewer"], row["at"], row["reason"],
                           row["text_digest"], edited, said))  # fmt: skip


def take(where: Path | str, given: Sequence[Given]) -> int:
    """Store decisions from outside; one that is there already is not stored twice, and whoever is interrupted goes on
    by asking for the same again (``store.add``).

    One without a time counts as made now, unless the same person has said the same of the same text already.

    Args:
        where: the desk's database.

    Returns: how many were new.
    """
    timed = _timed(where, given)
    return store.add(where, [_decision(each) for each in timed], {_decision(each): each.marks for each in timed})


def _decision(given: Given) -> store.Decision:
    return store.Decision(given.record, given.action, given.reviewer, given.at or "", given.reason,
                          text_digest=given.text_digest, **given.edited)  # fmt: skip


def _timed(where: Path | str, given: Sequence[Given]) -> list[Given]:
    """Those with a time, and those that say something new, as of now."""
    timeless = [each for each in given if each.at is None]
    if not timeless:
        return list(given)
    said: set[tuple[object, ...]] = set()
    with store.opened(where) as database, database.reading() as db:
        for ids in chunks([each.record for each in timeless]):
            asked = select(decisions).where(decisions.c.id.in_(ids), decisions.c.action.in_(DECIDING), STANDS)
            said |= {(row.id, row.action, row.reviewer, row.reason, row.text_digest,
                      *(row._mapping[name] for name in FIELDS)) for row in db.execute(asked)}  # fmt: skip
        at = now(db).isoformat()
    timed = []
    for each in given:
        texts = (each.edited.get(name) for name in FIELDS)
        what = (each.record, each.action, each.reviewer, each.reason, each.text_digest, *texts)
        if each.at is not None or what not in said:
            timed.append(each if each.at is not None else replace(each, at=at))
    return timed
