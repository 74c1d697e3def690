"""What the desk says, in Chinese and in English: one table, ``wordings.yaml``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from cqia.yaml_text import parsed

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def table() -> dict[str, dict[Language, str]]:
    """Every wording by its name, in each language.

    Raises:
        ValueError: a wording is not there in every language.
    """
    rows = parsed((files("cqia.desk") / "wordings.yaml").read_text("utf-8"))
    found: dict[str, dict[Language, str]] = {}
    for name, words in rows.items():
        if not (isinstance(words, list) and len(words) == len(LANGUAGES) and all(isinstance(w, str) for w in words)):
            raise ValueError(f"wordings.yaml: {name} must be [Chinese, English]")
        found[name] = dict(zip(LANGUAGES, words, strict=True))
    return found


def wording(name: str, /, language: Language, **values: object) -> str:
    """One wording, with what stands between braces in it filled in."""
    said = table()[name][language]
    return said.format(**values) if values else said


def language_of(chosen: str | None, accepted: str) -> Language:
    """The language that was chosen, or else the first that the browser asks for and the desk speaks, or Chinese.

    Args:
        accepted: the header Accept-Language. Its weights are not read: browsers send the list in order.
    """
    for wanted in [chosen or "", *accepted.split(",")]:
        name = wanted.partition(";")[0].strip().lower()[:2]
        for language in LANGUAGES:
            if name == language:
                return language
    return "zh"
