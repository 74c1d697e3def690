"""COIG's human values: both parts become records; a model that talks about itself does not."""

import pytest
from samples import collected, made, of_file, reasons, row

from cqia.errors import Unreadable
from cqia.sources.coig_value import COIG_VALUE, read

VALUE = {
    "instruction": "同桌考砸了，你怎么安慰他？",
    "input": "",
    "output": "先听他说完，不急着讲道理，再一起看看错在哪里。",
}
CHOICE = {
    "textbox_q_instruction": "选出最合适的做法。", "textbox_q_context": "", "subject": "道德与法治",
    "textbox_question": "排队时有人插队：A.骂他 B.提醒他", "textbox_answer": "B",
    "textbox_answer_analysis": "提醒既守规则，也给人台阶。",
}  # fmt: skip


def test_a_row_of_part_1_stands_as_it_is():
    (record,) = made(COIG_VALUE, row(**VALUE))
    assert {key: record[key] for key in VALUE} == VALUE
    assert (record["answer_from"], record["domain"]) == ("llm", ["人类价值观"])


def test_a_question_of_part_2_keeps_answer_and_analysis():
    (record,) = made(COIG_VALUE, row(**CHOICE))
    assert record["task"] == "choice"
    assert "排队时有人插队" in record["instruction"]
    assert record["output"] == "提醒既守规则，也给人台阶。\n故选B。"


def test_options_may_stand_in_the_input_of_part_1():
    fields = {
        "instruction": "排队时有人插队，怎么做最好？",
        "input": "A．骂他 B．提醒他 C．走开",
        "output": "提醒他最好，故选B。",
    }
    (record,) = made(COIG_VALUE, row(**fields))
    assert (record["task"], record["input"]) == ("choice", "")
    assert f"{fields['instruction']}\n{fields['input']}" in record["instruction"]


def test_an_open_question_of_part_2_stands_as_it_is():
    open_question = {"textbox_question": "为什么要排队？", "textbox_answer": "公平。"}
    (record,) = made(COIG_VALUE, row(**CHOICE | open_question))
    assert (record["task"], record["input"]) == ("answer", "为什么要排队？")


def test_rules():
    rows = [VALUE, VALUE | {"output": "多陪陪他。"}, VALUE | {"output": "作为语言模型，我没有同桌，不过可以说一说。"},
            VALUE | {"output": ""}, VALUE | {"output": VALUE["output"] * 9 + "非常有\ufffd"},
            CHOICE | {"textbox_answer_analysis": ""}]  # fmt: skip
    documents, _ = collected(COIG_VALUE, [row(**fields) for fields in rows])
    assert reasons(COIG_VALUE, documents) == [None, "short", "machine", "no_answer", "broken", None]


def test_another_part_of_coig_is_refused():
    with pytest.raises(Unreadable, match="leetcode"):
        list(read(row(instruction="写代码", input="", output="pass", program_lang="python")))
    with pytest.raises(Unreadable):
        list(read(row(text="一")))


def test_the_real_file_is_read_whole(real_data):
    path = real_data / "coig/human_value_alignment_instructions_part1.json"
    documents, status = collected(COIG_VALUE, of_file(COIG_VALUE, path))
    assert (documents.height, set(status["status"])) == (3000, {"kept"})
