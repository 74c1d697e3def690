from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cqia.errors import ModelError
from cqia.llm.ask import Ask, Reply, Unanswered
from cqia.llm.replay import replay


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "replies.jsonl"
    path.write_text(text, "utf-8")
    return path


def test_replies_by_record_and_attempt(tmp_path: Path) -> None:
    recorded = replay(
        written(
            tmp_path,
            '{"id": "a", "reply": "总分：8", "model": "gpt-x"}\n\n'
            '{"id": "b", "reply": "嗯", "model": "gpt-x"}\n{"id": "b", "reply": "总分：7", "attempt": 2}\n',
        )
    )
    assert recorded.model == "gpt-x"
    assert asyncio.run(recorded(Ask("a", "p", []))) == Reply("总分：8", "gpt-x")
    assert asyncio.run(recorded(Ask("b", "p", [], attempt=2))).text == "总分：7"
    for missing in (Ask("c", "p", []), Ask("a", "p", [], attempt=2)):
        with pytest.raises(Unanswered):
            asyncio.run(recorded(missing))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"id": "a", "reply": "8"}\n{"id": "a", "reply": "9"}', "line 2: a second, other reply"),
        ('{"id": "a"}', "line 1: reply"),
        ('{"id": "a", "reply": "8", "attempt": 0}', "line 1: attempt"),
        ('{"id": "a", "reply": "8", "score": 8}', "line 1: score"),
        ("\nnot json", "line 2"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        replay(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere\.jsonl"):
        replay(tmp_path / "nowhere.jsonl")
