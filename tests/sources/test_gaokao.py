"""Exams: every item becomes a document, the answer stands in the solution, and what cannot be answered is dropped."""

import json
from pathlib import Path

import polars as pl
import pytest

from cqia.errors import Unreadable
from cqia.readers.raw import Raw
from cqia.readers.slices import cut, pages
from cqia.schema import DOCUMENT
from cqia.sources.gaokao import GAOKAO, SUBJECTS, TYPES, read

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "exams" / "gaokao"

CHOICE = {
    "year": "2030", "category": "（某卷）", "index": 7, "score": 4,
    "question": "7．（ 4分）河水 变浑，主要是因为（ \u3000\u3000） \nA．下雨  B．刮风   \nC．起雾  D．降温\n",
    "answer": ["A"], "analysis": "雨水把泥沙带入河中 ，A正确 。  \n故选： A。\n",
    "_envelope": {"keywords": "2010-2022_Geography_MCQs"},
}  # fmt: skip
OPEN = CHOICE | {
    "question": "8．（ 6分）结合所学知识，说明河水变浑的原因和治理的办法。", "answer": "（1）水土流失\n（2）植树种草\n",
    "analysis": "从降水和植被两方面分析。\n", "_envelope": {"keywords": "2010-2022_Geography_Open-ended_Questions"},
}  # fmt: skip


def item(row: dict, **fields):
    (found,) = read(Raw("a.json", "d", "row=0", 1, row=row | fields))
    return found | json.loads(found["extra"])


def frame(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame([read(Raw("a.json", "d", "row=0", 1, row=row))[0] for row in rows], schema=DOCUMENT)


def fired(row: dict) -> list[str]:
    values = frame(row).select(rule.value.alias(rule.name) for rule in GAOKAO.rules).row(0, named=True)
    return [name for name, value in values.items() if value is True or (name == "short" and value < 20)]


def test_a_choice_question():
    found = item(CHOICE)
    assert found["id"] == "2010-2022_Geography_MCQs-7"
    assert found["text"] == "河水变浑，主要是因为（）\nA. 下雨\nB. 刮风\nC. 起雾\nD. 降温"
    assert found["tags"] == ["地理", "选择题"]
    assert found["solution"] == "雨水把泥沙带入河中，A正确。\n故选：A。"
    assert (found["year"], found["category"], found["score"], found["answer"]) == ("2030", "（某卷）", 4, "A")
    assert fired(CHOICE) == []


@pytest.mark.parametrize(
    ("fields", "solution"),
    [
        ({"analysis": "雨水带入泥沙。"}, "雨水带入泥沙。\n故选A。"),
        ({"analysis": ""}, "故选A。"),
        ({"analysis": "因此本题选A。"}, "因此本题选A。"),
        ({"analysis": "正确的是 $\\mathrm{A}$"}, "正确的是 $\\mathrm{A}$\n故选A。"),
        ({"analysis": "故选: $\\mathrm{A}$ 。"}, "故选: $\\mathrm{A}$。"),
        ({"answer": ["AB"], "analysis": "故选：AB。"}, "故选：AB。"),
        ({"answer": ["B", "A"], "analysis": "BA\n见原文。"}, "见原文。\n答案：（1） B；（2） A"),
    ],
)
def test_the_answer_always_stands_in_the_solution(fields, solution):
    assert item(CHOICE, **fields)["solution"] == solution


def test_sub_questions_carry_their_numbers():
    question = "读材料。\n3．下雨后（ ）\nA．甲  B．乙\n4．刮风后（ ）\nA．丙  B．丁"
    assert item(CHOICE, question=question, answer=["A", "B"])["solution"].endswith("答案：3. A；4. B")


@pytest.mark.parametrize(
    ("fields", "solution"),
    [
        ({}, "（1）水土流失\n（2）植树种草\n\n解析：从降水和植被两方面分析。"),
        ({"analysis": ""}, "（1）水土流失\n（2）植树种草"),
        ({"analysis": "故答案为：（1）水土流失；（2）植树种草。"}, "故答案为：（1）水土流失；（2）植树种草。"),
        ({"answer": "解：" + "$x=1$，" * 7, "analysis": "先设元。"}, "思路：先设元。\n\n解答：" + "$x=1$，" * 7),
    ],
)
def test_an_open_question(fields, solution):
    assert item(OPEN, **fields)["solution"] == solution


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (CHOICE | {"answer": []}, "no_answer"),
        (CHOICE | {"answer": ["  "]}, "no_answer"),
        (OPEN | {"answer": "【答案】\n"}, "no_answer"),
        (OPEN | {"answer": None}, "no_answer"),
        (OPEN | {"question": "如图所示，河水由西向东流，说明河水变浑的原因。"}, "needs_picture"),
        (OPEN | {"question": "读图，说明河水变浑的原因以及治理的办法有哪些。"}, "needs_picture"),
        (OPEN | {"question": "河水。为什么？"}, "short"),
        (CHOICE | {"answer": ["E"]}, "wrong_answer"),
        (CHOICE | {"question": "河水变浑，主要是因为下面所说的哪一个原因（ ）"}, "wrong_answer"),
        (CHOICE | {"analysis": "故选：B。"}, "wrong_answer"),
    ],
)
def test_what_is_dropped(row, reason):
    assert fired(row) == [reason]


@pytest.mark.parametrize("words", ["某地图书馆的意图", "函数的图像关于原点对称", "该图书的作者", "三视图", "画面优美"])
def test_words_that_only_look_like_pictures(words):
    assert fired(OPEN | {"question": f"{words}，根据所学知识说明这句话的意思和理由。"}) == []


@pytest.mark.parametrize(
    "row", [{}, {"question": 3, "answer": ["A"]}, {"question": "为什么"}, {"instruction": "a", "output": "b"}]
)
def test_another_shape_is_quarantined(row):
    with pytest.raises(Unreadable) as raised:
        read(Raw("a.json", "d", "row=0", 1, row=row))
    assert raised.value.reason == "unknown_shape"


def test_an_endless_item_is_quarantined():
    with pytest.raises(Unreadable) as raised:
        item(CHOICE, question="长" * 300_000)
    assert raised.value.reason == "too_large"


@pytest.mark.parametrize("fields", [{"_envelope": None}, {"index": None}, {"_envelope": {"keywords": 3}, "index": "x"}])
def test_without_an_envelope_there_is_no_id_of_its_own(fields):
    assert item(CHOICE, **fields)["id"] is None


def test_tasks_divide_the_items():
    rows = frame(CHOICE, OPEN)
    for task, form in zip(GAOKAO.tasks[:2], (0, 1), strict=True):
        found = rows.filter(task.when)
        assert found["id"].to_list() == [rows["id"][form]]
        record = found.select(task.input.alias("input"), task.output.alias("output"), task.metadata.alias("metadata"),
                              domain=task.domain, **task.fields).row(0, named=True)  # fmt: skip
        assert record["input"] == rows["text"][form]
        assert record["domain"] == ["地理"]
        assert record["metadata"] == "year:2030, score:4"
        made = {wording.format(**{name: record[name] for name in task.fields}) for wording in task.wordings}
        assert len(made) == len(task.wordings) >= 10
        assert len({wording[:4] for wording in made}) >= 8


@pytest.mark.skipif(not DATA.exists(), reason="the shared data folder is not here")
def test_every_real_item_is_a_document():
    found = [
        document
        for path in sorted(DATA.rglob("*.json"))
        for slice in cut(path, slice_bytes=1 << 20, whole=GAOKAO.whole)
        for raw in pages(slice)
        for document in read(raw)
    ]
    assert len(found) == len({document["id"] for document in found}) == 2811
    assert {document["tags"][0] for document in found} == set(SUBJECTS.values())
    assert {document["tags"][1] for document in found} == set(TYPES.values())
    frame = pl.DataFrame(found, schema=DOCUMENT)
    kept = frame.filter(~pl.any_horizontal(
        rule.value.fill_null(rule.missing == "drop") if not rule.bounded else rule.value < rule.at_least
        for rule in GAOKAO.rules
    ))  # fmt: skip
    assert kept.height > 2750
    for document in kept.filter(GAOKAO.tasks[0].when).iter_rows(named=True):
        extra = json.loads(document["extra"])
        assert all(choice in extra["solution"][-400:] for choice in extra["answer"].split("、")), document["id"]
