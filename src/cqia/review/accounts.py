"""Who may do what: reviewer, senior, admin. Passwords are hashed with argon2id; log-ins are limited in the database.

The first admin is made by a one-time link that ``cqia review serve`` prints in the terminal; others by links that an
admin hands out.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, delete, func, insert, select, update

from cqia.errors import UsageError
from cqia.review import clock
from cqia.review.database import Database, alone
from cqia.review.refused import Refused
from cqia.review.tables import attempts, identities, invitations, reviewers, sessions
from cqia.schema import digest

if TYPE_CHECKING:
    from argon2 import PasswordHasher

Role = Literal["reviewer", "senior", "admin"]
ROLES: tuple[Role, ...] = ("reviewer", "senior", "admin")
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
LINK_LASTS = timedelta(hours=24)

# A person mistypes now and then; a thousand guesses a day at one account find no password of ten characters.
WINDOW = timedelta(minutes=15)
MOST_BY_NAME, MOST_BY_ADDRESS = 10, 50

_NAME = re.compile(r"[^\W_][\w.@-]{0,63}")


@dataclass(frozen=True)
class Account:
    """An account. ``sources`` and ``fields``: what the reviewer is handed; empty for everything."""

    name: str
    role: Role
    sources: tuple[str, ...]
    fields: tuple[str, ...]
    language: str
    active: bool
    created: datetime
    has_password: bool

    @property
    def senior(self) -> bool:
        """May search, do things in bulk and adjudicate."""
        return self.role in ("senior", "admin")


def account(db: Connection, name: str) -> Account:
    """Raises ``Refused`` (unknown)."""
    row = db.execute(select(reviewers).where(reviewers.c.name == name)).one_or_none()
    if row is None:
        raise Refused("unknown", f"There is no account {name!r}.")
    return of_row(row)


def of_row(row: Any) -> Account:
    """A row of ``reviewers`` as an account."""
    return Account(row.name, row.role, tuple(row.sources), tuple(row.fields), row.language, row.active, row.created,
                   row.password is not None)  # fmt: skip


def everyone(db: Connection) -> list[Account]:
    """All accounts by name."""
    return [of_row(row) for row in db.execute(select(reviewers).order_by(reviewers.c.name))]


def add(db: Connection, name: str, role: Role, hashed: str | None) -> Account:
    """Make an account.

    Args:
        name: what decisions are signed with; it never changes.
        hashed: of the password, as ``hashed`` gives it; None for one that logs in by OIDC alone.

    Raises:
        Refused: ``invalid``, ``name_taken``: also for a name that differs in form or case alone, or that decisions
            from files are signed with.
    """
    name = unicodedata.normalize("NFKC", name).strip()
    if not _NAME.fullmatch(name):
        raise Refused("invalid", f"{name!r} cannot be a name.", "Letters, Hanzi, digits, . @ _ and -, at most 64.")
    if role not in ROLES:
        raise Refused("invalid", f"There is no role {role!r}.", f"Known: {', '.join(ROLES)}.")
    taken = {each.casefold() for each in db.execute(select(reviewers.c.name)).scalars()}
    if name.casefold() in taken:
        raise Refused("name_taken", f"There is an account {name!r} already.")
    db.execute(insert(reviewers).values(name=name, role=role, password=hashed, sources=[], fields=[], language="zh",
                                        active=True, created=clock.now(db)))  # fmt: skip
    return account(db, name)


def change(
    db: Connection,
    name: str,
    *,
    role: Role | None = None,
    sources: Sequence[str] | None = None,
    fields: Sequence[str] | None = None,
    language: str | None = None,
    active: bool | None = None,
) -> Account:
    """Change an account; None leaves. Another role or a closed account ends its sessions.

    Raises:
        Refused: ``unknown``; ``invalid``; ``forbidden``: it is the last admin.
    """
    before = account(db, name)
    if role is not None and role not in ROLES:
        raise Refused("invalid", f"There is no role {role!r}.", f"Known: {', '.join(ROLES)}.")
    if before.role == "admin" and before.active and (role not in (None, "admin") or active is False):
        others = select(func.count()).where(reviewers.c.role == "admin", reviewers.c.active, reviewers.c.name != name)
        if db.execute(others).scalar_one() == 0:
            raise Refused("forbidden", f"{name} is the last admin.", "Make somebody else an admin first.")
    values = {"role": role, "sources": None if sources is None else list(sources), "language": language,
              "fields": None if fields is None else list(fields), "active": active}  # fmt: skip
    given = {key: value for key, value in values.items() if value is not None}
    if given:
        db.execute(update(reviewers).where(reviewers.c.name == name).values(**given))
    if active is False or (role is not None and role != before.role):
        _log_out(db, name)
    return account(db, name)


def set_password(db: Connection, name: str, hashed: str) -> None:
    """A new password; it ends all sessions of the account."""
    account(db, name)
    db.execute(update(reviewers).where(reviewers.c.name == name).values(password=hashed))
    _log_out(db, name)


def hashed(password: str) -> str:
    """A password as it is stored; takes a tenth of a second, so not inside a transaction.

    Raises:
        Refused: ``invalid``: too short or too long.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refused("invalid", f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")
    return _hasher().hash(_bytes(password))


def log_in(database: Database, name: str, password: str, address: str) -> str:
    """Check a password; opens no session.

    Args:
        address: where the request came from, for the limit.

    Returns: the account's name.

    Raises:
        Refused: ``throttled`` with ``seconds``; ``wrong_password``, for an account that does not exist or is closed
            too, after the same time.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    name = unicodedata.normalize("NFKC", name[:200]).strip()
    keys = [(f"name:{digest(name.casefold())}", MOST_BY_NAME), (f"address:{digest(address)}", MOST_BY_ADDRESS)]
    with database.writing() as db:  # counted before it is checked: guesses at the same time are counted too
        alone(db, "attempts")
        now = clock.now(db)
        db.execute(delete(attempts).where((attempts.c.at <= now - WINDOW) | (attempts.c.at > now + clock.SLACK)))
        for key, most in keys:
            recent = select(func.count(), func.min(attempts.c.at)).where(attempts.c.who == key)
            tried, first = db.execute(recent).one()
            if tried >= most:
                seconds = max(1, int((first + WINDOW - now).total_seconds()))
                raise Refused("throttled", "Too many failed log-ins.", f"Try again in {seconds} seconds.", seconds)
        db.execute(insert(attempts), [{"who": key, "at": now} for key, _ in keys])
    with database.reading() as db:
        known = _NAME.fullmatch(name)  # what cannot be a name is not asked for
        # SQLite's lower() knows A to Z alone: the name as it is written must do too.
        alike = (reviewers.c.name == name) | (func.lower(reviewers.c.name) == name.lower())
        row = db.execute(select(reviewers).where(alike)).first() if known else None
    stored = row.password if row is not None and row.active and row.password else _nobody()
    try:
        _hasher().verify(stored, _bytes(password[: LONGEST_PASSWORD + 1]))
    except (VerificationError, InvalidHashError):
        row = None
    if row is None or row.password is None or not row.active:
        raise Refused("wrong_password", "The name or the password is wrong.")
    again = _hasher().hash(_bytes(password)) if _hasher().check_needs_rehash(row.password) else None
    with database.writing() as db:
        (name_key, _), (address_key, _) = keys
        this = (attempts.c.who == address_key) & (attempts.c.at == now)  # a whole office may log in from one address
        db.execute(delete(attempts).where((attempts.c.who == name_key) | this))
        if again is not None:
            db.execute(update(reviewers).where(reviewers.c.name == row.name).values(password=again))
    return str(row.name)


def invite(db: Connection, role: Role, by: str | None = None) -> str:
    """A one-time token that makes an account; it is shown once and stored nowhere.

    Args:
        by: the admin who hands it out; None for the link that the terminal shows.
    """
    token, now = secrets.token_urlsafe(24), clock.now(db)
    row = {"digest": digest(token), "role": role, "by": by, "created": now, "expires": now + LINK_LASTS}
    db.execute(insert(invitations).values(**row))
    return token


def first_link(db: Connection) -> str | None:
    """A token for the first admin, instead of an earlier one; None where there is an admin."""
    admins = select(func.count()).where(reviewers.c.role == "admin", reviewers.c.active)
    if db.execute(admins).scalar_one():
        return None
    db.execute(delete(invitations).where(invitations.c.by.is_(None), invitations.c.used_by.is_(None)))
    return invite(db, "admin")


def invited(db: Connection, token: str) -> Role:
    """The role that a link gives. Raises ``Refused`` (link_void)."""
    row = db.execute(select(invitations).where(invitations.c.digest == digest(token)).with_for_update()).one_or_none()
    if row is None or row.used_by is not None or not row.created <= clock.now(db) < row.expires:
        raise Refused("link_void", "The link was used, has run out, or never was.", "Ask for a new one.")
    role: Role = row.role
    return role


def accept_invitation(db: Connection, token: str, name: str, hashed: str | None) -> Account:
    """Make the account that a link stands for; the link is void then.

    Args:
        hashed: as ``hashed`` gives it; None for OIDC.

    Raises:
        Refused: ``link_void``, ``invalid``, ``name_taken``.
    """
    made = add(db, name, invited(db, token), hashed)
    db.execute(update(invitations).where(invitations.c.digest == digest(token)).values(used_by=made.name))
    return made


def identity(db: Connection, issuer: str, subject: str) -> str | None:
    """The active account that a person at an OIDC issuer is linked to."""
    wanted = select(reviewers.c.name).join(identities, identities.c.reviewer == reviewers.c.name)
    return db.execute(
        wanted.where(identities.c.issuer == issuer, identities.c.subject == subject, reviewers.c.active)
    ).scalar()  # fmt: skip


def link(db: Connection, name: str, issuer: str, subject: str) -> None:
    """Link an account to a person at an OIDC issuer.

    Raises:
        Refused: ``unknown``; ``name_taken``: the person is linked to another account.
    """
    account(db, name)
    there = select(identities.c.reviewer).where(identities.c.issuer == issuer, identities.c.subject == subject)
    found = db.execute(there).scalar()
    if found not in (None, name):
        raise Refused("name_taken", "This identity belongs to another account.")
    if found is None:
        db.execute(insert(identities).values(issuer=issuer, subject=subject, reviewer=name))


def _log_out(db: Connection, name: str) -> None:
    db.execute(delete(sessions).where(sessions.c.reviewer == name))


@cache
def _hasher() -> PasswordHasher:
    """argon2id with the library's own costs (RFC 9106, low memory)."""
    try:
        from argon2 import PasswordHasher
    except ImportError as error:
        raise UsageError("The desk needs an extra.", "Install it: pip install 'cqia[review]'") from error
    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash that no password has, so that an unknown name takes as long as a known one."""
    return _hasher().hash(secrets.token_bytes(32))


def _bytes(password: str) -> bytes:
    """NFKC, since keyboards type the same character in several forms."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
