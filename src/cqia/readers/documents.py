"""Rows of any table as documents: the columns of ``schema.DOCUMENT``, as many as there are, and others carried along.

A row in which a value is not of its column's type is no document: it is given back beside the others, with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from cqia.errors import RawError
from cqia.schema import DOCUMENT, PAGE, STATUS, TIME, page_id, status

#: Rows that are no document: a status, and where the row stands.
BAD = {**STATUS, "path": PAGE["path"], "locator": PAGE["locator"]}

Wrong = dict[int, str]  # of a row that is no document, by its number, why


def bad(path: str, locator: str, reason: str, message: str) -> dict[str, object]:
    """A row that is no document, as a row of ``BAD``."""
    row = status(page_id("file", path, locator), "quarantined", reason, detail=message)
    return {**row, "path": path, "locator": locator}


def of_rows(rows: Sequence[Mapping[str, object]], path: str, places: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of JSON as documents, and those that are none, as ``of_frame`` gives them.

    A column of one's own whose values are of several kinds is carried along as JSON.
    """
    wrong: Wrong = {}
    columns = []
    for name in dict.fromkeys(["id", *(key for row in rows for key in row)]):
        values = [row.get(name) for row in rows]
        columns.append(_known(name, values, wrong) if name in DOCUMENT else _own(name, values))
    return of_frame(pl.DataFrame(columns), path, places, wrong)


def of_frame(
    frame: pl.DataFrame, path: str, places: pl.Series, wrong: Wrong | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """``frame`` with every column of ``schema.DOCUMENT``, of its type, its own columns behind them; and the rows
    (``BAD``) in which a value is not of its column's type.

    Args:
        places: the locator of each row; a row whose id is missing or empty gets one from it.
        wrong: rows of which it is known already.

    Raises:
        RawError: a column cannot be read at all as what a document has there.
    """
    wrong = {} if wrong is None else wrong
    columns = []
    for name, kind in DOCUMENT.items():
        if name not in frame.columns:
            columns.append(pl.Series(name, [None], dtype=kind).new_from_index(0, frame.height))
            continue
        given = frame[name]
        try:
            cast = given if given.dtype == kind else _cast(given, kind)
        except pl.exceptions.PolarsError as error:
            hint = f"Make it one, or call it something else than {name!r}: it is carried along then."
            raise RawError(
                f"{path}: the column {name!r} holds {given.dtype}; a document has {kind} there.", hint
            ) from error
        for row in (cast.is_null() & given.is_not_null()).arg_true():
            wrong.setdefault(row, _why(name, given[row]))
        columns.append(cast.alias(name))
    own = [frame[name] for name in frame.columns if name not in DOCUMENT]
    made = pl.Series("id", [Path(path).name + "#"]).new_from_index(0, frame.height) + places
    table = pl.DataFrame([*columns, *own]).with_columns(id=pl.when(pl.col("id") != "").then("id").otherwise(made))
    odd = pl.DataFrame([bad(path, places[row], "bad_value", why) for row, why in sorted(wrong.items())], schema=BAD,
                       orient="row")  # fmt: skip
    if not wrong:
        return table, odd
    right = pl.Series([row not in wrong for row in range(frame.height)], dtype=pl.Boolean)
    return table.filter(right), odd


def _cast(given: pl.Series, kind: Any) -> pl.Series:
    """A column as ``kind``; null where a value is none."""
    if given.dtype == pl.String and isinstance(kind, pl.Datetime):
        return given.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    if given.dtype == pl.String and kind == pl.List(pl.String):
        return given.to_frame().select(pl.when(pl.first().is_not_null()).then(pl.concat_list(pl.first()))).to_series()
    if given.dtype.is_nested() != kind.is_nested():  # Polars would print a struct as a string
        raise pl.exceptions.InvalidOperationError
    return given.cast(kind, strict=False)


def _why(name: str, value: object) -> str:
    return f"{name} is {str(value)[:80]!r}, which is no {DOCUMENT[name]}"


def _known(name: str, values: Sequence[object], wrong: Wrong) -> pl.Series:
    """A column of a document; null where a value cannot be one. A time stays as it is written."""
    fitting = [None if value is None else _fitting(name, value) for value in values]
    for row, (value, fits) in enumerate(zip(values, fitting, strict=True)):
        if value is not None and fits is None:
            wrong.setdefault(row, _why(name, value))
    return pl.Series(name, fitting, dtype=pl.String if DOCUMENT[name] == TIME else DOCUMENT[name])


def _fitting(name: str, value: object) -> object:
    """A value of JSON as the column's type, None where it is none. Numbers may be written as strings and the other way
    round, and a single tag without its list."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match DOCUMENT[name]:
        case pl.String:
            return value if isinstance(value, str) else str(value) if number else None
        case pl.Boolean:
            return value if isinstance(value, bool) else None
        case pl.Int64 | pl.Float64 as kind:
            value = int(value) if isinstance(value, float) and value.is_integer() and kind == pl.Int64 else value
            written = str(value) if number else value
            return pl.Series([written]).cast(kind, strict=False).item() if isinstance(written, str) else None
        case kind if kind == TIME:
            return value if isinstance(value, str) else None
        case kind if kind == pl.List(pl.String):
            tags = [value] if isinstance(value, str) else value
            return tags if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags) else None
        case kind:
            try:
                return value if pl.Series([value], dtype=kind).item() is not None else None
            except (pl.exceptions.PolarsError, TypeError, ValueError):
                return None


def _own(name: str, values: Sequence[object]) -> pl.Series:
    """A column of one's own, as it is where its values are of one kind, else as JSON."""
    kinds = {type(value) for value in values if value is not None}
    try:
        if kinds == {int, float}:
            return pl.Series(name, [None if value is None else float(value) for value in values])  # type: ignore[arg-type]
        if len(kinds) <= 1:
            return pl.Series(name, values, strict=True)
    except (pl.exceptions.PolarsError, TypeError, OverflowError):  # nested values of several kinds, 2**64
        pass
    plain = [value if isinstance(value, str | None) else json.dumps(value, ensure_ascii=False) for value in values]
    return pl.Series(name, plain, dtype=pl.String)
