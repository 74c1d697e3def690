"""Encyclopedia articles: the kind chooses the task, questions stay questions, and no instruction begins with a dot."""

import json

import polars as pl
import pytest

from cqia.errors import Unreadable
from cqia.readers.raw import Raw
from cqia.rules.measure import measure
from cqia.schema import DOCUMENT
from cqia.sources.baike import BAIKE, KINDS, read
from cqia.stages import assign

LONG = "".join(
    f"第{n * 37}夜，{chr(0x4E00 + n * 53)}山的水汽变冷，聚成了{chr(0x5F00 + n * 71)}色的雾，天亮才散。"
    for n in range(40)
)


def row(**more):
    return {"kind": "why", "id": "1", "title": ". 雾从哪里来", "category": "天文", "text": LONG[:320]} | more


def document(**more):
    (found,) = read(Raw("a.jsonl", "d", "bytes=0-1", 1, row=row(**more)))
    return found | {"id": f"baike:{found['id']}", "source": "baike"}


def records(*documents):
    frame = pl.DataFrame(documents, schema=DOCUMENT)
    return assign.apply(frame, pl.DataFrame(), tasks=BAIKE.tasks, edits=BAIKE.edits, seed=1).out


def fired(found) -> list[str]:
    frame = pl.DataFrame([found], schema=DOCUMENT)
    frame = measure(frame, [rule.value for rule in BAIKE.rules])
    names = []
    for rule in BAIKE.rules:
        value = frame.select(rule.value).item()
        low, high = rule.at_least, rule.at_most
        if value is None:
            names += [rule.name] if rule.missing == "drop" else []
        elif (value is True) or (low is not None and value < low) or (high is not None and value > high):
            names.append(rule.name)
    return names


@pytest.mark.parametrize(
    ("kind", "title", "task", "domain"),
    [
        ("why", "雾从哪里来", "why", ["百科", "天文"]), ("mba", "雾点管理", "mba", ["百科", "经济管理", "天文"]),
        ("electronics", "· 什么是雾管？", "electronics", ["百科", "电子", "天文"]),
        ("electronics", "雾管", "component", ["百科", "电子", "天文"]),
        ("agriculture", "怎样种雾果", "agriculture", ["百科", "农业", "天文"]),
        ("agriculture", "三种雾果的储存方法", "farming", ["百科", "农业", "天文"]),
        ("disease", "雾症", "disease", ["医疗", "疾病", "天文"]), ("drug", "雾散片", "drug", ["医疗", "药品", "天文"]),
        ("symptom", "雾眼", "symptom", ["医疗", "病症", "天文"]), ("entry", "雾果", "entry", ["百科", "天文"]),
        (None, "为什么有雾", "asked", ["百科", "天文"]),
    ],
)  # fmt: skip
def test_the_kind_chooses_the_task(kind, title, task, domain):
    made = records(document(kind=kind, title=title))
    assert made["task"].to_list() == [task]
    assert made["domain"].to_list() == [domain]
    assert not made["instruction"][0].startswith((".", "·", "。"))
    assert task in BAIKE.published.files


def saved(title: str, before: str = "") -> bytes:
    body = f"<h1>{title}</h1>" + "".join(f"<p>{LONG[at : at + 90]}</p>" for at in range(0, 900, 90))
    return f"{before}<html><head><title>{title}_雾城网</title></head><body><div>{body}</div></body></html>".encode()


@pytest.mark.parametrize("before", ["", "<!-- https://wu.example/1.html -->\n", "\ufeff<!--[if IE]><![endif]-->\n\n"])
def test_a_saved_page_may_begin_with_comments(before):
    (found,) = read(Raw("1.html", "d", "", 1, data=saved("雾果", before)))
    assert (found["title"], json.loads(found["extra"])["kind"]) == ("雾果", "entry")
    assert len(found["text"]) > 800


@pytest.mark.parametrize(
    ("title", "task"),
    [("雾果", "entry"), ("雾为什么是白的？", "asked"),
     ("山里的雾为什么到了中午就散得干干净净？", "asked"), ("雾城通了地铁 市民：出门方便多了", "article"),
     ("雾城今年第一条环山步道正式向游客开放", "article"), ("雾里看花：一个摄影师的四十年", "article")],
)  # fmt: skip
def test_a_page_under_a_headline_is_not_asked_for_as_an_entry(title, task):
    (found,) = read(Raw("1.html", "d", "", 1, data=saved(title)))
    (record,) = records(found | {"id": "baike:1", "source": "baike"}).iter_rows(named=True)
    assert record["task"] == task


def test_a_structured_entry_is_rendered_under_its_names():
    found = document(
        kind="drug",
        title="雾散片",
        text="",
        facts={"成分": "雾草"},
        sections={"用法": "口服。", "雾散片的禁忌": "无。"},
    )
    assert (
        found["text"] == "## 雾散片的基本信息\n\n- 成分：雾草\n\n## 雾散片的用法\n\n口服。\n\n## 雾散片的禁忌\n\n无。"
    )


@pytest.mark.parametrize(
    ("more", "reasons"),
    [
        ({}, []),
        ({"title": "山中的雾"}, ["not_asking"]),
        ({"text": LONG[:299]}, ["short_why"]),
        ({"kind": "entry", "title": "雾", "text": LONG[:120]}, []),
        ({"kind": "entry", "title": "雾", "text": LONG[:60]}, ["short"]),
        ({"text": "雾" * 400}, ["fragments", "repeated_ngrams"]),
    ],
)
def test_rules(more, reasons):
    assert fired(document(**more)) == reasons


def test_an_unknown_kind_is_quarantined():
    with pytest.raises(Unreadable) as raised:
        document(kind="whatever")
    assert raised.value.reason == "unknown_kind"
    assert all(kind in raised.value.message for kind in KINDS)


def test_wordings_are_many_and_begin_in_many_ways():
    for task in BAIKE.tasks:
        made = {wording.format(title="雾", bare="雾", question="雾？") for wording in task.wordings}
        assert len(made) >= 10, task.name
        assert len({wording[:2] for wording in made}) >= 7, task.name


def test_metadata_and_extra():
    found = document(facts={"颜色": "白"}, author="某人", copyright="某社")
    assert json.loads(found["extra"]) == {"kind": "why", "facts": {"颜色": "白"}}
    assert (found["author"], found["copyright"]) == ("某人", "某社")
    assert records(found)["metadata"][0].startswith("category:天文, id:baike:why-1/why")


def test_real_entries(real_data):
    files = sorted((real_data / "encyclopedia" / "baike").glob("*/info.txt"))
    found = [
        {"source": "baike"} | each
        for path in files
        for each in read(Raw(str(path), "d", "", 1, data=path.read_bytes()))
    ]
    assert len(found) == 778
    made = records(*found)
    assert made.height == 775  # three entries hold no text
    assert not made["instruction"].str.contains(r"^[.·。]").any()
    begins = made["instruction"].str.slice(0, 2).value_counts()["count"].max()
    assert begins < 778 / 4
