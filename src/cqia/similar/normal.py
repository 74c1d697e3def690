"""The normal form in which texts are compared: what may differ between two copies of one text is gone from it.

Each code point on its own is taken through NFKC and to lower case, so that full-width and half-width forms agree.
White space, control and format characters (zero-width ones too) and variation selectors are dropped.

*Marks* are punctuation and pictures (Unicode P, So and Sk). Chinese, Latin and typographic marks of one meaning are
folded into one, and a run of marks stays only where it touches an ASCII letter or digit, since there it is what is
said: ``3.14``, ``-5``, ``C#``, ``f'(x)``, ``2(3+4)``. Anywhere else marks are dropped: copies of a text differ in
commas, quotation marks, bullets and emoji. Mathematical and currency signs (Sm, Sc) always stay: ``长×宽`` is not
``长+宽``.

A code point never becomes more code points than it has bytes in UTF-8 (the rest of the few longer expansions, such as
U+FDFA, is cut), so a normal form is never longer than its text has bytes, and buffers are bounded.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

#: Flags beside the 21 bits of a code point in the table. An entry of 0 is dropped.
CODE = 0x1FFFFF
MARK = 1 << 31
ASCII = 1 << 30  # an ASCII letter or digit
EXPANDS = 1 << 29  # the other bits are a place in ``expansions``: the number of code points, then their entries

FOLDED_MARKS = str.maketrans(
    "。、“”„‘’‚′″—–―‐‑−〜～【】〖〗「」『』《》〈〉〔〕·•・",
    ".,\"\"\"'''''------~~[][][][]<><>[]...",
)
DROPPED = ("Zs", "Zl", "Zp", "Cc", "Cf", "Cs")
MARKS = ("P", "So", "Sk")
PLAIN = ("Lo", "Cn", "Co", "Mn", "Mc")  # without a decomposition such a code point stands for itself: most do
#: Outside these, code points have no compatibility form, no case and no marks (Hanzi of the supplementary planes,
#: private use), or are not assigned: they stand for themselves.
CHANGING = (range(0x20000), range(0x2F800, 0x2FA20), range(0xE0000, 0xE0200))


def fold(character: str) -> str:
    """The normal form of one code point, before marks are looked at in their context: often itself, at times empty."""
    if _selects(ord(character)):
        return ""
    folded = unicodedata.normalize("NFKC", character.translate(FOLDED_MARKS)).lower().translate(FOLDED_MARKS)
    kept = (c for c in folded if unicodedata.category(c) not in DROPPED)
    return "".join(kept)[: len(character.encode("utf-8", "surrogatepass"))]


def _selects(code: int) -> bool:
    """Whether a code point only selects a variant of the one before."""
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF


def is_mark(character: str) -> bool:
    """Whether a folded code point is punctuation or a picture."""
    return unicodedata.category(character).startswith(MARKS)


@lru_cache(maxsize=1)
def table() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The normal form as ``(entries, expansions)``: entries[code point] is a folded code point with its flags."""
    entries = np.arange(0x110000, dtype=np.uint32)
    expansions: list[int] = []
    for code in (code for part in CHANGING for code in part if not 0xD800 <= code <= 0xDFFF):
        character = chr(code)
        if unicodedata.category(character) in PLAIN and not unicodedata.decomposition(character) and not _selects(code):
            continue
        folded = [_entry(c) for c in fold(character)]
        if len(folded) < 2:
            entries[code] = folded[0] if folded else 0
        else:
            entries[code] = EXPANDS | len(expansions)
            expansions += [len(folded), *folded]
    return entries, np.array(expansions, dtype=np.uint32)


def _entry(character: str) -> int:
    if is_mark(character):
        return ord(character) | MARK
    return ord(character) | (ASCII if character.isascii() and character.isalnum() else 0)
