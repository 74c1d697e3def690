"""The head of an article on a page of an unknown site: title, author, publisher and date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from selectolax.lexbor import LexborNode

from cqia.readers.blocks import clean

BEIJING = timezone(timedelta(hours=8))

#: Names of ``meta`` elements that say when a text was published, the surest first; in lower case.
DATES = (
    "article:published_time", "datepublished", "publishdate", "publish_time", "pubdate", "apub:time", "og:pubdate",
    "og:release_date", "release_date", "firstpublishedtime", "weibo:article:create_at", "dc.date", "date",
)  # fmt: skip
AUTHORS = ("article:author", "og:article:author", "author", "dc.creator", "weibo:article:author")

#: What stands in the author's place and is nobody.
NOBODY = frozenset(
    {"", "admin", "administrator", "佚名", "匿名", "未知", "网络", "小编", "编辑", "本站", "原创", "转载", "网络整理"}
    | {"本站原创", "综合"}
)

_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)\s?[-/.年]\s?(1[0-2]|0?[1-9])\s?[-/.月]\s?(3[01]|[12]\d|0?[1-9])(?!\d)日?"
    r"(?:[T\s-]{0,3}([01]?\d|2[0-3])\s?[:：时]\s?([0-5]\d)(?:\s?[:：分]\s?([0-5]\d))?)?"
)
_ZONE = re.compile(r"^(?:\.\d+)?\s?(Z|[+-]\d\d:?\d\d)")
_LABELLED_DATE = re.compile(r"(?:发布|发表|更新)(?:日期|时间|于)\s{0,3}[:：]?\s{0,3}((?:19|20)\d\d[^<]{5,20})")
_JSON_DATE = re.compile(r'"(?:datePublished|pubDate|publishTime|publish_time)"\s*:\s*"([^"]{8,40})"')
#: WeChat writes the second since 1970 into a script.
_SCRIPT_TIME = re.compile(r'\b(?:ct|publish_time|createTime)\s*=\s*["\']?(1[0-9]{9})["\';]')
_BY = re.compile(
    r"(?:作\s?者|撰\s?文|记\s?者|文)\s?[:：/]\s?(?:<[^>]{0,80}>\s?)?([\u4e00-\u9fff·]{2,12}|[A-Za-z][\w .-]{1,24})"
)
_FROM = re.compile(r"(?:来\s?源|稿\s?源|信息来源)\s?[:：]\s?([\u4e00-\u9fffA-Za-z0-9_《》·-]{2,30})")
_SEPARATOR = re.compile(r"\s*[_|｜]+\s*|\s+[-–—]+\s+|\s*(?:--+|——)\s*|(?<![\dA-Za-z])-|-(?![\dA-Za-z])|-(?=[A-Z]{2,})")
_HEADINGS = "h1, h2, h3, [class*=title], [class*=Title], [id*=title], [id*=Title]"

#: A heading of so many characters that begins the page's title is the article's, however long the title goes on.
SURE = 10
#: How many lines above the text are its own: title, date, publisher.
NEAR = 8


@dataclass(frozen=True)
class Head:
    """Title (""), author, publisher and time of an article, as far as the page tells."""

    title: str
    author: str | None
    publisher: str | None
    created: datetime | None


def head(root: LexborNode, place: LexborNode, html: str) -> Head:
    """The head of the article that stands in ``place``."""
    metas = _metas(root)
    above = _above(root, place)
    # Where the text has the byline inside, it stands in its first lines.
    near = "\n".join([*above[-10 * NEAR :], place.text(separator="\n")[:600]])
    return Head(
        title=_title(root, place, metas, above),
        author=_author(metas, near, root),
        publisher=_said(_FROM, near),
        created=_created(metas, near, root, html),
    )


def _metas(root: LexborNode) -> dict[str, str]:
    found: dict[str, str] = {}
    for meta in root.css("meta"):
        attributes = meta.attributes
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
        value = (attributes.get("content") or "").strip()
        if name and value:
            found.setdefault(name.lower(), value)
    return found


def _above(root: LexborNode, place: LexborNode) -> list[str]:
    """The visible lines from the page's beginning to the article."""
    out: list[str] = []
    todo = [root]
    while todo:
        node = todo.pop()
        if node.mem_id == place.mem_id:
            break
        tag = node.tag or ""
        if tag == "-text":
            out += [line for part in (node.text_content or "").split("\n") if (line := part.strip())]
        elif tag not in ("script", "style", "noscript", "head", "select", "template") and not tag.startswith("-"):
            todo.extend([*node.iter(include_text=True)][::-1])
    return out


def _title(root: LexborNode, place: LexborNode, metas: dict[str, str], above: list[str]) -> str:
    """The heading that the page's title names; else the title's longest part, without the site's name."""
    node = root.css_first("head title") or root.css_first("title")
    whole = _line(node.text() if node is not None else "")
    graph = _line(metas.get("og:title", ""))
    longest = max((part.strip() for part in _SEPARATOR.split(whole)), key=len, default="")
    shown = [text for heading in _headings(root) if (text := _line(heading.text()))]
    named = [text for text in shown if text in whole
             and (2 * len(text) >= len(longest) or (whole.startswith(text) and len(text) >= SURE))]  # fmt: skip
    if named:
        return max(named, key=len)
    first = root.css("h1")
    if len(first) == 1 and (not whole or place.css_first("h1") is not None) and (text := _line(first[0].text())):
        return text
    if graph and (len(graph) >= len(longest) or not whole):
        return graph
    # A page called after its section or its site: the line right above the text, between menu and byline, is better.
    nearest = [line for line in above[-NEAR:] if SURE < len(line) < 80 and not _DATE.search(line)
               and not _FROM.search(line) and not _BY.search(line)]  # fmt: skip
    if len(longest) < SURE and nearest:
        return nearest[-1]
    return longest or (shown[0] if shown else "")


def _headings(root: LexborNode) -> Iterator[LexborNode]:
    for number, node in enumerate(root.css(_HEADINGS)):
        if number == 60:
            return
        if node.tag not in ("html", "body", "head", "title", "meta") and len(node.text()) < 400:
            yield node


def _author(metas: dict[str, str], above: str, root: LexborNode) -> str | None:
    site = _line(metas.get("og:site_name", ""))
    title = root.css_first("title")
    called = title.text() if title is not None else ""
    for name in AUTHORS:
        value = _line(metas.get(name, ""))
        # A site that names itself as the author has named nobody.
        if value and value != site and value.lower() not in NOBODY and value not in called and "://" not in value:
            return value[:40]
    return _said(_BY, above)


def _said(pattern: re.Pattern[str], text: str) -> str | None:
    found = [name.strip() for name in pattern.findall(text)]
    return next((name for name in reversed(found) if name.lower() not in NOBODY), None)


def _created(metas: dict[str, str], above: str, root: LexborNode, html: str) -> datetime | None:
    for name in DATES:
        if name in metas and (found := moment(metas[name])):
            return found
    if (json := _JSON_DATE.search(html)) and (found := moment(json[1])):
        return found
    if script := _SCRIPT_TIME.search(html):
        return datetime.fromtimestamp(int(script[1]), BEIJING)
    for node in root.css("time[datetime]")[:5]:
        if found := moment(node.attributes.get("datetime") or ""):
            return found
    # The date with a time of day is the article's own more often than one without; else it is the last.
    places = list(_DATE.finditer(above))
    timed = [match for match in places if match[4]]
    if chosen := timed[:1] or places[-1:]:
        return moment(chosen[0][0])
    below = _LABELLED_DATE.search(html)  # some sites write the date under the text, and call it by its name
    return moment(below[1]) if below else None


def moment(text: str) -> datetime | None:
    """A time as pages write it; without a zone it is Beijing's. None where there is none."""
    found = _DATE.search(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part) if part else 0 for part in found.groups())
    zone = _ZONE.match(text[found.end() :])
    try:
        if zone:
            offset = "+00:00" if zone[1] == "Z" else zone[1]
            return datetime.fromisoformat(f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{offset}")
        return datetime(year, month, day, hour, minute, second, tzinfo=BEIJING)
    except ValueError:
        return None


def _line(text: str) -> str:
    return " ".join(clean(text).split())
