"""What goes to a model and what comes back: Model, Ask, Reply. No network here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cqia.schema import digest

OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model on an OpenAI-compatible server, and how it is asked.

    Attributes:
        name: as the server knows it.
        revision: which build of it, where the name alone does not say; another revision is asked anew.
        base_url: of the server, up to and with ``/v1``.
        key_env: the environment variable that holds the key; "" sends none.
        temperature: None leaves it to the server (some models refuse any).
        max_tokens: of one reply.
        in_flight: requests under way at once.
        timeout: seconds that one try may take.
        calls: the budget: how many questions may be in the journal in all; None sets no bound.
        retries: tries after the first, with growing pauses, or the pause that the server's Retry-After asks for.
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
    calls: int | None = None

    @property
    def digest(self) -> str:
        """Covers what shapes a reply; not where the server stands, nor how patiently it is asked."""
        return digest(self.name, self.revision, json.dumps([self.temperature, self.max_tokens]))


@dataclass(frozen=True)
class Ask:
    """One question: ``about`` is the id of the record, ``attempt`` counts from 1."""

    about: str
    purpose: str
    messages: Sequence[Mapping[str, str]]
    attempt: int = 1

    def key(self, model: Model) -> str:
        """Under which the reply is kept. Two records with the same text to judge have the same key: asked once."""
        return digest(model.digest, self.purpose, str(self.attempt), json.dumps(self.messages, sort_keys=True))


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
    """Anything that answers: a server through its journal, or recorded replies. Raises ``Unanswered``."""

    async def __call__(self, ask: Ask) -> Reply: ...
