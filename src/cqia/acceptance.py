"""People's part in answering: traps that they name, what they say of the drafts, and how far each question is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cqia.answering import Task, accepted_of, book_of, named, question, questions
from cqia.answers import sheets
from cqia.answers.book import Round, to_dict
from cqia.answers.prompts import Mode, Question
from cqia.answers.rounds import about
from cqia.errors import UsageError
from cqia.project import Project


def named_traps(project: Project, path: Path) -> list[Task]:
    """The tasks that a file of traps sets.

    Raises:
        UsageError: a line is wrong, names no record that waits for an answer, or one that another line names too.
    """
    found: dict[str, Task] = {}
    lines = sheets.traps(path)
    known = named(project, {line.id for _, line in lines})
    for where, line in lines:
        asked = known.get(line.id)
        if asked is None:
            raise UsageError(f"{where}: no record {line.id!r} waits for an answer.", _waiting(project))
        if asked.id in found:
            raise UsageError(f"{where}: a second trap for {asked.id}.", "Keep one of the two.")
        found[asked.id] = Task(asked, line.trap.strip())
    return list(found.values())


@dataclass(frozen=True)
class Decided:
    """What a sheet came to: how many drafts were accepted, how many were rewritten by a person, how many were decided
    so before; and those that another draft is wanted of."""

    accepted: int
    rewritten: int
    before: int
    again: tuple[Task, ...]


def decide(project: Project, path: Path, by: str) -> Decided:
    """Take in a sheet that a person has filled in: all of it, or where a line is wrong none.

    Raises:
        UsageError: a line is wrong, or is about a draft that is not there or to a question that has changed since, or
            about a record that another line decides too.
    """
    book, wanted, again = book_of(project), [], []
    before = 0
    lines = sheets.said(path)
    known, decided = named(project, {line.id for _, line in lines}), dict[str, str]()
    for where, line in lines:
        asked = known.get(line.id)
        if asked is None:
            raise UsageError(f"{where}: no record {line.id!r} waits for an answer.", _waiting(project))
        if asked.id in decided:
            raise UsageError(f"{where}: {asked.id} is decided in {decided[asked.id]} already.", "Keep one of the two.")
        decided[asked.id] = where.rpartition(", ")[2]
        rounds = book.rounds(asked)
        about_it = next((each for each in reversed(rounds) if each.digest == line.digest), None)
        if about_it is None and (line.digest or line.decision != "rewrite"):
            hint = "Its question may have changed since: write a new sheet with --out FILE."
            raise UsageError(f"{where}: {asked.id} has no draft {line.digest!r}.", hint)
        if line.decision == "again":
            if not line.wrong.strip():
                raise UsageError(f"{where}: 'again' without a word.", 'Say what was wrong: "wrong": "…"')
            task = Task(asked, about_it.trap if about_it else "", line.wrong.strip(), by)
            drafted = any(each.wrong == task.wrong and each.by for each in about(rounds, task.trap))
            again += [] if drafted else [task]
            before += drafted
            continue
        text = line.text.strip() if line.decision == "rewrite" else about_it.draft if about_it else ""
        if not text:
            raise UsageError(f"{where}: there is no text to accept.", 'Write it: "decision": "rewrite", "text": "…"')
        wanted.append((asked, text, about_it))
    new = [each for each in wanted if accept(project, *each, by=by)]
    rewritten = sum(not _is_draft(text, last) for _, text, last in new)
    return Decided(len(new) - rewritten, rewritten, before + len(wanted) - len(new), tuple(again))


def accept(project: Project, asked: Question, text: str, last: Round | None, *, by: str) -> bool:
    """Write down that a person accepts an answer: the draft as it is, or what the person wrote; whether that is new."""
    answer_from: Literal["llm", "human"] = "llm" if _is_draft(text, last) else "human"
    return book_of(project).accept(asked, text, answer_from=answer_from, verified=True, by=by)


def _is_draft(text: str, last: Round | None) -> bool:
    return last is not None and text == last.draft


def _waiting(project: Project) -> str:
    count = sum(1 for source in project.sources.values() for _ in questions(project, source))
    return f"{count:,} records wait; see: cqia answer" if count else "None waits. Run first: cqia run --until assign"


@dataclass(frozen=True)
class Standing:
    """How far a question is: how many rounds it had, the last of them, and whether an answer is accepted."""

    question: Question
    rounds: int
    last: Round | None
    accepted: bool

    def to_dict(self) -> dict[str, object]:
        """As ``cqia answer --json`` shows it."""
        return {
            "id": self.question.id, "source": self.question.source, "question": self.question.asked,
            "rounds": self.rounds, "last": None if self.last is None else to_dict(self.last), "accepted": self.accepted,
        }  # fmt: skip


@dataclass(frozen=True)
class Story:
    """All rounds about a question, in their order, and the acceptance that counts: as ``Book.accept`` was told it."""

    question: Question
    rounds: tuple[Round, ...]
    accepted: dict[str, object] | None

    def to_dict(self) -> dict[str, object]:
        """As ``cqia answer RECORD --json`` shows it."""
        return {
            "id": self.question.id, "source": self.question.source, "question": self.question.asked,
            "original": self.question.original, "rounds": [to_dict(each) for each in self.rounds],
            "accepted": self.accepted,
        }  # fmt: skip


def story(project: Project, id: str) -> Story:
    """What was drafted, said and accepted about a record, or the record of a document.

    Raises:
        UsageError: it is no record that has come to assign.
    """
    both: tuple[Mode, ...] = ("answer", "rewrite")
    asked = next((found for mode in both if (found := question(project, id, mode))), None)
    if asked is None:
        raise UsageError(f"No record {id!r} has come to assign.", _waiting(project))
    rows = book_of(project).accepted(asked.source).filter(record=asked.id, seen=asked.seen)
    said = rows.select("answer", "answer_from", "human_verified", "by", "score").to_dicts()
    return Story(asked, tuple(book_of(project).rounds(asked)), said[0] if said else None)


def standings(project: Project) -> list[Standing]:
    """Of every question of the project without an answer of its own, how far it is; in the road's order."""
    book = book_of(project)
    found, drafted = [], book.drafted()
    for source in project.sources.values():
        done = set(accepted_of(project, source).select("record", "seen").iter_rows())
        for asked in questions(project, source):
            rounds = book.rounds(asked) if (asked.id, asked.seen) in drafted else []
            last = rounds[-1] if rounds else None
            found.append(Standing(asked, len(rounds), last, (asked.id, asked.seen) in done))
    return found
