"""Compiled loops that count what repeats in a text, and see what it bears (``marks``). Imported only where used.

They run over the UTF-8 bytes of many texts and release the GIL; callers give each thread its own rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cqia.text.kernels import decode, longest_of
from cqia.text.marks import (
    ACCOUNT,
    ACCOUNT_NEAR,
    ADDRESS,
    AT,
    DRAWN,
    DRAWN_NEXT,
    HANZI,
    MARKS,
    NUMBER,
    NUMERAL,
    PICTURE,
    PLATE,
    PLATE_NEXT,
    QQ,
    QQ_NEAR,
    WIDE,
)

Array = NDArray[Any]
Int = Any

BASE = 0x9E3779B97F4A7C15  # of the rolling hashes modulo 2**64: odd, its bits well spread
NUMBER_FROM, QQ_FROM, ACCOUNT_FROM = 8, 5, 6
NEAR = 160  # bytes: what stands between takes at most 36 characters
NEWLINE, RETURN, TAB, BLANK, QUOTE, CLOSING, DASH, DOT, DIGIT, SIGN_AT, UNDERLINE, BRACKET, STAR, SLASH = map(
    ord, "\n\r\t >)-.0@_）*/"
)
PENGUIN = 0x1F427
SMALL_A, SMALL_E, SMALL_P, SMALL_Q, SMALL_V, SMALL_W, SMALL_X = map(ord, "aepqvwx")


@njit(nogil=True, cache=True)
def see(data: Array, starts: Array, ends: Array, borne: Array, marks: Array) -> None:
    """The marks of each text (``marks.marks``); ``borne`` are those of the code points below 65,536 by themselves."""
    for text in range(starts.size):
        found = 0
        digits = 0  # in a number so far
        run = 0  # digits on end so far
        name = 0  # letters, digits, dots, dashes and underlines on end so far
        word = 0  # letters on end so far
        near: Int = 0  # up to which byte an account may still follow
        near_qq: Int = 0  # and a number of QQ
        last: Int = 0  # the character before: what it bears if it is not ASCII, else itself
        at = starts[text]
        end = ends[text]
        while at < end:
            byte = np.int64(data[at])
            if byte >= 0x80:
                point, at = decode(data, at)
                before = last
                last = np.int64(borne[point]) if point < 0x10000 else 0
                name = 0
                word = 0
                run = 0
                if last == HANZI:  # by far the most common
                    digits = 0
                    continue
                if last & NUMERAL:
                    found |= last
                    digits += 1
                    if digits >= NUMBER_FROM:
                        found |= NUMBER
                    continue
                found |= last
                if last & ACCOUNT_NEAR:
                    near = at + NEAR
                if last & QQ_NEAR:
                    near_qq = at + NEAR
                if last & DRAWN and (not before & HANZI or before & DRAWN_NEXT):
                    found |= PICTURE
                if 0x3001 <= point < 0xFE00 or 0xFE10 <= point < 0xFF00 or point >= 0x10000:
                    digits = 0  # the gap are signs that say how the one before is drawn: 1️⃣
                    if point == PENGUIN:
                        near_qq = at + NEAR
                elif point >= 0xFF00:
                    if 0xFF10 <= point < 0xFF1A or 0xFF21 <= point < 0xFF3B or 0xFF41 <= point < 0xFF5B:
                        found |= WIDE
                    if point != BRACKET:
                        digits = 0
                elif 0x100 <= point < 0x2000:
                    digits = 0  # what is left are blanks, dashes and dots
                continue
            at += 1
            small = byte | 0x20
            if DIGIT <= byte <= DIGIT + 9:
                digits += 1
                run += 1
                name += 1
                word = 0
                if last | 0x20 == SMALL_P:
                    found |= PICTURE
                if run >= QQ_FROM and near_qq > at:
                    found |= QQ
            elif SMALL_A <= small <= SMALL_A + 25:
                digits = 0
                run = 0
                name += 1
                word += 1
                if last & PLATE_NEXT:
                    found |= PLATE
                elif last == DOT and name > 2:
                    found |= ADDRESS
                if small == SMALL_Q:
                    near_qq = at + NEAR
                if (word == 1 and small == SMALL_V) or (
                    word == 2 and SMALL_V <= last | 0x20 <= SMALL_W and small in (SMALL_X, SMALL_E)
                ):
                    near = at + NEAR
            else:
                word = 0
                run = 0
                if byte in (DOT, UNDERLINE, DASH):
                    name += 1
                else:
                    name = 0
                    if byte == SIGN_AT:
                        found |= AT
                    if byte > BLANK and byte not in (CLOSING, STAR, SLASH):
                        digits = 0
            last = byte
            if digits >= NUMBER_FROM:
                found |= NUMBER
            if name >= ACCOUNT_FROM and near > at:
                found |= ACCOUNT
        marks[text] = found & MARKS


@njit(nogil=True, cache=True)
def lines(data: Array, starts: Array, ends: Array, shares: Array) -> None:
    """The share of the lines of each text that stood before in it, into ``shares``; blank lines do not count, nor do
    blanks and quotation marks around a line. NaN for a text without a line."""
    seen = np.empty(_slots(longest_of(starts, ends) + 1), np.uint64)
    for text in range(starts.size):
        at = starts[text]
        end = ends[text]
        breaks = 0
        for k in range(at, end):
            breaks += data[k] == NEWLINE
        slots = _slots(breaks + 1)
        if breaks:
            seen[:slots] = 0
        count = 0
        again = 0
        while at <= end:
            stop = at if breaks else end
            while stop < end and data[stop] != NEWLINE:
                stop += 1
            first = at
            last = stop
            while first < last and _around(data[first]):
                first += 1
            while last > first and _around(data[last - 1]):
                last -= 1
            at = stop + 1
            if first == last:
                continue
            count += 1
            if breaks:
                value = np.uint64(last - first)
                for k in range(first, last):
                    value = (value ^ np.uint64(data[k])) * np.uint64(0x9E3779B97F4A7C15)
                    value ^= value >> np.uint64(29)
                again += not _added(seen, slots, value)
        shares[text] = again / count if count else np.nan


@njit(nogil=True, cache=True, inline="always")
def _around(byte: Int) -> bool:
    return byte in (BLANK, TAB, RETURN, QUOTE)


@njit(nogil=True, cache=True)
def _slots(items: Int) -> int:
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
def grams(data: Array, starts: Array, ends: Array, size: int, shares: Array) -> None:
    """The share of the n-grams of ``size`` characters of each text that came before in it, into ``shares``; NaN for a
    text without an n-gram."""
    longest = longest_of(starts, ends)
    points = np.empty(longest, np.int32)
    seen = np.empty(_slots(longest), np.uint64)
    places = np.empty(16 * _slots(longest // (size // 2 + 1) + 1), np.int32)
    for text in range(starts.size):
        count = 0
        at = starts[text]
        end = ends[text]
        while at < end:
            point, at = decode(data, at)
            points[count] = point
            count += 1
        found = count - size + 1
        if found < 1:
            shares[text] = np.nan
        elif perhaps_again(points, count, size, places):
            shares[text] = _repeated(points, count, size, seen) / found
        else:
            shares[text] = 0.0


@njit(nogil=True, cache=True)
def perhaps_again(points: Array, count: Int, size: Int, places: Array) -> bool:
    """Whether an n-gram comes again. Certain when it says no; when it says yes it was too much work to be certain.

    Where an n-gram comes again, so does the short gram (half of it) inside it that begins at a multiple of the rest:
    only those are put into a table, and few texts have one that comes again. ``places`` is room for the table.
    """
    half = (size + 1) // 2
    step = size - half + 1
    slots = 8 * _slots(count // step + 1)
    places[:slots] = 0
    shift = np.uint64(64)
    left = slots
    while left > 1:
        left >>= 1
        shift -= np.uint64(1)
    base = np.uint64(BASE)
    top = np.uint64(1)
    for _ in range(half):
        top *= base
    rolling = np.uint64(0)
    work = 8 * count
    due = 0
    for last in range(min(half - 1, count)):
        rolling = rolling * base + np.uint64(points[last])
    leaving = np.uint64(0)
    mask = np.uint64(slots - 1)
    for first in range(count - half + 1):
        last = first + half - 1
        rolling = rolling * base + (np.uint64(points[last]) - top * leaving)
        leaving = np.uint64(points[first])
        slot = (rolling * base) >> shift
        while places[slot] != 0:
            place = np.int64(places[slot]) - 1
            slot = (slot + np.uint64(1)) & mask
            before = 0  # characters that agree, backwards from the gram's end and then forwards
            while (
                before < size
                and before <= place + half - 1
                and points[place + half - 1 - before] == points[last - before]
            ):
                before += 1
            after = 0
            if before >= half:
                while (
                    after < size
                    and last + 1 + after < count
                    and (points[place + half + after] == points[last + 1 + after])
                ):
                    after += 1
                if before + after >= size:
                    return True
            work -= 1 + before + after
            if work < 0:
                return True
        if first == due:
            places[slot] = first + 1
            due += step
    return False


@njit(nogil=True, cache=True)
def _repeated(points: Array, count: Int, size: Int, seen: Array) -> Int:
    """How many n-grams came before."""
    slots = _slots(count - size + 1)
    seen[:slots] = 0
    base = np.uint64(BASE)
    top = np.uint64(1)
    for _ in range(size - 1):
        top *= base
    again = 0
    rolling = np.uint64(0)
    for k in range(count):
        if k >= size:
            rolling -= top * np.uint64(points[k - size] + 1)
        rolling = rolling * base + np.uint64(points[k] + 1)
        if k >= size - 1:
            again += not _added(seen, slots, rolling)
    return again
