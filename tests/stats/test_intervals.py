from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.stats.intervals import Estimate, bootstrap, one_more, ratios, wilson


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [  # Newcombe 1998, table I: method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_is_as_published(hits: int, of: int, low: float, high: float) -> None:
    found = wilson(hits, of)
    assert found.value == hits / of
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_wilson_holds_the_share_and_stays_a_share(of: int, share: float) -> None:
    found = wilson(round(share * of), of)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_a_share_of_nothing_is_nothing() -> None:
    assert wilson(0, 0).to_dict() == {"value": None, "low": None, "high": None}
    assert str(wilson(0, 0)) == "-"
    assert str(Estimate(0.5, 0.25, 0.75)) == "0.500 (0.250 to 0.750)"


def test_the_bootstrap_of_a_mean_is_near_the_textbook_interval() -> None:
    values = np.random.default_rng(1).normal(5, 2, 400)
    found = bootstrap(np.mean, values)
    half = 1.96 * values.std() / math.sqrt(len(values))
    assert found.value == values.mean()
    assert found.low == pytest.approx(values.mean() - half, abs=0.03)
    assert found.high == pytest.approx(values.mean() + half, abs=0.03)
    assert found == bootstrap(np.mean, values)
    assert found != bootstrap(np.mean, values, seed=1)


def test_rows_of_one_group_are_drawn_together() -> None:
    values = np.repeat(np.random.default_rng(2).normal(0, 1, 40), 25)
    rows = bootstrap(np.mean, values)
    groups = bootstrap(np.mean, values, groups=np.repeat(np.arange(40).astype(str), 25))
    assert groups.high - groups.low > 3 * (rows.high - rows.low)  # five times, but for noise: the root of 25


def test_columns_are_drawn_row_by_row() -> None:
    values = np.arange(50.0)
    assert bootstrap(lambda a, b: float(np.abs(a - b).max()), values, values) == Estimate(0.0, 0.0, 0.0)


@pytest.mark.parametrize("values", [[], [1.0]])
def test_where_there_is_no_statistic_there_is_none(values: list[float]) -> None:
    found = bootstrap(lambda each: math.nan if len(each) < 2 else 1.0, np.array(values))
    assert math.isnan(found.value)


def test_an_interval_needs_draws_that_have_the_statistic() -> None:
    mostly_same = np.array([1.0, *[0.0] * 9])  # a third of the draws are all zeros
    found = bootstrap(lambda each: math.nan if each.max() == 0 else float(each.mean()), mostly_same)
    assert found.value == 0.1
    assert math.isnan(found.low)


def test_many_shares_at_once_are_those_of_one_by_one() -> None:
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(50), 8)
    hit, part = random.random(400) < 0.6, random.random(400) < 0.7
    counts = [np.bincount(groups, weights)[:, None] for weights in (hit & part, part)]
    (fast,) = ratios(*counts)
    slow = bootstrap(lambda a, b: float((a & b).sum() / b.sum()), hit, part, groups=groups)
    assert fast.value == pytest.approx(slow.value)
    assert (fast.low, fast.high) == (pytest.approx(slow.low, abs=0.02), pytest.approx(slow.high, abs=0.02))


def test_kinds_of_rows_are_rows() -> None:
    (found,) = ratios([[1.0], [0.0]], [[1.0], [1.0]], many=[80, 20])
    assert found.value == 0.8
    assert found.low <= wilson(80, 100).low < wilson(80, 100).high <= found.high
    assert ratios(np.zeros((0, 2)), np.zeros((0, 2))) == []


def test_one_more_group_is_expected_where_the_others_are() -> None:
    alike, unlike = one_more([0.8, 0.81, 0.79], [100] * 3), one_more([0.5, 0.8, 0.95], [100] * 3)
    assert alike.value == pytest.approx(0.8, abs=0.01)
    assert alike.high - alike.low < 0.15
    assert unlike.high - unlike.low > 0.8
    assert 0 < one_more([1.0, 1.0], [30, 30]).low < 1
    assert math.isnan(one_more([0.5], [10]).value)


def test_one_more_group_lies_in_its_interval_as_often_as_is_said() -> None:
    random = np.random.default_rng(0)
    held = 0
    for _ in range(300):
        odds = random.normal(1, 0.7, 5)
        shares = 1 / (1 + np.exp(-odds))
        found = one_more(shares[:4], [1000] * 4)
        held += found.low <= shares[4] <= found.high
    assert 0.91 < held / 300 < 0.99
