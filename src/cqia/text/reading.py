"""Many texts as compiled loops read them, and what is measured of them in one pass (``survey``)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cqia.text.word_kernels import Tables

_THREADED = 1 << 20  # bytes; below this a second thread costs more than it saves


class Joined(NamedTuple):
    """Many texts as the kernels read them: their UTF-8 bytes one after the other, and where each begins and ends."""

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def rows(self, rows: slice) -> Joined:
        """Some of the texts, without copying any."""
        return Joined(self.data, self.starts[rows], self.ends[rows])


class Measured(NamedTuple):
    """What was asked for of each text; the rest is empty.

    Attributes:
        marks: UInt16 (``marks``).
        lines: Float64, the share of lines that stood before in the text, without the blank ones; null without a line.
        grams: Float64, for each size asked for the share of the n-grams of the text that came before in it; null where
            there is none.
        sums: Int32, weights of the words by category (a column each, as the tables number them).
    """

    marks: pl.Series
    lines: pl.Series
    grams: tuple[pl.Series, ...]
    sums: NDArray[np.int32]


def joined(texts: pl.Series) -> Joined:
    """A series of strings made ready for the kernels; null counts as empty."""
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(texts.str.len_bytes().fill_null(0).to_numpy(), out=offsets[1:])
    # Lists of bytes lie end to end in memory: one copy, where joining the strings makes four.
    lists = texts.cast(pl.Binary).cast(pl.List(pl.UInt8))
    data = lists.explode(empty_as_null=False, keep_nulls=False).to_numpy()
    data.flags.writeable = False  # of its own it is so at times, and the kernels would be compiled for both
    return Joined(data, offsets[:-1], offsets[1:])


def measured(
    texts: Joined,
    *,
    heads: Joined | None = None,
    marks: bool = False,
    lines: bool = False,
    grams: Sequence[int] = (),
    tables: Tables | None = None,
) -> Measured:
    """Measures what is asked for.

    Args:
        heads: what stands before each text: marks and words are looked for in both together.
        lines: of repeated lines. grams: of repeated n-grams of these sizes, in characters. tables: of words.
    """
    from cqia.text.survey import survey
    from cqia.text.words import no_words

    rows = len(texts.ends)
    sizes = np.array(grams, np.int64)
    borne: NDArray[Any] = np.empty(rows if marks else 0, np.uint16)
    shares: NDArray[Any] = np.empty(rows if lines else 0, np.float64)
    again: NDArray[Any] = np.empty((rows if grams else 0, len(grams)), np.float64)
    categories = int(tables.categories.max(initial=-1)) + 1 if tables else 0
    sums: NDArray[Any] = np.zeros((rows if tables else 0, categories), np.int32)
    read = tables or no_words()
    above = heads or Joined(texts.data[:0], np.zeros(rows, np.int64), np.zeros(rows, np.int64))

    def part(rows: slice) -> None:
        survey(*above.rows(rows), *texts.rows(rows), read, sizes, borne[rows], shares[rows], again[rows], sums[rows])

    with ThreadPoolExecutor() as pool:
        list(pool.map(part, slices(above.ends + texts.ends)))
    each = tuple(pl.Series(again[:, size]).fill_nan(None) for size in range(len(grams)))
    return Measured(pl.Series(borne), pl.Series(shares).fill_nan(None), each, sums)


def slices(ends: NDArray[np.int64]) -> list[slice]:
    """The rows as ranges of about equal bytes, one for each thread; ``ends`` is where each row's bytes end."""
    rows = len(ends)
    total = int(ends[-1]) if rows else 0
    parts = (os.cpu_count() or 1) if total > _THREADED else 1
    cuts = [0, *(int(np.searchsorted(ends, total * k // parts)) for k in range(1, parts)), rows]
    return [slice(a, b) for a, b in pairwise(cuts) if a < b]
