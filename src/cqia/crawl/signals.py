"""What a page says of being kept: ``noindex`` and ``noai`` in its headers and its head, and a right that is reserved.

Read are ``X-Robots-Tag``, ``<meta name="robots">`` and both under this crawler's own name, and ``tdm-reservation``
(W3C's TDM Reservation Protocol) as header and as meta element. ``none`` is ``noindex``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cqia.crawl.settings import AGENT
from cqia.errors import Unreadable
from cqia.readers.charset import decode
from cqia.readers.tree import parse

DIRECTIVES = {"noindex": "noindex", "none": "noindex", "noai": "noai"}
#: Directives with a value; before any other colon stands the name of a crawler.
VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})

Said = tuple[str, str]  # reason, and where it was said


def in_headers(pairs: Iterable[tuple[str, str]]) -> Said | None:
    """What the headers forbid: ``noindex`` or ``noai``."""
    for name, value in pairs:
        match name.lower():
            case "x-robots-tag":
                if reason := _tag(value):
                    return reason, f"X-Robots-Tag: {value[:100]}"
            case "tdm-reservation" if value.strip() == "1":
                return "noai", "tdm-reservation: 1"
    return None


def _tag(value: str) -> str | None:
    agent = ""
    for part in value.lower().split(","):
        name, colon, rest = part.partition(":")
        if colon and name.strip() not in VALUED:
            agent, part = name.strip(), rest
        if agent in ("", "*", AGENT) and (reason := DIRECTIVES.get(part.strip())):
            return reason
    return None


def in_page(data: bytes, charset: str | None = None) -> Said | None:
    """What the head of an HTML page forbids; ``charset`` is what its server declared.

    A page that cannot be read says nothing; its reader will tell why.
    """
    try:
        root = parse(decode(data, charset)[0])
    except Unreadable:
        return None
    for node in root.css("meta[name]"):
        name = (node.attributes.get("name") or "").strip().lower()
        content = (node.attributes.get("content") or "").strip().lower()
        if name in ("robots", AGENT):
            for word in re.split(r"[\s,;]+", content):
                if reason := DIRECTIVES.get(word):
                    return reason, f'<meta name="{name}" content="{content[:100]}">'
        if name == "tdm-reservation" and content == "1":
            return "noai", '<meta name="tdm-reservation" content="1">'
    return None
