"""Which texts leak an item of a benchmark, and how much of it.

A text leaks an item if it holds a large part of its question, or of its question and options in any order. Compared
are tokens of a normal form in which copies agree: NFKC, lower case, simplified characters, no punctuation and no white
space (``text.chinese.folds``). A token is a word of Latin, Greek or Cyrillic letters and digits, or one character of
any other script, so one length of n-grams fits Chinese, English and their mixtures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl

from cqia.similar import overlap_kernels as kernels
from cqia.similar.overlap_items import Benchmark, Item, items
from cqia.similar.sketch import flat, in_threads, pieces
from cqia.text.chinese import BREAK, SEPARATOR, folds

#: Letters below this belong to words: Latin, Greek and Cyrillic.
WORDS_END = 0x530
#: Characters of a question that are kept to show it.
SHOWN = 40


@dataclass(frozen=True)
class Settings:
    """When a text leaks an item.

    Tokens weigh 5 for a character and 8 for a word, since 13 Chinese characters say about what 8 English words do. A
    *run* is a longest sequence of tokens that text and item share, of ``gram`` tokens or more; it never goes beyond
    the question or one option. A text leaks an item if one of these holds:

    1. long runs cover ``share`` of the question, and ``least`` of weight;
    2. long runs cover ``together`` of the question and all options, and ``least`` of weight;
    3. runs cover ``share`` of the question and ``alone_least`` of weight, and the text has hardly anything else;
    4. the whole question is one run, two options or more stand near after it, and they are ``together`` of the item
       and ``least`` of weight. (For options too short to be runs.)

    In every case text and item must share more than phrasing: an n-gram of at most ``phrase`` items, or of the question
    twice ``least`` of weight, or ``least`` and all of it.

    Of an answer, which may well quote a poem or a law that a question quotes too, ``quoted`` is asked in place of
    ``share`` and ``together``, and the third rule does not apply. How the numbers were found: docs/contamination.md.

    Attributes:
        gram: tokens of a run at least. Shorter questions are found by their options alone.
        run: the weight of a long run: eight characters, five words.
        share: how much of a question must be there. Half the characters of a question are a leak, and in a half by
            characters there are at times only 40 % of the weight.
        together: how much of an item must be there for its options' sake: half of it.
        least: what must be there of weight, however short the item: 13 characters or 8 words, the usual length of the
            n-grams by which training data are compared with benchmarks.
        alone: what part of the text the shared tokens make up, if it has hardly anything else.
        alone_least: the least weight in that case: five characters.
        phrase: n-grams of more items than this ("which of the following statements") are phrasing.
        quoted: how much of an item must be in an answer.
        common: n-grams of more items than this are not even looked up, for the sake of speed; runs go through them
            all the same.
    """

    gram: int = 5
    run: int = 40
    share: float = 0.4
    together: float = 0.5
    least: int = 64
    alone: float = 0.9
    alone_least: int = 25
    phrase: int = 8
    quoted: float = 0.8
    common: int = 256


SETTINGS = Settings()


@dataclass(frozen=True)
class Hit:
    """A text (its row) leaks an item; ``overlap`` is the part of the item that is there, 0 to 1."""

    row: int
    item: Item
    overlap: float


@dataclass(frozen=True, eq=False)
class Index:
    """The items of benchmarks, ready to be looked for."""

    items: tuple[Item, ...]
    tables: kernels.Tables
    settings: Settings

    def hits(self, texts: pl.Series, *, answers: bool = False) -> list[Hit]:
        """The leaks in ``texts``, strings or null, by row; for each row and benchmark the item of the highest overlap,
        the first of equals.

        Args:
            answers: whether the texts are answers, of which more is asked (``Settings.quoted``).
        """
        if not self.items or texts.is_empty():
            return []
        s = self.settings
        shares = (s.quoted, s.quoted, np.inf) if answers else (s.share, s.together, s.alone)
        parts = in_threads(lambda part: self._search(texts, *part, shares), pieces(texts))
        best: dict[tuple[int, str], Hit] = {}
        for hit in (hit for part in parts for hit in part):
            held = best.get((hit.row, hit.item.benchmark))
            if held is None or hit.overlap > held.overlap:
                best[hit.row, hit.item.benchmark] = hit
        return sorted(best.values(), key=lambda hit: (hit.row, hit.item.benchmark))

    def _search(self, texts: pl.Series, start: int, end: int, shares: tuple[float, float, float]) -> list[Hit]:
        data, offsets = flat(texts[start:end])
        s = self.settings
        room = 64 + end - start
        while True:
            found, overlaps = np.empty((room, 2), np.int64), np.empty(room)
            count = kernels.search(
                data, offsets, *table(), self.tables, s.gram, s.run, s.least, s.alone_least, s.phrase, *shares,
                found, overlaps,
            )  # fmt: skip
            if count <= room:
                break
            room = count
        order = np.lexsort((found[:count, 1], found[:count, 0]))
        rows = zip(*found[order].T.tolist(), overlaps[order].tolist(), strict=True)
        return [Hit(start + text, self.items[item], overlap) for text, item, overlap in rows]


def index(found: Sequence[Item], settings: Settings = SETTINGS) -> Index:
    """Items made ready. Items of one benchmark that are the same to the last token are one."""
    sections = pl.Series([text for item in found for text in (item.question, *item.options)], dtype=pl.String)
    tokens, starts = tokens_of(sections)
    first = np.cumsum([0, *(1 + len(item.options) for item in found)])
    kept, seen = [], set()
    for number, item in enumerate(found):
        bounds = starts[first[number] : first[number + 1] + 1]
        key = (item.benchmark, tuple(np.diff(bounds).tolist()), tokens[bounds[0] : bounds[-1]].tobytes())
        if key not in seen and len(bounds) > 1 and bounds[0] < bounds[-1]:
            seen.add(key)
            kept.append(number)
    parts = np.concatenate([np.arange(first[n], first[n + 1]) for n in kept]) if kept else np.empty(0, np.int64)
    lengths = np.diff(starts)[parts]
    where = np.concatenate([np.arange(starts[p], starts[p + 1]) for p in parts]) if kept else np.empty(0, np.int64)
    tokens, starts = tokens[where], np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    counts = np.array([first[n + 1] - first[n] for n in kept], dtype=np.int64)
    owner = np.repeat(np.arange(len(kept), dtype=np.int32), counts)
    firsts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    section = np.repeat(np.arange(len(parts), dtype=np.int32), lengths)
    shown = tuple(Item(i.benchmark, i.locator, i.question[:SHOWN]) for i in (found[n] for n in kept))
    grams = _grams(tokens, starts, owner[section] if len(section) else section, settings)
    return Index(shown, kernels.Tables(tokens, section, starts, owner, firsts, *grams), settings)


def _grams(
    tokens: kernels.Words, starts: kernels.Ints, owner: kernels.Small, settings: Settings
) -> tuple[kernels.Words, kernels.Small, kernels.Ints, kernels.Ints, kernels.Bytes]:
    """The hash table of n-grams and their places: in each section the first place, and no places of common ones."""
    grams = np.empty(len(tokens), np.uint64)
    kernels.hashes(tokens, starts, settings.gram, grams)
    section = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    places = pl.DataFrame({"gram": grams, "at": np.arange(len(tokens)), "item": owner, "section": section})
    places = places.filter(pl.col("gram") > 0).filter(pl.col("item").n_unique().over("gram") <= settings.common)
    places = places.unique(["gram", "section"], keep="first", maintain_order=True).sort("gram", "at")
    counted = places.group_by("gram", maintain_order=True).len()
    size = 1 << max(4, (2 * counted.height).bit_length())
    keys, slots, sieve = np.zeros(size, np.uint64), np.zeros(size, np.int32), np.zeros(size, np.uint8)
    kernels.fill(counted["gram"].to_numpy(), keys, slots, sieve)
    posted = np.concatenate([[0], counted["len"].to_numpy().cumsum()]).astype(np.int64)
    return keys, slots, posted, places["at"].to_numpy().astype(np.int64), sieve


def tokens_of(texts: pl.Series) -> tuple[kernels.Words, kernels.Ints]:
    """The tokens of all texts end to end, and where each text's begin, with the end."""
    data, offsets = flat(texts)
    tokens, starts = np.empty(2 * len(data), np.uint64), np.zeros(len(texts) + 1, np.int64)
    count = kernels.tokenise_all(data, offsets, *table(), tokens, starts)
    return tokens[:count], starts


@lru_cache(maxsize=1)
def table() -> tuple[kernels.Codes, kernels.Codes]:
    """The normal form as ``(entries, expansions)``, see ``overlap_kernels``."""
    entries = np.arange(0x110000, dtype=np.uint32)
    folded = folds()
    for code in range(WORDS_END):
        entries[code] = _entry(chr(code))
    expansions: list[int] = []
    for code, form in folded.items():
        codes = [_entry(character) for character in form]
        if len(codes) < 2:
            entries[code] = codes[0] if codes else kernels.DROPPED
        else:
            entries[code] = kernels.EXPANDS | len(expansions)
            expansions += [len(codes), *codes]
    return entries, np.array(expansions, dtype=np.uint32)


def _entry(character: str) -> int:
    if character in (SEPARATOR, BREAK):
        return kernels.GAP
    return ord(character) | (kernels.LETTER if ord(character) < WORDS_END and character.isalnum() else 0)


@lru_cache(maxsize=1)
def index_of(benchmarks: tuple[Benchmark, ...], settings: Settings = SETTINGS) -> Index:
    """The index of all items of ``benchmarks``; made once in a process.

    Raises:
        RawError: a file of theirs cannot be read.
    """
    return index([item for benchmark in benchmarks for item in items(benchmark)], settings)
