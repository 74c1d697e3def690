"""Politeness: robots.txt, a rate for each host, waiting when asked to, saying who asks, asking for what changed."""

from __future__ import annotations

import itertools
import threading
import time
from datetime import UTC, datetime

import pytest
from crawl_server import Site, serving, text, to

from cqia.crawl import address, robots
from cqia.crawl.settings import Settings
from cqia.crawl.visit import retry_after
from cqia.errors import UsageError


def says(body, **headers):
    return lambda asked: asked.answer(body, **{"Content_Type": "text/plain", **headers})


@pytest.mark.parametrize(
    ("lines", "state", "reason"),
    [
        ("User-agent: *\nDisallow: /\n", "skipped", "robots"),
        ("User-agent: *\nDisallow: /p\nAllow: /page\n", "kept", None),
        ("User-agent: *\nDisallow:\n", "kept", None),
        ("User-agent: cqia\nDisallow: /page\n\nUser-agent: *\nDisallow:\n", "skipped", "robots"),
        ("User-agent: other\nDisallow: /\n", "kept", None),
        ("\ufeffUser-agent: *\r\nDisallow: /*.html$\r\n", "skipped", "robots"),
        ("User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /\n", "skipped", "noai"),
        ("User-agent: *\nContent-Signal: search=yes,ai-train=yes\nAllow: /\n", "kept", None),
        ("User-agent: a\nUser-agent: *\nContent-Signal: ai-train=no\n\nUser-agent: b\nAllow: /\n", "skipped", "noai"),
        ("User-agent: *\nContent-Signal: ai-train=no\n\nUser-agent: cqia\nContent-Signal: ai-train=yes", "kept", None),
        ("User-agent: *\nCrawl-delay: 100000\n", "skipped", "crawl_delay"),
        ("<html>no robots here</html>", "kept", None),
        ("\0\xff\0" * 1000, "kept", None),
        ("User-agent: *\nDisallow: /x\n" * 50_000, "kept", None),
    ],
)
def test_robots_txt(site, fetch, rows, lines, state, reason):
    site.pages |= {"/robots.txt": says(lines), "/page.html": text("a")}
    fetch(f"{site.url}/page.html")
    assert rows()[f"{site.url}/page.html"][:2] == (state, reason)
    assert site.paths() == (["/page.html"] if state == "kept" else [])


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (lambda asked: asked.answer("", 404), "kept", None),
        (lambda asked: asked.answer("", 403), "kept", None),
        (lambda asked: asked.answer("", 500), "failed", "robots_unreachable"),
        (lambda asked: asked.answer("", 503), "failed", "robots_unreachable"),
        (to("/elsewhere.txt"), "skipped", "robots"),
        (to("/robots.txt"), "kept", None),  # RFC 9309: after five redirects it is as if there were none
    ],
)
def test_a_robots_txt_that_cannot_be_had(site, fetch, rows, answer, state, reason):
    site.pages |= {"/robots.txt": answer, "/a": text("a"), "/elsewhere.txt": says("User-agent: *\nDisallow: /a")}
    fetch(f"{site.url}/a")
    assert rows()[f"{site.url}/a"][:2] == (state, reason)
    assert ("/a" in site.paths()) == (state == "kept")
    assert len(site.asked) < 10


def test_robots_txt_is_asked_once_for_each_run(site, fetch):
    site.pages["*"] = text("a")
    fetch(f"{site.url}/1", f"{site.url}/2")
    assert len(site.times("/robots.txt")) == 1


@pytest.mark.parametrize(("rate", "lines"), [(0.15, ""), (0.0, "User-agent: *\nCrawl-delay: 0.15\n")])
def test_a_host_is_asked_one_thing_at_a_time_with_pauses(site, fetch, rate, lines):
    site.pages |= {"*": text("a"), "/robots.txt": says(lines)}
    fetch(*(f"{site.url}/{n}" for n in range(4)), rate=rate)
    at = [each.at for each in site.asked]
    assert all(after - before > 0.14 for before, after in itertools.pairwise(at))
    assert site.most_at_once == 1


def test_hosts_are_asked_side_by_side_but_not_all(monkeypatch, fetch):
    at_once, most, lock = 0, 0, threading.Lock()

    def slow(asked):
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.1)
        with lock:
            at_once -= 1
        asked.answer("a")

    with serving(Site({"*": slow})) as site:
        real = address.public
        monkeypatch.setattr(address, "public", lambda each: str(each).startswith("127.0.0.") or real(each))
        port = site.url.rpartition(":")[2]
        monkeypatch.setattr(address, "resolve", lambda url, allow: [("127.0.0.1", int(port))])
        crawled = fetch(*(f"http://h{n}.example:{port}/{m}" for n in range(6) for m in range(3)), hosts=3)
    assert crawled.counts.kept == 18
    assert most == 3


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_host_is_left_alone_for_as_long_as_it_asks(site, fetch, rows, status):
    def busy(asked):
        asked.answer("later", status, Retry_After="1") if asked.nth == 1 else asked.answer("a")

    site.pages |= {"/a": busy, "/b": text("b")}
    fetch(f"{site.url}/a", f"{site.url}/b")
    assert {row[0] for row in rows().values()} == {"kept"}
    first, second = site.times("/a")
    assert second - first >= 1
    assert site.times("/b")[0] - first >= 1  # the whole host


def test_a_host_that_asks_for_days_is_left_for_another_run(site, fetch, rows):
    def busy(asked):
        asked.answer("no", 429, Retry_After="864000") if asked.nth == 1 else asked.answer("a")

    site.pages["*"] = busy
    begun = time.monotonic()
    crawled = fetch(f"{site.url}/a", f"{site.url}/b")
    assert time.monotonic() - begun < 2
    assert (crawled.counts.pending, crawled.given_up) == (2, ("127.0.0.1",))
    assert site.paths() == ["/a"]
    assert rows()[f"{site.url}/a"][:2] == ("pending", "http_429")
    assert fetch().counts.pending == 2  # /b comes first, and it too is busy once
    assert fetch().counts.kept == 2
    assert site.paths() == ["/a", "/b", "/a", "/b"]


def test_pauses_grow_where_no_time_is_given(site, fetch):
    site.pages["/a"] = lambda asked: asked.answer("no", 503)
    fetch(f"{site.url}/a", backoff=0.1, attempts=4)
    at = site.times("/a")
    pauses = [after - before for before, after in itertools.pairwise(at)]
    assert len(pauses) == 3
    assert all(pause >= wanted for pause, wanted in zip(pauses, (0.1, 0.2, 0.4), strict=True))


def test_what_fails_waits_behind_what_was_not_asked_yet(site, fetch):
    site.pages |= {"/a": lambda a: a.answer("no", 500) if a.nth == 1 else a.answer("a"), "/b": text("b")}
    fetch(f"{site.url}/a", f"{site.url}/b")
    assert site.paths() == ["/a", "/b", "/a"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0), (" 120 ", 120), ("-1", None), ("", None), ("soon", None), ("1e9", None), ("9" * 30, None),
        ("Fri, 01 Mar 2024 00:00:30 GMT", 30), ("Fri, 01 Mar 2024 00:00:00 +0800", 0),
        ("Fri, 01 Mar 99999 00:00:00 GMT", None), ("Thu, 29 Feb 2024 23:59:00 GMT", 0),
    ],
)  # fmt: skip
def test_retry_after(value, seconds):
    assert retry_after(value, datetime(2024, 3, 1, tzinfo=UTC)) == seconds


def test_every_server_is_told_who_asks(site, fetch):
    site.pages["*"] = text("a")
    fetch(site.url, contact="me@lab.example")
    for each in site.asked:
        assert each.headers["user-agent"].startswith("cqia/")
        assert each.headers["user-agent"].endswith("(+me@lab.example)")
        assert "cookie" not in each.headers
        assert "referer" not in each.headers


@pytest.mark.parametrize("contact", ["a b", "a\r\nX: y", "(a)", "我@例子", "a" * 300])
def test_a_contact_that_cannot_be_sent(contact):
    with pytest.raises(UsageError, match="contact"):
        Settings(contact=contact)


def test_again_sends_only_what_has_changed(site, fetch, rows, stored):
    version = {"n": 1}

    def tagged(asked):
        tag = f'"v{version["n"]}"'
        same = asked.headers.get("if-none-match") == tag
        asked.answer("", 304) if same else asked.answer(f"version {version['n']}", ETag=tag)

    def dated(asked):
        same = asked.headers.get("if-modified-since") == "Mon, 01 Jan 2024 00:00:00 GMT"
        asked.answer("", 304) if same else asked.answer("d", Last_Modified="Mon, 01 Jan 2024 00:00:00 GMT")

    site.pages |= {"/tagged": tagged, "/dated": dated, "/plain": text("p"), "/gone": text("g")}
    seeds = [f"{site.url}/{name}" for name in ("tagged", "dated", "plain", "gone")]
    fetch(*seeds)
    assert len(stored()) == 4
    assert fetch(*seeds).asked == 0  # what is done is not asked again without a word
    fetch(again=True)
    assert len(site.paths()) == 8
    assert len(stored()) == 4
    assert rows()[seeds[0]] == ("kept", None, "not modified")
    version["n"] = 2
    del site.pages["/gone"]
    crawled = fetch(again=True)
    assert (crawled.counts.kept, crawled.counts.failed) == (3, 1)
    assert [data for _, data in stored()].count(b"version 2") == 1
    assert len(stored()) == 5


def test_a_limit_is_for_one_run(site, fetch):
    site.pages["*"] = text("a")
    seeds = [f"{site.url}/{n}" for n in range(5)]
    assert (fetch(*seeds, limit=2).counts.pending, site.paths()) == (3, ["/0", "/1"])
    assert fetch(*seeds, limit=2).counts.pending == 1
    assert fetch(limit=2).counts.pending == 0
    assert site.paths() == [f"/{n}" for n in range(5)]


def test_robots_of_hostile_bytes():
    for data in (b"", b"\xff\xfe" * 9, b"User-agent" * 99_999, b"Crawl-delay: nan\nUser-agent: *\nCrawl-delay: -1",
                 b"User-agent: *\nCrawl-delay: inf", b"User-agent: *\nRequest-rate: 0/0"):  # fmt: skip
        found = robots.parse(data)
        assert found.allows("http://a.example/")
        assert found.delay >= 0
