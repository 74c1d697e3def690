"""Accounts, for admins: who there is, with which role and which work; and links for those who are to come."""

from __future__ import annotations

from starlette.responses import Response

from cqia.desk.visit import ROLES, Page, Role, Stop, Visit
from cqia.review import accounts, search


def show(visit: Visit) -> Response:
    """Everybody."""
    return _shown(visit)


def invite(visit: Visit) -> Response:
    """A one-time link, shown this once."""
    with visit.desk.database.writing() as db:
        link = accounts.invite(db, _role(visit), visit.who.name)
    host = visit.request.headers["host"]
    return _shown(visit, f"{visit.desk.door.scheme}://{host}/invited/{link}")


def change(visit: Visit) -> Response:
    """Another role, other sources and fields, or an account closed or opened again."""
    active = visit.text("active", 1)
    with visit.desk.database.writing() as db:
        accounts.change(
            db, visit.text("name", 200), role=_role(visit), sources=visit.given("source"),
            fields=visit.given("field"), active=active == "1",
        )  # fmt: skip
    return visit.go("/accounts")


def _shown(visit: Visit, link: str = "") -> Response:
    with visit.desk.database.reading() as db:
        everyone = accounts.everyone(db)
        choices = search.facets(db)
    return visit.page("accounts.html", everyone=everyone, roles=ROLES, choices=choices, link=link)


def _role(visit: Visit) -> Role:
    given = visit.text("role", 20)
    for role in ROLES:
        if role == given:
            return role
    raise Stop(422, "bad_field", "role")


PAGES = (
    Page("GET", "/accounts", show, "admin"),
    Page("POST", "/accounts", change, "admin"),
    Page("POST", "/accounts/invite", invite, "admin"),
)
