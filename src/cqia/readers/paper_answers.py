"""The answers at the end of a paper, by section and number.

1．B  2．C  3．A            1-5 BCADB  6-10 DDCAB            11-12：AB C
题号 | 1 | 2 | 3            13．解：……  /  13．【答案】…… 【解析】……
答案 | B | C | A
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

_CHINESE = "一二三四五六七八九十"
_SECTION = re.compile(rf"^\s*(?:([{_CHINESE}])[、．.，,]|第[ⅠⅡⅢI{_CHINESE}]{{1,3}}[卷部])")
_RUN = re.compile(
    r"(\d{1,3})\s*[-~～—–－至]{1,2}\s*(\d{1,3})\s*(?:题)?\s*[:：.．、]?\s*([A-H][A-H\s,，、;；]{0,600})(?![A-Za-z])"
)
_SHORT = re.compile(r"(?<![\d.])(\d{1,3})\s*[．.、:：]?\s*[（(]?([A-H]{1,5}|[√×对错])[)）]?(?=[\s,，;；。.、]|\d|$)")
_INSIDE = re.compile(r"(?:^\s{0,8}|(?<=\s))(\d{1,3})[．.、](?!\d)")
_ENTRY = re.compile(r"^\s*(?:第\s*)?(\d{1,3})\s*(?:[．、:：]|[.](?!\d)|题\s*[:：.．]?)[ \t]*")
_PART = re.compile(
    r"【(答案|参考答案|解析|分析|解答|详解|考点|点评)】|(?:^|\n)\s*(答案|参考答案|解析|分析|详解)\s*[:：]"
)
_LEADING = re.compile(r"^\s*(?:答案\s*[:：]?|[（(])?\s*([A-H]{1,5})(?![A-Za-z])[)）]?\s*[。．.,，;；:：]?\s*")


@dataclass
class Answers:
    """Answer and analysis by section (in order, from 1) and number; section 0 holds those before any heading."""

    found: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)

    def of(self, section: int | None, number: int) -> tuple[str, str] | None:
        """Those of a question; with ``section`` None the number alone tells, as no other question has it."""
        if section is not None:
            return self.found.get((section, number))
        return next((value for (_, known), value in self.found.items() if known == number), None)

    def put(self, section: int, number: int, answer: str, analysis: str) -> None:
        """Adds what is not known yet: a table of letters and the explanations after it complete each other."""
        before = self.found.get((section, number), ("", ""))
        self.found[section, number] = (before[0] or answer, before[1] or analysis)


def answers_of(lines: list[str], sections: int) -> Answers:
    """The answers in the lines after the heading that announces them; ``sections`` is how many the paper has."""
    found = Answers()
    section, last = 0, 0
    entry: int | None = None
    body: list[str] = []
    numbers: list[str] = []  # the row of a table that holds the numbers

    def close() -> None:
        if entry is not None:
            found.put(section, entry, *_divided("\n".join(body).strip()))

    for line in itertools.chain.from_iterable(map(_apart, lines)):
        if _SECTION.match(line) and sections:
            close()
            section, entry, last, body = section + 1, None, 0, []
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 2 and cells[0] in ("题号", "题目", ""):
            numbers = cells[1:]
            continue
        if len(cells) > 2 and numbers and cells[0] in ("答案", "选项", ""):
            for cell, answer in zip(numbers, cells[1:], strict=False):
                if re.fullmatch("[0-9]{1,3}", cell) and answer:
                    found.put(section, int(cell), answer, "")
            numbers = []
            continue
        runs = [(int(first), int(final), re.findall("[A-H]+", words)) for first, final, words in _RUN.findall(line)]
        if runs:
            close()
            entry, body = None, []
            for first, final, choices in runs:
                choices = choices if len(choices) == final - first + 1 else re.findall("[A-H]", "".join(choices))
                if len(choices) == final - first + 1:
                    for number, choice in enumerate(choices, first):
                        found.put(section, number, choice, "")
                    last = max(last, final)
            continue
        short = _SHORT.findall(line)
        if len(short) > 1 and sum(len(a) + len(b) for a, b in short) * 3 >= len(re.sub(r"\s", "", line)):
            close()
            entry, body = None, []
            for digits, choice in short:
                found.put(section, int(digits), choice, "")
                last = max(last, int(digits))
            continue
        mark = _ENTRY.match(line)
        number = int(mark[1]) if mark else 0
        # After a table of letters the explanations begin again.
        known = (section, number) in found.found and (entry is None or (number == 1 and not any(body[1:])))
        if mark and (last < number <= last + 10 or not last or known or (number == 1 and entry is None)):
            close()
            entry, last, body = number, number, [line[mark.end() :]]
        elif entry is not None:
            body.append(line)
    close()
    return found


def _apart(line: str) -> list[str]:
    """A line as one for each of the entries that stand in it: 13．$x$  14．5."""
    if "|" in line:
        return [line]
    cuts = list(_INSIDE.finditer(line))
    numbers = [int(mark[1]) for mark in cuts]
    if len(cuts) < 2 or cuts[0].start() or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return [line]
    starts = [mark.start() for mark in cuts]
    return [line[start:end].strip() for start, end in zip(starts, [*starts[1:], len(line)], strict=True)]


def _divided(body: str) -> tuple[str, str]:
    """An entry as answer and analysis."""
    marks = list(_PART.finditer(body))
    if marks:
        parts: dict[str, list[str]] = {"answer": [body[: marks[0].start()]], "analysis": []}
        for n, mark in enumerate(marks):
            end = marks[n + 1].start() if n + 1 < len(marks) else len(body)
            name = "answer" if (mark[1] or mark[2]).endswith("答案") else "analysis"
            parts[name].append(body[mark.end() : end])
        answer, analysis = ("\n".join(part.strip() for part in parts[name] if part.strip()) for name in parts)
        return (answer, analysis) if answer else ("", analysis)
    if (letter := _LEADING.match(body)) and (letter.end() == len(body) or letter[0].rstrip() != letter[1]):
        return letter[1], body[letter.end() :].strip()
    return body, ""
