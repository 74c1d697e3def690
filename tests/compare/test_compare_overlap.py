"""What two datasets share: as counted pair by pair, whatever their order."""

import random
import re

import numpy as np
import polars as pl
import pytest

from cqia.compare.overlap import SETTINGS, SHOWN, SHOWN_CHARS, overlap

#: A text that is long enough for one changed character to leave it a near duplicate.
LONG = "".join(chr(0x4E00 + 61 * n % 5000) for n in range(120))


def shared(*datasets):
    texts = [text for each in datasets for text in each]
    owner = np.repeat(np.arange(len(datasets)), [len(each) for each in datasets])
    return overlap(pl.Series(texts, dtype=pl.String), owner, len(datasets))


@pytest.mark.parametrize(
    ("one", "other", "exact", "near"),
    [
        (["怎样煮一碗面？"], ["怎样煮一碗面？"], 1, 1),
        (["怎样煮一碗面？"], ["怎样，煮一碗面"], 1, 1),  # punctuation says nothing
        (["怎樣煮一碗麵？"], ["怎样煮一碗面？"], 0, 0),  # as in dedup, traditional characters stay what they are
        (["ＡＢＣ怎么读"], ["abc 怎么读"], 1, 1),
        ([LONG], [LONG[:60] + "改" + LONG[61:]], 0, 1),
        (["第3道题怎么做？"], ["第4道题怎么做？"], 0, 0),  # in a short text a character is the difference
        ([LONG], [LONG[:60]], 0, 0),
        ([""], [""], 0, 0),  # of nothing nothing is alike
        ([], ["怎样煮一碗面？"], 0, 0),
    ],
)
def test_what_counts_as_shared(one, other, exact, near):
    found = shared(one, other)
    assert (found["exact"][0][1], found["near"][0][1]) == (exact, near)
    assert (found["exact"][1][0], found["near"][1][0]) == (exact, near)


def test_every_record_counts_in_both_directions():
    a, b, c = [LONG, LONG, "甲乙丙丁戊己庚"], [LONG[1:] + "尾", "别的一句话在这里"], ["甲乙丙丁戊己庚。", LONG]
    found = shared(a, b, c)
    assert found["exact"] == [[3, 0, 3], [0, 2, 0], [2, 0, 2]]
    assert found["near"] == [[3, 2, 3], [1, 2, 1], [2, 1, 2]]
    assert found["shares"] == [[1.0, 0.6667, 1.0], [0.5, 1.0, 0.5], [1.0, 0.5, 1.0]]


def test_the_pairs_that_are_shown_are_of_two_datasets():
    a = [LONG, LONG[::-1], *(f"第{n}个{LONG[n : n + 9]}" for n in range(9))]
    found = shared(a, [*a, "改" + LONG[1:]], ["没有一样的"])
    assert {tuple(pair["datasets"]) for pair in found["shown"]} == {(0, 1)}
    equal = [pair for pair in found["shown"] if pair["equal"]]
    (near,) = (pair for pair in found["shown"] if not pair["equal"])
    assert len(equal) == SHOWN
    assert all(pair["texts"][0] == pair["texts"][1] and pair["similarity"] == 1.0 for pair in equal)
    assert near["texts"] == [LONG[:SHOWN_CHARS], ("改" + LONG[1:])[:SHOWN_CHARS]]
    assert 0.8 <= near["similarity"] < 1


def test_without_any_record():
    found = shared([], [])
    assert found["exact"] == found["near"] == [[0, 0], [0, 0]]
    assert found["shares"] == [[0.0, 0.0], [0.0, 0.0]]
    assert found["shown"] == []


def grams(text):
    bare = re.sub(r"[\W_]", "", text)
    return {bare[n : n + SETTINGS.gram] for n in range(len(bare) - SETTINGS.gram + 1)}


def alike(one, other):
    """Whether two texts are near duplicates, from the definition alone."""
    if re.sub(r"[\W_]", "", one) == re.sub(r"[\W_]", "", other):
        return True
    a, b = grams(one), grams(other)
    bound = SETTINGS.short_threshold if min(len(a), len(b)) < SETTINGS.short else SETTINGS.threshold
    return len(a & b) / max(len(a | b), 1) >= bound


@pytest.mark.parametrize("seed", range(5))
def test_it_counts_what_comparing_all_pairs_counts(seed):
    lots = random.Random(seed)
    alphabet = [chr(0x4E00 + 97 * n) for n in range(150)]
    stems = ["".join(lots.choices(alphabet, k=lots.choice((7, 30, 90, 200)))) for _ in range(12)]

    def variant():
        text = list(lots.choice(stems))
        for _ in range(lots.choice((0, 0, 0, 1, 2))):
            text[lots.randrange(len(text))] = lots.choice([*alphabet, "，", "。"])
        return "".join(text)

    datasets = [[variant() for _ in range(size)] for size in (25, 40, 3)]
    found = shared(*datasets)
    for a, mine in enumerate(datasets):
        for b, theirs in enumerate(datasets):
            if a != b:
                bare = {re.sub(r"[\W_]", "", text) for text in theirs}
                assert found["exact"][a][b] == sum(re.sub(r"[\W_]", "", text) in bare for text in mine)
                assert found["near"][a][b] == sum(any(alike(text, other) for other in theirs) for text in mine)
