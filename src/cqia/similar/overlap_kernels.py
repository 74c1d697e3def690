"""The inner loops of ``overlap``, compiled by numba. Importing this module takes a second: import it where it is used.

All but ``decode`` in one file, because numba's cache on disk notices a change in a function's own file only. No kernel
takes threads of its own or holds the interpreter's lock. Texts come as UTF-8 bytes end to end (``data``) with
``offsets`` (one more than texts); ``entries`` and ``expansions`` are ``overlap.table()``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cqia.similar.kernels import kernel
from cqia.text.kernels import decode

Bytes = NDArray[np.uint8]
Codes = NDArray[np.uint32]
Words = NDArray[np.uint64]
Ints = NDArray[np.int64]
Small = NDArray[np.int32]

#: Flags of an entry beside the 21 bits of a code point; DROPPED and GAP stand alone.
CODE = 0x1FFFFF
LETTER = 1 << 31  # belongs to a word
EXPANDS = 1 << 30  # the other bits are a place in ``expansions``: the number of entries, then the entries
DROPPED = 0  # vanishes, inside a word too
GAP = 1 << 29  # ends a word

HAN, WORD = 5, 8  # what tokens weigh, see ``overlap.Settings``
WORD_BIT = np.uint64(1 << 63)
STEP = np.uint64(0x9E3779B97F4A7C15)
ONE = np.uint64(1)
NONE = np.uint64(0)


class Tables(NamedTuple):
    """The items as the kernel reads them.

    Attributes:
        tokens: of all sections of all items; a section is the question or one option.
        section: the section of each token.
        start: the first token of each section, and the end.
        item: the item of each section.
        first: the first section of each item (its question), and the end.
        keys: an open hash table of n-grams, a power of two long; 0 is none.
        slots: for each key a number, by which ``posted`` says where in ``postings`` the places of the n-gram begin.
        postings: places of n-grams, as places in ``tokens``.
        sieve: a bit for each n-gram: most n-grams of a text end here.
    """

    tokens: Words
    section: Small
    start: Ints
    item: Small
    first: Ints
    keys: Words
    slots: Small
    posted: Ints
    postings: Ints
    sieve: Bytes


@kernel
def scramble(x: np.uint64) -> np.uint64:
    """A bijection of 64 bits in which every bit moves every other (MurmurHash3's finaliser)."""
    x = (x ^ (x >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    x = (x ^ (x >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return x ^ (x >> np.uint64(33))


@kernel
def tokenise(data: Bytes, start: int, end: int, entries: Codes, expansions: Codes, tokens: Words) -> int:
    """The tokens of data[start:end] into ``tokens``; returns how many. Room for twice as many as bytes is enough: of
    three bytes come at most four tokens (U+FDFC).

    A token is a word, as a hash with its highest bit set, or any other character, as its code point.
    """
    count = 0
    word = NONE
    i = start
    while i < end:
        code, i = decode(data, i)
        entry = np.int64(entries[code])
        place = np.int64(-1)
        parts = np.int64(1)
        if entry & EXPANDS:
            place = entry & CODE
            parts = np.int64(expansions[place])
        for k in range(parts):
            if place >= 0:
                entry = np.int64(expansions[place + 1 + k])
            if entry == DROPPED:
                continue
            if entry & LETTER:
                word = (word ^ np.uint64(entry & CODE)) * STEP
                continue
            if word != NONE:
                tokens[count] = scramble(word) | WORD_BIT
                word = NONE
                count += 1
            if entry != GAP:
                tokens[count] = np.uint64(entry & CODE)
                count += 1
    if word != NONE:
        tokens[count] = scramble(word) | WORD_BIT
        count += 1
    return count


@kernel
def tokenise_all(data: Bytes, offsets: Ints, entries: Codes, expansions: Codes, tokens: Words, starts: Ints) -> int:
    """The tokens of all texts end to end into ``tokens`` (twice the bytes), where each begins and the end into
    ``starts``; returns how many."""
    count = 0
    for text in range(len(offsets) - 1):
        starts[text] = count
        count += tokenise(data, offsets[text], offsets[text + 1], entries, expansions, tokens[count:])
    starts[len(offsets) - 1] = count
    return count


@kernel
def hashes(tokens: Words, starts: Ints, gram: int, grams: Words) -> None:
    """The hash of the n-gram that begins at each token into ``grams``; 0 where it would leave the section."""
    for section in range(len(starts) - 1):
        for at in range(starts[section], starts[section + 1]):
            grams[at] = NONE
            if at + gram <= starts[section + 1]:
                h = NONE
                for k in range(gram):
                    h = h * STEP + tokens[at + k]
                grams[at] = scramble(h) | ONE


@kernel
def fill(grams: Words, keys: Words, slots: Small, sieve: Bytes) -> None:
    """Puts different n-grams into the empty hash table ``keys`` with their number in ``slots``, and into ``sieve``."""
    mask = len(keys) - 1
    bits = np.uint64(len(sieve) * 8 - 1)
    for number in range(len(grams)):
        h = grams[number]
        bit = np.int64((h >> np.uint64(20)) & bits)
        sieve[bit >> 3] |= np.uint8(1 << (bit & 7))
        slot = np.int64(h >> ONE) & mask
        while keys[slot] != NONE:
            slot = (slot + 1) & mask
        keys[slot] = h
        slots[slot] = number


@kernel
def weight(tokens: Words, start: int, end: int) -> int:
    """What tokens[start:end] weigh."""
    total = 0
    for at in range(start, end):
        total += WORD if tokens[at] & WORD_BIT else HAN
    return total


class Shared(NamedTuple):
    """What text and item share, by weight: of the question in runs, of the question and of all in long runs; and what
    the item weighs."""

    asked_any: int
    asked_long: int
    all_long: int
    total: int


@kernel
def weigh(tables: Tables, item: int, text: int, any_run: Small, long_run: Small) -> Shared:
    """What is shared, by the tokens that are stamped with ``text``."""
    question = tables.first[item]
    asked_any = asked_long = all_long = total = 0
    for s in range(question, tables.first[item + 1]):
        for k in range(tables.start[s], tables.start[s + 1]):
            value = WORD if tables.tokens[k] & WORD_BIT else HAN
            total += value
            if long_run[k] == text:
                all_long += value
                if s == question:
                    asked_long += value
            if any_run[k] == text and s == question:
                asked_any += value
    return Shared(asked_any, asked_long, all_long, total)


@kernel
def options_near(tables: Tables, item: int, words: Words, place: int) -> int:
    """The weight of the options that stand in ``words`` not far after the question, which begins at ``place``; 0 for
    fewer than two."""
    tokens, start, question, beyond = tables.tokens, tables.start, tables.first[item], tables.first[item + 1]
    low = place + start[question + 1] - start[question]
    high = min(low + 2 * (start[beyond] - start[question]) + 40, len(words))
    options = more = 0
    for s in range(question + 1, beyond):
        length = start[s + 1] - start[s]
        for p in range(low, high - length + 1):
            k = 0
            while k < length and words[p + k] == tokens[start[s] + k]:
                k += 1
            if 0 < length == k:
                options += 1
                more += weight(tokens, start[s], start[s + 1])
                break
    return more if options > 1 else 0


@kernel
def search(
    data: Bytes,
    offsets: Ints,
    entries: Codes,
    expansions: Codes,
    tables: Tables,
    gram: int,
    run: int,
    least: int,
    alone_least: int,
    phrase: int,
    share: float,
    together: float,
    alone: float,
    found: Ints,
    overlaps: NDArray[np.float64],
) -> int:
    """The items that texts leak, as (text, item) into ``found`` with the overlap into ``overlaps`` while there is room;
    returns how many there are. The rules are those of ``overlap.Settings``."""
    tokens, start = tables.tokens, tables.start
    longest = np.int64(0)
    for text in range(len(offsets) - 1):
        longest = max(longest, offsets[text + 1] - offsets[text])
    words = np.empty(2 * longest, np.uint64)
    # Whatever is said of a text is stamped with its number, so that nothing is cleared between texts.
    any_run = np.full(len(tokens), -1, np.int32)  # the token is covered by a run of ``gram`` tokens or more
    long_run = np.full(len(tokens), -1, np.int32)  # the token is covered by a run of weight ``run`` or more
    seen = np.full(len(start) - 1, -1, np.int32)  # the section has a run, the last of which is:
    shift = np.zeros(len(start) - 1, np.int64)  # how far it stands from its place in ``tokens``
    until = np.zeros(len(start) - 1, np.int64)  # where it ends in the text
    whole = np.full(len(start) - 1, -1, np.int32)  # the whole section was one run
    items = len(tables.first) - 1
    touched = np.empty(items, np.int32)
    known = np.full(items, -1, np.int32)
    sums = np.zeros(items, np.int64)  # upper bound of what is covered
    place = np.zeros(items, np.int64)  # where the longest run of the question begins in the text, if moved to its start
    length = np.zeros(items, np.int64)
    rarest = np.zeros(items, np.int64)  # the fewest places of an n-gram that text and item share
    mask = len(tables.keys) - 1
    bits = np.uint64(len(tables.sieve) * 8 - 1)
    leaving = ONE
    for _ in range(gram):
        leaving *= STEP
    hits = 0
    for text in range(len(offsets) - 1):
        count = tokenise(data, offsets[text], offsets[text + 1], entries, expansions, words)
        touches = 0
        h = NONE
        for last in range(count):
            h = h * STEP + words[last]
            if last >= gram:
                h -= leaving * words[last - gram]
            p = last - gram + 1
            if p < 0:
                continue
            key = scramble(h) | ONE
            bit = np.int64((key >> np.uint64(20)) & bits)
            if not (tables.sieve[bit >> 3] >> np.uint8(bit & 7)) & 1:
                continue
            slot = np.int64(key >> ONE) & mask
            while tables.keys[slot] != NONE and tables.keys[slot] != key:
                slot = (slot + 1) & mask
            if tables.keys[slot] == NONE:
                continue
            number = tables.slots[slot]
            places = tables.posted[number + 1] - tables.posted[number]
            for row in range(tables.posted[number], tables.posted[number + 1]):
                at = tables.postings[row]
                s = tables.section[at]
                item = tables.item[s]
                if known[item] == text:
                    rarest[item] = min(rarest[item], places)
                if whole[s] == text or (seen[s] == text and shift[s] == p - at and p < until[s]):
                    continue
                left = 0
                while at - left > start[s] and p - left > 0 and tokens[at - left - 1] == words[p - left - 1]:
                    left += 1
                right = 0
                while at + right < start[s + 1] and p + right < count and tokens[at + right] == words[p + right]:
                    right += 1
                if right < gram:  # the hashes agree and the tokens do not
                    continue
                seen[s], shift[s], until[s] = text, p - at, p + right
                if left + right == start[s + 1] - start[s]:
                    whole[s] = text
                heavy = weight(tokens, at - left, at + right)
                for k in range(at - left, at + right):
                    any_run[k] = text
                    if heavy >= run:
                        long_run[k] = text
                if known[item] != text:
                    known[item] = text
                    touched[touches] = item
                    touches += 1
                    sums[item] = 0
                    rarest[item] = places
                    length[item] = 0
                sums[item] += heavy
                rarest[item] = min(rarest[item], places)
                if s == tables.first[item] and left + right > length[item]:
                    length[item] = left + right
                    place[item] = p - at + start[s]
        if touches == 0:
            continue
        side = weight(words, 0, count)
        for touch in range(touches):
            item = touched[touch]
            question = tables.first[item]
            asked = weight(tokens, start[question], start[question + 1])
            if sums[item] < alone_least or sums[item] < min(share, together) * asked:
                continue
            complete = whole[question] == text
            shared = weigh(tables, item, text, any_run, long_run)
            if rarest[item] > phrase and shared.asked_long < (least if complete else 2 * least):
                continue
            overlap = 0.0
            if shared.asked_long >= least and shared.asked_long >= share * asked:
                overlap = shared.asked_long / asked
            elif shared.all_long >= least and shared.all_long >= together * shared.total:
                overlap = shared.all_long / shared.total
            elif shared.asked_any >= alone_least and shared.asked_any >= max(share * asked, alone * side):
                overlap = shared.asked_any / asked
            elif complete:
                more = options_near(tables, item, words[:count], place[item])
                if more > 0 and asked + more >= max(least, together * shared.total):
                    overlap = (asked + more) / shared.total
            if overlap > 0.0:
                if hits < len(found):
                    found[hits, 0] = text
                    found[hits, 1] = item
                    overlaps[hits] = overlap
                hits += 1
    return hits
