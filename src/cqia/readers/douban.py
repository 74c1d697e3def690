"""Pages and rows of Douban (豆瓣), read into documents. What they are and where from stands in ``sources.douban``.

Seen are pages of subjects of 2021 to 2024 (books, films, series; music, games and plays, which are told apart). What
such a page shows of a long review is its beginning, unless somebody unfolded it before the page was saved: a review
that goes on elsewhere is marked ``truncated``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone

from selectolax.lexbor import LexborNode

from cqia.errors import NotADocument, Unreadable
from cqia.readers import fields
from cqia.readers.fields import Row
from cqia.readers.html import Prose, prose
from cqia.readers.page import MESSAGES, html_of, title_of, wall
from cqia.readers.raw import Raw
from cqia.schema import Document

BEIJING = timezone(timedelta(hours=8))

KINDS = {"Book": "book", "Movie": "movie", "TVSeries": "tv"}  # what a page's JSON-LD calls them
#: Labels of ``#info``, as fields of ``extra``. Lists stand between slashes.
LABELS = {
    "作者": "authors", "译者": "translators", "导演": "directors", "编剧": "writers", "主演": "cast", "类型": "genres",
    "制片国家/地区": "countries", "语言": "languages", "又名": "aliases",
    "出版社": "publisher", "副标题": "subtitle", "出版年": "published", "上映日期": "released", "首播": "released",
    "集数": "episodes", "片长": "runtime", "单集片长": "runtime", "页数": "pages", "ISBN": "isbn", "IMDb": "imdb",
}  # fmt: skip
LISTED = ("authors", "translators", "directors", "writers", "cast", "genres", "countries", "languages", "aliases")

#: What the site sets at the end of a text: what is left of its button, and its own name.
TAILS = ("(展开全部)", "(展开)", "()", "©豆瓣")

_SUBJECT = re.compile(r"douban\.com/subject/([0-9]{1,12})")
_SITE = re.compile(r"\s*\(豆瓣\)$")
_VERSIONS = re.compile(r"全部版本\([0-9]{1,6}\)$")
_INDENT = re.compile(r"^[ \u3000]+", re.MULTILINE)
_YEAR = re.compile(r"(?:1[89]|20)[0-9]{2}")
_STARS = re.compile(r"allstar([1-5])0")
_NUMBER = re.compile(r"[0-9]{1,9}")


def read(raw: Raw) -> list[Document]:
    """A subject and its long reviews; or the one subject or review of a row.

    Raises:
        Unreadable: ``unknown_shape`` for a row that is neither; what ``html_of`` finds wrong with a page.
        NotADocument: ``not_a_book_film_or_tv``, ``list_page`` (the editions of a book), ``no_content``, or what the
            page says instead.
    """
    if raw.row is not None:
        return [_row(raw.row, raw.path)]
    root, _ = html_of(raw)
    linked = root.css_first('script[type="application/ld+json"]')
    told = fields.mapping(fields.json_in(linked.text())) if linked is not None else {}
    kind, title = _kind(root, told), title_of(root)
    if kind is None:
        if _VERSIONS.search(title):
            raise NotADocument("list_page", "a list of the editions of a book")
        if _SITE.search(title):
            raise NotADocument(
                "not_a_book_film_or_tv", "a page of music, a game or a play: none of the tasks is for it"
            )
        reason = wall(root) or "no_content"
        raise NotADocument(reason, MESSAGES.get(reason, "neither a book nor a film nor a series"))
    subject = _subject(root, told, kind, _SITE.sub("", title))
    return [_of_subject(subject), *_reviews(root, subject)]


def _kind(root: LexborNode, told: Row) -> str | None:
    """What a page is about: "book", "movie" or "tv"; None for anything else."""
    meta = root.css_first('meta[property="og:type"]')
    said = (meta.attributes.get("content") or "") if meta is not None else ""
    if said == "book" or (not said and told.get("@type") == "Book"):
        return "book"
    if not said.startswith("video") and told.get("@type") not in ("Movie", "TVSeries"):
        return None
    known = KINDS.get(str(told.get("@type")))
    info = root.css_first("#info")
    series = info is not None and re.search(r"集数:|单集片长:|首播:", info.text()) is not None
    return known or ("tv" if series else "movie")


def _subject(root: LexborNode, told: Row, kind: str, title: str) -> dict[str, object]:
    """What a page says of its subject, under the names of ``extra``; ``summary`` too."""
    info, meta = root.css_first("#info"), root.css_first('meta[property="og:url"]')
    link = (meta.attributes.get("content") or "") if meta is not None else str(told.get("url"))
    ident = _SUBJECT.search(link)
    found: dict[str, object] = {}
    for line in (prose(info).text if info is not None else "").split("\n"):
        label, _, value = line.partition(":")
        if (name := LABELS.get(label.strip())) and (value := fields.line(value)):
            found[name] = [part for part in value.split(" / ") if part.strip()] if name in LISTED else value
    for name, key in (("directors", "director"), ("writers", "author"), ("cast", "actor"), ("genres", "genre")):
        if name not in found and kind != "book" and (names := _names(told.get(key))):
            found[name] = names
    full, year = root.css_first('[property="v:itemreviewed"]'), root.css_first("h1 .year")
    dated = f"{year.text() if year is not None else ''} {found.get('published', '')} {found.get('released', '')}"
    rated = fields.mapping(told.get("aggregateRating"))
    original = fields.line(full.text()).removeprefix(title).strip() if full is not None else ""
    when = _YEAR.search(f"{dated} {told.get('datePublished', '')}")
    votes = root.css_first('[property="v:votes"]')
    average = root.css_first('[property="v:average"]')
    return {
        "id": ident[1] if ident else None,
        "kind": kind,
        "name": title or (fields.line(full.text()) if full is not None else ""),
        "original": original or None,
        "year": int(when[0]) if when else None,
        "rating": _rating((average.text() if average is not None else "") or rated.get("ratingValue")),
        "votes": fields.count(votes.text() if votes is not None else rated.get("ratingCount")),
        "summary": _text(root.css_first("#link-report .all, #link-report-intra .all")
                         or root.css_first('[property="v:summary"], #link-report .intro, #link-report')).text,
        "about_author": _about_author(root),
        **found,
    }  # fmt: skip


def _about_author(root: LexborNode) -> str | None:
    """The paragraph about the author of a book, under its heading."""
    for heading in root.css(".related_info h2"):
        if "作者简介" not in heading.text():
            continue
        below = heading.next
        while below is not None and not (below.tag or "").isalpha():  # white space between the tags
            below = below.next
        if below is not None and below.tag == "div":
            return _text(below.css_first(".all") or below.css_first(".intro") or below).text or None
    return None


def _of_subject(subject: Mapping[str, object]) -> Document:
    ident, kind = fields.digits(subject.get("id")), subject["kind"]
    host = "book" if kind == "book" else "movie"
    genres = subject.get("genres")
    tags = [genre for genre in genres if isinstance(genre, str)] if isinstance(genres, list) else []
    rating = subject.get("rating")
    extra = {k: v for k, v in subject.items() if k not in ("id", "summary", "rating") and v not in (None, "", [])}
    extra["form"] = "documentary" if "纪录片" in tags else "anime" if "动画" in tags else None
    return {
        "id": f"subject-{ident}" if ident else None,
        "url": f"https://{host}.douban.com/subject/{ident}/" if ident else None,
        "title": fields.line(subject.get("name")) or None,
        "text": fields.text(subject.get("summary")),
        "rating": rating if isinstance(rating, float) else None,
        "tags": tags or None,
        "extra": json.dumps({k: v for k, v in extra.items() if v is not None}, ensure_ascii=False),
    }


def _reviews(root: LexborNode, subject: Row) -> Iterator[Document]:
    """Every long review that the page shows, whole or not."""
    inside = {item.mem_id for item in root.css(".review-item .review-item")}  # would be read over and over
    for item in root.css(".review-item"):
        if item.mem_id in inside:
            continue
        ident = fields.digits(item.attributes.get("id"))
        whole, short = item.css_first(".full-content"), item.css_first(".short-content")
        shown = _text(whole)
        unfold = short is not None and short.css_first(".unfold") is not None
        truncated = not shown.text and unfold
        spoiler = item.css_first(".spoiler-tip") is not None
        if not shown.text and short is not None:
            for node in short.css(".unfold, .spoiler-tip"):
                node.decompose()
            shown = _text(short)
        name, heading = item.css_first(".name"), item.css_first("h2")
        stars, time = item.css_first(".main-title-rating"), item.css_first(".main-meta")
        found = _STARS.search(stars.attributes.get("class") or "") if stars is not None else None
        reply = item.css_first(".reply")
        counted = _NUMBER.search(reply.text()) if reply is not None else None
        row = {
            "id": ident,
            "title": heading.text() if heading is not None else "",
            "stars": int(found[1]) if found else None,
            "votes": _useful(item, "r-useful_count"),
            "useless": _useful(item, "r-useless_count"),
            "comments": counted[0] if counted else None,
            "author": name.text() if name is not None else None,
        }
        yield _of_review(row, subject, shown, _time(time.text() if time is not None else ""), truncated, spoiler)


def _useful(item: LexborNode, name: str) -> str:
    """How many found a review useful, or useless; "" where the page counts nobody."""
    count = item.css_first(f'[id^="{name}"]')
    return count.text().strip() if count is not None else ""


def _of_review(
    row: Row, subject: Row, shown: Prose, created: datetime | None, truncated: bool, spoiler: bool = False
) -> Document:
    ident, stars = fields.digits(row.get("id")), row.get("stars")
    kind = subject["kind"]
    host = "book" if kind == "book" else "movie"
    extra = {
        "kind": kind,
        "subject": fields.line(subject.get("name")) or None,
        "subject_id": fields.digits(subject.get("id")),
        "useless": fields.count(row.get("useless")),
        "truncated": True if truncated else None,
        "spoiler": True if spoiler else None,
        "review": True,
    }
    return {
        "id": f"review-{ident}" if ident else None,
        "url": f"https://{host}.douban.com/review/{ident}/" if ident else None,
        "title": fields.line(row.get("title")) or None,
        "text": shown.text,
        "likes": fields.count(row.get("votes")),
        "comments": fields.count(row.get("comments")),
        "rating": 2.0 * stars if isinstance(stars, int) and 1 <= stars <= 5 else None,  # out of ten, as for subjects
        "created": created,
        "author": fields.line(row.get("author")) or None,
        "media": list(shown.media),
        "extra": json.dumps({k: v for k, v in extra.items() if v is not None}, ensure_ascii=False),
    }


def _row(row: Row, path: str) -> Document:
    """A subject or a review in the neutral form."""
    if row.get("type") in KINDS.values() and row.get("name"):
        lists = {name: _names(row.get(name)) for name in LISTED}
        year = row.get("year")
        kept = {name: row.get(name) for name in ("original", "publisher", "subtitle", "votes", "about_author")}
        return _of_subject(
            {
                "id": row.get("id"),
                "kind": row["type"],
                "name": row["name"],
                "year": year if isinstance(year, int) and not isinstance(year, bool) else None,
                "rating": _rating(row.get("rating")),
                "summary": _INDENT.sub("", fields.text(row.get("summary"))).strip(),
                **kept,
                **{name: names for name, names in lists.items() if names},
            }
        )
    subject = fields.mapping(row.get("subject"))
    if row.get("type") == "review" and subject.get("type") in KINDS.values() and "content" in row:
        about = {"kind": subject["type"], "name": subject.get("name"), "id": subject.get("id")}
        shown = Prose(_INDENT.sub("", fields.text(row.get("content"))).strip(), ())
        return _of_review(row, about, shown, fields.time(row.get("created")), row.get("truncated") is True)
    raise Unreadable(
        "unknown_shape",
        f"{path}: a row is a subject (type book, movie or tv, and a name) or a review (type review, subject, title, "
        f"content); this has {', '.join(sorted(map(str, row)))[:200] or 'no fields'}",
    )


def _names(value: object) -> list[str]:
    """The names in a list of names or of people, or between slashes."""
    listed = value.split("/") if isinstance(value, str) else value if isinstance(value, list) else []
    names = [fields.line(one if isinstance(one, str) else fields.mapping(one).get("name")) for one in listed]
    return [name for name in names if name]


def _text(node: LexborNode | None) -> Prose:
    """What an element says, without the indents of its paragraphs and the site's button after it."""
    if node is None:
        return Prose("", ())
    found = prose(node)
    text = _INDENT.sub("", found.text).strip()
    for tail in TAILS:
        text = text.removesuffix(tail).rstrip()
    return Prose(text, found.media)


def _rating(value: object) -> float | None:
    """A rating out of ten; None where there are too few votes for one."""
    try:
        found = float(str(value).strip())
    except ValueError:
        return None
    return found if 0 < found <= 10 else None


def _time(value: str) -> datetime | None:
    try:
        return datetime.strptime(value.strip(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
