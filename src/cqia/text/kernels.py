"""Compiled: from the UTF-8 bytes of a text to its code points. Imported only where used: importing numba takes time.

Most of Chinese text is Hanzi of which nothing is asked. ``read`` lists where anything else stands while it decodes, and
whoever comes after looks at those places alone.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

ONE, TWO, THREE = np.uint64(1), np.uint64(2), np.uint64(3)
FOLD = 0xFFFF  # of a class: the lower half is what the code point is folded to, the upper half what it bears

Array = NDArray[Any]
Int = Any  # numba's integers are 64 bits wide, numpy's and Python's here alike


def forget_if_older(compiled: Any, *called: ModuleType) -> None:
    """Forget what numba keeps of a compiled function where a module whose functions or numbers are compiled into it has
    changed since: numba itself asks whether the function's own file has."""
    if not hasattr(compiled, "stats"):  # numba was told to compile nothing
        return
    newest = max(Path(str(module.__file__)).stat().st_mtime for module in called)
    for kept in Path(compiled.stats.cache_path).glob(f"*.{compiled.py_func.__name__}-*.nb?"):
        with suppress(FileNotFoundError):  # another process was faster
            if kept.stat().st_mtime < newest:
                kept.unlink()


@njit(nogil=True, cache=True, inline="always")
def decode(data: Array, at: Int) -> tuple[Int, Int]:
    """The code point at byte ``at`` of valid UTF-8, and where the next begins."""
    first = np.uint64(at)  # unsigned: numba looks whether a signed place is negative, every time
    byte = np.int64(data[first])
    if 0xE0 <= byte < 0xF0:  # three bytes first: most of Chinese
        second, third = np.int64(data[first + ONE]), np.int64(data[first + TWO])
        return (byte & 0x0F) << 12 | (second & 0x3F) << 6 | (third & 0x3F), at + 3
    if byte < 0x80:
        return byte, at + 1
    if byte < 0xE0:
        return (byte & 0x1F) << 6 | (np.int64(data[first + ONE]) & 0x3F), at + 2
    return (
        (byte & 0x07) << 18
        | (np.int64(data[first + ONE]) & 0x3F) << 12
        | (np.int64(data[first + TWO]) & 0x3F) << 6
        | (np.int64(data[first + THREE]) & 0x3F)
    ), at + 4


@njit(nogil=True, cache=True)
def longest_of(starts: Array, ends: Array) -> Int:
    """The bytes of the longest text."""
    longest = np.int64(0)
    for text in range(starts.size):
        longest = max(longest, ends[text] - starts[text])
    return longest


@njit(nogil=True, cache=True)
def read(
    data: Array,
    start: Int,
    end: Int,
    classes: Array,
    points: Array,
    codes: Array,
    signs: Array,
    before: Int,
    known: Int,
) -> tuple[Int, Int]:
    """The text ``data[start:end]`` as code points, each with what it is folded to in ``codes``.

    ``signs`` are the places of those whose class has anything in its upper half. There are ``before`` points and
    ``known`` signs already; returns how many of each there are then.
    """
    count = np.uint64(before)
    signed = np.uint64(known)
    at = start
    while at < end:
        point, at = decode(data, at)
        found = classes[np.uint64(point)]
        points[count] = point
        codes[count] = found & FOLD
        signs[signed] = count  # and overwritten by the next one, if it was none: no branch to be guessed
        signed += np.uint64(found > FOLD)
        count += ONE
    return np.int64(count), np.int64(signed)
