from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.llm.ask import Ask, Form, Model
from cqia.llm.prices import PICTURE, Price, about, most


def said(text: str) -> list[dict[str, object]]:
    return [{"role": "user", "content": text}]


@given(st.text(max_size=500))
def test_no_tokenizer_makes_more_tokens_than_bytes(text: str) -> None:
    assert most(said(text)) >= len(text.encode("utf-8", "replace"))


@pytest.mark.parametrize(("text", "low", "high"), [("大米" * 500, 600, 1300), ("rice and water " * 100, 250, 700)])
def test_an_estimate_is_near_what_tokenizers_make(text: str, low: int, high: int) -> None:
    assert low <= about(said(text)) <= high
    assert about(said(text)) <= most(said(text))


def test_a_picture_counts_as_much_as_one_may() -> None:
    parts = [{"type": "text", "text": "抄下来"}, {"type": "image_url", "image_url": {"url": "data:…" + "A" * 100_000}}]
    asked = [{"role": "user", "content": parts}]
    assert PICTURE < most(asked) < PICTURE + 500
    assert PICTURE < about(asked) < PICTURE + 500


def test_a_price_is_of_a_million_tokens() -> None:
    model = Model(name="m", max_tokens=1000, price=Price(2.0, 8.0, "CNY"))
    assert model.charge(500_000, 250_000).cost == pytest.approx(3.0)
    plain, formed = Ask("r", "p", said("题")), Ask("r", "p", said("题"), form=Form("f", {"type": "object"}))
    assert plain.most(model).completion_tokens == 1000
    assert formed.most(model).prompt_tokens > plain.most(model).prompt_tokens  # some servers count the schema
