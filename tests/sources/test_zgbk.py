"""Encyclopedia of China: an entry and each of its sections, once."""

import polars as pl
import pytest

from cqia.errors import Unreadable
from cqia.readers.raw import Raw
from cqia.schema import DOCUMENT
from cqia.sources.zgbk import ZGBK, read
from cqia.stages import assign

ROW = {
    "id": "9", "title": "雾星", "category": "天文学,物理学", "author": "某某", "text": "一种想象中的天体。",
    "sections": {"成因": "由雾气凝成。", "参考书目": "某书。", "观测": "夜里可见。"},
}  # fmt: skip


def documents(**more):
    return list(read(Raw("a.jsonl", "d", "row=0", 1, row=ROW | more)))


def test_an_entry_and_its_sections_are_documents_of_their_own():
    found = documents()
    assert [(each["id"], each["text"]) for each in found] == [
        ("9", "一种想象中的天体。"), ("9-1", "由雾气凝成。"), ("9-2", "夜里可见。")
    ]  # fmt: skip
    assert all(each["title"] == "雾星" and each["author"] == "某某" for each in found)


def test_an_entry_without_a_lead_keeps_the_numbers_of_its_sections():
    assert [each["id"] for each in documents(text="")] == ["9-1", "9-2"]
    assert [each["id"] for each in documents(id=None)] == [None] * 3


def test_records():
    frame = pl.DataFrame(
        [each | {"id": f"zgbk:{each['id']}", "source": "zgbk"} for each in documents()], schema=DOCUMENT
    )
    made = assign.apply(frame, pl.DataFrame(), tasks=ZGBK.tasks, edits=(), seed=1).out
    assert made["id"].to_list() == ["zgbk:9/concept", "zgbk:9-1/section", "zgbk:9-2/section"]
    assert made["domain"].to_list() == [["天文学", "物理学"]] * 3
    assert all("雾星" in each for each in made["instruction"])
    assert all(heading in each for heading, each in zip(("", "成因", "观测"), made["instruction"], strict=True))


def test_the_quota_is_over_the_categories():
    frame = pl.DataFrame(documents(), schema=DOCUMENT)
    assert frame.select(ZGBK.quota.by).to_series().to_list() == ["天文学"] * 3
    assert ZGBK.quota.total == 1706


def test_wordings():
    for task in ZGBK.tasks:
        made = {wording.format(name="甲", heading="乙", category="丙") for wording in task.wordings}
        assert len(made) >= 10
        assert len({wording[:2] for wording in made}) >= 8


def test_another_shape_is_quarantined():
    with pytest.raises(Unreadable):
        documents(title=None)
