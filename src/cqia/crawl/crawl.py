"""A crawl: addresses from the ledger to visitors, pages from visitors to the archive, outcomes back into the ledger.

One thread writes; each visit runs in a thread of its own, at most one a host and ``Settings.hosts`` in all. A page is
on disk before the ledger says so, and the ledger before the host is asked again: a kill loses the visits under way
and nothing else, and running the same command again goes on from there.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cqia.crawl import address
from cqia.crawl.archive import Archive, answer_of, digest, stamp
from cqia.crawl.ledger import Answer, Counts, Ledger, Place, Row
from cqia.crawl.settings import Settings
from cqia.crawl.visit import Outcome, Visitor
from cqia.engine.files import explained
from cqia.engine.lock import locked
from cqia.errors import UsageError

#: So many addresses of a host in a row that could not be talked to end its turn: what is left stays pending.
DOWN = 3

TOLD_SECONDS = 2.0  # counting takes as long as the ledger is large

Told = Callable[[Counts], None]


@dataclass(frozen=True)
class Crawled:
    """What a run came to: the counts, what it asked, what it took over from a run that was killed."""

    counts: Counts
    asked: int
    adopted: int
    cut_off: int
    given_up: tuple[str, ...]


@dataclass
class _Host:
    """A host in this run: when it may be asked again, how often in a row it could not be, whether that is enough."""

    ready: float = 0.0
    down: int = 0
    under_way: bool = False
    retries: dict[str, float] = field(default_factory=dict)


def crawl(
    out: Path,
    seeds: Iterable[str] = (),
    sitemaps: Iterable[str] = (),
    settings: Settings | None = None,
    *,
    again: bool = False,
    told: Told = lambda counts: None,
) -> Crawled:
    """Fetch addresses into WARC files in ``out``, beside the ledger of what became of each.

    Args:
        out: the folder, new or of an earlier crawl, which then goes on.
        seeds: addresses of pages. sitemaps: addresses of sitemaps, whose pages are fetched.
        settings: how to behave.
        again: ask again for what an earlier crawl that is done has asked for: kept pages only if they have changed.
        told: called every few seconds, with the counts so far.

    Raises:
        UsageError: an address is none; nothing is given to do; the extra is not installed.
        WorkspaceError: the folder is in use, cannot be written, or was changed by someone else.
    """
    _require_extra()
    pages, maps = _normal(seeds), _normal(sitemaps)
    path = out / "ledger.sqlite"
    if not (pages or maps or path.exists()):
        raise UsageError(f"There is nothing to fetch, and no earlier crawl in {out}.", "Name seeds, or a --sitemap.")
    with explained(out):
        out.mkdir(parents=True, exist_ok=True)
    with locked(out), Ledger(path) as ledger:
        archive = Archive(out, ledger, settings or Settings())
        if again:
            ledger.again()
        ledger.add(maps, "sitemap")
        ledger.add(pages, "page")
        run = _Run(ledger, archive, settings or Settings(), told)
        run.go()
        given_up = tuple(name for name, host in run.hosts.items() if host.down >= DOWN)
        return Crawled(ledger.counts(), run.asked, archive.adopted, archive.cut_off, given_up)


def _require_extra() -> None:
    try:
        import protego  # noqa: F401
        import warcio  # noqa: F401
    except ImportError as error:
        raise UsageError(f"cqia crawl needs {error.name}.", "Install it with: pip install 'cqia[crawl]'") from error


def _normal(urls: Iterable[str]) -> Sequence[str]:
    found: dict[str, None] = {}
    for url in urls:
        try:
            found[address.normal(url)] = None
        except address.BadAddressError as error:
            raise UsageError(f"{error}.", "An address begins with http:// or https://.") from None
    return list(found)


class _Run:
    """One run of a crawl."""

    def __init__(self, ledger: Ledger, archive: Archive, settings: Settings, told: Told) -> None:
        self.ledger, self.archive, self.settings, self.told = ledger, archive, settings, told
        self.stopped = threading.Event()
        self.visitor = Visitor(settings, self.stopped)
        self.hosts: dict[str, _Host] = {name: _Host() for name in ledger.hosts()}
        self.done: queue.SimpleQueue[tuple[Row, Outcome]] = queue.SimpleQueue()
        self.under_way = self.asked = 0
        self.begun: set[str] = set()
        self.told_at = time.monotonic()

    def go(self) -> None:
        """Visit what is pending, until nothing is left that may be asked in this run."""
        try:
            while True:
                wait = self._begin()
                if not self.under_way:
                    if wait is None:
                        return
                    time.sleep(wait)
                    continue
                try:
                    row, outcome = self.done.get(timeout=wait)
                except queue.Empty:
                    continue
                self._finish(row, outcome)
        finally:
            self.stopped.set()  # what is under way when a run is stopped ends within a second

    def _begin(self) -> float | None:
        """Begin as many visits as may be; seconds until another may begin, None if only an end can change that."""
        soonest: float | None = None
        for name, host in list(self.hosts.items()):
            if host.under_way or host.down >= DOWN:
                continue
            if self.under_way >= self.settings.hosts:
                return None
            now = time.monotonic()
            if host.ready <= now:
                row = self.ledger.next(name)
                if row is None:
                    host.ready = float("inf")
                elif row.url not in self.begun and self.asked == self.settings.limit:
                    continue
                elif (at := host.retries.get(row.url, 0.0)) > now:
                    host.ready = at
                else:
                    self._visit(row, host)
                    continue
            if host.ready != float("inf"):
                soonest = min(host.ready, soonest or host.ready)
        return None if soonest is None else max(soonest - time.monotonic(), 0.0)

    def _visit(self, row: Row, host: _Host) -> None:
        if row.url not in self.begun:
            self.begun.add(row.url)
            self.asked += 1
        host.under_way = True
        self.under_way += 1
        threading.Thread(target=lambda: self.done.put((row, self.visitor.visit(row))), daemon=True).start()

    def _finish(self, row: Row, outcome: Outcome) -> None:
        s, host = self.settings, self.hosts[row.host]
        now = time.monotonic()
        host.under_way = False
        self.under_way -= 1
        host.ready = now + max(s.rate, outcome.delay)
        if outcome.state == "pending":
            outcome = self._once_more(row, outcome, host, now)
        else:
            host.down = host.down + 1 if outcome.down else 0
        if outcome.reason == "redirected" and outcome.found[0] in (row.url, *self.ledger.chain(row.url)):
            outcome = Outcome("failed", "redirect_loop", f"back to {outcome.found[0]}", answer=outcome.answer)
        answer, place = self._stored(row, outcome)
        self.ledger.finish(
            row, outcome.state, outcome.reason, outcome.detail, answer=answer, place=place,
            found=outcome.found, found_kind=outcome.found_kind, hops=outcome.hops,
        )  # fmt: skip
        for url in outcome.found:
            new = self.hosts.setdefault(address.host_of(url), _Host())
            new.ready = now if new.ready == float("inf") else new.ready
        if now - self.told_at > TOLD_SECONDS:
            self.told(self.ledger.counts())
            self.told_at = now

    def _once_more(self, row: Row, outcome: Outcome, host: _Host, now: float) -> Outcome:
        """A visit in vain: how long its address, or the whole host, is left alone; or that it has failed."""
        s = self.settings
        wait = outcome.wait if outcome.wait is not None else s.backoff * 2.0**row.attempts
        if outcome.down:
            host.down += row.attempts + 1 >= s.attempts
        if wait > s.patience:
            host.down = DOWN
            return Outcome(
                "pending", outcome.reason, f"asks to be left alone for {wait:,.0f} seconds", answer=outcome.answer
            )
        if row.attempts + 1 >= s.attempts:
            return Outcome("failed", outcome.reason, outcome.detail, answer=outcome.answer)
        host.retries[row.url] = now + max(wait, s.rate)
        if outcome.busy:
            host.ready = now + max(wait, s.rate, outcome.delay)
        return outcome

    def _stored(self, row: Row, outcome: Outcome) -> tuple[Answer | None, Place | None]:
        """Store the page of an outcome, unless the same page is stored already."""
        if outcome.answer is None:
            return None, None
        if outcome.page is None or (row.stored and row.digest == digest(outcome.page.body or b"")):
            return Answer(outcome.answer.status, stamp(outcome.answer.at)), None
        return answer_of(outcome.page), self.archive.write(outcome.page)
