"""The numbers that Word shows before paragraphs of a list, which stand nowhere in their text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cqia.readers.omml import W

_DIGITS = "零一二三四五六七八九"
_ROMAN = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
#: A list longer than this goes on without numbers: no paper has as many.
MOST = 2_000


def shown(number: int, form: str) -> str:
    """A number as a list shows it.

    >>> shown(3, "upperLetter"), shown(12, "chineseCounting"), shown(4, "lowerRoman")
    ('C', '十二', 'iv')
    """
    match form:
        case "upperLetter" | "lowerLetter":
            letter = chr(ord("A") + (number - 1) % 26)
            return letter if form == "upperLetter" else letter.lower()
        case "upperRoman" | "lowerRoman":
            roman, rest = "", number
            for value, sign in _ROMAN:
                roman, rest = roman + sign * (rest // value), rest % value
            return roman if form == "upperRoman" else roman.lower()
        case "chineseCounting" | "chineseCountingThousand" | "japaneseCounting" if number < 100:
            tens, ones = divmod(number, 10)
            ten = ("" if tens < 2 else _DIGITS[tens]) + ("十" if tens else "")
            return ten + (_DIGITS[ones] if ones or not tens else "")
        case "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" if number <= 20:
            return chr(0x2460 + number - 1)
        case "bullet" | "none":
            return ""
    return str(number)


@dataclass
class Numbering:
    """Counts the paragraphs of each list, in the order they are asked for."""

    document: Any
    levels: dict[tuple[str, int], tuple[str, str, int]] = field(init=False)  # form, pattern, start
    lists: dict[str, str] = field(init=False)
    counts: dict[tuple[str, int], int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.levels, self.lists = {}, {}
        try:
            root = self.document.part.numbering_part.element
        except (KeyError, NotImplementedError):  # a document without lists
            return
        for abstract in root.iterfind(f"{W}abstractNum"):
            key = abstract.get(f"{W}abstractNumId") or ""
            for level in abstract.iterfind(f"{W}lvl"):
                form, pattern, start = (_value(level, tag) for tag in ("numFmt", "lvlText", "start"))
                self.levels[key, _number(level.get(f"{W}ilvl"))] = (form or "decimal", pattern or "", _number(start, 1))
        for number in root.iterfind(f"{W}num"):
            self.lists[number.get(f"{W}numId") or ""] = _value(number, "abstractNumId") or ""

    def of(self, paragraph: Any) -> str:
        """What Word shows before a paragraph, with a blank after it; "" where it belongs to no list."""
        found = paragraph.find(f"{W}pPr/{W}numPr")
        if found is None:
            return ""
        key, depth = _value(found, "numId") or "", _number(_value(found, "ilvl"))
        abstract = self.lists.get(key)
        level = self.levels.get((abstract, depth)) if abstract is not None else None
        if abstract is None or level is None:
            return ""
        form, pattern, start = level
        self.counts[key, depth] = count = self.counts.get((key, depth), start - 1) + 1
        for deeper in range(depth + 1, 9):
            self.counts.pop((key, deeper), None)
        if form == "bullet" or count > MOST:
            return ""
        for place in range(depth + 1):
            other = self.levels.get((abstract, place), (form, "", 1))
            number = self.counts.get((key, place), other[2])
            pattern = pattern.replace(f"%{place + 1}", shown(max(number, 1), other[0]))
        return f"{pattern} " if pattern else ""


def _value(element: Any, tag: str) -> str | None:
    found = element.find(f"{W}{tag}")
    value = None if found is None else found.get(f"{W}val")
    return None if value is None else str(value)


def _number(value: str | None, default: int = 0) -> int:
    return int(value) if value and value.isdecimal() and len(value) < 6 else default
