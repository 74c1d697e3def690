from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.stats.correlation import pearson, ranks, spearman


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 2, 3, 4], [1, 4, 9, 16], 1.0),
        ([1, 2, 3], [3, 2, 1], -1.0),
        ([1, 2, 3, 4, 5], [5, 6, 7, 8, 7], 0.8207826816681233),
        ([1, 1, 1], [1, 2, 3], math.nan),
        ([1], [1], math.nan),
        ([], [], math.nan),
    ],
)
def test_spearman(first: list[float], second: list[float], expected: float) -> None:
    assert spearman(first, second) == pytest.approx(expected, nan_ok=True)


def test_equal_values_share_their_mean_rank() -> None:
    assert ranks([10, 20, 20, 5]).tolist() == [2, 3.5, 3.5, 1]


def test_both_are_those_of_another_library() -> None:
    other = pytest.importorskip("scipy.stats", reason="the extra distil is not installed")
    random = np.random.default_rng(0)
    first, second = random.integers(0, 9, 200), random.integers(0, 9, 200)
    assert pearson(first, second) == pytest.approx(other.pearsonr(first, second).statistic)
    assert spearman(first, second) == pytest.approx(other.spearmanr(first, second).statistic)


@given(st.lists(st.tuples(st.integers(-99, 99), st.integers(-99, 99)), min_size=2, max_size=40))
def test_ranks_see_only_the_order(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs).T
    stretched = spearman(first**3 + 5 * first, second)
    assert stretched == pytest.approx(spearman(first, second), nan_ok=True)
    assert math.isnan(stretched) or -1 <= stretched <= 1
