"""Sitemaps: their pages are fetched, each once; they speak for their own host alone, and no bomb is let in."""

from __future__ import annotations

import gzip

import pytest
from crawl_server import text, to

from cqia.crawl.sitemap import MOST, parse

HERE = "http://a.example/sitemap.xml"


def urlset(*urls):
    rows = "".join(f"<url><loc>{url}</loc><lastmod>2024-01-01</lastmod></url>" for url in urls)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'


def index(*urls):
    return "<sitemapindex>" + "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls) + "</sitemapindex>"


@pytest.mark.parametrize(
    ("data", "addresses", "elsewhere", "bad"),
    [
        (urlset("http://a.example/1", "http://a.example/2"), ["http://a.example/1", "http://a.example/2"], 0, 0),
        (urlset("http://a.example/?a=1&amp;b=中"), ["http://a.example/?a=1&b=%E4%B8%AD"], 0, 0),
        (urlset("<![CDATA[ http://a.example/1 ]]>", " \n/2 "), ["http://a.example/1", "http://a.example/2"], 0, 0),
        (urlset("http://b.example/1", "http://a.example/1", "ftp://a.example/"), ["http://a.example/1"], 1, 1),
        (urlset("http://a.example/1", "http://a.example/1#x"), ["http://a.example/1"], 0, 0),
        ("http://a.example/1\n\nhttps://a.example/2\n", ["http://a.example/1", "https://a.example/2"], 0, 0),
        ("<html>nothing</html>", [], 0, 0),
        ("", [], 0, 0),
        ('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><urlset><loc>http://a.example/&b;</loc></urlset>',
         ["http://a.example/&b;"], 0, 0),
        ("<loc>" * 100_000, [], 0, 0),
    ],
)  # fmt: skip
def test_what_a_sitemap_names(data, addresses, elsewhere, bad):
    found = parse(data.encode(), HERE)
    assert list(found.addresses) == addresses
    assert (found.index, found.elsewhere, found.bad) == (False, elsewhere, bad)


def test_no_more_than_the_protocol_allows():
    found = parse(urlset(*(f"http://a.example/{n}" for n in range(MOST + 5))).encode(), HERE)
    assert (len(found.addresses), found.cut) == (MOST, True)


@pytest.mark.parametrize("compressed", [False, True])
def test_an_index_is_followed_and_each_page_fetched_once(site, fetch, rows, compressed):
    def maps(body):
        data = gzip.compress(body.encode()) if compressed else body.encode()
        return lambda asked: asked.answer(data, Content_Type="application/xml", X_Robots_Tag="noindex")

    site.pages |= {
        "/index.xml": maps(index(f"{site.url}/one.xml", f"{site.url}/two.xml")),
        "/one.xml": maps(urlset(f"{site.url}/1", f"{site.url}/2", "http://b.example/3")),
        "/two.xml": maps(urlset(f"{site.url}/2", f"{site.url}/3")),
        "/1": text("1"), "/2": text("2"), "/3": text("3"),
    }  # fmt: skip
    crawled = fetch(f"{site.url}/2", sitemaps=[f"{site.url}/index.xml"])
    assert crawled.counts.kept == 3
    assert sorted(site.paths()) == ["/1", "/2", "/3", "/index.xml", "/one.xml", "/two.xml"]
    assert rows()[f"{site.url}/index.xml"] == ("skipped", "sitemap", "2 addresses")
    assert rows()[f"{site.url}/one.xml"] == ("skipped", "sitemap", "2 addresses, 1 of other hosts left out")


def test_an_index_of_indexes_without_end_ends(site, fetch, rows):
    site.pages["*"] = lambda asked: asked.answer(index(f"{site.url}{asked.path}x"), Content_Type="text/xml")
    crawled = fetch(sitemaps=[f"{site.url}/s"])
    assert len(site.paths()) == 6
    assert crawled.counts.reasons == {"sitemap": 5, "nested_sitemaps": 1}


def test_a_sitemap_that_is_elsewhere(site, fetch):
    site.pages |= {"/a.xml": to("/b.xml"), "/b.xml": lambda a: a.answer(urlset(f"{site.url}/1")), "/1": text("1")}
    assert fetch(sitemaps=[f"{site.url}/a.xml"]).counts.kept == 1


def test_a_bomb_of_a_sitemap(site, fetch, rows):
    data = gzip.compress(b"<loc>http://a.example/</loc>" * 3_000_000)
    site.pages["/s.xml.gz"] = lambda asked: asked.answer(data, Content_Type="application/gzip")
    fetch(sitemaps=[f"{site.url}/s.xml.gz"], sitemap_bytes=2_000_000)
    assert rows()[f"{site.url}/s.xml.gz"][:2] == ("failed", "too_large")
