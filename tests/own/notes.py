"""笔记: a small source of one's own, used by the tests of the house and an example of the form.

One JSON object a line, with ``id, title, text, likes, author, url, genre`` as wanted, each of any type. A row with
``do`` says what shall go wrong.

    {"id": "n1", "title": "怎么给茶壶除垢？", "text": "倒一勺小苏打，加热水泡半小时。", "likes": 12}
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable

import polars as pl

from cqia.errors import NotADocument, Unreadable
from cqia.readers.raw import Raw
from cqia.rules.rule import Rule
from cqia.schema import Document
from cqia.sources.source import Edit, Published, Quota, Source, Task

FIELDS = ("id", "title", "text", "likes", "author", "url")


def read(raw: Raw) -> Iterable[Document]:
    """The note of a row; whatever type a field has, it is handed on for collect to judge."""
    row = raw.row
    if row is None:
        raise Unreadable("unknown_shape", f"{raw.path} holds no rows of notes")
    match row.get("do"):
        case "exit":
            os._exit(7)
        case "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "sleep":
            time.sleep(60)
        case "raise":
            raise RuntimeError("这一行让读取器出错")
        case "wall":
            raise NotADocument("login_wall", "只有登录框")
        case "twice":
            yield {"id": f"{row['id']}-一", "text": "一页里的第一条，写得不长也不短。", "likes": 9}
            yield {"id": f"{row['id']}-二", "text": "一页里的第二条，说的是另一件事情。", "likes": 8}
            return
        case "nothing":
            return
    document: Document = {name: row[name] for name in FIELDS if row.get(name) is not None}  # type: ignore[assignment]
    if isinstance(genre := row.get("genre"), str):
        document["tags"] = [genre]
    yield document


NOTES = Source(
    name="notes",
    title="笔记",
    kind="Yours",
    description="短小的生活笔记",
    licence="写给测试用，随意使用",
    exercised_on="written samples",
    read=read,
    rules=(
        Rule(
            name="short", why="the text is too short", value=pl.col("text").str.len_chars(), at_least=5, missing="drop"
        ),
        Rule(name="likes", why="too few likes", value=pl.col("likes"), at_least=3, missing="keep"),
        Rule(
            name="advert",
            why="the text asks to be called",
            value=pl.col("text").str.contains("加微信"),
            missing="keep",
            detail=pl.col("text").str.extract("(加微信.{0,4})"),
        ),
    ),
    edits=(Edit("courtesy", "^谢邀[，。]?", ""),),
    tasks=(
        Task(
            name="answer",
            wordings=("{title}", "请回答：{title}", "有人问：{title} 你怎么看？"),
            fields={"title": pl.coalesce("title", pl.lit("无题"))},
            output=pl.col("text"),
            major=("问答",),
            minor=("生活",),
            domain=("通用",),
        ),
    ),
    at_least=1.0,
    published=Published("notes", {"answer": "answers"}),
)

#: The same notes, as a source with a quota over genres and a rank by likes, and no judge.
RANKED = Source(
    name="ranked",
    title="榜上笔记",
    kind="Yours",
    description="每类取几条的笔记",
    licence="写给测试用，随意使用",
    exercised_on="written samples",
    stages=("collect", "filter", "assign", "review", "release"),
    read=read,
    rules=(Rule(name="rank", why="not among the most liked", value=pl.col("rank"), at_most=8, missing="drop"),),
    rank=pl.col("likes"),
    tasks=NOTES.tasks,
    quota=Quota(4, by=pl.col("tags").list.first()),
    published=Published("ranked", {"answer": "answers"}),
)
