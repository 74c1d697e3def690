"""The general reader: main text, title, author and date of pages that nobody wrote a reader for."""

import contextlib
import json
import re
import textwrap
import time
from datetime import UTC, datetime, timedelta

import pytest

from cqia.errors import NotADocument, Unreadable
from cqia.readers.article import article
from cqia.readers.article_head import BEIJING, moment

SENTENCES = [
    "清晨，镇上的老茶馆照例在六点开门，炉子上的水已经滚了。",
    "掌柜说，这把铜壶用了四十年，壶嘴换过两次，壶身还是原来的。",
    "客人多是附近的船工，喝完一碗热茶，便各自去码头上工。",
    "到了中午，茶馆里只剩下风声，偶尔有人进来避雨。",
]
BODY = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
LINKS = "".join(f'<li><a href="/{n}">别的新闻标题第{n}条，点这里看</a></li>' for n in range(30))


def page(body: str = BODY, head: str = "<title>老茶馆的一天_小镇日报</title>", around: str = "{}") -> bytes:
    content = around.format(f'<h1>老茶馆的一天</h1><div class="info">2031-03-04 08:30 来源：小镇日报 作者：林某</div>'
                            f'<div class="c1">{body}</div>')  # fmt: skip
    return (
        f"<html><head>{head}</head><body><div class='nav'><ul>{LINKS}</ul></div><div id='w'>{content}</div>"
        f"<div class='sidebar'><ul>{LINKS}</ul></div>"
        "<div class='footer'>版权所有，未经许可不得转载，违者必究。</div></body></html>"
    ).encode()


def test_text_title_author_publisher_and_date():
    found = article(page())
    assert found.text == "\n\n".join(SENTENCES)
    assert found.title == "老茶馆的一天"
    assert (found.author, found.publisher) == ("林某", "小镇日报")
    assert found.created == datetime(2031, 3, 4, 8, 30, tzinfo=BEIJING)


@pytest.mark.parametrize(
    "around",
    [
        "<table><tr><td>{}</td><td><a href='/'>首页</a></td></tr></table>",
        "<section><article><main>{}</main></article></section>",
        "<div><div class='left'><div>{}</div></div><div class='right-bar'><p>热门话题，都来说说吧。</p></div></div>",
    ],
)
def test_the_place_of_the_text_does_not_matter(around):
    assert article(page(around=around)).text == "\n\n".join(SENTENCES)


@pytest.mark.parametrize(
    "after",
    [
        "<div class='comments'><p>楼上说得对，我也常去，茶好喝。</p></div>",
        "<h3>为你推荐</h3><p>另一篇文章的开头，讲的是别的事情。</p>",
        "<p>责任编辑：某某</p><p>分享到：</p>",
        "<p>（编辑：某某）</p>",
        "<p><b>责编：某某</b></p><p>(综合整理自小镇网、码头报)</p>",
        "<p>（林某某）</p>",
        "<p>小镇日报记者 林某</p>",
        "<p>宣传科、后勤科供稿 摄影/林某 编辑/王某</p>",
        f"<ul>{LINKS}</ul>",
    ],
)
def test_what_follows_the_text_is_not_of_it(after):
    assert article(page(BODY + after)).text == "\n\n".join(SENTENCES)


def test_credits_behind_the_last_sentence_go_and_a_remark_stays():
    assert article(page(BODY.replace("避雨。", "避雨。（文/图 林某）"))).text == "\n\n".join(SENTENCES)
    remark = "（应受访者要求，文中掌柜为化名。）"
    assert article(page(BODY + f"<p>{remark}</p>")).text == "\n\n".join([*SENTENCES, remark])


@pytest.mark.parametrize(
    "caption",
    ["图为茶馆的铜壶。（林某摄）", "▲图片来自视频截图。", "图片来源：小镇网", "船工在喝茶。码头办供图", "资料图"],
)
def test_captions_go_with_their_pictures(caption):
    body = BODY.replace("</p><p>", f"</p><p><img src='/a.jpg'></p><p><strong>{caption}</strong></p><p>", 1)
    assert article(page(body)).text == "\n\n".join(SENTENCES)


def test_indents_and_icons_of_a_font_leave_nothing():
    body = BODY.replace("<p>", "<p>\u3000\u3000").replace("</p>", "<i>\ue60e</i></p>")
    assert article(page(body)).text == "\n\n".join(SENTENCES)


def test_pictures_are_listed_and_leave_nothing():
    found = article(page(BODY + '<p><img src="https://a.example/1.jpg"></p>'))
    assert found.media == ({"kind": "image", "url": "https://a.example/1.jpg"},)
    assert found.text == "\n\n".join(SENTENCES)


def test_code_stays_exact_and_numbered_code_loses_its_numbers():
    code = "if a < b:\n    print('x')  # 一\n\n    y()"
    html = code.replace("<", "&lt;")
    assert f"```\n{code}\n```" in article(page(f"{BODY}<pre>{html}</pre>")).text
    rows = "".join(f'<div class="line">{line}</div>' for line in html.split("\n"))
    table = (
        f"<table><tr><td><div>1</div><div>2</div><div>3</div><div>4</div></td><td><div>{rows}</div></td></tr></table>"
    )
    assert f"```\n{code}\n```" in article(page(BODY + table)).text


def test_a_table_of_data_stays_a_table():
    rows = "".join(f"<tr><td>第{n}名</td><td>某校</td><td>{n * 7}分</td></tr>" for n in range(1, 30))
    text = article(page(f"<table>{rows}</table>")).text
    assert text.count("\n| 第") == 28
    assert "| 第29名 | 某校 | 203分 |" in text


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>老茶馆的一天 - 小镇日报</title>", "老茶馆的一天"),
        ("<title>小镇日报</title><meta property='og:title' content='老茶馆的一天（图）'>", "老茶馆的一天（图）"),
        ("", "老茶馆的一天"),
    ],
)
def test_titles(head, title):
    assert article(page(head=head)).title == title


@pytest.mark.parametrize(
    ("meta", "created"),
    [
        ('<meta property="article:published_time" content="2030-01-02T03:04:05+08:00">', "2030-01-02T03:04:05+08:00"),
        ('<meta name="PubDate" content="2030-01-02 03:04">', "2030-01-02T03:04:00+08:00"),
        ('<script type="application/ld+json">{"datePublished": "2030-01-02T03:04:05Z"}</script>',
         "2030-01-02T03:04:05+00:00"),
    ],
)  # fmt: skip
def test_dates_in_the_head_come_first(meta, created):
    assert article(page(head=meta)).created == datetime.fromisoformat(created)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021年3月5日 14:05", datetime(2021, 3, 5, 14, 5, tzinfo=BEIJING)),
        ("2021/03/05", datetime(2021, 3, 5, tzinfo=BEIJING)),
        ("2021.3.5 14时05分", datetime(2021, 3, 5, 14, 5, tzinfo=BEIJING)),
        ("2021-02-30", None),
        ("12021-02-03", None),
        ("没有日期", None),
    ],
)
def test_moments(text, expected):
    assert moment(text) == expected


def test_gb18030_and_big5():
    for charset, text in (("gb18030", BODY), ("big5", BODY.replace("镇", "鎮").replace("铜", "銅"))):
        plain = re.sub("<[^>]+>", "", text)
        if charset == "big5":
            plain = "".join(c for c in plain if c.encode("big5", "ignore"))
            text = f"<p>{plain}</p>"
        data = f"<html><head><meta charset={charset}></head><body><div>{text}</div></body></html>".encode(charset)
        assert plain[:10] in article(data).text


@pytest.mark.parametrize("body", ["", f"<ul>{LINKS}</ul>", "<form>请输入</form>", "<p>很短</p>"])
def test_a_page_without_running_text_is_no_document(body):
    with pytest.raises(NotADocument) as raised:
        article(f"<html><body>{body}</body></html>".encode())
    assert raised.value.reason == "no_content"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("该内容已被作者删除", "removed"),
        ("系统检测到异常请求，请完成安全验证", "captcha"),
        ("您访问的页面不存在", "not_found"),
        ("登录后查看全文", "login_wall"),
    ],
)
def test_a_page_that_says_why_it_holds_nothing_is_dropped_for_that(said, reason):
    with pytest.raises(NotADocument) as raised:
        article(page(f"<p>{said}</p>", around="{}"))
    assert raised.value.reason == reason
    assert article(page(f"<p>{said}</p>{BODY}")).text.endswith(SENTENCES[-1]), "a text may speak of it"


def test_an_empty_page_is_unreadable():
    with pytest.raises(Unreadable):
        article(b"  \n")


@pytest.mark.parametrize(
    "html",
    ["<div>" * 10_000 + BODY, "<div><p>" + "一，" * 500_000, "<p>甲，</p>" * 60_000, "<a href=x>" * 20_000 + BODY,
     f"<div class='{'x-' * 200_000}'>{BODY}</div>", "<table><tr><td>" * 3_000 + BODY],
)  # fmt: skip
def test_hostile_pages_cost_seconds_at_most(html):
    start = time.process_time()
    with contextlib.suppress(Unreadable, NotADocument):
        article(f"<html><body>{html}</body></html>".encode())
    assert time.process_time() - start < 10


def test_real_news(real_data):
    folder = real_data / "web" / "news"
    pages = sorted(folder.rglob("*.html"))
    found = {str(path.relative_to(folder)): article(path.read_bytes()) for path in pages}
    assert len(found) == 27
    assert all(len(each.title) >= 10 for each in found.values())
    assert sum(each.created is not None for each in found.values()) == 27
    for name, each in found.items():
        assert len(each.text) > 150, name
        last = each.text.rstrip().split("\n")[-1]
        assert not re.search("责任编辑|为你推荐|相关新闻|上一篇|返回.*首页|Copyright", last), name


def test_real_blogs_keep_code_and_tables(real_data):
    """Against people's marking: every block of code and every table is there, character for character but for the
    blanks at the ends of lines, which the marking lacks, and the indent of a list that the code stands in."""
    folder = real_data / "web" / "blogs"
    codes = 0
    for path in sorted((folder / "origin").glob("*.html")):
        marked = json.loads((folder / "groundtruth" / f"{path.stem}.jsonl").read_text("utf-8").split("\n")[0])
        text = article(path.read_bytes()).text
        blocks = [exact(block) for block in re.findall(r"^ *```\S*\n(.*?)\n *```$", text, re.S | re.M)]
        items = [item for part in marked["content_list"] for item in part]
        for item in items:
            if item["type"] == "code" and not item.get("inline"):
                codes += 1
                assert exact(item["content"]["code_content"]) in blocks, path.name
            if item["type"] == "table" and "<code" not in item["raw_content"]:
                for cell in re.findall(r"<t[dh]\b[^>]*>(.*?)</t[dh]>", item["raw_content"], re.S):
                    plain = re.sub(r"<br\s*/?>\s*$", "", cell).strip()
                    assert plain in text, path.name
    assert codes == 11


def exact(code: str) -> str:
    lines = textwrap.dedent(code.replace("\xa0", " ").strip("\n")).split("\n")
    return "\n".join(line.rstrip() for line in lines)


def test_a_zone_is_kept():
    assert moment("2021-03-05T06:05:00Z") == datetime(2021, 3, 5, 6, 5, tzinfo=UTC)
    assert moment("2021-03-05T06:05:00+0530").utcoffset() == timedelta(hours=5, minutes=30)
