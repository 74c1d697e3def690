"""Lengths: counted in characters, every record in one bin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_records import made, row

from cqia.report.lengths import BARS, BINS, lengths
from cqia.report.table import TABLE


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 40)), min_size=1, max_size=30))
def test_lengths_are_counted_in_characters_and_each_in_one_bin(sizes):
    rows = [row(instruction="问" * (n // 2), input="入" * (n - n // 2), output="答" * n) for n, _ in sizes]
    found = lengths(made(rows))
    want = sorted(n for n, _ in sizes)
    for name in ("instruction", "output"):
        each = found[name]
        assert sum(each["counts"]) == len(sizes)
        assert len(each["counts"]) == len(BINS) + 1
        assert each["counts"][0] == sum(n <= BINS[0] for n in want)
        assert sum(each["bars"]) + each["beyond"] == len(sizes)
        assert each["beyond"] == sum(n >= BARS * each["width"] for n in want)
        assert each["quantiles"] == sorted(each["quantiles"])
        assert (each["quantiles"][0], each["quantiles"][-1]) == (want[0], want[-1])


def test_of_each_source():
    found = lengths(made([row(source="甲", output="答" * 3), row(source="乙", output="答" * 9)]))["output"]
    assert [(each["source"], each["records"], each["quantiles"][3]) for each in found["by_source"]] == [
        ("甲", 1, 3), ("乙", 1, 9),
    ]  # fmt: skip


def test_when_all_are_equally_long_they_stand_in_the_picture():
    found = lengths(made([row(instruction="问" * 10_000, output="答" * 10_000)] * 3))
    assert [(each["beyond"], each["bars"][-1]) for each in found.values()] == [(0, 3), (0, 3)]


def test_of_nothing_there_are_none():
    assert lengths(TABLE.to_frame()) == {}


@pytest.mark.parametrize("size", [10_000, 1_000_000])
def test_a_very_long_text(size):
    found = lengths(made([row(instruction="问" * size)]))["instruction"]
    assert found["quantiles"][3] == size
    assert sum(found["bars"]) + found["beyond"] == 1
