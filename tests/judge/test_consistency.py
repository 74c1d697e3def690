from __future__ import annotations

import json
import re

import polars as pl
import pytest

from cqia.judge.consistency import consistency, rounds, shuffled
from cqia.judge.rubric import CRITERIA, load
from cqia.judge.verdict import Verdict
from cqia.schema import RECORD
from made_judges import Fixed

RECORDS = pl.DataFrame([{"id": f"a:{n}", "instruction": "问", "output": "答"} for n in range(30)], schema=RECORD)


def scored(*rounds_of: dict[str, float]) -> list[Fixed]:
    return [Fixed({id: Verdict("scored", score, "") for id, score in said.items()}) for said in rounds_of]


def test_a_steady_judge() -> None:
    said = {f"a:{n}": float(n % 5 + 5) for n in range(30)}
    judges = scored(said, said, said)
    found = consistency(rounds(RECORDS, 3, lambda number: judges[number - 1]), 8.0)
    assert (found.records, found.times, found.both, found.unscored) == (30, 3, 30, 0)
    assert (found.alpha.value, found.spread.value, found.decided.value) == (1.0, 0.0, 1.0)
    assert found.unsteady == ()


def test_an_unsteady_judge_and_where() -> None:
    steady = {f"a:{n}": float(n % 5 + 5) for n in range(30)}
    judges = scored(steady, steady | {"a:3": 4.0, "a:0": 6.0})
    found = consistency(rounds(RECORDS, 2, lambda number: judges[number - 1]), 8.0)
    assert found.spread.value == pytest.approx((4.0 + 1.0) / 30)
    assert found.decided.value == pytest.approx(29 / 30)  # a:3 is kept at 8 and dropped at 4
    assert found.unsteady == ({"id": "a:3", "scores": [8.0, 4.0]}, {"id": "a:0", "scores": [5.0, 6.0]})
    json.dumps(found.to_dict(), allow_nan=False)


def test_what_is_no_score_is_counted_and_not_compared() -> None:
    silent = Fixed({}, otherwise=Verdict("abstained", None, ""))
    found = consistency(rounds(RECORDS, 2, lambda number: silent if number == 2 else Fixed({})), 8.0)
    assert (found.both, found.unscored) == (0, 30)
    assert found.to_dict()["alpha"]["value"] is None


@pytest.mark.parametrize("name", ["forum", "exam"])
def test_the_criteria_come_in_another_order_and_nothing_else_changes(name: str) -> None:
    plain = load(name)
    orders = set()
    for seed in range(8):
        text = shuffled(plain, seed).text
        assert sorted(text.splitlines()[:40]) == sorted(plain.text.splitlines()[:40]) or len(text) == len(plain.text)
        listed = tuple(re.findall(rf"^- ({'|'.join(CRITERIA)})：", text, re.MULTILINE))
        form = tuple(re.findall(rf'"({"|".join(CRITERIA)})": "', text))
        assert listed == form
        assert sorted(listed) == sorted(CRITERIA)
        orders.add(listed)
        for criterion in CRITERIA:  # each keeps its own explanation
            line = re.search(rf"^- {criterion}：.*$", plain.text, re.MULTILINE)
            assert line is not None
            assert line[0] in text
    assert len(orders) > 5
