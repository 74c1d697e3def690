"""Classical Chinese in the forms that collections have: pairs, idioms, riddles, poems in books, culture tests.

    古文：… / 现代文：…                     pairs of lines (NiuTrans Classical-Modern)
    12,"成语","pīn yīn","释义","出处","例句","abbr"    idioms as CSV without a header
    成语    释义                            idioms, one a line
    {"riddle": …, "answer": …}              歇后语
    {"title" | "rhythmic" | "chapter", "author", "paragraphs" | "content": [lines]}    poems and prose
    {"title", "content": [{"type" | "title", "content": [poems]}]}                     books of them, to any depth
    {"question", "options", "answer", "analysis"}       questions on culture

Each yields Documents whose ``extra`` holds ``kind`` and the parts.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from cqia.errors import NotADocument, Unreadable
from cqia.readers.charset import decode
from cqia.readers.examples import document
from cqia.readers.fields import Row, line
from cqia.readers.published import solution
from cqia.readers.raw import Raw
from cqia.schema import Document

#: A book holds volumes, a volume groups, a group poems; a file that nests deeper is none.
MAX_DEPTH = 8
#: A line of an idiom list; the longest idiom has 20 characters.
_IDIOM = re.compile(r"([\u3400-\u9fff，、]{3,24})[ \t　]+(\S.*)")
_PAIR = re.compile(r"^古文：(.*)\n现代文：(.*)$", re.MULTILINE)
#: The pairs lost their quotation marks, which left blanks; bounded, so that no line makes the search slow.
_GAP = re.compile(r"(?<=[\u3400-\u9fff，。！？：；、])[ \t　]{1,9}|[ \t　]{1,9}(?=[\u3400-\u9fff，。！？：；、])")
_DYNASTY = re.compile(r"^[（(\[]([^）)\]]{1,6})[）)\]]\s*|^(先秦|[一-鿿]{1,2}代?)[：:]\s*")
_NOBODY = frozenset({"佚名", "無名氏", "无名氏", "不詳", "不详", "失名", "闕名", "阙名", ""})
#: Names of files in a collection that hold no data.
_ABOUT = frozenset({".md", ".db", ""})


def read(raw: Raw) -> Iterator[Document]:
    """What a file or a row of a collection holds.

    Raises:
        Unreadable: ``unknown_shape``; ``too_nested``.
        NotADocument: ``not_data`` for a README or a licence beside the data.
    """
    if raw.row is not None:
        return _row(raw.row, raw)
    if PurePath(raw.path).suffix.lower() in _ABOUT:
        raise NotADocument("not_data", f"{raw.name} tells of the data")
    text = decode(raw.data or b"")[0].replace("\r\n", "\n")
    if "古文：" in text[:1_000]:
        return _pairs(text, _book(raw.path))
    if re.match(r'\ufeff?\d+,"', text):
        return _idiom_table(text, raw.path)
    if _IDIOM.match(text.lstrip("\ufeff")):
        return _idiom_lines(text)
    raise Unreadable("unknown_shape", f"{raw.path} holds neither pairs (古文：… 现代文：…) nor idioms, one a line")


def _row(row: Row, raw: Raw) -> Iterator[Document]:
    if "riddle" in row:
        first, second = line(row["riddle"]), line(row.get("answer"))
        yield document(first, "", second, tags=["歇后语"], more={"kind": "riddle"})
    elif "question" in row and "answer" in row:
        yield _question(row)
    elif any(isinstance(row.get(key), Sequence) for key in ("paragraphs", "content")):
        envelope = row.get("_envelope")
        yield from _book_of(row, envelope if isinstance(envelope, Mapping) else {}, 0)
    else:
        had = ", ".join(sorted(map(str, row)))[:300]
        raise Unreadable("unknown_shape", f"{raw.path}: a poem has paragraphs or content, a two-part saying riddle and "
                         f"answer, a question on culture question and answer; this has {had}")  # fmt: skip


def _pairs(text: str, book: str) -> Iterator[Document]:
    for found in _PAIR.finditer(text):
        classical, modern = (_GAP.sub("", part).strip() for part in found.groups())
        yield document(classical, "", modern, tags=["文言文翻译"], more={"kind": "pair", "book": book})


def _book(path: str) -> str:
    """The book and chapter that the folders of a pair name: 论语·学而篇."""
    folders = list(PurePath(path).parts[:-1])[::-1]
    named: list[str] = []
    for folder in folders:
        if not re.fullmatch(r"[\u3400-\u9fff]{1,20}", folder) or folder == "双语数据":
            break
        named.insert(0, folder)
    return "·".join(named)


def _idiom_table(text: str, path: str) -> Iterator[Document]:
    try:
        for row in csv.reader(io.StringIO(text.lstrip("\ufeff"))):
            if len(row) >= 6 and row[1].strip():
                yield _idiom(*(cell.strip() for cell in (row[1], row[3], row[4], row[5])))
    except csv.Error as error:
        raise Unreadable("bad_row", f"{path} is no table of idioms: {error}") from None


def _idiom_lines(text: str) -> Iterator[Document]:
    for row in text.lstrip("\ufeff").split("\n"):
        if found := _IDIOM.match(row.strip()):
            yield _idiom(found[1], found[2].strip())


def _idiom(idiom: str, meaning: str, origin: str = "", example: str = "") -> Document:
    """An idiom; that of one collection has the id of another's, so that the fullest stays."""
    used = example.replace("～", idiom)
    parts = (meaning, f"成语出处：{origin}" if origin else "", f"例句：{used}" if used else "")
    told = "\n".join(part for part in parts if part) if meaning else ""
    return document(idiom, "", told, id=f"idiom-{idiom}", tags=["成语"], more={"kind": "idiom", "meaning": meaning})


def _question(row: Row) -> Document:
    options = row.get("options", row.get("choices"))
    if isinstance(options, Mapping):
        listed = [f"{label}. {line(text)}" for label, text in options.items()]
    elif isinstance(options, Sequence) and not isinstance(options, str):
        listed = [
            text if re.match(r"[(（]?[A-H][)）.．、:：]", text) else f"{'ABCDEFGH'[number]}. {text}"
            for number, text in enumerate(line(option) for option in options[:8])
        ]
    else:
        listed = []
    asked = "\n".join([str(row["question"]).strip(), *listed])
    answered = solution(line(row.get("answer")), str(row.get("analysis") or "").strip())
    return document(asked, "", answered, tags=["文化常识"], more={"kind": "culture"})


def _book_of(row: Row, above: Row, depth: int) -> Iterator[Document]:
    """The poems of a book; what stands above a poem (its author, its form) holds for it unless it says otherwise."""
    if depth > MAX_DEPTH:
        raise Unreadable("too_nested", f"books within books, more than {MAX_DEPTH} deep")
    held = row.get("paragraphs") if isinstance(row.get("paragraphs"), list) else row.get("content")
    inside = held if isinstance(held, list) else []
    lines = [text.strip() for text in inside if isinstance(text, str) and text.strip()]
    if lines or not inside:
        yield _poem(row, above, lines)
    below = {**above, **{key: row[key] for key in ("author", "type") if row.get(key)}}
    for item in inside:
        if isinstance(item, Mapping):
            yield from _book_of(item, below, depth + 1)


def _poem(row: Row, above: Row, lines: list[str]) -> Document:
    named = line(row.get("title")) or line(row.get("chapter"))
    author, dynasty = _author(line(row.get("author") or above.get("author")))
    tune = line(row.get("rhythmic"))
    # Prose stands in chapters of a book; verse has a title or a tune and somebody, or a form, or a section (诗经).
    poem = tune or row.get("section") or above.get("type") or (row.get("title") and author)
    kind = "tune" if tune else "poem" if poem and not row.get("source") else "prose"
    text = "\n".join(lines)
    found = document(named or tune, "", text, compared=text, id=_poem_id(row), tags=["古诗词" if poem else "古文"],
                     more={"kind": kind, "author": author, "dynasty": dynasty, "tune": tune or None,
                           "line": lines[0] if lines else None})  # fmt: skip
    found["author"] = author
    return found


def _author(text: str) -> tuple[str | None, str | None]:
    """Who wrote it and when; 佚名 is nobody."""
    dynasty = _DYNASTY.match(text)
    name = text[dynasty.end() :].strip() if dynasty else text
    known = name not in _NOBODY and 2 <= len(name) <= 10
    return name if known else None, (dynasty[1] or dynasty[2]) if dynasty else None


def _poem_id(row: Row) -> str | None:
    id = row.get("id")
    return f"poem-{id}" if isinstance(id, str) and re.fullmatch(r"[0-9a-fA-F-]{8,40}", id) else None
