"""The layouts of the desk's database, one file in ``versions`` for each step from one to the next.

The first step makes what ``tables`` says, as long as no version has been released. What is changed wants a step of its
own, which finds some of it done in a database that is new: a new file with ``down_revision`` naming the one before, and
``HEAD`` in ``database``. Once a version is released, the statements of the first step are to be written down as they
were. A test compares what the steps make with what ``tables`` says.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text

from cqia.errors import WorkspaceError

LOCK = 0x63716961  # of PostgreSQL, so that two servers that start together migrate one after the other


def upgrade(db: Connection, shown: str) -> None:
    """Bring a database to the newest layout, inside the caller's transaction.

    Raises:
        WorkspaceError: its layout is not known here.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = db
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise WorkspaceError(f"{shown} is of another version: {error}.", "Use a newer cqia.") from error
