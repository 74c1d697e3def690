"""The difference of two texts: exact, and quick for long ones."""

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cqia.desk.diff import difference

SENTENCES = st.lists(
    st.sampled_from(["今天下雨。", "明天也下雨。", "带伞！", "不带\n", "好", "的；", "，"]), max_size=60
).map("".join)


def holds(before: str, after: str) -> None:
    pieces = difference(before, after)
    assert "".join(text for kind, text in pieces if kind != "added") == before
    assert "".join(text for kind, text in pieces if kind != "removed") == after
    assert all(text for _, text in pieces)
    assert all(one.kind != other.kind for one, other in pairwise(pieces))


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_pieces_make_both_texts(before: str, after: str) -> None:
    holds(before, after)


@settings(max_examples=30)
@given(SENTENCES, SENTENCES, st.integers(1, 40))
def test_the_pieces_of_long_texts_make_both(before: str, after: str, times: int) -> None:
    holds(before * times, after * times)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("砂锅要先煮。", "砂锅要先煮。", [("same", "砂锅要先煮。")]),
        ("砂锅要先煮。", "砂锅要先泡。", [("same", "砂锅要先"), ("removed", "煮"), ("added", "泡"), ("same", "。")]),
        ("甲", "", [("removed", "甲")]),
        ("", "", []),
    ],
)
def test_characters_that_changed(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert [tuple(piece) for piece in difference(before, after)] == expected


def test_one_character_in_a_megabyte_is_found_at_once() -> None:
    text = "一二三四五六七八九十。" * 100_000
    at = 500_000
    begun = time.process_time()
    pieces = difference(text, text[:at] + "改" + text[at + 1 :])
    assert [kind for kind, _ in pieces] == ["same", "removed", "added", "same"]
    assert time.process_time() - begun < 5


def test_two_long_texts_without_anything_in_common_end_in_time() -> None:
    draw = random.Random(1)
    one, other = ("".join(draw.choice("的一是了我不人在他有这个上们。") for _ in range(60_000)) for _ in range(2))
    begun = time.process_time()
    holds(one, other)
    assert time.process_time() - begun < 20
