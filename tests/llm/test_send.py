from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.llm.ask import Reply
from cqia.llm.send import Trouble, pause_of, read

NOW = 1_780_000_000.0  # Thu, 28 May 2026 20:26:40 GMT


@pytest.mark.parametrize(
    ("said", "pause"),
    [
        (None, None),
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Thu, 28 May 2026 20:27:10 GMT", 30.0),
        ("Thu, 28 May 2026 20:26:00 GMT", 0.0),  # over already
        ("Thu, 28 May 2026 22:26:50 +0200", 10.0),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", float("inf")),  # longer than anyone waits: the run stops
        ("99999999999999999999", 1e20),
        ("Thu, 99 May 2026 20:27:10 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(said: str | None, pause: float | None) -> None:
    assert pause_of(said, NOW) == pause


@given(st.text())
def test_no_retry_after_is_too_strange(said: str) -> None:
    pause = pause_of(said, NOW)
    assert pause is None or pause >= 0


@given(st.binary() | st.text().map(str.encode))
def test_what_is_no_completion_is_trouble_and_nothing_else(body: bytes) -> None:
    with pytest.raises(Trouble) as raised:
        read(body)
    assert raised.value.kind == "failed"


def test_a_completion_is_read() -> None:
    body = '{"choices": [{"message": {"content": "好"}, "finish_reason": "length"}], "model": "m", "extra": 1}'
    assert read(body) == Reply("好", "m", "length", None, None)


@pytest.mark.parametrize("count", [-1, 10**30, 1.5, "many", True, None, [], {}])
def test_a_count_that_cannot_be_is_none(count: object) -> None:
    body = {"choices": [{"message": {"content": "好"}}], "usage": {"prompt_tokens": count, "completion_tokens": 3}}
    assert read(json.dumps(body)) == Reply("好", None, None, None, 3)
    assert read(json.dumps(body | {"usage": count})) == Reply("好")
