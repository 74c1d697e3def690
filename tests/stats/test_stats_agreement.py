from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.stats.agreement import Level, Weight, alpha, kappa

NAN = math.nan
#: Krippendorff's own worked example (2011, section E): four observers, twelve units, with gaps.
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]


@pytest.mark.parametrize(("level", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_is_as_published(level: Level, expected: float) -> None:
    assert alpha(OBSERVERS, level) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [([[1, 2, 3], [1, 2, 3]], 1.0), ([[1, 1], [1, 1]], NAN), ([[1, NAN], [NAN, 2]], NAN), ([[], []], NAN)],
)
def test_alpha_at_its_ends(ratings: list[list[float]], expected: float) -> None:
    assert alpha(ratings) == pytest.approx(expected, nan_ok=True)


def test_alpha_is_that_of_another_library() -> None:
    evalica = pytest.importorskip("evalica", reason="the extra review is not installed")
    pandas = pytest.importorskip("pandas", reason="evalica wants pandas for its alpha")
    ratings = np.random.default_rng(0).integers(1, 6, (5, 60)).astype(float)
    ratings[np.random.default_rng(1).random(ratings.shape) < 0.3] = NAN
    for level in ("nominal", "ordinal", "interval"):
        other = evalica.alpha(pandas.DataFrame(ratings), distance=level).alpha
        assert alpha(ratings, level) == pytest.approx(other)


@pytest.mark.parametrize("weight", ["nominal", "linear", "quadratic"])
def test_kappa_is_that_of_another_library(weight: Weight) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="the extra distil is not installed")
    random = np.random.default_rng(3)
    first = random.integers(0, 5, 300)
    second = np.clip(first + random.integers(-1, 2, 300), 0, 4)
    other = metrics.cohen_kappa_score(first, second, weights=None if weight == "nominal" else weight)
    assert kappa(first, second, weight) == pytest.approx(other)


def test_distances_are_those_of_values_and_not_of_ranks() -> None:
    # Nobody said 2 to 9: between 1 and 10 there are still nine steps.
    near, far = ([1, 1, 10, 10, 2], [1, 1, 10, 10, 1]), ([1, 1, 10, 10, 10], [1, 1, 10, 10, 1])
    assert kappa(*near) > kappa(*far)
    assert kappa(*near) > 0.98


@pytest.mark.parametrize("weight", ["nominal", "linear", "quadratic"])
@given(ratings=st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), min_size=2, max_size=50))
def test_kappa_does_not_depend_on_who_is_first_nor_on_the_order(weight: Weight, ratings: list[tuple[int, int]]) -> None:
    first, second = zip(*ratings, strict=True)
    one = kappa(first, second, weight)
    assert one <= 1 or math.isnan(one)
    assert one == pytest.approx(kappa(second, first, weight), nan_ok=True)
    assert one == pytest.approx(kappa(first[::-1], second[::-1], weight), nan_ok=True)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [([], [], NAN), ([3, 3], [3, 3], NAN), ([1, 2], [1, 2], 1.0), (["a", "b"], ["b", "a"], -1.0)],
)
def test_kappa_at_its_ends(first: list[object], second: list[object], expected: float) -> None:
    assert kappa(first, second, "nominal") == pytest.approx(expected, nan_ok=True)
