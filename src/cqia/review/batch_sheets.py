"""A batch's open stage as lines to be filled in without the desk, and the same taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from cqia.errors import UsageError, nearest
from cqia.review import batches
from cqia.review.lines import Line, read
from cqia.review.refused import Refused


class Checked(Line):
    """A line of a sheet: the case as it was shown, and the check, null until it is made."""

    batch: str
    record: Annotated[str, Field(min_length=1)]
    source: str | None = None
    instruction: str | None = None
    input: str | None = None
    output: str | None = None
    action: str | None = None
    decided_by: str | None = None
    why: str | None = None
    text_digest: str
    correct: bool | None = None
    reviewer: str | None = None
    reason: str | None = None


def sheet(db: Connection, name: str) -> list[dict[str, Any]]:
    """The cases of a batch's present stage that nobody has checked."""
    return [
        {"batch": name, "record": case.id, "source": case.source, "instruction": case.instruction,
         "input": case.input, "output": case.output, "action": case.action, "decided_by": case.reviewer,
         "why": case.reason, "text_digest": case.text_digest, "correct": None, "reviewer": None, "reason": None}
        for case in batches.unchecked(db, name)
    ]  # fmt: skip


def take(db: Connection, path: Path) -> int:
    """Take the checks of a sheet; lines without one are passed over, all others are taken or nothing.

    Returns: how many cases were checked.

    Raises:
        UsageError: a line is wrong, or its check is refused; the message says why.
    """
    lines = [(where, line) for where, line in read(path, Checked) if line.correct is not None]
    for where, line in lines:
        if line.batch not in (known := batches.names(db)):
            raise UsageError(f"{where}: there is no batch {line.batch!r}.", nearest(line.batch, known))
        if not (line.reviewer or "").strip():
            raise UsageError(f"{where}: reviewer is missing.", "Say who checked.")
    for name in dict.fromkeys(line.batch for _, line in lines):
        batch = batches.batch_of(db, name, locked=True)  # as it was: one wrong case fails it, and the rest is taken too
        mine = [(where, line) for where, line in lines if line.batch == name]
        for where, line in mine:
            try:
                batches.take_down(db, batch, line.record, line.reviewer or "", bool(line.correct), line.text_digest,
                                  line.reason)  # fmt: skip
            except Refused as error:
                hint = error.hint or "Nothing of this file was taken."
                raise UsageError(f"{where}: {error.message}", hint) from error
        batches.move_on(db, batch, mine[-1][1].reviewer or "")
    return len(lines)
