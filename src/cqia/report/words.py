"""What a report says of sources and rules, in its other language: titles in English, the rest in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from cqia.yaml_text import parsed


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """``words.yaml``: ``titles`` by the Chinese, ``descriptions``, ``whys`` and ``origins`` by the English."""
    found: Mapping[str, Mapping[str, str]] = parsed(files("cqia.report").joinpath("words.yaml").read_text("utf-8"))
    return found


def english(title: str) -> str:
    """A source's title in English, as it is where there is none."""
    return words()["titles"].get(title, title)


def chinese(said: str) -> str:
    """A description, a reason or a dataset's origin in Chinese, as it is where there is none. What stands in brackets
    after a description is of a source's own, and stays."""
    found = next((words()[part][said] for part in ("whys", "descriptions", "origins") if said in words()[part]), None)
    head, bracket, own = said.partition(" (")
    if found is None and bracket and head in words()["descriptions"]:
        return f"{words()['descriptions'][head]}（{own.removesuffix(')')}）"
    return said if found is None else found
