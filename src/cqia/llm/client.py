"""The client for any OpenAI-compatible server: OpenAI, vLLM, llama.cpp, Ollama, transformers serve.

The SDK does HTTP; what is ours is the journal around every call, the budget, the limits, and what a failure means: a
question that failed (``Unanswered``: the others go on), a server that is away (all wait for it), and one that is not to
be talked to (``ModelError``: the run stops, and what was received is kept).
"""

from __future__ import annotations

import asyncio
import os
import random
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cqia.errors import CqiaError, ModelError
from cqia.llm.ask import Ask, Model, Reply, Unanswered
from cqia.llm.book import Claim, Claimed, Entry, Record, Settle
from cqia.llm.commits import Commits
from cqia.llm.gate import Gate
from cqia.llm.journal import Journal
from cqia.llm.lines import lines
from cqia.llm.pace import Pace
from cqia.llm.prices import Charge, about
from cqia.llm.send import Trouble, send
from cqia.llm.spend import spend

if TYPE_CHECKING:
    from cqia.llm.lines import Lines

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before the next try where the server does not say
GREETING = [{"role": "user", "content": "你好"}]  # short, harmless, and answered by every model
GLANCE = 0.25  # seconds between two looks at a question that another process has claimed

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass
class _Tries:
    """How one question has fared so far: tries that failed, pauses made, and since when the server has been busy."""

    failed: int = 0
    pauses: int = 0
    busy_since: float | None = None


@dataclass
class Client:
    """A server through its journal. Use ``connect``; answers as ``Answer`` says."""

    model: Model
    journal: Journal
    lines: Lines
    pace: Pace
    commit: Commits[Entry, Reply | Claimed | None]
    gate: Gate = field(init=False)
    under_way: int = field(default=0, init=False)
    forms: bool = field(default=True, init=False)  # until the server refuses one, and takes the question without

    def __post_init__(self) -> None:
        self.gate = Gate(self.model.base_url, self.model.wait, self.model.in_flight, self.scout)

    async def __call__(self, ask: Ask) -> Reply:
        key, tries = ask.key(self.model), _Tries()
        while True:
            await self.gate.turn()
            tokens = about(ask.messages) + self.model.max_tokens if self.model.tokens_per_minute else 0
            await self.pace.turn(tokens)
            if self.gate.closed:  # by now
                continue
            found = await self.commit(Claim(key, ask, self.model, ask.most(self.model)))
            if isinstance(found, Reply):
                return found
            if found == "spent" and self.under_way:
                await asyncio.sleep(GLANCE)  # what is under way may cost less than was set aside for it
            elif found == "spent":
                self.gate.stop(_spent(self.model, self.journal.path))
            elif found == "batched":
                self.gate.stop(_batched(ask))
            elif found == "taken":
                await asyncio.sleep(GLANCE)
            else:
                received = await self._receive(key, ask, tokens)
                if isinstance(received, Reply):
                    return received
                if pause := self._pause(received, tries):
                    await asyncio.sleep(pause)

    async def recorded(self, asks: Sequence[Ask]) -> list[Reply | None]:
        """The replies that are in the journal, in the order of ``asks``."""
        keys = [ask.key(self.model) for ask in asks]
        return await self.commit.alone(partial(self.journal.replies, keys))

    async def _receive(self, key: str, ask: Ask, tokens: int) -> Reply | Trouble:
        """Send what is claimed, and write down what comes of it."""
        self.under_way += 1
        try:
            reply = await self._send(ask)
            self.gate.answered()
            cost = _cost(self.model, reply)
            if cost and tokens:
                self.pace.correct(tokens, cost.prompt_tokens + cost.completion_tokens)
            kept = await self.commit(Record(key, ask, self.model, reply, cost))
            assert isinstance(kept, Reply)
            return kept
        except Trouble as trouble:
            await self.commit(Settle(key, lost=trouble.kind == "failed"))
            self._tell(key, trouble)
            return trouble
        finally:
            self.under_way -= 1

    async def _send(self, ask: Ask) -> Reply:
        sdk = await self.lines.get()
        try:
            return await send(sdk, ask, self.model, formed=self.forms)
        except Trouble as trouble:
            if trouble.kind != "refused" or ask.form is None or not self.forms:
                raise
            reply = await send(sdk, ask, self.model, formed=False)
            self.forms = False
            return reply
        finally:
            self.lines.put_nowait(sdk)

    def _tell(self, key: str, trouble: Trouble) -> None:
        """What a failure says of the server."""
        if trouble.kind == "away":
            self.gate.unreachable(trouble.why)
        elif trouble.kind == "busy":
            self.gate.busy(trouble.pause, trouble.why)
        elif trouble.kind == "refused":
            self.gate.rejected(trouble.why)
        elif trouble.kind == "failed":
            self.gate.failed(key, trouble.why)
        elif trouble.error is not None:
            self.gate.stop(trouble.error)

    def _pause(self, trouble: Trouble, tries: _Tries) -> float:
        """Seconds until the next try. Raises ``Unanswered`` where there is none."""
        if trouble.kind == "refused":
            raise Unanswered(trouble.why)
        if self.gate.stopped:
            return 0.0
        now = time.monotonic()
        if trouble.kind == "failed":
            tries.failed += 1
            if tries.failed > self.model.retries and not self.gate.suspicion:  # else it may be the server's fault
                raise Unanswered(trouble.why)
        elif trouble.kind == "busy":
            tries.busy_since = now if tries.busy_since is None else tries.busy_since
            if now - tries.busy_since > self.model.wait:  # while others are answered: it is this question's fault
                raise Unanswered(trouble.why)
        if self.gate.suspicion or trouble.pause is not None:
            return 0.0  # the gate makes the pause
        tries.pauses += 1
        return min(FIRST_PAUSE * 2.0 ** (tries.pauses - 1), LONGEST_PAUSE) * random.uniform(0.75, 1.0)

    async def scout(self) -> Trouble | None:
        """Ask a small question, anew each time, to see whether the server answers; None if it does."""
        ask = Ask("", "scout", GREETING)
        key = uuid.uuid4().hex
        if await self.commit(Claim(key, ask, self.model, ask.most(self.model))) == "spent":
            error = _spent(self.model, self.journal.path)
            return Trouble("stop", error.message, error=error)
        try:
            reply = await self._send(ask)
        except Trouble as trouble:
            await self.commit(Settle(key, lost=trouble.kind == "failed"))
            return trouble
        await self.commit(Record(key, ask, self.model, reply, _cost(self.model, reply)))
        return None


@asynccontextmanager
async def connect(model: Model, journal: Path) -> AsyncIterator[Client]:
    """A client with its journal open. Raises ``ModelError`` without the SDK or the key."""
    key = os.environ.get(model.key_env, "") if model.key_env else "none"
    if not key:
        raise ModelError(
            f"the environment variable {model.key_env} is not set", f"It holds the key of {model.base_url}."
        )
    async with lines(model, key) as free:
        with Journal(journal, lease=longest(model)) as opened:
            commit: Commits[Entry, Reply | Claimed | None] = Commits(opened.write)
            pace = Pace(model.requests_per_minute, model.tokens_per_minute)
            try:
                yield Client(model, opened, free, pace, commit)
            finally:
                await commit.close()
                opened.abandon()  # what was under way when the run was stopped


def longest(model: Model) -> float:
    """Seconds that one question may be claimed: two requests, for form's sake, and the pace's turn before it is not."""
    return 2 * model.timeout + 60.0


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """``work`` to its end; in a thread of its own where a loop runs already in this one, as it does in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def each(items: Sequence[Item], work: Callable[[Item], Awaitable[Result]], in_flight: int) -> list[Result]:
    """``work`` on every item, ``in_flight`` at a time; results in the order of ``items``.

    After the first ``CqiaError`` no item is begun, and it is raised when those under way have ended: they are paid for.
    Any other error, and a cancellation, ends all at once.
    """
    results: dict[int, Result] = {}
    errors: list[CqiaError] = []
    waiting: Iterator[tuple[int, Item]] = iter(enumerate(items))

    async def worker() -> None:
        for number, item in waiting:
            if errors:
                return
            try:
                results[number] = await work(item)
            except CqiaError as error:
                errors.append(error)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(in_flight, len(items))):
                group.create_task(worker())
    except BaseExceptionGroup as group_of_errors:
        raise group_of_errors.exceptions[0] from None
    if errors:
        raise errors[0]
    return [results[number] for number in range(len(items))]


def _cost(model: Model, reply: Reply) -> Charge | None:
    """What a reply cost by the server's own count; None where it does not say."""
    if reply.prompt_tokens is None or reply.completion_tokens is None:
        return None
    return model.charge(reply.prompt_tokens, reply.completion_tokens)


def _spent(model: Model, journal: Path) -> ModelError:
    bounds = [f"{model.calls:,} calls"] if model.calls is not None else []
    bounds += [f"{model.cost:g} {model.price.currency}"] if model.cost is not None else []
    hint = f"So far: {spend(journal)}. What was received is kept. Raise [budget] and run again."
    return ModelError(f"the budget of {' and '.join(bounds)} allows no further call", hint)


def _batched(ask: Ask) -> ModelError:
    return ModelError(
        f"the question about {ask.about} is out in a batch file",
        "Take its replies in first: cqia judge import-batch FILE; or give them up: cqia judge import-batch --give-up.",
    )
