"""The inner loops over texts, compiled by numba. Importing this module takes a second: import it where it is used.

A kernel calls kernels of its own file only, because numba's cache on disk notices a change in a function's own file
only; ``decode`` and ``table_size`` are the exceptions, since they do not change. None takes threads of its own or holds
the interpreter's lock: callers run them on parts of the rows, so no result depends on threads.

Texts come as UTF-8 bytes end to end (``data``) with ``offsets`` (one more than texts); ``entries`` and ``expansions``
are ``normal.table()``. Hashes are of 64 bits, and 0 stands for "none".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from cqia.similar.normal import ASCII, CODE, EXPANDS, MARK
from cqia.text.kernels import decode

Bytes = NDArray[np.uint8]
Codes = NDArray[np.uint32]
Hashes = NDArray[np.uint64]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """``function`` compiled at its first call and kept on disk for the next process, where there is a place for it."""
    try:
        return cast(F, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # neither the installation nor the user's cache folder can be written
        return cast(F, numba.njit(nogil=True)(function))


# Multipliers of the hashes: odd, with bits well spread (2^64 / golden ratio; MurmurHash3's finaliser).
STEP = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xFF51AFD7ED558CCD)
MIX_2 = np.uint64(0xC4CEB9FE1A85EC53)
LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
NONE = np.uint64(0)
ONE = np.uint64(1)

# The first bytes, in UTF-8, of Hanzi from U+5000 to U+9FFF.
FIRST_HANZI = 0xE5
LAST_HANZI = 0xE9


@kernel
def mix(x: np.uint64) -> np.uint64:
    """A bijection of 64 bits in which every bit of ``x`` moves every bit of the result (MurmurHash3's finaliser)."""
    x = (x ^ (x >> np.uint64(33))) * MIX_1
    x = (x ^ (x >> np.uint64(33))) * MIX_2
    return x ^ (x >> np.uint64(33))


@kernel
def normalise(data: Bytes, start: int, end: int, entries: Codes, expansions: Codes, codes: Codes) -> int:
    """The normal form of data[start:end] into ``codes`` (as long as the bytes or longer); returns its length."""
    length = 0
    run = -1  # where the run of marks at the end of ``codes`` begins
    after_ascii = False  # whether what stands before that run is an ASCII letter or digit
    i = start
    while i < end:
        code, i = decode(data, i)
        entry = np.int64(entries[np.uint64(code)])
        if entry == 0:
            continue
        if entry <= CODE:  # a code point and no flags: most
            if run >= 0:
                if not after_ascii:
                    length = run
                run = -1
            after_ascii = False
            codes[np.uint64(length)] = np.uint32(entry)
            length += 1
            continue
        place = np.int64(-1)
        count = np.int64(1)
        if entry & EXPANDS:
            place = entry & CODE
            count = np.int64(expansions[place])
        for k in range(count):
            if place >= 0:
                entry = np.int64(expansions[place + 1 + k])
            if entry & MARK:
                if run < 0:
                    run = length
            else:
                ascii = (entry & ASCII) != 0
                if run >= 0 and not (after_ascii or ascii):
                    length = run
                run = -1
                after_ascii = ascii
            codes[length] = np.uint32(entry & CODE)
            length += 1
    return run if run >= 0 and not after_ascii else length


@kernel
def longest_of(offsets: Ints) -> int:
    """The bytes of the longest text."""
    longest = np.int64(0)
    for text in range(len(offsets) - 1):
        longest = max(longest, offsets[text + 1] - offsets[text])
    return int(longest)


@kernel
def exact_hash(codes: Codes, length: int) -> np.uint64:
    """A hash of a normal form; 0 for an empty one only."""
    if length == 0:
        return NONE
    a, b, c, d = np.uint64(length), ONE, MIX_1, MIX_2  # four chains: one would wait for itself at every code point
    whole = length - length % 4
    for i in range(0, whole, 4):
        a = (a ^ np.uint64(codes[i])) * STEP
        b = (b ^ np.uint64(codes[i + 1])) * STEP
        c = (c ^ np.uint64(codes[i + 2])) * STEP
        d = (d ^ np.uint64(codes[i + 3])) * STEP
        a ^= a >> SHIFT
        b ^= b >> SHIFT
        c ^= c >> SHIFT
        d ^= d >> SHIFT
    for i in range(whole, length):
        a = (a ^ np.uint64(codes[i])) * STEP
        a ^= a >> SHIFT
    return max(mix(mix(mix(a) ^ b) ^ mix(c) ^ d), ONE)


@kernel
def gram_hashes(codes: Codes, length: int, gram: int, grams: Hashes) -> int:
    """The hashes of all n-grams, in order and with repeats, into ``grams``; returns how many there are."""
    if length < gram:
        return 0
    leaving = ONE
    for _ in range(gram):
        leaving *= STEP
    h = NONE
    for i in range(gram - 1):
        h = h * STEP + np.uint64(codes[i])
    count = length - gram + 1
    before = NONE  # the code point in front of the n-gram
    for i in range(count):
        h = h * STEP + (np.uint64(codes[i + gram - 1]) - leaving * before)
        before = np.uint64(codes[i])
        half = (h ^ (h >> SHIFT)) * MIX_1  # one half of ``mix``: ``h`` is spread by its own multiplications
        grams[i] = half ^ (half >> SHIFT)
    return count


@kernel
def sketch(grams: Hashes, count: int, values: Hashes) -> None:
    """The fast similarity sketch of a set of n-grams into ``values``, a power of two of them.

    Dahlgaard, Knudsen and Thorup, "Fast Similarity Sketching", FOCS 2017: in round r every element throws a value
    into a bin of its choice, and the least stays; bins filled in an earlier round are closed; from round
    len(values) on, all elements throw into bin r - len(values), so no bin stays empty. Two sketches agree in a bin
    with probability J, and about as independently as 128 permutations would. Needs one n-gram at least.
    """
    size = len(values)
    shift = np.uint64(64)
    width = size
    while width > 1:
        width >>= 1
        shift -= ONE
    values[:] = ~NONE
    for i in range(count):  # the first round, in which all bins are open and most fill, has no branch
        b = grams[i] >> shift
        values[b] = min(values[b], grams[i] & LOW)
    opened = np.empty(size, np.uint8)  # not filled in an earlier round
    thrown = np.empty(count, np.uint64)  # into bins that are open
    for turn in range(1, 2 * size):
        missing = 0
        for at in range(size):
            opened[at] = values[at] == ~NONE
            missing += opened[at]
        if missing == 0:
            break
        high = np.uint64(turn) << SHIFT
        salt = mix(np.uint64(turn)) | ONE
        landed = 0
        for i in range(count):  # without a branch, which would be guessed wrong as often as a bin is open
            h = grams[i] * salt
            thrown[landed] = h
            landed += opened[h >> shift] if turn < size else 1
        for i in range(landed):
            b = thrown[i] >> shift if turn < size else np.uint64(turn - size)
            values[b] = min(values[b], high | (mix(thrown[i]) & LOW))


@kernel
def signatures(
    data: Bytes,
    offsets: Ints,
    entries: Codes,
    expansions: Codes,
    gram: int,
    rows: int,
    values: Hashes,
    exact: Hashes,
    bands: Hashes,
) -> None:
    """Exact hash and bands of every text into ``exact`` (texts) and ``bands`` (bands, texts), which come as zeros.

    ``values`` is room for one sketch. A band holds, side by side, 64 / ``rows`` bits of the hash of each of so many of
    them, so that two bands say not only whether all agree but how many (``agreeing``). A text shorter than an n-gram
    has no bands, an empty one no hash either.
    """
    kept = min(rows, 64)
    bits = np.uint64(64 // kept)
    rest = np.uint64(64) - bits
    longest = longest_of(offsets)
    codes = np.empty(longest, np.uint32)
    grams = np.empty(longest, np.uint64)
    for text in range(len(offsets) - 1):
        length = normalise(data, offsets[text], offsets[text + 1], entries, expansions, codes)
        exact[text] = exact_hash(codes, length)
        count = gram_hashes(codes, length, gram, grams)
        if count > 0:
            sketch(grams, count, values)
            for band in range(len(bands)):
                h = NONE
                for row in range(kept):
                    h |= (values[band * rows + row] * STEP >> rest) << np.uint64(row) * bits
                bands[band, text] = max(h, ONE)


@kernel
def equal(data: Bytes, offsets: Ints, first: Ints, second: Ints, entries: Codes, expansions: Codes) -> Flags:
    """For each pair of texts, whether their normal forms are the same."""
    longest = longest_of(offsets)
    one = np.empty(longest, np.uint32)
    other = np.empty(longest, np.uint32)
    result = np.zeros(len(first), np.bool_)
    last = -1
    length = 0
    for i in range(len(first)):
        a, b = first[i], second[i]
        if a != last:
            length = normalise(data, offsets[a], offsets[a + 1], entries, expansions, one)
            last = a
        if normalise(data, offsets[b], offsets[b + 1], entries, expansions, other) == length:
            k = 0
            while k < length and one[k] == other[k]:
                k += 1
            result[i] = k == length
    return result


@kernel
def hold_hanzi(data: Bytes, offsets: Ints, names: Bytes, name_offsets: Ints, text: Ints, name: Ints) -> Flags:
    """For each text and name (numbers of these) whether the text holds the longest run of Hanzi of the name.

    Upper and lower case are nothing to Hanzi, so one that does not hold it does not hold the name in either.
    """
    result = np.zeros(len(text), np.bool_)
    for i in range(len(text)):
        at = start = begin = name_offsets[name[i]]
        size = 0
        while at < name_offsets[name[i] + 1]:
            if FIRST_HANZI <= names[at] <= LAST_HANZI:
                at += 3
            else:
                at += 1
                begin = at
            if at - begin > size:
                start, size = begin, at - begin
        at = offsets[text[i]]
        while at + size <= offsets[text[i] + 1]:
            same = 0
            while same < size and data[at + size - 1 - same] == names[start + size - 1 - same]:
                same += 1
            if same == size:
                result[i] = True
                break
            at += 1
    return result


@kernel
def table_size(count: int) -> int:
    """The size of an open hash table for ``count`` values: a power of two, at most half full."""
    size = np.int64(16)
    while size < 2 * count:
        size *= 2
    return int(size)


@kernel
def fill(table: Hashes, values: Hashes, count: int) -> int:
    """Puts ``values`` into the table, an open hash table of ``table_size(count)``, and moves each different one to the
    front; returns how many those are."""
    size = table_size(count)
    table[:size] = NONE
    mask = np.uint64(size - 1)
    different = 0
    for i in range(count):
        value = max(values[i], ONE)
        slot = value & mask
        while table[slot] != NONE and table[slot] != value:
            slot = (slot + ONE) & mask
        if table[slot] == NONE:
            table[slot] = value
            values[different] = value
            different += 1
    return different


@kernel
def jaccard(
    data: Bytes, offsets: Ints, first: Ints, second: Ints, entries: Codes, expansions: Codes, gram: int
) -> tuple[Floats, Ints]:
    """For each pair of texts the Jaccard similarity of their sets of n-grams, and the size of the smaller set.

    Only texts that stand in a pair are read. Room: 12 bytes for each byte of those.
    """
    texts = len(offsets) - 1
    wanted = np.zeros(texts, np.bool_)
    for i in range(len(first)):
        wanted[first[i]] = True
        wanted[second[i]] = True
    longest = 0
    room = 0
    for text in range(texts):
        if wanted[text]:
            longest = max(longest, offsets[text + 1] - offsets[text])
            room += offsets[text + 1] - offsets[text]
    codes = np.empty(longest, np.uint32)
    table = np.empty(table_size(longest), np.uint64)
    sets = np.empty(room, np.uint64)
    starts = np.zeros(texts, np.int64)
    sizes = np.zeros(texts, np.int64)
    start = 0
    for text in range(texts):
        if wanted[text]:
            length = normalise(data, offsets[text], offsets[text + 1], entries, expansions, codes)
            count = gram_hashes(codes, length, gram, sets[start:])
            starts[text] = start
            sizes[text] = fill(table, sets[start:], count)
            start += sizes[text]
    similarity = np.zeros(len(first), np.float64)
    smaller = np.zeros(len(first), np.int64)
    mask = NONE
    last = -1
    for pair in range(len(first)):
        a, b = first[pair], second[pair]
        if a != last:  # pairs come with those of one first together
            fill(table, sets[starts[a] :], sizes[a])
            mask = np.uint64(table_size(sizes[a]) - 1)
            last = a
        shared = 0
        for i in range(starts[b], starts[b] + sizes[b]):
            slot = sets[i] & mask
            while table[slot] != NONE and table[slot] != sets[i]:
                slot = (slot + ONE) & mask
            shared += table[slot] != NONE
        union = sizes[a] + sizes[b] - shared
        similarity[pair] = shared / union if union > 0 else 0.0
        smaller[pair] = min(sizes[a], sizes[b])
    return similarity, smaller
