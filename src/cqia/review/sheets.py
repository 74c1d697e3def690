"""Decisions as lines that people fill in: what was shown, and below it what they say; null is not yet said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from cqia.errors import UsageError
from cqia.review.lines import Line, read

FIELDS = ("instruction", "input", "output")
#: The paper's six, by the names under which marks are stored, and in Chinese.
CRITERIA = {"useful": "有用性", "professional": "专业性", "logical": "逻辑性", "detailed": "详细度",
            "objective": "客观性", "harmless": "无害性"}  # fmt: skip
ACTIONS = {"accept": "通过", "edit": "修改", "reject": "驳回"}


@dataclass(frozen=True)
class Given:
    """A decision from outside.

    Attributes:
        where: it stands, for messages. record, action, reviewer, reason, text_digest: as in ``store.Decision``.
        at: when, ISO 8601 in UTC; None if the file does not say.
        edited: of an edit, the new texts by field. marks: by criterion.
    """

    where: str
    record: str
    action: str
    reviewer: str
    at: str | None = None
    reason: str | None = None
    text_digest: str | None = None
    edited: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, int] = field(default_factory=dict)


class Edited(Line):
    """The new texts of an edit."""

    instruction: str | None = None
    input: str | None = None
    output: str | None = None


class Shown(Line):
    """What whoever fills in the line sees; it is not read back."""

    source: str
    instruction: str
    input: str | None = None
    output: str
    history: str | None = None
    score: float | None = None
    why: str | None = None


class Filled(Line):
    """A line: a decision, or one that is yet to be made (``action`` is null)."""

    record: Annotated[str, Field(min_length=1)]
    shown: Shown | None = None
    text_digest: str | None = None
    action: Literal["accept", "edit", "reject"] | None = None
    reviewer: str | None = None
    at: str | None = None
    reason: str | None = None
    edited: Edited | None = None
    marks: dict[str, Annotated[int, Field(ge=0, le=5)]] | None = None


def blank(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of ``records.waiting`` as a line to be filled in."""
    shown = {name: row[name] for name in ("source", "history", *FIELDS, "score")} | {"why": row["reason"]}
    said = dict.fromkeys(("action", "reviewer", "at", "reason", "edited", "marks"))
    return {"record": row["id"], "text_digest": row["text_digest"], "shown": shown, **said}


def filled(given: Given) -> dict[str, Any]:
    """A decision as a line."""
    return {"record": given.record, "text_digest": given.text_digest, "action": given.action,
            "reviewer": given.reviewer, "at": given.at, "reason": given.reason, "edited": dict(given.edited) or None,
            "marks": dict(given.marks) or None}  # fmt: skip


def read_sheet(path: Path) -> list[Given]:
    """The decisions of a file of lines; lines not yet filled in are passed over.

    Raises:
        UsageError: a line is wrong; the message says which and how.
    """
    return [checked(_given(where, line)) for where, line in read(path, Filled) if line.action is not None]


def _given(where: str, line: Filled) -> Given:
    edited = line.edited.model_dump(exclude_none=True) if line.edited else {}
    return Given(where, line.record, line.action or "", line.reviewer or "", line.at, line.reason, line.text_digest,
                 edited, line.marks or {})  # fmt: skip


def checked(given: Given) -> Given:
    """A decision that holds together, its time in UTC.

    Raises:
        UsageError: it does not; the message says where and how.
    """
    if given.action not in ACTIONS:
        raise UsageError(f"{given.where}: action is {given.action!r}.", f"It must be one of {', '.join(ACTIONS)}.")
    if not given.reviewer.strip():
        raise UsageError(f"{given.where}: reviewer is missing.", "Say who decided.")
    if (given.action == "edit") != bool(given.edited):
        raise UsageError(f"{given.where}: an edit must change a text, and nothing else may.", "Give it 'edited'.")
    if "output" in given.edited and not given.edited["output"].strip():
        raise UsageError(f"{given.where}: the output of an edit is empty.", "Reject the record instead.")
    for criterion in given.marks:
        if criterion not in CRITERIA:
            raise UsageError(f"{given.where}: there is no criterion {criterion!r}.", f"Known: {', '.join(CRITERIA)}.")
    for text in (given.record, given.reviewer, given.reason or "", *given.edited.values()):
        if "\0" in text:
            raise UsageError(f"{given.where}: a text has a NUL in it, which cannot be stored.", "Remove it.")
    return given if given.at is None else Given(**{**given.__dict__, "at": _moment(given.at, given.where)})


def _moment(at: str, where: str) -> str:
    try:
        found = datetime.fromisoformat(at)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{where}: at is {at!r}.", "Write a time like 2026-01-02T03:04:05Z.") from error
