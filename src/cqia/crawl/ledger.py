"""The ledger of a crawl: every address with what became of it, in SQLite, on disk before the next one is asked.

Each address is exactly one of

    kept       its page lies in a WARC file, at ``warc``, ``offset`` and ``length``
    skipped    it was not to be fetched or not to be kept, for a reason: robots, noai, redirected, content_type, ...
    failed     it gave nothing, for a reason: http_404, timeout, too_large, ...
    pending    it has not been asked yet, or is to be asked again
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from cqia.crawl import address
from cqia.errors import WorkspaceError
from cqia.sqlite import durable

State = Literal["kept", "skipped", "failed", "pending"]
Kind = Literal["page", "sitemap"]

LAYOUT = 1  # PRAGMA user_version
PATIENCE = 5.0  # seconds to wait for a reader of another process

TABLES = """
create table urls (
    url text primary key, nth integer not null, host text not null,
    kind text not null check (kind in ('page', 'sitemap')),
    via text, hops integer not null default 0,
    state text not null default 'pending' check (state in ('kept', 'skipped', 'failed', 'pending')),
    reason text, detail text, attempts integer not null default 0,
    status integer, fetched text, etag text, last_modified text, digest text,
    warc text, offset integer, length integer,
    check ((state = 'kept') <= (warc is not null)), check ((state in ('skipped', 'failed')) <= (reason is not null))
) without rowid;
create index urls_waiting on urls (state, host, attempts, nth);
create table files (name text primary key, bytes integer not null) without rowid;
"""


@dataclass(frozen=True)
class Row:
    """An address as it is to be asked. ``via`` is the address that led here, ``hops`` how many redirects did."""

    url: str
    host: str
    kind: Kind
    via: str | None
    hops: int
    attempts: int
    etag: str | None
    last_modified: str | None
    digest: str | None
    stored: bool


@dataclass(frozen=True)
class Place:
    """Where a page lies: the file, the first byte of its record, and how many there are."""

    warc: str
    offset: int
    length: int


@dataclass(frozen=True)
class Answer:
    """What a server said of itself: for the next time it is asked."""

    status: int
    fetched: str
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None


@dataclass(frozen=True)
class Counts:
    """How many addresses ended as what; ``reasons`` of those that were not kept."""

    kept: int
    skipped: int
    failed: int
    pending: int
    reasons: dict[str, int]
    stored: int
    known: int

    @property
    def balanced(self) -> bool:
        """Whether every address is one of the four, and every kept one has a record of its own."""
        return self.kept + self.skipped + self.failed + self.pending == self.known and self.kept == self.stored

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        states = {name: getattr(self, name) for name in ("kept", "skipped", "failed", "pending")}
        return {"balanced": self.balanced, **states, "reasons": self.reasons}


class Ledger:
    """An open ledger. Raises ``WorkspaceError`` where the file is no ledger or cannot be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._trouble():
            self.db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
            durable(self.db, PATIENCE)
            layout = self.db.execute("pragma user_version").fetchone()[0]
            if layout == 0:
                self.db.executescript(f"begin; {TABLES} pragma user_version = {LAYOUT}; commit;")
        if layout not in (0, LAYOUT):
            self.db.close()
            raise WorkspaceError(f"{path} has layout {layout}, this version reads {LAYOUT}.", "Use a newer cqia.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    def add(self, urls: Iterable[str], kind: Kind, via: str | None = None, hops: int = 0) -> int:
        """Write down normal addresses that are not known yet; how many those are."""
        with self._trouble(), self._writing():
            return self._add(urls, kind, via, hops)

    def _add(self, urls: Iterable[str], kind: Kind, via: str | None, hops: int) -> int:
        following = self.db.execute("select coalesce(max(nth), 0) + 1 from urls").fetchone()[0]
        before = self.db.total_changes
        self.db.executemany(
            "insert or ignore into urls (url, nth, host, kind, via, hops) values (?, ?, ?, ?, ?, ?)",
            ((url, following + n, address.host_of(url), kind, via, hops) for n, url in enumerate(urls)),
        )
        return self.db.total_changes - before

    def again(self) -> bool:
        """Have everything asked once more, if nothing is left to ask; whether that is so."""
        with self._trouble(), self._writing():
            if self.db.execute("select 1 from urls where state = 'pending' limit 1").fetchone():
                return False
            self.db.execute("update urls set state = 'pending', reason = null, detail = null, attempts = 0")
            return True

    def hosts(self) -> list[str]:
        """The hosts that have something to be asked, in the order of their addresses."""
        with self._trouble():
            rows = self.db.execute("select host from urls where state = 'pending' group by host order by min(nth)")
            return [host for (host,) in rows]

    def next(self, host: str) -> Row | None:
        """The next address to ask a host for: those that were asked in vain come after the others."""
        with self._trouble():
            row = self.db.execute(
                "select url, host, kind, via, hops, attempts, etag, last_modified, digest, warc is not null from urls "
                "where state = 'pending' and host = ? order by attempts, nth limit 1", (host,)
            ).fetchone()  # fmt: skip
        return Row(*row) if row else None

    def chain(self, url: str) -> list[str]:
        """The addresses that led to one by redirects, the nearest first."""
        found: list[str] = []
        with self._trouble():
            while (
                row := self.db.execute("select via from urls where url = ? and hops > 0", (url,)).fetchone()
            ) and row[0]:
                if row[0] in found:
                    break
                found.append(url := row[0])
        return found

    def finish(
        self,
        row: Row,
        state: State,
        reason: str | None = None,
        detail: str | None = None,
        *,
        answer: Answer | None = None,
        place: Place | None = None,
        found: Sequence[str] = (),
        found_kind: Kind = "page",
        hops: int = 0,
    ) -> None:
        """Write down what became of an address, where its page lies, and the addresses it led to: all or nothing."""
        with self._trouble(), self._writing():
            if answer is not None:
                self.db.execute(
                    "update urls set status = ?, fetched = ? where url = ?", (answer.status, answer.fetched, row.url)
                )
            if place is not None and answer is not None:
                self._placed(row.url, answer, place)
            self.db.execute(
                "update urls set state = ?, reason = ?, detail = ?, attempts = ? where url = ?",
                (state, reason, detail, row.attempts + 1, row.url),
            )
            self._add(found, found_kind, row.url, hops)

    def adopt(self, url: str, answer: Answer, place: Place) -> None:
        """Write down a page that lies in a WARC file although the crawl was killed before it said so."""
        with self._trouble(), self._writing():
            self._add([url], "page", None, 0)
            self._placed(url, answer, place)

    def _placed(self, url: str, answer: Answer, place: Place) -> None:
        self.db.execute(
            "update urls set state = 'kept', reason = null, detail = null, status = ?, fetched = ?, etag = ?, "
            "last_modified = ?, digest = ?, warc = ?, offset = ?, length = ? where url = ?",
            (answer.status, answer.fetched, answer.etag, answer.last_modified, answer.digest,
             place.warc, place.offset, place.length, url),
        )  # fmt: skip
        self._file(place.warc, place.offset + place.length)

    def _file(self, name: str, size: int) -> None:
        self.db.execute("insert or replace into files values (?, ?)", (name, size))

    def files(self) -> dict[str, int]:
        """The WARC files by name, with as many of their bytes as are written down."""
        with self._trouble():
            return dict(self.db.execute("select name, bytes from files order by name"))

    def counts(self) -> Counts:
        """What became of the addresses so far."""
        with self._trouble():
            states = dict(self.db.execute("select state, count(*) from urls group by state"))
            reasons = self.db.execute(
                "select reason, count(*) from urls where reason is not null and state <> 'kept' group by reason "
                "order by 2 desc, 1"
            ).fetchall()
            stored = self.db.execute(
                "select count(*) from (select distinct warc, offset from urls join files on files.name = urls.warc "
                "where state = 'kept' and offset + length <= bytes)"
            ).fetchone()[0]
            known = self.db.execute("select count(*) from urls").fetchone()[0]
        number = {name: states.get(name, 0) for name in ("kept", "skipped", "failed", "pending")}
        return Counts(**number, reasons=dict(reasons), stored=stored, known=known)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self.db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self.db.execute("rollback")
            raise
        self.db.execute("commit")

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise WorkspaceError(
                f"The ledger {self.path} cannot be used: {error}.", "Nothing fetched is lost: mend it and run again."
            ) from error
