"""How a crawl behaves, and how it names itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cqia import __version__
from cqia.errors import UsageError
from cqia.readers.slices import MAX_PAGE_BYTES

#: The product token: what robots.txt, ``X-Robots-Tag`` and ``<meta name>`` may call this crawler by.
AGENT = "cqia"


@dataclass(frozen=True)
class Settings:
    """How a crawl behaves.

    Attributes:
        rate: seconds between two requests to one host; a longer ``Crawl-delay`` of its robots.txt is kept instead.
        limit: the most addresses that are asked in one run; None asks all.
        allow_private: whether private and loopback addresses may be connected to; link-local ones never are.
        contact: a mail address or a page, told to every server.
        page_bytes: a larger page fails as ``too_large``; a larger one could not be read afterwards either.
        sitemap_bytes: the same for a sitemap; the protocol's own limit.
        silence: seconds without a byte after which a request fails.
        deadline: seconds after which it fails though bytes trickle.
        hosts: hosts asked at once, each one request at a time.
        attempts: how often an address is asked before it fails.
        backoff: seconds before the second attempt, doubled for each that follows, where no ``Retry-After`` says.
        patience: the longest ``Retry-After`` and, in a tenth, ``Crawl-delay`` that is waited for.
        redirects: how many redirects in a row are followed.
        warc_bytes: a WARC file of this size is followed by a new one.
    """

    rate: float = 1.0
    limit: int | None = None
    allow_private: bool = False
    contact: str = ""
    page_bytes: int = MAX_PAGE_BYTES
    sitemap_bytes: int = 50 << 20
    silence: float = 20.0
    deadline: float = 120.0
    hosts: int = 4
    attempts: int = 4
    backoff: float = 5.0
    patience: float = 3600.0
    redirects: int = 5
    warc_bytes: int = 1 << 30

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\x21-\x7e]{0,200}", self.contact) or {"(", ")"} & set(self.contact):
            raise UsageError(
                f"The contact {self.contact!r} cannot stand in a request.",
                "Give a mail address or the address of a page.",
            )

    @property
    def user_agent(self) -> str:
        """What every server is told: the program, its version, and whom to write to."""
        return f"{AGENT}/{__version__}" + (f" (+{self.contact})" if self.contact else "")
