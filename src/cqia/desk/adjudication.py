"""Where two people decided differently: a senior sees both versions side by side and decides for good."""

from __future__ import annotations

from starlette.responses import Response

from cqia.desk.record import MARKS, MAX_NOTE, draft_of
from cqia.desk.security import token
from cqia.desk.visit import Page, Visit
from cqia.review import front, history, queue
from cqia.review.decisions import CRITERIA, REASONS

NAMES = "甲乙丙丁戊己"  # whose version is whose does not matter, and is not shown


def show(visit: Visit) -> Response:
    """The next disagreement."""
    with visit.desk.database.writing() as db:
        taken = queue.take(db, queue.worker(db, visit.who.name), kind="adjudicate")
        turn, _ = front.opened(db, visit.who.name, taken)
        versions = history.versions(db, turn.item) if turn else []
    draft = draft_of(turn)
    settings = visit.desk.project.settings.review
    return visit.page(
        "adjudicate.html", turn=turn, item=turn.item if turn else None,
        versions=list(zip(NAMES, versions, strict=False)),
        criteria=CRITERIA, marks=MARKS[settings.marks], reasons=REASONS, settings=settings, draft=draft,
        editing=bool(draft and draft["editing"]), adjudicating=True, suggestion=None, new_key=token, max_note=MAX_NOTE,
    )  # fmt: skip


PAGES = (Page("GET", "/adjudicate", show, "senior"),)
