"""Compiled: all that is measured of many texts, in one pass that decodes each of them once.

``survey`` runs over the UTF-8 bytes of many texts and releases the GIL; callers give each thread its own rows.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from cqia.text import kernels, mark_kernels, marks, repeat_kernels, word_kernels
from cqia.text.kernels import Array, forget_if_older, longest_of, read
from cqia.text.mark_kernels import see
from cqia.text.repeat_kernels import BUCKETS, grams, lines, slots_for
from cqia.text.word_kernels import Tables, fold, sieve, weigh


@njit(nogil=True, cache=True)
def survey(
    heads: Array, head_starts: Array, head_ends: Array, data: Array, starts: Array, ends: Array, tables: Tables,
    sizes: Array, marks: Array, repeated_lines: Array, repeated_grams: Array, sums: Array,
) -> None:  # fmt: skip
    """Measures each text ``data[starts[text]:ends[text]]`` and what stands before it in ``heads``, of which repetition
    is not measured.

    Args:
        sizes: of the n-grams of which ``repeated_grams`` has a column each.
        marks, repeated_lines, repeated_grams, sums: where the marks, the shares of lines and n-grams that came before
            (NaN without any) and the weights by category of each text go; what has no rows is not measured.
    """
    # Unpacked here: handing over twelve arrays as one costs more than a short text.
    classes, expansions, edges, ends_here, filters, does, first, entries, deltas, categories, weights, most = tables
    longest = longest_of(head_starts, head_ends) + longest_of(starts, ends)
    points = np.empty(longest, np.uint32)
    codes = np.empty(longest, np.uint16)
    signs = np.empty(longest + 1, np.int32)
    # A fold has at most four symbols for a character of three bytes and three for one of two, and a blank before it.
    symbols = np.empty(2 * longest + 8 if sums.shape[0] else 0, np.uint16)
    places = np.empty(symbols.size, np.int32)
    passed = np.empty(symbols.size, np.int32)
    tally = np.zeros(weights.size, np.int32)
    touched = np.empty(weights.size, np.int32)
    none = np.empty((0, 4), np.int32)
    repeats = repeated_lines.size > 0 or repeated_grams.size > 0
    seen = np.empty(slots_for(longest + 1) if repeats else 0, np.uint64)
    bits = np.empty(BUCKETS // 8, np.uint8)
    latest = np.empty(BUCKETS, np.int32)
    links = np.empty(longest + 1 if repeats else 0, np.int32)
    for text in range(starts.size):
        begin, signed = read(heads, head_starts[text], head_ends[text], classes, points, codes, signs, 0, 0)
        count, signed = read(data, starts[text], ends[text], classes, points, codes, signs, begin, signed)
        if marks.size:
            marks[text] = see(points, signs, signed, classes)
        if sums.shape[0]:
            total = fold(codes, count, expansions, symbols, places)
            passes = sieve(symbols, total, filters, passed)
            weigh(
                symbols, total, passed, passes, edges, ends_here, does, first, entries, deltas, categories, weights,
                most, tally, touched, sums[text], places, none, 0, 0, text,
            )  # fmt: skip
        if repeated_lines.size:
            repeated_lines[text] = lines(points, begin, count, signs, signed, seen)
        for size in range(sizes.size):
            repeated_grams[text, size] = grams(points, begin, count, sizes[size], seen, bits, latest, links)


@njit(nogil=True, cache=True)
def find(data: Array, starts: Array, ends: Array, tables: Tables, hits: Array, limit: int) -> int:
    """The first ``limit`` occurrences of words in each text into ``hits``, which has room for them, as (text, word,
    first character, last character); returns how many did."""
    classes, expansions, edges, ends_here, filters, does, first, entries, deltas, categories, weights, most = tables
    longest = longest_of(starts, ends)
    points = np.empty(longest, np.uint32)
    codes = np.empty(longest, np.uint16)
    signs = np.empty(longest + 1, np.int32)
    symbols = np.empty(2 * longest + 8, np.uint16)
    places = np.empty(symbols.size, np.int32)
    passed = np.empty(symbols.size, np.int32)
    tally = np.zeros(weights.size, np.int32)
    touched = np.empty(weights.size, np.int32)
    sums = np.empty(weights.size, np.int32)
    found = 0
    for text in range(starts.size):
        count, _ = read(data, starts[text], ends[text], classes, points, codes, signs, 0, 0)
        total = fold(codes, count, expansions, symbols, places)
        passes = sieve(symbols, total, filters, passed)
        full = found + limit
        found = weigh(
            symbols, total, passed, passes, edges, ends_here, does, first, entries, deltas, categories, weights, most,
            tally, touched, sums, places, hits, found, full, text,
        )  # fmt: skip
    return found


for compiled in (survey, find):
    forget_if_older(compiled, kernels, mark_kernels, marks, repeat_kernels, word_kernels)
