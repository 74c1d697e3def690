"""FinCUGE: a folder is a task, a file its examples; labels become words."""

import json

import pytest
from samples import collected, file, made, of_file, reasons, records, row

from cqia.errors import Unreadable
from cqia.sources.finance import FINANCE, MOODS, read


def pairs(task, *values):
    return file(f"fincuge/{task}/eval_list.json", json.dumps(list(values), ensure_ascii=False))


def test_a_headline_is_the_output_and_the_article_the_input():
    article = "远山科技今日公告，公司完成两亿元融资，由长河资本领投，资金用于扩建生产线。"
    (record,) = made(FINANCE, pairs("finna", ["远山科技完成两亿元融资", article]))
    assert (record["task"], record["input"], record["output"]) == ("headline", article, "远山科技完成两亿元融资")


@pytest.mark.parametrize(
    ("answer", "output"),
    [
        ("两亿元", "两亿元"),
        ("质押,解除质押", "质押、解除质押"),
        ("无相应参数", "文中没有提到。"),
        ("无参数", "文中没有提到。"),
    ],
)
def test_a_question_stands_before_its_passage(answer, output):
    passage = "远山科技公告，完成两亿元融资，由长河资本领投。"
    (record,) = made(FINANCE, pairs("finqa", [f"企业融资事件对应的金额是什么？{passage}", answer]))
    assert (record["input"], record["output"]) == (passage, output)
    assert "企业融资事件对应的金额是什么？" in record["instruction"]


@pytest.mark.parametrize(
    ("label", "output"), [("中国 公司", "地区：中国；类别：公司"), ("外国 公司 新冠", "地区：外国；类别：公司、新冠")]
)
def test_a_kind_of_news_is_told_in_words(label, output):
    (record,) = made(FINANCE, pairs("finnl", ["远山科技完成两亿元融资，由长河资本领投。", label]))
    assert record["output"] == output


@pytest.mark.parametrize(("label", "mood"), MOODS.items())
def test_a_mood_is_a_word(label, mood):
    (record,) = made(FINANCE, pairs("finfe", ["这只股票我拿了三年，总算等到今天了。", int(label)]))
    assert record["output"] == mood


def test_rules_name_what_is_wrong():
    text = "这只股票我拿了三年，总算等到今天了。"
    raws = [
        pairs("finne", [text, "1.0"]),
        pairs("finfe", [text, 1], ["赶紧进去", 2], [text + "了", "Sentiment"], ["只有一项"], 7),
        pairs("finnl", [text, "中国公司"], [text, "中国 公司"]),
        file("fincuge/finna/problem_list.json", json.dumps([{"id": 0, "input": text}])),
    ]
    documents, status = collected(FINANCE, raws)
    assert set(status["status"]) == {"kept"}
    assert reasons(FINANCE, documents) == [
        "unclear_label", None, "short", "no_answer", "no_instruction", "no_instruction", "odd_label", None, "no_answer",
    ]  # fmt: skip


def test_what_a_portal_sets_around_an_article_goes():
    text = ("大赛来袭，报名领好礼。【点击看详情】\n黄金坑来了？点击立即开户，三分钟响应！\n"
            "远山科技(6.670,-0.14,-2.06%)公告，融资(两)亿元。\n海量资讯、精准解读，尽在新浪财经APP")  # fmt: skip
    documents, _ = collected(FINANCE, [pairs("finqa", [f"金额是什么？{text}", "两亿元"])])
    (record,) = records(FINANCE, documents)
    assert record["input"].strip() == "远山科技公告，融资(两)亿元。"
    assert {edit["name"] for edit in record["edits"]} == {"portal", "quote"}


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [("finqa/eval_list.json", b"{", "bad_json"), ("finqa/eval_list.json", b"{}", "unknown_shape"),
     ("other/eval_list.json", b"[[1, 2]]", "unknown_shape"), ("finqa/eval_list.json", b"[" * 100_000, "bad_json")],
)  # fmt: skip
def test_another_file_is_unreadable(name, data, reason):
    with pytest.raises(Unreadable) as raised:
        list(read(file(f"fincuge/{name}", data)))
    assert raised.value.reason == reason


def test_json_lines_say_their_task():
    (record,) = made(FINANCE, row(task="finfe", input="这只股票我拿了三年，总算等到今天了。", answer="2"))
    assert record["output"] == "积极"


def test_ten_wordings_a_task_in_many_beginnings():
    for task in FINANCE.tasks:
        assert len(task.wordings) >= 10
        assert len({wording[:2] for wording in task.wordings}) >= 8


def test_every_real_pair_is_a_document(real_data):
    paths = sorted((real_data / "nlp/fincuge").glob("*/*.json"))
    documents, status = collected(FINANCE, [raw for path in paths for raw in of_file(FINANCE, path)])
    expected = sum(len(json.loads(path.read_text("utf-8"))) for path in paths)
    assert (documents.height, set(status["status"])) == (expected, {"kept"})
