from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from cqia.errors import ModelError, UsageError
from cqia.judge.judges import JudgeSettings, judge_from
from cqia.judge.model import verdict_of
from cqia.judge.rubric import LONGEST
from cqia.judge.verdict import VERDICTS
from cqia.llm.ask import Reply
from cqia.schema import RECORD


def records(*outputs: str) -> pl.DataFrame:
    rows = [{"id": f"r:{n}", "instruction": "问", "input": "", "output": text} for n, text in enumerate(outputs)]
    return pl.DataFrame(rows, schema=RECORD)


def replayed(tmp_path: Path, *lines: dict[str, object]) -> JudgeSettings:
    path = tmp_path / "replies.jsonl"
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return JudgeSettings(model="replay", replay=path)


def test_the_heuristic_is_the_default_and_needs_nothing() -> None:
    judge = judge_from(JudgeSettings())
    assert judge.name == "heuristic"
    assert judge(records("答", "答")).schema == VERDICTS


def test_each_reply_becomes_its_verdict(tmp_path: Path) -> None:
    settings = replayed(
        tmp_path,
        {"id": "r:0", "reply": '{"总分": 8.5, "总评": "好"}', "model": "gpt-x"},
        {"id": "r:1", "reply": '{"总分": null, "总评": "要看图"}', "model": "gpt-x"},
        {"id": "r:2", "reply": "我想想", "model": "gpt-x"},
        {"id": "r:2", "reply": "总分：7", "attempt": 2, "model": "gpt-x"},
        {"id": "r:3", "reply": "我想想"},
        {"id": "r:3", "reply": "总分：7-8", "attempt": 2},
    )
    judge = judge_from(settings)
    verdicts = judge(records("a", "b", "c", "d", "e", "长" * (LONGEST + 1)))
    assert judge.name == "replay:gpt-x"
    assert set(verdicts["by"]) == {"replay:gpt-x"}
    assert verdicts.select("id", "outcome", "score").rows() == [
        ("r:0", "scored", 8.5),
        ("r:1", "abstained", None),
        ("r:2", "scored", 7.0),  # asked once more
        ("r:3", "failed", None),
        ("r:4", "failed", None),  # nothing recorded
        ("r:5", "abstained", None),  # too long to be sent
    ]
    assert verdicts["detail"][0] == "好"


def test_a_reply_that_the_server_cut_off_states_no_score() -> None:
    assert verdict_of(Reply("总分：8", finish="stop")).score == 8
    assert verdict_of(Reply("总分：8", finish="length")).outcome == "failed"  # it may have been on its way to 8.5


def test_no_records_give_no_verdicts(tmp_path: Path) -> None:
    for settings in (JudgeSettings(), replayed(tmp_path)):
        assert judge_from(settings)(records()).schema == VERDICTS


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (JudgeSettings(model="replay"), UsageError),
        (JudgeSettings(model="gpt-x"), UsageError),
        (JudgeSettings(rubric="forums"), UsageError),
        (JudgeSettings(model="replay", replay=Path("/nowhere")), ModelError),
    ],
)
def test_what_is_missing_is_said(settings: JudgeSettings, error: type[Exception]) -> None:
    with pytest.raises(error):
        judge_from(settings)


def test_the_digest_covers_what_shapes_a_verdict_and_nothing_else(tmp_path: Path) -> None:
    served = JudgeSettings(model="m", journal=tmp_path / "j.sqlite")
    shaping = [{"model": "n"}, {"revision": "2"}, {"rubric": "exam"}, {"temperature": 1.0}, {"max_tokens": 5}]
    idle = [
        {"base_url": "http://127.0.0.1/v1"},
        {"in_flight": 1},
        {"retries": 0},
        {"calls": 5},
        {"journal": tmp_path / "k.sqlite"},
    ]
    digests = {judge_from(replace(served, **change)).digest for change in shaping}  # type: ignore[arg-type]
    assert len(digests | {judge_from(served).digest}) == len(shaping) + 1
    assert {judge_from(replace(served, **change)).digest for change in idle} == {judge_from(served).digest}  # type: ignore[arg-type]
    one = judge_from(replayed(tmp_path, {"id": "a", "reply": "8"})).digest
    assert one != judge_from(replayed(tmp_path, {"id": "a", "reply": "9"})).digest
    assert not (tmp_path / "j.sqlite").exists()  # naming a judge asks nothing and writes nothing


def test_a_long_shard_says_now_and_then_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("cqia.judge.model.TELL", 0.0)
    judge = judge_from(replayed(tmp_path, {"id": "r:0", "reply": "总分：8"}))
    with caplog.at_level("INFO", "cqia"):
        judge(records("a", "b"))
    assert "1 of 2 records" in caplog.text
