"""The judge that asks a model: one question per record by the rubric, and once more where the reply cannot be read."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import polars as pl

from cqia import schema
from cqia.judge import reply, rubric
from cqia.judge.rubric import Message, Rubric
from cqia.judge.verdict import Verdict, frame
from cqia.llm.ask import Answer, Ask, Model, Unanswered
from cqia.llm.client import connect, each
from cqia.llm.replay import Replay

VERSION = "1"  # of how replies are read and asked for again
READ = ("id", "instruction", "input", "output", "history")  # columns of a record that the judge sees


class Voice(Protocol):
    """Who answers a judge: a server's model, or recorded replies."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str: ...

    @property
    def in_flight(self) -> int: ...

    def open(self) -> AbstractAsyncContextManager[Answer]:
        """Ready to answer until left."""
        ...


@dataclass(frozen=True)
class Served:
    """A model on a server, with the journal of what it answered."""

    model: Model
    journal: Path

    @property
    def name(self) -> str:
        return f"{self.model.name}@{self.model.revision}" if self.model.revision else self.model.name

    @property
    def digest(self) -> str:
        return self.model.digest

    @property
    def in_flight(self) -> int:
        return self.model.in_flight

    def open(self) -> AbstractAsyncContextManager[Answer]:
        return connect(self.model, self.journal)


@dataclass(frozen=True)
class Recorded:
    """Recorded replies."""

    replies: Replay
    in_flight: int = 1

    @property
    def name(self) -> str:
        return f"replay:{self.replies.model}" if self.replies.model else "replay"

    @property
    def digest(self) -> str:
        return self.replies.digest

    def open(self) -> AbstractAsyncContextManager[Answer]:
        return nullcontext(self.replies)


@dataclass(frozen=True)
class ModelJudge:
    """Asks ``voice`` by ``rubric``. A call raises ``ModelError`` where no more answers are to be had."""

    voice: Voice
    rubric: Rubric

    @property
    def name(self) -> str:
        return self.voice.name

    @property
    def digest(self) -> str:
        return schema.digest(VERSION, self.voice.digest, self.rubric.digest, rubric.read("again"))

    def __call__(self, records: pl.DataFrame) -> pl.DataFrame:
        return frame(records["id"].to_list(), asyncio.run(self._verdicts(records.select(READ))), self.name)

    async def _verdicts(self, records: pl.DataFrame) -> list[Verdict]:
        async with self.voice.open() as answer:
            rows = list(records.iter_rows(named=True))
            return await each(rows, partial(self._verdict, answer), self.voice.in_flight)

    async def _verdict(self, answer: Answer, record: dict[str, object]) -> Verdict:
        if (size := rubric.length(record)) > rubric.LONGEST:
            return Verdict("abstained", None, f"过长，未送评：{size} 字")
        about, purpose = str(record["id"]), f"judge/{self.rubric.name}"
        asked = rubric.messages(self.rubric, record)
        try:
            first = await answer(Ask(about, purpose, asked))
            verdict = reply.read(first.text, cut=first.finish == "length")
            if verdict.outcome != "failed":
                return verdict
            again: list[Message] = [
                *asked,
                {"role": "assistant", "content": first.text[: rubric.LONGEST] or "（空）"},
                {"role": "user", "content": rubric.read("again")},
            ]
            second = await answer(Ask(about, purpose, again, attempt=2))
            return reply.read(second.text, cut=second.finish == "length")
        except Unanswered as error:
            return Verdict("failed", None, str(error))
