"""A table of one's own is a source by its shape or its columns; the project file says which."""

import json
from pathlib import Path

import pytest
from samples import collected, made, of_file, reasons, row

from cqia.errors import NotADocument, ProjectError, Unreadable
from cqia.project import load
from cqia.sources.tables import Columns, table_source

ALPACA = {"instruction": "给猫起个名字。", "input": "橘色的", "output": "就叫南瓜吧。"}
CHAT = [{"from": "human", "value": "蚂蚁会睡觉吗？"}, {"from": "gpt", "value": "会。"},
        {"from": "human", "value": "多久？"}, {"from": "gpt", "value": "一分钟。"}]  # fmt: skip


def texts(record):
    return record["instruction"], record["input"], record["output"]


def test_a_row_of_each_shape():
    (alpaca,) = made(table_source("mine", "alpaca"), row(**ALPACA, history=[["在吗", "在"]]))
    assert texts(alpaca) == ("给猫起个名字。", "橘色的", "就叫南瓜吧。")
    assert alpaca["history"] == [{"instruction": "在吗", "output": "在"}]
    (share,) = made(table_source("mine", "sharegpt"), row(conversations=CHAT))
    assert (texts(share), len(share["history"])) == (("多久？", "", "一分钟。"), 1)
    (old,) = made(table_source("mine", "firefly"), row(kind="写作", input="写句诗", target="月亮走我也走"))
    assert (texts(old), old["task_type"]["minor"]) == (("写句诗", "", "月亮走我也走"), ["写作"])
    messages = [{"role": "user", "content": "在吗"}, {"role": "assistant", "content": "在"}]
    (said,) = made(table_source("mine", "messages"), row(messages=messages))
    assert (texts(said), said["history"], said["id"][:5]) == (("在吗", "", "在"), None, "mine:")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("if a &lt; b &amp;&amp; c: print(&quot;是&#39;&quot;)", 'if a < b && c: print("是\'")'),
        ("写作 &amp;lt; 才对", "写作 &lt; 才对"),
        ("用 &lt; 代替 <", "用 &lt; 代替 <"),
        ("R&B 和 R&amp;B", "R&B 和 R&amp;B"),
        ("空格写作 &nbsp;", "空格写作 &nbsp;"),
        ("HTML 代码：&lt;p class=&quot;a&quot;&gt;甲&lt;/p&gt;", 'HTML 代码：<p class="a">甲</p>'),
        ("HTML 里小于号写作 &amp;lt;", "HTML 里小于号写作 &lt;"),
    ],
)
def test_an_example_written_as_html_is_read_as_it_was_meant(written: str, meant: str) -> None:
    (found,) = made(table_source("mine", "alpaca"), row(**ALPACA | {"output": written}, history=[["甲", written]]))
    assert texts(found) == ("给猫起个名字。", "橘色的", meant)
    assert found["history"] == [{"instruction": "甲", "output": meant}]


@pytest.mark.parametrize(
    ("instruction", "output"),
    [
        ("HTML中的&lt;和&gt;分别代表什么？", "分别代表小于号和大于号。"),
        ("HTML里怎样写和号？", "写成&amp;即可。"),
        ("网页里怎样显示一个小于号？", "用&lt;"),
        ("&quot;是什么？", "是双引号的字符实体。"),
        ("XML 里属性值中的引号怎么办？", "换成&quot;"),
        ("怎样让 br 标签原样显示？", "&lt;br&gt;"),
        ("Python 的 html.escape 对 a&b 返回什么？", "a&amp;b"),
        ("JavaScript 怎样转义和号？", "用 &amp;。"),
        ("连字符和号在源代码里怎么办？", "应当写成 &amp;。"),
        ("What is the entity of the ampersand?", "&amp;"),
    ],
)
def test_an_example_that_speaks_of_entities_is_left_alone(instruction: str, output: str) -> None:
    (found,) = made(table_source("mine", "alpaca"), row(instruction=instruction, input="", output=output))
    assert texts(found) == (instruction, "", output)


def test_a_table_of_preferences_has_the_chosen_answer():
    both = {"chosen": {"from": "gpt", "value": "会。"}, "rejected": {"from": "gpt", "value": "滚。"}}
    (record,) = made(table_source("mine", "sharegpt"), row(conversations=CHAT[:1], **both))
    assert texts(record) == ("蚂蚁会睡觉吗？", "", "会。")


def test_an_instruction_with_marks_is_a_dialogue():
    (record,) = made(
        table_source("mine", "alpaca"), row(instruction="<user>: 在吗 <bot>: 在 <user>: 几点了", output="八点")
    )
    assert texts(record) == ("几点了", "", "八点")
    assert record["history"] == [{"instruction": "在吗", "output": "在"}]


def test_columns_without_a_header_are_called_by_their_numbers(tmp_path):
    (tmp_path / "a.tsv").write_text("一\t几点了\t八点\n二\t下雨吗\t不下", "utf-8")
    source = table_source("mine", Columns(instruction="2", output="3"), header=False)
    assert [texts(r)[::2] for r in made(source, *of_file(source, tmp_path / "a.tsv"))] == [
        ("几点了", "八点"),
        ("下雨吗", "不下"),
    ]


def test_columns_by_name_and_cells_that_are_no_text():
    source = table_source("mine", Columns(instruction="问", output="答", kind="类"), "CC-BY-4.0")
    (record,) = made(source, row(问="几点了", 答=8, 类=None, 别的="x"))
    assert texts(record) == ("几点了", "", "8")
    assert source.licence == "CC-BY-4.0"
    assert record["answer_from"] == "", "nobody says who answered"
    (by_model,) = made(table_source("mine", "alpaca", answer_from="llm"), row(**ALPACA))
    assert by_model["answer_from"] == "llm"
    with pytest.raises(Unreadable, match="the column 答 holds dict"):
        list(source.read(row(问="几点了", 答={})))


def test_a_dialogue_without_an_answer_is_dropped_with_that_reason():
    source = table_source("mine", "sharegpt")
    with pytest.raises(NotADocument) as raised:
        list(source.read(row(conversations=CHAT[:1])))
    assert raised.value.reason == "no_assistant"


def test_a_row_without_the_columns_says_which():
    with pytest.raises(Unreadable, match=r"a row has instruction, output; this one has text"):
        list(table_source("mine", "alpaca").read(row(text="一")))


def test_an_example_without_an_answer_or_a_question_is_dropped():
    source = table_source("mine", "alpaca")
    rows = [row(**ALPACA), row(**ALPACA | {"output": " "}), row(**ALPACA | {"instruction": "", "input": ""})]
    documents, _ = collected(source, rows)
    assert reasons(source, documents) == [None, "no_answer", "no_instruction"]


def test_equal_outputs_are_no_duplicates_but_equal_examples_are():
    documents, _ = collected(table_source("mine", "alpaca"), [row(**ALPACA), row(**ALPACA | {"input": "白色的"})])
    assert documents["text"].n_unique() == 2


TOML = '[sources.mine]\nraw = ["raw/*"]\n{}\n'


def project(folder: Path, said: str, **files: str) -> Path:
    (folder / "raw").mkdir()
    for name, text in files.items():
        (folder / "raw" / name.replace("_", ".")).write_text(text, "utf-8")
    (folder / "cqia.toml").write_text(TOML.format(said), "utf-8")
    return folder


def test_a_project_reads_tables_of_several_formats(tmp_path, run):
    lines = json.dumps(ALPACA, ensure_ascii=False)
    listed = json.dumps([ALPACA | {"input": f"第{n}只"} for n in range(3)], ensure_ascii=False)
    table = "instruction,input,output\n起个名字,灰色的,石头\n"
    folder = project(tmp_path, 'table = "alpaca"\nlicence = "自己写的"', a_jsonl=lines, b_json=listed, c_csv=table)
    funnel = run(folder, until="assign")
    assert funnel.balanced
    assert load(folder).sources["mine"].licence == "自己写的"
    (stage,) = [row for row in funnel.rows if row.stage == "assign"]
    assert stage.counts.out == 5


def test_other_columns_are_read_again(tmp_path, run):
    two = json.dumps({"q": "几点了？", "a": "八点整，还早。", "b": "九点整，该走了。"}, ensure_ascii=False)
    folder = project(tmp_path, 'columns = {instruction = "q", output = "a"}', a_jsonl=two)
    run(folder, until="assign")
    (folder / "cqia.toml").write_text(TOML.format('columns = {instruction = "q", output = "b"}'), "utf-8")
    run(folder, until="assign")
    import polars as pl

    assert pl.read_parquet(folder / "work/mine/assign/out/*.parquet")["output"].to_list() == ["九点整，该走了。"]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('table = "alpacca"', "Did you mean 'alpaca'"),
        ('table = "alpaca"\ncolumns = {instruction = "a", output = "b"}', "table and columns"),
        ('columns = {instruction = "a"}', "name the columns of instruction and output"),
        ('columns = {instruction = "a", outptu = "b"}', "Did you mean 'output'"),
        ("", "there is no source 'mine'"),
    ],
)
def test_what_is_wrong_in_the_project_file_is_said(tmp_path, said, message):
    with pytest.raises(ProjectError) as raised:
        load(project(tmp_path, said, a_jsonl="{}"))
    assert message in str(raised.value)


def test_real_tables_become_records(real_data):
    source = table_source("mine", "alpaca")
    (first, *_), status = collected(
        source, of_file(source, real_data / "nlp/alpaca_zh/llamafactory/alpaca_zh_demo.json")
    )
    assert set(status["status"]) == {"kept"}
    assert first is not None
    dpo = table_source("mine", "sharegpt")
    _, status = collected(dpo, of_file(dpo, real_data / "nlp/alpaca_zh/llamafactory/dpo_zh_demo.json"))
    assert set(status["reason"]) == {None}
