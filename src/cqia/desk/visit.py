"""One request to the desk, from the network to an answer, in one place: who asks, may they, and what goes wrong.

A page is a plain function from a ``Visit`` to a ``Response``, named in a table with its path and with the role that
may see it. ``serve`` does the rest, so that no page can forget it: it finds the session, compares the form's token,
asks for the role, and turns every refusal into a sentence in the reviewer's language.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from cqia.desk.oidc import Issuer
from cqia.desk.security import SAFE, Door, csrf_fits
from cqia.desk.templating import Templates
from cqia.desk.wordings import Language, language_of, table, wording
from cqia.errors import CqiaError, WorkspaceError
from cqia.project import Project
from cqia.review import sessions
from cqia.review.accounts import Account
from cqia.review.database import Database
from cqia.review.refused import Refused
from cqia.schema import digest

Role = Literal["reviewer", "senior", "admin"]
ROLES: tuple[Role, ...] = ("reviewer", "senior", "admin")  # each may what those before it may
MAX_FIELDS = 1_000
MAX_NUMBER = 2**62
MAX_ADDRESS = 900  # characters of a page to come back to; of a longer one the query is left out
WEEK = 7 * 24 * 3600
YEAR = 365 * 24 * 3600

#: The status of each refusal: 404 nothing there, 403 not for you, 409 something changed meanwhile, 422 mend the form.
STATUS = {
    "unknown": 404, "forbidden": 403, "lease_lost": 409, "text_changed": 409, "nothing_to_undo": 409, "too_many": 422,
    "invalid": 422, "name_taken": 422, "wrong_password": 422, "throttled": 429, "link_void": 410,
}  # fmt: skip
NOTED_SECONDS = sessions.NOTED.total_seconds()
MOST_NOTED = 10_000
_NOTED: dict[str, float] = {}  # digests of sessions, and when it was last written down that they are in use
_LOG = logging.getLogger("cqia.desk")


@dataclass(frozen=True)
class Desk:
    """What every page works with."""

    project: Project
    database: Database
    door: Door
    templates: Templates
    oidc: Issuer | None = None


class Stop(Exception):
    """A page ends here with a status and a wording."""

    def __init__(self, status: int, word: str, detail: str = "") -> None:
        super().__init__(word)
        self.status = status
        self.word = word
        self.detail = detail


@dataclass(frozen=True)
class Visit:
    """One request.

    Attributes:
        cookie: the session's token, or for a visitor a random value that the form's token belongs to.
        account: who asks; None for a visitor.
        form: of a POST, as decoded; query: of the address. Each name with all its values.
    """

    desk: Desk
    request: Request
    cookie: str
    account: Account | None
    language: Language
    form: Mapping[str, list[str]] = field(default_factory=dict)
    query: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def who(self) -> Account:
        """Who asks; only for pages with a role."""
        if self.account is None:
            raise Stop(401, "log_in_again")
        return self.account

    @property
    def fragment(self) -> bool:
        """Whether a part of a page is asked for, not a whole one."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def address(self) -> str:
        """Who asks, as a network address."""
        return self.desk.door.address(self.request.headers, self.request.client.host if self.request.client else "")

    @property
    def here(self) -> str:
        """The page that is looked at, to come back to: its path and query; of a form, the page that it stands in."""
        url = urlsplit(str(self.request.url))
        if self.request.method not in SAFE:
            url = urlsplit(self.request.headers.get("referer", ""))
            if url.netloc != self.request.headers.get("host"):
                return "/"
        address = f"{url.path}?{url.query}" if url.query else url.path
        return address if len(address) <= MAX_ADDRESS else url.path

    def say(self, word: str, **values: object) -> str:
        """A wording in the visitor's language."""
        return wording(word, self.language, **values)

    def given(self, name: str) -> list[str]:
        """All values of a field, of the form or else of the address."""
        return self.form.get(name) or self.query.get(name) or []

    def text(self, name: str, most: int = 1_000) -> str:
        """A field's value, with line ends as on Unix, at most ``most`` characters; "" if it is not there."""
        value = (self.given(name) or [""])[0].replace("\r\n", "\n")
        if len(value) > most or "\x00" in value:
            raise Stop(422, "bad_field", name)
        return value

    def number(self, name: str) -> int | None:
        """A field's value as a whole number; None if it is empty or not there."""
        value = self.text(name, 40).strip()
        if not value:
            return None
        if not (value.isascii() and value.removeprefix("-").isdecimal() and abs(int(value)) <= MAX_NUMBER):
            raise Stop(422, "bad_field", name)
        return int(value)

    def decimal(self, name: str) -> float | None:
        """A field's value as a number; None if it is empty or not there."""
        value = self.text(name, 40).strip()
        try:
            number = float(value) if value else None
        except ValueError as error:
            raise Stop(422, "bad_field", name) from error
        if number is not None and not abs(number) < 1e15:  # neither infinite nor no number
            raise Stop(422, "bad_field", name)
        return number

    def page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """A template as an answer."""
        return HTMLResponse(self.desk.templates.render(template, self, values), status)

    def as_visitor(self, cookie: str) -> Visit:
        """The same request with a cookie that the answer sets."""
        return replace(self, cookie=cookie)

    def go(self, path: str, **query: object) -> Response:
        """On to another page."""
        return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303)


@dataclass(frozen=True)
class Page:
    """A row of a table of pages.

    Attributes:
        answer: makes the answer. role: the least that may see it; None: everybody, a visitor too.
        often: asked for all the time and mostly answered in milliseconds, so it is answered ``in_turn``.
    """

    method: Literal["GET", "POST"]
    path: str
    answer: Callable[[Visit], Response]
    role: Role | None = "reviewer"
    often: bool = False


def serve(desk: Desk, page: Page, request: Request, body: bytes) -> Response:
    """One request, answered. Runs in a thread: it reads and writes the database."""
    door = desk.door
    session, visitor = (request.cookies.get(door.cookie(name), "") for name in ("session", "visitor"))
    language = language_of(request.cookies.get("language"), request.headers.get("accept-language", ""))
    visit = Visit(desk, request, visitor, None, language)
    try:
        query = _fields(request.url.query)
        form = _fields(_decoded(request, body)) if page.method == "POST" else {}
        account = None
        if session:
            account = _account(desk.database, session)
        visit = Visit(desk, request, session if account else visitor, account, language, form, query)
        _admit(page, visit)
        return page.answer(visit)
    except Stop as stop:
        return failed(visit, stop.status, stop.word, stop.detail)
    except Refused as refused:
        response = failed(visit, STATUS[refused.reason], f"refused_{refused.reason}", seconds=refused.seconds)
        if refused.seconds:
            response.headers["retry-after"] = str(refused.seconds)
        return response
    except WorkspaceError as error:  # a full disk, a database that is gone: its place is not for the browser
        _LOG.error("%s %s: %s", request.method, request.url.path, error)
        return failed(visit, 503, "not_stored")
    except CqiaError as error:
        return failed(visit, 422, "wrong", error.message)


def failed(visit: Visit, status: int, word: str, detail: str = "", **values: object) -> Response:
    """What went wrong, as a page or, where a part of a page was asked for, as one sentence."""
    if status == 401 and visit.request.method == "GET" and not visit.fragment:
        return visit.go("/login", next=visit.here) if visit.here != "/" else visit.go("/login")
    named = next((name for name in (f"filter_{detail}", detail) if name in table()), None)  # a field, by its label
    said = visit.say(word, detail=visit.say(named) if named else detail, **values)
    back = visit.here if visit.request.method not in SAFE else "/"
    partial = visit.fragment or visit.request.headers.get("x-csrf-token") is not None
    return PlainTextResponse(said, status) if partial else visit.page("stop.html", status, said=said, back=back)


def keep_cookie(response: Response, door: Door, name: str, value: str, seconds: int = WEEK) -> None:
    """Set a cookie that no script reads and no other site sends along; one without a value is taken away."""
    response.set_cookie(
        door.cookie(name), value, max_age=seconds if value else 0, path="/", secure=door.tls, httponly=True,
        samesite="lax",
    )  # fmt: skip


def _account(database: Database, session: str) -> Account | None:
    """Whose session it is. That it is in use is written down now and then; a full disk does not log anybody out."""
    with database.looking() as db:
        account = sessions.reviewer_of(db, session)
    known = digest(session)
    if account is not None and monotonic() - _NOTED.get(known, -NOTED_SECONDS) >= NOTED_SECONDS:
        if len(_NOTED) >= MOST_NOTED:
            _NOTED.clear()
        _NOTED[known] = monotonic()
        with suppress(WorkspaceError), database.writing() as db:
            sessions.note(db, session)
    return account


def _admit(page: Page, visit: Visit) -> None:
    if page.method not in SAFE:
        given = visit.request.headers.get("x-csrf-token") or visit.text("csrf", 200)
        if visit.account is None and page.role is not None:
            raise Stop(401, "log_in_again")
        if not csrf_fits(visit.cookie, given):
            raise Stop(403, "stale_page")
    if page.role is None:
        return
    if visit.account is None:
        raise Stop(401, "log_in_again")
    if ROLES.index(visit.account.role) < ROLES.index(page.role):
        raise Stop(403, "not_for_you")


def _decoded(request: Request, body: bytes) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind != "application/x-www-form-urlencoded":
        raise Stop(415, "bad_form")
    try:
        return body.decode("ascii")
    except UnicodeDecodeError as error:
        raise Stop(422, "bad_form") from error


def _fields(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS):
            found.setdefault(name, []).append(value)
    except ValueError as error:  # bytes that are not UTF-8, or too many fields
        raise Stop(422, "bad_form") from error
    return found
