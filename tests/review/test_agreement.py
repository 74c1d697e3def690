"""Agreement of reviewers: against numbers worked out elsewhere, and what counts as the same text."""

import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cqia.review.agreement import ACTION, RATINGS, by_criterion, by_pair, by_week
from desk_people import next_for, say

#: Krippendorff's own example (2011, section C): four observers, twelve units, codes 1 to 5, missing left out.
KRIPPENDORFF = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)


def rated(rows):
    """(unit, reviewer, criterion, value, at) as a frame."""
    return pl.DataFrame(rows, schema=RATINGS, orient="row")


def table(rows, criterion="useful", at="2026-03-02T08:00:00+00:00"):
    """A table of reviewers by units, None for nothing said."""
    said = [(f"u{unit}", f"甲{reviewer}", criterion, float(value), at)
            for reviewer, values in enumerate(rows)
            for unit, value in enumerate(values) if value is not None]  # fmt: skip
    return rated(said)


@pytest.mark.parametrize(("criterion", "alpha"), [(ACTION, 0.743), ("useful", 0.815)])
def test_krippendorffs_own_example(criterion, alpha):
    """Nominal 0.743 and ordinal 0.815, as he gives them."""
    (found,) = by_criterion(table(KRIPPENDORFF, criterion))
    assert found.alpha.value == pytest.approx(alpha, abs=0.0006)
    assert found.alpha.low < found.alpha.value < found.alpha.high
    assert (found.units, found.ratings) == (11, 40)


def test_kappa_of_a_pair_is_cohens():
    """Of 50 applications two readers accept 20 both, refuse 15 both, and differ on 15: kappa is 0.4."""
    said = [(0, 0)] * 20 + [(0, 2)] * 5 + [(2, 0)] * 10 + [(2, 2)] * 15
    (found,) = by_pair(table(list(zip(*said, strict=True)), ACTION))
    assert found.kappa.value == pytest.approx(0.4)
    assert (found.first, found.second, found.units) == ("甲0", "甲1", 50)
    assert found.equal.value == pytest.approx(0.7)


def test_near_misses_count_less_on_a_scale_than_as_names():
    rows = [(1, 2, 3, 4, 5, 1, 2, 3, 4, 5), (2, 3, 4, 5, 4, 1, 2, 3, 4, 5)]
    (scale,), (names,) = by_pair(table(rows)), by_pair(table(rows, ACTION))
    assert scale.kappa.value > names.kappa.value + 0.2


def test_what_one_person_rated_alone_is_no_agreement():
    (found,) = by_criterion(table([(1, 2, 3)]))
    assert (found.units, math.isnan(found.alpha.value)) == (0, True)
    assert found.to_dict()["alpha"] == {"value": None, "low": None, "high": None}
    assert by_pair(table([(1, 2, 3)])) == []


def test_of_two_ratings_of_one_person_the_later_counts():
    early, late = "2026-03-02T08:00:00+00:00", "2026-03-02T09:00:00+00:00"
    said = [("u1", "甲", 1, early), ("u1", "乙", 5, early), ("u1", "甲", 5, late), ("u2", "甲", 1, early),
            ("u2", "乙", 1, early)]  # fmt: skip
    rows = [(unit, reviewer, "useful", float(value), at) for unit, reviewer, value, at in said]
    (found,) = by_criterion(rated(rows))
    assert found.alpha.value == pytest.approx(1.0)
    assert found.equal == 1.0


def test_over_time_a_week_begins_on_monday():
    early = table([(1, 2, 3, 4), (1, 2, 3, 4)], at="2026-03-08T23:59:59+00:00")  # a Sunday
    late = table([(1, 2, 3, 4), (4, 3, 2, 1)], at="2026-03-09T00:00:00+00:00").with_columns(unit=pl.col("unit") + "b")
    first, second = by_week(pl.concat([early, late]))
    assert (first.period, second.period) == ("2026-03-02", "2026-03-09")
    assert first.alpha.value == pytest.approx(1.0)
    assert second.alpha.value < 0


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5)), min_size=3, max_size=20))
def test_agreement_does_not_depend_on_names_or_order(rows):
    frame = table(list(zip(*rows, strict=True)))
    renamed = frame.with_columns(reviewer=pl.col("reviewer").replace({"甲0": "乙9", "甲2": "甲0"})).reverse()
    (one,), (other,) = by_criterion(frame), by_criterion(renamed)
    assert one.alpha.value == pytest.approx(other.alpha.value, nan_ok=True)
    assert (one.units, one.equal) == (other.units, other.equal)
    assert 0 <= one.equal <= 1


def test_two_people_at_the_desk(desk, cqia):
    from cqia.review import frames

    database = desk(6, double=1.0)
    for person, marks in (("甲", (5, 4, 3, 5, 2, 1)), ("乙", (5, 4, 3, 5, 2, 2))):
        seen = {}
        while (turn := next_for(database, person)) is not None:
            mark = marks[int(turn.item.id.split(":n")[1].split("/")[0])]
            say(database, turn, person, "accept" if mark > 2 else "reject", ratings={"useful": mark, "logical": 5})
            seen[turn.item.id] = mark
        assert len(seen) == 6
    with database.reading() as db:
        ratings = frames.rated(db)
    found = {each.criterion: each for each in by_criterion(ratings)}
    assert found[ACTION].alpha.value == pytest.approx(1.0)
    assert 0.9 < found["useful"].alpha.value < 1.0
    assert math.isnan(found["logical"].alpha.value)  # everybody gave everything the same: chance would do it too
    (pair,) = by_pair(ratings.filter(pl.col("criterion") == "useful"))
    assert (pair.first, pair.second, pair.units) == ("乙", "甲", 6)
