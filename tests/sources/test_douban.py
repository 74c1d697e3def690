"""Douban: subjects and long reviews, three tasks, and what is no task."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cqia.errors import NotADocument, Unreadable
from cqia.readers.raw import Raw
from cqia.rules.measure import fire, measure
from cqia.schema import DOCUMENT, Document
from cqia.sources.douban import DOUBAN, RULES
from cqia.stages.assign import apply

HERE = Path(__file__).resolve().parents[1] / "data/douban"
FILM, BOOK = (HERE / "film.html").read_bytes(), (HERE / "book.html").read_bytes()


def read(data: bytes | str | None = None, row: dict[str, Any] | None = None) -> list[Document]:
    data = data.encode() if isinstance(data, str) else data
    return list(DOUBAN.read(Raw("page.html", "d", "", 0, data=data, row=row)))


def frame(documents: list[Document]) -> pl.DataFrame:
    """Documents as collect hands them on."""
    rows = [{name: d.get(name) for name in DOCUMENT} | {"id": f"douban:{d['id']}"} for d in documents]
    return pl.DataFrame(rows, schema=DOCUMENT)


def subject(**fields: Any) -> Document:
    (found,) = read(row={"type": "movie", "id": 1, "name": "渡口来信", "summary": "长" * 210 + "。", **fields})
    return found


def review(**fields: Any) -> Document:
    about = {"type": "tv", "id": 1, "name": "渡口来信"}
    (found,) = read(row={"type": "review", "id": 3, "subject": about, "title": "等船", "content": "评" * 900, **fields})
    return found


def fired(document: Document) -> list[str]:
    values = measure(frame([document]), [rule.value for rule in RULES])
    named = values.select(rule.value.alias(rule.name) for rule in RULES)
    # Invented texts of one character repeat themselves, which is not asked about here.
    return [rule.name for rule in RULES if named.select(fire(rule)).item() and not rule.name.startswith("repeated")]


def records(*documents: Document) -> pl.DataFrame:
    return apply(frame(list(documents)), pl.DataFrame(), tasks=DOUBAN.tasks, edits=(), seed=1).out


def test_a_film() -> None:
    film = read(FILM)[0]
    assert (film["id"], film["title"], film["rating"], film["tags"]) == (
        "subject-9000001",
        "渡口来信",
        8.6,
        ["剧情", "悬疑"],
    )
    assert film["text"] == "渡口的邮差收到一封写给死者的信。\n他决定替死者回信，却在第三封里读到了自己的名字。"
    extra = json.loads(film["extra"] or "")
    assert extra["kind"] == "movie"
    assert extra["directors"] == ["林一"]
    assert extra["writers"] == ["周二", "吴三"]
    assert extra["cast"] == ["郑四", "王五"]
    assert extra["countries"] == ["中国大陆", "日本"]
    assert (extra["original"], extra["year"], extra["votes"]) == ("Letters from the Ferry", 1997, 4321)


def test_every_long_review_of_a_page() -> None:
    _, first, second = read(FILM)
    assert (first["id"], first["title"], first["author"]) == ("review-700001", "信里没有写的", "看船的人")
    assert (first["likes"], first["comments"], first["rating"]) == (120, 15, 8.0)
    assert first["created"] == datetime(2015, 6, 7, 0, 9, 10, tzinfo=UTC)
    assert first["text"] == "开头那一场雾拍得极好，后来就..."
    assert json.loads(first["extra"] or "") == {
        "kind": "movie", "subject": "渡口来信", "subject_id": "9000001", "useless": 3, "truncated": True,
        "spoiler": True, "review": True,
    }  # fmt: skip
    assert second["text"] == "整片都在等船。\n\n船没有来。"
    assert "truncated" not in json.loads(second["extra"] or "")
    assert (second["likes"], second["comments"], second["rating"], second["created"]) == (None, None, None, None)


def test_a_book_and_its_author() -> None:
    (book,) = read(BOOK)
    extra = json.loads(book["extra"] or "")
    assert (book["id"], book["rating"], book["text"]) == (
        "subject-9000002",
        None,
        "一家当铺三代人的账。\n\n账里有米价，也有人心。",
    )
    assert (extra["kind"], extra["authors"], extra["year"]) == ("book", ["[英] 安·某某"], 2012)
    assert extra["about_author"] == "安·某某，生于海边。"


def test_a_series_is_known_without_json() -> None:
    page = FILM.decode().replace('"@type": "Movie"', '"@type": "?"').replace("类型:", "集数:")
    assert json.loads(read(page)[0]["extra"] or "")["kind"] == "tv"


@pytest.mark.parametrize(
    ("title", "body", "reason"),
    [
        ("某张唱片 (豆瓣)", "", "not_a_book_film_or_tv"),
        ("灯下旧账 全部版本(31)", "", "list_page"),
        ("豆瓣", "检测到有异常请求从你的 IP 发出", "captcha"),
        ("页面不存在", "", "not_found"),
        ("别的网站", "一句话", "no_content"),
    ],
)
def test_other_pages_say_what_they_are(title: str, body: str, reason: str) -> None:
    with pytest.raises(NotADocument) as raised:
        read(f"<html><head><title>{title}</title></head><body>{body}</body></html>")
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    "row", [{}, {"type": "movie"}, {"type": "music", "name": "a"}, {"type": "review", "content": "a"}]
)
def test_a_row_of_another_shape_says_what_was_expected(row: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match="type book, movie or tv"):
        read(row=row)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (subject(), None),
        (subject(summary=""), "no_text"),
        (subject(summary="太短。"), "short_synopsis"),
        (subject(summary="长" * 210), "unfinished"),
        (subject(summary="Only in English, word after word. " * 10), "han"),
        (review(), None),
        (review(content="太短"), "short_review"),
        (review(content="长" * 7000), "long"),
        (review(truncated=True), "truncated"),
        (review(title=""), "no_title"),
        (review(subject={"type": "tv"}), "no_name"),
        (review(votes=3, useless=9), "useful"),
        (review(votes=1, useless=3), None),
        (review(content="转自某处。" + "评" * 900), "reprint"),
    ],
)
def test_rules(document: Document, reason: str | None) -> None:
    assert fired(document)[:1] == ([reason] if reason else [])


FULL: dict[str, Any] = {
    "rating": 8.6,
    "genres": ["剧情", "科幻"],
    "countries": ["日本"],
    "year": 1997,
    "cast": ["甲", "乙"],
}


def test_a_subject_is_a_synopsis_and_a_recommendation() -> None:
    found = records(subject(**FULL, summary="他收到一封信。信里有他的名字。后来的事没有人知道。"))
    assert found["task"].to_list() == ["movie_synopsis", "movie_recommendation"]
    asked, answer = found["instruction"][1], found["output"][1]
    assert any(word in asked for word in ("科幻片", "日本", "90年代", "8", "甲"))
    assert answer == (
        "可以看看《渡口来信》（1997年）。\n- 豆瓣评分：8.6\n- 类型：剧情、科幻\n- 主演：甲、乙\n- 国家/地区：日本\n\n"
        "他收到一封信。信里有他的名字。"
    )
    assert found["metadata"][0] == "subject:1, rating:8.6, id:douban:subject-1/movie_synopsis"


@pytest.mark.parametrize("without", ["rating", "genres", "countries", "year", "cast"])
def test_nothing_is_recommended_that_is_not_known(without: str) -> None:
    assert records(subject(**{**FULL, without: None}))["task"].to_list() == ["movie_synopsis"]


def test_a_low_rating_is_not_recommended() -> None:
    assert records(subject(**FULL | {"rating": 7.9}))["task"].to_list() == ["movie_synopsis"]


@pytest.mark.parametrize(
    ("fields", "task", "file"),
    [
        ({"genres": ["喜剧", "动画"]}, "movie_anime_synopsis", "movie_anime_synopsis_more_prompt"),
        ({"type": "tv", "genres": ["纪录片"]}, "tv_documentary_synopsis", "tv_documentary_synopsis_more_prompt"),
        ({"type": "book"}, "book_introduction", "book_introduce"),
    ],
)
def test_each_form_has_its_file(fields: dict[str, Any], task: str, file: str) -> None:
    (made,) = records(subject(**fields))["task"].to_list()
    assert made == task
    assert DOUBAN.published.files[made] == file


def test_every_task_has_a_file() -> None:
    assert set(DOUBAN.published.files) == {task.name for task in DOUBAN.tasks}


def test_the_author_of_a_book_is_introduced_in_chinese_and_by_name() -> None:
    about = "安·某某，生于海边。" + "写过许多书。" * 20
    book = {"type": "book", "authors": ["[英] 安·某某"]}
    tasks = [
        records(subject(**book, about_author=text))["task"].to_list()
        for text in (about, about[6:], "An was born. " * 20)
    ]
    assert tasks == [["book_introduction", "author_introduction"], ["book_introduction"], ["book_introduction"]]


def test_a_review_begins_with_its_title() -> None:
    (made,) = records(review()).to_dicts()
    assert made["task"] == "tv_review"
    assert made["output"].startswith("## 等船\n\n评评")
    assert made["task_type"] == {"major": ["豆瓣"], "minor": ["剧评", "电视剧"]}


@pytest.mark.parametrize("task", DOUBAN.tasks, ids=lambda task: task.name)
def test_wordings_are_many_and_begin_differently(task: Any) -> None:
    kind = task.name.split("_")[0].replace("author", "book")
    book = {"authors": ["安·某某"], "about_author": "安·某某，生于海边。"}
    made = review(stars=4) if task.name.endswith("review") else subject(**FULL, **book, type=kind)
    one = frame([made])
    values = {name: one.select(value).item() for name, value in task.fields.items()}
    assert all(value is not None for value in values.values())
    found = [wording.format(**values) for wording in task.wordings]
    assert len(set(found)) == len(task.wordings) >= 10
    assert len({text[:2] for text in found}) >= 7
    assert sum("推荐" in text[:4] for text in found) <= 1  # the published ones all begin so


def test_real_pages(real_data: Path) -> None:
    """Rating, cast, summary and every long review of each page."""
    counts = {"1089243": 9, "35902899": 0, "1920763": 10, "3541415": 10, "3627919": 10}
    other = []
    for path in sorted((real_data / "web/douban").glob("*.html")):
        try:
            first, *reviews = read(path.read_bytes())
        except NotADocument as error:
            other.append(error.reason)
            continue
        assert len(reviews) == counts.pop((first["id"] or "").removeprefix("subject-"))
        assert len(first["text"] or "") > 200
        assert all(
            r["title"] and r["author"] and r["created"] and r["rating"] and len(r["text"] or "") > 50 for r in reviews
        )
        extra = json.loads(first["extra"] or "")
        if extra["kind"] != "book":
            assert first["rating"]
            assert extra["cast"]
            assert extra["directors"]
            assert extra["year"]
    assert counts == {}
    assert sorted(other) == ["list_page", *["not_a_book_film_or_tv"] * 4]
