"""wikiHow: steps stay steps, and titles become things to do."""

import json

import polars as pl
import pytest

from cqia.errors import Unreadable
from cqia.readers.raw import Raw
from cqia.schema import DOCUMENT
from cqia.sources.wikihow import WIKIHOW, read, task
from cqia.stages import assign

MARKDOWN = """# 薄荷水的做法

一种清凉的饮料，夏天喝正好。

![成品](./1.jpg)

## 原料

- 薄荷
- 水

## 操作

1. 洗净薄荷
2. 加水煮开
   - 不要太久
3. 放凉

## 附加内容

- 参考资料：[薄荷水的由来（图解）](https://example.org/a?b=1)
* [教程](https://example.org/c)

如果您遵循本指南的制作流程而发现有问题或可以改进的流程，请提出 Issue 或 Pull request 。
"""


def read_file(text: str, path: str = "raw/drinks/薄荷水.md"):
    (found,) = read(Raw(path, "d", "", 1, data=text.encode()))
    return found | json.loads(found["extra"])


def read_row(**row):
    (found,) = read(Raw("a.jsonl", "d", "row=0", 1, row=row))
    return found | json.loads(found["extra"])


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("如何洗碗", "洗碗"), ("怎样修车？", "修车"), ("薄荷水的做法", "做薄荷水"),
        ("炒饭怎么做", "做炒饭"), ("学习焯水", "焯水"),
        ("食品安全", None), ("做法", None), ("", None),
    ],
)  # fmt: skip
def test_what_is_done(title, expected):
    assert task(title) == expected


def test_markdown():
    found = read_file(MARKDOWN)
    assert found["task"] == "做薄荷水"
    assert found["steps"] == 4
    assert "## 操作\n\n1. 洗净薄荷\n2. 加水煮开\n   - 不要太久\n3. 放凉" in found["text"]
    assert "Issue" not in found["text"]
    assert "附加内容" not in found["text"]
    assert found["media"] == [{"kind": "image", "url": "./1.jpg"}]


@pytest.mark.parametrize(
    ("path", "tag"), [("raw/drinks/薄荷水.md", "drinks"), ("raw/drinks/薄荷水/薄荷水.md", "drinks")]
)
def test_the_folder_is_the_category(path, tag):
    assert read_file(MARKDOWN, path)["tags"] == [tag]


def test_rows_of_steps():
    found = read_row(
        title="如何泡茶", category="饮食", summary="很简单。", needs=["茶叶"], tips=["水要开"], warnings=["小心烫"],
        parts=[{"title": "准备", "steps": ["烧水", {"text": "温杯\n倒掉水"}]}, 
               {"title": "冲泡", "steps": ["投茶", "注水"]}],
    )  # fmt: skip
    assert found["text"] == (
        "很简单。\n\n## 你需要准备\n\n- 茶叶\n\n## 准备\n\n1. 烧水\n2. 温杯\n   倒掉水\n\n"
        "## 冲泡\n\n1. 投茶\n2. 注水\n\n"
        "## 小提示\n\n- 水要开\n\n## 警告\n\n- 小心烫"
    )
    assert (found["steps"], found["task"], found["tags"]) == (4, "泡茶", ["饮食"])
    assert read_row(title="如何泡茶", steps=["烧水", "注水"])["text"] == "## 步骤\n\n1. 烧水\n2. 注水"


@pytest.mark.parametrize("row", [{}, {"title": "如何"}, {"title": "如何泡茶", "steps": "烧水"}, {"steps": ["烧水"]}])
def test_other_rows_are_quarantined(row):
    with pytest.raises(Unreadable):
        read_row(**row)


def test_records():
    rows = [read_file(MARKDOWN), read_file(MARKDOWN.replace("薄荷水的做法", "夏日饮料"))]
    frame = pl.DataFrame([{k: v for k, v in each.items() if k in DOCUMENT} | {"id": f"wikihow:{n}", "source": "wikihow"}
                          for n, each in enumerate(rows)], schema=DOCUMENT)  # fmt: skip
    made = assign.apply(frame, pl.DataFrame(), tasks=WIKIHOW.tasks, edits=(), seed=1).out
    assert made["task"].to_list() == ["howto", "guide"]
    assert "做薄荷水" in made["instruction"][0]
    assert "夏日饮料" in made["instruction"][1]
    assert made["domain"].to_list() == [["生活"], ["生活"]]


def test_few_steps_are_measured():
    rule = next(rule for rule in WIKIHOW.rules if rule.name == "few_steps")
    frame = pl.DataFrame([{"extra": json.dumps({"steps": 2})}, {"extra": None}], schema={"extra": pl.String})
    assert frame.select(rule.value).to_series().to_list() == [2, None]
    assert (rule.at_least, rule.missing) == (3, "drop")


def test_wordings():
    for each in WIKIHOW.tasks:
        made = {wording.format(task="洗碗", title="洗碗") for wording in each.wordings}
        assert len(made) >= 10
        assert len({wording[:2] for wording in made}) >= 8


def test_real_articles(real_data):
    files = sorted((real_data / "encyclopedia" / "howto_markdown").rglob("*.md"))
    found = [read_file(path.read_text("utf-8"), str(path)) for path in files if "template" not in path.parts]
    assert len(found) == 386
    assert sum(each["steps"] >= 3 for each in found) >= 380
    assert sum("task" in each for each in found) >= 370
