"""One visit of one address: what may be asked, what is asked, what is made of the answer. Nothing is written here."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

from cqia.crawl import address, robots, signals, sitemap
from cqia.crawl.fetch import Failure, Fetched, Pairs, get
from cqia.crawl.ledger import Kind, Row, State
from cqia.crawl.robots import Robots
from cqia.crawl.settings import Settings
from cqia.errors import Unreadable
from cqia.readers import http_message

#: What a page may be: text, and the documents that exam papers come as.
PAGE = re.compile(
    r"text/(?:html|plain|markdown|x-markdown|csv|xml|x-tex)|application/(?:xhtml\+xml|xml|json|ld\+json|x-ndjson|pdf"
    r"|msword|x-tex|vnd\.openxmlformats-officedocument\.wordprocessingml\.document)"
)
HTML = frozenset({"text/html", "application/xhtml+xml"})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: The server is busy and says so: the whole host is left alone for a while.
BUSY = frozenset({429, 503})
#: Another time it may work.
PASSING = BUSY | {408, 500, 502, 504}


@dataclass(frozen=True)
class Outcome:
    """What became of a visit. ``pending`` means: to be asked again, after ``wait`` seconds if the server said so.

    Attributes:
        page: what to store, for a page that is kept and has changed.
        answer: what the server answered, whatever became of it.
        found, found_kind, hops: addresses that it led to.
        busy: the host asked to be left alone. down: there was no talking to it.
        delay: seconds between requests that the host's robots.txt asks for.
    """

    state: State
    reason: str | None = None
    detail: str | None = None
    page: Fetched | None = None
    answer: Fetched | None = None
    found: tuple[str, ...] = ()
    found_kind: Kind = "page"
    hops: int = 0
    wait: float | None = None
    busy: bool = False
    down: bool = False
    delay: float = 0.0


@dataclass
class Visitor:
    """Visits addresses, each host in one thread at a time. Remembers robots.txt, by origin, for one run."""

    settings: Settings
    stopped: threading.Event
    known: dict[str, Robots] = field(default_factory=dict)

    def visit(self, row: Row) -> Outcome:
        """Visit one address. Raises nothing that a server could bring about."""
        try:
            origin = address.origin_of(row.url)
            new = origin not in self.known
            rules = self.known[origin] = self._fetch_robots(origin) if new else self.known[origin]
            delay = rules.delay
            if not rules.allows(row.url):
                return Outcome("skipped", "robots", "robots.txt disallows it", delay=delay)
            if rules.no_training and row.kind == "page":
                return Outcome("skipped", "noai", "robots.txt: Content-Signal: ai-train=no", delay=delay)
            if delay > self.settings.patience / 10:
                return Outcome("skipped", "crawl_delay", f"robots.txt asks for {delay:,.0f} seconds between requests")
            if new:  # robots.txt was a request too
                self.stopped.wait(max(self.settings.rate, delay))
            return self._ask(row, delay)
        except address.PrivateAddressError as error:
            return Outcome("skipped", "private_address", str(error))
        except Failure as error:
            down = error.reason in ("dns", "connection", "timeout", "tls", "robots_unreachable")
            state: State = "pending" if error.again else "failed"
            return Outcome(state, error.reason, error.message, wait=error.wait, busy=error.wait is not None, down=down)
        except Unreadable as error:
            return Outcome("failed", error.reason, error.message)
        except Exception as error:  # noqa: BLE001 - one hostile answer must not end the crawl of the others
            return Outcome("failed", "error", f"{type(error).__name__}: {error}"[:500])

    def _ask(self, row: Row, delay: float) -> Outcome:
        s = self.settings
        limit = s.page_bytes if row.kind == "page" else s.sitemap_bytes
        more = {"If-None-Match": row.etag, "If-Modified-Since": row.last_modified} if row.stored else {}
        conditions = {name: value for name, value in more.items() if value}
        got = get(row.url, s, self.stopped, limit=limit, more=conditions,
                  wanted=lambda status, pairs: status == 200 and _refused(row.kind, pairs) is None)  # fmt: skip
        headers = got.headers
        if got.status == 304 and conditions:
            return Outcome("kept", detail="not modified", answer=got, delay=delay)
        if got.status in REDIRECTS and "location" in headers:
            return self._redirected(row, got, headers["location"], delay)
        if got.status in PASSING:
            wait = retry_after(headers.get("retry-after", ""), got.at)
            return Outcome("pending", f"http_{got.status}", got.phrase[:100], answer=got, wait=wait,
                           busy=got.status in BUSY, delay=delay)  # fmt: skip
        if got.status != 200:
            return Outcome("failed", f"http_{got.status}", got.phrase[:100], answer=got, delay=delay)
        if (said := _refused(row.kind, got.pairs)) is not None or got.body is None:
            return Outcome("skipped", *(said or ("content_type", "")), answer=got, delay=delay)
        if got.over:
            return Outcome("failed", "too_large", f"more than {limit:,} bytes", answer=got, delay=delay)
        body = http_message.decoded(got.body, headers.get("content-encoding", ""), limit)
        if row.kind == "sitemap":
            return _sitemap(body, row, got, delay, s)
        if not body.strip():
            return Outcome("failed", "empty", "an answer without a body", answer=got, delay=delay)
        charset = http_message.charset(headers)
        if http_message.media_type(headers) in HTML and (said := signals.in_page(body, charset)) is not None:
            return Outcome("skipped", *said, answer=got, delay=delay)
        return Outcome("kept", page=got, answer=got, delay=delay)

    def _redirected(self, row: Row, got: Fetched, location: str, delay: float) -> Outcome:
        try:
            # Servers send the bytes of UTF-8 as they are, which HTTP reads as Latin-1.
            target = address.normal(location.encode("latin-1", "replace").decode("utf-8", "replace"), row.url)
        except address.BadAddressError as error:
            return Outcome("failed", "bad_redirect", str(error), answer=got, delay=delay)
        if row.hops >= self.settings.redirects:
            return Outcome("failed", "too_many_redirects", f"on to {target}", answer=got, delay=delay)
        return Outcome("skipped", "redirected", target, answer=got, found=(target,), found_kind=row.kind,
                       hops=row.hops + 1, delay=delay)  # fmt: skip

    def _fetch_robots(self, origin: str) -> Robots:
        """RFC 9309: what is not there allows everything; what cannot be had forbids it, for now."""
        url = f"{origin}/robots.txt"
        for _ in range(self.settings.redirects + 1):
            try:
                got = get(
                    url, self.settings, self.stopped, wanted=lambda status, _: status == 200, limit=robots.MAX_BYTES
                )
            except Failure as error:
                raise Failure(error.reason, f"{url}: {error.message}", error.again) from None
            if got.status in REDIRECTS and "location" in got.headers:
                try:
                    url = address.normal(got.headers["location"], url)
                except address.BadAddressError:
                    return Robots()
                continue
            if got.status in PASSING or got.status >= 500:
                wait = retry_after(got.headers.get("retry-after", ""), got.at) if got.status in BUSY else None
                raise Failure("robots_unreachable", f"{url} answers {got.status}", wait=wait)
            if got.status != 200 or got.body is None:
                return Robots()
            try:
                coding = got.headers.get("content-encoding", "")
                return robots.parse(http_message.decoded(got.body, coding, 10 * robots.MAX_BYTES))
            except Unreadable as error:
                raise Failure("robots_unreachable", f"{url}: {error.message}") from None
        return Robots()


def _refused(kind: Kind, pairs: Pairs) -> signals.Said | None:
    """Why the body of an answer is not wanted, as far as its headers tell."""
    if kind == "sitemap":
        return None
    if (said := signals.in_headers(pairs)) is not None:
        return said
    media = http_message.media_type(http_message.joined(pairs))
    return None if PAGE.fullmatch(media) else ("content_type", media[:100] or "the server does not say what it is")


def _sitemap(body: bytes, row: Row, got: Fetched, delay: float, settings: Settings) -> Outcome:
    if body.startswith(b"\x1f\x8b"):  # sitemap.xml.gz is compressed for itself, not for the transfer
        body = http_message.decoded(body, "gzip", settings.sitemap_bytes)
    found = sitemap.parse(body, row.url)
    if not found.addresses:
        return Outcome("failed", "empty_sitemap", "it names no address of its own host", answer=got, delay=delay)
    if found.index and row.hops >= settings.redirects:
        return Outcome("failed", "nested_sitemaps", "an index in an index in an index", answer=got, delay=delay)
    told = [f"{len(found.addresses):,} addresses"]
    told += [f"{found.elsewhere:,} of other hosts left out"] if found.elsewhere else []
    told += [f"{found.bad:,} that are none"] if found.bad else []
    told += [f"cut at {sitemap.MOST:,}"] if found.cut else []
    kind: Kind = "sitemap" if found.index else "page"
    hops = row.hops + 1 if found.index else 0
    return Outcome("skipped", "sitemap", ", ".join(told), answer=got, delay=delay, found=found.addresses,
                   found_kind=kind, hops=hops)  # fmt: skip


def retry_after(value: str, now: datetime) -> float | None:
    """The seconds that ``Retry-After`` asks for, as a number or as a time; None for anything else."""
    if re.fullmatch("[0-9]{1,9}", value.strip()):
        return float(value)
    try:
        then = parsedate_to_datetime(value)
        return max((then - now).total_seconds(), 0.0) if then.tzinfo else None
    except (ValueError, TypeError, OverflowError):
        return None
