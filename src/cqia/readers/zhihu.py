"""Zhihu (知乎): answers to questions, and articles of its columns (知乎专栏).

What: the largest Chinese question-and-answer site; long answers by people who know, with votes beside them. From the
paper (A.1): answers with over 50 votes, a sensitive-word filter, a score above 8 of 10, then people.

Where from: pages saved from a browser (``*.html``), rows of the site's API (JSON, or CSV whose cells hold Python's
notation), and the records of page archives. ``read`` knows them by their shape:

    page                ``raw.data``: every ``.AnswerItem``, then answers only in the script ``#js-initialData``;
                        or the one article of a zhuanlan page
    API row             ``raw.row`` with ``content`` and ``question``; ``type`` may be "article"
    archive record      ``raw.row`` with ``questionId``, or an article with ``rawHtml``

Licence: the texts belong to their authors; Zhihu's terms forbid republishing them without consent.

Worked example: the API row

    {"id": 1048529303, "type": "answer", "voteup_count": 812, "created_time": 1582000000,
     "question": {"id": 67789453, "title": "为什么冬天的呼吸会冒白气？"}, "author": {"name": "匿名用户"},
     "content": "<p>谢邀。呼出的水汽遇冷<b>凝成小水滴</b>……</p>"}

becomes the document ``zhihu:answer-1048529303`` with 812 likes, no author, and the text "谢邀。呼出的水汽遇冷**凝成小水滴**……";
``assign`` makes it a record with the question as instruction and trims the courtesy.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime

import polars as pl
from pydantic_core import from_json
from selectolax.lexbor import LexborNode

from cqia.errors import NotADocument, Unreadable
from cqia.readers.blocks import clean
from cqia.readers.charset import decode
from cqia.readers.html import Prose, markdown, prose
from cqia.readers.raw import Raw
from cqia.readers.tree import parse
from cqia.rules.rule import Rule
from cqia.schema import Document, Medium
from cqia.sources.source import Edit, Published, Source, Task, wordings

Row = Mapping[str, object]

#: Names under which Zhihu shows people who are nobody: anonymous, renamed by the site, or gone.
NOBODY = frozenset({"", "匿名用户", "知乎用户", "[已重置]", "「已注销」", "已注销", "账号已注销"})

#: A Python dictionary in a CSV cell is read up to this length; a question or an author is about 700 characters.
LONGEST_CELL = 20_000

#: What a page says that has no answer, in the order in which it is looked for.
WALLS = (
    ("captcha", re.compile("网络环境存在异常|安全验证|请点击下方验证按钮|unhuman|验证码")),
    ("removed", re.compile("(?:内容|回答|问题|文章)(?:已|被|已被)+(?:作者)?(?:删除|屏蔽|关闭|下架)|该内容暂无法显示|内容不存在")),
    ("not_found", re.compile("没有知识存在的荒原|页面不存在|404")),
    ("login_wall", re.compile("登录后(?:查看|即可|可以)|登录知乎|请先登录|验证码登录|密码登录")),
)
MESSAGES = {
    "captcha": "a page that asks whether the visitor is a human",
    "removed": "a page that says its content was removed",
    "not_found": "a page that says there is nothing here",
    "login_wall": "a page that asks the visitor to log in",
    "no_answers": "a question that nobody has answered on this page",
    "list_page": "a list of links or of excerpts, without a whole answer",
    "no_content": "neither a question with answers nor an article",
}

_TITLE_NOISE = re.compile(r"^\s*[(（][^()（）]{0,30}(?:封?私信|条消息)[)）]\s*|\s*-\s*知乎(?:专栏)?\s*$")
_PAYWALL = re.compile(r"\s*(?:\*\*使用 App 查看完整内容\*\*\s*)?目前，该付费内容的完整版仅支持在 App 中查看\s*(?:🔗App 内查看)?\s*$")
_VOTES = re.compile(r"赞同\s*([\d,.]+)\s*(万)?")
_ID = re.compile(r"\d{1,25}")
_AROUND = ".ReferenceList-backLink, .LinkCard, .LinkCard-desc, .video-box, .RichText-video, .GifPlayer-icon"


def read(raw: Raw) -> list[Document]:
    """The answers or the article of one page or row.

    Raises:
        Unreadable: the bytes are in no charset, the page ends in the middle, its nesting is an attack.
        NotADocument: nothing of the kind is on it, with the reason: a wall, a list, a comment, an unanswered question.
    """
    if raw.trouble is not None:
        raise raw.trouble
    if raw.row is not None:
        return [_row(raw.row)]
    return _page(raw.data or b"")


def _page(data: bytes) -> list[Document]:
    text, _ = decode(data)
    if not text.strip("\0 \t\r\n"):
        raise Unreadable("empty", "the page is empty")
    head, tail = text[:4096].lower(), text[-65536:].lower()
    if "<html" in head and "</html" not in tail:
        raise Unreadable("truncated", f"the page ends in the middle, after {len(data):,} bytes: {text[-40:]!r}")
    root = parse(text)
    entities = _initial(root)
    if article := root.css_first(".Post-RichText"):
        return [_article_page(root, article, mapping(entities.get("articles")))]
    documents = _answers(root, entities)
    if not documents:
        reason = _why_nothing(root)
        raise NotADocument(reason, MESSAGES[reason])
    return documents


def _initial(root: LexborNode) -> Row:
    """The entities in the page's own JSON: questions, answers, articles by id. Empty where there are none."""
    script = root.css_first("#js-initialData")
    if script is None:
        return {}
    try:
        state = from_json(script.text())
    except ValueError:  # cut off or tampered with: the page itself is what counts
        return {}
    return mapping(mapping(mapping(state).get("initialState")).get("entities"))


def _answers(root: LexborNode, entities: Row) -> list[Document]:
    known = mapping(entities.get("answers"))
    questions = [mapping(q) for q in mapping(entities.get("questions")).values()]
    question = questions[0] if len(questions) == 1 else {}
    heading = root.css_first(".QuestionHeader-title")
    title = _title(heading.text() if heading is not None else question.get("title"))
    detail = markdown(text(question.get("detail")))
    shown = root.css_first(".QuestionRichText") if not detail.text else None
    detail = detail if shown is None else prose(shown)
    tags = _topics(question.get("topics")) or [line(t.text()) for t in root.css(".QuestionHeader .TopicLink")]
    inner = {item.mem_id for item in root.css(".AnswerItem .AnswerItem")}
    rows: dict[str, tuple[Row, Prose, bool]] = {}
    for item in root.css(".AnswerItem"):
        if item.mem_id in inner:
            continue
        row = _item(item)
        ident = _ident(row.get("id")) or f"#{len(rows)}"
        behind = mapping(known.get(ident))
        content = item.css_first(".RichText")
        cut = content is None or item.css_first(".is-collapsed") is not None
        body = _prose(content) if content is not None else Prose("", ())
        if cut and (whole := text(behind.get("content"))):
            body, cut = _html(whole), False
        rows.setdefault(ident, ({**behind, **{k: v for k, v in row.items() if v not in (None, "")}}, body, cut))
    for ident, value in known.items():  # answers that stand in the page's JSON alone
        if ident not in rows and (whole := text(mapping(value).get("content"))):
            rows[ident] = (mapping(value), _html(whole), False)
    if heading is None and not known and all(cut for _, _, cut in rows.values()):
        return []  # a list of excerpts: a profile, a topic, a search
    found = []
    for row, body, cut in rows.values():
        own = mapping(row.get("question")) or question
        asked = title or _title(own.get("title")) or _title(row.get("title"))
        found.append(_answer(row, own, asked, detail, tags, body, cut))
    return found


def _item(item: LexborNode) -> Row:
    """What an ``.AnswerItem`` says of itself, under the names that the page's JSON uses."""
    metas = {m.attributes.get("itemprop"): m.attributes.get("content") for m in item.css("meta[itemprop]")}
    zop = mapping_in(item.attributes.get("data-zop"))
    votes = metas.get("upvoteCount")
    if votes is None:
        button = item.css_first(".VoteButton--up, .VoteButton")
        votes = None if button is None else _votes(button.attributes.get("aria-label") or button.text())
    author = item.css_first(".AuthorInfo-name, .UserLink-link") if "name" not in metas else None
    profile = item.css_first('.AuthorInfo meta[itemprop="url"]')
    return {
        "id": item.attributes.get("name") or zop.get("itemId"),
        "title": zop.get("title"),
        "voteupCount": votes,
        "commentCount": metas.get("commentCount"),
        "createdTime": metas.get("dateCreated"),
        "updatedTime": metas.get("dateModified"),
        "author": {
            "name": metas.get("name") or zop.get("authorName") or (author.text() if author is not None else ""),
            "urlToken": (profile.attributes.get("content") or "").rpartition("/")[2] if profile is not None else "",
        },
        "url": metas.get("url") if "/answer/" in (metas.get("url") or "") else None,
    }


def _article_page(root: LexborNode, content: LexborNode, articles: Mapping[str, object]) -> Document:
    behind = mapping(next(iter(articles.values()), {}))
    metas = {m.attributes.get("itemprop"): m.attributes.get("content") for m in root.css("meta[itemprop]")}
    heading, button = root.css_first(".Post-Title"), root.css_first(".VoteButton--up, .VoteButton")
    shown = None if button is None else _votes(button.attributes.get("aria-label") or button.text())
    page: dict[str, object] = {
        "id": (metas.get("url") or "").rpartition("/")[2],
        "title": heading.text() if heading is not None else None,
        "voteupCount": shown,
        "commentCount": metas.get("commentCount"),
        "created": metas.get("datePublished"),
        "updated": metas.get("dateModified"),
        "author": {"name": metas.get("name")},
        "topics": [t.text() for t in root.css(".TopicList .Tag, .TopicLink")],
    }
    return _article({**{k: v for k, v in page.items() if v}, **behind}, _prose(content))


def _why_nothing(root: LexborNode) -> str:
    """Why a page has no answer, in the words of ``MESSAGES``."""
    body = root.css_first("body")
    text = f"{getattr(root.css_first('title'), 'text', str)()} {body.text(strip=True)[:20_000] if body else ''}"
    if root.css_first(".QuestionHeader-title") is not None and not re.search("(?:回答|问题|内容)已?被?删除", text):
        return "no_answers"
    for reason, pattern in WALLS:
        if pattern.search(text):
            return reason
    return "list_page" if root.css_first(".ContentItem, .List-item, .TopicItem") is not None else "no_content"


def _row(row: Row) -> Document:
    """One record of an API or an archive."""
    row = {**row, **{name: mapping_in(row.get(name)) for name in ("question", "author") if name in row}}
    kind = row.get("type")
    if kind == "article" or "rawHtml" in row:
        if raw_html := text(row.get("rawHtml")):
            found = parse(raw_html).css_first(".Post-RichText")
            if found is not None:
                return _article(row, _prose(found))
        return _article(row, _html(text(row.get("content"))))
    if kind not in (None, "answer"):
        raise NotADocument(str(kind)[:40], f"a row of type {str(kind)[:40]!r}: neither an answer nor an article")
    if "content" not in row or not ("question" in row or "questionId" in row):
        raise NotADocument("no_content", f"neither an answer nor an article: it has {', '.join(map(str, row))[:200]}")
    question = mapping(row.get("question")) or {"id": row.get("questionId"), "title": row.get("questionTitle")}
    tags = _topics(row.get("questionTopics")) or _topics(question.get("topics"))
    detail = markdown(text(question.get("detail")))
    title = _title(question.get("title"))
    return _answer(row, question, title, detail, tags, _html(text(row.get("content"))), row.get("answer_type") == "paid")


def _answer(row: Row, question: Row, title: str, detail: Prose, tags: list[str], body: Prose, cut: bool) -> Document:
    ident, asked = _ident(row.get("id")), _ident(question.get("id") or row.get("questionId"))
    url = f"https://www.zhihu.com/question/{asked}/answer/{ident}" if ident and asked else text(row.get("url")) or None
    more = {"question_id": asked, "question_media": len(detail.media) or None}
    return _document("answer", row, ident, url, title, body, cut, more) | {"context": detail.text or None, "tags": tags}


def _article(row: Row, body: Prose) -> Document:
    ident = _ident(row.get("id"))
    url = f"https://zhuanlan.zhihu.com/p/{ident}" if ident else text(row.get("url")) or None
    found = _document("article", row, ident, url, _title(row.get("title")), body, False, {})
    return found | {"tags": _topics(row.get("topics"))}


def _document(
    kind: str, row: Row, ident: str | None, url: str | None, title: str, body: Prose, cut: bool, more: Row
) -> Document:
    author = mapping(row.get("author"))
    name = line(text(author.get("name")))
    text, paid = _PAYWALL.subn("", body.text)
    updated = time(first(row, "updated_time", "updatedTime", "updated"))
    token = line(text(author.get("url_token")) or text(author.get("urlToken")))
    extra = {
        **more,
        "updated": updated.isoformat() if updated else None,
        "author_token": token or None,
        "truncated": True if cut or paid else None,
    }
    return {
        "id": f"{kind}-{ident}" if ident else None,
        "url": clean(url) if url else None,
        "title": title or None,
        "text": text,
        "likes": count(first(row, "voteup_count", "voteupCount")),
        "comments": count(first(row, "comment_count", "commentCount")),
        "author": None if name in NOBODY else name,
        "created": time(first(row, "created_time", "createdTime", "created")),
        "media": list(body.media),
        "extra": json.dumps({k: v for k, v in extra.items() if v is not None}, ensure_ascii=False),
    }


def _html(html: str) -> Prose:
    """The content of a row."""
    return _prose(parse(html)) if html else Prose("", ())


def _prose(content: LexborNode) -> Prose:
    """An answer's element as Markdown, after Zhihu's own furniture has been put right: the cards of links become their
    titles, video boxes media, and the arrows back from the references go."""
    videos: list[Medium] = []
    for node in content.css(_AROUND):
        classes = (node.attributes.get("class") or "").split()
        if "LinkCard" in classes:
            shown = node.css_first(".LinkCard-title")
            title = node.attributes.get("data-text") or (shown.text(strip=True) if shown is not None else "")
            node.replace_with(title or node.attributes.get("href") or "")
            continue
        if "video-box" in classes or "RichText-video" in classes:
            token = node.attributes.get("data-lens-id")
            url = f"https://www.zhihu.com/video/{token}" if token else node.attributes.get("href")
            videos.append({"kind": "video", "url": clean(url or "")})
        node.decompose()
    found = prose(content)
    return Prose(found.text, (*found.media, *videos))


def _title(value: object) -> str:
    return line(_TITLE_NOISE.sub("", text(value)))


def _ident(value: object) -> str | None:
    """An id of the site's: digits."""
    text = str(value) if isinstance(value, (str, int)) else ""
    return text if _ID.fullmatch(text) else None


def _votes(label: str) -> int | None:
    """The votes on a button: "赞同 1.3 万" is 13,000, as near as the page tells."""
    if not (found := _VOTES.search(label)):
        return None
    try:
        return round(float(found[1].replace(",", "")) * (10_000 if found[2] else 1))
    except ValueError:
        return None


def _topics(value: object) -> list[str]:
    names = value if isinstance(value, list) else []
    return [name for n in names if (name := line(n if isinstance(n, str) else text(mapping(n).get("name"))))]


