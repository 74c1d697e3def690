"""Edits: changes that ``assign`` makes in a record's texts, recorded so that each can be undone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypedDict

from cqia.sources.source import Edit


class Span(TypedDict):
    """One change: in ``field``, at character ``start`` of the text as it was just before, ``was`` became ``now``."""

    field: str
    name: str
    start: int
    was: str
    now: str


def edit(field: str, text: str, edits: Sequence[Edit]) -> tuple[str, list[Span]]:
    """Make the edits of one field, in order."""
    spans: list[Span] = []
    for each in edits:
        if field not in each.fields:
            continue
        moved = 0
        for match in re.finditer(each.pattern, text):
            if match.group():
                start = match.start() + moved
                spans.append({"field": field, "name": each.name, "start": start, "was": match[0], "now": each.now})
                moved += len(each.now) - len(match[0])
        text = _replay(text, [span for span in spans if span["name"] == each.name])
    return text, spans


def _replay(text: str, spans: Sequence[Span]) -> str:
    for span in spans:
        text = text[: span["start"]] + span["now"] + text[span["start"] + len(span["was"]) :]
    return text


def undone(field: str, text: str, spans: Sequence[Span]) -> str:
    """The text as it was before the edits."""
    for span in reversed(spans):
        if span["field"] == field:
            text = text[: span["start"]] + span["was"] + text[span["start"] + len(span["now"]) :]
    return text
