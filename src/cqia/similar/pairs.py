"""Candidate pairs: which documents share a bucket."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from cqia.similar.kernels import LOW, NONE, ONE, Flags, Hashes, Ints, kernel

#: Pairs one bucket may give (or four for each member): 32 MB of them. Only a bucket of tens of thousands feels it,
#: which in a corpus of ten million is a boilerplate and not a cluster of copies.
MOST = 1 << 22

#: Columns looked through at once: with more, memory grows by some twelve bytes a row for each.
AT_ONCE = 2

T = TypeVar("T")


@dataclass(frozen=True)
class Pairs:
    """Pairs of documents, each once.

    Attributes:
        first, second: numbers of documents in keep order, ``first < second``.
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
    """For each of ``rows`` rows, whether it shares a hash with another in any of the columns; 0 counts for nothing.

    Takes ``AT_ONCE`` columns at a time, with about four bytes a row beside each.
    """
    flags = np.zeros(rows, dtype=np.bool_)
    for _ in _each(lambda hashes: repeated(hashes, flags), columns):  # they set flags, and take none back
        pass
    return flags


def in_buckets(columns: Iterable[Hashes], bucket: int) -> Pairs:
    """The pairs that share a hash in any of the columns, whose rows stand in keep order; 0 counts for nothing.

    In a bucket of more than ``bucket`` + 1 a document is paired with the first ``bucket`` of it.
    """
    found = np.empty(0, dtype=np.uint64)
    fresh = [found]
    capped = 0
    for pairs, large in _each(lambda hashes: bucket_pairs(*buckets(hashes), bucket, MOST), columns):
        capped += large
        fresh.append(pairs)
        if sum(map(len, fresh)) > max(len(found), MOST):  # near copies come again in many columns
            found, fresh = _each_once([found, *fresh]), []
    found = _each_once([found, *fresh])
    return Pairs((found >> np.uint64(32)).astype(np.int64), (found & LOW).astype(np.int64), capped)


def _each(work: Callable[[Hashes], T], columns: Iterable[Hashes]) -> Iterator[T]:
    """``work`` on each column, in order, a few at once; none is asked for before there is a thread for it."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting: deque[Future[T]] = deque()
        for hashes in columns:
            waiting.append(pool.submit(work, hashes))
            if len(waiting) == AT_ONCE:
                yield waiting.popleft().result()
        yield from (each.result() for each in waiting)


def _each_once(parts: Sequence[Hashes]) -> Hashes:
    pairs = np.concatenate(parts)
    pairs.sort()
    fresh = np.ones(len(pairs), dtype=np.bool_)
    fresh[1:] = pairs[1:] != pairs[:-1]
    return pairs[fresh]


def buckets(hashes: Hashes) -> tuple[Ints, Ints]:
    """The rows that have a hash, bucket by bucket and ascending within, and where each bucket ends."""
    rows = np.flatnonzero(hashes)
    order = rows[np.argsort(hashes[rows], kind="stable")]
    return order, bucket_ends(hashes, order)


def with_first(hashes: Hashes) -> Pairs:
    """Every row that shares its hash with an earlier one, paired with the first that has it; 0 counts for nothing."""
    order, ends = buckets(hashes)
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])[: len(ends)]
    firsts = np.repeat(order[starts], ends - starts)
    later = firsts != order
    return Pairs(firsts[later], order[later])


def by_component(pairs: Pairs, count: int) -> Ints:
    """An order of the pairs that has those of one connected component together, so that its texts are read once."""
    component = components(pairs.first, pairs.second, count)
    return np.lexsort((pairs.second, pairs.first, component[pairs.first]))


def cut(pairs: Pairs, sizes: Ints, budget: int) -> list[Pairs]:
    """The pairs, in order, in parts whose documents have at most ``budget`` of ``sizes`` in all, or are one pair."""
    ends = batches(pairs.first, pairs.second, sizes, budget).tolist()
    return [pairs.take(slice(start, end)) for start, end in zip([0, *ends[:-1]], ends, strict=True)] if ends else []


@kernel
def repeated(hashes: Hashes, flags: Flags) -> None:
    """Sets ``flags`` of the rows whose hash another row has too; 0 counts for nothing.

    Few rows of a corpus do, so sorting all would be waste: two bitmaps of eight to sixteen bits a row let pass those
    that may, and only they are sorted.
    """
    bits = 64
    while bits < 8 * len(hashes):
        bits *= 2
    mask = np.uint64(bits - 1)
    once = np.zeros(bits // 64, np.uint64)
    twice = np.zeros(bits // 64, np.uint64)
    for row in range(len(hashes)):
        place = hashes[row] & mask
        word = place >> np.uint64(6)
        bit = ONE << (place & np.uint64(63))
        if hashes[row] != NONE:
            if once[word] & bit:
                twice[word] |= bit
            once[word] |= bit
    chosen = 0
    for row in range(len(hashes)):
        place = hashes[row] & mask
        if hashes[row] != NONE and twice[place >> np.uint64(6)] & (ONE << (place & np.uint64(63))):
            chosen += 1
    rows = np.empty(chosen, np.int64)
    chosen = 0
    for row in range(len(hashes)):
        place = hashes[row] & mask
        if hashes[row] != NONE and twice[place >> np.uint64(6)] & (ONE << (place & np.uint64(63))):
            rows[chosen] = row
            chosen += 1
    order = np.argsort(hashes[rows])
    for i in range(1, chosen):
        before, row = rows[order[i - 1]], rows[order[i]]
        if hashes[before] == hashes[row]:
            flags[before] = True
            flags[row] = True


@kernel
def bucket_ends(hashes: Hashes, order: Ints) -> Ints:
    """The ends of the runs of equal hashes in ``order``."""
    ends = np.empty(len(order), np.int64)
    count = 0
    for i in range(len(order)):
        if i + 1 == len(order) or hashes[order[i + 1]] != hashes[order[i]]:
            ends[count] = i + 1
            count += 1
    return ends[:count]


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
