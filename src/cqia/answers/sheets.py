"""The files that people write: traps, and drafts with what they decide about each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from cqia.answers.book import Round
from cqia.answers.prompts import Question
from cqia.review import lines
from cqia.review.lines import Line

LONGEST_TRAP = 2_000  # characters
LONGEST_TEXT = 100_000


class Trap(Line):
    """A line of a file of traps: what is behind the question of a record, or of a document.

    ``question`` is there to be read, and ignored; a line whose trap is still empty is passed over.
    """

    id: str = Field(min_length=1)
    trap: str = Field(max_length=LONGEST_TRAP)
    question: Any = None


class Said(Line):
    """A line of a sheet with what a person says about a draft; the other keys are there to be read, and ignored.

    ``digest`` names the draft. ``accept`` takes it as it is; ``rewrite`` takes ``text`` instead; ``again`` asks for
    another one, because of ``wrong``. Without a decision the line is passed over.
    """

    id: str = Field(min_length=1)
    digest: str = ""
    decision: Literal["", "accept", "rewrite", "again"] = ""
    text: str = Field("", max_length=LONGEST_TEXT)
    wrong: str = Field("", max_length=LONGEST_TRAP)
    question: Any = None
    original: Any = None
    trap: Any = None
    round: Any = None
    draft: Any = None
    check: Any = None


def traps(path: Path) -> list[tuple[str, Trap]]:
    """The lines of a file that have a trap, each with where it stands. Raises ``UsageError``."""
    return [(where, line) for where, line in lines.read(path, Trap) if line.trap.strip()]


def said(path: Path) -> list[tuple[str, Said]]:
    """The lines of a sheet that have a decision, each with where it stands. Raises ``UsageError``."""
    return [(where, line) for where, line in lines.read(path, Said) if line.decision]


def write_questions(path: Path, questions: Iterable[Question]) -> int:
    """Write a file of traps that are still to be named; returns how many."""
    return lines.write(path, ({"id": each.id, "question": each.asked, "trap": ""} for each in questions))


def write(path: Path, drafts: Iterable[tuple[Question, int, Round]]) -> int:
    """Write a sheet of drafts, each the last of its question, with its number; returns how many."""
    return lines.write(path, (sheet(*each) for each in drafts))


def sheet(question: Question, number: int, last: Round) -> dict[str, object]:
    """The line of a draft: what there is to read, and three keys to fill in."""
    return {
        "id": question.id,
        "question": question.asked,
        **({"original": question.original} if question.original else {}),
        "trap": last.trap,
        "round": number,
        "draft": last.draft,
        "check": {"outcome": last.outcome, "score": last.score, "said": last.said, "by": last.checker},
        "digest": last.digest,
        "decision": "",
        "text": "",
        "wrong": "",
    }
