"""Tieba pages: floors with author, number and time; lists and walls are told apart."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cqia.errors import NotADocument, Unreadable
from cqia.readers.raw import Raw
from cqia.readers.tieba import thread
from cqia.sources.ruozhiba import read

PAGE = (Path(__file__).resolve().parents[1] / "data/tieba/thread.html").read_bytes()


def raw(data: bytes) -> Raw:
    return Raw("page.html", "d", "", len(data), data=data)


def page(body: str, title: str = "鱼【弱智吧】_百度贴吧") -> Raw:
    return raw(f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode())


def floor(number: int, text: str, user: str = "楼主") -> str:
    told = {"author": {"user_name": user}, "content": {"post_id": 900 + number, "thread_id": 77, "post_no": number}}
    return f"<div class='l_post' data-field='{json.dumps(told)}'><div class='d_post_content'>{text}</div></div>"


def test_a_thread_has_its_floors_and_no_adverts() -> None:
    found = thread(raw(PAGE))
    assert (found.id, found.title, found.forum, found.replies) == ("8000001", "鱼为什么不怕淹死", "弱智", 786)
    assert [(f.id, f.number, f.author, f.replies) for f in found.floors] == [
        ("500001", 1, "楼主甲", 7),
        ("500002", 3, None, 0),
    ]
    assert found.floors[0].created == datetime(2024, 8, 5, 8, 56, tzinfo=UTC)
    assert found.floors[1].created is None
    assert found.floors[0].text == "我家的鱼泡了三年水"
    assert found.floors[0].media == ({"kind": "image", "url": "http://x.example/fish.jpg"},)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<div class='s_post_list'><div class='s_post'>一个帖子</div></div>", "list_page"),
        ('<code id="pagelet_html_frs-list/pagelet/thread"><!-- --></code>', "list_page"),
        ("<li class='lzl_single_post'>回复</li>", "no_thread"),
        ("<p>抱歉，贴子已被删除</p>", "removed"),
        ("<p>为了账号安全，请完成安全验证</p>", "captcha"),
        ("<p>请先登录</p>", "login_wall"),
        ("<p>什么都没有</p>", "no_thread"),
    ],
)
def test_a_page_without_floors_says_why(body: str, reason: str) -> None:
    with pytest.raises(NotADocument) as raised:
        thread(page(body, title="百度贴吧"))
    assert raised.value.reason == reason


@pytest.mark.parametrize(("data", "reason"), [(b" \n", "empty"), (PAGE[:-20], "truncated")])
def test_a_broken_page_is_unreadable(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as raised:
        thread(raw(data))
    assert raised.value.reason == reason


def test_odd_fields_of_a_floor_are_unknown() -> None:
    (only,) = thread(
        page("<div class='l_post' data-field='[1]'><div class='tail-info'>9999-99-99 00:00</div></div>")
    ).floors
    assert (only.id, only.number, only.author, only.created, only.text, only.replies) == (None,) * 4 + ("", None)


def test_ruozhiba_takes_the_thread() -> None:
    (found,) = read(raw(b"\xef\xbb\xbf" + PAGE))
    assert (found["id"], found["title"], found["context"]) == (
        "thread-8000001",
        "鱼为什么不怕淹死",
        "我家的鱼泡了三年水",
    )
    assert (found["comments"], found["author"]) == (786, "楼主甲")
    assert json.loads(found["extra"] or "") == {"forum": "弱智"}


def test_ruozhiba_takes_the_jokes_that_a_threads_author_lists() -> None:
    floors = [
        floor(1, "今年的盘点"),
        *(floor(n, f"{n}.第{n}条鱼") for n in range(2, 14)),
        floor(14, "99.我也有", "路人"),
    ]
    found = list(read(page("".join(floors))))
    assert [d["id"] for d in found] == ["thread-77", *(f"post-{900 + n}" for n in range(2, 14))]
    assert (found[1]["title"], found[1]["comments"]) == ("第2条鱼", None)


def test_real_pages(real_data: Path) -> None:
    folder = real_data / "web/tieba"
    for name in ("note_detail.html", "note_comments.html"):
        found = thread(raw((folder / name).read_bytes()))
        assert len(found.floors) == 30
        assert all(f.author and f.number and f.created and f.replies is not None for f in found.floors)
        assert found.title
        assert found.forum
        assert sum(bool(f.text) for f in found.floors) >= 28  # two hold pictures alone
    for name in ("tieba_note_list.html", "search_keyword_notes.html", "note_sub_comments.html"):
        with pytest.raises(NotADocument):
            thread(raw((folder / name).read_bytes()))
