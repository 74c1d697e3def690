"""How every SQLite file of ours is written: nothing that was acknowledged is lost, and readers wait for nobody."""

from __future__ import annotations

import sqlite3
import time

NAP = 0.005  # seconds


def durable(db: sqlite3.Connection, patience: float) -> None:
    """Keep the log of a connection beside its file (WAL), and put each transaction on disk before it is acknowledged.

    Two connections that choose the log of a new file at the same moment bar each other's way, and there SQLite waits
    for nobody, whatever its timeout says (https://sqlite.org/c3ref/busy_handler.html): we do, for ``patience`` seconds.

    Raises:
        sqlite3.Error: the file cannot be used, or stayed locked.
    """
    end = time.monotonic() + patience
    while True:
        try:
            db.execute("pragma journal_mode = wal")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(NAP)
    db.execute("pragma synchronous = full")
