"""Examples of existing datasets as Documents: instruction, input, output and, for dialogues, the turns before.

The parts lie in the document's ``extra``; its ``text`` is the whole example, for that is what must be looked at to tell
duplicates: a thousand examples of one dataset may have the output 是.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TypedDict

from cqia.schema import Document

#: The longest title of a document; an instruction goes on in ``extra``.
TITLE_CHARS = 200


class Turn(TypedDict):
    """One exchange of a dialogue: what was asked and what was answered."""

    instruction: str
    output: str


_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&#x27;": "'", "&amp;": "&"}
_ENTITY = re.compile("|".join(_ENTITIES))
_BARE = re.compile(rf"[<>\"]|&(?!(?:{'|'.join(name[1:] for name in _ENTITIES)}))")

_TWICE = re.compile(rf"&amp;(?:{'|'.join(name[1:] for name in _ENTITIES)})")
_OF_SIGNS = re.compile(r"(?i)实体|转义|escape|\bentit|和号|[大小]于号|尖括号|原样|写[成作]\s?[“「]?&")
_OF_PAGES = re.compile(r"(?i)html|xml|网页")


def as_meant(texts: Sequence[str]) -> list[str]:
    """The texts of one example; where a translator's program wrote all of them as HTML, as they were before.

    That is so where entities stand and nowhere a sign that should have been one: 660 of 20,465 rows of a Chinese
    Alpaca. Who speaks of entities (用 &lt; 代替 <; HTML 中的 &lt; 代表什么？) is left alone, and so is who may: eight
    more of those rows.
    """
    whole = "\n".join(texts)
    if not _ENTITY.search(whole) or _BARE.search(whole) or _may_speak_of_entities(whole):
        return list(texts)
    return [_ENTITY.sub(lambda found: _ENTITIES[found[0]], text) for text in texts]


def _may_speak_of_entities(text: str) -> bool:
    """Of signs or of pages, without a closing tag that makes it code; an entity written twice (&amp;lt;) tells."""
    if _TWICE.search(text):
        return False
    return _OF_SIGNS.search(text) is not None or (_OF_PAGES.search(text) is not None and "&lt;/" not in text)


def document(
    instruction: str,
    input: str,
    output: str,
    *,
    history: Sequence[Turn] = (),
    compared: str | None = None,
    id: str | None = None,
    tags: list[str] | None = None,
    copyright: str | None = None,
    more: Mapping[str, object] | None = None,
) -> Document:
    """An example as a document; one that is written as HTML (``as_meant``) as what it says.

    Args:
        instruction, input, output: its parts; outer white space goes.
        history: the turns before, of a dialogue whose last turn it is.
        compared: what stands for the example when duplicates are looked for; None is all of it.
        id: its own in its dataset. tags: kinds and fields. copyright: what the dataset says of it.
        more: what else ``extra`` is to hold.
    """
    said = [text for turn in history for text in (turn["instruction"], turn["output"])]
    instruction, input, output, *said = as_meant([instruction, input, output, *said])
    history = [{"instruction": asked, "output": told} for asked, told in zip(said[::2], said[1::2], strict=True)]
    parts = {"instruction": instruction.strip(), "input": input.strip(), "output": output.strip()}
    whole = "\n".join(text for text in (*(text.strip() for text in said), *parts.values()) if text)
    extra = {**parts, **({"history": history} if history else {}), **(more or {})}
    return {
        "id": id,
        "title": " ".join(parts["instruction"].split())[:TITLE_CHARS] or None,
        "text": whole if compared is None else compared.strip(),
        "tags": tags,
        "copyright": copyright,
        "extra": json.dumps(extra, ensure_ascii=False),
    }
