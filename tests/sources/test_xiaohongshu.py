"""Xiaohongshu: cards and notes of a page's state, rows, and which notes stand without their pictures."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cqia.errors import NotADocument, Unreadable
from cqia.readers.raw import Raw
from cqia.readers.xiaohongshu import count
from cqia.rules.measure import fire, measure
from cqia.schema import DOCUMENT, Document
from cqia.sources.xiaohongshu import EDITS, RULES, XIAOHONGSHU
from cqia.tasks.edits import edit

NOTE = (Path(__file__).resolve().parents[1] / "data/xiaohongshu/note.html").read_bytes()


def read(data: bytes | str | None = None, row: dict[str, Any] | None = None) -> list[Document]:
    data = data.encode() if isinstance(data, str) else data
    return list(XIAOHONGSHU.read(Raw("page.html", "d", "", 0, data=data, row=row)))


def fired(**fields: Any) -> list[str]:
    """The rules that fire on a good note with these fields."""
    text = "".join(f"第{chr(0x4E00 + n)}步，把{chr(0x5200 + n)}洗净晾干。" for n in range(60))
    good: Document = {"id": "n", "title": "晾东西", "text": text, "media": []}
    one = pl.DataFrame([{name: (good | fields).get(name) for name in DOCUMENT}], schema=DOCUMENT)  # type: ignore[operator]
    values = measure(one, [rule.value for rule in RULES]).select(rule.value.alias(rule.name) for rule in RULES)
    return [rule.name for rule in RULES if values.select(fire(rule)).item()]


def test_a_note_and_the_cards_beside_it() -> None:
    note, card = read(NOTE)
    assert (note["id"], note["title"], note["author"]) == ("note-64a1b2", "阳台/种葱记", "葱花")
    assert note["text"] == "第一天：泡一夜。\n第二天：种下去。\n#种菜[话题]# #阳台[话题]#"
    assert (note["likes"], note["comments"], note["tags"]) == (15_000, None, ["种菜"])
    assert note["created"] == datetime(2023, 7, 22, 4, 26, 40, tzinfo=UTC)
    assert note["media"] == [{"kind": "image", "url": "https://img.example/1.jpg"}]
    assert json.loads(note["extra"] or "") == {"type": "normal", "collected": 1000}
    assert (card["id"], card["title"], card["text"], card["likes"]) == ("note-64a1b3", "三分钟学会叠衣服", None, 423)
    assert (card["author"], [medium["kind"] for medium in card["media"] or []]) == ("叠叠", ["video"])


def test_a_row() -> None:
    row = {
        "note_id": "64a1", "title": "种葱", "content": "泡一夜。", "likes": "1.2万", "tags": ["菜"], "author": "葱花",
        "created": 1_690_000_000, "images": ["https://a.example/1.jpg"], "video": True,
    }  # fmt: skip
    (found,) = read(row=row)
    assert (found["id"], found["text"], found["likes"], found["tags"]) == ("note-64a1", "泡一夜。", 12_000, ["菜"])
    assert [medium["kind"] for medium in found["media"] or []] == ["image", "video"]
    (bare,) = read(row={"content": "只有正文"})
    assert all(
        bare.get(name) is None for name in ("id", "url", "title", "likes", "comments", "created", "author", "tags")
    )


@pytest.mark.parametrize(
    ("shown", "number"),
    [("423", 423), ("1.5万", 15_000), ("1千+", 1000), ("10w+", 100_000), (7, 7), ("赞", None), ("", None), (None, None),
     (True, None), ("1.2.3万", None), ("9" * 50, None)],
)  # fmt: skip
def test_counts_as_the_site_shows_them(shown: object, number: int | None) -> None:
    assert count(shown) == number


@pytest.mark.parametrize(
    ("page", "kind", "reason"),
    [
        ("<html><body>请先登录</body></html>", NotADocument, "login_wall"),
        ("<html><body>空</body></html>", NotADocument, "no_notes"),
        ("<html><script>window.__INITIAL_STATE__={\"feed\":{\"feeds\":[]}}</script></html>", NotADocument, "no_notes"),
        ("<html><script>window.__INITIAL_STATE__={\"a\":</script></html>", Unreadable, "bad_state"),
        ("<html><script>window.__INITIAL_STATE__=" + "[" * 100_000 + "</script></html>", Unreadable, "bad_state"),
        ("<html><script>window.__INITIAL_STATE__=\"" + '\\"' * 100_000 + "</script></html>", Unreadable, "bad_state"),
    ],
)  # fmt: skip
def test_other_pages_say_what_they_are(page: str, kind: type[NotADocument | Unreadable], reason: str) -> None:
    start = time.process_time()
    with pytest.raises(kind) as raised:
        read(page)
    assert raised.value.reason == reason
    assert time.process_time() - start < 2


def test_a_row_of_another_shape_says_what_was_expected() -> None:
    with pytest.raises(Unreadable, match="note_id, title, content"):
        read(row={"title": "a"})


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("", None),
        ("写信到 a@example.com。", None),
        ("地图和图书馆都查过了，3.5个小时。", None),
        ("谢谢@小王 的建议", "mentions"),
        ("灵感来自 @Lily_home ！", "mentions"),
        ("做法如下图", "pointing"),
        ("成品看P3", "pointing"),
        ("步骤二 P3", "pictures"),
        ("左滑有惊喜", "pictures"),
        ("完整过程在视频里", "pictures"),
        ("抽3位姐妹送礼物", "giveaway"),
        ("加我微信 abc12345 领取", "contact"),
    ],
)
def test_what_a_note_must_not_hold(more: str, reason: str | None) -> None:
    text = "".join(f"第{chr(0x4E00 + n)}步，把{chr(0x5200 + n)}洗净晾干。" for n in range(60))
    assert fired(text=text + more)[:1] == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"text": None}, "no_text"),
        ({"text": "字" * 499}, "length"),
        ({"text": "字" * 2001}, "length"),
        ({"text": "字" * 490 + " #话题很长很长[话题]# #又一个话题"}, "length"),
        ({"title": None}, "no_title"),
        ({"media": [{"kind": "video", "url": "v"}]}, "video"),
    ],
)
def test_rules(fields: dict[str, Any], reason: str) -> None:
    assert fired(**fields)[0] == reason


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("种葱。\n#种菜[话题]# #阳台[话题]#\n", "种葱。"),
        ("种葱 #种菜 #阳台", "种葱"),
        ("今天#种菜[话题]#，明天收", "今天#种菜，明天收"),
        ("色号#3，#5 都好看", "色号#3，#5 都好看"),
    ],
)
def test_topics(before: str, after: str) -> None:
    assert edit("output", before, EDITS)[0] == after


def test_edits_are_quick_on_hostile_text() -> None:
    start = time.process_time()
    for text in ("#a         " * 5_000 + "x", "#" * 50_000, "# " * 50_000, " " * 50_000):
        edit("output", text, EDITS)
    assert time.process_time() - start < 3


def test_wordings_are_many_and_do_not_all_name_the_site() -> None:
    (task,) = XIAOHONGSHU.tasks
    assert len(set(task.wordings)) == len(task.wordings) >= 10
    assert all("{title}" in wording for wording in task.wordings)
    assert len({wording[:2] for wording in task.wordings}) >= 8
    assert sum("小红书" in wording for wording in task.wordings) * 2 < len(task.wordings)


def test_real_pages_have_their_cards(real_data: Path) -> None:
    for path in sorted((real_data / "web/xiaohongshu").glob("*.html")):
        found = read(path.read_bytes())
        assert len(found) == 35
        assert all(
            d["id"] and d["title"] and d["author"] and d["likes"] is not None and d["text"] is None for d in found
        )
