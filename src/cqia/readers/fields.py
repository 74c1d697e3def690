"""Fields of raw rows, whose types nobody vouches for: each comes out as what it should be, or as nothing."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic_core import from_json

from cqia.readers.blocks import clean

Row = Mapping[str, object]

#: A mapping in a cell of a table is read up to this length; Zhihu's questions and authors are about 700 characters.
LONGEST_CELL = 20_000


def json_in(text: str) -> object:
    """What a JSON text holds; None where it is none. The fast parser refuses halves of characters (``\\ud83d``), which
    sites write when they cut a text; the slow one then reads it."""
    try:
        return from_json(text)
    except ValueError:
        pass
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def mapping_in(value: object) -> Row:
    """A mapping, or one that a CSV cell holds in Python's notation or in JSON; empty for anything else."""
    if not isinstance(value, str):
        return mapping(value)
    if len(value) > LONGEST_CELL or not value.lstrip().startswith("{"):
        return {}
    if isinstance(found := json_in(value), Mapping):
        return found
    try:
        with warnings.catch_warnings():  # of odd escapes and numbers in what others wrote
            warnings.simplefilter("ignore")
            return mapping(ast.literal_eval(value))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return {}


def mapping(value: object) -> Row:
    return value if isinstance(value, Mapping) else {}


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def line(text: str) -> str:
    return " ".join(clean(text).split())


def first(row: Row, *names: str) -> object:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def count(value: object) -> int | None:
    """A number of votes or comments; None where it is unknown."""
    text = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else None


def time(value: object) -> datetime | None:
    """Seconds since 1970, or an ISO time; one without a zone is in UTC, as archives wrote them. None for neither."""
    try:
        if isinstance(value, (int, float)) or (isinstance(value, str) and re.fullmatch(r"[0-9]{1,11}", value)):
            return datetime.fromtimestamp(int(value), UTC) if int(value) > 0 else None
        found = datetime.fromisoformat(text(value).strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
