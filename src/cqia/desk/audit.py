"""The audit of the paper's Table 10: records drawn at random, four yes/no questions to each."""

from __future__ import annotations

from starlette.responses import Response

from cqia.desk.security import token
from cqia.desk.visit import Page, Stop, Visit
from cqia.review import audits
from cqia.review.audit import QUESTIONS, results


def show(visit: Visit) -> Response:
    """The next record of an audit, or the one asked for; or which audits there are."""
    with visit.desk.database.reading() as db:
        known = audits.names(db)
        name = visit.text("name") or (known[-1] if len(known) == 1 else "")
        if not name:
            return visit.page("audits.html", known=[(each, *audits.progress(db, each)) for each in known])
        if name not in known:
            raise Stop(404, "refused_unknown")
        case = audits.case(db, name, visit.who.name, visit.number("nth"))
        done, of = audits.progress(db, name)
    template = "_audit.html" if visit.fragment else "audit.html"
    return visit.page(template, name=name, case=case, done=done, of=of, key=token(), questions=_questions(visit))


def answer(visit: Visit) -> Response:
    """Take down four answers and go on to the next record."""
    name, id = visit.text("name"), visit.text("id")
    given = {question.name: visit.text(f"answer_{question.name}", 3) for question in QUESTIONS}
    if not set(given.values()) <= {"yes", "no"}:
        raise Stop(422, "four_answers")
    with visit.desk.database.writing() as db:
        yes = {question: said == "yes" for question, said in given.items()}
        audits.answer(db, name, id, visit.who.name, yes, f"{visit.who.name} {visit.text('key', 100)}")
    return visit.go("/audit", name=name)


def table(visit: Visit) -> Response:
    """What came of an audit: the paper's Table 10, with intervals, in all and by source."""
    name = visit.text("name")
    with visit.desk.database.reading() as db:
        if name not in audits.names(db):
            raise Stop(404, "refused_unknown")
        answers = audits.answers(db, name)
        done, of = audits.progress(db, name)
    rates = results(answers, by_source=True)
    words = {question.name: said for question, said in zip(QUESTIONS, _questions(visit).values(), strict=True)}
    return visit.page("audit_table.html", name=name, rates=rates, done=done, of=of, words=words)


def _questions(visit: Visit) -> dict[str, str]:
    return {each.name: each.chinese if visit.language == "zh" else each.english for each in QUESTIONS}


PAGES = (
    Page("GET", "/audit", show),
    Page("POST", "/audit", answer),
    Page("GET", "/audit/table", table, "senior"),
)
