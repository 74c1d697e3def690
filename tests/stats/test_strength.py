from __future__ import annotations

import numpy as np
import pytest

from cqia.stats.strength import apart, bradley_terry


def test_of_two_the_strengths_are_the_odds() -> None:
    strong, weak = bradley_terry([[0, 3], [1, 0]])
    assert strong - weak == pytest.approx(np.log(3))
    assert strong + weak == pytest.approx(0)


def test_strengths_are_found_again() -> None:
    true = np.array([1.2, 0.3, -0.5, -1.0])
    shares = 1 / (1 + np.exp(true[None, :] - true[:, None]))
    assert bradley_terry(shares * 1000) == pytest.approx(true, abs=1e-6)


def test_who_never_lost_has_no_strength_without_a_prior() -> None:
    wins = [[0, 5, 5], [0, 0, 2], [0, 2, 0]]
    assert apart(wins) == [[0], [1, 2]]
    with pytest.raises(ValueError, match="2 parts"):
        bradley_terry(wins)
    strengths = bradley_terry(wins, prior=1.0)
    assert np.isfinite(strengths).all()
    assert strengths.argmax() == 0


@pytest.mark.parametrize("wins", [[[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]])
def test_who_never_met_cannot_be_compared(wins: list[list[int]]) -> None:
    assert apart(wins) == [[0, 1], [2, 3]]


def test_one_alone_has_the_mean_strength() -> None:
    assert bradley_terry([[0]]).tolist() == [0.0]
    assert apart([[0]]) == [[0]]
