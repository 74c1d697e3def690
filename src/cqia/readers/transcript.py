"""What a vision model read on the scanned pages of a paper, and the way back from a question to its page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

#: A shorter line says too little to tell a page by.
TELLING = 6
#: The number of a question is no part of its words.
_NUMBERED = re.compile(r"^\s*(?:第\s*)?[(（]?\d{1,3}\s*(?:[)）．、.]|题)\s*")
_FORMULA = re.compile(r"\$\$?([^$]{1,4000})\$\$?")


@dataclass(frozen=True)
class Transcript:
    """The text of scanned pages by number, from 1; ``by`` names the model that read them."""

    by: str
    pages: Mapping[int, str]

    def to_json(self) -> dict[str, object]:
        """As it is kept in a file; ``read`` reads it."""
        return {"by": self.by, "pages": {str(number): text for number, text in sorted(self.pages.items())}}

    def places(self) -> dict[str, tuple[str, str]]:
        """Lines and formulas of the pages, each with what it was and where: ("scan", "page=3")."""
        found: dict[str, tuple[str, str]] = {}
        for number, text in self.pages.items():
            for line in text.splitlines():
                words = _NUMBERED.sub("", line).strip()
                if len(words) >= TELLING:
                    found.setdefault(words, ("scan", f"page={number}"))
            found |= {tex[1].strip(): ("formula", f"page={number}") for tex in _FORMULA.finditer(text)}
        return found


def read(path: Path) -> Transcript:
    """A transcript from its file.

    Raises:
        ValueError: it is none: somebody edited it.
        OSError: it cannot be read.
    """
    try:
        held = json.loads(path.read_text("utf-8"))
        pages = {int(number): text for number, text in held["pages"].items()}
        if not isinstance(held["by"], str) or not all(isinstance(text, str) for text in pages.values()):
            raise TypeError
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is no transcript: it has by, a name, and pages, texts by number") from error
    return Transcript(held["by"], pages)
