"""The client for any OpenAI-compatible server: OpenAI, vLLM, llama.cpp, Ollama, transformers serve.

Thin on purpose. The SDK does HTTP, retries with growing pauses and Retry-After; what is ours is the journal around
every question, the bound on requests under way, and the difference between a question that failed (``Unanswered``)
and a server that is not to be talked to (``ModelError``: the run stops, and what was received is kept).
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from cqia.errors import ModelError
from cqia.llm.ask import OPENAI, Ask, Model, Reply, Unanswered
from cqia.llm.journal import Journal

if TYPE_CHECKING:
    from openai import AsyncOpenAI

LONGEST_PAUSE = 120.0  # seconds; the SDK waits no longer than this between two tries, whatever Retry-After says
GLANCE = 0.25  # seconds between two looks at a question that another process has claimed

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(BaseModel):
    """The part of a chat completion that we read; servers differ in the rest."""

    choices: list[_Choice]
    model: str | None = None
    usage: _Usage | None = None


@dataclass
class Client:
    """A server through its journal. Use ``connect``; answers as ``Answer`` says.

    ``silent`` counts questions that failed one after the other: when all that were under way failed and nothing came
    back in between, the server is gone, and going on would only mark everything failed.
    """

    model: Model
    journal: Journal
    sdk: AsyncOpenAI
    silent: int = field(default=0, init=False)

    async def __call__(self, ask: Ask) -> Reply:
        while (found := self.journal.claim(ask, self.model)) == "taken":
            await asyncio.sleep(GLANCE)
        if isinstance(found, Reply):
            return found
        try:
            reply = self.journal.record(ask, self.model, await self._send(ask))
        except BaseException:
            self.journal.release(ask, self.model)
            raise
        self.silent = 0
        return reply

    async def _send(self, ask: Ask) -> Reply:
        import openai

        try:
            async with asyncio.timeout(longest(self.model)):
                raw = await self.sdk.chat.completions.with_raw_response.create(**self._request(ask))
                return _reply(raw.text)
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise ModelError(
                f"{self.model.base_url} refuses the key: {_said(error)}",
                f"Put a valid key into the environment variable {self.model.key_env}."
                if self.model.key_env
                else "Name the environment variable that holds the key (key_env).",
            ) from error
        except openai.NotFoundError as error:
            raise ModelError(
                f"{self.model.base_url} knows no model '{self.model.name}': {_said(error)}",
                "Check model and base_url; the latter usually ends in /v1.",
            ) from error
        except openai.APIConnectionError as error:
            if not isinstance(error, openai.APITimeoutError):  # one slow answer is a failure; no server is none of its
                raise ModelError(
                    f"{self.model.base_url} cannot be reached: {_said(error)}",
                    "What was received is kept. Run again when the server answers.",
                ) from error
            raise self._failed(error) from error
        except (openai.OpenAIError, TimeoutError, ValueError, RecursionError) as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> Exception:
        """One question has failed; when all that were under way have, the server is gone."""
        self.silent += 1
        if self.silent < self.model.in_flight:
            return Unanswered(_said(error))
        return ModelError(
            f"{self.model.base_url} has failed {self.silent} times in a row: {_said(error)}",
            "What was received is kept. Run again when the server answers.",
        )

    def _request(self, ask: Ask) -> dict[str, Any]:
        # OpenAI's newer models refuse max_tokens, other servers do not know its successor.
        limit = "max_completion_tokens" if self.model.base_url == OPENAI else "max_tokens"
        request = {"model": self.model.name, "messages": ask.messages, limit: self.model.max_tokens}
        return request if self.model.temperature is None else request | {"temperature": self.model.temperature}


@asynccontextmanager
async def connect(model: Model, journal: Path) -> AsyncIterator[Client]:
    """A client with its journal open. Raises ``ModelError`` without the SDK or the key."""
    try:
        from openai import AsyncOpenAI
    except ImportError as error:
        raise ModelError(
            "the package 'openai' is missing", "Install the extra: pip install 'cqia[llm]'; or use model = 'heuristic'."
        ) from error
    key = os.environ.get(model.key_env, "") if model.key_env else "none"
    if not key:
        raise ModelError(
            f"the environment variable {model.key_env} is not set", f"It holds the key of {model.base_url}."
        )
    with Journal(journal, lease=longest(model) + LONGEST_PAUSE, calls=model.calls) as opened:
        async with AsyncOpenAI(
            base_url=model.base_url, api_key=key, timeout=model.timeout, max_retries=model.retries
        ) as sdk:
            yield Client(model, opened, sdk)


def longest(model: Model) -> float:
    """Seconds that one question may take with all its tries; a server that trickles meets it."""
    return model.timeout * (model.retries + 1) + LONGEST_PAUSE


async def each(items: Sequence[Item], work: Callable[[Item], Awaitable[Result]], in_flight: int) -> list[Result]:
    """``work`` on every item, ``in_flight`` at a time; results in the order of ``items``. The first error that
    ``work`` raises stops the others and is raised."""
    results: dict[int, Result] = {}
    waiting: Iterator[tuple[int, Item]] = iter(enumerate(items))

    async def worker() -> None:
        for number, item in waiting:
            results[number] = await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(in_flight, len(items))):
                group.create_task(worker())
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [results[number] for number in range(len(items))]


def _reply(text: str) -> Reply:
    # By way of Python's reader: pydantic's refuses lone surrogates, and a reply that was paid for would be lost.
    whole = json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace")
    completion = _Completion.model_validate_json(whole)
    if not completion.choices:
        raise Unanswered("the server sent no choice")
    choice, usage = completion.choices[0], completion.usage or _Usage()
    return Reply(
        text=choice.message.content or "",
        model=completion.model,
        finish=choice.finish_reason,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
    )


def _said(error: Exception) -> str:
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:300]}" if words else type(error).__name__
