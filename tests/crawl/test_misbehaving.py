"""Servers that misbehave: every address ends with a reason, in bounded time, and nothing private is asked."""

from __future__ import annotations

import gzip
import socket
import struct
import time
import tracemalloc

import pytest
from crawl_server import Site, serving, text, to


def trickle(asked):
    asked.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        asked.write(b"x")
        time.sleep(0.05)


def trickling_head(asked):
    asked.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        asked.write(b"X-A: b\r\n")
        time.sleep(0.05)


def silent(asked):
    asked.write(b"HTTP/1.1 200 OK\r\n")
    time.sleep(2)


def endless(asked):
    asked.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        asked.write(b"<p>" * 10_000)


def endless_chunks(asked):
    asked.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        asked.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")


def endless_head(asked):
    asked.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        asked.write(b"X-Y: " + b"y" * 1000 + b"\r\n")


def endless_continue(asked):
    while True:
        asked.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        time.sleep(0.01)


def reset(asked):
    asked.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<p>")
    connection = asked.handler.connection
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def said(data):
    return lambda asked: asked.write(data)


def with_meta(name, content):
    return lambda asked: asked.answer(f"<html><head><META content=\"{content}\" NAME='{name}'></head><p>a</html>")


BOMB = gzip.compress(b"<p>" * 20_000_000)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@pytest.mark.parametrize(
    ("page", "state", "reason", "asked"),
    [
        (text("a"), "kept", None, 1),
        (text("a", X_Robots_Tag="nofollow, noarchive"), "kept", None, 1),
        (text("a", X_Robots_Tag="googlebot: noindex, nofollow"), "kept", None, 1),
        (text("a", X_Robots_Tag="unavailable_after: 25 Jun 2010 15:00:00 PST, noai"), "skipped", "noai", 1),
        (text("a", X_Robots_Tag="noindex"), "skipped", "noindex", 1),
        (text("a", X_Robots_Tag="nofollow, NoAI, noimageai"), "skipped", "noai", 1),
        (text("a", X_Robots_Tag="cqia: none"), "skipped", "noindex", 1),
        (text("a", TDM_Reservation="1"), "skipped", "noai", 1),
        (text("a", TDM_Reservation="0"), "kept", None, 1),
        (with_meta("robots", "noindex,follow"), "skipped", "noindex", 1),
        (with_meta("ROBOTS", "follow, noai"), "skipped", "noai", 1),
        (with_meta("cqia", "noai"), "skipped", "noai", 1),
        (with_meta("googlebot", "noindex"), "kept", None, 1),
        (with_meta("tdm-reservation", "1"), "skipped", "noai", 1),
        (lambda a: a.answer("gone", 404), "failed", "http_404", 1),
        (lambda a: a.answer("no", 403), "failed", "http_403", 1),
        (lambda a: a.answer("", 304), "failed", "http_304", 1),
        (lambda a: a.answer("oh", 500), "failed", "http_500", 2),
        (lambda a: a.answer("busy", 503), "failed", "http_503", 2),
        (lambda a: a.answer("busy", 429), "failed", "http_429", 2),
        (lambda a: a.answer(""), "failed", "empty", 1),
        (lambda a: a.answer(b"\x89PNG", Content_Type="image/png"), "skipped", "content_type", 1),
        (lambda a: a.answer(b"\0" * 9, Content_Type=""), "skipped", "content_type", 1),
        (lambda a: a.answer('{"a": 1}', Content_Type="application/json"), "kept", None, 1),
        (lambda a: a.answer(gzip.compress(b"<p>a"), Content_Encoding="gzip"), "kept", None, 1),
        (lambda a: a.answer(b"not compressed", Content_Encoding="gzip"), "kept", None, 1),
        (lambda a: a.answer(BOMB, Content_Encoding="gzip"), "failed", "too_large", 1),
        (lambda a: a.answer(b"?", Content_Encoding="br"), "failed", "content_encoding", 1),
        (lambda a: a.answer("x" * 200_000), "failed", "too_large", 1),
        (lambda a: a.answer("x" * 100_000), "kept", None, 1),
        (lambda a: a.answer("x", length=50), "failed", "truncated", 2),
        (endless, "failed", "too_large", 1),
        (endless_chunks, "failed", "too_large", 1),
        (endless_head, "failed", "bad_response", 2),
        (endless_continue, "failed", "timeout", 2),
        (trickle, "failed", "timeout", 2),
        (trickling_head, "failed", "timeout", 2),
        (silent, "failed", "timeout", 2),
        (reset, "failed", "connection", 2),
        (said(b""), "failed", "connection", 2),
        (said(b"SSH-2.0-OpenSSH_9.9\r\n"), "failed", "bad_response", 2),
        (said(HEAD + b"Content-Length: 9999999999999999999999\r\n\r\nx"), "failed", "truncated", 2),
        (said(HEAD + b"Content-Length: -5\r\n\r\n<p>x"), "kept", None, 1),
        (said(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), "failed", "truncated", 2),
        (said(HEAD + b"X: \xff\xfe\xe4\xb8\xad\r\nContent-Length: 1\r\n\r\nx"), "kept", None, 1),
        (to("/"), "failed", "redirect_loop", 1),
        (to("ftp://a.example/"), "failed", "bad_redirect", 1),
        (to("http://user:secret@a.example/"), "failed", "bad_redirect", 1),
        (to("http://[::1"), "failed", "bad_redirect", 1),
        (lambda a: a.answer("", 302), "failed", "http_302", 1),
    ],
)
def test_what_becomes_of_an_answer(site, fetch, rows, stored, page, state, reason, asked):
    site.pages["/"] = page
    begun = time.monotonic()
    tracemalloc.start()
    fetch(site.url)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.monotonic() - begun < 6
    assert peak < 10_000_000
    assert rows()[f"{site.url}/"][:2] == (state, reason)
    assert len(site.paths()) == asked
    assert len(stored()) == (state == "kept")


def test_redirects_are_followed_each_address_once(site, fetch, rows, stored):
    site.pages |= {"/a": to("/b", 301), "/b": to("c?q=中"), "/c?q=%E4%B8%AD": text("好"), "/d": to("/b", 308)}
    fetch(f"{site.url}/a", f"{site.url}/d")
    assert site.paths() == ["/a", "/d", "/b", "/c?q=%E4%B8%AD"]
    assert [row[:2] for row in rows().values()] == [("skipped", "redirected")] * 3 + [("kept", None)]
    assert [url for url, _ in stored()] == [f"{site.url}/c?q=%E4%B8%AD"]


def test_circles_and_endless_rows_of_redirects_end(site, fetch, rows):
    site.pages |= {"/a": to("/b"), "/b": to("/a"), "*": lambda asked: to(asked.path + "x")(asked)}
    fetch(f"{site.url}/a", f"{site.url}/n")
    found = {url.removeprefix(site.url): row[1] for url, row in rows().items()}
    assert (found["/a"], found["/b"]) == ("redirected", "redirect_loop")
    assert found["/nxxxxx"] == "too_many_redirects"
    assert len(site.paths()) == 2 + 6


@pytest.mark.parametrize(
    "where",
    [
        "{inside}/secret",
        "http://169.254.169.254/latest/meta-data/",
        "http://127.2/secret",
        "http://0x7f000002:{port}/secret",
        "http://2130706434:{port}/secret",
        "http://[::1]:{port}/secret",
        "http://[::ffff:127.0.0.2]:{port}/secret",
        "http://[::ffff:7f00:2]:{port}/secret",
        "http://0.0.0.0:{port}/secret",
        "http://10.0.0.1/secret",
        "//100.64.0.1/secret",
        "http://[fe80::1]/secret",
    ],
)
def test_no_redirect_leads_inside(site, inside, fetch, rows, where):
    inside.pages["*"] = text("secret")
    target = where.format(inside=inside.url, port=inside.url.rpartition(":")[2])
    site.pages |= {"/": to(target), "/robots.txt": lambda asked: asked.answer("", 404)}
    fetch(site.url)
    outcomes = list(rows().values())
    assert outcomes[0][:2] == ("skipped", "redirected")
    assert outcomes[1][:2] == ("skipped", "private_address")
    assert inside.asked == []


@pytest.mark.parametrize("where", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "2852039166"])
def test_link_local_addresses_are_never_asked(site, fetch, rows, monkeypatch, where):
    """Where machines of a cloud are told their keys; --allow-private is for servers of one's own."""
    connect = socket.create_connection
    asked = []
    monkeypatch.setattr(socket, "create_connection", lambda to, *rest, **named: asked.append(to[0]) or
                        connect(to, *rest, **named))  # fmt: skip
    site.pages |= {"/": to(f"http://{where}/latest/meta-data/"), "/robots.txt": lambda asked: asked.answer("", 404)}
    fetch(site.url, allow_private=True)
    outcomes = list(rows().values())
    assert outcomes[0][:2] == ("skipped", "redirected")
    assert outcomes[1][:2] == ("skipped", "private_address")
    assert "never asked" in outcomes[1][2]
    assert set(asked) == {"127.0.0.1"}


def test_no_robots_txt_leads_inside(site, inside, fetch, rows):
    site.pages |= {"/": text("a"), "/robots.txt": to(f"{inside.url}/secret")}
    fetch(site.url)
    assert rows()[f"{site.url}/"][:2] == ("skipped", "private_address")
    assert inside.asked == []


def test_a_name_is_resolved_once_and_what_was_checked_is_connected_to(site, inside, fetch, rows, monkeypatch):
    """DNS rebinding: the second answer would lead inside."""
    site.pages["/"] = text("a")
    port = int(site.url.rpartition(":")[2])
    answers = []

    def resolve(host, *args, **named):
        answers.append(host)
        where = "127.0.0.1" if len(answers) <= 2 else "127.0.0.2"  # robots.txt, the page
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (where, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    connected = []

    def connect(to, timeout):
        connected.append(to[0])
        made = socket.socket(socket.AF_INET)
        made.settimeout(timeout)
        made.connect(to)
        return made

    monkeypatch.setattr(socket, "create_connection", connect)
    fetch(f"http://a.example:{port}/")
    assert answers == ["a.example"] * 2
    assert connected == ["127.0.0.1"] * 2
    assert rows()[f"http://a.example:{port}/"][0] == "kept"
    fetch(f"http://a.example:{port}/two")
    assert rows()[f"http://a.example:{port}/two"][:2] == ("skipped", "private_address")
    assert connected == ["127.0.0.1"] * 2


def test_a_name_with_one_private_answer_is_not_asked(fetch, rows, monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("127.0.0.1", "192.168.1.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **named: found)
    monkeypatch.setattr(socket, "create_connection", lambda *args, **named: pytest.fail("connected"))
    fetch("http://a.example/")
    assert rows()["http://a.example/"][:2] == ("skipped", "private_address")


def test_loopback_is_refused_unless_allowed(site, tmp_path, cqia):
    site.pages["/"] = text("a")
    said = cqia("crawl", site.url, "--out", tmp_path / "out", "--rate", 0)
    assert "private_address 1" in said.out
    assert site.asked == []
    assert "1 kept" in cqia("crawl", site.url, "--out", tmp_path / "b", "--rate", 0, "--allow-private").out


def test_a_stopped_server_is_given_up_and_asked_another_time(fetch, rows):
    with serving(Site()) as gone:
        url = gone.url
    crawled = fetch(*(f"{url}/{n}" for n in range(20)))
    assert crawled.given_up == ("127.0.0.1",)
    assert crawled.counts.pending >= 10
    assert {row[1] for row in rows().values()} <= {"connection", None}


def test_memory_of_many_large_pages(site, fetch):
    site.pages["*"] = lambda asked: asked.answer("x" * 90_000)
    tracemalloc.start()
    fetch(*(f"{site.url}/{n}" for n in range(60)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


def test_a_header_cannot_be_smuggled_in(site, fetch):
    site.pages["*"] = text("a", ETag='"x"')
    fetch(site.url + "/a%0d%0aX-Evil: 1")
    assert all("x-evil" not in each.headers for each in site.asked)
    assert site.paths() == ["/a%0d%0aX-Evil:%201"]
