"""What the crawl's tests share. 127.0.0.1 stands for the public internet, the rest of 127.0.0.0/8 for a private one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("protego", reason="wants the extra: pip install 'cqia[crawl]'")
pytest.importorskip("warcio", reason="wants the extra: pip install 'cqia[crawl]'")

from crawl_server import Site, serving

from cqia.crawl import address
from cqia.crawl.crawl import Crawled, crawl
from cqia.crawl.settings import Settings
from cqia.readers.slices import cut, pages

#: Everything fast; the bounds are what is tested, not how long they are.
FAST: dict[str, Any] = {
    "rate": 0.0, "backoff": 0.02, "silence": 0.4, "deadline": 1.2, "attempts": 2, "page_bytes": 100_000,
}  # fmt: skip


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site()) as made:
        yield made


@pytest.fixture
def inside() -> Iterator[Site]:
    """A server in the private network."""
    with serving(Site(), "127.0.0.2") as made:
        yield made


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    real = address.public
    monkeypatch.setattr(address, "public", lambda each: str(each) == "127.0.0.1" or real(each))


@pytest.fixture
def fetch(tmp_path: Path, outside: None) -> Callable[..., Crawled]:
    """Crawls into the test's folder, fast; keyword arguments are settings."""

    def go(*seeds: str, sitemaps: list[str] | None = None, again: bool = False, **named: Any) -> Crawled:
        crawled = crawl(tmp_path / "out", seeds, sitemaps or [], Settings(**{**FAST, **named}), again=again)
        assert crawled.counts.balanced
        return crawled

    return go


@pytest.fixture
def rows(tmp_path: Path) -> Callable[[], dict[str, tuple[str, str | None, str | None]]]:
    """The ledger: state, reason and detail of each address."""

    def read() -> dict[str, tuple[str, str | None, str | None]]:
        db = sqlite3.connect(tmp_path / "out" / "ledger.sqlite")
        told = db.execute("select url, state, reason, detail from urls order by nth")
        found = {url: (state, reason, detail) for url, state, reason, detail in told}
        db.close()
        return found

    return read


@pytest.fixture
def stored(tmp_path: Path) -> Callable[[], list[tuple[str | None, bytes | None]]]:
    """The addresses and contents of the pages in the WARC files, as the house's own reader sees them."""

    def read() -> list[tuple[str | None, bytes | None]]:
        found = []
        for path in sorted((tmp_path / "out").glob("*.warc.gz")):
            for slice in cut(path, slice_bytes=1 << 20, whole=()):
                for raw in pages(slice):
                    assert raw.trouble is None, raw.trouble
                    found.append((raw.url, raw.data))
        return found

    return read
