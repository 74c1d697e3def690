"""The judge that asks a model: one question per record by the rubric, and once more where the reply cannot be read."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
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
from cqia.llm.ask import Answer, Ask, Model, Reply, Unanswered
from cqia.llm.client import connect, each, run
from cqia.llm.replay import Replay

VERSION = "2"  # of how replies are read and asked for again
LOG = logging.getLogger(__name__)
TELL = 30.0  # seconds between two words on how far it is
TOGETHER = 1000  # records whose replies are looked up at once
READ = ("id", "instruction", "input", "output", "history")  # columns of a record that the judge sees


#: The replies that are there already, in the order of the questions.
Recorder = Callable[[Sequence[Ask]], list[Reply | None]]

Work = Callable[[Mapping[str, object]], Awaitable[Verdict]]


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
    purpose: str = "judge"  # under another one, the same question is really asked again

    @property
    def name(self) -> str:
        return self.voice.name

    @property
    def digest(self) -> str:
        return schema.digest(VERSION, self.voice.digest, self.rubric.digest, rubric.FORM.digest, rubric.read("again"))

    def __call__(self, records: pl.DataFrame) -> pl.DataFrame:
        return frame(records["id"].to_list(), run(self._verdicts(records.select(READ))), self.name)

    def ask(self, record: Mapping[str, object], unread: Reply | None = None) -> Ask:
        """The question about a record; after a reply that could not be read, the second one."""
        about, purpose = str(record["id"]), f"{self.purpose}/{self.rubric.name}"
        asked = rubric.messages(self.rubric, record)
        if unread is None:
            return Ask(about, purpose, asked, form=rubric.FORM)
        again: list[Message] = [
            *asked,
            {"role": "assistant", "content": unread.text[: rubric.LONGEST] or "（空）"},
            {"role": "user", "content": rubric.read("again")},
        ]
        return Ask(about, purpose, again, attempt=2, form=rubric.FORM)

    def questions(self, records: pl.DataFrame, recorded: Recorder) -> Iterator[Ask]:
        """What a call would send about ``records`` now, with the replies that are ``recorded``; nothing is sent."""
        for part in records.select(READ).iter_slices(TOGETHER):
            rows = [row for row in part.iter_rows(named=True) if rubric.length(row) <= rubric.LONGEST]
            asks = [self.ask(row) for row in rows]
            replies = recorded(asks)
            yield from (ask for ask, reply in zip(asks, replies, strict=True) if reply is None)
            unread = [
                self.ask(row, reply)
                for row, reply in zip(rows, replies, strict=True)
                if reply and verdict_of(reply).outcome == "failed"
            ]
            yield from (ask for ask, reply in zip(unread, recorded(unread), strict=True) if reply is None)

    async def _verdicts(self, records: pl.DataFrame) -> list[Verdict]:
        async with self.voice.open() as answer:
            # First what is in the journal, many at a time; then what is not is asked.
            known = [verdict for part in records.iter_slices(TOGETHER) for verdict in await self._known(answer, part)]
            open_ = [number for number, verdict in enumerate(known) if verdict is None]
            rows = list(records[open_].iter_rows(named=True))
            work = _telling(partial(self._verdict, answer), len(rows))
            asked = iter(await each(rows, work, self.voice.in_flight))
            return [next(asked) if verdict is None else verdict for verdict in known]

    async def _known(self, answer: Answer, records: pl.DataFrame) -> list[Verdict | None]:
        """The verdicts that need no question."""
        rows = list(records.iter_rows(named=True))
        replies = await answer.recorded([self.ask(row) for row in rows])
        verdicts = [verdict_of(reply) if reply else _too_long(row) for row, reply in zip(rows, replies, strict=True)]
        return [verdict if verdict and verdict.outcome != "failed" else None for verdict in verdicts]

    async def _verdict(self, answer: Answer, record: Mapping[str, object]) -> Verdict:
        try:
            first = await answer(self.ask(record))
            verdict = verdict_of(first)
            return verdict if verdict.outcome != "failed" else verdict_of(await answer(self.ask(record, first)))
        except Unanswered as error:
            return Verdict("failed", None, str(error))


def verdict_of(received: Reply) -> Verdict:
    """What a reply says; failed where it cannot be read."""
    return reply.read(received.text, cut=received.finish == "length")


def _telling(work: Work, of: int) -> Work:
    """``work``, and a word now and then of how far it is: a shard may take hours."""
    begun = said = time.monotonic()
    done = 0

    async def one(record: Mapping[str, object]) -> Verdict:
        nonlocal said, done
        verdict = await work(record)
        done += 1
        if (now := time.monotonic()) - said > TELL:
            said = now
            LOG.info("judge: %d of %d records of this shard asked, %.1f a second", done, of, done / (now - begun))
        return verdict

    return one


def _too_long(record: Mapping[str, object]) -> Verdict | None:
    size = rubric.length(record)
    return Verdict("abstained", None, f"过长，未送评：{size} 字") if size > rubric.LONGEST else None
