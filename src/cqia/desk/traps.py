"""Questions without an answer: a person names the trap, a model drafts, and again, until the person accepts."""

from __future__ import annotations

from starlette.responses import Response

from cqia import acceptance, answering
from cqia.acceptance import Standing
from cqia.answering import Task
from cqia.answers.prompts import Question
from cqia.answers.rounds import about
from cqia.answers.sheets import LONGEST_TEXT, LONGEST_TRAP
from cqia.desk.visit import Page, Stop, Visit
from cqia.errors import CqiaError, WorkspaceError

TOGETHER = 50  # questions of one page


def show(visit: Visit) -> Response:
    """The questions that have no answer, those with a draft first; accepted ones with ``accepted``."""
    done = visit.text("accepted", 1) == "1"
    every = [each for each in acceptance.standings(visit.desk.project) if _may(visit, each.question.source)]
    wanted = sorted((each for each in every if each.accepted == done), key=lambda each: each.last is None)
    start = min(max(visit.number("from") or 0, 0), max(len(wanted) - 1, 0)) // TOGETHER * TOGETHER
    return visit.page(
        "traps.html", shown=wanted[start : start + TOGETHER], start=start, of=len(wanted), together=TOGETHER, done=done,
        accepted=sum(each.accepted for each in every), drafted=_drafted(every), all=len(every),
    )  # fmt: skip


def one(visit: Visit) -> Response:
    """One question with its rounds."""
    return _one(visit, _asked(visit))


def ask(visit: Visit) -> Response:
    """Have one more draft written, with the trap and what was wrong with the last one."""
    asked, trap = _asked(visit), visit.text("trap", LONGEST_TRAP).strip()
    wrong = visit.text("wrong", LONGEST_TRAP).strip()
    if not trap:
        raise Stop(422, "trap_wanted")
    try:
        (made,) = answering.draft(visit.desk.project, [Task(asked, trap, wrong, visit.who.name)], one=True)
    except WorkspaceError:
        raise
    except CqiaError as error:
        return _one(visit, asked, 422, fault=error.message, trap=trap, wrong=wrong)
    if made.fault:
        return _one(visit, asked, 422, fault=made.fault, trap=trap, wrong=wrong)
    return visit.go("/traps/question", id=asked.id)


def accept(visit: Visit) -> Response:
    """Accept the draft as it is, or what the person made of it."""
    asked, text = _asked(visit), visit.text("text", LONGEST_TEXT).strip()
    if not text:
        raise Stop(422, "answer_wanted")
    if visit.text("seen", 100) != asked.seen:
        raise Stop(409, "refused_text_changed")
    rounds, digest = answering.book_of(visit.desk.project).rounds(asked), visit.text("digest", 100)
    draft = next((each for each in reversed(rounds) if each.digest == digest), None)
    acceptance.accept(visit.desk.project, asked, text, draft, by=visit.who.name)
    return visit.go("/traps")


def _one(
    visit: Visit, asked: Question, status: int = 200, *, fault: str = "", trap: str | None = None, wrong: str = ""
) -> Response:
    book = answering.book_of(visit.desk.project)
    rounds = book.rounds(asked)
    last = rounds[-1] if rounds else None
    said = book.accepted(asked.source).filter(record=asked.id, seen=asked.seen).to_dicts()
    return visit.page(
        "trap.html", status, asked=asked, earlier=list(enumerate(rounds[:-1], 1)), last=last, count=len(rounds),
        fault=fault, trap=(last.trap if last else "") if trap is None else trap, wrong=wrong,
        accepted=said[0] if said else None, at_least=visit.desk.project.settings.answers.at_least,
        same=len(about(rounds, last.trap)) if last else 0, most_trap=LONGEST_TRAP, most_text=LONGEST_TEXT,
    )  # fmt: skip


def _asked(visit: Visit) -> Question:
    asked = answering.question(visit.desk.project, visit.text("id"))
    if asked is None or not _may(visit, asked.source):
        raise Stop(404, "refused_unknown")
    return asked


def _may(visit: Visit, source: str) -> bool:
    return not visit.who.sources or source in visit.who.sources


def _drafted(every: list[Standing]) -> int:
    return sum(each.last is not None and not each.accepted for each in every)


PAGES = (
    Page("GET", "/traps", show),
    Page("GET", "/traps/question", one),
    Page("POST", "/traps/ask", ask),
    Page("POST", "/traps/accept", accept),
)
