"""Entries of encyclopedias: rows, Markdown, labelled lines, pages."""

import contextlib
import json
import time

import pytest

from cqia.errors import NotADocument, Unreadable
from cqia.readers.baike import entry, from_markdown, labelled, mended, named, rendered, split
from cqia.readers.raw import Raw
from cqia.readers.steps import broken_up

LABELLED = """_id:
6f00
url:
https://baike.baidu.com/item/%E9%9B%BE%E6%9E%9C/4242
name:
雾果
description:
雾果，一种只在故事里结果的树。
中文名：:雾果
别名：:雾子
、山雾
颜色：:白
收起
paragraph:
形态特征:雾果雾果树高三尺 ，叶如纸[1] 。雾果
历年产量:2001123200245620034562004567200576820067892007891200890120091234
图册:
吃法:雾果1、洗净。2、切片。3、晾干。
"""


def raw(row=None, data=None) -> Raw:
    return Raw("raw/a.jsonl", "d", "bytes=0-1", 1, data=data, row=row)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (". 什么是电容", "什么是电容"), ("·电阻", "电阻"), ("。为何下雨", "为何下雨"),
        ("12、为什么下雪", "为什么下雪"),
        ("3. 怎样测电压", "怎样测电压"), (".NET 是什么", ".NET 是什么"),
        ("2.4G 天线", "2.4G 天线"), ("3D打印", "3D打印"),
        ("-5℃ 的水", "-5℃ 的水"), ("…", "…"), ("• 电感", "电感"), ("# 标题", "标题"),
    ],
)  # fmt: skip
def test_no_title_begins_with_a_stray_dot(title, expected):
    assert named(title) == expected


def test_labelled_lines():
    found = entry(raw(data=LABELLED.encode()))
    assert (found.title, found.native) == ("雾果", "4242")
    assert found.lead == "雾果，一种只在故事里结果的树。"
    assert found.facts == {"中文名": "雾果", "别名": "雾子、山雾", "颜色": "白"}
    assert found.sections == (("形态特征", "雾果树高三尺，叶如纸。"), ("吃法", "1、洗净。\n2、切片。\n3、晾干。"))
    assert found.left_out == ("历年产量", "图册")


def test_an_entry_without_a_number_is_named_by_its_title():
    assert labelled(LABELLED.replace("/4242", "")).native == "雾果"


def test_rows_of_the_neutral_form():
    row = {"title": "1. 雾果", "kind": "entry", "id": "a/7", "category": "植物,果树", "author": "某人",
           "date": "2020-01-31", "summary": "一种果子。", "facts": {"颜色": "白"},
           "text": "正文。\n\n## 吃法\n\n蒸。",
           "sections": [{"title": "产地", "html": "<p>山<b>中</b></p>"},
                        {"title": "参考文献", "text": "某书"}]}  # fmt: skip
    found = entry(raw(row))
    assert (found.title, found.native, found.tags, found.author) == ("雾果", "a-7", ("植物", "果树"), "某人")
    assert found.lead == "一种果子。\n\n正文。"
    assert found.sections == (("吃法", "蒸。"), ("产地", "山**中**"))
    assert found.left_out == ("参考文献",)
    assert rendered(found) == "一种果子。\n\n正文。\n\n## 吃法\n\n蒸。\n\n## 产地\n\n山**中**"
    assert found.created is not None
    assert found.created.year == 2020


def test_markdown_with_fields():
    text = "---\nkind: why\ncategory: 天文\n---\n# 雾从哪里来？\n\n"
    text += "![图](a.png)见[山](b.md)。<!-- 略 -->\n\n```\n# 不是标题\n```\n"
    found = from_markdown(text)
    assert (found.title, found.kind, found.tags) == ("雾从哪里来？", "why", ("天文",))
    assert found.lead == "见山。\n\n```\n# 不是标题\n```"
    assert found.media == ({"kind": "image", "url": "a.png"},)


def test_sections_are_cut_at_the_highest_heading():
    assert split("前言\n## 一\n### 甲\n文\n## 二\n文") == ("前言", [("一", "### 甲\n文"), ("二", "文")])


def test_a_section_named_after_the_entry_is_not_named_twice():
    found = entry(raw({"title": "雾果", "text": "", "sections": {"雾果的历史": "很久。", "用途": "观赏。"}}))
    assert rendered(found, "{title}的{section}") == "## 雾果的历史\n\n很久。\n\n## 雾果的用途\n\n观赏。"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("料：面。1、和面。2、醒面。3、蒸熟。", "料：面。\n1、和面。\n2、醒面。\n3、蒸熟。"),
        ("（1）甲（2）乙（3）丙", "（1）甲\n（2）乙\n（3）丙"),
        ("步骤1洗步骤2切步骤3煮", "步骤1洗\n步骤2切\n步骤3煮"),
        ("①甲②乙③丙", "①甲\n②乙\n③丙"),
        ("1、甲。2、乙。", "1、甲。2、乙。"),
        ("长1.5米，重2.5千克，高3.5米。", "长1.5米，重2.5千克，高3.5米。"),
        ("每年1、2、3月开花。", "每年1、2、3月开花。"),
    ],
)
def test_steps_run_together_are_broken_up(text, expected):
    assert broken_up(text) == expected


def test_captions_run_into_the_text_go():
    assert mended("雾果", "起源雾果(5张)很早。") == "起源很早。"
    assert mended("雾果", "雾果雾果很甜。") == "雾果很甜。"


@pytest.mark.parametrize(
    "row",
    [{}, {"title": "雾"}, {"title": 3, "text": "文"}, {"title": "雾", "text": 3}, {"instruction": "写", "text": "文"}],
)
def test_rows_of_another_shape_are_quarantined(row):
    with pytest.raises(Unreadable) as raised:
        entry(raw(row))
    assert raised.value.reason == "unknown_shape"


def test_a_text_without_a_title_is_no_entry():
    with pytest.raises(NotADocument) as raised:
        entry(raw({"text": "雾是悬浮在空中的水滴。"}))
    assert raised.value.reason == "no_title"


def test_a_row_that_holds_a_whole_page_goes_through_the_general_reader():
    text = "雾是悬浮在空中的水滴，常在夜里和清晨形成，太阳升起以后便慢慢散去。" * 6
    html = f"<html><head><title>雾的形成</title></head><body><h1>雾的形成</h1><p>{text}</p></body></html>"
    found = entry(raw({"html": html, "url": "https://a.example/1"}))
    assert (found.title, found.lead, found.url) == ("雾的形成", text, "https://a.example/1")


@pytest.mark.parametrize("data", [b"# only a title\n", b"words without a title"])
def test_a_file_without_title_or_text_is_no_document(data):
    with pytest.raises(NotADocument):
        entry(raw(data=data))


def test_a_page_goes_through_the_general_reader():
    text = "雾从山谷里升起来，先淹没了河滩，然后是村口的石桥，最后连山腰的茶园也看不见了。" * 3
    html = f"<!DOCTYPE html><html><head><title>山里的雾是怎样来的</title></head><body><p>{text}</p></body></html>"
    found = entry(raw(data=html.encode()))
    assert (found.title, found.lead) == ("山里的雾是怎样来的", text)


@pytest.mark.parametrize(
    "data",
    [
        b"# t\n" + b"![" * 300_000,
        b"# t\n" + b"[a](" * 200_000,
        b"# t\n" + b"<!--" * 200_000,
        b"---\n" + b"a: b\n" * 200_000,
        b"# t\n" + "1、".encode() * 300_000,
        b"# t\n" + b"#" * 1_000_000,
        b"name:\n" * 100_000,
        ("name:\n雾\ndescription:\n" + "雾" * 500_000 + "\nparagraph:\n雾:" + "雾" * 500_000).encode(),
    ],
)
def test_hostile_files_cost_seconds_at_most(data):
    start = time.process_time()
    with contextlib.suppress(Unreadable, NotADocument):
        entry(raw(data=data))
    assert time.process_time() - start < 10


def test_every_real_entry_is_read(real_data):
    files = sorted((real_data / "encyclopedia" / "baike").glob("*/info.txt"))
    found = [entry(Raw(str(path), "d", "", 1, data=path.read_bytes())) for path in files]
    assert len(found) == len({each.native for each in found}) == 778
    assert all(each.title for each in found)
    assert sum(bool(each.lead or each.sections) for each in found) == 775
    assert not any("zhua" in json.dumps([each.sections, each.lead]) for each in found)
