"""What time it is, by the clock of the database, so that several servers agree, to a fraction of a second.

A clock may jump. A lease counts only while claimed <= now < expires: when the clock goes back it is void (a minute is
allowed, ``SLACK``), when the clock goes forward it has run out, and either way somebody else may claim the
record. Nothing is decided twice by that: saving asks whose turn it is, not what time it is.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, func, select

SLACK = timedelta(minutes=1)  # what is from the future by less is of somebody whose clock is a little ahead
AGAIN = 5.0  # seconds after which the database is asked again; meanwhile they are counted here
_SAID: WeakKeyDictionary[Engine, tuple[datetime, float]] = WeakKeyDictionary()  # by the database, and when that was


def now(db: Connection) -> datetime:
    """Now, in UTC. With SQLite, the database's machine is this one."""
    if db.dialect.name == "sqlite":
        return datetime.now(UTC)
    said, at = _SAID.get(db.engine, (None, 0.0))
    if said is None or monotonic() - at > AGAIN:
        found: datetime = db.execute(select(func.clock_timestamp())).scalar_one()
        said, at = _SAID[db.engine] = found.astimezone(UTC), monotonic()
    return said + timedelta(seconds=monotonic() - at)
