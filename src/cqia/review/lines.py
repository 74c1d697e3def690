"""JSON lines that people hand in: read whole or not at all, every fault with its line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from cqia.engine.files import write_bytes
from cqia.errors import UsageError

SHOWN = 60  # characters of a wrong value
MAX_LINE_BYTES = 32 << 20  # of a file of one long line no more is held than this


class Line(BaseModel):
    """One line: no key that is not known, no number where a text is wanted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


T = TypeVar("T")


def read(path: Path, kind: type[T] | TypeAdapter[T]) -> list[tuple[str, T]]:
    """The lines of a file, each with where it stands ("FILE, line 3").

    Args:
        kind: what a line is: a ``Line``, or an adapter for several kinds of them.

    Raises:
        UsageError: the file cannot be read, or a line is wrong; the message says which and how.
    """
    adapter = kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)
    keys = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else ()
    found = []
    try:
        with path.open("rb") as file:
            for number, text in _lines(file, path):
                where = f"{path}, line {number}"
                try:
                    found.append((where, adapter.validate_json(text)))
                except ValidationError as error:
                    message, hint = told(error, keys)
                    raise UsageError(f"{where}: {message}", hint) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", "Look for a typing error in its name.") from error
    return found


def _lines(file: BinaryIO, path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    while data := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(data) > MAX_LINE_BYTES:
            raise UsageError(f"{path}, line {number}: longer than {MAX_LINE_BYTES >> 20} MiB.", "One object a line.")
        try:
            text = data.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise UsageError(f"{path}, line {number} cannot be read: it is not UTF-8.") from error
        if text.strip():
            yield number, text


def told(error: ValidationError, known: Iterable[str] = ()) -> tuple[str, str]:
    """The first fault of a value, in one sentence, and what to do about it; "" if nothing can be said.

    Args:
        known: the keys there are.
    """
    first = error.errors(include_url=False)[0]
    kind, place, expected = first["type"], ".".join(str(part) for part in first["loc"]), first.get("ctx", {})
    if kind == "json_invalid":
        return f"not JSON: {expected.get('error', '')}".replace(" at line 1 column ", " at its character ") + ".", ""
    if kind in ("model_type", "dict_type") and "." not in place and place not in known:
        return "not a JSON object.", ""
    if kind == "extra_forbidden":
        keys = ", ".join(sorted(known))
        return f"unknown key {place!r}.", f"Known: {keys}." if keys and "." not in place else ""
    if kind == "missing":
        return f"{place} is missing.", ""
    value = repr(first["input"])
    shown = value if len(value) <= SHOWN else f"{value[:SHOWN]}…"
    if kind == "literal_error":
        values = expected.get("expected", "").replace("'", "").replace(" or ", ", ")
        return f"{place} is {shown}.", f"It must be one of {values}."
    return f"{place} is {shown}: {first['msg']}.", ""


def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as JSON lines, whole or not at all; returns how many."""
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    write_bytes(path, "".join(lines).encode())
    return len(lines)
