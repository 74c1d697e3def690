"""Candidate pairs: which documents share a bucket."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from cqia.similar.kernels import LOW, NONE, ONE, SHIFT, STEP, Flags, Hashes, Ints, kernel, table_size
from cqia.similar.settings import Settings
from cqia.similar.sketch import in_threads

#: Pairs one bucket may give (or four for each member): 32 MB of them. Only a bucket of tens of thousands feels it,
#: which in a corpus of ten million is a boilerplate and not a cluster of copies.
MOST = 1 << 22

#: Columns looked through at once, or shards read: with more, memory grows by some thirty bytes a row for each.
AT_ONCE = 2

#: Rows of a portion whose buckets are found at once: the table takes 32 bytes for each, and a core's cache holds 2 MB.
PORTION = 1 << 15

#: Pairs whose sketches one thread compares at a time.
PART = 1 << 16

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Pairs:
    """Pairs of documents, each once.

    Attributes:
        first, second: numbers of documents; in keep order where pairs are made, with ``first < second``.
        capped: buckets too large for all their pairs to be looked at.
    """

    first: Ints
    second: Ints
    capped: int = 0

    def __len__(self) -> int:
        return len(self.first)

    def take(self, chosen: Ints | Flags | slice) -> Pairs:
        """Some of the pairs."""
        return Pairs(self.first[chosen], self.second[chosen], self.capped)


def shared(columns: Iterable[Hashes], rows: int) -> Flags:
    """For each of ``rows`` rows, whether it shares a hash with another in any of the columns; 0 counts for nothing."""
    flags = np.zeros(rows, dtype=np.bool_)
    for order, _ in in_turn(buckets, columns):
        flags[order] = True
    return flags


def in_buckets(columns: Iterable[Hashes], bucket: int) -> Pairs:
    """The pairs that share a hash in any of the columns, whose rows stand in keep order; 0 counts for nothing.

    In a bucket of more than ``bucket`` + 1 a document is paired with the first ``bucket`` of it.
    """
    found = np.empty(0, dtype=np.uint64)
    fresh = [found]
    capped = 0
    for pairs, large in in_turn(lambda hashes: bucket_pairs(*buckets(hashes), bucket, MOST), columns):
        capped += large
        fresh.append(pairs)
        if sum(map(len, fresh)) > max(len(found), MOST):  # near copies come again in many columns
            found, fresh = _each_once([found, *fresh]), []
    found = _each_once([found, *fresh])
    return Pairs((found >> np.uint64(32)).astype(np.int64), (found & LOW).astype(np.int64), capped)


def in_turn(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """``work`` on each item, in order, a few at once; none is asked for before there is a thread for it."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) == AT_ONCE:
                yield waiting.popleft().result()
        yield from (each.result() for each in waiting)


def _each_once(parts: Sequence[Hashes]) -> Hashes:
    pairs = np.concatenate(parts)
    pairs.sort()
    fresh = np.ones(len(pairs), dtype=np.bool_)
    fresh[1:] = pairs[1:] != pairs[:-1]
    return pairs[fresh]


def with_first(hashes: Hashes) -> Pairs:
    """Every row that shares its hash with an earlier one, paired with the first that has it; 0 counts for nothing."""
    order, ends = buckets(hashes)
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])[: len(ends)]
    firsts = np.repeat(order[starts], ends - starts)
    later = firsts != order
    return Pairs(firsts[later], order[later])


def likely(pairs: Pairs, bands: Hashes, settings: Settings) -> Flags:
    """For each pair whether it may be as like as ``settings.threshold``, by what the bands keep of the sketches.

    Args:
        bands: (bands, documents), as ``sketch.signatures`` gives them.
    """
    fields = settings.fields

    def agree(part: Pairs) -> Flags:
        return agreeing(bands, part.first, part.second, *fields, settings.agreeing)

    parts = [pairs.take(slice(start, start + PART)) for start in range(0, len(pairs), PART)]
    return np.concatenate([np.zeros(0, dtype=np.bool_), *in_threads(agree, parts)])


def by_component(pairs: Pairs, count: int) -> Ints:
    """An order of the pairs that has those of one connected component together, so that its texts are read once."""
    component = components(pairs.first, pairs.second, count)
    return np.lexsort((pairs.second, pairs.first, component[pairs.first]))


def cut(pairs: Pairs, sizes: Ints, budget: int) -> list[Pairs]:
    """The pairs, in order, in parts whose documents have at most ``budget`` of ``sizes`` in all, or are one pair."""
    ends = batches(pairs.first, pairs.second, sizes, budget).tolist()
    return [pairs.take(slice(start, end)) for start, end in zip([0, *ends[:-1]], ends, strict=True)] if ends else []


@kernel
def buckets(hashes: Hashes) -> tuple[Ints, Ints]:
    """The rows whose hash another row has too, bucket by bucket and ascending within, and where each bucket ends; 0
    counts for nothing.

    They are dealt out first, by the upper bits of their hashes, into portions whose table stays in a core's cache.
    """
    bits = 0
    while len(hashes) >> bits > PORTION:
        bits += 1
    upper, rest = np.uint64(bits), np.uint64(63 - bits)
    ends = np.zeros((1 << bits) + 1, np.int64)
    for row in range(len(hashes)):
        if hashes[row] != NONE:
            ends[(hashes[row] * STEP >> ONE >> rest) + ONE] += 1
    widest = ends.max()
    ends = np.cumsum(ends)
    total = ends[-1]
    keys = np.empty(total, np.uint64)
    rows = np.empty(total, np.uint32)
    begin = ends.copy()
    for row in range(len(hashes)):
        if hashes[row] != NONE:
            key = hashes[row] * STEP  # a bijection
            portion = key >> ONE >> rest
            keys[begin[portion]] = key
            rows[begin[portion]] = row
            begin[portion] += 1

    table = np.empty(table_size(widest), np.uint64)
    members = np.empty(len(table), np.int64)
    slots = np.empty(widest, np.uint64)
    order = np.empty(total, np.int64)
    bucket_ends = np.empty(total // 2, np.int64)
    found = 0
    placed = 0
    for portion in range(1 << bits):
        start = ends[portion]
        size = table_size(ends[portion + 1] - start)
        mask = np.uint64(size - 1)
        table[:size] = NONE
        members[:size] = 0
        for i in range(start, ends[portion + 1]):
            slot = (keys[i] << upper >> SHIFT) & mask
            while table[slot] != NONE and table[slot] != keys[i]:
                slot = (slot + ONE) & mask
            table[slot] = keys[i]
            members[slot] += 1
            slots[i - start] = slot
        for i in range(start, ends[portion + 1]):
            slot = slots[i - start]
            if members[slot] > 1:  # the first of a bucket: below 0 stands from now on where the next of it goes
                order[placed] = rows[i]
                placed += members[slot]
                bucket_ends[found] = placed
                found += 1
                members[slot] -= placed + 2
            elif members[slot] < 0:
                order[-members[slot] - 1] = rows[i]
                members[slot] -= 1
    return order[:placed], bucket_ends[:found]


@kernel
def bucket_pairs(order: Ints, ends: Ints, widest: int, most: int) -> tuple[Hashes, int]:
    """The pairs of every bucket as ``first << 32 | second``, and how many buckets were too large for all of theirs.

    Members stand in keep order in ``order``; each is paired with the first ``widest`` before it, or with fewer (four
    at least) where a bucket would give more than ``most`` pairs.
    """
    capped = 0
    total = 0
    start = 0
    for end in ends:
        size = end - start
        width = max(min(widest, most // size), 4)
        total += size * (size - 1) // 2 if size <= width + 1 else size * width - width * (width + 1) // 2
        capped += size > width + 1
        start = end
    pairs = np.empty(total, np.uint64)
    total = 0
    start = 0
    for end in ends:
        width = max(min(widest, most // (end - start)), 4)
        for second in range(start + 1, end):
            for first in range(start, min(second, start + width)):
                pairs[total] = np.uint64(order[first]) << np.uint64(32) | np.uint64(order[second])
                total += 1
        start = end
    return pairs, capped


@kernel
def agreeing(bands: Hashes, first: Ints, second: Ints, kept: int, bits: int, least: int) -> Flags:
    """For each pair whether ``least`` of the values agree of which ``bands`` keep ``bits`` bits, ``kept`` in each."""
    mask = ~NONE >> np.uint64(64 - bits)
    result = np.zeros(len(first), np.bool_)
    for pair in range(len(first)):
        differ = 0
        band = 0
        while band < len(bands) and differ <= len(bands) * kept - least:
            both = bands[band, first[pair]] ^ bands[band, second[pair]]
            for _ in range(kept):
                differ += (both & mask) != NONE
                both >>= np.uint64(bits)
            band += 1
        result[pair] = differ <= len(bands) * kept - least
    return result


@kernel
def components(first: Ints, second: Ints, count: int) -> Ints:
    """For each of ``count`` documents the least document of its connected component."""
    parent = np.arange(count)
    for i in range(len(first)):
        a, b = first[i], second[i]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        parent[max(a, b)] = min(a, b)
    for i in range(count):  # a parent is never greater than its child, so it is final by now
        parent[i] = parent[parent[i]]
    return parent


@kernel
def batches(first: Ints, second: Ints, sizes: Ints, budget: int) -> Ints:
    """Cuts the pairs, in order, into batches whose documents have ``budget`` in all (or one pair): where each ends."""
    seen = np.full(len(sizes), -1, np.int64)
    ends = np.empty(len(first), np.int64)
    batch = 0
    size = 0
    for i in range(len(first)):
        a, b = first[i], second[i]
        more = (0 if seen[a] == batch else sizes[a]) + (0 if seen[b] == batch else sizes[b])
        if size > 0 and size + more > budget:
            ends[batch] = i
            batch += 1
            size = 0
            more = sizes[a] + sizes[b]
        seen[a] = batch
        seen[b] = batch
        size += more
    if len(first) > 0:
        ends[batch] = len(first)
        batch += 1
    return ends[:batch]
