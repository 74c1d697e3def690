from __future__ import annotations

import json

import numpy as np
import pytest

from cqia.errors import UsageError
from cqia.judge.compare import SHOWN, compare
from made_labels import judged

IDS = [str(n) for n in range(100)]


def test_a_judge_agrees_with_itself() -> None:
    scores = [float(n % 9 + 1) for n in range(100)]
    found = compare(judged(IDS, scores), judged(IDS, scores), at_least=8.0)
    values = [found.rank, found.agreement, found.same, found.near, found.decisions]
    assert [each.value for each in values if each] == pytest.approx([1.0] * 5)
    assert found.difference.to_dict() == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert found.apart == ()


def test_a_stricter_judge_orders_alike_and_scores_lower() -> None:
    scores = np.random.default_rng(0).choice([6.0, 7.0, 8.0, 9.0], 100)
    found = compare(judged(IDS, scores.tolist()), judged(IDS, (scores - 1.5).tolist()))
    assert found.rank.value == pytest.approx(1)
    assert found.agreement.value < 0.6
    assert found.difference.value == -1.5
    assert (found.same.value, found.near.value) == (0, 0)
    assert len(found.apart) == SHOWN
    assert found.decisions is None


def test_where_whole_groups_agree_or_not_less_is_certain() -> None:
    scores = [8.0] * 100
    other = [8.0 if n // 10 % 2 else 5.0 for n in range(100)]  # ten questions, each answered alike by all
    alone, grouped = (compare(judged(IDS, scores), judged(IDS, other, **more)) for more in
                      ({}, {"group": [str(n // 10) for n in range(100)]}))  # fmt: skip
    for one, many in ((grouped.same, alone.same), (grouped.near, alone.near)):
        assert one.value == many.value == 0.5
        assert one.high - one.low > 2 * (many.high - many.low)


def test_only_what_both_scored_is_compared_and_the_rest_is_counted() -> None:
    first = judged(["a", "b", "c", "d"], [8.0, None, 7.0, 1.0], detail=["好", None, "中", "差"])
    second = judged(["a", "b", "c", "e"], [8.0, 7.0, None, 1.0], detail=["优", None, None, "差"])
    found = compare(first, second)
    assert (found.records, found.only_first, found.only_second, found.both) == (3, 1, 1, 1)
    assert found.outcomes == {"failed/scored": 1, "scored/failed": 1, "scored/scored": 1}
    assert found.to_dict()["rank"] == {"value": None, "low": None, "high": None}
    json.dumps(found.to_dict(), allow_nan=False)


def test_the_furthest_apart_come_first_with_both_reasons() -> None:
    first = judged(["a", "b", "c"], [8.0, 2.0, 5.0], detail=["好", "差", "中"])
    second = judged(["c", "b", "a"], [5.0, 9.0, 7.0], detail=["中", "妙", "可"])
    assert compare(first, second).apart == (
        {"id": "b", "first": 2.0, "second": 9.0, "first_detail": "差", "second_detail": "妙"},
        {"id": "a", "first": 8.0, "second": 7.0, "first_detail": "好", "second_detail": "可"},
    )


def test_judges_of_other_records_are_refused() -> None:
    with pytest.raises(UsageError, match="no id in common"):
        compare(judged(["a"], [1.0]), judged(["b"], [1.0]))
    with pytest.raises(UsageError, match="it has none"):
        compare(judged([], []), judged(["b"], [1.0]))
