"""JSON files that are one list, as other tools write them: bounded, and every fault with its place in the list."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from cqia.engine.files import explained, to_disk
from cqia.errors import UsageError
from cqia.review.lines import told

MAX_BYTES = 512 << 20  # read whole, and some times as much in memory

T = TypeVar("T")


def read_list(path: Path, kind: type[T]) -> list[tuple[str, T]]:
    """The elements of a JSON list, each with where it stands ("FILE, record 3").

    Raises:
        UsageError: the file cannot be read, is too large, is no list, or an element is wrong.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UsageError(f"{path} has {size:,} bytes; the limit is {MAX_BYTES:,}.", "Export it in several parts.")
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", "Look for a typing error in its name.") from error
    try:
        rows = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}.") from error
    if not isinstance(rows, list):
        raise UsageError(f"{path} is not a list of records.", "Give the file that the tool exported as JSON.")
    adapter, found = TypeAdapter(kind), []
    for number, row in enumerate(rows, 1):
        try:
            found.append((f"{path}, record {number}", adapter.validate_python(row)))
        except ValidationError as error:
            raise UsageError(f"{path}, record {number}: {told(error)[0]}") from error
    return found


def write_list(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write a JSON list, an element a line, without holding it; returns how many."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    count = 0
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("w", encoding="utf-8") as file:
                file.write("[")
                for row in rows:
                    file.write((",\n" if count else "\n") + json.dumps(row, ensure_ascii=False))
                    count += 1
                file.write("\n]\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        to_disk(path.parent)
    return count
