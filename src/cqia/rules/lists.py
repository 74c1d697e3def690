"""Word lists: files of words by severity, ours in ``words/`` and anyone's by path.

    # who wrote it, under which licence
    title: 招揽赌博
    mild: [下注]                   # ordinary alone, telling in company
    strong: [网上投注]             # seldom innocent
    severe: ["首{存,充}送彩金"]     # never innocent; braces are products: 首存送彩金, 首充送彩金
    ordinary: [下注册]             # innocent although a word of the list stands in it: the words inside do not count

Severity and density decide, not one hit: a page about addiction may name what an advert for a casino names. A text
repeats the word for what it is about, so a mild word counts once in a text and the others three times.
"""

from __future__ import annotations

import gc
import itertools
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from threading import Lock
from typing import Any

import yaml

from cqia.errors import UsageError, nearest
from cqia.text.words import Excuse, Matcher, Word, forms_of
from cqia.yaml_text import parsed

#: Of each severity the weight of a word, and how many times it counts in one text.
SEVERITY = {"mild": (1, 1), "strong": (5, 3), "severe": (25, 3)}
_ONE_AT_A_TIME = Lock()  # making one takes a quarter of a second: whoever wants the same one at the same time waits
_KEYS = {"title", "ordinary", *SEVERITY}


def names() -> list[str]:
    """The names of our own lists."""
    return sorted(file.name.removesuffix(".yaml") for file in _folder().iterdir() if file.name.endswith(".yaml"))


def content(name: str) -> str:
    """The text of a list: one of ours by name, anyone's by a path that ends in .yaml. Raises UsageError."""
    file: Traversable = Path(name) if name.endswith((".yaml", ".yml")) else _folder().joinpath(f"{name}.yaml")
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        raise UsageError(f"There is no word list {name!r}.", nearest(name, names())) from None
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"The word list {name} cannot be read: {said}.", "It should be YAML in UTF-8.") from error


def matcher(lists: Iterable[str]) -> Matcher:
    """A matcher of several lists, each a category of its own name. Raises UsageError for a list that is wrong."""
    with _ONE_AT_A_TIME:
        return _matcher(tuple((name, content(name)) for name in sorted(set(lists))))


def check(name: str) -> None:
    """Read a list, and raise UsageError if anything is wrong with it; costs less than a matcher."""
    listed, ordinary = words(name, content(name))
    try:
        forms_of([*(word.text for word in listed), *(excuse.text for excuse in ordinary)])
    except ValueError as error:
        raise UsageError(f"The word list {name}: {error}.") from error


def title(name: str) -> str:
    """What a list is of, in Chinese."""
    return str(_parse(name, content(name)).get("title", name))


def words(name: str, text: str) -> tuple[list[Word], list[Excuse]]:
    """The words of a list, and what is ordinary. Raises UsageError."""
    entries = _parse(name, text)
    listed = [Word(word, name, *SEVERITY[key]) for key in SEVERITY for word in _expand(name, entries.get(key))]
    if not listed:
        raise UsageError(f"The word list {name} has no words.", f"Put words under {', '.join(SEVERITY)}.")
    return listed, [Excuse(word, name) for word in _expand(name, entries.get("ordinary"))]


def _folder() -> Traversable:
    return resources.files("cqia.rules").joinpath("words")


@lru_cache(maxsize=64)  # all lists of a source together, and each alone for its details
def _matcher(lists: tuple[tuple[str, str], ...]) -> Matcher:
    with _for_good():
        read = [words(name, text) for name, text in lists]
        try:
            return Matcher.of((w for listed, _ in read for w in listed), (e for _, ordinary in read for e in ordinary))
        except ValueError as error:
            raise UsageError(f"The word lists {', '.join(name for name, _ in lists)}: {error}.") from error


@contextmanager
def _for_good() -> Iterator[None]:
    """Everything that is made here stays: to look through all of it for garbage again and again would take as long as
    making it. What a process makes first is mostly all that it needs, and is never looked at again: that would take a
    seventh of a second when the program ends."""
    collecting, first = gc.isenabled(), not gc.get_freeze_count()
    if first:
        gc.collect()  # what is garbage by now does not stay with it
    gc.disable()
    try:
        yield
        if first:
            gc.freeze()
    finally:
        if collecting:
            gc.enable()


def _parse(name: str, text: str) -> dict[str, Any]:
    try:
        entries = parsed(text)
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise UsageError(f"The word list {name} is no YAML: {said}.") from error
    if not isinstance(entries, dict) or not _KEYS.issuperset(entries):
        unknown = sorted(map(str, set(entries) - _KEYS)) if isinstance(entries, dict) else [type(entries).__name__]
        raise UsageError(
            f"The word list {name}: {', '.join(unknown)} is unknown.", f"Known: {', '.join(sorted(_KEYS))}."
        )
    return entries


def _expand(name: str, entries: Any) -> list[str]:
    """The words with their products of braces multiplied out; a key with nothing behind it has none. A word that YAML
    reads as a number is its digits."""
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise UsageError(f"The word list {name} has {entries!r} where words should be.", "Write [词, 词].")
    parts = (re.findall(r"\{[^{}]*\}|[^{}]+", str(entry)) for entry in entries)
    choices = ([part[1:-1].split(",") if part.startswith("{") else [part] for part in word] for word in parts)
    return ["".join(pick) for word in choices for pick in itertools.product(*word)]
