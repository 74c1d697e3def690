"""Rows and Markdown of questions and answers about programming; the forms are described in ``sources.segmentfault``."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from selectolax.lexbor import LexborNode

from cqia.errors import NotADocument, Unreadable
from cqia.readers import fields
from cqia.readers.blocks import clean
from cqia.readers.charset import decode
from cqia.readers.fields import Row
from cqia.readers.html import Prose, markdown
from cqia.readers.page import MESSAGES, html_of, wall
from cqia.readers.raw import Raw
from cqia.schema import Document, Medium

Part = Literal["question", "answer", "source", "text"]

#: A page whose links hold at least this share of its text is a list: lists of seven sites have 0.26 to 0.90.
LIST_SHARE = 0.25
#: A Markdown file of which this share of lines are links is a list of questions: those seen have 0.46 and more, files
#: of answers 0.2 and less.
LINKED_LINES = 0.4
MAX_LABEL_CHARS = 40

_HTML = re.compile(r"\s*<(?:!doctype|html|p|div|h[1-6]|ul|ol|pre|blockquote|article|section)\b", re.I)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]*([^\n]*?)[ \t]*#*[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(?:={3,}|-{3,})[ \t]*$")
_LINKED = re.compile(r"\]\([^)\s]{0,500}+\)")
LABELS: tuple[tuple[Part, re.Pattern[str]], ...] = (
    ("question", re.compile(r"(问题(?:描述)?|提问|问|question|q)[ \t]*(?:[：:，,][ \t]*(.*))?$", re.I)),
    (
        "answer",
        re.compile(
            r"((?:问题的?|最佳|其[他它](?:的)?|额外)?(?:回答|答案|解答|答复|答|answer|a)(?:选编)?)"
            r"[ \t]*(?:[0-9]{1,2}|[一二三四五六七八九十]|[（(][^）)]{1,12}[）)])*[ \t]*(?:[：:，,（(][ \t]*(.*))?$",
            re.I,
        ),
    ),
)
_SOURCE = re.compile(
    r"[\s>*-]{0,6}(?:stack\s?over\w{1,6}(?:的|原文|讨论){0,2}(?:原?链接|原址|地址)|原文(?:链接)?)"
    r"\**[ \t]*(?:[：:(\[].*)?$",
    re.I,
)
_PICTURE = re.compile(r"!\[[^\]\n]{0,200}+\]\(<?([^)\s>]{0,500}+)[^)\n]{0,200}+\)")
_STACK_OVERFLOW = re.compile(r"stackoverflow\.com/(?:questions|q)/([0-9]{1,12})")


class Section(NamedTuple):
    """A part of a Markdown file: what its label says it is, and its lines."""

    part: Part
    lines: list[str]


def read(raw: Raw) -> list[Document]:
    """The answer of a row, or the answers of a Markdown file.

    Raises:
        Unreadable: ``unknown_shape`` for a row without question or answer, and for a page, none of which has been
            seen; ``truncated``, ``empty`` and what ``decode`` and ``parse`` find wrong.
        NotADocument: ``list_page``, ``no_answer``, or what a page says instead; ``not_data`` for a note beside the
            data.
    """
    raw.refuse_note()
    if raw.row is not None:
        return [_row(raw.row, raw.path)]
    text, _ = decode(raw.data or b"", raw.charset)
    if re.search(r"<html[\s>]", text[:4096], re.I):
        return _page(raw)
    return list(_markdown(text))


def _row(row: Row, path: str) -> Document:
    answer, question = _shown(_prose(row.get("answer"))), _shown(_prose(row.get("question")))
    title = fields.line(row.get("title"))
    if "answer" not in row or not ({"title", "question"} & row.keys()):
        raise Unreadable("unknown_shape", f"{path}: a row has title, question, answer, votes, accepted, created; this "
                         f"has {', '.join(sorted(map(str, row)))[:200] or 'no fields'}")  # fmt: skip
    asked, ident = fields.digits(row.get("question_id")), fields.digits(row.get("answer_id"))
    tags = row.get("tags")
    names = re.split(r"[,，、;；\s]+", tags) if isinstance(tags, str) else tags if isinstance(tags, list) else []
    accepted = row.get("accepted")
    return {
        "id": f"answer-{ident}" if ident else None,
        "url": f"https://segmentfault.com/q/{asked}/a-{ident}" if asked and ident else None,
        "title": title or None,
        "context": question.text or None,
        "text": answer.text,
        "media": list(answer.media),
        "likes": fields.count(row.get("votes")),
        "accepted": {"true": True, "1": True, "false": False, "0": False}.get(str(accepted).lower()),
        "created": fields.time(row.get("created")),
        "author": fields.line(row.get("author")) or None,
        "tags": [name for tag in names if (name := fields.line(tag))] or None,
        "extra": _extra(question_id=asked, question_media=len(question.media) or None),
    }


def _prose(value: object) -> Prose:
    """Markdown as it is; HTML as Markdown."""
    text = fields.text(value).strip()
    return markdown(text) if _HTML.match(text) else Prose(text, ())


def _shown(prose: Prose) -> Prose:
    """Markdown without its pictures, which are listed instead."""
    found = dict.fromkeys(url for url in _PICTURE.findall(prose.text) if url)
    media: tuple[Medium, ...] = tuple({"kind": "image", "url": clean(url)} for url in found)
    return Prose(_PICTURE.sub("", prose.text).strip() if "![" in prose.text else prose.text, (*prose.media, *media))


def _extra(**values: object) -> str:
    return json.dumps({name: value for name, value in values.items() if value is not None}, ensure_ascii=False)


def _page(raw: Raw) -> list[Document]:
    root, _ = html_of(raw)
    if _is_list(root):
        raise NotADocument("list_page", "links to questions or articles, without a whole answer")
    if reason := wall(root):
        raise NotADocument(reason, MESSAGES[reason])
    raise Unreadable("unknown_shape", "a page: no page of a question has been seen, so none is guessed at. Hand over "
                     "its question and answers as JSON lines; docs/sources.md names the fields")  # fmt: skip


def _is_list(root: LexborNode) -> bool:
    body = root.css_first("body") or root
    for node in body.css("script, style, noscript, template"):
        node.decompose()
    linked = sum(len("".join(link.text().split())) for link in body.css("a"))
    return linked > LIST_SHARE * len("".join(body.text().split()))


def _markdown(text: str) -> Iterator[Document]:
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").split("\n")
    written = [line for line in lines if line.strip()]
    if not written:
        raise Unreadable("empty", "the file is empty")
    if sum(bool(_LINKED.search(line)) for line in written) > LINKED_LINES * len(written):
        raise NotADocument("list_page", "a list of links to questions, without answers")
    title, sections = _sections(lines)
    labelled = any(section.part == "answer" for section in sections)
    asked = [_joined(section) for section in sections if section.part == ("question" if labelled else "none")]
    answers = [answer for s in sections if s.part == ("answer" if labelled else "text") and (answer := _joined(s))]
    if not answers or (not labelled and any(section.part == "question" for section in sections)):
        raise NotADocument("no_answer", "a question without an answer")
    links = [_STACK_OVERFLOW.search("\n".join(section.lines)) for section in sections if section.part == "source"]
    found = next((link for link in links if link), None)
    context = "\n\n".join(part for part in asked if part)
    if labelled and not context:  # what stands before the first answer is the question, said so or not
        before = itertools.takewhile(lambda section: section.part != "answer", sections)
        context = "\n\n".join(part for s in before if s.part == "text" and (part := _joined(s)))
    question = _shown(Prose(context, ()))
    for number, shown in enumerate((_shown(Prose(answer, ())) for answer in answers), 1):
        yield {
            "id": f"stackoverflow-{found[1]}-{number}" if found else None,
            "url": f"https://stackoverflow.com/questions/{found[1]}" if found else None,
            "title": title,
            "context": question.text or None,
            "text": shown.text,
            "media": list(shown.media),
            "extra": _extra(question_id=found[1] if found else None, question_media=len(question.media) or None),
        }


def _sections(lines: list[str]) -> tuple[str | None, list[Section]]:
    """The title of a file and its sections. A label is a heading, or a line of its own that says no more than that
    here is the question, the answer, or the address it was translated from."""
    title: str | None = None
    sections = [Section("text", [])]
    fence = ""
    for line, after in itertools.zip_longest(lines, lines[1:], fillvalue=""):
        mark = _FENCE.match(line)
        if fence or mark:
            sections[-1].lines.append(line)
            if not fence and mark:
                fence = mark[1]
            elif mark and mark[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
            continue
        heading = _HEADING.match(line)
        said = (heading[1] if heading else line).strip().strip("*").strip()
        part, rest = _label(said, heading is not None or bool(said and _UNDERLINE.match(after)))
        if part == "question" and not heading and any(section.part == "answer" for section in sections):
            part = None  # an answer that speaks of a problem
        if part is not None:
            sections.append(Section(part, [rest] if rest else []))
        elif title is None and len(sections) == 1 and not any(sections[0].lines):
            title = said or None
        elif heading and sections[-1].part == "source":  # the address ends where something else begins
            sections.append(Section("text", [line]))
        elif not _UNDERLINE.match(line) or sections[-1].lines:
            sections[-1].lines.append(line)
    return title, sections


def _label(said: str, heading: bool) -> tuple[Part | None, str]:
    """What a line says its section is, and what it says besides; None for a line that is no label. In a line that is
    no heading a single letter or character is none either."""
    if _SOURCE.match(said):
        return "source", said
    for part, pattern in LABELS:
        found = pattern.match(said)
        if found and (len(said) <= MAX_LABEL_CHARS if heading else len(found[1]) > 1):
            return part, "" if heading and part == "answer" else (found[2] or "").strip()
    return None, ""


def _joined(section: Section) -> str:
    lines = [line.rstrip() for line in section.lines]
    while lines and not lines[-1].strip(" -*"):  # the line ruled under a section
        lines.pop()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
