"""Stray characters, self-repetition, refusals by a source's own rules, near duplicates, benchmarks."""

import polars as pl
import pytest
from made_records import made, many, row

from cqia.report.copies import copies, leaks, originals
from cqia.report.faults import faults, refusals, usable
from cqia.report.table import TABLE
from cqia.rules import form
from cqia.rules.rule import Rule
from cqia.similar.overlap_items import benchmark
from cqia.sources import SOURCES
from made import lines

SHORT = Rule(name="short", why="short", value=pl.col("text").str.len_chars(), at_least=5, missing="drop")
LIKES = Rule(name="likes", why="few", value=pl.col("likes"), at_least=51, missing="drop")
TITLE = Rule(name="asks", why="no question", value=~pl.col("title").str.contains("？"), missing="drop")


@pytest.mark.parametrize(
    ("text", "stray"),
    [
        (".什么是数字孪生", True), ("·什么是", True), ("，然后呢", True), ("\ufeff开头", True), ("\x05控制", True),
        ("？这是什么", True), ("）后半", True), (". 空格", True), (".", True), ("!你好", True), ("|半行", True),
        (".NET 是什么", False), ("...省略", False), ("“引文”", False), ("《书名》", False), ("（一）", False),
        ("$x$", False), ("-5 度", False), ("", False), ("1. 首先", False),
        ("|句|类|\n|---|---|", False), ("![图](a.png)", False), ("!pip install x", False),
        ("# 标题", False), ("【题】", False),
    ],
)  # fmt: skip
def test_stray_leading_characters(text, stray):
    found = faults(made([row(instruction=text)]), {})["stray"]
    assert found["records"] == int(stray)
    assert faults(made([row(output=text)]), {})["stray"]["records"] == int(stray)


def test_self_repetition():
    again = "这是同一句话说了又说的一句话。" * 20
    found = faults(made([row(output=again), row(), row(source="乙", output=again)]), {})["repetitive"]
    assert (found["records"], found["share"]) == (2, 0.6667)
    assert found["by_source"] == [
        {"source": "乙", "records": 1, "share": 1.0}, {"source": "甲", "records": 1, "share": 0.5},
    ]  # fmt: skip
    assert found["shown"][0]["id"] == "r0"


def test_rules_are_asked_that_look_at_text_alone_and_the_first_names_the_reason():
    table = made([row(), row(output="短"), row(instruction="浇花"), row(source="乙", output="短")])
    assert [rule.name for rule in usable([SHORT, LIKES, TITLE])] == ["short", "asks"]
    assert refusals(table, {"甲": [LIKES, SHORT, TITLE]}).to_list() == [None, "short", "asks", None]
    found = faults(table, {"甲": [LIKES, SHORT, TITLE]})["refused"]
    assert (found["records"], found["reasons"], found["rules"]) == (2, {"asks": 1, "short": 1}, 2)


def test_measured_rules_are_asked_too():
    text = "同样的一行字写了很多遍\n" * 30
    assert refusals(made([row(output=text)]), {"甲": [form.repeated_ngrams()]}).to_list() == ["repeated_ngrams"]


def test_every_source_of_the_house_can_be_asked():
    table = made([row(source=name) for name in SOURCES])
    assert len(refusals(table, {name: source.rules for name, source in SOURCES.items()})) == len(SOURCES)


def test_near_duplicates():
    long = "把茶壶里的水垢除掉，可以倒一勺小苏打，加热水泡半小时，再用软布擦干净，冲两遍就好。" * 2
    rows = [row(output=long), row(source="乙", output=long), row(output=long + "啊"), *many(20)]
    found = copies(made(rows))
    assert (found["records"], found["exact"]) == (2, 1)
    assert found["between"] == [
        {"source": "乙", "original": "甲", "records": 1}, {"source": "甲", "original": "甲", "records": 1},
    ]  # fmt: skip
    assert {each["original"] for each in found["shown"]} == {"r0"}


def test_a_chain_does_not_collapse():
    base = [chr(0x4E00 + 7 * n) for n in range(200)]
    chain = ["".join(base[:at] + ["变"] * 4 + base[at + 4 :]) for at in (20, 60)]
    kept, like = originals(made([row(output="".join(base)), *(row(output=text) for text in chain)]))
    assert kept.tolist() == [0, 0, 0]
    assert like[0] == 1.0
    assert 0.8 <= like[1] < 1


@pytest.mark.parametrize("rows", [[], [row()], [row(instruction="", output="")] * 3])
def test_few_records_have_few_copies(rows):
    found = copies(made(rows) if rows else TABLE.to_frame())
    assert found["records"] == 0


def test_leaks(tmp_path):
    question = "下列关于光合作用的叙述，哪一项是正确的，并说明判断的理由和依据？"
    (tmp_path / "b.jsonl").write_text(lines([{"question": question}]), "utf-8")
    mark = benchmark("考题", [tmp_path / "b.jsonl"], exempt=("乙",))
    rows = [row(instruction=question), row(source="乙", instruction=question), row()]
    found = leaks(made(rows), (mark,))
    assert found is not None
    assert (found["records"], found["by_benchmark"]) == (1, {"考题": 1})
    assert found["shown"][0]["id"] == "r0"
    assert leaks(made(rows), ()) is None


def test_empty_texts_are_counted():
    rows = [row(), row(instruction=" \n"), row(output=""), row(source="乙", instruction="", output="")]
    found = faults(made(rows), {})["empty"]
    assert (found["records"], found["share"]) == (3, 0.75)
    assert {each["source"]: each["records"] for each in found["by_source"]} == {"甲": 2, "乙": 1}


@pytest.mark.parametrize(
    ("fields", "foreign"),
    [
        ({"instruction": "How do I water a plant?", "output": "Twice a day, in the morning and at night."}, True),
        ({"instruction": "Translate into Chinese: water the plant.", "output": "浇花。"}, False),
        ({"instruction": "把这句话译成英文：浇花要浇透。", "output": "Water the flowers thoroughly."}, False),
        ({"instruction": "Summarise.", "input": "早晚各浇一次，浇透为止。", "output": "Water it twice."}, False),
        ({"instruction": "写一个函数。", "output": "def water(plant):\n    plant.moist = True\n" * 20}, False),
        ({"instruction": "", "output": ""}, False),
        ({"instruction": "", "output": "only English"}, True),
        ({"instruction": "화분에는 물을 얼마나 자주 주어야 하나요?", "output": "아침저녁으로 한 번씩 주세요."}, True),
        ({"instruction": "植物に水をやるのはいつがよいですか。", "output": "朝と夕方に一回ずつ、十分に。"}, True),
        ({"instruction": "ควรรดน้ำต้นไม้บ่อยแค่ไหน", "output": "รดน้ำวันละสองครั้ง"}, True),
        ({"instruction": "Как часто поливать цветы?", "output": "Два раза в день, утром и вечером."}, True),
        ({"instruction": "译成日语：浇花。", "output": "花に水をやる。"}, False),
        ({"instruction": "「は」和「が」有什么区别？", "output": "前者提示话题，后者标出主语。"}, False),
    ],
)
def test_records_with_hardly_any_chinese(fields, foreign):
    found = faults(made([row(**fields), row(source="乙")]), {})["foreign"]
    assert [(each["source"], each["records"]) for each in found["by_source"]] == ([("甲", 1)] if foreign else [])
