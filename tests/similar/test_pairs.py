from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.similar import pairs
from cqia.similar.settings import Settings
from cqia.similar.sketch import signatures

#: Columns of hashes with many repeats and many zeros, spread over all 64 bits or alike in the low ones.
COLUMNS = st.integers(0, 40).flatmap(
    lambda rows: st.lists(
        st.lists(st.sampled_from([0, 0, 1, 2, 3, 2**32, 2**40 + 1, 2**63, 7, 8]), min_size=rows, max_size=rows),
        min_size=1,
        max_size=4,
    )
)


def arrays(columns: list[list[int]]) -> list[np.ndarray]:
    return [np.array(column, dtype=np.uint64) for column in columns]


def as_set(found: pairs.Pairs) -> set[tuple[int, int]]:
    listed = list(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert len(listed) == len(set(listed))
    return set(listed)


def slowly(columns: list[list[int]]) -> set[tuple[int, int]]:
    return {(a, b) for c in columns for a, b in combinations(range(len(c)), 2) if c[a] == c[b] != 0}


@given(COLUMNS)
def test_shared_rows(columns: list[list[int]]) -> None:
    flags = pairs.shared(arrays(columns), len(columns[0]))
    assert set(np.flatnonzero(flags).tolist()) == {row for pair in slowly(columns) for row in pair}


@given(COLUMNS)
def test_all_pairs_of_small_buckets(columns: list[list[int]]) -> None:
    found = pairs.in_buckets(arrays(columns), 64)
    assert as_set(found) == slowly(columns)
    assert found.capped == 0


def test_pairs_stay_distinct_when_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "MOST", 50)  # so that they are brought together more than once
    random = np.random.default_rng(3)
    columns = random.integers(0, 12, (20, 60)).tolist()
    assert as_set(pairs.in_buckets(arrays(columns), 64)) <= slowly(columns)
    monkeypatch.undo()
    assert as_set(pairs.in_buckets(arrays(columns), 64)) == slowly(columns)


def test_a_large_bucket_is_compared_with_its_first() -> None:
    column = np.full(100, 5, dtype=np.uint64)
    found = pairs.in_buckets([column, column], 10)
    assert as_set(found) == {(a, b) for b in range(100) for a in range(min(b, 10))}
    assert found.capped == 2


def test_a_giant_bucket_gives_a_bounded_number_of_pairs() -> None:
    order = np.arange(10_000)
    found, capped = pairs.bucket_pairs(order, np.array([10_000]), 64, 1000)
    assert capped == 1
    assert len(found) <= 4 * len(order)
    assert set((found & np.uint64(2**32 - 1)).tolist()) == set(range(1, 10_000))


@given(st.lists(st.sampled_from([0, 1, 2, 2**63]), max_size=30))
def test_with_first(column: list[int]) -> None:
    found = as_set(pairs.with_first(np.array(column, dtype=np.uint64)))
    assert found == {(column.index(h), row) for row, h in enumerate(column) if h and column.index(h) < row}


@given(st.sets(st.tuples(st.integers(0, 14), st.integers(0, 14)).filter(lambda p: p[0] < p[1])), st.integers(1, 60))
def test_components_stand_together_and_parts_keep_to_their_budget(edges: set[tuple[int, int]], budget: int) -> None:
    listed = sorted(edges, key=lambda e: (e[1] * 7 % 5, e))
    found = pairs.Pairs(
        np.array([a for a, _ in listed], dtype=np.int64), np.array([b for _, b in listed], dtype=np.int64)
    )
    component = list(range(15))
    for _ in range(15):
        for a, b in edges:
            component[a] = component[b] = min(component[a], component[b])
    ordered = found.take(pairs.by_component(found, 15))
    assert as_set(ordered) == edges
    assert [component[a] for a in ordered.first] == sorted(component[a] for a in ordered.first)

    sizes = np.arange(15, dtype=np.int64)
    parts = pairs.cut(ordered, sizes, budget)
    assert [pair for part in parts for pair in zip(part.first.tolist(), part.second.tolist(), strict=True)] == list(
        zip(ordered.first.tolist(), ordered.second.tolist(), strict=True)
    )
    for part in parts:
        assert len(part) == 1 or sum(set(part.first.tolist()) | set(part.second.tolist())) <= budget


def test_buckets_of_many_rows() -> None:
    random = np.random.default_rng(6)
    column = random.integers(0, 60_000, 6 * pairs.PORTION, dtype=np.uint64) << np.uint64(40)
    order, ends = pairs.buckets(column)
    by_hash: dict[int, list[int]] = {}
    for row in np.flatnonzero(column).tolist():
        by_hash.setdefault(int(column[row]), []).append(row)
    found = [part.tolist() for part in np.split(order, ends[:-1])]
    assert sorted(found) == sorted(rows for rows in by_hash.values() if len(rows) > 1)


@pytest.mark.parametrize(("share", "least", "most"), [(0.8, 1.0, 1.0), (0.9, 1.0, 1.0), (0.4, 0.0, 0.02)])
def test_pairs_that_are_too_unlike_are_passed_by(share: float, least: float, most: float) -> None:
    random = np.random.default_rng(9)
    same = 4 + round(2 * 396 * share / (1 + share))  # characters of 400 that two texts begin with
    texts = []
    for _ in range(300):
        one, other = (list(map(chr, row)) for row in random.integers(0x4E00, 0x9E00, (2, 400)))
        texts += ["".join(one), "".join(one[:same] + other[same:])]
    _, bands = signatures(pl.Series(texts), Settings())
    first = np.arange(0, len(texts), 2)
    found = pairs.likely(pairs.Pairs(first, first + 1), bands, Settings())
    assert least <= found.mean() <= most
