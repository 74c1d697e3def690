"""Compiled: what repeats in a text, of its code points."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from cqia.text.kernels import ONE, Array, Int

BASE = 0x9E3779B97F4A7C15  # of the rolling hashes modulo 2**64: odd, its bits well spread
BUCKETS = 1 << 16  # at most; a text has 128 for each gram that is sampled
NEWLINE, RETURN, TAB, BLANK, QUOTE = map(ord, "\n\r\t >")


@njit(nogil=True, cache=True)
def lines(points: Array, begin: Int, end: Int, signs: Array, signed: Int, seen: Array) -> Any:
    """The share of the lines of ``points[begin:end]`` that stood before in it; blank lines do not count, nor do blanks
    and quotation marks around a line. NaN without a line. ``signs`` are the places of all that are no Hanzi (``read``),
    and ``seen`` is room for ``slots_for`` as many as there are lines."""
    breaks = np.int64(0)
    for k in range(signed):
        breaks += points[signs[k]] == NEWLINE and signs[k] >= begin
    slots = slots_for(breaks + 1)
    if breaks:
        seen[:slots] = 0
    count = 0
    again = 0
    at = begin
    while at <= end:
        stop = at if breaks else end
        while stop < end and points[stop] != NEWLINE:
            stop += 1
        first = at
        last = stop
        while first < last and _around(points[first]):
            first += 1
        while last > first and _around(points[last - 1]):
            last -= 1
        at = stop + 1
        if first == last:
            continue
        count += 1
        if breaks:
            value = np.uint64(last - first)
            for k in range(first, last):
                value = (value ^ np.uint64(points[k])) * np.uint64(BASE)
                value ^= value >> np.uint64(29)
            again += not _added(seen, slots, value)
    return again / count if count else np.nan


@njit(nogil=True, cache=True, inline="always")
def _around(point: Int) -> bool:
    return point in (BLANK, TAB, RETURN, QUOTE)


@njit(nogil=True, cache=True)
def slots_for(items: Int) -> int:
    """Slots of an open hash table of so many items."""
    slots = 16
    while slots < 2 * items:
        slots *= 2
    return slots


@njit(nogil=True, cache=True, inline="always")
def _added(seen: Array, slots: Int, value: Any) -> bool:
    """Whether ``value`` was not yet in the open hash table of the first ``slots`` of ``seen``; it is in it now.

    Values are taken for the same when 63 mixed bits agree.
    """
    mixed = (value ^ (value >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(32))) | np.uint64(1)
    slot = np.int64((mixed >> np.uint64(1)) & np.uint64(slots - 1))
    while seen[slot] != 0 and seen[slot] != mixed:
        slot = (slot + 1) & (slots - 1)
    if seen[slot] == mixed:
        return False
    seen[slot] = mixed
    return True


@njit(nogil=True, cache=True)
def grams(
    points: Array, begin: Int, end: Int, size: Int, seen: Array, bits: Array, latest: Array, links: Array
) -> Any:  # fmt: skip
    """The share of the n-grams of ``size`` characters of ``points[begin:end]`` that came before in it; NaN without one.

    Room is wanted: ``slots_for`` as many as there are characters in ``seen``, as many as there are in ``links``,
    ``BUCKETS`` in ``latest`` and an eighth of that in ``bits``.
    """
    found = end - begin - size + 1
    if found < 1:
        return np.nan
    if perhaps_again(points, begin, end, size, bits, latest, links):
        return _repeated(points, begin, end, size, seen) / found
    return 0.0


@njit(nogil=True, cache=True)
def perhaps_again(
    points: Array, begin: Int, end: Int, size: Int, bits: Array, latest: Array, links: Array
) -> bool:  # fmt: skip
    """Whether an n-gram comes again. Certain when it says no; when it says yes it was too much work to be certain.

    Where an n-gram comes again, so does the short gram (half of it) inside it that ends at a multiple of the rest: only
    those are sampled, and few texts have one that comes again. They lie in buckets by their last four characters:
    ``bits`` says which hold any, ``latest`` which sample came last, ``links`` which came before it.
    """
    half = (size + 1) // 2
    step = size - half + 1
    buckets = np.int64(1024)
    shift = np.uint64(54)
    while buckets < 128 * ((end - begin) // step) and buckets < BUCKETS:
        buckets *= 2
        shift -= ONE
    for k in range(buckets >> 3):
        bits[k] = 0
    kept = ~np.uint64(0)
    if half < 4:
        kept = (ONE << np.uint64(16 * half)) - ONE
    work = 8 * (end - begin)
    due = begin + half - 1
    sample = np.int64(0)
    key = np.uint64(0)
    for last in range(begin, end):
        key = key << np.uint64(16) | np.uint64(points[last] & np.uint32(0xFFFF))
        if last < begin + half - 1:
            continue
        bucket = ((key & kept) * np.uint64(BASE)) >> shift
        behind = np.int64(-1)
        if bits[bucket >> np.uint64(3)] >> (bucket & np.uint64(7)) & 1:
            behind = np.int64(latest[bucket])
            other = behind
            while other >= 0:
                place = begin + half - 1 + other * step
                other = np.int64(links[other])
                before = 0  # characters that agree, backwards from the gram's end and then forwards
                while before < size and place - before >= begin and points[place - before] == points[last - before]:
                    before += 1
                after = 1
                if before >= half:
                    while after <= size and last + after < end and points[place + after] == points[last + after]:
                        after += 1
                    if before + after > size:
                        return True
                work -= before + after
                if work < 0:
                    return True
        if last == due:
            bits[bucket >> np.uint64(3)] |= np.uint8(1) << np.uint8(bucket & np.uint64(7))
            latest[bucket] = sample
            links[sample] = behind
            sample += 1
            due += step
    return False


@njit(nogil=True, cache=True)
def _repeated(points: Array, begin: Int, end: Int, size: Int, seen: Array) -> Int:
    """How many n-grams came before."""
    slots = slots_for(end - begin - size + 1)
    seen[:slots] = 0
    base = np.uint64(BASE)
    top = np.uint64(1)
    for _ in range(size - 1):
        top *= base
    again = 0
    rolling = np.uint64(0)
    for k in range(begin, end):
        if k - begin >= size:
            rolling -= top * np.uint64(points[k - size] + np.uint32(1))
        rolling = rolling * base + np.uint64(points[k] + np.uint32(1))
        if k - begin >= size - 1:
            again += not _added(seen, slots, rolling)
    return again
