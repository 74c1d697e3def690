"""The Zhihu source: pages, rows, rules, edits, wordings."""

import csv
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.errors import NotADocument, Unreadable
from cqia.readers.raw import Raw
from cqia.schema import DOCUMENT, Document
from cqia.sources.source import Task
from cqia.sources.zhihu import EDITS, RULES, ZHIHU
from cqia.stages import filter as filter_stage
from cqia.tasks.edits import edit

HERE = Path(__file__).resolve().parents[1] / "data/zhihu"
REAL = Path(__file__).resolve().parents[3] / "shared/data/web/zhihu_archive/pages_dev"


def read(data: bytes | None = None, row: dict[str, Any] | None = None) -> list[Document]:
    return list(ZHIHU.read(Raw("page.html", "d", "", 0, data=data, row=row)))


def rows() -> list[dict[str, str]]:
    with (HERE / "rows.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def frame(documents: list[Document]) -> pl.DataFrame:
    """Documents as collect hands them on."""
    filled = [{name: d.get(name) for name in DOCUMENT} | {"id": f"zhihu:{d['id']}"} for d in documents]
    return pl.DataFrame(filled, schema=DOCUMENT)


QUESTION = (HERE / "question.html").read_bytes()


def test_a_question_page_gives_every_answer_in_order() -> None:
    found = read(QUESTION)
    assert [d["id"] for d in found] == [f"answer-900000000{n}" for n in (1, 2, 3, 4)]
    assert {d["title"] for d in found} == {"腌菜为什么能放那么久？"}
    assert {d["context"] for d in found} == {
        "家里的老坛子放了三年还能吃，\n\n里面到底发生了什么？"
    }  # not the shown excerpt
    assert [d["likes"] for d in found] == [1234, 3, 80, 15]
    assert [d["author"] for d in found] == ["坛边人", None, "看图的", "藏着的人"]


def test_an_answer_as_it_stands_in_the_page() -> None:
    first = read(QUESTION)[0]
    assert first["text"] == (
        "谢邀。靠的是**高盐**和乳酸菌。盐水浓度约为 $w=\\frac{m_s}{m_s+m_w}$ 。\n\n## 步骤\n\n1. 洗净晾干\n"
        "2. 码盐压石\n   - 石头要煮过\n\n资料见 http://www.example.org/kimchi\n\n老坛"
    )
    assert first["url"] == "https://www.zhihu.com/question/8000001/answer/9000000001"
    assert first["created"] == datetime(2021, 3, 5, 6, 7, 8, tzinfo=UTC)
    assert (first["comments"], first["tags"]) == (56, ["食品", "发酵"])
    assert first["media"] == [{"kind": "image", "url": "https://pic.example/v2-tan_r.jpg"}]
    assert json.loads(first["extra"] or "") == {
        "question_id": "8000001", "updated": "2021-03-06T00:00:00+00:00", "author_token": "tan-bian-ren",
    }  # fmt: skip


def test_an_excerpt_is_completed_from_the_pages_json_or_marked() -> None:
    assert read(QUESTION)[1]["text"] == "只看到开头这几个字是不够的，全文在这里。"
    without = QUESTION[: QUESTION.index(b'<script id="js-initialData"')] + b"</body></html>"
    found = read(without)
    assert [d["text"] for d in found][1] == "只看到开头这几个字…"
    assert [json.loads(d["extra"] or "").get("truncated") for d in found] == [None, True, None]
    assert [d["context"] for d in found] == ["家里的老坛子放了三年还能吃…"] * 3
    assert [d["tags"] for d in found] == [["食品", "发酵"]] * 3


def test_an_answer_of_pictures_has_no_text() -> None:
    third = read(QUESTION)[2]
    assert third["text"] == ""
    assert [(m["kind"], m["url"]) for m in third["media"] or []] == [
        ("image", "https://pic.example/only.jpg"),
        ("video", "https://www.zhihu.com/video/77"),
    ]


@pytest.mark.parametrize("charset", ["gb18030", "utf-16"])
def test_other_charsets(charset: str) -> None:
    page = QUESTION.decode().replace("\u200b", "").replace('<meta charset="utf-8">', "")
    assert [d["text"] for d in read(page.encode(charset))] == [d["text"] for d in read(QUESTION)]


def test_an_article_page_and_its_record() -> None:
    html = (HERE / "article.html").read_text("utf-8")
    (page,) = read(html.encode())
    assert (page["id"], page["title"], page["author"]) == ("article-7000001", "晒酱记", "酱园学徒")
    assert (page["likes"], page["comments"]) == (13_000, 9)
    assert page["text"] == "三伏天，酱缸要**日晒夜露**。"
    record = {"id": "7000001", "title": "晒酱记", "rawHtml": html, "content": "", "voteupCount": 13141}
    record |= {"createdTime": "2019-08-07 01:02", "author": {"id": "x", "name": "酱园学徒"}, "topics": ["美食"]}
    (row,) = read(row=record)
    assert (row["id"], row["text"], row["likes"], row["tags"]) == ("article-7000001", page["text"], 13141, ["美食"])
    assert row["created"] == datetime(2019, 8, 7, 1, 2, tzinfo=UTC)


def test_rows_of_the_api_as_csv() -> None:
    first, paid = (read(row=dict(row))[0] for row in rows())
    assert first["text"] == "为了**传扭矩**。\n\n受力是 $F=T/r$ 。"
    assert (first["id"], first["likes"], first["comments"], first["author"]) == ("answer-9100000001", 88, 4, "车匠")
    assert first["url"] == "https://www.zhihu.com/question/8100001/answer/9100000001"
    assert first["created"] == datetime(2017, 7, 14, 2, 41, 40, tzinfo=UTC)
    assert (paid["text"], paid["author"], paid["likes"]) == ("先说结论。", None, 0)
    assert json.loads(paid["extra"] or "")["truncated"] is True


ROW: dict[str, Any] = {"type": "answer", "id": 5, "question": {"id": 6, "title": "问"}, "content": "<p>答</p>"}


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({}, "likes", None),  # unknown is null, never 0
        ({"voteup_count": 0}, "likes", 0),
        ({"voteup_count": "7"}, "likes", 7),
        ({"voteup_count": "many"}, "likes", None),
        ({"voteup_count": -1}, "likes", None),
        ({"voteup_count": True}, "likes", None),
        ({"voteup_count": 10**30}, "likes", None),
        ({"created_time": 0}, "created", None),
        ({"created_time": 10**18}, "created", None),
        ({"created_time": float("nan")}, "created", None),
        ({"created_time": "2020-01-01T08:00:00+08:00"}, "created", datetime(2020, 1, 1, tzinfo=UTC)),
        ({"author": {"name": "知乎用户"}}, "author", None),
        ({"author": {"name": "知乎用户AbC"}}, "author", "知乎用户AbC"),
        ({"author": "{'name': '老王', 'x': '\\d'}"}, "author", "老王"),
        ({"author": "{" * 3000}, "author", None),
        ({"author": "__import__('os')"}, "author", None),
        ({"question": "{'id': 6, 'title': '问'}"}, "title", "问"),
        ({"question": {"id": 6, "title": "(3 封私信 / 81 条消息) 问\x14 - 知乎"}}, "title", "问"),
        ({"question": {"title": "半个\ud83d"}}, "title", "半个"),
        ({"id": "../../etc"}, "id", None),
        ({"content": ""}, "text", ""),
        ({"content": None}, "text", ""),
    ],
)
def test_fields_of_rows(change: dict[str, Any], field: str, value: object) -> None:
    (found,) = read(row=ROW | change)
    assert found.get(field) == value
    frame([found])


WALLS = {
    "captcha": "<title>安全验证 - 知乎</title><body>系统监测到您的网络环境存在异常，请点击下方验证按钮进行验证",
    "login_wall": "<title>知乎 - 有问题，就会有答案</title><body><div class=SignContainer>验证码登录 密码登录</div>",
    "not_found": "<title>404 - 知乎</title><body>你似乎来到了没有知识存在的荒原",
    "removed": "<title>知乎</title><body>该内容已被删除",
    "no_answers": "<h1 class=QuestionHeader-title>还没有人答？</h1><button>写回答</button>",
    "list_page": "<div class=List-item><div class=ContentItem>某专栏</div></div>",
    "no_content": "<p>随便什么页面",
}


@pytest.mark.parametrize("reason", WALLS)
def test_pages_without_an_answer_say_why(reason: str) -> None:
    with pytest.raises(NotADocument) as no:
        read(f"<html>{WALLS[reason]}</html>".encode())
    assert no.value.reason == reason
    assert no.value.message


def test_a_profile_with_excerpts_is_a_list() -> None:
    item = "<div class='ContentItem AnswerItem' name=1><div class='RichContent is-collapsed'><span class=RichText>开头…"
    with pytest.raises(NotADocument) as no:
        read(item.encode())
    assert no.value.reason == "list_page"


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "empty"), (b" \n", "empty"), (QUESTION[:-300], "truncated"), (bytes(range(256)) * 9, "unreadable_encoding")],
)
def test_pages_that_cannot_be_read(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as no:
        read(data)
    assert no.value.reason == reason


@pytest.mark.parametrize(
    "row", [{"type": "comment", "content": "顶"}, {"type": "question"}, {"a": 1}, {}, {"content": "x"}]
)
def test_rows_that_are_no_answer(row: dict[str, Any]) -> None:
    with pytest.raises(NotADocument):
        read(row=row)


def test_hostile_nesting_of_answers_is_read_once() -> None:
    nested = "<div class=AnswerItem name=1><span class=RichText>一" * 2_000
    assert len(read(nested.encode())) == 1
    boxes = "<div class=AnswerItem name=1><div class=RichText>" + "<div class=video-box><a class=LinkCard>" * 900 + "底"
    assert len(read(boxes.encode())) == 1


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda data: QUESTION[:3000] + data + QUESTION[3000:]))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found = read(data)
    except (Unreadable, NotADocument):
        return
    frame(found)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "title", "name", "x"]), inner),
    max_leaves=8,
)


columns = [*ROW, "voteup_count", "created_time", "author", "questionId", "topics", "rawHtml", "questionTopics"]


@given(st.dictionaries(st.sampled_from([*columns, "updatedTime", "comment_count", "title"]), json_values))
def test_any_row_is_read_or_refused(row: dict[str, Any]) -> None:
    try:
        found = read(row=row)
    except (Unreadable, NotADocument):
        return
    frame(found)


PROSE = "".join(chr(0x4E00 + 37 * n % 4001) for n in range(6_001))  # no phrase comes twice


def fired(document: dict[str, Any]) -> list[str]:
    """The rules that drop a document."""
    one = frame([{"id": "answer-1", "title": "问题？", "likes": 99, "text": PROSE[:300], "extra": "{}", "media": [],
                  **document}])  # type: ignore[list-item]  # fmt: skip
    status = filter_stage.apply(one, pl.DataFrame(), rules=RULES).status
    return [each["rule"] for each in status["fired"][0]]


@pytest.mark.parametrize(
    ("document", "rules"),
    [
        ({}, []),
        ({"likes": 51}, []),
        ({"likes": 50}, ["likes"]),
        ({"likes": None}, ["likes"]),
        ({"text": PROSE[:199]}, ["short"]),
        ({"text": PROSE}, ["long"]),
        ({"text": " \n"}, ["empty", "short"]),
        ({"text": "", "media": [{"kind": "image", "url": "u"}]}, ["media_only", "empty", "short"]),
        ({"text": None, "media": None}, ["empty", "short"]),
        ({"extra": '{"truncated": true}'}, ["truncated"]),
        ({"extra": None}, []),
        ({"title": " "}, ["no_question"]),
        ({"text": PROSE[:300] + "想要资料的加薇❤信：abc12345，私信我领取"}, ["contact"]),
        ({"text": PROSE[:300] + "\n\n**转自公众号：某某研究生**"}, ["reprint"]),
        ({"text": PROSE[:300] + "如下图所示"}, ["pointing"]),
        ({"text": PROSE[:300] + "谢谢@小明 和@小红 的补充"}, ["mentions"]),
    ],
)
def test_rules(document: dict[str, Any], rules: list[str]) -> None:
    found = fired(document)
    assert found[: len(rules)] == rules
    assert bool(found) == bool(rules)


def edited(text: str) -> str:
    return edit("output", text, EDITS, ZHIHU.mask)[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("谢邀。正文", "正文"),
        ("谢邀~~~\n\n正文", "正文"),
        ("**谢邀**，正文", "正文"),
        ("谢谢邀请！正文", "正文"),
        ("感谢 @小明 邀请，正文", "正文"),
        ("谢 @小明 @小红 的邀请。\n正文", "正文"),
        ("谢邀 @知乎小管家 。正文", "正文"),
        ("泻药，人在厂里", "人在厂里"),
        ("泻药的副作用不小", "泻药的副作用不小"),
        ("谢邀请函已经寄出", "谢邀请函已经寄出"),
        ("感谢邀请我来的朋友", "感谢邀请我来的朋友"),
        ("正文。谢邀。", "正文。谢邀。"),
        ("**谢邀，正文**", "**谢邀，正文**"),  # not half of a pair
        ("谢邀", ""),
        ("感谢邀请回答\n\n正文", "正文"),
        ("不请自来。\n\n正文", "正文"),
        ("不请自来的客人最难招待", "不请自来的客人最难招待"),
        ("正文。\n\n以上。", "正文。"),
        ("正文。\n\n**以上**\n\n谢谢阅读！", "正文。"),
        ("正文。\n————文已完结————", "正文。"),
        ("正文。\n喜欢的朋友收藏时顺手点个赞吧~", "正文。"),
        ("正文。\n他给每个人都点了赞。后来大家都走了。", "正文。\n他给每个人都点了赞。后来大家都走了。"),
        ("正文，以上。", "正文，以上。"),
        ("以上", "以上"),
        ("手机１３８", "手机１３８"),
        ("电话13812345678联系", "电话<手机号>联系"),
        ("打+86 138-1234-5678", "打<手机号>"),
        ("单号138123456789012", "单号138123456789012"),
        ("写信到a.b@example.com吧", "写信到<邮箱>吧"),
    ],
)
def test_edits(before: str, after: str) -> None:
    assert edited(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "\n以上" * 50_000 + "x",
        "正文" + "\n" * 99_999 + "以上x",
        "\n**" * 50_000,
        "谢 " + "@a " * 30_000,
        "a." * 50_000,
        "1" * 100_000,
        "a@" + "b." * 50_000,
        "谢" + " " * 99_999,
        " " * 99_999,
    ],
)
def test_edits_are_quick_on_hostile_text(text: str) -> None:
    start = time.process_time()
    edited(text)
    assert time.process_time() - start < 2


def rendered(task: Task, document: Document) -> list[str]:
    one = frame([document])
    values = {name: one.select(value).item() for name, value in task.fields.items()}
    return [wording.format(**values) for wording in task.wordings]


@pytest.mark.parametrize("task", ZHIHU.tasks, ids=lambda task: task.name)
@pytest.mark.parametrize("context", [None, "坛子里放了三年，\n\n还能吃吗？"])
def test_wordings_are_many_distinct_and_begin_differently(task: Task, context: str | None) -> None:
    found = rendered(task, {"id": "answer-1", "title": "腌菜为什么能放那么久？", "context": context})
    assert len(task.wordings) >= 10
    assert len(set(task.wordings)) == len(task.wordings)
    assert all("腌菜为什么能放那么久？" in text and "None" not in text and text == text.strip() for text in found)
    assert len({text[:2] for text in found}) >= 3
    if context and task.name == "answer":
        assert all("还能吃吗？" in text for text in found)


def test_metadata_is_that_of_the_published_set() -> None:
    answers, articles = frame(read(QUESTION)), frame(read((HERE / "article.html").read_bytes()))
    answer, article = ZHIHU.tasks
    assert (
        answers.select(answer.metadata).to_series().to_list()[0] == "qid:8000001, aid:9000000001, tag:['食品', '发酵']"
    )
    assert articles.select(article.metadata).to_series().to_list() == ["pid:7000001, tag:[]"]
    for documents, task in ((answers, answer), (articles, article)):
        assert documents.select(task.when).to_series().all()
        assert not documents.select(next(t for t in ZHIHU.tasks if t is not task).when).to_series().any()


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real pages in {REAL}")
def test_real_pages_are_read() -> None:
    for path in sorted(REAL.glob("*.html"))[:10]:
        found = read(path.read_bytes())
        assert found
        assert all(d["id"] and d["likes"] is not None and d["title"] for d in found)
        frame(found)
