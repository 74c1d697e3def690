"""The rows of JSON lines, and of a JSON file that is a list or an object.

A row that cannot be read is a cell with ``trouble``; the rows after it are read all the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from cqia.errors import Unreadable
from cqia.readers.rows import BOM, Cell, lines, too_large

# An envelope's own values ({"canary": ..., "examples": [...]}) are labels; longer text is an article with a list in it.
MAX_LABEL_CHARS = 1000

_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_JSON = json.JSONDecoder(parse_constant=lambda _: None)


def parse_json(text: str) -> object:
    """What ``text`` says. NaN and Infinity are null; half of a surrogate pair, which no UTF-8 file can hold, is U+FFFD.

    Raises:
        ValueError: not JSON, or nested too deeply.
    """
    try:
        value: object = _JSON.decode(text)
        return _mended(value) if _ESCAPED_SURROGATE.search(text) else value
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _mended(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        case list():
            return [_mended(item) for item in value]
        case dict():
            return {_mended(key): _mended(item) for key, item in value.items()}
        case _:
            return value


def is_json_lines(path: Path, limit: int) -> bool:
    """Whether the first line of a file is a JSON object by itself and another begins on the next."""
    with path.open("rb") as file:
        found = (line for line in lines(file, 0, path.stat().st_size, limit) if line.data is None or line.data.strip())
        first, second = next(found, None), next(found, None)
    if first is None or second is None or first.data is None or not (second.data or b"{").lstrip().startswith(b"{"):
        return False
    try:
        return isinstance(parse_json(first.data.decode("utf-8-sig")), dict)
    except ValueError:
        return False


def json_lines(path: Path, start: int, end: int, limit: int) -> Iterator[Cell]:
    """The objects of JSON lines in [start, end); the locator spans the line without the white space around it."""
    with path.open("rb") as file:
        for line in lines(file, start, end, limit):
            if line.data is None:
                size = line.end - line.start
                trouble = too_large(f"the line at byte {line.start} of {path} has {size:,} bytes", limit)
                yield Cell(f"bytes={line.start}-{line.end}", size, trouble=trouble)
                continue
            data, begin = line.data, line.start
            if begin == 0 and data.startswith(BOM):
                data, begin = data[len(BOM) :], len(BOM)
            begin += len(data) - len(data.lstrip())
            if data := data.strip():
                yield _json_line(path, begin, data)


def _json_line(path: Path, begin: int, data: bytes) -> Cell:
    locator = f"bytes={begin}-{begin + len(data)}"
    where = f"the line at byte {begin} of {path}"
    try:
        value = parse_json(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        trouble = Unreadable("unreadable_encoding", f"{where} is not UTF-8: {error.reason} at its byte {error.start}")
    except ValueError as error:
        trouble = Unreadable("bad_json", f"{where} is not JSON: {error}")
    else:
        if isinstance(value, dict):
            return Cell(locator, len(data), row=value)
        trouble = Unreadable("bad_row", f"{where} is not an object but {_json_type(value)}")
    return Cell(locator, len(data), trouble=trouble)


def json_file(path: Path, size: int, limit: int) -> Iterator[Cell]:
    """The elements of a JSON list; of a JSON object the object itself, or its rows where it is an envelope."""
    if size > limit:
        trouble = Unreadable(
            "too_large", f"{path} is one JSON value of {size:,} bytes; the limit is {limit:,}: convert it to JSON lines"
        )
        yield Cell("", size, trouble=trouble)
        return
    data = path.read_bytes()
    if not data.strip():
        return
    try:
        value = parse_json(_json_text(data))
    except UnicodeDecodeError:
        yield Cell("", size, trouble=Unreadable("unreadable_encoding", f"{path} is neither UTF-8 nor GB18030"))
        return
    except ValueError as error:
        yield Cell("", size, trouble=Unreadable("bad_json", f"{path} is not JSON: {error}"))
        return
    if isinstance(value, dict) and (table := _envelope(value)) is not None:
        labels = {key: item for key, item in value.items() if key != table}
        yield from _rows(path, value[table], size, {"_envelope": labels})
    elif isinstance(value, dict):
        yield Cell("", size, row=value)
    elif isinstance(value, list):
        yield from _rows(path, value, size, {})
    else:
        trouble = Unreadable("bad_row", f"{path} is neither a list nor an object but {_json_type(value)}")
        yield Cell("", size, trouble=trouble)


def _rows(path: Path, items: list[object], size: int, more: dict[str, object]) -> Iterator[Cell]:
    for number, item in enumerate(items):
        locator, share = f"row={number}", size // len(items)
        if isinstance(item, dict):
            yield Cell(locator, share, row={**item, **more})
        else:
            trouble = Unreadable("bad_row", f"row {number} of {path} is not an object but {_json_type(item)}")
            yield Cell(locator, share, trouble=trouble)


def _envelope(value: dict[str, object]) -> str | None:
    """The key of the one list of objects, or mostly of objects, in an object that else holds labels alone."""
    tables = [
        key
        for key, item in value.items()
        if isinstance(item, list) and 2 * sum(isinstance(row, dict) for row in item) > len(item)
    ]
    labels = [item for key, item in value.items() if key not in tables]
    plain = all(not isinstance(item, list | dict) and len(str(item)) <= MAX_LABEL_CHARS for item in labels)
    return tables[0] if len(tables) == 1 and plain else None


def _json_text(data: bytes) -> str:
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _json_type(value: object) -> str:
    names = {str: "a string", bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "null")
