"""Limits a minute on requests and tokens: each question gets the moment at which it may go."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

MINUTE = 60.0


@dataclass
class Pace:
    """Spreads requests evenly, so that no minute has more than its limit; None sets no limit.

    A request takes its share of the minute, of requests and of tokens; the next one goes when that has passed. Tokens
    are taken at an estimate, and corrected when the reply says how many there were.
    """

    requests: int | None = None
    tokens: int | None = None
    _after_requests: float = field(default=0.0, init=False)  # of the monotonic clock
    _after_tokens: float = field(default=0.0, init=False)

    async def turn(self, tokens: int) -> None:
        """Wait until a request of so many tokens may go."""
        if self.requests is None and self.tokens is None:
            return
        now = time.monotonic()
        at = max(now, self._after_requests, self._after_tokens)
        self._after_requests = at + (MINUTE / self.requests if self.requests else 0.0)
        self._after_tokens = at + self._share(tokens)
        if at > now:
            await asyncio.sleep(at - now)

    def correct(self, estimate: int, tokens: int) -> None:
        """What was taken for ``estimate`` tokens had ``tokens``."""
        self._after_tokens += self._share(tokens) - self._share(estimate)

    def _share(self, tokens: int) -> float:
        return tokens * MINUTE / self.tokens if self.tokens else 0.0
