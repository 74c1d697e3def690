"""A model on this machine that drafts, and checks what it is shown: what it says follows from the question alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from stub_server import Answer, Stub, completion, serving

CHECKER = "质检员"  # stands in what a checker is told


@dataclass
class Author:
    """``good``: from which draft of a question on the check is passed; the first draft is the first."""

    good: int = 1
    stub: Stub | None = None
    instead: Callable[[str, int], Answer | None] = field(default=lambda role, nth: None)

    @property
    def url(self) -> str:
        assert self.stub is not None
        return self.stub.url

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The questions, in order."""
        assert self.stub is not None
        return [json.loads(body) for body in self.stub.asked]

    @property
    def drafts(self) -> list[list[dict[str, str]]]:
        """The messages of the questions for a draft."""
        return [each["messages"] for each in self.asked if CHECKER not in each["messages"][0]["content"]]

    def answer(self, body: dict[str, object], seen: int) -> Answer:
        messages: list[dict[str, str]] = body["messages"]  # type: ignore[assignment]
        if CHECKER in messages[0]["content"]:
            nth = next(n for n in range(1, 99) if f"第{n}稿" in messages[1]["content"])
            return self.instead("check", nth) or completion(judgement(9 if nth >= self.good else 4))
        nth = 1 + sum(each["role"] == "assistant" for each in messages)
        return self.instead("draft", nth) or completion(draft(nth))


def draft(nth: int) -> str:
    return f"第{nth}稿：前提就不成立，把茶壶和水壶说成了一回事。"


def judgement(score: float | None, said: str = "没有点破") -> str:
    return json.dumps({"理由": {"逻辑性": "前后一致"}, "标记": [], "总评": said, "总分": score}, ensure_ascii=False)


@contextmanager
def author(good: int = 1) -> Iterator[Author]:
    made = Author(good)
    with serving(made.answer) as stub:
        made.stub = stub
        yield made
