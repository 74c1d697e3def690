from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.similar import kernels, sketch
from cqia.similar.settings import Settings

SETTINGS = Settings()


def sketched(grams: np.ndarray, size: int = 128) -> np.ndarray:
    values = np.empty(size, dtype=np.uint64)
    kernels.sketch(grams, len(grams), values)
    return values


def pair_of_sets(random: np.random.Generator, union: int, shared: int) -> tuple[np.ndarray, np.ndarray]:
    grams = random.integers(0, 2**64, union, dtype=np.uint64)
    alone = (union - shared) // 2
    return grams[: shared + alone], np.concatenate([grams[:shared], grams[shared + alone :]])


@pytest.mark.parametrize("union", [12, 40, 150, 600, 4000])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_estimates_are_unbiased_and_as_sharp_as_permutations(union: int, share: float) -> None:
    random = np.random.default_rng(union)
    shared = round(union * share)
    true = shared / union
    trials = 400
    estimates = np.empty(trials)
    for trial in range(trials):
        one, other = pair_of_sets(random, union, shared)
        estimates[trial] = (sketched(one) == sketched(other)).mean()
    theory = np.sqrt(true * (1 - true) / 128)
    assert abs(estimates.mean() - true) < 4 * theory / np.sqrt(trials)
    assert np.sqrt(((estimates - true) ** 2).mean()) < 1.1 * theory


def test_bands_catch_pairs_as_often_as_the_formula_says() -> None:
    random = np.random.default_rng(1)
    found = {0.5: 0, 0.7: 0, 0.8: 0}
    trials = 300
    for share in found:
        for _ in range(trials):
            one, other = pair_of_sets(random, 400, round(400 * share))
            agree = (sketched(one) == sketched(other))[:125].reshape(25, 5)
            found[share] += bool(agree.all(axis=1).any())
    for share, count in found.items():
        expected = 1 - (1 - share**5) ** 25
        assert abs(count / trials - expected) < 4 * np.sqrt(expected * (1 - expected) / trials) + 0.005


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=300), st.randoms(use_true_random=False))
def test_a_sketch_is_of_the_set(elements: list[int], random: object) -> None:
    shuffled = elements + elements[: len(elements) // 2]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (sketched(np.array(each, dtype=np.uint64)) for each in (elements, shuffled))
    assert (one == other).all()
    assert (one != np.uint64(2**64 - 1)).all()  # no bin stays empty


@given(st.text("甲乙丙丁a1.，", max_size=30))
def test_gram_hashes_tell_the_grams_apart(normal_form: Callable[[str], str], text: str) -> None:
    form = normal_form(text)
    codes = np.array([ord(c) for c in form], dtype=np.uint32)
    grams = np.zeros(max(1, len(form)), dtype=np.uint64)
    count = kernels.gram_hashes(codes, len(codes), 5, grams)
    expected = [form[i : i + 5] for i in range(len(form) - 4)]
    assert count == len(expected)
    assert len(set(grams[:count].tolist())) == len(set(expected))
    assert len(set(zip(expected, grams[:count].tolist(), strict=True))) == len(set(expected))


def test_signatures_of_odd_texts() -> None:
    texts = pl.Series([None, "", "……", "短句子", "刚好五个字", "刚好五个字！", "这一句话比较长一点点"])
    exact, bands = sketch.signatures(texts, SETTINGS)
    assert bands.shape == (25, 7)
    assert (exact == 0).tolist() == [True, True, True, False, False, False, False]
    assert (bands == 0).all(axis=0).tolist() == [True, True, True, True, False, False, False]
    assert (bands != 0).all(axis=0).tolist() == [False, False, False, False, True, True, True]
    assert exact[4] == exact[5]
    assert (bands[:, 4] == bands[:, 5]).all()


@given(st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=30), st.integers(1, 50))
def test_signatures_do_not_depend_on_how_the_rows_are_cut(texts: list[str | None], size: int) -> None:
    series = pl.Series(texts, dtype=pl.String)
    parts = sketch.pieces(series, size)
    assert [row for start, end in parts for row in range(start, end)] == list(range(len(texts)))
    whole = sketch.signatures(series, SETTINGS)
    for start, end in parts:
        exact, bands = sketch.signatures(series[start:end], SETTINGS)
        assert (exact == whole[0][start:end]).all()
        assert (bands == whole[1][:, start:end]).all()


def test_settings_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="130 values"):
        Settings(bands=26)
    with pytest.raises(ValueError, match="power of two"):
        Settings(values=100, bands=10)
