"""Edits: changes that ``assign`` makes in a record's texts, recorded so that each can be undone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypedDict

from cqia.sources.source import Edit
from cqia.text import pii

#: What stands in the place of personal data, by kind (``text.pii.KINDS``).
MASKS = {
    "mobile": "<手机号>",
    "landline": "<座机号>",
    "id_card": "<身份证号>",
    "bank_card": "<银行卡号>",
    "email": "<邮箱>",
    "qq": "<QQ号>",
    "wechat": "<微信号>",
    "telegram": "<电报号>",
    "plate": "<车牌号>",
    "profile": "<主页地址>",
}


class Span(TypedDict):
    """One change: in ``field``, at character ``start`` of the text as it was just before, ``was`` became ``now``."""

    field: str
    name: str
    start: int
    was: str
    now: str


def edit(field: str, text: str, edits: Sequence[Edit], mask: Sequence[str] = ()) -> tuple[str, list[Span]]:
    """Make the edits of one field, in order, and then mask the kinds of personal data named in ``mask``."""
    spans: list[Span] = []
    for each in edits:
        if field in each.fields:
            found = [(m.start(), m[0], each.now) for m in re.finditer(each.pattern, text) if m[0]]
            text = _made(field, each.name, text, found, spans)
    if mask:
        personal = [(at.start, text[at.start : at.end], MASKS[at.kind]) for at in pii.spans(text) if at.kind in mask]
        text = _made(field, "mask", text, personal, spans)
    return text, spans


def _made(field: str, name: str, text: str, found: Sequence[tuple[int, str, str]], spans: list[Span]) -> str:
    """Make the changes that ``found`` says (start, was, now; apart and in order) and record each as it is made."""
    moved = 0
    for start, was, now in found:
        at = start + moved
        text = text[:at] + now + text[at + len(was) :]
        spans.append({"field": field, "name": name, "start": at, "was": was, "now": now})
        moved += len(now) - len(was)
    return text


def undone(field: str, text: str, spans: Sequence[Span]) -> str:
    """The text as it was before the edits."""
    for span in reversed(spans):
        if span["field"] == field:
            text = text[: span["start"]] + span["was"] + text[span["start"] + len(span["now"]) :]
    return text
