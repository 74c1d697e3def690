"""What votes come to: majorities, intervals, strengths, and saying plainly where there are none."""

import itertools
import math
import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cqia.review.standings import VOTES, Pair, standings


def votes(rows):
    """(prompt, first, second, winner, judge) as a frame."""
    return pl.DataFrame([(f"{p} {min(a, b)} {max(a, b)}", p, a, b, w, j) for p, a, b, w, j in rows],
                        schema=VOTES, orient="row")  # fmt: skip


def simulated(strengths, prompts, seed=0, ties=0.2):
    """Votes as Bradley and Terry's model gives them, a share of ties among them."""
    chance = random.Random(seed)
    rows = []
    for n, (a, b) in itertools.product(range(prompts), itertools.combinations(strengths, 2)):
        wins = chance.random() < 1 / (1 + math.exp(strengths[b] - strengths[a]))
        winner = "tie" if chance.random() < ties else "first" if wins else "second"
        if chance.random() < 0.5:
            a, b, winner = b, a, {"first": "second", "second": "first", "tie": "tie"}[winner]
        rows.append((f"p{n}", a, b, winner, "丙"))
    return votes(rows)


def test_the_papers_figure_2_from_counts():
    """200 prompts against one other: 52.5 % won, 34.5 % tied, 13 % lost."""
    kinds = ["first"] * 105 + ["tie"] * 69 + ["second"] * 26
    rows = [(f"p{n}", "cqia", "other", kind, "丙") for n, kind in enumerate(kinds)]
    (pair,) = standings(votes(rows)).of("cqia")
    assert [f"{share.value:.1%}" for share in pair.shares] == ["52.5%", "34.5%", "13.0%"]
    assert pair.shares[0].low == pytest.approx(0.456, abs=0.001)  # Wilson's, by hand
    assert pair.shares[0].high == pytest.approx(0.593, abs=0.001)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (["first"], (1, 0, 0)),
        (["first", "first", "second"], (1, 0, 0)),
        (["first", "second"], (0, 1, 0)),
        (["first", "first", "tie", "tie"], (0, 1, 0)),
        (["first", "tie", "tie"], (0, 1, 0)),
        (["second", "second", "first", "tie"], (0, 0, 1)),
    ],
)
def test_a_battle_goes_to_what_most_judges_say(said, outcome):
    (pair,) = standings(votes([("p", "甲", "乙", w, f"人{n}") for n, w in enumerate(said)]), draws=20).of("甲")
    assert (pair.won, pair.tied, pair.lost) == outcome
    assert pair.turned() == Pair("乙", "甲", outcome[2], outcome[1], outcome[0])


@pytest.mark.parametrize(
    ("one_way", "other_way", "outcome"),
    [("first", "second", (1, 0, 0)), ("first", "first", (0, 1, 0)), ("first", "tie", (1, 0, 0)),
     ("tie", "first", (0, 0, 1)), ("tie", "tie", (0, 1, 0)), ("second", "first", (0, 0, 1))],
)  # fmt: skip
def test_a_judge_that_saw_both_orders_has_one_say(one_way, other_way, outcome):
    """It has won who was preferred once and never refused; preferring a side is a tie."""
    rows = [("p", "甲", "乙", one_way, "模型"), ("p", "乙", "甲", other_way, "模型")]
    (pair,) = standings(votes(rows), draws=20).of("甲")
    assert (pair.won, pair.tied, pair.lost) == outcome


def test_the_later_vote_of_a_judge_counts():
    (pair,) = standings(votes([("p", "甲", "乙", "first", "丙"), ("p", "甲", "乙", "second", "丙")]), draws=20).of("甲")
    assert (pair.won, pair.lost) == (0, 1)


def test_strengths_are_found_again():
    true = {"强": 1.0, "中": 0.0, "弱": -1.0}
    found = dict(standings(simulated(true, 400, ties=0.0)).strengths)
    for name, value in true.items():
        assert found[name].low < value < found[name].high
        assert found[name].value == pytest.approx(value, abs=0.25)
    assert list(found) == ["强", "中", "弱"]


def test_intervals_hold_what_they_promise():
    """Of 40 worlds with the same true strengths, about 38 intervals hold the true difference."""
    held = 0
    for seed in range(40):
        found = dict(standings(simulated({"强": 0.5, "弱": -0.5}, 60, seed, ties=0.0), draws=300, seed=seed).strengths)
        held += found["强"].low <= 0.5 <= found["强"].high
    assert held >= 34  # 38 expected; fewer than 34 comes once in fifty times and would be a bug


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "Nothing has been judged yet"),
        ([("p", "甲", "乙", "first", "人")], "no battle was lost or tied against the rest by: 甲"),
        ([("p", "甲", "乙", "tie", "人"), ("p", "丙", "丁", "tie", "人")], "丁, 丙 | 乙, 甲"),
        (
            [("p", "甲", "乙", "tie", "人"), ("p", "甲", "丙", "first", "人")],
            "lost or tied against the rest by: 乙, 甲",
        ),
        ([("p", "甲", "乙", "first", "人"), ("p", "乙", "丙", "first", "人")], "against the rest by: 甲"),
    ],
)
def test_where_there_are_no_strengths_it_is_said_why(rows, why):
    found = standings(votes(rows), draws=20)
    assert found.strengths == ()
    assert why in found.why_none


def test_a_strength_that_hangs_on_few_votes_has_no_interval():
    """One loss in thirty: in a third of the draws there is none, and the strength would be infinite."""
    rows = [(f"p{n}", "甲", "乙", "second" if n == 0 else "first", "人") for n in range(30)]
    found = standings(votes(rows))
    assert not found.why_none
    assert math.isfinite(found.strengths[0][1].value)
    assert math.isnan(found.strengths[0][1].low)


@settings(max_examples=25)
@given(st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["甲乙", "乙丙", "丙甲"]), st.sampled_from(["first", "second", "tie"]),
              st.sampled_from("子丑")),
    min_size=1, max_size=30,
))  # fmt: skip
def test_which_side_an_answer_stood_on_changes_nothing(rows):
    def told(turned):
        given = []
        for n, (prompt, pair, winner, judge) in enumerate(rows):
            a, b = pair
            if turned and n % 2:
                a, b, winner = b, a, {"first": "second", "second": "first", "tie": "tie"}[winner]
            given.append((f"p{prompt}{n}", a, b, winner, judge))
        return standings(votes(given), draws=20)

    assert told(False).pairs == told(True).pairs
    assert str(told(False).strengths) == str(told(True).strengths)  # as text: NaN is not NaN
    assert told(False).why_none == told(True).why_none


def test_judges_are_told_apart():
    """丑 agrees with 子 in seven battles of ten, and always takes the first side."""
    rows = [(f"p{n}", "甲", "乙", "first" if n < 7 else "second", "子") for n in range(10)]
    rows += [(f"p{n}", "甲", "乙", "first", "丑") for n in range(10)]
    found = {each.name: each for each in standings(votes(rows), draws=20).judges}
    assert found["丑"].agreed.value == 0.7
    assert found["丑"].first.value == 1.0
    assert found["丑"].first.low > 0.5  # which is how a liking for a side shows
    assert found["子"].first.value == 0.7
    assert math.isnan(standings(votes(rows[:10]), draws=20).alpha.value)  # one judge alone


def test_people_and_gpt4_on_real_answers(real_data):
    """Stars of LLMEval-2, people's and GPT-4's, as votes: the better answer wins, equal stars are a tie."""
    import json

    rows = []
    for judge, folder in (("people", "human-score"), ("gpt-4", "gpt-score")):
        stars = {}
        for row in json.loads((real_data / f"labels/judge_llmeval2/{folder}/Law_data.json").read_text("utf-8")):
            total = sum(value for value in row["stars"].values() if value is not None)
            stars.setdefault(row["question_uuid"], {})[row["llm_name"]] = total
        for question, of in stars.items():
            for a, b in itertools.combinations(sorted(of), 2):
                winner = "tie" if of[a] == of[b] else "first" if of[a] > of[b] else "second"
                rows.append((question, a, b, winner, judge))
    found = standings(votes(rows), draws=40)
    assert len(found.strengths) == 20
    assert len(found.pairs) == 190
    assert 0.1 < found.alpha.value < 0.6
    assert [each.name for each in found.judges] == ["gpt-4", "people"]
