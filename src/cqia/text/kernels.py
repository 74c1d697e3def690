"""Compiled loops over the UTF-8 bytes of many texts. Imported only where used: importing numba takes a second.

``fold`` turns the bytes of one text into symbols of the normal form, ``scan`` looks for words in them. They release the
GIL; callers give each thread its own rows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Symbols: what one code point is to the matcher. Digits and letters come first, so that their range is their class.
OTHER, IGNORED, SEPARATED, BROKEN, BLANK = 0, 1, 2, 3, 4
DIGITS, LETTERS, PLUS, FIRST_FREE = 5, 15, 41, 42
EXPANDED = 60_000  # codes from here on are rows of the table of expansions
FILTER_BITS = 1 << 20  # of each bitmap: 128 KiB stay in the cache

ONE, TWO, THREE = np.uint64(1), np.uint64(2), np.uint64(3)

Array = NDArray[Any]
Int = Any  # numba's integers are 64 bits wide, numpy's and Python's here alike


class Tables(NamedTuple):
    """What ``scan`` reads.

    Attributes:
        table: the code of every code point: a symbol, or ``EXPANDED`` and the row of ``expansions``.
        expansions: rows of symbols, filled up with ``IGNORED``.
        roots, edges, ends, filters: the trie of the words: see ``grow``.
        first, entries, deltas: what an occurrence of a word does: for each row in ``first[word]:first[word + 1]`` it
            adds ``deltas[row]`` to the tally of ``entries[row]``.
        categories, weights, most: an entry's category, weight, and how many times it counts at most in one text.
    """

    table: Array
    expansions: Array
    roots: Array
    edges: Array
    ends: Array
    filters: Array
    first: Array
    entries: Array
    deltas: Array
    categories: Array
    weights: Array
    most: Array


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
def fold(data: Array, start: Int, end: Int, table: Array, expansions: Array, symbols: Array, places: Array) -> Int:
    """The symbols of the text ``data[start:end]`` into ``symbols``, and the character each comes from into ``places``
    (where it has room); returns how many."""
    count: Int = 0
    character = 0
    blank = False
    last: Int = BROKEN
    placed = places.size > 0
    at = start
    while at < end:
        point, at = decode(data, at)
        code = np.int64(table[point])
        if code == OTHER or FIRST_FREE <= code < EXPANDED:  # most characters: one symbol, and no blank stays before it
            symbols[count] = code
            if placed:
                places[count] = character
            count += 1
            character += 1
            blank = False
            last = code
            continue
        width = 1
        row: Int = 0
        if code >= EXPANDED:
            row = code - EXPANDED
            width = expansions.shape[1]
        for k in range(width):
            if width > 1:
                code = np.int64(expansions[row, k])
            if code == IGNORED:
                continue
            if code == SEPARATED:
                blank = True
                continue
            if blank:
                blank = False
                if DIGITS <= last < PLUS and DIGITS <= code < PLUS:
                    symbols[count] = BLANK
                    if placed:
                        places[count] = character
                    count += 1
            if code == BROKEN and last == BROKEN:
                continue
            symbols[count] = code
            if placed:
                places[count] = character
            count += 1
            last = code
        character += 1
    return count


@njit(nogil=True, cache=True, inline="always")
def bigram(a: Int, b: Int) -> Int:
    """The bit of two symbols."""
    return (a * 40503 + b * 9973) & (FILTER_BITS - 1)


@njit(nogil=True, cache=True, inline="always")
def trigram(bit: Int, c: Int) -> Int:
    """The bit of three symbols, from that of the first two."""
    return (bit * 31 + c * 7919) & (FILTER_BITS - 1)


@njit(nogil=True, cache=True, inline="always")
def child(edges: Array, node: Int, symbol: Int) -> Int:
    """The node below ``node`` at ``symbol``, or -1.

    ``edges`` is an open hash table of (node, symbol, node below) in 24, 16 and 24 bits: one cache line a look-up.
    """
    key = np.uint64(node << 16 | symbol)
    mask = edges.size - 1
    slot = np.int64((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask
    while edges[slot] != 0:
        if edges[slot] >> np.uint64(24) == key:
            return np.int64(edges[slot] & np.uint64(0xFFFFFF))
        slot = (slot + 1) & mask
    return -1


@njit(nogil=True, cache=True)
def grow(words: Array, starts: Array, roots: Array, edges: Array, ends: Array, filters: Array) -> None:
    """Builds the trie of the words ``words[starts[w]:starts[w + 1]]`` (all different, of two symbols or more):
    ``roots[symbol]`` is the node of a first symbol, ``edges`` lead on, ``ends[node]`` is the word that ends there;
    ``filters`` are two bitmaps: of the words of two symbols, and of the trigrams with which longer words begin."""
    mask = edges.size - 1
    free = 1
    for word in range(starts.size - 1):
        a = np.int64(words[starts[word]])
        bit = bigram(a, np.int64(words[starts[word] + 1]))
        which = 0
        if starts[word + 1] - starts[word] > 2:
            which = 1
            bit = trigram(bit, np.int64(words[starts[word] + 2]))
        filters[which, bit >> 3] |= np.uint8(1 << (bit & 7))
        if roots[a] < 0:
            roots[a] = free
            free += 1
        node: Int = np.int64(roots[a])
        for at in range(starts[word] + 1, starts[word + 1]):
            symbol = np.int64(words[at])
            below = child(edges, node, symbol)
            if below < 0:
                key = np.uint64(node << 16 | symbol)
                slot = np.int64((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask
                while edges[slot] != 0:
                    slot = (slot + 1) & mask
                edges[slot] = key << np.uint64(24) | np.uint64(free)
                below = free
                free += 1
            node = below
        ends[node] = word


@njit(nogil=True, cache=True, inline="always")
def whole(a: Int, b: Int) -> bool:
    """Whether a word may begin or end between two symbols: not inside a Latin word, not inside a number."""
    both_letters = LETTERS <= a < PLUS and LETTERS <= b < PLUS
    both_digits = DIGITS <= a < LETTERS and DIGITS <= b < LETTERS
    return not (both_letters or both_digits)


@njit(nogil=True, cache=True)
def scan(data: Array, starts: Array, ends: Array, tables: Tables, sums: Array, hits: Array, limit: Int) -> int:
    """Adds up the weights of the words in each text in ``sums[text, category]``, whatever a word is: see ``Tables``.

    Every occurrence counts, overlapping or not. The first ``limit`` occurrences in each text go into ``hits``, which
    has room for them, as (text, word, first character, last character); returns how many did.
    """
    longest = longest_of(starts, ends)
    # A fold has at most four symbols for a character of three bytes and three for one of two, and a blank before it.
    symbols = np.empty(2 * longest + 8, np.uint16)
    places = np.empty(symbols.size if hits.shape[0] else 0, np.int32)
    tally = np.zeros(tables.weights.size, np.int32)  # of the text whose number is in stamp
    stamp = np.full(tables.weights.size, -1, np.int64)
    touched = np.empty(tables.weights.size, np.int32)
    pairs, longer = tables.filters[0], tables.filters[1]
    edges, first = tables.edges, tables.first
    found = 0
    for text in range(starts.size):
        count = fold(data, starts[text], ends[text], tables.table, tables.expansions, symbols, places)
        symbols[count] = BROKEN  # the third symbol of the last bigram
        touches = 0
        full = found + limit
        for start in range(count - 1):
            a = np.int64(symbols[start])
            bit = bigram(a, np.int64(symbols[start + 1]))
            more = trigram(bit, np.int64(symbols[start + 2]))
            if not (pairs[bit >> 3] >> (bit & 7) | longer[more >> 3] >> (more & 7)) & 1:  # one branch, seldom taken
                continue
            if start > 0:
                before = np.int64(symbols[start - 1])
                if not whole(before, a) or (a == PLUS and DIGITS <= before < PLUS):  # the sum x+v invites nobody
                    continue
            node = np.int64(tables.roots[a])
            at = start
            while node > 0:
                at += 1
                if at == count:
                    break
                node = child(edges, node, np.int64(symbols[at]))
                if node < 0:
                    break
                word = tables.ends[node]
                if word < 0 or (at + 1 < count and not whole(np.int64(symbols[at]), np.int64(symbols[at + 1]))):
                    continue
                for row in range(first[word], first[word + 1]):
                    entry = tables.entries[row]
                    if stamp[entry] != text:
                        stamp[entry] = text
                        tally[entry] = 0
                        touched[touches] = entry
                        touches += 1
                    tally[entry] += tables.deltas[row]
                if found < full:
                    hits[found, 0] = text
                    hits[found, 1] = word
                    hits[found, 2] = places[start]
                    hits[found, 3] = places[at]
                    found += 1
        for k in range(touches):
            entry = touched[k]
            times = min(max(tally[entry], 0), tables.most[entry])
            sums[text, tables.categories[entry]] += tables.weights[entry] * times
    return found
