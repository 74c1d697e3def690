"""Finding records, looking at one with all that was said about it, and what seniors do to many at once."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from cqia.desk.security import token
from cqia.desk.visit import Page, Stop, Visit
from cqia.review import accounts, bigrams, bulk, flags, history, items, search
from cqia.review import gold as golds
from cqia.review.search import Filter

PAGE = 50
#: The fields of the form, which are those of ``Filter``.
WORDS = ("source", "field", "state", "rule", "reviewer", "action")
NUMBERS = ("at_least", "at_most")
LENGTHS = ("shortest", "longest")


def show(visit: Visit) -> Response:
    """The records that match, a page of them."""
    wanted = _filter(visit)
    with visit.desk.database.reading() as db:
        found = search.search(db, wanted, visit.number("after") or 0, limit=PAGE)
        choices = search.facets(db)
    asked = {name: str(value) for name, value in wanted.to_dict().items() if value is not True}
    asked |= {"flagged": "1"} if wanted.flagged else {}
    return visit.page(
        "search.html", found=found, choices=choices, wanted=wanted, asked=asked,
        further=f"/search?{urlencode({**asked, 'after': found.after or 0})}", key=token(), most=bulk.MOST,
        verdicts=_may_see_verdicts(visit),
    )  # fmt: skip


def record(visit: Visit) -> Response:
    """One record: its texts, where it stands, and what was said about it that this person may see."""
    id = visit.text("id")
    with visit.desk.database.reading() as db:
        item = items.item(db, id)
        said = history.of_record(db, id)
        looked = history.looked_at(db, visit.who.name, id)
        flagged = [each for each in flags.open_flags(db) if each.id == id]
        gold = next((each for each in golds.questions(db) if each.id == id), None)
    if item.state == "waiting":  # double review is blind
        said = [each for each in said if each.reviewer == visit.who.name]
    return visit.page(
        "record.html", item=item, said=said, flags=flagged, gold=gold if visit.who.senior else None, turn=None,
        draft=None, editing=False, verdicts=_may_see_verdicts(visit) or looked or item.state == "decided", key=token(),
    )  # fmt: skip


def change(visit: Visit) -> Response:
    """Accept, reject or assign all that match, or those that were ticked; first it is said how many that are, and again
    if by then they are others."""
    key, done = visit.text("key", 200), visit.text("do", 20)  # "action" is a field of the filter
    action = next((each for each in bulk.ACTIONS if each == done), None)
    ids = visit.given("id")
    wanted = _filter(visit) if visit.text("scope", 10) == "all" else ids
    if not isinstance(wanted, Filter) and not wanted:
        raise Stop(422, "none_ticked")
    note = visit.text("note", 2_000).strip() or None
    to = visit.text("to", 60).strip() or None
    if action is None:
        raise Stop(422, "bad_field", "do")
    if action == "reject" and note is None:
        raise Stop(422, "reason_wanted")
    agreed = visit.text("sure", 64)
    if agreed:
        with suppress(bulk.Changed), visit.desk.database.writing() as db:
            if action == "assign":
                bulk.assign(db, visit.who.name, key, wanted, to, agreed)
            else:
                bulk.decide(db, visit.who.name, key, action, wanted, note, agreed)
            return visit.go("/search/history")
    with visit.desk.database.reading() as db:
        if action == "assign" and to not in {None, *(each.name for each in accounts.everyone(db) if each.active)}:
            raise Stop(404, "nobody_of_that_name")
        count, which = bulk.about(db, action, wanted)
    if not count:
        raise Stop(422, "nothing_to_do")
    sent = [(name, value) for name, values in visit.form.items() if name not in ("csrf", "sure") for value in values]
    return visit.page(
        "sure.html", status=409 if agreed else 200, sent=sent, count=count, which=which, changed=bool(agreed), to=to,
        question="free" if action == "assign" and to is None else action, note=note if action == "reject" else None,
    )  # fmt: skip


def bulk_history(visit: Visit) -> Response:
    """The bulk actions, one line each."""
    with visit.desk.database.reading() as db:
        actions = history.of_bulk(db)
    undone = {each.undoes for each in actions}
    return visit.page("bulk.html", actions=actions, undone=undone, key=token())


def undo(visit: Visit) -> Response:
    """Undo a bulk action."""
    number = visit.number("bulk")
    if number is None:
        raise Stop(422, "bad_field", "bulk")
    with visit.desk.database.writing() as db:
        bulk.undo(db, visit.who.name, visit.text("key", 200), number)
    return visit.go("/search/history")


def gold(visit: Visit) -> Response:
    """Make a record a question whose answer is known, or one no more."""
    id, action = visit.text("id"), visit.text("action", 20)
    with visit.desk.database.writing() as db:
        if action == "none":
            golds.remove(db, id)
        else:
            golds.put(db, visit.who.name, id, action, visit.text("note", 2_000).strip() or None)
    return visit.go("/record", id=id)


def settle(visit: Visit) -> Response:
    """Mark a flag as seen to."""
    number = visit.number("flag")
    if number is None:
        raise Stop(422, "bad_field", "flag")
    with visit.desk.database.writing() as db:
        flags.settle(db, visit.who.name, number)
    return visit.go("/record", id=visit.text("id"))


def _may_see_verdicts(visit: Visit) -> bool:
    return visit.who.senior or visit.desk.project.settings.review.verdicts == "at_once"


def _filter(visit: Visit) -> Filter:
    chosen: dict[str, Any] = {name: visit.text(name, 200) or None for name in WORDS}
    chosen |= {name: visit.decimal(name) for name in NUMBERS} | {name: visit.number(name) for name in LENGTHS}
    if not _may_see_verdicts(visit):  # finding by a verdict would show it
        chosen |= dict.fromkeys((*NUMBERS, "rule"))
    text = visit.text("text", 200)
    if text.strip() and not bigrams.asked(text):
        raise Stop(422, "no_word")
    return Filter(text=text, flagged=visit.text("flagged", 1) == "1", **chosen)


PAGES = (
    Page("GET", "/search", show, often=True),
    Page("GET", "/record", record, often=True),
    Page("POST", "/search", change, "senior"),
    Page("GET", "/search/history", bulk_history, "senior"),
    Page("POST", "/search/undo", undo, "senior"),
    Page("POST", "/record/gold", gold, "senior"),
    Page("POST", "/record/flag", settle, "senior"),
)
