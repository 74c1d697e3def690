"""The gate before a server: it closes while the server is away or asks for a pause, and opens by itself.

Connections that are refused, or questions that fail one after the other with nothing coming back in between, are a
suspicion: the server may be away, or the questions may be at fault (a text that its filter forbids, a run that resumes
with what failed before). A small question of our own tells which, the same for every record. While that is not answered
either, all wait, and it is asked again after growing pauses. It is said once when the server goes and once when it is
back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from cqia.errors import CqiaError, ModelError
from cqia.llm.send import Trouble

LOG = logging.getLogger(__name__)

REFUSED = 3  # connections in a row: one may be an accident of the network
REJECTED = 20  # questions in a row that the server will not answer: it may be the settings
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds between two looks at a server that is away
WORTH_SAYING = 10.0  # seconds of a pause that the server asks for


@dataclass
class Gate:
    """One server's gate.

    Attributes:
        where: the server's address.
        wait: seconds without any reply before the run stops.
        in_flight: questions at once; as many that fail in a row are a suspicion.
        scout: asks the small question; None when it is answered, else why not.
    """

    where: str
    wait: float
    in_flight: int
    scout: Callable[[], Awaitable[Trouble | None]]
    stopped: CqiaError | None = field(default=None, init=False)
    suspicion: str = field(default="", init=False)
    _failing: set[str] = field(default_factory=set, init=False)
    _refusals: int = field(default=0, init=False)
    _rejected: int = field(default=0, init=False)
    _away_since: float | None = field(default=None, init=False)
    _busy_since: float | None = field(default=None, init=False)  # the server is there, and takes nothing
    _not_before: float = field(default=0.0, init=False)
    _pause: float = field(default=FIRST_PAUSE, init=False)
    _scouting: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def turn(self) -> None:
        """Return when a question may be sent. Raises what the run stops for."""
        while True:
            if self.stopped:
                raise self.stopped
            if (pause := self._not_before - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            elif self.suspicion:
                async with self._scouting:
                    if self.suspicion and not self.stopped:
                        await self._look()
            else:
                return

    @property
    def closed(self) -> bool:
        """Whether ``turn`` would wait or raise."""
        return bool(self.stopped or self.suspicion) or self._not_before > time.monotonic()

    def stop(self, error: CqiaError) -> None:
        """No question is sent any more; those under way may come back."""
        self.stopped = self.stopped or error

    def answered(self) -> None:
        """A reply has come."""
        self._rejected, self._busy_since = 0, None
        self._there()

    def unreachable(self, why: str) -> None:
        """A connection was refused."""
        self._refusals += 1
        if self._refusals >= REFUSED:
            self.suspicion = f"{self.where} cannot be reached: {why}"

    def failed(self, question: str, why: str) -> None:
        """A question failed that was sent."""
        self._failing.add(question)
        if len(self._failing) >= max(2, self.in_flight):  # one alone is its own fault
            self.suspicion = f"{self.where} fails at every question: {why}"

    def rejected(self, why: str) -> None:
        """The server will not answer a question."""
        self._rejected += 1
        if self._rejected >= max(REJECTED, self.in_flight):
            self.suspicion = f"{self.where} refuses every question: {why}"

    def busy(self, pause: float | None, why: str) -> None:
        """The server takes no question now; ``pause``: for so many seconds, as it says."""
        self._there()
        now = time.monotonic()
        self._busy_since = now if self._busy_since is None else self._busy_since
        if now - self._busy_since > self.wait:
            self.stop(self._tired(f"{self.where} has refused every question for {self.wait:g} s: {why}"))
        elif pause is not None and pause > self.wait:
            self.stop(self._tired(f"{self.where} asks for a pause of {pause:,.0f} s: {why}"))
        elif pause:
            if pause >= WORTH_SAYING and self._not_before < now:
                LOG.warning("%s asks for a pause of %.0f s; waiting.", self.where, pause)
            self._not_before = max(self._not_before, now + pause)

    def _there(self) -> None:
        self._failing.clear()
        self._refusals, self.suspicion = 0, ""
        if self._away_since is not None:
            LOG.warning("%s is back after %.0f s; going on.", self.where, time.monotonic() - self._away_since)
            self._away_since = None

    async def _look(self) -> None:
        """Find out whether the suspicion is true."""
        if self._away_since is not None:
            left = self._away_since + self.wait - time.monotonic()
            if left <= 0:
                self.stop(self._tired(self.suspicion))
                return
            await asyncio.sleep(min(self._pause, left))
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        suspicion = self.suspicion
        trouble = await self.scout()
        if trouble is None:
            self.answered()
        elif trouble.error is not None:
            self.stop(trouble.error)
        elif trouble.kind == "busy":
            self.busy(trouble.pause, trouble.why)
        elif trouble.kind == "refused":
            hint = (
                "It will not answer a greeting either: look at [judge]; the server's words say what it does not like."
            )
            self.stop(ModelError(suspicion, hint))
        elif self._away_since is None:
            self._away_since, self._pause = time.monotonic(), FIRST_PAUSE
            if self.wait:
                LOG.warning("%s; waiting up to %.0f s for it. Ctrl-C stops, and keeps what was received.",
                            suspicion, self.wait)  # fmt: skip

    def _tired(self, message: str) -> ModelError:
        return ModelError(
            message, "What was received is kept. Run again when the server answers; [judge] wait says how long to wait."
        )
