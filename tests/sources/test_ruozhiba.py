"""Ruozhiba: threads, yearly lists and dumps become documents; only what asks something passes."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from cqia.errors import Unreadable
from cqia.readers.raw import Raw
from cqia.readers.slices import cut, pages
from cqia.schema import DOCUMENT
from cqia.sources.ruozhiba import RUOZHIBA, read

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "ruozhiba"


def row(**fields) -> Raw:
    return Raw("a.json", "d", "row=0", 1, row=fields)


def dump(*posts) -> Raw:
    return Raw("1_dump.jsonl", "d", "", 1, data="\n".join(json.dumps(post) for post in posts).encode())


def post(pid, floor, text, user="楼主") -> dict:
    return {
        "pid": pid,
        "tid": 9,
        "user_name": user,
        "text": text,
        "time": 1_600_000_000,
        "floor": floor,
        "image_links": [],
        "is_comment": False,
    }


def fired(title, name) -> bool:
    rule = next(rule for rule in RUOZHIBA.rules if rule.name == name)
    return bool(pl.DataFrame({"title": [title]}, schema={"title": pl.String}).select(rule.value.fill_null(True)).item())


def test_a_thread():
    (found,) = read(
        row(title="鱼在水里会不会口渴", abs="我家鱼缸里的鱼从来不喝水", href="/p/123?fr=good", lz="某人", n_reply="45")
    )
    assert found == {
        "id": "thread-123", "url": "https://tieba.baidu.com/p/123", "title": "鱼在水里会不会口渴",
        "context": "我家鱼缸里的鱼从来不喝水", "comments": 45, "author": "某人",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("title", "abstract", "expected"),
    [
        ("鱼会口渴", None, ("鱼会口渴", None)),
        ("鱼会口渴", "-", ("鱼会口渴", None)),
        ("鱼会口渴", "鱼 会口渴。", ("鱼 会口渴。", None)),
        ("如果鱼会口渴，那么它", "如果鱼会口渴，那么它喝什么？", ("如果鱼会口渴，那么它喝什么？", None)),
        ("鱼会口渴", "鱼会口渴" + "长" * 300, ("鱼会口渴", None)),
        ("怎 么 才 能 装 睡", None, ("怎么才能装睡", None)),
        (None, None, (None, None)),
        (7, ["x"], (None, None)),
    ],
)
def test_titles_and_abstracts(title, abstract, expected):
    (found,) = read(row(title=title, abs=abstract, href="/p/1"))
    assert (found["title"], found["context"]) == expected


@pytest.mark.parametrize(
    ("replies", "count"),
    [("12", 12), (12, 12), ("", None), (None, None), ("many", None), (-1, None), (True, None), ("9" * 40, None)],
)
def test_reply_counts(replies, count):
    (found,) = read(row(title="a", href="/p/1", n_reply=replies))
    assert found["comments"] == count


@pytest.mark.parametrize(("href", "id"), [("/p/5?x=1", "thread-5"), ("", None), (None, None), ("/f?kw=a", None)])
def test_a_thread_without_a_number_has_no_id_of_its_own(href, id):
    (found,) = read(row(title="a", href=href))
    assert found["id"] == id


@pytest.mark.parametrize(
    ("text", "joke", "place", "rating"),
    [
        ("151、鱼在水里哭，水知道。", "鱼在水里哭，水知道。", 151, None),
        ("38.鱼哭了。", "鱼哭了。", 38, None),
        ("122 鱼哭了。", "鱼哭了。", 122, None),
        ("284*.鱼哭了\n评分：3.53", "鱼哭了", 284, 3.53),
        ("*7. 鱼哭了", "鱼哭了", 7, None),
        ("197“鱼哭了吗？”", "“鱼哭了吗？”", 197, None),
        ("353.\n鱼：哭了", "鱼：哭了", 353, None),
        ("2024年的鱼", "2024年的鱼", None, None),
        ("3条鱼", "3条鱼", None, None),
        ("", None, None, None),
    ],
)
def test_a_listed_joke(text, joke, place, rating):
    (found,) = read(row(author="某人", content=text, l_num=2, ctime="2018-12-24 00:02"))
    assert (found["title"], found["rating"]) == (joke, rating)
    assert json.loads(found["extra"]) == {"floor": 2, "place": place}
    assert found["created"] == datetime(2018, 12, 23, 16, 2, tzinfo=UTC)
    assert "id" not in found


@pytest.mark.parametrize("ctime", [None, "", "yesterday", "0001-01-01 00:00"])
def test_an_unknown_time_is_null(ctime):
    (found,) = read(row(content="a", l_num=1, ctime=ctime))
    assert found["created"] is None


def test_a_thread_that_lists_jokes_is_its_jokes():
    posts = [post(n, n, f"{n}.第{n}条鱼\n评分：4.00") for n in range(1, 13)]
    posts += [post(100, 3, "沙发", "路人"), post(101, 3, "好笑", "路人"), post(102, 50, "5.我也来一条", "路人")]
    found = list(read(dump(post(99, 0, "前言：读前必看"), *posts)))
    assert [document["id"] for document in found] == [f"post-{n}" for n in range(1, 13)]
    assert found[2]["comments"] == 2
    assert found[2]["title"] == "第3条鱼"
    assert found[2]["url"] == "https://tieba.baidu.com/p/9?pid=3"
    assert found[2]["created"] == datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)


def test_any_other_thread_is_its_floors():
    found = list(read(dump(post(1, 1, "鱼会口渴吗"), post(2, 2, "会", "路人"), post(3, 2, "不会", ""))))
    assert [(document["id"], document["comments"]) for document in found] == [("post-1", 0), ("post-2", 1)]


@pytest.mark.parametrize(("data", "reason"), [(b"{", "bad_json"), (b"[1]", "unknown_shape"), (b"\xff", "bad_json")])
def test_a_broken_dump_is_quarantined(data, reason):
    with pytest.raises(Unreadable) as raised:
        list(read(Raw("a_dump.jsonl", "d", "", 1, data=data)))
    assert raised.value.reason == reason


def test_an_unknown_row_says_what_was_expected():
    with pytest.raises(Unreadable, match="there should be href"):
        read(row(instruction="a"))


@pytest.mark.parametrize(
    "title",
    [
        "被冻住的鱼算不算在睡觉？",
        "鱼为什么不怕淹死",
        "为什么鱼不怕淹死，我却怕",
        "為什麼魚不怕淹死",
        "请问鱼缸里的鱼能看见外面的猫吗",
        "我家的鱼最近总是躲着我，怎么办",
        "鱼翻白肚皮了怎么办，在线等，急",
        "一条鱼和一只猫，你先救谁",
        "“鱼”这个字到底有几个点",
        "大家看这条鱼值不值一百块",
        "鱼游泳是为了减肥还是因为不会走路？真想不通",
    ],
)
def test_what_asks_is_a_question(title):
    assert not fired(title, "not_a_question")


@pytest.mark.parametrize(
    "title",
    [
        None,
        "",
        "一条鱼在水里游了二十年终于学会了游泳",
        "“你会游泳吗？”鱼问另一条鱼",
        "谁都知道鱼不会走路",
        "鱼什么也没说就走了",
        "我在鱼缸里放了十几个鱼钩",
        "前几天去看鱼了，好开心",
        "今天我来教你们如何做一条鱼",
        "鱼忘了自己为什么要游泳",
        "鱼怎么会走路？原来它在路上晒成了鱼干，被人提着走。",
        "哪吒闹海以后的鱼",
    ],
)
def test_what_states_is_not(title):
    assert fired(title, "not_a_question")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("大家看图，这条鱼叫什么？", "needs_picture"),
        ("吧主为什么删我的鱼？", "about_the_forum"),
        ("你他妈为什么吃我的鱼？", "toxic"),
    ],
)
def test_other_reasons(title, name):
    assert fired(title, name)
    assert not fired("鱼为什么不怕淹死？", name)


def test_the_bare_question_is_among_ten_wordings():
    wordings = RUOZHIBA.tasks[0].wordings
    assert len(wordings) == len(set(wordings)) >= 10
    assert "{question}" in wordings
    assert all(wording.count("{question}") == 1 for wording in wordings)
    asked = pl.DataFrame({"title": ["鱼会渴吗", "鱼会渴吗？"]}).select(RUOZHIBA.tasks[0].fields["question"]).to_series()
    assert asked.to_list() == ["鱼会渴吗？", "鱼会渴吗？"]


@pytest.mark.skipif(not DATA.exists(), reason="the shared data folder is not here")
def test_every_real_thread_and_joke_is_a_document():
    found = [
        document
        for path in sorted(DATA.rglob("*.json*"))
        for slice in cut(path, slice_bytes=1 << 20, whole=RUOZHIBA.whole)
        for raw in pages(slice)
        for document in read(raw)
    ]
    assert sum((document.get("id") or "").startswith("thread-") for document in found) == 2597
    assert sum("id" not in document for document in found) == 1361
    frame = pl.DataFrame(found, schema=DOCUMENT)
    assert frame["comments"].max() == 14953
    assert frame.filter(pl.col("title").is_not_null()).height > 5500
