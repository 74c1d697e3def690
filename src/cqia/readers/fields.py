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


def json_in(value: str) -> object:
    """What a JSON text holds; None where it is none. The fast parser refuses halves of characters (``\\ud83d``), which
    sites write when they cut a text; the slow one then reads them."""
    try:
        return from_json(value)
    except ValueError:
        pass
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def mapping(value: object) -> Row:
    """A mapping, or one that a cell holds in JSON or in Python's notation; empty for anything else."""
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, str) or len(value) > LONGEST_CELL or not value.lstrip().startswith("{"):
        return {}
    found = json_in(value)
    try:
        with warnings.catch_warnings():  # of odd escapes and numbers in what others wrote
            warnings.simplefilter("ignore")
            found = ast.literal_eval(value) if found is None else found
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def text(value: object) -> str:
    """A string as it is; "" for anything else."""
    return value if isinstance(value, str) else ""


def line(value: object) -> str:
    """A string on one line, without control characters; "" for anything else."""
    return " ".join(clean(text(value)).split())


def first(row: Row, *names: str) -> object:
    """The first of the named fields that has a value."""
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def digits(value: object) -> str | None:
    """An id of digits, as a string; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if 0 <= value < 10**25 else None
    return value if isinstance(value, str) and re.fullmatch(r"[0-9]{1,25}", value) else None


def count(value: object) -> int | None:
    """A number of votes or comments; None where it is unknown, which is not 0."""
    found = digits(value.strip() if isinstance(value, str) else value)
    return int(found) if found is not None and len(found) <= 12 else None


def time(value: object) -> datetime | None:
    """Seconds since 1970, or an ISO time; one without a zone is in UTC. None for neither."""
    try:
        if isinstance(value, (int, float)) or (isinstance(value, str) and re.fullmatch(r"[0-9]{1,11}", value)):
            return datetime.fromtimestamp(int(value), UTC) if int(value) > 0 else None
        found = datetime.fromisoformat(text(value).strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
