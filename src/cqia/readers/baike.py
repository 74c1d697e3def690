"""Entries of encyclopedias: a title, a lead, sections and facts, from rows, Markdown, labelled lines or a page.

The neutral form, one JSON object a line, in which every field but the title may be missing:

    {"title": "…", "kind": "…", "id": "…", "url": "…", "category": "…" or ["…"], "author": "…", "date": "2020-01-31",
     "copyright": "…", "summary": "…", "facts": {"label": "value"}, "text": "Markdown" or "html": "<p>…</p>",
     "sections": [{"title": "…", "text": "…"}] or {"title": "text"}}

As Markdown: single values as ``name: value`` between two lines of ``---``, then ``# title``, text and ``## section``.
Labelled lines are what a crawler of Baidu Baike wrote: ``name:``, ``description:``, facts as ``label：:value``, and
``paragraph:`` with a section a line as ``title:text``. Any other page goes through the general reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from html import unescape
from urllib.parse import unquote, urlsplit

from cqia.errors import NotADocument, Unreadable
from cqia.readers import fields
from cqia.readers.article import article
from cqia.readers.article_head import moment
from cqia.readers.blocks import clean
from cqia.readers.charset import decode
from cqia.readers.fields import Row
from cqia.readers.html import markdown
from cqia.readers.page import is_page
from cqia.readers.raw import Raw
from cqia.readers.steps import broken_up
from cqia.schema import Medium

Section = tuple[str, str]

#: Sections that name books and pages, not the subject.
REFERENCES = frozenset(
    {
        "参考资料",
        "参考文献",
        "参考书目",
        "扩展阅读",
        "延伸阅读",
        "外部链接",
        "相关条目",
        "参见",
        "图册",
        "词条图册",
        "注释",
    }
    | {"本条目引文", "百科星图"}
)
#: A table flattened to a line has so large a share of digits, and a stop only every so many characters; running text
#: of the entries at hand has one every 8.
FLAT_DIGITS, FLAT_CHARS = 0.15, 45
#: The longest name of the 778 entries at hand has 10 characters, the shortest headline of 27 news pages 13 and a stop.
LONGEST_NAME = 12

_LABELLED = re.compile(r"(?:\A|\n)name:\s*\n(?=[\s\S]*?\n(?:description|paragraph):\s*\n)")
_LABEL = re.compile(r"(.{1,25}?)[：:]?:")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_IMAGE = re.compile(r"!\[([^\]\n]{0,200})\]\(\s*([^()\s]{1,500}(?:\([^()\s]{0,100}\))?)[^)\n]{0,200}\)")
_LINK = re.compile(r"(?<!!)\[([^\]\n]{1,200})\]\([^()\s]{0,500}(?:\([^()\s]{0,100}\))?[^)\n]{0,100}\)")
# An item that says nothing but where to read on: "- 参考资料：[title](https://…)".
_SOURCE_ITEM = re.compile(
    r"^[ \t]*[-*+] [^\n\[\]]{0,16}\[[^\n]{1,200}\]\(https?://[^)\s]{1,500}\)[。.]?[ \t]*(?:\n|\Z)", re.MULTILINE
)
_ENTITY = re.compile(r"&(?:deg|times|divide|plusmn|nbsp|mdash|hellip|[lr]dquo|middot|frac\d\d);")
# A dot that says nothing stands before titles in the published set; ".NET" keeps its own.
_STRAY = re.compile(
    r"\A(?:[\s.．·•。、，,;；:：*#>_—–]+(?![A-Za-z])|[\s·•*#>]+|-\s+|\d{1,3}\s*[、．]\s*|\d{1,3}\.\s*(?=[^\d\s]))+"
)
# The mark by which one crawler filled sections it could not read to the end, and where footnotes were.
_CRAWLER = re.compile(r"zhua曲子白渡白颗|-{4,}")
# The head of a table of steps whose lines were lost.
_TABLE_HEAD = re.compile(r"步骤具体操作(?:步骤图)?(?=步骤\s?1|1)")
_FOOTNOTE = re.compile(r"[ \u00a0\u3000]+(?=[。，；：、！？）])|\[\d{1,3}(?:-\d{1,3})?\]")


@dataclass(frozen=True)
class Entry:
    """An article of an encyclopedia.

    Attributes:
        title: without numbers and stray dots before it.
        lead: what stands before the first section, in Markdown.
        sections: title and Markdown of each, in order.
        facts: the labelled values of its box.
        left_out: titles of sections that hold nothing to read: empty, a flattened table, references.
        kind: as the row says it; ``article`` of a page under a headline; else None.
    """

    title: str
    lead: str
    sections: tuple[Section, ...] = ()
    facts: Mapping[str, str] | None = None
    kind: str | None = None
    native: str | None = None
    url: str | None = None
    tags: tuple[str, ...] = ()
    author: str | None = None
    created: datetime | None = None
    copyright: str | None = None
    media: tuple[Medium, ...] = ()
    left_out: tuple[str, ...] = ()


def entry(raw: Raw) -> Entry:
    """The entry of one row, file or page.

    Raises:
        Unreadable: ``unknown_shape`` for a row without title or text; what charset and parser raise.
        NotADocument: ``no_content`` for a file without text, ``no_title`` for rows that are texts and nothing else,
            ``not_data`` for a note beside the data.
    """
    raw.refuse_note()
    if raw.row is not None:
        return _sifted(from_row(raw.row, f"{raw.path} {raw.locator}".strip()))
    text, _ = decode(raw.data or b"", raw.charset)
    if not text.strip():
        raise Unreadable("empty", f"{raw.path} is empty")
    if _LABELLED.search(text[:20_000]):
        return _sifted(labelled(text))
    if is_page(text):
        return _sifted(page(raw.data or b"", raw.charset))
    return _sifted(from_markdown(text))


def from_row(row: Row, where: str) -> Entry:
    """A row of the neutral form."""
    title = fields.line(fields.first(row, "title", "name", "question"))
    body = fields.text(row.get("text"))
    media: list[Medium] = []
    html = fields.text(row.get("html"))
    if html and not title:  # a whole page, as archives of pages have it
        return _about(page(html.encode("utf-8", "replace")), row)
    if html:
        said = markdown(html)
        body, media = said.text, [*said.media]
    lead, sections = split(clean(body).replace("\r\n", "\n"))
    summary = clean(fields.text(fields.first(row, "summary", "description"))).strip()
    sections += _sections(row.get("sections"))
    if lead and not row.keys() & {"title", "name", "question", "instruction", "output"}:
        raise NotADocument("no_title", "a text without a title: nobody could ask for it")
    if not title or not (lead or sections or summary):
        raise Unreadable("unknown_shape", f"{where}: an entry has title and text, html or sections; this has "
                         f"{sorted(map(str, row))[:12] or 'no fields'}")  # fmt: skip
    made, shown = _plain("\n\n".join(part for part in (summary, lead) if part), sections)
    facts = {label: value for label, value in _pairs(row.get("facts")) if label and value}
    return _about(replace(made, title=named(title), facts=facts, media=(*media, *shown)), row)


def from_markdown(text: str) -> Entry:
    """A file of Markdown: ``name: value`` lines between ``---``, a title, sections."""
    text = clean(text).replace("\r\n", "\n").lstrip("\ufeff")
    head: dict[str, object] = {}
    if found := re.match(r"---[ \t]*\n((?:[^\n]{0,2000}\n){0,60}?)---[ \t]*\n", text):
        for line in found[1].splitlines():
            name, colon, value = line.partition(":")
            if colon:
                head[name.strip()] = value.strip().strip("\"'")
        text = text[found.end() :]
    title, body = fields.line(head.get("title")), _uncommented(text).strip()
    if first := re.match(r"#\s+([^\n]{1,300})(?:\n|\Z)", body):
        title, body = title or first[1].strip(" #"), body[first.end() :]
    if not title or not body.strip():
        raise NotADocument("no_content", "no title, or nothing under it")
    made, media = _plain(*split(body.strip()))
    return _about(replace(made, title=named(title), media=tuple(media)), head)


def labelled(text: str) -> Entry:
    """Baidu Baike's entry as labelled lines."""
    text = clean(text).replace("\r\n", "\n")
    parts: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.split("\n"):
        if line in ("_id:", "url:", "name:", "description:", "paragraph:") and line not in parts:
            current = parts.setdefault(line, [])
        else:
            current.append(line)

    def first(name: str) -> str:
        return next((line.strip() for line in parts.get(name, []) if line.strip()), "")

    title, url = fields.line(first("name:")), first("url:")
    description = parts.get("description:", [])
    lead = description[0] if description else ""
    sections = []
    for line in parts.get("paragraph:", []):
        name, colon, body = line.partition(":")
        if colon and len(name) <= 40:
            sections.append((name.strip().removeprefix("的"), body))  # 的做法, whose title was cut off
        elif line.strip() and sections:
            sections[-1] = (sections[-1][0], f"{sections[-1][1]}\n{line}")
    item = unquote(urlsplit(url).path).rpartition("/item/")[2]
    return Entry(
        title=named(title),
        lead=mended(title, lead),
        sections=tuple((name, mended(title, body)) for name, body in sections),
        facts=_facts(description[1:]),
        native=re.sub(r"\s|/", "-", item.rpartition("/")[2] if re.search(r"/\d+$", item) else item) or None,
        url=url or None,
    )


def page(data: bytes, charset: str | None = None) -> Entry:
    """A page of an unknown site, under a headline no entry but an ``article``.

    Args:
        data: the page. charset: what its server declared.
    """
    found = article(data, charset)
    made, _ = _plain(*split(found.text))
    title = named(found.title)
    kind = "article" if _headline(title) else None
    return replace(made, title=title, kind=kind, author=found.author, created=found.created, media=found.media)


def _headline(title: str) -> bool:
    """Whether a title is a line of news and no name of a thing, nor a plain question."""
    bare = title.rstrip("？?。.！! ")
    long = len(bare) > LONGEST_NAME and not title.endswith(("？", "?"))
    return long or re.search(r"[，。：:；！？!?、…|｜\"“”\s]", bare) is not None


def named(title: str) -> str:
    """A title without the stray dots, bullets and numbers that lists leave before it."""
    return _STRAY.sub("", title).strip() or title.strip()


def mended(title: str, text: str) -> str:
    """The text of a section as it was before the crawler: no captions of pictures run into it, numbered steps in lines.

    A caption repeats the title of the entry: twice in a row, before a step, or after the last sentence.
    """
    text = _TABLE_HEAD.sub("", _FOOTNOTE.sub("", _CRAWLER.sub("", text))).replace("\u00a0", " ").strip()
    if title:
        name = re.escape(title)
        text = re.sub(rf"{name}[（(]\d{{1,3}}张[）)]", "", text)
        text = re.sub(rf"(?:{name}){{2,9}}", title, text)
        text = re.sub(rf"{name}(?=\d{{1,2}}[、．.]\D)|(?<=[。！？；])[ \u3000]*{name}(?:\(\d\)|（\d）)?\s*\Z", "", text)
    return broken_up(text).strip(" /")


def split(text: str) -> tuple[str, list[Section]]:
    """Markdown by its highest headings: what stands before them, and the sections."""
    lines = text.split("\n")
    heads: list[tuple[int, int, str]] = []
    fence = ""
    for number, line in enumerate(lines):
        if mark := re.match(r"\s{0,3}(`{3,}|~{3,})", line):
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        elif not fence and len(line) < 400 and (found := _HEADING.match(line)):
            heads.append((number, len(found[1]), found[2].strip("* ")))
    if not heads:
        return text.strip(), []
    top = min(level for _, level, _ in heads)
    starts = [(number, name) for number, level, name in heads if level == top]
    ends = [number for number, _ in starts[1:]] + [len(lines)]
    return "\n".join(lines[: starts[0][0]]).strip(), [
        (name, "\n".join(lines[start + 1 : end]).strip()) for (start, name), end in zip(starts, ends, strict=True)
    ]


def rendered(found: Entry, heading: str = "{section}") -> str:
    """The whole entry in Markdown; ``heading`` says how a section is headed, from {title} and {section}."""
    blocks = [found.lead] if found.lead else []
    for section, text in found.sections:
        full = section if found.title and found.title in section else heading.replace("{section}", section)
        blocks.append(f"## {full.replace('{title}', found.title)}\n\n{text}")
    return "\n\n".join(blocks)


def _sifted(found: Entry) -> Entry:
    """The entry without sections that hold nothing to read; their titles are in ``left_out``."""
    readable = [(name, text) for name, text in found.sections if _readable(name, text)]
    out = tuple(name for name, text in found.sections if not _readable(name, text))
    return replace(found, sections=tuple(readable), left_out=out)


def _readable(name: str, text: str) -> bool:
    if not text.strip() or name.strip() in REFERENCES:
        return False
    digits = sum(character.isdecimal() for character in text)
    stops = sum(character in "，。；：！？、 \n|" for character in text) + 1
    return digits < FLAT_DIGITS * len(text) or len(text) < FLAT_CHARS * stops


def _plain(lead: str, sections: Iterable[Section]) -> tuple[Entry, list[Medium]]:
    """Markdown whose pictures are listed and whose links are their words."""
    media: list[Medium] = []

    def seen(match: re.Match[str]) -> str:
        media.append({"kind": "image", "url": match[2]})
        return ""

    def bare(text: str) -> str:
        text = _LINK.sub(r"\1", _SOURCE_ITEM.sub("", _IMAGE.sub(seen, _uncommented(text))))
        text = _ENTITY.sub(lambda match: unescape(match[0]), text)
        return re.sub(r"\n[ \t]*\n(?:[ \t]*\n)+", "\n\n", text).strip()

    return Entry("", bare(lead), tuple((_LINK.sub(r"\1", name), bare(text)) for name, text in sections)), media


def _uncommented(text: str) -> str:
    """The text without ``<!-- comments -->``; one that never ends is text."""
    out, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        out.append(text[at:start])
        at = end + 3
    return "".join([*out, text[at:]])


def _sections(value: object) -> list[Section]:
    if isinstance(value, Mapping):
        value = [{"title": title, "text": text} for title, text in value.items()]
    rows = [fields.mapping(item) for item in value] if isinstance(value, list) else []
    return [
        (title, clean(fields.text(row.get("text")) or markdown(fields.text(row.get("html"))).text))
        for row in rows
        if (title := fields.line(row.get("title")))
    ]


def _pairs(value: object) -> list[tuple[str, str]]:
    return [(fields.line(str(k)), fields.line(v)) for k, v in fields.mapping(value).items()]


def _facts(lines: Iterable[str]) -> dict[str, str]:
    facts: dict[str, str] = {}
    last = ""
    for line in lines:
        if found := _LABEL.match(line):
            last = found[1].strip("：: ")
            facts[last] = line[found.end() :].strip()
        elif line.strip() and last and line.strip() not in ("收起", "展开"):  # a value of several lines
            facts[last] = f"{facts[last]}{'' if line.startswith('、') or not facts[last] else '；'}{line.strip()}"
    return {label: value for label, value in facts.items() if label and value}


def _about(found: Entry, row: Row) -> Entry:
    """The entry with what a row says of it besides its text."""
    categories = row.get("category", row.get("tags"))
    tags = categories if isinstance(categories, list) else re.split(r"[,，、;；/]", fields.text(categories))
    native = row.get("id")
    return replace(
        found,
        kind=fields.line(row.get("kind")) or found.kind,
        native=fields.digits(native) or re.sub(r"[\s/]", "-", fields.line(native)) or None,
        url=fields.line(row.get("url")) or None,
        tags=tuple(tag for tag in (fields.line(tag) for tag in tags) if tag),
        author=fields.line(row.get("author")) or found.author,
        created=fields.time(row.get("date")) or moment(fields.line(row.get("date"))) or found.created,
        copyright=clean(fields.text(row.get("copyright"))).strip() or None,
    )
