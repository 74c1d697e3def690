"""What a host's robots.txt allows (RFC 9309), and what it says of training models (``Content-Signal: ai-train=no``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cqia.crawl.settings import AGENT

if TYPE_CHECKING:
    from protego import Protego

#: RFC 9309 asks for at least 500 KiB; what stands behind that is not read.
MAX_BYTES = 500 << 10


@dataclass(frozen=True)
class Robots:
    """A robots.txt; without ``rules`` everything is allowed."""

    rules: Protego | None = None
    delay: float = 0.0
    no_training: bool = False

    def allows(self, url: str) -> bool:
        """Whether an address may be asked for."""
        return self.rules is None or bool(self.rules.can_fetch(url, AGENT))


def parse(data: bytes) -> Robots:
    """A robots.txt of any bytes."""
    from protego import Protego

    text = data[:MAX_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
    rules = Protego.parse(text)
    rate = rules.request_rate(AGENT)
    delays = [rules.crawl_delay(AGENT) or 0.0, rate.seconds / max(rate.requests, 1) if rate else 0.0]
    return Robots(rules, max(0.0, *delays), _no_training(text))


def _no_training(text: str) -> bool:
    """Whether the group for this crawler, or else the group for all, or no group at all, forbids training."""
    signals: dict[str, bool] = {}
    agents: list[str] = [""]  # before any group: of the whole file
    naming = False
    for line in text.splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip().lower()
        if not colon:
            continue
        if name == "user-agent":
            agents = [*agents, value] if naming else [value]
            naming = True
            continue
        naming = False
        if name == "content-signal" and (found := re.search(r"\bai-train\s*=\s*(yes|no)\b", value)):
            signals.update(dict.fromkeys(agents, found[1] == "no"))
    return next((signals[agent] for agent in (AGENT, "*", "") if agent in signals), False)
