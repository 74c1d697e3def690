"""Texts to what is remembered of them: an exact hash and the bands of a sketch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import polars as pl

from cqia.similar import kernels, normal
from cqia.similar.settings import Settings
from cqia.text.reading import joined

#: Bytes of text that one thread works on at a time: small beside a shard, large beside the cost of a call.
PIECE = 8 << 20

T = TypeVar("T")
R = TypeVar("R")


def in_threads(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """``work`` on every item, in as many threads as Polars uses; results in the order of the items."""
    if len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(min(len(items), pl.thread_pool_size())) as pool:
        return list(pool.map(work, items))


def flat(texts: pl.Series) -> tuple[kernels.Bytes, kernels.Ints]:
    """Texts as UTF-8 bytes end to end, and the offsets of their starts and of the end; null counts as empty."""
    read = joined(texts)
    return read.data, np.concatenate([np.zeros(1, dtype=np.int64), read.ends])


def pieces(texts: pl.Series, size: int = PIECE) -> list[tuple[int, int]]:
    """The rows of ``texts`` cut into ranges of about ``size`` bytes, each of one row at least."""
    totals = texts.str.len_bytes().fill_null(0).cum_sum().cast(pl.Int64).to_numpy()
    starts = np.flatnonzero(np.diff(totals // size, prepend=-1)).tolist()
    return list(zip(starts, [*starts[1:], len(texts)][: len(starts)], strict=True))


def signatures(texts: pl.Series, settings: Settings) -> tuple[kernels.Hashes, kernels.Hashes]:
    """The exact hashes (texts,) and the bands (bands, texts) of ``texts``, a series of strings; 0 is none.

    Equal normal forms have equal hashes. A text with a normal form shorter than an n-gram has no bands; an empty or
    null one has no hash either, and so is never a duplicate.
    """
    entries, expansions = normal.table()
    exact = np.zeros(len(texts), dtype=np.uint64)
    bands = np.zeros((settings.bands, len(texts)), dtype=np.uint64)

    def sign(part: tuple[int, int]) -> None:
        start, end = part
        data, offsets = flat(texts[start:end])
        values = np.empty(settings.values, dtype=np.uint64)
        kernels.signatures(
            data, offsets, entries, expansions, settings.gram, settings.rows, values,
            exact[start:end], bands[:, start:end],
        )  # fmt: skip

    in_threads(sign, pieces(texts))
    return exact, bands
