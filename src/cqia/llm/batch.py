"""Providers' batch files: questions written to a file in OpenAI's form, and its replies taken into the journal.

A question in a file is claimed in the journal under the file's name until its reply comes, or its error, or it is given
up. So no run asks for it meanwhile, and the budget counts it at the most that it may cost.

    {"custom_id": "<key>", "method": "POST", "url": "/v1/chat/completions", "body": {…}}         a question
    {"custom_id": "<key>", "response": {"status_code": 200, "body": {…}}, "error": null}         its reply
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from cqia.errors import ModelError, UsageError
from cqia.llm.ask import Ask, Model, Reply
from cqia.llm.book import BATCH, Claim, Entry, Record, Settle
from cqia.llm.journal import Journal
from cqia.llm.send import Trouble, read, request

LINES, BYTES = 50_000, 190 << 20  # of one file; OpenAI takes 50,000 and 200 MB, others no more
TOGETHER = 1000  # lines to a transaction
LONGEST = 16 << 20  # bytes of one line


@dataclass(frozen=True)
class Exported:
    """``written`` questions; what is ``left`` does not fit into one file, ``over`` not into the budget, and what is
    ``elsewhere`` is out in another file or under way in another process."""

    written: int
    left: int
    over: int
    elsewhere: int


@dataclass(frozen=True)
class Imported:
    """Replies ``taken``; questions that ``failed``, by reason, and may be asked again; lines that are ``unknown``: of
    another project, or taken before; questions that came back ``unsent``; and how many are still ``out``."""

    taken: int
    failed: Counter[str]
    unknown: int
    unsent: int
    out: int


class _Response(BaseModel):
    status_code: int
    body: Any = None


class _Line(BaseModel):
    custom_id: str
    response: _Response | None = None
    error: Any = None
    method: str | None = None  # of a question


def export(file: Path, questions: Iterable[Ask], model: Model, journal: Journal) -> Exported:
    """Write ``questions`` to ``file``, as many as fit.

    Raises:
        UsageError: the file exists.
    """
    name = str(file.absolute())
    writing, out = f"{BATCH}writing|{name}", f"{BATCH}{name}"
    if file.exists():
        journal.hand_over(writing, out)  # a kill came between the file's name and this
        raise UsageError(f"{file} exists already.", "Take its replies in, or name another file.")
    journal.abandon(
        lambda owner: owner == writing, lost=False
    )  # a kill came before the file had its name: it was never sent
    part = file.with_name(f".{file.name}.tmp")
    counts = Counter[str]()
    size = 0
    with part.open("wb") as handle:
        waiting = iter(questions)
        while asks := list(islice(waiting, TOGETHER)):
            wanted = {ask.key(model): ask for ask in asks}
            lines = {key: _line(key, ask, model) for key, ask in wanted.items()}
            room: list[str] = []
            for key, line in lines.items():
                if counts["yours"] + len(room) < LINES and size + len(line) <= BYTES:
                    room.append(key)
                    size += len(line)
                else:
                    counts["left"] += 1
            claims = [Claim(key, wanted[key], model, wanted[key].most(model), writing) for key in room]
            for key, found in zip(room, journal.write(claims), strict=True):
                counts[found if isinstance(found, str) else "answered"] += 1
                if found == "yours":
                    handle.write(lines[key])
        handle.flush()
        os.fsync(handle.fileno())
    if counts["yours"]:
        part.rename(file)
        journal.hand_over(writing, out)
    else:
        part.unlink()
    return Exported(counts["yours"], counts["left"], counts["spent"], counts["taken"] + counts["batched"])


def take_in(files: Iterable[Path], model: Model, journal: Journal) -> Imported:
    """Take the replies of ``files`` into the journal: the output file of a batch, and its file of errors.

    Args:
        model: for its price.

    Raises:
        ModelError: a file cannot be read, or a line is none of a batch's; names it. What came before it is kept.
    """
    counts, failed = Counter[str](), Counter[str]()
    for file in files:
        lines = _lines(file)
        while some := list(islice(lines, TOGETHER)):
            held = journal.out([line.custom_id for line in some])
            entries: dict[str, Entry] = {}
            for line in some:
                key = line.custom_id
                if key not in held or key in entries:
                    counts["unknown"] += 1
                    continue
                ask, claimed, most = held[key]
                if line.response is None and line.error is None and line.method is not None:
                    counts["unsent"] += 1
                    entries[key] = Settle(key, lost=False)
                    continue
                try:
                    reply = _reply(line)
                except Trouble as trouble:
                    failed[trouble.why] += 1
                    entries[key] = Settle(key, lost=trouble.kind == "failed")
                    continue
                known = reply.prompt_tokens is not None and reply.completion_tokens is not None
                cost = model.charge(reply.prompt_tokens or 0, reply.completion_tokens or 0) if known else most
                counts["taken"] += 1
                entries[key] = Record(key, ask, claimed, reply, cost)
            journal.write(list(entries.values()))
    return Imported(counts["taken"], failed, counts["unknown"], counts["unsent"], journal.out_in_all())


def give_up(journal: Journal) -> int:
    """Free what is out in batch files to be asked again; what it may have cost stays charged. Returns how many."""
    return journal.abandon(lambda owner: owner.startswith(BATCH))


def _line(key: str, ask: Ask, model: Model) -> bytes:
    body = request(ask, model, formed=True)
    line = {"custom_id": key, "method": "POST", "url": "/v1/chat/completions", "body": body}
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _lines(file: Path) -> Iterator[_Line]:
    try:
        with file.open("rb") as handle:
            number = 0
            while text := handle.readline(LONGEST):
                number += 1
                if not text.strip():
                    continue
                try:
                    yield _Line.model_validate(json.loads(text))
                except (ValueError, RecursionError) as error:
                    first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
                    raise ModelError(
                        f"{file}, line {number} is no line of a batch: {first}",
                        'A line is {"custom_id": "…", "response": {"status_code": 200, "body": {…}}}.',
                    ) from error
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {error.strerror}.") from error


def _reply(line: _Line) -> Reply:
    if line.response is None or line.response.status_code != 200:
        said = line.error if line.response is None else line.response.body
        status = f"{line.response.status_code} " if line.response else ""
        raise Trouble("refused", f"{status}{json.dumps(said, ensure_ascii=False)}"[:200])
    return read(json.dumps(line.response.body).encode())
