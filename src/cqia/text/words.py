"""Many words at once: how much of each category a text holds, counted on the normal form in one pass.

    matcher = Matcher.of([Word("加微信", "contact", 5)], [Excuse("更加微信", "contact")])
    matcher.weigh(pl.Series(["请加 微信 或加 微-信", "更加微信任"]))    ->   contact: 10, 0

A word is matched wherever its normal form occurs in the normal form of the text (``chinese.normal``), overlapping or
not, but never from the middle of a Latin word, of a number or of a sum. An excuse takes back the words inside it.

How it works: one table over all code points folds and classifies a character in one look-up; two bitmaps of the
bigrams and trigrams that words begin with rule out nearly every position; what remains walks a trie in a hash table.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cqia.text import chinese

if TYPE_CHECKING:
    from cqia.text.kernels import Tables

LONGEST_WORD = 64  # bounds the work per position, whatever the text
_POINTS = 0x110000
_THREADED = 1 << 20  # bytes; below this a second thread costs more than it saves


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


class Joined(NamedTuple):
    """Many texts as the kernels read them: their UTF-8 bytes one after the other, and where each begins and ends.

    What reads the same texts shares it.
    """

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def tails(self, lengths: pl.Series) -> Joined:
        """So many bytes of the end of each text; null counts as 0."""
        return self._replace(starts=self.ends - lengths.fill_null(0).to_numpy())


def joined(texts: pl.Series | Joined) -> Joined:
    """A series of strings made ready for the kernels; null counts as empty."""
    if isinstance(texts, Joined):
        return texts
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(texts.str.len_bytes().fill_null(0).to_numpy(), out=offsets[1:])
    # Lists of bytes lie end to end in memory: one copy, where joining the strings makes four.
    lists = texts.cast(pl.Binary).cast(pl.List(pl.UInt8))
    data = lists.explode(empty_as_null=False, keep_nulls=False).to_numpy()
    data.flags.writeable = False  # of its own it is so at times, and the kernels would be compiled for both
    return Joined(data, offsets[:-1], offsets[1:])


def in_parts(texts: Joined, loop: Callable[[Joined, slice], object]) -> None:
    """``loop`` on ranges of the rows of about equal bytes, one for each thread."""

    def part(rows: slice) -> None:
        loop(Joined(texts.data, texts.starts[rows], texts.ends[rows]), rows)

    with ThreadPoolExecutor() as pool:
        list(pool.map(part, slices(texts)))


def slices(texts: Joined) -> list[slice]:
    """The rows as ranges of about equal bytes, one for each thread."""
    rows, total = len(texts.ends), len(texts.data)
    parts = (os.cpu_count() or 1) if total > _THREADED else 1
    cuts = [0, *(int(np.searchsorted(texts.ends, total * k // parts)) for k in range(1, parts)), rows]
    return [slice(a, b) for a, b in pairwise(cuts) if a < b]


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
        entries: dict[tuple[str, str], Word] = {}
        for word in sorted(words, key=lambda word: word.weight):
            entries[form_of(word.text), word.category] = word
        number = {key: at for at, key in enumerate(entries)}
        does: dict[str, list[tuple[int, int]]] = {}
        for (form, _), at in number.items():
            does.setdefault(form, []).append((at, 1))
        plain = _compile(does, list(entries.values()), frozenset())
        innocent = {(form_of(excuse.text), excuse.category) for excuse in excuses}
        taken = _taken(plain, number, innocent)
        for form, back in taken.items():
            does[form] = [*does.get(form, []), *back]
        return _compile(does, list(entries.values()), frozenset(taken)) if taken else plain

    def weigh(self, texts: pl.Series | Joined) -> pl.DataFrame:
        """The weights of all words in each text, summed by category: a column (Int32) for each of ``categories``."""
        from cqia.text.kernels import scan

        read = joined(texts)
        sums = np.zeros((len(read.ends), len(self.categories)), np.int32)
        none = np.empty((0, 4), np.int32)
        in_parts(read, lambda part, rows: scan(*part, self.tables, sums[rows], none, 0))
        return pl.DataFrame({name: sums[:, at] for at, name in enumerate(self.categories)})

    def find(self, texts: pl.Series, limit: int = 4_096) -> list[Hit]:
        """Where words occur, in the order of the texts and of their beginnings, up to ``limit`` in each text."""
        from cqia.text.kernels import scan

        sums = np.zeros((len(texts), len(self.categories)), np.int32)
        hits = np.empty((limit * len(texts), 4), np.int32)
        count = scan(*joined(texts), self.tables, sums, hits, limit)
        return [Hit(row, self.words[word], start, last + 1) for row, word, start, last in hits[:count].tolist()]


def form_of(text: str) -> str:
    """The normal form of a word. Raises ValueError for what cannot be one."""
    form = chinese.normal(text)
    if not 2 <= len(form) <= LONGEST_WORD or chinese.BREAK in form:
        raise ValueError(
            f"{text!r} ({form!r} in normal form) cannot be a word: words have 2 to {LONGEST_WORD} "
            "characters and no 。！？；：，"
        )
    return form


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


def _compile(does: dict[str, list[tuple[int, int]]], entries: Sequence[Word], excuses: frozenset[str]) -> Matcher:
    """The matcher of the forms in ``does``, each with the entries it adds to."""
    from cqia.text import kernels as k

    forms = tuple(sorted(does))
    categories = tuple(sorted({entry.category for entry in entries}))
    symbols = _symbols(forms)
    spelled = np.array([symbols[c] for form in forms for c in form], np.uint16)
    starts = np.cumsum([0, *map(len, forms)], dtype=np.int64)
    roots = np.full(k.EXPANDED, -1, np.int32)
    edges = np.zeros(1 << (2 * len(spelled)).bit_length(), np.uint64)
    ends, filters = np.full(len(spelled) + 1, -1, np.int32), np.zeros((2, k.FILTER_BITS // 8), np.uint8)
    k.grow(spelled, starts, roots, edges, ends, filters)
    first = np.cumsum([0, *(len(does[form]) for form in forms)], dtype=np.int64)
    rows = np.array([row for form in forms for row in does[form]], np.int32).reshape(-1, 2)
    each = np.array([(categories.index(e.category), e.weight, e.most) for e in entries], np.int32).reshape(-1, 3)
    tables = k.Tables(*_table(symbols), roots, edges, ends, filters, first, *rows.T.copy(), *each.T.copy())
    return Matcher(forms, excuses, categories, tables)


def _symbols(forms: Sequence[str]) -> dict[str, int]:
    """A number for each character that is of consequence: Latin letters, digits, and all in words."""
    from cqia.text import kernels as k

    symbols = {chinese.BREAK: k.BROKEN, chinese.SEPARATOR: k.BLANK}
    symbols |= {str(digit): k.DIGITS + digit for digit in range(10)}
    symbols |= {chr(ord("a") + letter): k.LETTERS + letter for letter in range(26)} | {"+": k.PLUS}
    for character in sorted(set().union(*forms) - symbols.keys()):
        symbols[character] = k.FIRST_FREE + len(symbols) - 39
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
