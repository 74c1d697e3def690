"""The addresses in a sitemap: XML, an index of further sitemaps, or plain text. No XML parser, so no XML bomb."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cqia.crawl import address

#: The protocol's own limit for one sitemap and for one index.
MOST = 50_000

_LOCATION = re.compile(
    rb"<(?:\w{1,20}:)?loc\s*>\s*(?:<!\[CDATA\[\s*)?([^<\]]{1,8000}?)\s*(?:\]\]>\s*)?</(?:\w{1,20}:)?loc\s*>"
)
_INDEX = re.compile(rb"<(?:\w{1,20}:)?sitemapindex[\s>]")


@dataclass(frozen=True)
class Sitemap:
    """What a sitemap names: addresses of its own host, and how many it names that are not taken."""

    index: bool
    addresses: tuple[str, ...]
    elsewhere: int
    bad: int
    cut: bool


def parse(data: bytes, url: str) -> Sitemap:
    """The addresses in the sitemap that stands at ``url``.

    A sitemap speaks for its own host alone, as its protocol says: else anyone's could have others flooded.
    """
    index = _INDEX.search(data, 0, 4096) is not None
    found: dict[str, None] = {}
    elsewhere = bad = 0
    cut = False
    for number, said in enumerate(_said(data)):
        if number == MOST:
            cut = True
            break
        try:
            each = address.normal(said, url)
        except address.BadAddressError:
            bad += 1
            continue
        if address.host_of(each) == address.host_of(url):
            found[each] = None
        else:
            elsewhere += 1
    return Sitemap(index, tuple(found), elsewhere, bad, cut)


def _said(data: bytes) -> Iterator[str]:
    if b"<" in data[:1000]:
        for found in _LOCATION.finditer(data):
            yield html.unescape(found[1].decode("utf-8", "replace"))
    else:
        yield from (line for line in data.decode("utf-8-sig", "replace").splitlines() if line.strip())
