"""How reviewers work: speed, gold, and who clicks without reading."""

import math
import random

import polars as pl
import pytest

from cqia.review.reviewers import GOLD, WORK, manners

NO_GOLD = pl.DataFrame(schema=GOLD)


def work(reviewer, answers, seconds=30.0):
    """Decisions in a row, as a frame."""
    rows = [
        (reviewer, f"n{n}", answer, len(set(answer.split()[1:])) == 1, seconds, f"2026-03-02T{n // 60:02}:{n % 60:02}")
        for n, answer in enumerate(answers)
    ]
    return pl.DataFrame(rows, schema=WORK, orient="row")


def careful(seed, count=200):
    """Answers of somebody who reads: one in five is rejected, marks vary."""
    chance = random.Random(seed)
    return [f"{chance.choices(('accept', 'reject'), (4, 1))[0]} {chance.randint(1, 5)} {chance.randint(1, 5)}"
            for _ in range(count)]  # fmt: skip


def found(*frames):
    return {each.reviewer: each for each in manners(pl.concat(frames), NO_GOLD)}


def test_speed_is_the_median():
    slow = pl.concat([work("甲", ["accept 1 2"] * 3, 60.0), work("甲", ["accept 1 2"] * 1, 9000.0)])
    assert (found(slow)["甲"].seconds, found(slow)["甲"].per_hour) == (60.0, 60.0)


def test_unknown_seconds_are_no_speed():
    told = found(work("甲", ["accept 1 2"], None))["甲"]
    assert math.isnan(told.per_hour)
    assert told.to_dict()["per_hour"] is None


def test_careful_people_are_not_warned_about():
    people = found(*(work(name, careful(seed)) for seed, name in enumerate("甲乙丙丁戊己庚辛")))
    assert [each.warnings for each in people.values()] == [()] * 8


def test_who_always_answers_the_same_is_warned_about():
    people = found(work("甲", careful(1)), work("乙", careful(2)), work("懒", ["accept 5 5"] * 60))
    assert not people["甲"].warnings
    assert len(people["懒"].warnings) == 2
    assert "60 times in a row (accept 5 5)" in people["懒"].warnings[0]
    assert "100%" in people["懒"].warnings[1]


def test_what_everybody_answers_is_no_straight_line():
    """A clean source: 97 of 100 are accepted by all, and nobody marks criteria."""
    chance = random.Random(3)
    answers = [["accept" if chance.random() < 0.97 else "reject" for _ in range(150)] for _ in range(4)]
    assert not any(
        each.warnings for each in found(*(work(n, a) for n, a in zip("甲乙丙丁", answers, strict=True))).values()
    )


@pytest.mark.parametrize("count", [1, 19])
def test_little_work_says_nothing(count):
    assert found(work("甲", careful(1)), work("新", ["accept 3 3"] * count))["新"].warnings == ()


def test_alone_there_is_nobody_to_compare_with():
    assert found(work("甲", ["accept 3 3"] * 100))["甲"].warnings == ()


def test_gold_is_a_share_with_its_interval():
    gold = pl.DataFrame([("甲", f"g{n}", n < 9) for n in range(10)], schema=GOLD, orient="row")
    (told,) = manners(work("甲", ["accept 1 2"]), gold)
    assert (told.gold_of, told.gold.value) == (10, 0.9)
    assert told.gold.low == pytest.approx(0.596, abs=0.001)  # Wilson's, by hand
    assert told.gold.high == pytest.approx(0.982, abs=0.001)
