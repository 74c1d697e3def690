"""The database behind the desk: SQLite in the workspace, or PostgreSQL by its URL; the same code for both.

A transaction is on disk when ``writing`` ends. On SQLite one writes at a time, and those who wait are written together
(see ``together``). Readers never wait.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, TimeoutError

from cqia.engine.files import explained
from cqia.errors import UsageError
from cqia.review.together import PATIENCE, Together
from cqia.review.unusable import unusable
from cqia.sqlite import durable

_LOG = logging.getLogger("cqia.desk")
HEAD = "desk_0002"  # the newest migration
CONNECTIONS = 24  # at once; a server's threads wait for one

PRAGMAS = (f"busy_timeout={PATIENCE * 1000}", "foreign_keys=ON", "cache_size=-16384", "temp_store=MEMORY",
           "journal_size_limit=67108864", "wal_autocheckpoint=10000")  # fmt: skip
#: Statements of the desk take milliseconds: PostgreSQL would take longer to compile one, or to share it out.
SETTINGS = ("SET jit = off", "SET max_parallel_workers_per_gather = 0")


@dataclass(frozen=True)
class Database:
    """An open database.

    Attributes:
        engine: SQLAlchemy's. shown: its place, without a password.
        writer: gives a transaction that writes.
    """

    engine: Engine
    shown: str
    writer: Callable[[], AbstractContextManager[Connection]]

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads.

        Raises:
            WorkspaceError: the database cannot be used.
        """
        sqlite = self.engine.dialect.name == "sqlite"
        with self._explained(), self.engine.connect() as db:
            if sqlite:
                db.exec_driver_sql("BEGIN")
            yield db
            if not sqlite:
                db.commit()  # after a rollback psycopg forgets the statements that it has prepared

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """Reading, where each statement may be answered for itself: PostgreSQL is not told of a transaction that begins
        and ends, which takes as long as a statement or two. Not for what lasts for a transaction: a search sets how it
        is planned, a long answer comes by a cursor.

        Raises:
            WorkspaceError: the database cannot be used.
        """
        if self.engine.dialect.name == "sqlite":
            with self.reading() as db:
                yield db
            return
        with self._explained(), self.engine.connect() as db:
            yield db.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it is on disk when this ends, or none.

        Raises:
            WorkspaceError: it could not be written; nothing of it is there.
        """
        with self._explained(), self.writer() as db:
            yield db

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, TimeoutError, self.engine.dialect.loaded_dbapi.Error) as error:  # the last: of a COPY
            raise unusable(self.shown, error) from error


def connected(where: Path | str) -> Database:
    """The database at a path or a URL, brought to the newest layout; made where there is none.

    Raises:
        UsageError: the URL is none of PostgreSQL's, or its driver is missing.
        WorkspaceError: it cannot be opened, or is of a newer version of this program.
    """
    url = _url(where)
    if isinstance(where, Path):
        with explained(where):
            where.parent.mkdir(parents=True, exist_ok=True)
    try:
        engine = create_engine(
            url,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_use_lifo=True,  # those that are warm
            json_serializer=lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
        )
    except ImportError as error:
        raise UsageError("PostgreSQL needs a driver.", "Install it: pip install 'cqia[postgres]'") from error
    sqlite = engine.dialect.name == "sqlite"
    event.listen(engine, "connect", _prepare if sqlite else _settle)
    database = Database(
        engine,
        str(where) if sqlite else url.render_as_string(hide_password=True),
        Together(engine, where).writing if isinstance(where, Path) else engine.begin,
    )
    try:
        _migrate(database)
    except BaseException:
        database.close()
        raise
    return database


def alone(db: Connection, table: str) -> None:
    """Wait until nobody else is at a table in this way, and stay until the transaction ends. SQLite has one writer."""
    if db.dialect.name == "postgresql":
        db.execute(text(f"LOCK TABLE {table} IN EXCLUSIVE MODE"))


def _url(where: Path | str) -> URL:
    if isinstance(where, Path):
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where)
    except ArgumentError as error:
        raise UsageError("The database is not a URL.", "It looks like postgresql://user@host/name") from error
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        hint = "Leave it out for SQLite in the workspace, or give postgresql://user@host/name"
        raise UsageError(f"The database is a {url.drivername}.", hint)
    return url.set(drivername="postgresql+psycopg")


def _prepare(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin where we say
    durable(connection, PATIENCE)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _settle(connection: Any, _: object) -> None:
    connection.autocommit = True  # what is set in a transaction would go with it
    for setting in SETTINGS:
        connection.execute(setting)
    connection.autocommit = False


def _migrate(database: Database) -> None:
    """Alembic takes a quarter of a second to import: it is asked only where there is something to do."""
    with database.reading() as db:
        found = None
        if inspect(db).has_table("alembic_version"):
            found = db.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found != HEAD:
        from cqia.review.migrations import upgrade

        if found is not None:
            _LOG.warning(
                "%s is brought from %s to %s; with many records this takes minutes", database.shown, found, HEAD
            )
        with database.writing() as db:
            upgrade(db, database.shown)
