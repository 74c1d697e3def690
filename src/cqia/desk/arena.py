"""Two answers to one prompt, side by side, without saying whose they are: first, second, or a tie."""

from __future__ import annotations

from starlette.responses import Response

from cqia.desk.security import token
from cqia.desk.visit import Page, Stop, Visit
from cqia.review import arenas


def show(visit: Visit) -> Response:
    """The next battle, or with ``again`` the last one; or which arenas there are."""
    with visit.desk.database.reading() as db:
        known = arenas.names(db)
        name = visit.text("name") or (known[0] if len(known) == 1 else "")
        if not name:
            return visit.page("arenas.html", known=[(each, arenas.progress(db, each)) for each in known])
    return _battle(visit, name, again=visit.text("again", 1) == "1")


def vote(visit: Visit) -> Response:
    """Take down a vote and go on."""
    number, key = visit.number("battle"), visit.text("key", 100)
    if number is None or not key:
        raise Stop(422, "bad_field", "battle")
    with visit.desk.database.writing() as db:
        arenas.vote(db, number, visit.who.name, visit.text("winner", 20), f"{visit.who.name} {key}")
    name = visit.text("name")
    return _battle(visit, name, again=False) if visit.fragment else visit.go("/arena", name=name)


def _battle(visit: Visit, name: str, *, again: bool) -> Response:
    with visit.desk.database.reading() as db:
        if name not in arenas.names(db):
            raise Stop(404, "refused_unknown")
        battle = (arenas.last_battle if again else arenas.next_battle)(db, name, visit.who.name)
        progress = arenas.progress(db, name)
    template = "_arena.html" if visit.fragment else "arena.html"
    return visit.page(template, name=name, battle=battle, progress=progress, key=token(), again=again)


PAGES = (
    Page("GET", "/arena", show),
    Page("POST", "/arena", vote),
)
