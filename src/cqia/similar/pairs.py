"""Candidate pairs: which documents share a bucket."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cqia.similar import kernels

#: Pairs one bucket may give (or four for each member): 32 MB of them. Only a bucket of tens of thousands feels it,
#: which in a corpus of ten million is a boilerplate and not a cluster of copies.
MOST = 1 << 22


@dataclass(frozen=True)
class Pairs:
    """Pairs of documents, each once.

    Attributes:
        first, second: numbers of documents in keep order, ``first < second``.
        capped: buckets too large for all their pairs to be looked at.
    """

    first: kernels.Ints
    second: kernels.Ints
    capped: int = 0

    def __len__(self) -> int:
        return len(self.first)

    def take(self, chosen: kernels.Ints | kernels.Flags | slice) -> Pairs:
        """Some of the pairs."""
        return Pairs(self.first[chosen], self.second[chosen], self.capped)


def shared(columns: Iterable[kernels.Hashes], rows: int) -> kernels.Flags:
    """For each of ``rows`` rows, whether it shares a hash with another in any of the columns; 0 counts for nothing.

    Takes one column after the other, with about four bytes a row beside it.
    """
    flags = np.zeros(rows, dtype=np.bool_)
    for hashes in columns:
        kernels.repeated(hashes, flags)
    return flags


def in_buckets(columns: Iterable[kernels.Hashes], bucket: int) -> Pairs:
    """The pairs that share a hash in any of the columns, whose rows stand in keep order; 0 counts for nothing.

    In a bucket of more than ``bucket`` + 1 a document is paired with the first ``bucket`` of it.
    """
    found = np.empty(0, dtype=np.uint64)
    fresh = [found]
    capped = 0
    for hashes in columns:
        order, ends = buckets(hashes)
        pairs, large = kernels.bucket_pairs(order, ends, bucket, MOST)
        capped += large
        fresh.append(pairs)
        if sum(map(len, fresh)) > max(len(found), MOST):  # near copies come again in many columns
            found, fresh = _each_once([found, *fresh]), []
    found = _each_once([found, *fresh])
    return Pairs((found >> np.uint64(32)).astype(np.int64), (found & kernels.LOW).astype(np.int64), capped)


def _each_once(parts: Sequence[kernels.Hashes]) -> kernels.Hashes:
    pairs = np.concatenate(parts)
    pairs.sort()
    fresh = np.ones(len(pairs), dtype=np.bool_)
    fresh[1:] = pairs[1:] != pairs[:-1]
    return pairs[fresh]


def buckets(hashes: kernels.Hashes) -> tuple[kernels.Ints, kernels.Ints]:
    """The rows that have a hash, bucket by bucket and ascending within, and where each bucket ends."""
    rows = np.flatnonzero(hashes)
    order = rows[np.argsort(hashes[rows], kind="stable")]
    return order, kernels.bucket_ends(hashes, order)


def with_first(hashes: kernels.Hashes) -> Pairs:
    """Every row that shares its hash with an earlier one, paired with the first that has it; 0 counts for nothing."""
    order, ends = buckets(hashes)
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])[: len(ends)]
    firsts = np.repeat(order[starts], ends - starts)
    later = firsts != order
    return Pairs(firsts[later], order[later])


def by_component(pairs: Pairs, count: int) -> kernels.Ints:
    """An order of the pairs that has those of one connected component together, so that its texts are read once."""
    component = kernels.components(pairs.first, pairs.second, count)
    return np.lexsort((pairs.second, pairs.first, component[pairs.first]))


def cut(pairs: Pairs, sizes: kernels.Ints, budget: int) -> list[Pairs]:
    """The pairs, in order, in parts whose documents have at most ``budget`` of ``sizes`` in all, or are one pair."""
    ends = kernels.batches(pairs.first, pairs.second, sizes, budget).tolist()
    return [pairs.take(slice(start, end)) for start, end in zip([0, *ends[:-1]], ends, strict=True)] if ends else []
