"""The normal form in which words are matched, character by character, and the share of Chinese in a text.

``normal`` is the specification; the kernel in ``words`` reads the same table (``folds``) while it decodes UTF-8.

    ＋微－信：abc，請加 微\u200b信   ->   "+微信", "abc", "请加微信"

Each code point is folded by itself: NFKC, lower case, traditional to simplified. Zero-width characters and combining
marks vanish. Punctuation, symbols, emoji and blanks are separators: they vanish beside a Hanzi and are one blank
between Latin letters or digits, so that "微-信" is 微信 while "use AVX" keeps its two words. The ends of clauses and
lines are breaks, across which nothing matches.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib import resources

import polars as pl

IGNORE, SEPARATOR, BREAK = "", " ", "\n"
ALNUM = frozenset("0123456789abcdefghijklmnopqrstuvwxyz")
_BETWEEN = "\ue000"  # private use: it stays what it is, and what stands beside it is at an edge
LONGEST_FOLD = 4  # one code point becomes at most four; U+FDFA would become eighteen, and no word list needs it

_BREAKS = frozenset("\n\r\v\f\x85\u2028\u2029。!?;,:")
# NFKC leaves these, advertisers use them. "+" stays a character, because +V means 加微信; a penguin is QQ's emblem.
_DISGUISES = {"+": "+", "\u2795": "加", "\u271a": "加", "\u254b": "+", "\u2295": "+", "\U0001f427": "企鹅"}
_DISGUISES |= {"\u2228": "v", "\u03bd": "v", "\u0475": "v", "\u0445": "x"}  # ∨, Greek ν, Cyrillic ѵ and х
_STROKES = "\u4e28\u4e36"  # 丨 and 丶: Hanzi by name, set between others like a bar and a dot
_LETTER_SIGNS = (0x1F150, 0x1F170, 0x1F1E6)  # negative circled, negative squared, regional indicator: A to Z each
# Where a code point may fold to something else; Han and Hangul blocks and private use are themselves.
_FOLDING = (
    range(0x3400),
    range(0x4DC0, 0x4E00),
    range(0xA000, 0xAC00),
    range(0xD7B0, 0xD800),
    range(0xF900, 0x10000),
    range(0x1D000, 0x1FC00),
    range(0x2F800, 0x2FA20),
    range(0xE0000, 0xE01F0),
)


@cache
def simplified() -> dict[str, str]:
    """Traditional characters to simplified ones, from ``simplified.txt``."""
    lines = resources.files("cqia.text").joinpath("simplified.txt").read_text("utf-8").splitlines()
    pairs = "".join(line for line in lines if not line.startswith("#"))
    return dict(zip(pairs[::2], pairs[1::2], strict=True))


def _class(character: str) -> str:
    """A character of a folded form as itself, or as what it is instead of a letter."""
    if character in _DISGUISES:
        return _DISGUISES[character]
    if character in _BREAKS:
        return BREAK
    if character in _STROKES:
        return SEPARATOR
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf") or (category == "Cc" and character != "\t"):
        return IGNORE
    if category[0] in "ZPS" or character == "\t":
        return SEPARATOR
    return simplified().get(character, character)


def _fold(character: str) -> str:
    point = ord(character)
    for first in _LETTER_SIGNS:
        if first <= point < first + 26:
            return chr(ord("a") + point - first)
    # Lower case may bring back what NFKC composes: fold until both agree.
    form = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).lower())
    folded = "".join(map(_class, form))
    return folded if len(folded) <= LONGEST_FOLD else SEPARATOR


@cache
def folds() -> dict[int, str]:
    """What each code point becomes, where that is not the code point itself; for ``str.translate``. Values hold
    ``SEPARATOR`` and ``BREAK`` as characters and have at most ``LONGEST_FOLD`` characters."""
    table = {ord(a): b for a, b in simplified().items()} | dict.fromkeys(map(ord, _STROKES), SEPARATOR)
    for block in _FOLDING:
        for point in block:
            folded = _fold(chr(point))
            if folded != chr(point):
                table[point] = folded
    return table


def _join(match: re.Match[str]) -> str:
    text, start, end = match.string, match.start(), match.end()
    if "\n" in match[0]:
        return BREAK
    return SEPARATOR if start and end < len(text) and text[start - 1] in ALNUM and text[end] in ALNUM else ""


def normal(text: str) -> str:
    """The normal form of ``text``: separators dropped or single, breaks single."""
    return re.sub("[ \n]+", _join, text.translate(folds()))


def normals(texts: Sequence[str]) -> list[str]:
    """The normal form of each of many short texts, in one go."""
    if not texts or any(_BETWEEN in text for text in texts):
        return [normal(text) for text in texts]
    return normal(_BETWEEN.join(texts)).split(_BETWEEN)


def chars(column: str = "text") -> pl.Expr:
    """The length in characters; 0 for null."""
    return pl.col(column).str.len_chars().fill_null(0)


def han_share(column: str = "text") -> pl.Expr:
    """About the share of Chinese characters, 0 to 1; null for an empty text.

    A Hanzi or a Chinese punctuation mark has three bytes in UTF-8 and a Latin character one, so half of bytes less
    characters counts the former. Counting Hanzi themselves costs 80 times as much and tells no more about real pages.
    """
    text = pl.col(column)
    length = text.str.len_chars()
    wide = (text.str.len_bytes() - length) / 2
    return pl.when(length > 0).then((wide / length).clip(0, 1))
