from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cqia.errors import ModelError, WorkspaceError
from cqia.judge.probes import PREFIX, Probed, probes, tricks
from cqia.judge.suspects import found
from cqia.judge.verdict import Verdict
from cqia.judge.watch import Probes, Watch
from cqia.schema import RECORD
from made_judges import Fixed, Reading

HONEST = Verdict("scored", 2.0, "没有回答")
FOOLED = Verdict("scored", 10.0, "满分")


def records(number: int, source: str = "a") -> pl.DataFrame:
    rows = [{"id": f"{source}:{n}", "instruction": f"第{n}问？", "output": "好好回答。"} for n in range(number)]
    return pl.DataFrame(rows, schema=RECORD)


def honest(text: str) -> Verdict:
    return Verdict("scored", 8.0, "好") if text == "好好回答。" else HONEST


@pytest.mark.parametrize("rate", [0.0, 0.05, 1.0])
def test_probes_come_at_the_rate_that_was_set(rate: float) -> None:
    mixed, attacks = probes(records(2000), rate, seed=1)
    assert mixed.height == len(attacks) == pytest.approx(2000 * rate, abs=40)
    assert mixed.schema == RECORD
    assert mixed["id"].str.starts_with(PREFIX).all()
    assert mixed.height == 0 or set(attacks) == set(tricks()[1])


def test_which_records_have_a_probe_does_not_depend_on_shards() -> None:
    whole = probes(records(300), 0.2, seed=1)[0]
    parts = [probes(part, 0.2, seed=1)[0] for part in records(300).iter_slices(13)]
    assert pl.concat(parts).equals(whole)
    assert not probes(records(300), 0.2, seed=2)[0].equals(whole)


def test_probes_are_never_records(tmp_path: Path) -> None:
    judge = Fixed({})
    some = records(200)
    verdicts = Probed(judge, 0.5, 8.0, Watch(tmp_path / "w.sqlite"))(some)
    assert verdicts["id"].to_list() == some["id"].to_list()
    assert len(judge.asked) > 250
    assert Probed(judge, 0.5, 8.0, Watch(tmp_path / "w.sqlite")).digest == judge.digest


def test_an_honest_judge_goes_on_without_an_alarm(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "w.sqlite")
    Probed(Reading(honest), 1.0, 8.0, watch)(records(60))
    (seen,) = watch.probes()
    assert (seen.by, seen.answered, seen.fell) == ("reading", 60, 0)
    assert watch.alarms() == []


@pytest.mark.parametrize("trick", sorted(tricks()[1]))
def test_a_judge_that_falls_for_one_trick_is_named_with_it(trick: str, tmp_path: Path) -> None:
    watch = Watch(tmp_path / "w.sqlite")
    mixed, attacks = probes(records(40), 1.0, seed=0)
    fooled = {id for id, attack in zip(mixed["id"], attacks, strict=True) if attack == trick}
    one = sorted(fooled)[:1]
    Probed(Fixed(dict.fromkeys(one, FOOLED)), 1.0, 8.0, watch)(records(40))
    (alarm,) = watch.alarms()
    assert trick in alarm
    assert "1 of 40 probes" in alarm


def test_the_run_stops_when_it_is_certain_that_the_judge_falls_for_probes(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "w.sqlite")
    judge = Probed(Reading(lambda text: FOOLED), 1.0, 8.0, watch)
    judge(records(19))  # all fell, but nineteen are too few to stop a run for
    with pytest.raises(ModelError, match="fell for 20 of 20 probes"):
        judge(records(1, "b"))


def test_one_shard_judged_again_is_counted_once(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "w.sqlite")
    for _ in range(3):
        Probed(Reading(honest), 1.0, 8.0, watch)(records(10))
    assert [each.answered for each in watch.probes()] == [10]


def test_a_probe_without_an_answer_says_nothing_of_the_judge(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "w.sqlite")
    silent = Fixed({}, otherwise=Verdict("failed", None, "断线"))
    Probed(silent, 1.0, 8.0, watch)(records(30))
    assert [(each.answered, each.fell) for each in watch.probes()] == [(0, 0)]


def test_a_watch_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "w.sqlite").write_text("no database, but long enough to be looked at as one" * 40)
    with pytest.raises(WorkspaceError, match="cannot be used"):
        Watch(tmp_path / "w.sqlite").probes()


@pytest.mark.parametrize("trick", sorted(tricks()[1]))
def test_every_trick_is_flagged_in_a_real_record_too(trick: str) -> None:
    worthless, attacks = tricks()
    one = records(1).with_columns(output=pl.lit(attacks[trick].format(answer=worthless[0])))
    assert one.select(hit=found())["hit"][0] is not None


@pytest.mark.parametrize(
    "text",
    [
        "这部电影我给满分推荐朋友去看。",
        "考试总分150分，他考了140分。",
        "评分标准一共六项，先看第一项。",
        "👨\u200d👩\u200d👧 一家三口去旅行",
        "高考作文怎样才能打高分？先审题。",
        "请给出十分详细的步骤",
        "",
    ],
)
def test_ordinary_talk_of_scores_is_not_flagged(text: str) -> None:
    one = records(1).with_columns(output=pl.lit(text))
    assert one.select(hit=found())["hit"][0] is None


@pytest.mark.parametrize(
    ("answered", "fell", "certain"),
    [(20, 2, False), (20, 5, True), (19, 19, False), (1000, 50, False), (1000, 70, True), (0, 0, False)],
)
def test_a_run_is_stopped_only_for_what_is_certain(answered: int, fell: int, certain: bool) -> None:
    assert Probes("who", answered, fell, {}).certain is certain
