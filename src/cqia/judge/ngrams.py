"""Texts as sets of hashed character n-grams: what a student reads.

Chinese has no spaces to find words by, and characters one to three at a time hold what words would. A text is taken
through NFKC and lower case, its white space is made single blanks, and its two edges count as characters. An n-gram is
its hash's bucket; that two share one now and then costs less than a dictionary would.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

GRAM = 3  # on sentences labelled by people, 4 and 5 won nothing in cross-validation (0.915, 0.912, 0.913)
BUCKETS = 1 << 20  # for some 500,000 n-grams that a hundred thousand sentences have
LONGEST = 4000  # characters of a text that are read: enough to tell, and bounds time and memory
PIECE = 4096  # texts that one thread works on at a time

Flat = tuple[NDArray[np.uint8], NDArray[np.int64]]
R = TypeVar("R")


def of_records(records: pl.DataFrame) -> pl.Series:
    """The text of each record: its instruction, input and output."""
    return records.select(text=pl.concat_str("instruction", "input", "output", separator="\n", ignore_nulls=True))[
        "text"
    ]


def margins(texts: pl.Series, weights: NDArray[np.float32], bias: float) -> NDArray[np.float64]:
    """Of each text the mean weight of its n-grams, times the root of their number, plus ``bias``; in all threads."""
    from cqia.judge import ngram_kernels as k

    def part(flat: Flat) -> NDArray[np.float64]:
        out = np.empty(len(flat[1]) - 1)
        k.margins(*flat, GRAM, LONGEST, np.full(BUCKETS, -1, np.int32), weights, bias, out)
        return out

    return np.concatenate([np.empty(0), *_in_threads(part, texts)])


def matrix(texts: pl.Series) -> csr_matrix:
    """A row for each text with 1 in the columns of its n-grams (texts, ``BUCKETS``), for scikit-learn."""
    from scipy.sparse import csr_matrix, vstack

    from cqia.judge import ngram_kernels as k

    def part(flat: Flat) -> csr_matrix:
        data, offsets = flat
        buckets = np.empty((len(data) + 2 * len(offsets)) * GRAM, np.int32)
        counts = np.empty(len(offsets) - 1, np.int64)
        total = k.rows(data, offsets, GRAM, LONGEST, np.full(BUCKETS, -1, np.int32), buckets, counts)
        ends = np.concatenate([[0], np.cumsum(counts)])
        return csr_matrix((np.ones(total, np.float32), buckets[:total].copy(), ends), (len(counts), BUCKETS))

    made = vstack(_in_threads(part, texts), format="csr")
    made.sort_indices()
    return made


def _in_threads(work: Callable[[Flat], R], texts: pl.Series) -> list[R]:
    """``work`` on the texts, piece by piece, in as many threads as Polars uses; in order."""
    pieces = [texts.slice(start, PIECE) for start in range(0, len(texts), PIECE)]
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        return list(pool.map(lambda piece: work(_flat(piece)), pieces))


def _flat(texts: pl.Series) -> Flat:
    """The normal forms as UTF-8 bytes end to end, and the offsets of their starts and of the end."""
    # NFKC makes at most eighteen characters of one, so cut before and after.
    plain = texts.fill_null("").str.slice(0, LONGEST).str.normalize("NFKC").str.to_lowercase()
    plain = plain.str.replace_all(r"[\s\pC]+", " ").str.slice(0, LONGEST)
    offsets = np.zeros(len(plain) + 1, dtype=np.int64)
    np.cumsum(plain.str.len_bytes().to_numpy(), out=offsets[1:])
    return np.frombuffer(plain.str.join("").cast(pl.Binary).item(), dtype=np.uint8), offsets
