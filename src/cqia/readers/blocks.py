"""Writing Markdown block by block: prefixes of quotes and items, marks that hug their words, folded white space.

Prose is written as it is: nothing is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

Run = Iterable[tuple[str, int]]  # the pieces of a paragraph, each with its marks

BOLD, STRUCK, ITALIC = 1, 2, 4
SIGNS = ((BOLD, "**"), (STRUCK, "~~"), (ITALIC, "*"))

#: Lists and quotes nested deeper than this are written as if they were not: indents must not grow with hostile depth.
DEEPEST = 12

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_CJK_BREAK = re.compile(f"(?<=[{_WIDE}])[ \t\r\f]*\n[ \t\n\r\f]*(?=[{_WIDE}])")
_SPACE = re.compile(r"[ \t\n\r\f]+")
_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Text without control characters (tab and newline stay) and lone surrogates, which no file can hold."""
    return _CONTROL.sub("", text) if _CONTROL.search(text) else text


@dataclass
class _Around:
    """A quote or an item that blocks stand in: what its first line begins with, and the others."""

    first: str
    rest: str
    fresh: bool = True


class Writer:
    """The Markdown so far: finished blocks in ``out``, the paragraph being written in ``run``."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.run: list[tuple[str, int]] = []
        self.end = ""  # the last character of the run
        self.around: list[_Around] = []
        self.lists: list[int | None] = []  # the next number of each list we are in, None for bullets
        self.last_list = 0  # which outermost list the last block stood in; 0 for none
        self.nth_list = 0
        self.media: dict[str, str] = {}

    def text(self, text: str, marks: int) -> None:
        """Prose: white space is folded, a line break between two Chinese characters is none."""
        if "\n" in text:
            text = _CJK_BREAK.sub("", text)
        text = _SPACE.sub(" ", text)
        if self.end in ("", " ", "\n"):
            text = text.lstrip(" ")
        if text:
            self.run.append((text, marks))
            self.end = text[-1]

    def exact(self, text: str, marks: int) -> None:
        """Code and formulas: as they are."""
        if text:
            self.run.append((text, marks))
            self.end = text[-1]

    def newline(self) -> None:
        """A line break inside a paragraph; none at its beginning."""
        if self.run:
            text, marks = self.run[-1]
            self.run[-1] = (text.rstrip(" "), marks)
            self.exact("\n", 0)

    def flush(self, heading: str = "") -> None:
        """Ends the paragraph."""
        if not self.run:
            return
        run, self.run, self.end = self.run, [], ""
        if heading:
            text = heading + " ".join("".join(piece for piece, _ in run).split("\n")).strip(" ")
            text = "" if text == heading else text
        else:
            plain = not any(marks for _, marks in run)
            text = ("".join(piece for piece, _ in run) if plain else marked(run)).strip(" \n")
            text = _LINES.sub("\n\n", text) if "\n\n\n" in text else text
        if text:
            self.block(text)

    def block(self, text: str) -> None:
        """A finished block, under the prefixes of what it stands in; items of one list follow without a blank line."""
        known = [a for a in self.around if not a.fresh]
        listed = self.nth_list if self.lists else 0
        if self.out:
            tight = listed and listed == self.last_list and any(a.fresh and a.first != a.rest for a in self.around)
            self.out.append("\n" if tight else "\n" + "".join(a.rest for a in known).rstrip() + "\n")
        self.last_list = listed
        head = "".join(a.first if a.fresh else a.rest for a in self.around)
        for a in self.around:
            a.fresh = False
        rest = "".join(a.rest for a in self.around)
        if rest:
            text = "\n".join((rest + line) if line else rest.rstrip() for line in text.split("\n"))[len(rest) :]
        self.out.append(head + text)

    def enter(self, first: str, rest: str) -> bool:
        """Begins a quote or an item; False where it is nested too deep to show."""
        if len(self.around) >= DEEPEST:
            return False
        self.around.append(_Around(first, rest))
        return True

    def medium(self, kind: str, url: str | None) -> None:
        """A picture or a video; the same address once."""
        url = (url or "").strip()
        if url and not url.startswith("data:"):
            self.media.setdefault(clean(f"https:{url}" if url.startswith("//") else url), kind)


def marked(run: Run, signs: tuple[tuple[int, str], ...] = SIGNS) -> str:
    """The pieces with their marks, the outermost first; marks hug the words, line by line, as Markdown wants them."""
    if not signs:
        return "".join(text for text, _ in run)
    (bit, sign), *inner = signs
    out = []
    for inside, pieces in groupby(run, key=lambda piece: piece[1] & bit):
        text = marked(pieces, tuple(inner))
        out.append("\n".join(_hugged(line, sign) for line in text.split("\n")) if inside else text)
    return "".join(out)


def _hugged(line: str, sign: str) -> str:
    words = line.strip()
    at = line.find(words)
    return f"{line[:at]}{sign}{words}{sign}{line[at + len(words) :]}" if words else line
