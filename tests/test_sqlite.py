"""Connections that open a new file at the same moment all get it; a file that stays locked is said to be."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from cqia.sqlite import durable

TOGETHER = 8


def test_all_at_the_same_moment(tmp_path: Path) -> None:
    """Without the waiting about every second file of these has a connection that fails."""
    ready = Barrier(TOGETHER)

    def opened(path: Path) -> tuple[str, int]:
        with closing(sqlite3.connect(path)) as db:
            ready.wait()
            durable(db, patience=30)
            (log,), (sync,) = db.execute("pragma journal_mode").fetchone(), db.execute("pragma synchronous").fetchone()
            return log, sync

    with ThreadPoolExecutor(TOGETHER) as pool:
        for file in range(30):
            assert set(pool.map(opened, [tmp_path / f"{file}.sqlite"] * TOGETHER)) == {("wal", 2)}


def test_stays_locked(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a", isolation_level=None)) as owner, closing(
        sqlite3.connect(tmp_path / "a", timeout=0)
    ) as other:  # fmt: skip
        owner.execute("begin exclusive")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            durable(other, patience=0.05)
        owner.execute("rollback")
        durable(other, patience=0.05)
