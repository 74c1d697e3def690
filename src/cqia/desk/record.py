"""The desk itself: one record at a time, what a person says about it, drafts, undo."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection
from starlette.responses import Response

from cqia.desk.checks import checked
from cqia.desk.security import token
from cqia.desk.visit import Page, Stop, Visit
from cqia.errors import WorkspaceError
from cqia.review import clock, decisions, drafts, flags, front, history, items, queue, suggestions
from cqia.review.accounts import Account
from cqia.review.decisions import CRITERIA, MAX_TEXT, REASONS, Saved, Verdict
from cqia.review.front import Turn
from cqia.review.items import Item
from cqia.review.queue import Taken
from cqia.review.standing import DECIDING

TEXTS = ("instruction", "input", "output")
MARKS = {"scale": (1, 2, 3, 4, 5), "pass": (1, 0)}
MAX_NOTE = 2_000
Shown = dict[str, Any]
_LOG = logging.getLogger("cqia.desk")


def show(visit: Visit) -> Response:
    """The record that the reviewer holds, or the next; with ``id`` that very one."""
    id = visit.text("id")
    shown = None if id else _held(visit)
    if shown is None:
        with visit.desk.database.writing() as db:
            name = visit.who.name
            taken = queue.take_item(db, name, id) if id else _next(db, visit, queue.worker(db, name))
        with visit.desk.database.looking() as db:
            turn, _ = front.opened(db, visit.who.name, taken)
        shown = _shown(visit, turn)
    return visit.page("desk.html", **shown)


def save(visit: Visit) -> Response:
    """Store a decision and claim the next record: one transaction, on disk before it is answered. What is shown with
    the record is read after it, since others wait to write."""
    action = visit.text("action", 20)
    kind = visit.text("kind", 20)
    with visit.desk.database.writing() as db:
        if action == "flag":  # for a senior to look at; and this reviewer goes on
            flags.flag(db, visit.who.name, visit.text("id"), visit.text("note", MAX_NOTE))
        saved = decisions.save(db, _verdict(db, visit, "skip" if action == "flag" else action))
        if saved.id != visit.text("id"):  # the form is of one record and names another: nothing of it is stored
            raise Stop(422, "bad_field", "id")
        if kind == "adjudicate" or not visit.fragment:
            return visit.go("/adjudicate" if kind == "adjudicate" else "/review")
        taken = _next(db, visit, visit.who)
    return _answered(visit, taken, saved, "flag" if action == "flag" and saved.action == "skip" else saved.action)


def undo(visit: Visit) -> Response:
    """Take back the reviewer's latest decision, or a given one; its record is shown again."""
    with visit.desk.database.writing() as db:
        saved = decisions.undo(db, visit.who.name, _key(visit), visit.number("decision"))
        if not saved.replayed:
            _put_back(db, visit, saved)
        taken = _next(db, visit, visit.who)
    return _answered(visit, taken, saved, "undo") if visit.fragment else visit.go("/review")


def keep_draft(visit: Visit) -> Response:
    """Keep what is being typed, and the lease with it."""
    number = visit.number("number")
    if number is None:
        raise Stop(422, "bad_field", "number")
    content: dict[str, Any] = {f"new_{name}": visit.text(f"new_{name}", MAX_TEXT) for name in TEXTS
                               if visit.given(f"new_{name}")}  # fmt: skip
    content |= {f"criterion_{name}": visit.text(f"criterion_{name}", 1) for name in CRITERIA}
    content |= {
        "note": visit.text("note", MAX_NOTE),
        "reason": [reason for reason in visit.given("reason") if reason in REASONS],
        "suggestion": visit.text("suggestion", 20),
        "editing": visit.text("editing", 1) == "1",
    }
    with visit.desk.database.writing() as db:
        queue.renew(db, visit.who.name, number, visit.text("token", 200))
        drafts.keep(
            db, visit.who.name, visit.text("id"), visit.number("revision") or 0, content,
            visit.text("text_digest", 200),
        )  # fmt: skip
    return Response(status_code=204)


def check(visit: Visit) -> Response:
    """What was changed, and the source's rules on what was typed."""
    with visit.desk.database.reading() as db:
        item = items.item(db, visit.text("id"))
    before = [getattr(item, name) for name in TEXTS]
    after = [_typed(visit, name, old) for name, old in zip(TEXTS, before, strict=True)]
    changed = [(name, old, new) for name, old, new in zip(TEXTS, before, after, strict=True) if old != new]
    source = visit.desk.project.sources.get(item.source)
    fires = checked(source, before, after) if source is not None and changed else []
    return visit.page("_check.html", changed=changed, fires=fires)


def _held(visit: Visit) -> Shown | None:
    """Mostly the record is in front of them already, and nothing need be written."""
    with visit.desk.database.looking() as db:
        turn = front.held(db, visit.who.name)
    return _shown(visit, turn) if turn is not None else None


def _next(db: Connection, visit: Visit, account: Account) -> Taken | None:
    return queue.take(db, account, gold_share=visit.desk.project.settings.review.gold)


def _answered(visit: Visit, taken: Taken | None, saved: Saved, word: str) -> Response:
    """What was stored, and the record that comes next; if that cannot be read, what was stored is stored all the same.

    Args:
        word: what was done, which may be another thing than the form asked for: the same form had come before.
    """
    try:
        with visit.desk.database.looking() as db:
            turn, before = front.opened(db, visit.who.name, taken, saved.id if word in DECIDING else None)
    except WorkspaceError as error:
        _LOG.error("stored, and then: %s", error)
        return visit.page("_saved.html", last_word=f"last_{word}")
    return visit.page("_desk.html", **_shown(visit, turn, saved, before, word))


def _shown(
    visit: Visit, turn: Turn | None, last: Saved | None = None, before: Item | None = None, word: str | None = None
) -> Shown:
    settings = visit.desk.project.settings.review
    draft = draft_of(turn)
    return {
        "turn": turn,
        "item": turn.item if turn else None,
        "draft": draft,
        "editing": bool(draft and draft["editing"]),
        "adjudicating": turn is not None and turn.kind == "adjudicate",
        "suggestion": turn.suggestion if turn else None,
        "last": last,
        "last_word": f"last_{word}",
        "undone": word == "undo",
        "last_item": before,
        "criteria": CRITERIA,
        "marks": MARKS[settings.marks],
        "reasons": REASONS,
        "settings": settings,
        "new_key": token,
    }


def _put_back(db: Connection, visit: Visit, undo: Saved) -> None:
    """What was said with a decision that is undone stands in the form again, as a draft."""
    before = history.undone_by(db, undo.number)
    if before is None or before.reviewer != visit.who.name:
        return
    content: dict[str, Any] = {f"new_{name}": text for name, text in before.texts.items() if text is not None}
    content |= {f"criterion_{name}": str(mark) for name, mark in before.ratings.items()}
    content |= {"note": (before.reason or "")[:MAX_NOTE], "reason": before.reasons}
    if not any(content.values()):
        return
    offered = {None: "", "refused": "refused"}.get(before.suggestion, "taken")
    content |= {"suggestion": offered, "editing": before.action == "edit"}
    revision = int(clock.now(db).timestamp() * 1000)  # as the browser counts them
    drafts.keep(db, visit.who.name, undo.id, revision, content, before.text_digest or "")


def draft_of(turn: Turn | None) -> Shown | None:
    """What was typed before and never sent, if the record's text is still the one it was typed for."""
    if turn is None or turn.draft is None or turn.draft.text_digest != turn.item.text_digest:
        return None
    found = turn.draft
    blank: dict[str, Any] = {f"new_{name}": None for name in TEXTS} | {f"criterion_{name}": "" for name in CRITERIA}
    at: datetime = found.at
    blank |= {"note": "", "reason": [], "suggestion": "", "editing": False}
    return blank | found.content | {"at": at, "revision": found.revision}


def _verdict(db: Connection, visit: Visit, action: str) -> Verdict:
    number = visit.number("number")
    if number is None:
        raise Stop(422, "bad_field", "number")
    note = visit.text("note", MAX_NOTE).strip()
    if action == "reject" and not (visit.given("reason") or note):
        raise Stop(422, "reason_wanted")
    texts: dict[str, str | None] = dict.fromkeys(TEXTS)
    if action == "edit":
        item = items.item(db, visit.text("id"))
        typed = {name: _typed(visit, name, getattr(item, name)) for name in TEXTS}
        texts = {name: text if text != getattr(item, name) else None for name, text in typed.items()}
        if not any(text is not None for text in texts.values()):
            raise Stop(422, "nothing_typed")
    return Verdict(
        reviewer=visit.who.name, turn=number, token=visit.text("token", 200), key=_key(visit), action=action,
        text_digest=visit.text("text_digest", 200), reasons=tuple(visit.given("reason")) if action == "reject" else (),
        reason=note or None, ratings=_ratings(visit) if action != "skip" else {},
        suggestion=_suggestion(db, visit, action), **texts,
    )  # fmt: skip


def _typed(visit: Visit, name: str, old: str) -> str:
    """The text of a field as typed. A browser knows one kind of line end: a text that differs in nothing else has not
    been changed."""
    if not visit.given(f"new_{name}"):
        return old
    typed = visit.text(f"new_{name}", MAX_TEXT)
    return old if typed == old.replace("\r\n", "\n").replace("\r", "\n") else typed


def _ratings(visit: Visit) -> dict[str, int]:
    marks = MARKS[visit.desk.project.settings.review.marks]
    found = {name: visit.number(f"criterion_{name}") for name in CRITERIA}
    given = {name: mark for name, mark in found.items() if mark is not None}
    if not set(given.values()) <= set(marks):
        raise Stop(422, "marks_wanted", f"{min(marks)}–{max(marks)}")
    return given


def _suggestion(db: Connection, visit: Visit, action: str) -> Literal["taken", "changed", "refused"] | None:
    """What became of a model's suggestion, if one was shown."""
    said = visit.text("suggestion", 20)
    if said not in ("taken", "refused"):
        return None
    if said == "refused" or action != "edit":
        return "refused"
    offered = suggestions.suggestion(db, visit.text("id"))
    if offered is None:
        return None
    item = items.item(db, visit.text("id"))
    same = all(
        _typed(visit, name, getattr(item, name)) == (getattr(offered, name) or getattr(item, name)) for name in TEXTS
    )
    return "taken" if same else "changed"


def _key(visit: Visit) -> str:
    return visit.text("key", 200)


PAGES = (
    Page("GET", "/review", show, often=True),
    Page("POST", "/review/save", save, often=True),
    Page("POST", "/review/undo", undo),
    Page("POST", "/review/draft", keep_draft, often=True),
    Page("POST", "/review/check", check),
)
