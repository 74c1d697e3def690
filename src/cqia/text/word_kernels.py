"""Compiled: words in the symbols of the normal form.

``fold`` turns what code points are folded to into symbols, ``sieve`` lists where a word may begin, and ``weigh`` looks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from cqia.text.kernels import ONE, Array, Int

# Symbols: what one code point is to the matcher. Those below OTHER depend on what stands beside them.
IGNORED, SEPARATED, BLANK = 0, 1, 2
DIGITS, LETTERS, PLUS = 3, 13, 39
OTHER, BROKEN, FIRST_FREE = 40, 41, 42
EXPANDED = 60_000  # codes from here on are rows of the table of expansions
FILTER_BITS = 1 << 20  # of each bitmap: 128 KiB stay in the cache
PAIR, LONGER = 1, 2  # what may begin at a place


class Tables(NamedTuple):
    """What the words are looked for with.

    Attributes:
        classes: of every code point what it bears (``marks.bearing``) in the upper half, and in the lower its code: a
            symbol, or ``EXPANDED`` and the row of ``expansions``.
        expansions: rows of symbols, filled up with ``IGNORED``.
        edges, ends, filters: the trie of the words: see ``grow``.
        does: the one entry that an occurrence of a word adds 1 to, or -1 where it does more: then for each row in
            ``first[word]:first[word + 1]`` it adds ``deltas[row]`` to the tally of ``entries[row]``.
        categories, weights, most: an entry's category, weight, and how many times it counts at most in one text.
    """

    classes: Array
    expansions: Array
    edges: Array
    ends: Array
    filters: Array
    does: Array
    first: Array
    entries: Array
    deltas: Array
    categories: Array
    weights: Array
    most: Array


@njit(nogil=True, cache=True, inline="always")
def alnum(symbol: Int) -> bool:
    """Whether a symbol is a Latin letter or a digit."""
    return bool(np.uint32(symbol - DIGITS) < np.uint32(PLUS - DIGITS))


@njit(nogil=True, cache=True)
def fold(codes: Array, count: Int, expansions: Array, symbols: Array, places: Array) -> Int:
    """The symbols of a text into ``symbols``, and the character each comes from into ``places``; returns how many."""
    total = np.uint64(0)
    last = np.uint32(BROKEN)
    blank = False  # a separator stands before the next symbol
    for at in range(count):
        code = np.uint32(codes[at])
        if code >= EXPANDED:  # few
            row = np.int64(code) - EXPANDED
            for k in range(expansions.shape[1]):
                code = np.uint32(expansions[row, k])
                if blank & alnum(last) & alnum(code):
                    symbols[total] = BLANK
                    places[total] = at
                    total += ONE
                if code > SEPARATED:
                    symbols[total] = last = code
                    places[total] = at
                    total += ONE
                    blank = False
                elif code == SEPARATED:
                    blank = True
            continue
        if blank & alnum(last) & alnum(code):
            symbols[total] = BLANK
            places[total] = at
            total += ONE
        symbols[total] = code  # and overwritten by the next one, if it was none: no branch to be guessed
        places[total] = at
        kept = code > SEPARATED
        total += np.uint64(kept)
        last = code if kept else last
        blank = (code == SEPARATED) | (blank & (not kept))
    symbols[total] = symbols[total + ONE] = BROKEN  # of the last bigram and trigram
    return np.int64(total)


@njit(nogil=True, cache=True, inline="always")
def bigram(a: Int, b: Int) -> Int:
    """The bit of two symbols."""
    return (np.uint32(a) * np.uint32(40503) + np.uint32(b) * np.uint32(9973)) & np.uint32(FILTER_BITS - 1)


@njit(nogil=True, cache=True, inline="always")
def trigram(bit: Int, c: Int) -> Int:
    """The bit of three symbols, from that of the first two."""
    return (np.uint32(bit) * np.uint32(31) + np.uint32(c) * np.uint32(7919)) & np.uint32(FILTER_BITS - 1)


@njit(nogil=True, cache=True, inline="always")
def held(bits: Array, bit: Int) -> Int:
    """1 where a bitmap has the bit, 0 where it has not."""
    return (np.uint32(bits[bit >> np.uint32(3)]) >> (bit & np.uint32(7))) & np.uint32(1)


@njit(nogil=True, cache=True)
def sieve(symbols: Array, count: Int, filters: Array, passed: Array) -> Int:
    """Where a word may begin, with what may (``PAIR``, ``LONGER``) in the two lowest bits, into ``passed``; returns how
    many there are."""
    begins, pairs, trigrams = filters[0], filters[1], filters[2]
    perhaps = np.uint64(0)
    second = symbols[0]
    for start in range(count - 1):
        first = second
        second = symbols[start + 1]
        passed[perhaps] = start
        perhaps += np.uint64(held(begins, bigram(first, second)))
    passes = np.uint64(0)
    for each in range(np.int64(perhaps)):
        at = np.int64(passed[each])
        bit = bigram(symbols[at], symbols[at + 1])
        what = held(pairs, bit) | held(trigrams, trigram(bit, symbols[at + 2])) << np.uint32(1)
        passed[passes] = at << 2 | what
        passes += np.uint64(what > 0)
    return np.int64(passes)


@njit(nogil=True, cache=True, inline="always")
def child(edges: Array, node: Int, symbol: Int) -> Int:
    """The node below ``node`` at ``symbol``, or -1.

    ``edges`` is an open hash table of (node, symbol, node below) in 24, 16 and 24 bits: one cache line a look-up.
    """
    key = np.uint64(node) << np.uint64(16) | np.uint64(symbol)
    mask = np.uint64(edges.size - 1)
    slot = ((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask
    while edges[slot] != 0:
        if edges[slot] >> np.uint64(24) == key:
            return np.int64(edges[slot] & np.uint64(0xFFFFFF))
        slot = (slot + ONE) & mask
    return -1


@njit(nogil=True, cache=True)
def grow(words: Array, starts: Array, edges: Array, ends: Array, filters: Array) -> None:
    """Builds the trie of the words ``words[starts[w]:starts[w + 1]]`` (all different, of two symbols or more): a first
    symbol is a node itself, ``edges`` lead on, ``ends[node]`` is the word that ends there; ``filters`` are three
    bitmaps: of the bigrams with which words begin, of the words of two symbols, and of the trigrams with which longer
    words begin."""
    mask = edges.size - 1
    free = np.int64(EXPANDED)
    for word in range(starts.size - 1):
        node: Int = np.int64(words[starts[word]])
        bit = bigram(node, words[starts[word] + 1])
        filters[0, bit >> 3] |= np.uint8(1 << (bit & 7))
        which = 1
        if starts[word + 1] - starts[word] > 2:
            which = 2
            bit = trigram(bit, words[starts[word] + 2])
        filters[which, bit >> 3] |= np.uint8(1 << (bit & 7))
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
def weigh(
    symbols: Array, count: Int, passed: Array, passes: Int, edges: Array, ends: Array, does: Array, first: Array,
    entries: Array, deltas: Array, categories: Array, weights: Array, most: Array, tally: Array, touched: Array,
    sums: Array, places: Array, hits: Array, found: Int, full: Int, text: Int,
) -> Int:  # fmt: skip
    """Adds up the weights of the words in a text in ``sums[category]``, whatever a word is: see ``Tables``.

    Every occurrence counts, overlapping or not. Occurrences go into ``hits`` from the row ``found`` on, as (text, word,
    first character, last character), until it is ``full``; returns how many rows are then filled. ``tally`` is zero
    before and after; in between a tally is twice what it counts, and one more for that it is among the ``touched``.
    """
    touches = 0
    for each in range(passes):
        start = np.int64(passed[each]) >> 2
        a = np.int64(symbols[start])
        if a <= PLUS and start > 0:
            before = np.int64(symbols[start - 1])
            if not whole(before, a) or (a == PLUS and alnum(before)):  # the sum x+v invites nobody
                continue
        node: Int = a
        at = start
        while at + 1 < count:
            at += 1
            symbol = np.int64(symbols[at])
            node = child(edges, node, symbol)
            if node < 0:
                break
            word = ends[node]
            if word >= 0 and (symbol >= PLUS or at + 1 == count or whole(symbol, np.int64(symbols[at + 1]))):
                entry = does[word]
                if entry >= 0:
                    if tally[entry] == 0:
                        touched[touches] = entry
                        touches += 1
                        tally[entry] = 1
                    tally[entry] += 2
                else:
                    for row in range(first[word], first[word + 1]):
                        entry = entries[row]
                        if tally[entry] == 0:
                            touched[touches] = entry
                            touches += 1
                            tally[entry] = 1
                        tally[entry] += 2 * deltas[row]
                if found < full and first[word] < first[word + 1]:
                    hits[found, 0] = text
                    hits[found, 1] = word
                    hits[found, 2] = places[start]
                    hits[found, 3] = places[at]
                    found += 1
            if not passed[each] & LONGER:
                break
    for k in range(touches):
        entry = touched[k]
        times = min(max(tally[entry] >> 1, 0), most[entry])
        sums[categories[entry]] += weights[entry] * times
        tally[entry] = 0
    return found
