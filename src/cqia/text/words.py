"""Many words at once: how much of each category a text holds, counted on the normal form in one pass.

    matcher = Matcher.of([Word("加微信", "contact", 5), Word("更加微信", "contact", -5)])
    matcher.weigh(pl.Series(["请加 薇信 或加 微-信", "更加微信任"]))    ->   contact: 5, 0

A word is matched wherever its normal form occurs in the normal form of the text (``chinese.normal``), overlapping or
not, but never from the middle of a Latin word or of a number. A word of negative weight takes back what the words
inside it gave: that is how "更加微信" excuses "加微信".

How it works: one table over all code points folds and classifies a character in one look-up; a bitmap of the bigrams
that words begin with rules out nearly every position; what remains walks a trie in a hash table.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cqia.text import chinese

LONGEST_WORD = 64  # bounds the work per position, whatever the text
_POINTS = 0x110000
_THREADED = 1 << 20  # bytes; below this a second thread costs more than it saves


class Word(NamedTuple):
    """A word of a list: its text, its category, and the weight of one occurrence."""

    text: str
    category: str
    weight: int = 1


class Hit(NamedTuple):
    """An occurrence: the row of the text, the word in normal form, and its characters ``[start, end)`` there."""

    row: int
    word: str
    start: int
    end: int


def buffers(texts: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The UTF-8 bytes of all texts one after the other, and where each begins; null counts as empty."""
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(texts.str.len_bytes().fill_null(0).to_numpy(), out=offsets[1:])
    joined = texts.str.join("", ignore_nulls=True).cast(pl.Binary).item() if len(texts) else b""
    return np.frombuffer(joined or b"", np.uint8), offsets


def slices(offsets: NDArray[np.int64]) -> list[tuple[int, int]]:
    """The rows as ranges of about equal bytes, one for each thread."""
    rows, total = len(offsets) - 1, int(offsets[-1])
    parts = (os.cpu_count() or 1) if total > _THREADED else 1
    cuts = [0, *(int(np.searchsorted(offsets, total * k // parts)) for k in range(1, parts)), rows]
    return [(a, b) for a, b in zip(cuts, cuts[1:], strict=False) if a < b]


@dataclass(frozen=True, eq=False)
class Matcher:
    """Words made ready to be looked for.

    Attributes:
        words: the different normal forms, by number.
        categories: the names of the columns ``weigh`` returns.
        arrays: what ``kernels.scan`` reads: table, expansions, trie, bigrams, and the weights of each word.
    """

    words: tuple[str, ...]
    categories: tuple[str, ...]
    arrays: tuple[NDArray[Any], ...]

    @staticmethod
    def of(words: Iterable[Word]) -> Matcher:
        """Makes ``words`` ready. Words with the same normal form and category count once, with the highest weight.

        Raises ValueError for a word whose normal form has fewer than 2 or more than 64 characters, or a break.
        """
        from cqia.text import kernels as k

        entries: dict[str, dict[str, int]] = {}
        for word in words:
            form = chinese.normal(word.text)
            if not 2 <= len(form) <= LONGEST_WORD or chinese.BREAK in form:
                raise ValueError(f"{word.text!r} ({form!r} in normal form) cannot be a word: words have 2 to "
                                 f"{LONGEST_WORD} characters and no 。！？；：，")
            weights = entries.setdefault(form, {})
            weights[word.category] = max(word.weight, weights.get(word.category, word.weight))
        forms = tuple(sorted(entries))
        categories = tuple(sorted({category for weights in entries.values() for category in weights}))

        symbols = _symbols(forms)
        table, expansions = _table(symbols)
        spelled = np.array([symbols[c] for form in forms for c in form], np.uint16)
        starts = np.cumsum([0, *map(len, forms)], dtype=np.int64)
        roots = np.full(k.EXPANDED, -1, np.int32)
        edges = np.zeros(1 << (2 * len(spelled)).bit_length(), np.uint64)
        ends, bits = np.full(len(spelled) + 1, -1, np.int32), np.zeros(k.BIGRAM_BITS // 8, np.uint8)
        k.grow(spelled, starts, roots, edges, ends, bits)
        rows = [(categories.index(name), weight) for form in forms for name, weight in entries[form].items()]
        first = np.cumsum([0, *(len(entries[form]) for form in forms)], dtype=np.int64)
        category, weight = np.array(rows, np.int32).reshape(-1, 2).T.copy()
        return Matcher(forms, categories, (table, expansions, roots, edges, ends, bits, first, category, weight))

    def weigh(self, texts: pl.Series) -> pl.DataFrame:
        """The weights of all words in each text, summed by category: a column (Int32) for each of ``categories``."""
        from cqia.text.kernels import scan

        data, offsets = buffers(texts)
        sums = np.zeros((len(texts), len(self.categories)), np.int32)
        none = np.empty((0, 4), np.int32)

        def part(rows: tuple[int, int]) -> None:
            scan(data, offsets[rows[0] : rows[1] + 1], *self.arrays, sums[rows[0] : rows[1]], none)

        with ThreadPoolExecutor() as pool:
            list(pool.map(part, slices(offsets)))
        return pl.DataFrame({name: sums[:, at] for at, name in enumerate(self.categories)})

    def find(self, texts: pl.Series, limit: int = 100_000) -> list[Hit]:
        """Where words occur, in the order of their beginnings, up to ``limit`` occurrences."""
        from cqia.text.kernels import scan

        data, offsets = buffers(texts)
        sums = np.zeros((len(texts), len(self.categories)), np.int32)
        hits = np.empty((limit, 4), np.int32)
        count = scan(data, offsets, *self.arrays, sums, hits)
        return [Hit(row, self.words[word], start, last + 1) for row, word, start, last in hits[:count].tolist()]


def repeated(texts: pl.Series, size: int) -> pl.Series:
    """The share of the n-grams of ``size`` characters that came before in the same text; null where there is none."""
    from cqia.text.kernels import repeats

    data, offsets = buffers(texts)
    shares = np.empty(len(texts))

    def part(rows: tuple[int, int]) -> None:
        repeats(data, offsets[rows[0] : rows[1] + 1], size, shares[rows[0] : rows[1]])

    with ThreadPoolExecutor() as pool:
        list(pool.map(part, slices(offsets)))
    return pl.Series(shares).fill_nan(None)


def _symbols(forms: Sequence[str]) -> dict[str, int]:
    """A number for each character that is of consequence: Latin letters, digits, and all in words."""
    from cqia.text import kernels as k

    symbols = {chinese.BREAK: k.BROKEN, chinese.SEPARATOR: k.BLANK}
    symbols |= {str(digit): k.DIGITS + digit for digit in range(10)}
    symbols |= {chr(ord("a") + letter): k.LETTERS + letter for letter in range(26)}
    for character in sorted(set().union(*forms) - symbols.keys()):
        symbols[character] = k.FIRST_FREE + len(symbols) - 38
    if max(symbols.values()) >= k.EXPANDED:
        raise ValueError(f"too many different characters in the words: {len(symbols)}")
    return symbols


def _table(symbols: dict[str, int]) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """The code of every code point, and the rows of symbols that codes from ``EXPANDED`` on stand for."""
    from cqia.text import kernels as k

    seen = symbols | {chinese.SEPARATOR: k.SEPARATED}
    table = np.zeros(_POINTS, np.uint16)
    rows: list[list[int]] = []
    for character, symbol in seen.items():
        table[ord(character)] = symbol
    for point, folded in chinese.folds().items():
        codes = [seen.get(character, k.OTHER) for character in folded] or [k.IGNORED]
        if len(codes) > 1:
            rows.append(codes + [k.IGNORED] * (chinese.LONGEST_FOLD - len(codes)))
        table[point] = codes[0] if len(codes) == 1 else k.EXPANDED + len(rows) - 1
    return table, np.array(rows, np.uint16)
