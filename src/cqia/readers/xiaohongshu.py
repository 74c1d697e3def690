"""Pages and rows of Xiaohongshu (小红书); what they are and where from stands in ``sources.xiaohongshu``.

A page holds its data in a script, ``window.__INITIAL_STATE__ = {...}``, which is JSON but for the word ``undefined``.
Seen are an explore and a profile page of 2024: cards in ``feed.feeds``, each a title, an author and likes, and an empty
``note.noteDetailMap``. How a note stands in that map is taken from what public tools read from it (title, desc, time,
user.nickname, interactInfo, tagList, imageList), and exercised on written samples alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from cqia.errors import NotADocument, Unreadable
from cqia.readers import fields
from cqia.readers.fields import Row
from cqia.readers.page import MESSAGES, html_of, wall
from cqia.readers.raw import Raw
from cqia.schema import Document, Medium

_STATE = re.compile(r"__INITIAL_STATE__\s*=\s*")
#: A string as it is, or the word outside strings; a string that never ends is one too, so that the search is linear.
_UNDEFINED = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\Z)|\bundefined\b', re.DOTALL)
_COUNT = re.compile(r"([0-9][0-9,]{0,12}(?:\.[0-9]{1,4})?)\s*([千万亿kKwW]?)\+?")
_UNITS = {"": 1, "千": 1_000, "k": 1_000, "万": 10_000, "w": 10_000, "亿": 100_000_000}
_IDENT = re.compile(r"[0-9A-Za-z]{1,40}")


def read(raw: Raw) -> list[Document]:
    """The notes of a page, then its cards; or the note of a row.

    Raises:
        Unreadable: ``unknown_shape`` for a row without title and text; ``bad_state`` for a page whose script is no
            JSON; what ``html_of`` finds wrong with a page.
        NotADocument: ``no_notes``, or what the page says instead.
    """
    if raw.row is not None:
        return [_row(raw.row, raw.path)]
    root, _ = html_of(raw)
    scripts = (script.text() for script in root.css("script"))
    found = next(((text, at) for text in scripts if (at := _STATE.search(text))), None)
    if found is None:
        reason = wall(root) or "no_notes"
        raise NotADocument(reason, MESSAGES.get(reason, "a page without the script that holds the notes"))
    text = found[0][found[1].end() :].strip().removesuffix(";")
    state = fields.json_in(_UNDEFINED.sub(lambda word: "null" if word[0] == "undefined" else word[0], text))
    if not isinstance(state, dict):
        raise Unreadable("bad_state", f"__INITIAL_STATE__ of {raw.path} is no JSON object")
    notes = {str(document["id"]): document for document in _notes(state)}
    for document in _cards(state):  # a card of a note that the page shows in full tells nothing more
        notes.setdefault(str(document["id"]), document)
    if not notes:
        reason = wall(root) or "no_notes"
        raise NotADocument(reason, MESSAGES.get(reason, "a page without notes"))
    return list(notes.values())


def _notes(state: Row) -> Iterable[Document]:
    """The notes that the page shows in full."""
    for key, entry in fields.mapping(fields.mapping(state.get("note")).get("noteDetailMap")).items():
        note = fields.mapping(fields.mapping(entry).get("note"))
        if not (note.get("desc") or note.get("title")):
            continue
        shown = fields.mapping(note.get("interactInfo"))
        yield _document(
            note.get("noteId") or key, note.get("title"), note.get("desc"), fields.mapping(note.get("user")), shown,
            time=note.get("time"), tags=_listed(note.get("tagList"), "name"), kind=note.get("type"),
            media=[{"kind": "image", "url": url} for url in _listed(note.get("imageList"), "urlDefault", "url")],
        )  # fmt: skip


def _cards(state: Row) -> Iterable[Document]:
    """The notes of which the page shows a card: no text."""
    places = [fields.mapping(state.get("feed")).get("feeds"), fields.mapping(state.get("search")).get("feeds")]
    pages = fields.mapping(state.get("user")).get("notes")
    places += pages if isinstance(pages, list) else []
    for place in places:
        for entry in place if isinstance(place, list) else []:
            card = fields.mapping(fields.mapping(entry).get("noteCard"))
            ident = fields.mapping(entry).get("id") or card.get("noteId")
            if card and _ident(ident):
                yield _document(
                    ident, card.get("displayTitle"), None, fields.mapping(card.get("user")),
                    fields.mapping(card.get("interactInfo")), kind=card.get("type"), card=True,
                )  # fmt: skip


def _row(row: Row, path: str) -> Document:
    """A note in the neutral form."""
    if not ({"desc", "content"} & row.keys()):
        raise Unreadable("unknown_shape", f"{path}: a note has note_id, title, content, likes, tags, author, created; "
                         f"this has {', '.join(sorted(map(str, row)))[:200] or 'no fields'}")  # fmt: skip
    shown = {"likedCount": row.get("likes"), "commentCount": row.get("comments"), "collectedCount": row.get("collects")}
    tags = row.get("tags")
    kind = "video" if row.get("video") is True else row.get("type")
    return _document(
        row.get("note_id"), row.get("title"), fields.first(row, "content", "desc"), {"nickname": row.get("author")},
        shown, time=row.get("created"), tags=[fields.line(t) for t in tags] if isinstance(tags, list) else [],
        kind=kind, media=[{"kind": "image", "url": url} for url in _listed(row.get("images"), "url")],
    )  # fmt: skip


def _document(
    ident: object, title: object, text: object, user: Row, shown: Row, *, time: object = None,
    tags: Iterable[str] = (), kind: object = None, media: Iterable[Medium] = (), card: bool = False,
) -> Document:  # fmt: skip
    known = _ident(ident)
    seconds = time // 1000 if isinstance(time, int) and time > 10**11 else time  # pages tell milliseconds
    pictures: list[Medium] = list(media)
    if kind == "video":
        pictures.append({"kind": "video", "url": f"https://www.xiaohongshu.com/explore/{known or ''}"})
    extra = {
        "type": fields.line(kind) or None,
        "collected": count(shown.get("collectedCount")),
        "card": True if card else None,
    }
    return {
        "id": f"note-{known}" if known else None,
        "url": f"https://www.xiaohongshu.com/explore/{known}" if known else None,
        "title": fields.line(title) or None,
        "text": None if card else fields.text(text).replace("\r\n", "\n").strip(),
        "likes": count(shown.get("likedCount")),
        "comments": count(shown.get("commentCount")),
        "created": fields.time(seconds),
        "author": fields.line(fields.first(user, "nickname", "nickName")) or None,
        "tags": [tag for tag in tags if tag] or None,
        "media": pictures,
        "extra": json.dumps({k: v for k, v in extra.items() if v is not None}, ensure_ascii=False),
    }


def count(value: object) -> int | None:
    """A number as the site shows it: "1.5万" is 15,000, as near as it tells; "赞", which stands where nobody has
    pressed yet, is unknown."""
    if (number := fields.count(value)) is not None:
        return number
    found = _COUNT.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 30 else None
    return round(float(found[1].replace(",", "")) * _UNITS[found[2].lower()]) if found else None


def _ident(value: object) -> str | None:
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return text if _IDENT.fullmatch(text) else None


def _listed(value: object, *names: str) -> list[str]:
    """What the mappings in a list have under the first of these names that is there; strings are themselves."""
    items = value if isinstance(value, list) else []
    found = [one if isinstance(one, str) else fields.first(fields.mapping(one), *names) for one in items]
    return [text for one in found if (text := fields.line(one))]
