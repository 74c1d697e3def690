"""What a question costs: tokens, a price for a million of them, and bounds on both before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MILLION = 1_000_000

# What chat templates put around a message and a conversation: role, separators, a default system prompt. Those of the
# models we looked at need 3 to 5 a message and up to 30 a conversation.
AROUND_MESSAGE, AROUND_ALL = 16, 64

PICTURE = 16_384  # tokens that a vision model makes of a picture at the most; Qwen-VL's own bound

# Tokenizers made for Chinese need 0.6 to 0.8 tokens for a Hanzi, older ones 1 to 1.3; and one for some four letters.
PER_HANZI, PER_LETTER = 1.0, 0.3


@dataclass(frozen=True)
class Price:
    """Of a million tokens, in ``currency``; the tokens that are read, and those that are written."""

    input: float = 0.0
    output: float = 0.0
    currency: str = ""

    def cost(self, prompt_tokens: float, completion_tokens: float) -> float:
        """Of so many tokens."""
        return (prompt_tokens * self.input + completion_tokens * self.output) / MILLION


FREE = Price()


@dataclass(frozen=True)
class Charge:
    """What one call costs, or may cost at the most."""

    prompt_tokens: int
    completion_tokens: int
    cost: float = 0.0
    currency: str = ""


def most(messages: Sequence[Mapping[str, Any]], form: Mapping[str, object] | None = None) -> int:
    """Tokens that ``messages`` have at the most: a token stands for a byte at least, whatever the tokenizer."""
    size = sum(len(text.encode("utf-8", "replace")) for text in _texts(messages))
    size += AROUND_MESSAGE * len(messages) + AROUND_ALL + PICTURE * _pictures(messages)
    return size if form is None else size + len(json.dumps(form))


def about(messages: Sequence[Mapping[str, Any]]) -> int:
    """Tokens that ``messages`` have, roughly, and rather too many than too few: for estimates and limits a minute."""
    text = "".join(_texts(messages))
    letters = len(text.encode("ascii", "ignore"))
    tokens = round(PER_LETTER * letters + PER_HANZI * (len(text) - letters))
    return tokens + AROUND_MESSAGE * len(messages) + PICTURE * _pictures(messages)


def _texts(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for message in messages:
        if isinstance(content := message["content"], str):
            yield content
        else:
            yield from (part["text"] for part in content if part["type"] == "text")


def _pictures(messages: Sequence[Mapping[str, Any]]) -> int:
    return sum(
        part["type"] != "text" for message in messages if not isinstance(message["content"], str)
        for part in message["content"]
    )  # fmt: skip
