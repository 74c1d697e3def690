"""In and out: log-in, one-time links, OpenID Connect, one's own account, and the language."""

from __future__ import annotations

from starlette.responses import Response

from cqia.desk.oidc import Issuer
from cqia.desk.security import token
from cqia.desk.visit import YEAR, Page, Stop, Visit, keep_cookie
from cqia.desk.wordings import language_of
from cqia.review import accounts, history, sessions
from cqia.review.refused import Refused

MOST = 200  # characters of a name or a password
WAITING_SECONDS = 600  # for a log-in at the issuer


def home(visit: Visit) -> Response:
    """Where people begin."""
    return visit.go("/review" if visit.account else "/login")


def form(visit: Visit) -> Response:
    """The log-in form."""
    return _form(visit, next=_own(visit.text("next")))


def log_in(visit: Visit) -> Response:
    """Check name and password and open a session; a session is never taken over from before."""
    name = visit.text("name", MOST)
    try:
        who = accounts.log_in(visit.desk.database, name, visit.text("password", MOST), visit.address)
    except Refused as refused:
        said = visit.say(f"refused_{refused.reason}", seconds=refused.seconds)
        return _form(visit, name=name, said=said, next=_own(visit.text("next")), status=422)
    return _opened(visit, who, _own(visit.text("next")))


def log_out(visit: Visit) -> Response:
    """End the session, here and at the server."""
    with visit.desk.database.writing() as db:
        sessions.close(db, visit.cookie)
    response = visit.go("/login")
    keep_cookie(response, visit.desk.door, "session", "")
    response.headers["clear-site-data"] = '"storage"'  # drafts that other people at this machine need not see
    return response


def invitation(visit: Visit) -> Response:
    """The page behind a one-time link."""
    return _invited(visit)


def accept(visit: Visit) -> Response:
    """Make the account that a one-time link stands for."""
    name, password = visit.text("name", MOST), visit.text("password", MOST)
    if password != visit.text("again", MOST):
        return _invited(visit, name, visit.say("passwords_differ"))
    link = str(visit.request.path_params["link"])
    try:
        hashed = accounts.hashed(password)
        with visit.desk.database.writing() as db:
            made = accounts.accept_invitation(db, link, name, hashed)
    except Refused as refused:
        if refused.reason == "link_void":
            raise
        return _invited(visit, name, refused.message if visit.language == "en" else visit.say("bad_name"))
    return _opened(visit, made.name, "/review")


def away(visit: Visit) -> Response:
    """To the issuer's log-in; for somebody who is logged in, to link the two accounts."""
    where, waiting = _issuer(visit).begin(_back(visit))
    response = visit.go(where)
    keep_cookie(response, visit.desk.door, "oidc", waiting, WAITING_SECONDS)
    return response


def back(visit: Visit) -> Response:
    """Back from the issuer."""
    waiting = visit.request.cookies.get(visit.desk.door.cookie("oidc"), "")
    found = _issuer(visit).finish(waiting, visit.text("state"), visit.text("code", 4_000), _back(visit))
    if visit.account is not None:
        with visit.desk.database.writing() as db:
            accounts.link(db, visit.account.name, found.issuer, found.subject)
        response = visit.go("/me")
    else:
        with visit.desk.database.reading() as db:
            who = accounts.identity(db, found.issuer, found.subject)
        if who is None:
            raise Stop(403, "oidc_unknown")
        response = _opened(visit, who, "/review")
    keep_cookie(response, visit.desk.door, "oidc", "")
    return response


def me(visit: Visit) -> Response:
    """One's own account, and what one said lately."""
    with visit.desk.database.reading() as db:
        said = history.of_reviewer(db, visit.who.name, 50)
    oidc = visit.desk.oidc
    return visit.page("me.html", said=said, oidc=oidc.shown if oidc else None, problem="")


def change_password(visit: Visit) -> Response:
    """Another password, for who knows the old one; all other sessions end."""
    password = visit.text("password", MOST)
    if password != visit.text("again", MOST):
        raise Stop(422, "passwords_differ")
    if visit.who.has_password:
        accounts.log_in(visit.desk.database, visit.who.name, visit.text("old", MOST), visit.address)
    hashed = accounts.hashed(password)
    with visit.desk.database.writing() as db:
        accounts.set_password(db, visit.who.name, hashed)
    return _opened(visit, visit.who.name, "/me")


def language(visit: Visit) -> Response:
    """Another language, for this browser."""
    response = visit.go(_own(visit.text("next")))
    response.set_cookie("language", language_of(visit.text("to", 10), ""), max_age=YEAR, path="/", httponly=True,
                        secure=visit.desk.door.tls, samesite="lax")  # fmt: skip
    return response


def _form(visit: Visit, *, name: str = "", said: str = "", next: str = "/", status: int = 200) -> Response:
    oidc = visit.desk.oidc
    return _with_cookie(visit, "login.html", status, name=name, said=said, next=next, oidc=oidc.shown if oidc else None)


def _invited(visit: Visit, name: str = "", said: str = "") -> Response:
    with visit.desk.database.reading() as db:
        role = accounts.invited(db, str(visit.request.path_params["link"]))
    return _with_cookie(visit, "invited.html", 422 if said else 200, name=name, said=said, role=role)


def _with_cookie(visit: Visit, template: str, status: int, **values: object) -> Response:
    """A page with a form for somebody without a session: its token needs a cookie to belong to."""
    fresh = visit.as_visitor(token()) if not visit.cookie else visit
    response = fresh.page(template, status, **values)
    if fresh is not visit:
        keep_cookie(response, visit.desk.door, "visitor", fresh.cookie, WAITING_SECONDS * 6)
    return response


def _opened(visit: Visit, name: str, path: str) -> Response:
    with visit.desk.database.writing() as db:
        if visit.account is not None:
            sessions.close(db, visit.cookie)
        session = sessions.open(db, name)
    response = visit.go(path)
    keep_cookie(response, visit.desk.door, "session", session)
    keep_cookie(response, visit.desk.door, "visitor", "")
    return response


def _issuer(visit: Visit) -> Issuer:
    if visit.desk.oidc is None:
        raise Stop(404, "not_found")
    return visit.desk.oidc


def _back(visit: Visit) -> str:
    return f"{visit.desk.door.scheme}://{visit.request.headers['host']}/oidc/back"


def _own(path: str) -> str:
    """A path of this desk; anything that could lead elsewhere is the first page."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain else "/"


PAGES = (
    Page("GET", "/", home, None),
    Page("GET", "/login", form, None),
    Page("POST", "/login", log_in, None),
    Page("POST", "/logout", log_out),
    Page("GET", "/invited/{link}", invitation, None),
    Page("POST", "/invited/{link}", accept, None),
    Page("GET", "/oidc", away, None),
    Page("GET", "/oidc/back", back, None),
    Page("GET", "/me", me),
    Page("POST", "/me", change_password),
    Page("GET", "/language", language, None),
)
