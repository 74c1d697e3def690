"""Quotas: equal shares over the strata, the same documents for the same seed."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.tasks.quota import over, shares


@pytest.mark.parametrize(
    ("sizes", "total", "taken"),
    [
        ({"a": 2, "b": 9, "c": 9}, 10, {"a": 2, "b": 4, "c": 4}),
        ({"a": 1, "b": 1}, 10, {"a": 1, "b": 1}),
        ({"a": 5, "b": 5, "c": 5}, 7, {"a": 2, "b": 2, "c": 3}),
        ({"a": 5}, 0, {"a": 0}),
        ({}, 5, {}),
    ],
)
def test_shares(sizes, total, taken):
    assert shares(sizes, total) == taken


@given(st.dictionaries(st.text(max_size=2), st.integers(1, 50), max_size=8), st.integers(0, 200))
def test_shares_are_all_that_there_is_room_for_and_as_even_as_can_be(sizes, total):
    taken = shares(sizes, total)
    assert sum(taken.values()) == min(total, sum(sizes.values()))
    assert all(taken[name] <= sizes[name] for name in sizes)
    full = max(taken.values(), default=0)
    assert all(taken[name] >= full - 1 for name in sizes if taken[name] < sizes[name])


candidates = st.lists(
    st.tuples(st.integers(0, 500), st.sampled_from("甲乙丙")), max_size=60, unique_by=lambda row: row[0]
).map(
    lambda rows: pl.DataFrame(
        {"id": [f"n{id}" for id, _ in rows], "stratum": [stratum for _, stratum in rows], "shard": ["s"] * len(rows)},
        schema={"id": pl.String, "stratum": pl.String, "shard": pl.String},
    )
)


@given(candidates, st.integers(0, 70), st.integers(0, 3))
def test_the_rest_is_over_whatever_the_order(candidates, total, seed):
    gone = over(candidates, total, seed)
    assert gone.schema == candidates.schema
    assert gone.height == max(0, candidates.height - total)
    assert set(over(candidates.reverse(), total, seed)["id"]) == set(gone["id"])
    left = candidates.filter(~pl.col("id").is_in(gone["id"].implode()))
    room = shares(dict(candidates.group_by("stratum").len().iter_rows()), total)
    assert (
        dict(left.group_by("stratum").len().iter_rows()) == {name: n for name, n in room.items() if n}
        or not gone.height
    )


def test_another_seed_takes_others():
    rows = pl.DataFrame({"id": [f"n{n}" for n in range(100)], "stratum": ["甲"] * 100})
    assert set(over(rows, 50, 1)["id"]) != set(over(rows, 50, 2)["id"])
