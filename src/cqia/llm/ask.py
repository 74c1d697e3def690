"""What goes to a model and what comes back: Model, Ask, Reply. No network here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

from cqia.llm.prices import FREE, Charge, Price, most
from cqia.schema import digest

OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model on an OpenAI-compatible server, how it is asked, and what it may cost.

    Attributes:
        name: as the server knows it.
        revision: which build of it, where the name alone does not say; another revision is asked anew.
        base_url: of the server, up to and with ``/v1``.
        key_env: the environment variable that holds the key; "" sends none.
        temperature: None leaves it to the server (some models refuse any).
        max_tokens: of one reply.
        in_flight: requests under way at once.
        timeout: seconds that one try may take.
        retries: tries after the first, with growing pauses. A server that says it is busy, or is not there, costs none.
        wait: seconds to wait for a server that is away or does nothing but refuse, before the run stops.
        requests_per_minute, tokens_per_minute: limits to keep; None sets none.
        price: of its tokens.
        calls, cost: the budget of the journal, for all questions in it: calls, and money in the price's currency.
            None sets no bound.
    """

    name: str
    revision: str = ""
    base_url: str = OPENAI
    key_env: str = ""
    temperature: float | None = 0.0
    max_tokens: int = 1024
    in_flight: int = 8
    timeout: float = 120.0
    retries: int = 4
    wait: float = 600.0
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    price: Price = FREE
    calls: int | None = None
    cost: float | None = None

    @cached_property
    def digest(self) -> str:
        """Covers what shapes a reply; not where the server stands, how patiently it is asked, nor what it costs."""
        return digest(self.name, self.revision, json.dumps([self.temperature, self.max_tokens]))

    def charge(self, prompt_tokens: int, completion_tokens: int) -> Charge:
        """What so many tokens cost."""
        cost = self.price.cost(prompt_tokens, completion_tokens)
        return Charge(prompt_tokens, completion_tokens, cost, self.price.currency)


@dataclass(frozen=True)
class Form:
    """A JSON schema that the reply is to follow where the server can see to it; ``name`` is of letters and ``_``."""

    name: str
    schema: Mapping[str, object]

    @cached_property
    def digest(self) -> str:
        """Covers all of it."""
        return digest(self.name, json.dumps(self.schema))


@dataclass(frozen=True)
class Ask:
    """One question: ``about`` is the id of the record, ``attempt`` counts from 1.

    The content of a message is a text, or a list of parts as OpenAI has them, for pictures.
    """

    about: str
    purpose: str
    messages: Sequence[Mapping[str, Any]]
    attempt: int = 1
    form: Form | None = None

    def key(self, model: Model) -> str:
        """Under which the reply is kept. Two records with the same text to judge have the same key: asked once."""
        form = self.form.digest if self.form else ""
        texts = [_told(each["role"], each["content"]) for each in self.messages]
        return digest(model.digest, self.purpose, str(self.attempt), form, *texts)

    def most(self, model: Model) -> Charge:
        """What a call may cost at the most."""
        return model.charge(most(self.messages, self.form.schema if self.form else None), model.max_tokens)


@dataclass(frozen=True)
class Reply:
    """What came back. ``model`` is what the server says answered; tokens are null where it does not say."""

    text: str
    model: str | None = None
    finish: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Unanswered(Exception):
    """One question got no reply, for the reason in the message; the others go on."""


class Answer(Protocol):
    """Anything that answers: a server through its journal, or recorded replies."""

    async def __call__(self, ask: Ask) -> Reply:
        """The reply. Raises ``Unanswered`` where there is none."""
        ...

    async def recorded(self, asks: Sequence[Ask]) -> list[Reply | None]:
        """The replies that are there already, in the order of ``asks``; nothing is asked."""
        ...


def _told(role: str, content: Any) -> str:
    """A message for the key; of instructions the digest, for they are the same in a million questions."""
    if not isinstance(content, str):
        return f"{role}[{json.dumps(content, sort_keys=True)}"
    return f"{role}#{_digested(content)}" if role == "system" else f"{role}={content}"


@lru_cache(maxsize=64)
def _digested(text: str) -> str:
    return digest(text)
