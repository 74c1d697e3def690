"""What was changed, character by character.

A text of a million characters cannot be compared so at once: what is the same at both ends is set aside, the rest is
compared sentence by sentence, and only sentences that were replaced are compared by characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

#: Longer passages that were replaced stand as a whole: comparing takes the product of both lengths.
BY_CHARACTER = 2_000
#: More sentences than these are not compared one by one.
BY_SENTENCE = 4_000


class Piece(NamedTuple):
    """A run of text that stayed (``same``), came (``added``) or went (``removed``)."""

    kind: Literal["same", "added", "removed"]
    text: str


def difference(before: str, after: str) -> list[Piece]:
    """The pieces that make ``after`` of ``before``: ``same`` and ``removed`` together are ``before``, ``same`` and
    ``added`` together ``after``. Neighbours are of different kinds, and none is empty."""
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    middle = before[head : len(before) - tail], after[head : len(after) - tail]
    pieces = [Piece("same", before[:head]), *_passages(*middle), Piece("same", before[len(before) - tail :])]
    return list(_joined(pieces))


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
                min(len(one), len(other)))  # fmt: skip


def _passages(before: str, after: str) -> Iterator[Piece]:
    if len(before) <= BY_CHARACTER and len(after) <= BY_CHARACTER:
        yield from _compared(before, after)
        return
    old, new = (re.findall(r"[^。！？；\n]*[。！？；\n]|[^。！？；\n]+", text) for text in (before, after))
    if len(old) > BY_SENTENCE or len(new) > BY_SENTENCE:
        yield from (Piece("removed", before), Piece("added", after))
        return
    for kind, a, b in _blocks(old, new):
        removed, added = "".join(a), "".join(b)
        if kind == "equal":
            yield Piece("same", removed)
        elif len(removed) <= BY_CHARACTER and len(added) <= BY_CHARACTER:
            yield from _compared(removed, added)
        else:
            yield from (Piece("removed", removed), Piece("added", added))


def _compared(before: str, after: str) -> Iterator[Piece]:
    for kind, a, b in _blocks(before, after):
        if kind == "equal":
            yield Piece("same", "".join(a))
        else:
            yield from (Piece("removed", "".join(a)), Piece("added", "".join(b)))


def _blocks(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        yield kind, before[a:b], after[c:d]


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    waiting: Piece | None = None
    for piece in pieces:
        if not piece.text:
            continue
        if waiting is not None and waiting.kind == piece.kind:
            waiting = Piece(piece.kind, waiting.text + piece.text)
            continue
        if waiting is not None:
            yield waiting
        waiting = piece
    if waiting is not None:
        yield waiting
