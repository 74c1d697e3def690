"""Examples of existing datasets as Documents: instruction, input, output and, for dialogues, the turns before.

The parts lie in the document's ``extra``; its ``text`` is the whole example, for that is what must be looked at to tell
duplicates: a thousand examples of one dataset may have the output 是.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypedDict

from cqia.schema import Document

#: The longest title of a document; an instruction goes on in ``extra``.
TITLE_CHARS = 200


class Turn(TypedDict):
    """One exchange of a dialogue: what was asked and what was answered."""

    instruction: str
    output: str


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
    """An example as a document.

    Args:
        instruction, input, output: its parts; outer white space goes.
        history: the turns before, of a dialogue whose last turn it is.
        compared: what stands for the example when duplicates are looked for; None is all of it.
        id: its own in its dataset. tags: kinds and fields. copyright: what the dataset says of it.
        more: what else ``extra`` is to hold.
    """
    parts = {"instruction": instruction.strip(), "input": input.strip(), "output": output.strip()}
    before = [text.strip() for turn in history for text in (turn["instruction"], turn["output"])]
    whole = "\n".join(text for text in (*before, *parts.values()) if text)
    extra = {**parts, **({"history": list(history)} if history else {}), **(more or {})}
    return {
        "id": id,
        "title": " ".join(parts["instruction"].split())[:TITLE_CHARS] or None,
        "text": whole if compared is None else compared.strip(),
        "tags": tags,
        "copyright": copyright,
        "extra": json.dumps(extra, ensure_ascii=False),
    }
