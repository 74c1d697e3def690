"""The inner loops over character n-grams, compiled by numba: import this where it is used, it takes a second.

No kernel takes threads of its own or holds the interpreter's lock. Texts come as UTF-8 bytes end to end (``data``) with
``offsets`` (one more than texts). An n-gram is a bucket: a number below a power of two, its hash.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Int = Any  # numba's integers are 64 bits wide, numpy's and Python's here alike

F = TypeVar("F", bound=Callable[..., Any])

STEP = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio
MIX = np.uint64(0xFF51AFD7ED558CCD)  # of MurmurHash3's finaliser
EDGE = np.uint64(10)  # a line break, which no text holds any more, stands for the edges of a text


def kernel(function: F) -> F:
    """``function`` compiled at its first call and kept on disk for the next process, where there is a place for it."""
    try:
        return cast(F, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # neither the installation nor the user's cache folder can be written
        return cast(F, numba.njit(nogil=True)(function))


@kernel
def decode(data: Array, start: Int, end: Int, codes: Array) -> Int:
    """The code points of valid UTF-8 between two edges into ``codes``, as many as fit; returns how many."""
    codes[0] = EDGE
    length = np.int64(1)
    i = start
    while i < end and length < len(codes) - 1:
        first = np.int64(data[i])
        if first < 0x80:
            code = first
            i += 1
        elif first < 0xE0:
            code = (first & 0x1F) << 6 | np.int64(data[i + 1]) & 0x3F
            i += 2
        elif first < 0xF0:
            code = (first & 0x0F) << 12 | (np.int64(data[i + 1]) & 0x3F) << 6 | np.int64(data[i + 2]) & 0x3F
            i += 3
        else:
            code = (
                (first & 0x07) << 18
                | (np.int64(data[i + 1]) & 0x3F) << 12
                | (np.int64(data[i + 2]) & 0x3F) << 6
                | np.int64(data[i + 3]) & 0x3F
            )
            i += 4
        codes[length] = np.uint64(code)
        length += 1
    codes[length] = EDGE
    return length + 1


@kernel
def grams(codes: Array, length: Int, gram: Int, seen: Array, text: Int, buckets: Array) -> Int:
    """The different n-grams of up to ``gram`` code points into ``buckets``; returns how many.

    ``seen`` has a place for each bucket, and ``text`` is a number that stands in none of them yet.
    """
    mask = np.uint64(len(seen) - 1)
    found = np.int64(0)
    for start in range(length):
        state = np.uint64(0)
        for at in range(start, min(start + gram, length)):
            state = (state + codes[at] + np.uint64(1)) * STEP
            state ^= state >> np.uint64(29)
            mixed = state * MIX
            bucket = np.int64((mixed ^ (mixed >> np.uint64(33))) & mask)
            if seen[bucket] != text:
                seen[bucket] = text
                buckets[found] = bucket
                found += 1
    return found


@kernel
def rows(data: Array, offsets: Array, gram: Int, longest: Int, seen: Array, buckets: Array, counts: Array) -> Int:
    """The n-grams of all texts one after the other into ``buckets``, how many each has into ``counts``; the total."""
    codes = np.empty(longest + 2, np.uint64)
    total = np.int64(0)
    for text in range(len(offsets) - 1):
        length = decode(data, offsets[text], offsets[text + 1], codes)
        counts[text] = grams(codes, length, gram, seen, text, buckets[total:])
        total += counts[text]
    return total


@kernel
def margins(
    data: Array, offsets: Array, gram: Int, longest: Int, seen: Array, weights: Array, bias: Int, out: Array
) -> None:
    """Of each text the weights of its n-grams over the root of their number, plus ``bias``."""
    codes = np.empty(longest + 2, np.uint64)
    buckets = np.empty((longest + 2) * gram, np.int64)
    for text in range(len(offsets) - 1):
        length = decode(data, offsets[text], offsets[text + 1], codes)
        found = grams(codes, length, gram, seen, text, buckets)
        total = 0.0
        for at in range(found):
            total += weights[buckets[at]]
        out[text] = total / np.sqrt(found) + bias
