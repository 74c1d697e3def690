"""Recorded replies, served instead of a server: for demonstrations, tests, and measuring a judge against people.

A JSONL file; a line is ``{"id": "<record id>", "reply": "<the reply's text>"}``, optionally with ``attempt`` (1)
and ``model``, the name of who replied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cqia.errors import ModelError
from cqia.llm.ask import Ask, Reply, Unanswered
from cqia.schema import digest


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    reply: str
    attempt: int = Field(default=1, ge=1)
    model: str | None = None


@dataclass(frozen=True)
class Replay:
    """Recorded replies by record id and attempt. ``model`` names who replied, ``digest`` covers the file."""

    replies: Mapping[tuple[str, int], str]
    model: str
    digest: str

    async def __call__(self, ask: Ask) -> Reply:
        text = self.replies.get((ask.about, ask.attempt))
        if text is None:
            raise Unanswered(f"no reply is recorded for attempt {ask.attempt}")
        return Reply(text, self.model)

    async def recorded(self, asks: Sequence[Ask]) -> list[Reply | None]:
        """None: a lookup here costs nothing, and one way is enough."""
        return [None for _ in asks]


def replay(path: Path) -> Replay:
    """Read recorded replies. Raises ``ModelError``, naming the line, where they cannot be read or contradict."""
    replies: dict[tuple[str, int], str] = {}
    models: set[str] = set()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"the recorded replies {path} cannot be read: {error.strerror}") from error
    for number, text in enumerate(data.split(b"\n"), 1):
        if not text.strip():
            continue
        try:
            line = _Line.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise ModelError(
                f"{path}, line {number}: {where + ': ' if where else ''}{first['msg']}",
                'A line is {"id": "<record id>", "reply": "<text>"}, optionally with "attempt" and "model".',
            ) from None
        if replies.setdefault((line.id, line.attempt), line.reply) != line.reply:
            raise ModelError(
                f"{path}, line {number}: a second, other reply for {line.id}, attempt {line.attempt}",
                "Keep one of the two.",
            )
        models |= {line.model} if line.model else set()
    return Replay(replies, " ".join(sorted(models)), digest(data))
