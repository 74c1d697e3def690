"""Earlier turns stand at the head of the input, and can be taken out of it again."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from cqia.release.dialogue import folded, unfolded
from cqia.schema import TURNS

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TURN = st.fixed_dictionaries({"instruction": TEXT, "output": TEXT})


def frame(rows):
    return pl.DataFrame(rows, schema={"input": pl.String, "history": TURNS})


def test_a_dialogue_reads_as_a_person_would_write_it_down():
    turns = [{"instruction": "煎鸡蛋用什么锅？", "output": "不粘锅。"}, {"instruction": "油呢？", "output": "一勺。"}]
    (text,) = frame([{"input": "只有铁锅。", "history": turns}]).select(folded())["input"]
    assert text == "此前的对话：\n用户：煎鸡蛋用什么锅？\n助手：不粘锅。\n用户：油呢？\n助手：一勺。\n\n只有铁锅。"


@given(st.lists(st.fixed_dictionaries({"input": TEXT, "history": st.none() | st.lists(TURN, max_size=3)}), max_size=4))
def test_what_was_folded_comes_back(rows):
    before = frame(rows)
    told = before.with_columns(folded())
    assert told.with_columns(unfolded()).equals(before)
    for row, text in zip(rows, told["input"], strict=True):
        assert text == row["input"] or row["history"]
        assert all(turn["output"] in text for turn in row["history"] or ())


def test_a_missing_input_of_a_dialogue_counts_as_none():
    turns = [{"instruction": None, "output": "好"}]
    assert frame([{"input": None, "history": turns}]).select(folded())["input"].to_list() == [
        "此前的对话：\n用户：\n助手：好"
    ]
