"""Rows of COIG and COIG-CQIA, with the quirks of each file, become examples and records."""

import json

import pytest

from cqia.errors import Unreadable
from cqia.readers.published import MAX_ROUNDS, example, records, solution, unlisted
from cqia.schema import PUBLISHED, RECORD

CQIA = {
    "instruction": "蜂鸟为什么能悬停？", "input": "", "output": "翅膀画着八字。",
    "task_type": {"major": ["问答"], "minor": ["百科问答"]}, "domain": ["百科", "动物"], "metadata": "暂无元数据信息",
    "answer_from": "human", "human_verified": True, "copyright": "暂无版权及作者信息",
}  # fmt: skip


def exam(**fields):
    return {"textbox_q_instruction": "选出正确的一项。", "textbox_q_context": "", "textbox_question": "1+1=？",
            "textbox_answer": "B", "textbox_answer_analysis": [], "subject": "数学"} | fields  # fmt: skip


def round_of(question, answer, wrap="{}"):
    return {"response": wrap.format(json.dumps({"Q": question, "A": answer}, ensure_ascii=False))}


@pytest.mark.parametrize(
    "kind",
    [
        CQIA["task_type"],
        json.dumps(CQIA["task_type"]),
        str(CQIA["task_type"]),
    ],
)
@pytest.mark.parametrize("domain", [["百科", "动物"], "['百科', '动物']"])
def test_a_task_type_may_be_text(kind, domain):
    found = example(CQIA | {"task_type": kind, "domain": domain})
    assert (found["major"], found["minor"], found["domain"]) == (["问答"], ["百科问答"], ["百科", "动物"])
    assert (found["part"], found["metadata"], found["human_verified"]) == ("cqia", "", True)


@pytest.mark.parametrize("kind", [None, 7, "{" * 9_000, "__import__('os')", "{'major': 7}"])
def test_a_task_type_that_says_nothing_is_empty(kind):
    assert example(CQIA | {"task_type": kind})["major"] == []


def test_a_translation_is_taken_not_the_original():
    row = {"instruction": "Say hello.", "input": "", "output": "Hello.", "trans_instruction": "打个招呼。",
           "trans_input": "对老师", "trans_output": "老师好。"}  # fmt: skip
    found = example(row)
    assert (found["instruction"], found["input"], found["output"]) == ("打个招呼。", "对老师", "老师好。")


@pytest.mark.parametrize("nothing", [[], "", None])
def test_an_exam_question_without_analysis_has_its_answer(nothing):
    found = example(exam(textbox_answer_analysis=nothing, textbox_q_context="看清题目。"))
    assert (found["input"], found["output"], found["domain"]) == ("看清题目。\n1+1=？", "B", ["数学"])


@pytest.mark.parametrize(
    ("answer", "analysis", "output"),
    [
        ("B", "一加一得二。", "一加一得二。\n故选B。"),
        ("B", "一加一得二，故选B。", "一加一得二，故选B。"),
        ("AC", "甲丙对，故选：A", "甲丙对，故选：A\n故选AC。"),
        ("A、C", "甲丙都对。", "甲丙都对。\n故选AC。"),
        ("二", "一加一得 二。", "一加一得 二。"),
        ("2", "数一数手指。", "2\n\n解析：数一数手指。"),
        ("", "只有解析。", "只有解析。"),
        ("", "", ""),
    ],
)
def test_neither_answer_nor_analysis_is_lost(answer, analysis, output):
    assert solution(answer, analysis) == output


@pytest.mark.parametrize("wrap", ["{}", "```json\n{}\n```", "```\n{}```", " {}\n"])
def test_a_dialogue_of_rounds_in_their_order(wrap):
    row = {"entity": "玉露香梨", "round_10": round_of("丙？", "三", wrap), "round_2": round_of("乙？", "二", wrap),
           "round_0": {"response": {"Q": "甲？", "A": "一"}}}  # fmt: skip
    found = example(row)
    assert (found["instruction"], found["output"], found["metadata"]) == ("丙？", "三", "entity:玉露香梨")
    assert [turn["output"] for turn in found["history"]] == ["一", "二"]


@pytest.mark.parametrize(
    "response",
    ["", "不是JSON", "[" * 50_000, '{"Q": "甲？"}', '{"Q": ["甲？"], "A": "一"}', '{"Q": "甲？", "A": " "}', None, 3],
)
def test_a_round_that_cannot_be_read_says_which(response):
    with pytest.raises(Unreadable, match="round_1") as raised:
        example({"round_0": round_of("甲？", "一"), "round_1": {"response": response}})
    assert raised.value.reason == "bad_round"


def test_a_fence_around_nothing_takes_no_time():
    with pytest.raises(Unreadable):
        example({"round_0": {"response": "```json" + " " * 2_000_000 + "x```"}})


def test_a_dialogue_is_read_so_far():
    row = {f"round_{number}": round_of(f"{number}？", "是") for number in range(MAX_ROUNDS + 50)}
    assert len(example(row)["history"]) == MAX_ROUNDS - 1


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("示例：['甲', '乙']", "示例：\n甲\n乙"),
        ("['甲\\n乙', '丙']", "甲\n乙\n丙"),
        ("nums = [1, 2]", "nums = [1, 2]"),
        ("示例：[1, 2]", "示例：[1, 2]"),
        ("def f(a):\n    return a['x']", "def f(a):\n    return a['x']"),
        ("说明：[" + "[" * 50_000 + "]", "说明：[" + "[" * 50_000 + "]"),
        ("代码：[__import__('os').getcwd()]", "代码：[__import__('os').getcwd()]"),
        ("", ""),
    ],
)
def test_a_list_in_a_text_is_written_out(text, plain):
    assert unlisted(text) == plain


def test_a_task_of_leetcode():
    row = {"instruction": "写出解法。", "input": "题目：['两数之和']", "output": "pass", "task_type": "code",
           "program_lang": "python"}  # fmt: skip
    found = example(row)
    assert (found["part"], found["input"], found["domain"]) == ("leetcode", "题目：\n两数之和", ["计算机", "python"])


@pytest.mark.parametrize("row", [{}, {"text": "一"}, {"instruction": "一"}])
def test_another_row_is_unreadable(row):
    with pytest.raises(Unreadable) as raised:
        example(row)
    assert raised.value.reason == "unknown_shape"


def test_rows_as_a_frame_of_records():
    frame = records([CQIA, exam(), {"instruction": "甲", "input": "", "output": "乙"}], "mine")
    assert frame.schema == RECORD
    assert frame["task"].to_list() == ["cqia", "exam", "value"]
    assert frame["id"].str.starts_with("mine:").all()
    first = frame.select(PUBLISHED).row(0, named=True)
    assert first == CQIA | {"metadata": ""}
