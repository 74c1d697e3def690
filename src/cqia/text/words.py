"""Many words at once: how much of each category a text holds, counted on the normal form in one pass.

    matcher = Matcher.of([Word("加微信", "contact", 5)], [Excuse("更加微信", "contact")])
    matcher.weigh(pl.Series(["请加 微信 或加 微-信", "更加微信任"]))    ->   contact: 10, 0

A word is matched wherever its normal form occurs in the normal form of the text (``chinese.normal``), overlapping or
not, but never from the middle of a Latin word, of a number or of a sum. An excuse takes back the words inside it.

How it works: one table over all code points folds and classifies a character in one look-up; bitmaps of the bigrams
and then the trigrams that words begin with rule out nearly every position; what remains walks a trie in a hash table.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cqia.text import chinese
from cqia.text.marks import bearing
from cqia.text.reading import joined, measured

if TYPE_CHECKING:
    from cqia.text.word_kernels import Tables

LONGEST_WORD = 64  # bounds the work per position, whatever the text


class Word(NamedTuple):
    """A word of a list: its text, its category, the weight of an occurrence, and how many count at most in a text."""

    text: str
    category: str
    weight: int = 1
    most: int = 1_000_000


class Excuse(NamedTuple):
    """An innocent phrase: the words of its category inside it do not count."""

    text: str
    category: str


class Hit(NamedTuple):
    """An occurrence: the row of the text, the word in normal form, and its characters ``[start, end)`` there."""

    row: int
    word: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Matcher:
    """Words made ready to be looked for.

    Attributes:
        words: the different normal forms, of words and excuses, by number.
        excuses: those of ``words`` that are excuses.
        categories: the names of the columns ``weigh`` returns.
        tables: what the kernel reads.
    """

    words: tuple[str, ...]
    excuses: frozenset[str]
    categories: tuple[str, ...]
    tables: Tables

    @staticmethod
    def of(words: Iterable[Word], excuses: Iterable[Excuse] = ()) -> Matcher:
        """Makes ``words`` ready. Words with the same normal form and category count once, with the highest weight.

        Raises ValueError for a word whose normal form has fewer than 2 or more than 64 characters, or a break.
        """
        listed, ordinary = sorted(words, key=lambda word: word.weight), list(excuses)
        forms = forms_of([*(word.text for word in listed), *(excuse.text for excuse in ordinary)])
        entries = {(form, word.category): word for form, word in zip(forms, listed, strict=False)}
        number = {key: at for at, key in enumerate(entries)}
        innocent = {(form, each.category) for form, each in zip(forms[len(listed) :], ordinary, strict=True)}
        does: dict[str, list[tuple[int, int]]] = {form: [] for form, _ in innocent}
        for (form, _), at in number.items():
            does.setdefault(form, []).append((at, 1))
        plain = _compile(does, list(entries.values()))
        taken = _taken(plain, number, innocent)
        for form, back in taken.items():
            does[form] += back
        excused = frozenset(taken) | ({form for form, _ in innocent} - {form for form, _ in number})
        done = dict(zip(("does", "first", "entries", "deltas"), _doing(does), strict=True))
        return replace(plain, excuses=excused, tables=plain.tables._replace(**done))

    def weigh(self, texts: pl.Series) -> pl.DataFrame:
        """The weights of all words in each text, summed by category: a column (Int32) for each of ``categories``."""
        sums = measured(joined(texts), tables=self.tables).sums
        return pl.DataFrame({name: sums[:, at] for at, name in enumerate(self.categories)})

    def find(self, texts: pl.Series, limit: int = 4_096) -> list[Hit]:
        """Where words occur, in the order of the texts and of their beginnings, up to ``limit`` in each text."""
        from cqia.text.survey import find

        read = joined(texts)
        hits = np.empty((limit * len(texts), 4), np.int32)
        count = find(read.data, read.starts, read.ends, self.tables, hits, limit)
        return [Hit(row, self.words[word], start, last + 1) for row, word, start, last in hits[:count].tolist()]


@cache
def no_words() -> Tables:
    """The tables of no words, with which everything else is measured."""
    return _compile({}, []).tables


def forms_of(texts: Sequence[str]) -> list[str]:
    """The normal forms of words. Raises ValueError for the first that cannot be one."""
    forms = chinese.normals(texts)
    for text, form in zip(texts, forms, strict=True):
        if not 2 <= len(form) <= LONGEST_WORD or chinese.BREAK in form:
            raise ValueError(
                f"{text!r} ({form!r} in normal form) cannot be a word: words have 2 to {LONGEST_WORD} "
                "characters and no 。！？；：，"
            )
    return forms


def _taken(
    plain: Matcher, number: dict[tuple[str, str], int], innocent: set[tuple[str, str]]
) -> dict[str, list[tuple[int, int]]]:
    """For each excuse the entries it takes back: as many as stand in it, less what shorter excuses in it take."""
    forms = sorted({form for form, _ in innocent}, key=lambda form: (len(form), form))
    inside: dict[str, list[str]] = {form: [] for form in forms}
    for hit in plain.find(pl.Series(forms, dtype=pl.String)):
        inside[forms[hit.row]].append(hit.word)
    taken: dict[str, list[tuple[int, int]]] = {}
    for form in forms:
        back: dict[int, int] = {}
        for _, category in filter(lambda key: key[0] == form, innocent & {(form, c) for c in plain.categories}):
            for word in inside[form]:
                if (word, category) in number:
                    at = number[word, category]
                    back[at] = back.get(at, 0) - 1
        for start in range(len(form)):
            for end in range(start + 2, len(form) + 1):
                for at, less in taken.get(form[start:end], []) if end - start < len(form) else []:
                    back[at] = back.get(at, 0) - less
        if any(back.values()):
            taken[form] = [(at, less) for at, less in back.items() if less]
    return taken


def _compile(does: dict[str, list[tuple[int, int]]], entries: Sequence[Word]) -> Matcher:
    """The matcher of the forms in ``does``, each with the entries it adds to, without excuses."""
    from cqia.text import word_kernels as k

    forms = tuple(sorted(does))
    categories = tuple(sorted({entry.category for entry in entries}))
    number = {category: at for at, category in enumerate(categories)}
    points = np.frombuffer("".join(forms).encode("utf-32-le"), np.uint32)
    symbols = _symbols(points)
    starts = np.cumsum([0, *map(len, forms)], dtype=np.int64)
    edges = np.zeros(1 << (2 * len(points)).bit_length(), np.uint64)
    ends = np.full(k.EXPANDED + len(points), -1, np.int32)
    filters = np.zeros((3, k.FILTER_BITS // 8), np.uint8)
    k.grow(symbols[points].astype(np.uint16), starts, edges, ends, filters)
    each = np.array([(number[e.category], e.weight, e.most) for e in entries], np.int32).reshape(-1, 3).T.copy()
    classes, expansions = _classes(symbols, folded=bool(forms))
    tables = k.Tables(classes, expansions, edges, ends, filters, *_doing(does), *each)
    return Matcher(forms, frozenset(), categories, tables)


def _doing(does: dict[str, list[tuple[int, int]]]) -> tuple[NDArray[Any], ...]:
    """What each form does: ``does``, ``first``, ``entries`` and ``deltas`` of ``word_kernels.Tables``."""
    each = [does[form] for form in sorted(does)]
    first = np.cumsum([0, *map(len, each)], dtype=np.int64)
    flat = itertools.chain.from_iterable(itertools.chain.from_iterable(each))
    entries, deltas = np.fromiter(flat, np.int32, 2 * int(first[-1])).reshape(-1, 2).T.copy()
    alone = np.full(len(each), -1, np.int32)
    single = np.flatnonzero(np.diff(first) == 1)
    at = first[single]
    alone[single] = np.where(deltas[at] == 1, entries[at], -1)
    return alone, first, entries, deltas


def _symbols(points: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The symbol of every code point: Latin letters, digits and all in words have one of their own."""
    from cqia.text import word_kernels as k

    table = np.full(0x110000, k.OTHER, np.uint32)
    own = np.unique(points)
    table[own] = np.arange(k.FIRST_FREE, k.FIRST_FREE + len(own))
    table[ord("0") : ord("9") + 1] = np.arange(k.DIGITS, k.LETTERS)
    table[ord("a") : ord("z") + 1] = np.arange(k.LETTERS, k.PLUS)
    table[[ord("+"), ord(chinese.BREAK), ord(chinese.SEPARATOR)]] = k.PLUS, k.BROKEN, k.BLANK
    if k.FIRST_FREE + len(own) >= k.EXPANDED:
        raise ValueError(f"too many different characters in the words: {len(own)}")
    return table


def _classes(symbols: NDArray[np.uint32], folded: bool) -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
    """The class of every code point (``word_kernels.Tables``), and the rows of symbols that codes from ``EXPANDED`` on
    stand for."""
    from cqia.text import word_kernels as k

    seen = symbols.copy()
    seen[ord(chinese.SEPARATOR)] = k.SEPARATED
    classes: NDArray[np.uint32] = (bearing() << 16 | seen).astype(np.uint32)
    if not folded:
        return classes, np.empty((0, chinese.LONGEST_FOLD), np.uint16)
    points, becomes, many = _folds()
    rows = np.where(becomes >= 0, seen[becomes], k.IGNORED).astype(np.uint16)
    codes = np.where(many, k.EXPANDED + np.cumsum(many) - 1, rows[:, 0])
    classes[points] = (classes[points] & ~np.uint32(0xFFFF)) | codes.astype(np.uint32)
    return classes, rows[many]


@cache
def _folds() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """``chinese.folds`` as arrays: the code points, what each becomes (rows filled up with -1), and whether that is
    more than one."""
    folds = chinese.folds()
    rows = [[*map(ord, folded), *[-1] * (chinese.LONGEST_FOLD - len(folded))] for folded in folds.values()]
    becomes = np.array(rows, np.int64)
    return np.fromiter(folds, np.int64), becomes, becomes[:, 1] >= 0
