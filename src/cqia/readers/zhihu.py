"""Zhihu's pages and rows, read into documents. What they are and where from stands in ``sources.zhihu``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from selectolax.lexbor import LexborNode

from cqia.errors import NotADocument
from cqia.readers import fields
from cqia.readers.blocks import clean
from cqia.readers.fields import Row
from cqia.readers.html import Prose, markdown, prose
from cqia.readers.page import html_of
from cqia.readers.raw import Raw
from cqia.readers.tree import parse
from cqia.schema import Document, Medium

#: Names under which Zhihu shows people who are nobody: anonymous, renamed by the site, or gone.
NOBODY = frozenset({"", "匿名用户", "知乎用户", "[已重置]", "「已注销」", "已注销", "账号已注销"})

#: What a page says that has no answer, in the order in which it is looked for.
WALLS = (
    ("removed", re.compile("(?:内容|回答|问题|文章)(?:已|被)+(?:作者)?(?:删除|屏蔽|下架)|该内容暂无法显示|内容不存在")),
    ("captcha", re.compile("网络环境存在异常|安全验证|点击下方验证按钮|请输入验证码|图片验证")),
    ("not_found", re.compile("没有知识存在的荒原|页面不存在|404 (?:- 知乎|Not Found)")),
    ("login_wall", re.compile("登录后(?:查看|即可|可以)|登录知乎|请先登录|(?:验证码|密码)登录")),
)
MESSAGES = {
    "removed": "a page that says its content was removed",
    "captcha": "a page that asks whether the visitor is a human",
    "not_found": "a page that says there is nothing here",
    "login_wall": "a page that asks the visitor to log in",
    "no_answers": "a question without an answer on its page",
    "list_page": "a list of links or of excerpts, without a whole answer",
    "no_content": "neither a question with answers nor an article",
}

#: What stands unseen at the ends of some topics' names.
INVISIBLE = " \u200b\u200c\u200d\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"

_TITLE_NOISE = re.compile(r"^\s*[(（][^()（）]{0,30}(?:私信|消息)[)）]\s*|\s*-\s*知乎(?:专栏)?\s*$")
_PAYWALL = re.compile(
    r"\s*(?:\*\*使用 App 查看完整内容\*\*\s*)?目前，该付费内容的完整版仅支持在 App 中查看\s*(?:🔗App 内查看)?\s*$"
)
_VOTES = re.compile(r"赞同\s*([0-9][0-9,]*(?:\.[0-9]+)?)\s*(万)?")

#: Zhihu's furniture in an answer, and the two signs that only an excerpt of it is shown: long answers of a question
#: page are folded as well, but whole.
FURNITURE = ".ReferenceList-backLink, .LinkCard, .video-box, .RichText-video, .GifPlayer-icon"
EXCERPT = ".ContentItem-more, .is-collapsed:not(.RichContent--unescapable)"


def read(raw: Raw) -> list[Document]:
    """The answers, or the article, of one page or row.

    Raises:
        Unreadable: the bytes are in no charset, the page ends in the middle, its nesting is an attack.
        NotADocument: it holds none, for one of the reasons of ``MESSAGES``, or is a row of another type.
    """
    if raw.trouble is not None:
        raise raw.trouble
    return [_row(raw.row)] if raw.row is not None else _page(raw)


def _page(raw: Raw) -> list[Document]:
    root, _ = html_of(raw)
    # One search for both: each walks the whole page, which is what reading costs after parsing.
    found = root.css(".AnswerItem, #js-initialData")
    scripts = [node for node in found if node.tag == "script"]
    state = fields.json_in(scripts[0].text()) if scripts else None
    entities = fields.mapping(fields.mapping(fields.mapping(state).get("initialState")).get("entities"))
    documents = _answers(root, [node for node in found if node.tag != "script"], entities)
    if not documents and (article := root.css_first(".Post-RichText")) is not None:
        documents = [_article_page(root, article, fields.mapping(entities.get("articles")))]
    if not documents:
        reason = _why_nothing(root)
        raise NotADocument(reason, MESSAGES[reason])
    return documents


def _answers(root: LexborNode, items: list[LexborNode], entities: Row) -> list[Document]:
    """The answers of a question page: those that are shown, then those that stand in the page's JSON alone."""
    known = fields.mapping(entities.get("answers"))
    questions = [fields.mapping(q) for q in fields.mapping(entities.get("questions")).values()]
    question = questions[0] if len(questions) == 1 else {}
    heading = root.css_first(".QuestionHeader-title")
    title = _title(heading.text() if heading is not None else question.get("title"))
    detail = markdown(fields.text(question.get("detail")))
    if not detail.text and (shown := root.css_first(".QuestionRichText")) is not None:
        detail = prose(shown)
    tags = _topics(question.get("topics")) or _topics([t.text() for t in root.css(".QuestionHeader .TopicLink")])
    rows: dict[str, tuple[Row, Prose, bool]] = {}
    inside = {item.mem_id for item in root.css(".AnswerItem .AnswerItem")}  # would be read over and over
    for item in items:
        if item.mem_id in inside:
            continue
        shown_row = _item(item)
        ident = fields.digits(shown_row.get("id")) or f"no id, {len(rows)}"
        if ident in rows:
            continue
        behind = fields.mapping(known.get(ident))
        content = item.css_first(".RichText")
        cut = content is None or item.css_first(EXCERPT) is not None
        if cut and (whole := fields.text(behind.get("content"))):
            body, cut = _html(whole), False
        else:
            body = _prose(content) if content is not None else Prose("", ())
        rows[ident] = ({**behind, **{k: v for k, v in shown_row.items() if v}}, body, cut)
    if heading is None and not known and all(cut for _, _, cut in rows.values()):
        return []  # a list of excerpts: a profile, a topic, a search
    for ident, value in known.items():
        behind = fields.mapping(value)
        if ident not in rows and (whole := fields.text(behind.get("content"))):
            rows[ident] = ({"id": ident, **behind}, _html(whole), False)
    found = []
    for row, body, cut in rows.values():
        asked = fields.mapping(row.get("question")) or question
        name = title or _title(asked.get("title")) or _title(row.get("title"))
        cut = cut or row.get("contentNeedTruncated") is True
        found.append(_answer(row, asked, name, detail, tags, body, cut))
    return found


def _item(item: LexborNode) -> Row:
    """What an element of an answer says of itself, under the names that the page's JSON uses."""
    zop = fields.mapping(item.attributes.get("data-zop"))
    metas = _metas(item)
    return {
        "id": item.attributes.get("name") or zop.get("itemId"),
        "title": zop.get("title"),
        "voteupCount": metas.get("upvoteCount") or _votes(item),
        "commentCount": metas.get("commentCount"),
        "createdTime": metas.get("dateCreated"),
        "updatedTime": metas.get("dateModified"),
        "author": {
            "name": metas.get("name") or zop.get("authorName"),
            "urlToken": metas.get("profile", "").rpartition("/")[2],
        },
    }


def _article_page(root: LexborNode, content: LexborNode, articles: Row) -> Document:
    metas, heading = _metas(root), root.css_first(".Post-Title")
    page = {
        "id": metas.get("url", "").rpartition("/")[2],
        "title": heading.text() if heading is not None else "",
        "voteupCount": _votes(root),
        "commentCount": metas.get("commentCount"),
        "created": metas.get("datePublished"),
        "updated": metas.get("dateModified"),
        "author": {"name": metas.get("name"), "urlToken": metas.get("profile", "").rpartition("/")[2]},
        "topics": [t.text() for t in root.css(".TopicLink, .TopicList .Tag")],
    }
    # The button rounds ("1.3 万"), so the page's JSON comes first.
    behind = fields.mapping(next(iter(articles.values()), None))
    return _article({**page, **{k: v for k, v in behind.items() if v or v == 0}}, _prose(content))


def _metas(node: LexborNode) -> dict[str, str]:
    """The ``itemprop`` marks of an element; the author's address is called ``profile``."""
    found: dict[str, str] = {}
    for meta in node.css("meta[itemprop]"):
        attributes = meta.attributes
        name, value = attributes["itemprop"] or "", attributes.get("content") or ""
        if name == "url" and ("/people/" in value or "/org/" in value):
            name = "profile"
        found.setdefault(name, value)
    return found


def _votes(node: LexborNode) -> int | None:
    """The votes on the button: "赞同 1.3 万" is 13,000, as near as it tells; None where it shows no number."""
    button = node.css_first(".VoteButton")
    label = "" if button is None else button.attributes.get("aria-label") or button.text()
    if not (found := _VOTES.search(label)):
        return None
    return fields.count(str(round(float(found[1].replace(",", "")) * (10_000 if found[2] else 1))))


def _why_nothing(root: LexborNode) -> str:
    """Why a page has no answer, as one of ``MESSAGES``."""
    title = root.css_first("title")
    said = f"{title.text() if title is not None else ''}\n{prose(root).text[:20_000]}"
    walls = WALLS[:1] if root.css_first(".QuestionHeader-title") is not None else WALLS
    for reason, pattern in walls:
        if pattern.search(said):
            return reason
    if walls != WALLS:
        return "no_answers"
    return "list_page" if root.css_first(".ContentItem, .List-item, .TopicItem") is not None else "no_content"


def _row(row: Row) -> Document:
    """One record of the API or of an archive."""
    kind = row.get("type")
    if kind == "article" or "rawHtml" in row:
        page = fields.text(row.get("rawHtml"))
        found = parse(page).css_first(".Post-RichText") if page else None
        return _article(row, _html(fields.text(row.get("content"))) if found is None else _prose(found))
    if kind not in (None, "answer"):
        raise NotADocument("other_type", f"a row of type {fields.line(kind)[:40]!r}: neither an answer nor an article")
    if "content" not in row or not ("question" in row or "questionId" in row):
        raise NotADocument("no_content", f"neither an answer nor an article: it has {', '.join(map(str, row))[:200]}")
    question = fields.mapping(row.get("question")) or {"id": row.get("questionId"), "title": row.get("questionTitle")}
    tags = _topics(row.get("questionTopics")) or _topics(question.get("topics"))
    detail, body = markdown(fields.text(question.get("detail"))), _html(fields.text(row.get("content")))
    paid = row.get("answer_type") == "paid"
    return _answer(row, question, _title(question.get("title")), detail, tags, body, paid)


def _answer(row: Row, question: Row, title: str, detail: Prose, tags: list[str], body: Prose, cut: bool) -> Document:
    ident, asked = fields.digits(row.get("id")), fields.digits(question.get("id"))
    extra = {"question_id": asked, "question_media": len(detail.media) or None}
    return {
        **_document(row, body, cut, extra),
        "id": f"answer-{ident}" if ident else None,
        "url": f"https://www.zhihu.com/question/{asked}/answer/{ident}" if ident and asked else None,
        "title": title or None,
        "context": detail.text or None,
        "tags": tags or None,
    }


def _article(row: Row, body: Prose) -> Document:
    ident = fields.digits(row.get("id"))
    return {
        **_document(row, body, False, {}),
        "id": f"article-{ident}" if ident else None,
        "url": f"https://zhuanlan.zhihu.com/p/{ident}" if ident else None,
        "title": _title(row.get("title")) or None,
        "tags": _topics(row.get("topics")) or None,
    }


def _document(row: Row, body: Prose, cut: bool, extra: Mapping[str, object]) -> Document:
    """What answers and articles have in common."""
    author = fields.mapping(row.get("author"))
    name = fields.line(author.get("name"))
    text, paid = _PAYWALL.subn("", body.text) if "付费内容" in body.text else (body.text, 0)
    updated = fields.time(fields.first(row, "updated_time", "updatedTime", "updated"))
    extra = {
        **extra,
        "updated": updated.isoformat() if updated else None,
        "author_token": fields.line(fields.first(author, "url_token", "urlToken")) or None,
        "truncated": True if cut or paid else None,
    }
    return {
        "text": text,
        "likes": fields.count(fields.first(row, "voteup_count", "voteupCount")),
        "comments": fields.count(fields.first(row, "comment_count", "commentCount")),
        "author": None if name in NOBODY else name,
        "created": fields.time(fields.first(row, "created_time", "createdTime", "created")),
        "media": list(body.media),
        "extra": json.dumps({k: v for k, v in extra.items() if v is not None}, ensure_ascii=False),
    }


def _html(html: str) -> Prose:
    return _prose(parse(html)) if html else Prose("", ())


def _prose(content: LexborNode) -> Prose:
    """An answer's element as Markdown, after Zhihu's furniture is put right: the cards of links become their titles,
    boxes of videos media, and the arrows back from the references go."""
    videos: list[Medium] = []
    for node in reversed(content.css(FURNITURE)):  # inner ones first: what an outer one takes along is gone
        if node.mem_id == content.mem_id:
            continue
        attributes = node.attributes
        classes = (attributes.get("class") or "").split()
        if "LinkCard" in classes:
            shown = node.css_first(".LinkCard-title")
            title = attributes.get("data-text") or (shown.text(strip=True) if shown is not None else "")
            node.replace_with(title or attributes.get("href") or "")
            continue
        if "video-box" in classes or "RichText-video" in classes:
            token = attributes.get("data-lens-id")
            url = f"https://www.zhihu.com/video/{token}" if token else attributes.get("href") or ""
            videos.append({"kind": "video", "url": clean(url)})
        node.decompose()
    found = prose(content)
    return Prose(found.text, (*found.media, *reversed(videos)))


def _title(value: object) -> str:
    return fields.line(_TITLE_NOISE.sub("", fields.text(value)))


def _topics(value: object) -> list[str]:
    """The names in a list of names, or of mappings with a name."""
    names = value if isinstance(value, list) else []
    found = [fields.line(n if isinstance(n, str) else fields.mapping(n).get("name")).strip(INVISIBLE) for n in names]
    return [name for name in found if name]
