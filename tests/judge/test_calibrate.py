from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cqia.errors import UsageError
from cqia.judge.calibrate import FEWEST, calibrate, check, needed, pair
from cqia.stats.intervals import wilson
from made_labels import judged


def pairs(number: int, seed: int = 0, **columns: object) -> pl.DataFrame:
    """A judge whose score is right as often as it says: of records with score s, a share of s / 10 are good."""
    random = np.random.default_rng(seed)
    scores = random.choice(np.arange(2, 20) / 2, number)
    ids = [f"r:{n}" for n in range(number)]
    good = random.random(number) < scores / 10
    people = judged(ids, [None] * number, label=good, **columns)
    return pair(people, judged(ids, scores.tolist()))


def test_the_threshold_is_the_lowest_score_that_is_certain_to_reach_the_precision() -> None:
    found = calibrate(pairs(4000), 0.8)
    assert found.threshold is not None
    assert found.threshold.precision.low >= 0.8
    below = [point for point in found.curve if point.score < found.threshold.score]
    assert all(point.precision.low < 0.8 for point in below)
    assert found.refused == ""


def test_the_claim_holds_on_other_labels() -> None:
    held = 0
    for seed in range(10):
        found = calibrate(pairs(700, seed), 0.7, seed)
        held += check(pairs(40_000, 1000 + seed), found).claimed
    assert held >= 8  # of 10 intervals of 95 %; fewer come by chance once in 90


def test_the_curve_is_that_of_the_judge() -> None:
    for point in calibrate(pairs(20_000), 0.8).curve:
        assert point.good.low - 0.02 <= point.score / 10 <= point.good.high + 0.02


def test_with_too_few_labels_no_threshold_is_named_and_it_is_said_how_many_are_needed() -> None:
    found = calibrate(pairs(120), 0.9)
    assert found.threshold is None
    assert "120 labels are too few" in found.refused
    number = int(found.refused.split("about ")[1].split(" are needed")[0])
    assert number > 120
    with pytest.raises(UsageError, match="no threshold"):
        check(pairs(50), found)


def test_a_precision_out_of_reach_is_no_matter_of_labels() -> None:
    random = np.random.default_rng(0)
    ids = [str(n) for n in range(500)]
    people = judged(ids, [None] * 500, label=random.random(500) < 0.5)
    found = calibrate(pair(people, judged(ids, random.choice([3.0, 9.0], 500).tolist())), 0.9)
    assert found.threshold is None
    assert "More labels will not mend that" in found.refused


@pytest.mark.parametrize("number", [1, FEWEST - 1])
def test_below_a_minimum_nothing_is_said(number: int) -> None:
    with pytest.raises(UsageError, match=f"at least {FEWEST}"):
        calibrate(pairs(number))


@pytest.mark.parametrize(("precision", "share", "above"), [(0.9, 0.95, 0.3), (0.5, 0.9, 1.0), (0.99, 0.999, 0.05)])
def test_the_number_needed_is_the_least_that_is_enough(precision: float, share: float, above: float) -> None:
    number = needed(precision, share, above)
    assert number is not None
    kept = number * above
    assert wilson(share * kept, kept).low >= precision - 1e-9
    assert number == FEWEST or wilson(share * (kept - 2), kept - 2).low < precision
    assert needed(0.9, 0.9, 0.5) is None


def test_answers_to_one_question_widen_the_interval() -> None:
    random = np.random.default_rng(0)
    luck = random.random(60)  # of a question: its ten answers share it
    good = np.repeat(luck, 10) > 0.4
    ids = [str(n) for n in range(600)]
    scores = judged(ids, [9.0] * 600)
    alone = calibrate(pair(judged(ids, [None] * 600, label=good), scores), 0.5)
    groups = [f"q{n // 10}" for n in range(600)]
    together = calibrate(pair(judged(ids, [None] * 600, label=good, group=groups), scores), 0.5)
    width = [point.precision.high - point.precision.low for point in (alone.curve[0], together.curve[0])]
    assert width[1] > 2 * width[0]


def test_bias_is_found_where_it_is_and_nowhere_else() -> None:
    random = np.random.default_rng(0)
    number = 4000
    lengths, places = random.integers(10, 1000, number), random.integers(1, 100, number)
    sources = random.choice(["zhihu", "douban"], number)
    scores = random.choice([5.0, 8.0], number)
    good = random.random(number) < np.where(scores == 8.0, 0.8, 0.4) - 0.3 * (lengths > 755)
    ids = [str(n) for n in range(number)]
    people = judged(ids, [None] * number, label=good, length=lengths, position=places.astype(float), source=sources)
    bias = {(each.by, each.part): each.overrates for each in calibrate(pair(people, judged(ids, scores.tolist()))).bias}
    assert {by for by, _ in bias} == {"length", "position", "source"}
    long = next(found for (by, part), found in bias.items() if by == "length" and part.endswith("999"))
    assert long.low > 0.1  # the judge rates long answers as if they were as good
    assert all(found.low <= 0.02 and found.high >= -0.02 for (by, _), found in bias.items() if by != "length")


def test_scores_of_people_give_agreement_and_need_a_bound() -> None:
    ids = [str(n) for n in range(200)]
    scores = [float(n % 9 + 1) for n in range(200)]
    people = judged(ids, scores)
    found = calibrate(pair(people, judged(ids, scores), good_at=8.0), 0.5)
    assert (found.rank.value, found.agreement and found.agreement.value) == (pytest.approx(1), pytest.approx(1))
    assert found.threshold is not None
    assert found.threshold.score == 8.0 or found.threshold.precision.low >= 0.5
    with pytest.raises(UsageError, match="--good-at"):
        pair(people, judged(ids, scores))


def test_what_the_judge_did_not_score_is_counted_and_not_taken_for_low() -> None:
    ids = [str(n) for n in range(100)]
    people = judged([*ids, "x"], [None] * 101, label=[True] * 101)
    found = calibrate(pair(people, judged(ids, [9.0] * 90 + [None] * 10)), 0.5)
    assert (found.labels, found.unscored) == (90, {"failed": 10, "missing": 1})


def test_labels_of_other_records_are_refused() -> None:
    with pytest.raises(UsageError, match="no id in common"):
        pair(judged(["a"], [None], label=[True]), judged(["b"], [8.0]))


def test_everything_found_is_json() -> None:
    found = calibrate(pairs(300, source=["a", "b", "c"] * 100), 0.6)
    assert json.loads(json.dumps(found.to_dict()))["labels"] == 300


def unlike(shares: dict[str, float], number: int = 400) -> pl.DataFrame:
    """Sources in which other shares of what the judge scores 9 are good; what it scores 3 is not."""
    names = [name for name in shares for _ in range(number)]
    good = [n % 2 == 0 and n / number < shares[name] for name in shares for n in range(number)]
    scores = [9.0 if n % 2 == 0 else 3.0 for _ in shares for n in range(number)]
    ids = [f"{name}:{n}" for n, name in enumerate(names)]
    return pair(judged(ids, [None] * len(ids), label=good, source=names), judged(ids, scores))


def test_of_another_source_no_more_is_claimed_than_the_sources_tell() -> None:
    found = calibrate(unlike({"甲": 0.95, "乙": 0.8, "丙": 0.9}), 0.8)
    assert found.threshold is not None
    assert found.elsewhere is not None
    precision = found.threshold.precision
    assert found.elsewhere.low < precision.low < precision.high < found.elsewhere.high
    assert calibrate(unlike({"甲": 0.95, "乙": 0.8}), 0.8).elsewhere is None  # two tell too little
    other = check(unlike({"丁": 0.75}), found)
    assert (other.claim, other.claimed) == (found.elsewhere, True)
    known = check(unlike({"乙": 0.75}), found)
    assert (known.claim, known.claimed) == (precision, False)
    alike = calibrate(unlike({"甲": 0.91, "乙": 0.9, "丙": 0.89, "戊": 0.9}), 0.8)
    assert not check(unlike({"丁": 0.75}), alike).claimed


def llmeval(folder: Path, who: str) -> pl.DataFrame:
    """Stars of one kind of rater as scores from 1 to 10: the share of the stars that could be had."""
    least, most = {"A": 2, "B": 4}, {"A": 5, "B": 14}
    rows = []
    for file in sorted((folder / "labels/judge_llmeval2" / who).glob("*.json")):
        for row in json.loads(file.read_text("utf-8")):
            stars, kind = sum(row["stars"].values()), row["type"]
            if stars >= least[kind]:  # eleven answers have no stars at all
                share = (stars - least[kind]) / (most[kind] - least[kind])
                rows.append((row["dialog_uuid"], round((1 + 9 * share) * 2) / 2, row["question_uuid"], file.stem))
    ids, scores, questions, subjects = zip(*rows, strict=True)
    return judged(list(ids), list(scores), group=list(questions), source=list(subjects))


def test_a_recorded_judge_against_people(real_data: Path) -> None:
    """GPT-4's stars: the threshold of three subjects is tried on the other three, for all twenty ways to choose."""
    both = pair(llmeval(real_data, "human-score"), llmeval(real_data, "gpt-score"), good_at=7.0)
    subjects = sorted(both["source"].unique())
    named = held = 0
    for chosen in itertools.combinations(subjects, 3):
        found = calibrate(both.filter(pl.col("source").is_in(chosen)), 0.75)
        if found.threshold is None:
            assert found.refused
            continue
        tried = check(both.filter(~pl.col("source").is_in(chosen)), found)
        named, held = named + 1, held + tried.claimed
        # What is claimed of these subjects alone does not hold for others, and is not claimed of them.
        assert found.elsewhere is not None
        assert (
            found.elsewhere.high - found.elsewhere.low > found.threshold.precision.high - found.threshold.precision.low
        )
    assert named >= 5
    assert held >= 0.9 * named
