"""Dialogues in the shapes of datasets become turns; one in which nobody answers is none."""

import json

import pytest

from cqia.errors import NotADocument, Unreadable
from cqia.readers.dialogues import marked, turns


def message(role, content, **more):
    return {"role": role, "content": content} | more


TWO = [{"instruction": "蚂蚁会睡觉吗？", "output": "会。"}, {"instruction": "睡多久？", "output": "一分钟。"}]


@pytest.mark.parametrize(
    "value",
    [
        [{"from": "human", "value": "蚂蚁会睡觉吗？"}, {"from": "gpt", "value": "会。"},
         {"from": "human", "value": "睡多久？"}, {"from": "gpt", "value": "一分钟。"}],
        [message("user", "蚂蚁会睡觉吗？"), message("assistant", "会。"), message("User", " 睡多久？"),
         message("assistant", [{"type": "text", "text": "一分钟。"}])],
        [{"human": "蚂蚁会睡觉吗？", "assistant": "会。"}, {"human": "睡多久？", "assistant": "一分钟。"}],
        [["蚂蚁会睡觉吗？", "会。"], ["睡多久？", "一分钟。"]],
    ],
    ids=["sharegpt", "messages", "firefly", "pairs"],
)  # fmt: skip
def test_every_shape_says_the_same(value):
    assert turns(value) == TWO
    assert turns(json.dumps(value, ensure_ascii=False)) == TWO, "a cell of a table holds it as text"


def test_what_stands_around_the_turns():
    said = [message("system", "你是昆虫学家。"), message("assistant", "你好！"), message("user", "蚂蚁"),
            message("user", "会睡觉吗？"), message("assistant", "会，"), message("assistant", "很短。"),
            message("user", "没有人回答这一句")]  # fmt: skip
    assert turns(said) == [{"instruction": "你是昆虫学家。\n\n蚂蚁\n会睡觉吗？", "output": "会，\n很短。"}]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "no_assistant"),
        ([message("user", "有人吗？")], "no_assistant"),
        ([message("assistant", "有。")], "no_assistant"),
        ([message("user", "有人吗？"), message("assistant", " ")], "no_assistant"),
        ([message("user", "几点了？"), message("tool", "8:00")], "tool_calls"),
        ([message("user", "几点了？"), message("assistant", None, tool_calls=[{"name": "now"}])], "tool_calls"),
        ([message("user", [{"type": "image_url", "image_url": "a.png"}])], "not_text"),
    ],
)
def test_what_is_no_dialogue_of_texts_is_dropped(value, reason):
    with pytest.raises(NotADocument) as raised:
        turns(value)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "你好",
        "[" * 100_000,
        {"role": "user"},
        [1],
        [["一"]],
        [message("narrator", "从前")],
        [message("user", 7)],
    ],
)
def test_another_shape_is_unreadable(value):
    with pytest.raises(Unreadable) as raised:
        turns(value)
    assert raised.value.reason == "unknown_shape"


def test_a_dialogue_without_end_is_too_large():
    with pytest.raises(Unreadable) as raised:
        turns([message("user", "在吗")] * 10_000)
    assert raised.value.reason == "too_large"


def test_what_was_sent_twice_was_said_once():
    said = [message("system", "在吗"), message("user", "在吗"), message("user", "在吗"), message("assistant", "在")]
    assert turns(said) == [{"instruction": "在吗", "output": "在"}]


def test_a_preferred_answer_that_stands_beside_the_dialogue_is_its_last_message():
    assert turns([message("user", "在吗")], message("assistant", "在")) == [{"instruction": "在吗", "output": "在"}]


@pytest.mark.parametrize(
    ("text", "before", "asked"),
    [
        ("  <user>: 蚂蚁会睡觉吗？ <bot>: 会。 <user>: 睡多久？", TWO[:1], "睡多久？"),
        (" <User>：蚂蚁会睡觉吗？", [], "蚂蚁会睡觉吗？"),
        ("蚂蚁会睡觉吗？", [], "蚂蚁会睡觉吗？"),
        ("什么是 <user>: 标签？", [], "什么是 <user>: 标签？"),
        ("<user>: 一 <bot>: 二", [], "<user>: 一 <bot>: 二"),  # nobody asks last: it is not taken apart
        ("<user>: ", [], "<user>: "),
    ],
)
def test_marks_in_an_instruction_tell_what_was_said_before(text, before, asked):
    assert marked(text) == (before, asked)
