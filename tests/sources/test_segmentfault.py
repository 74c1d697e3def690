"""SegmentFault: rows and Markdown become answers; pages that are lists are told apart."""

import contextlib
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cqia.errors import NotADocument, Unreadable
from cqia.readers.raw import Raw
from cqia.rules.measure import fire, measure
from cqia.schema import DOCUMENT, Document
from cqia.sources.segmentfault import RULES, SEGMENTFAULT

MARKDOWN = (Path(__file__).resolve().parents[1] / "data/segmentfault/answers.md").read_text("utf-8")
ROW = {
    "question_id": 1010000099000001, "answer_id": "1020000099000002", "title": "怎么给数组去重？",
    "question": "有没有一行的写法？", "answer": "<p>用 <code>Set</code>。</p><img src='https://img.example/a.png'>",
    "votes": 7, "accepted": True, "created": "2020-05-01T00:00:00+08:00", "tags": "javascript, 数组", "author": "某人",
}  # fmt: skip


def read(data: str | None = None, row: dict[str, Any] | None = None) -> list[Document]:
    raw = Raw("a.md", "d", "", 0, data=None if data is None else data.encode(), row=row)
    return list(SEGMENTFAULT.read(raw))


def frame(document: Document) -> pl.DataFrame:
    return pl.DataFrame([{name: document.get(name) for name in DOCUMENT}], schema=DOCUMENT)


def reasons(**fields: Any) -> list[str]:
    """The rules that fire on a good answer with these fields."""
    good: Document = {"title": "怎么去重？", "text": "先用集合去重，再转回数组。" * 12, "likes": 5, "accepted": True,
                      "created": datetime(2020, 1, 1, tzinfo=UTC), "media": []}  # fmt: skip
    one = frame(good | fields)  # type: ignore[operator]
    # Repetition is not what is asked about here.
    rules = [rule for rule in RULES if rule.name != "repeated_ngrams"]
    values = measure(one, [rule.value for rule in rules]).select(rule.value.alias(rule.name) for rule in rules)
    return [rule.name for rule in rules if values.select(fire(rule)).item()]


def test_a_row() -> None:
    (found,) = read(row=ROW)
    assert found["id"] == "answer-1020000099000002"
    assert found["url"] == "https://segmentfault.com/q/1010000099000001/a-1020000099000002"
    assert (found["title"], found["context"], found["text"]) == ("怎么给数组去重？", "有没有一行的写法？", "用 `Set`。")
    assert (found["likes"], found["accepted"], found["author"]) == (7, True, "某人")
    assert found["created"] == datetime(2020, 4, 30, 16, tzinfo=UTC)
    assert found["tags"] == ["javascript", "数组"]
    assert found["media"] == [{"kind": "image", "url": "https://img.example/a.png"}]


def test_what_a_row_does_not_say_is_unknown() -> None:
    (found,) = read(row={"title": "问", "answer": "答 `</p>` 里的标签不是网页", "accepted": "maybe", "votes": "many"})
    assert found["text"] == "答 `</p>` 里的标签不是网页"
    assert all(found.get(name) is None for name in ("id", "url", "likes", "accepted", "created", "author", "tags"))


@pytest.mark.parametrize("row", [{}, {"answer": "a"}, {"title": "a"}])
def test_a_row_of_another_shape_says_what_was_expected(row: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match="title, question, answer"):
        read(row=row)


def test_markdown_is_one_document_an_answer() -> None:
    first, second = read(MARKDOWN)
    assert (first["id"], second["id"]) == ("stackoverflow-123456-1", "stackoverflow-123456-2")
    assert first["title"] == "怎么从两层循环里一次跳出？"
    assert first["context"] == ("只写 break 只能跳出里面一层：\n\n```java\n# 这不是标题\nwhile (true) { break; }\n```")
    assert first["text"] == "给外层循环起个标签，再 break 它。\n\n问题：标签写在哪里都行吗？不行，要紧贴循环。"
    assert second["text"] == "把循环放进一个方法里，直接 return。"
    assert first.get("likes") is None
    assert first.get("accepted") is None


@pytest.mark.parametrize(
    ("text", "title", "context", "answer"),
    [
        ("\ufeff\n\n##题目\n###问题\n甲\n###最佳答案:\n乙", "题目", "甲", "乙"),
        ("题目\n问题：甲\n\n回答：\n乙\n丙", "题目", "甲", "乙\n丙"),
        ("题目\n===\n问题\n---\n甲\n\n回答\n---\n乙", "题目", "甲", "乙"),
        ("题目\n===\n甲，怎么办？\n\n回答\n---\n乙", "题目", "甲，怎么办？", "乙"),
        ("## 题目\n\n开门见山地答。\n\n### 方法1\n乙", "题目", None, "开门见山地答。\n\n### 方法1\n乙"),
        ("### 问题\n甲\n### 答案\nA, B 和 C 都行", None, "甲", "A, B 和 C 都行"),
    ],
)
def test_markdown_as_people_write_it(text: str, title: str | None, context: str | None, answer: str) -> None:
    (found,) = read(text)
    assert (found["title"], found["context"], found["text"]) == (title, context, answer)


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("# 题目\n- [问一](http://a.example)\n- [问二](http://b.example)", NotADocument, "list_page"),
        ("# 题目\n### 问题\n没人回答", NotADocument, "no_answer"),
        ("\n \n", Unreadable, "empty"),
        ("<html><body><a>一个问题的标题</a><a>另一个问题</a>3 回答</body></html>", NotADocument, "list_page"),
        ("<html><body><p>请先登录</p></body></html>", NotADocument, "login_wall"),
        ("<html><body><h1>一个问题</h1><p>没见过的网页</p></body></html>", Unreadable, "unknown_shape"),
        ("<html><body>半截", Unreadable, "truncated"),
    ],
)
def test_what_holds_no_answer_says_why(text: str, kind: type[NotADocument | Unreadable], reason: str) -> None:
    with pytest.raises(kind) as raised:
        read(text)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"accepted": False}, "accepted"),
        ({"accepted": None}, "accepted"),
        ({"likes": 4}, "likes"),
        ({"likes": None}, "likes"),
        ({"created": datetime(2018, 12, 31, 23, tzinfo=UTC)}, "since"),
        ({"created": datetime(2019, 1, 1, tzinfo=UTC)}, None),
        ({"created": None}, "since"),
        ({"title": None, "context": None}, "no_question"),
        ({"text": "太短"}, "short"),
        ({"text": "This is an answer in English only, and quite a long one. " * 4}, "han"),
        ({"text": "```java\n" + "StringBuilder sb = new StringBuilder();\n" * 5 + "```"}, None),
        ({"text": "    StringBuilder sb = new StringBuilder();\n" * 5}, None),
    ],
)
def test_rules(fields: dict[str, Any], reason: str | None) -> None:
    assert reasons(**fields) == ([reason] if reason else [])


@pytest.mark.parametrize("context", [None, "数组里有对象。\n\n该怎么写？", "怎么给数组去重？我用的是 ES6。"])
def test_wordings_are_many_and_ask_once(context: str | None) -> None:
    (task,) = SEGMENTFAULT.tasks
    one = frame({"title": "怎么给数组去重？", "context": context})
    values = {name: one.select(value).item() for name, value in task.fields.items()}
    found = [wording.format(**values).strip() for wording in task.wordings]
    assert len(set(task.wordings)) == len(task.wordings) >= 10
    assert all(text.count("怎么给数组去重") == 1 for text in found)
    assert len({text[:2] for text in found}) >= 5


@pytest.mark.parametrize(
    "text", ["![](" * 200_000, "# " * 200_000, "问题：" * 100_000, "```\n" * 100_000, "a\n---\n" * 100_000]
)
def test_hostile_markdown_is_quick(text: str) -> None:
    start = time.process_time()
    with contextlib.suppress(NotADocument, Unreadable):
        read(text)
    assert time.process_time() - start < 5


def test_real_markdown_and_lists(real_data: Path) -> None:
    files = sorted((real_data / "encyclopedia/tech_qa_markdown/stackoverflow_java_zh").glob("*.md"))
    found, reasons = [], []
    for file in files:
        try:
            found += SEGMENTFAULT.read(Raw(str(file), "d", "", 0, data=file.read_bytes()))
        except NotADocument as error:
            reasons.append(error.reason)
    assert len(found) >= 110
    assert sorted(reasons) == ["list_page", "list_page", "no_answer", "no_answer", "no_answer"]
    assert all(document["title"] or document["context"] for document in found)
    for file in sorted((real_data / "web/devforum_lists").rglob("*.js")):
        with pytest.raises(NotADocument, match="list_page"):
            SEGMENTFAULT.read(Raw(str(file), "d", "", 0, data=file.read_bytes()))
