"""A paper as a file, by what the file is: DOCX, PDF, LaTeX, Mathpix Markdown or plain text; to its questions."""

from __future__ import annotations

from dataclasses import replace

from cqia.errors import NotADocument, Unreadable
from cqia.readers.charset import decode
from cqia.readers.exam_rows import MAX_CHARS, Item
from cqia.readers.latex import plain
from cqia.readers.paper import split
from cqia.readers.raw import Raw
from cqia.readers.transcript import Transcript

#: A book of papers has 1,500 pages of 2,000 characters.
MAX_PAPER_CHARS = 3_000_000


def questions(raw: Raw) -> list[Item]:
    """The questions of a paper, in order.

    Raises:
        Unreadable: what the file's reader says; ``old_word`` for a .doc; ``too_large``.
        NotADocument: ``no_questions``.
    """
    data = raw.data or b""
    places: list[tuple[str, tuple[str, str]]] = []
    if data.startswith(b"PK\x03\x04"):
        from cqia.readers.docx import read_docx

        text, formulas = read_docx(data)
        places = [(tex, ("formula", place)) for tex, where in formulas.items() for place in where]
    elif data[:1024].lstrip().startswith(b"%PDF"):
        from cqia.readers.pdf import read_pdf

        known = raw.transcript or Transcript("", {})
        known = replace(known, pages={number: plain(page) for number, page in known.pages.items()})
        text, places = read_pdf(data, known.pages), list(known.places().items())
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("old_word", f"{raw.path} is in the binary format of Word 97: save it as .docx")
    else:
        text = decode(data, raw.charset)[0]
        text = plain(text) if len(text) <= MAX_PAPER_CHARS else text
    if len(text) > MAX_PAPER_CHARS:
        raise Unreadable("too_large", f"{raw.path}: {len(text):,} characters; the limit is {MAX_PAPER_CHARS:,}")
    found = [_linked(item, places) for item in split(text, raw.name)]
    if not found:
        raise NotADocument("no_questions", "no line begins with the number of a question")
    for item in found:
        if len(item.question) + len(item.passage) + len(item.analysis) > MAX_CHARS:
            raise Unreadable("too_large", f"{raw.path}: a question of more than {MAX_CHARS:,} characters")
    return found


def _linked(item: Item, places: list[tuple[str, tuple[str, str]]]) -> Item:
    """With the places of what was transcribed, so that a reviewer can compare it with its original.

    Args:
        places: words, and what stands for them in ``media`` where a question has them.
    """
    if not places:
        return item
    words = "\n".join((item.passage, item.question, *item.answers, item.analysis))
    found = dict.fromkeys(place for text, place in places if text in words)
    return replace(item, media=item.media + tuple(place for place in found if place not in item.media))
