"""Steps that were run together: numbered items of a list, back to lines of their own.

"主料：面粉。1、和面。2、醒面。3、蒸熟。"   ->   "主料：面粉。\\n1、和面。\\n2、醒面。\\n3、蒸熟。"
"""

from __future__ import annotations

import re

#: A list has at least so many items; fewer are numbers in a sentence.
FEWEST = 3

#: How lists number their items. "1.5千克" and "2、3月" are no items, nor is the 1 of "第1".
FORMS = (
    re.compile(r"(?<![\d第图表.\-~～至])(\d{1,2})(?:[、．]|[.](?!\s?\d))(?!\d)\s?"),
    re.compile(r"[（(](\d{1,2})[）)]"),
    re.compile(r"步骤\s?(\d{1,2})(?!\d)"),
    re.compile(r"([①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮])"),
)
_CIRCLED = {character: number for number, character in enumerate("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮", 1)}


def broken_up(text: str) -> str:
    """The text with a line break before each item of its numbered lists."""
    starts: set[int] = set()
    for form in FORMS:
        run: list[int] = []
        for found in form.finditer(text):
            number = _CIRCLED.get(found[1]) or int(found[1])
            if number == len(run) + 1:
                run.append(found.start())
            elif number == 1:
                starts |= set(run) if len(run) >= FEWEST else set()
                run = [found.start()]
        starts |= set(run) if len(run) >= FEWEST else set()
    pieces, at = [], 0
    for start in sorted(starts):
        pieces.append(text[at:start].rstrip(" "))
        at = start
    pieces.append(text[at:])
    return "\n".join(piece for piece in pieces if piece)
