"""Who is logged in. The cookie holds a token; the database holds its digest, so that a copy of it opens nothing."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from cqia.review import clock
from cqia.review.accounts import Account, of_row
from cqia.review.tables import reviewers, sessions
from cqia.schema import digest

LASTS = timedelta(days=7)
IDLE = timedelta(hours=12)  # a working day and its breaks
NOTED = timedelta(minutes=5)  # ``seen`` is written so often, not with every request


_WHOSE = select(reviewers).join(sessions, sessions.c.reviewer == reviewers.c.name).where(
    sessions.c.digest == bindparam("token"), reviewers.c.active,
    sessions.c.expires > bindparam("now"), sessions.c.seen > bindparam("lately"),
)  # fmt: skip


def open(db: Connection, reviewer: str) -> str:
    """A new session: the token for the cookie. Sessions of the account that have run out go."""
    token, now = secrets.token_urlsafe(32), clock.now(db)
    db.execute(delete(sessions).where(sessions.c.reviewer == reviewer, sessions.c.expires <= now))
    row = {"digest": digest(token), "reviewer": reviewer, "created": now, "seen": now, "expires": now + LASTS}
    db.execute(insert(sessions).values(**row))
    return token


def reviewer_of(db: Connection, token: str) -> Account | None:
    """The active account whose session this is; None where it ended or never was. Writes nothing."""
    now = clock.now(db)
    row = db.execute(_WHOSE, {"token": digest(token), "now": now, "lately": now - IDLE}).one_or_none()
    return None if row is None else of_row(row)


def note(db: Connection, token: str) -> None:
    """Write down that the session is in use; writes only now and then."""
    now = clock.now(db)
    stale = (sessions.c.digest == digest(token)) & (sessions.c.seen < now - NOTED)
    db.execute(update(sessions).where(stale).values(seen=now))


def close(db: Connection, token: str) -> None:
    """Log out."""
    db.execute(delete(sessions).where(sessions.c.digest == digest(token)))
