"""Takedown: what must no longer be in the dataset, by id, address or author. It takes effect in the next run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from cqia.engine.files import write_bytes
from cqia.engine.task import read_part
from cqia.errors import ProjectError

FILE = "takedown.jsonl"
Field = Literal["id", "url", "author"]
COLUMNS = {"field": pl.String, "value": pl.String}


@dataclass(frozen=True)
class Affected:
    """What a takedown touches: documents, the copies of their text that stand in the dataset instead of them or were
    dropped in their favour and would come back, and the records of all of these. Copies are taken down with them."""

    documents: tuple[str, ...]
    copies: tuple[str, ...]
    records: tuple[str, ...]


def criteria(folder: Path) -> pl.DataFrame:
    """The takedowns of the project in ``folder``: columns ``field`` and ``value``."""
    path = folder / FILE
    if not path.exists():
        return pl.DataFrame(schema=COLUMNS)
    rows = []
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} cannot be read: {error}.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if row["field"] not in get_args(Field) or not isinstance(row["value"], str):
                raise ValueError
            rows.append({"field": row["field"], "value": row["value"]})
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            hint = 'Each line is like {"field": "id", "value": "zhihu:answer-1"}; field is id, url or author.'
            raise ProjectError(f"{path}, line {number} is no takedown.", hint) from error
    return pl.DataFrame(rows, schema=COLUMNS).unique(maintain_order=True)


def affected(work: Path, field: Field, value: str) -> Affected:
    """What the takedown of ``value`` touches, in all sources of the workspace; an id may be a record's."""
    values = {value}
    if field == "id":
        values |= _column(work.glob("*/assign/out/*.parquet"), pl.col("id") == value, "document_id")
    # The draft has every version of a document: the one that names the author may not be the one that was kept.
    documents = _column(work.glob("*/collect/draft/out/*.parquet"), pl.col(field).is_in(list(values)), "id")
    everything = set(documents)
    while True:  # copies of copies, until there are no more
        fired = pl.col("fired").list.first().struct.field("detail")
        duplicate = pl.col("reason").is_in(["exact_duplicate", "near_duplicate"])
        known = pl.col("id").is_in(list(everything)) | fired.is_in(list(everything))
        parts = list(work.glob("*/dedup/status/*.parquet"))
        found = _column(parts, duplicate & known, "id") | _column(parts, duplicate & known, fired)
        if found <= everything:
            break
        everything |= found
    records = _column(work.glob("*/assign/out/*.parquet"), pl.col("document_id").is_in(list(everything)), "id")
    return Affected(tuple(sorted(documents)), tuple(sorted(everything - documents)), tuple(sorted(records)))


def apply(folder: Path, field: Field, value: str, found: Affected) -> None:
    """Write the takedown down; every run from now on drops what it names, also what comes later."""
    ids = found.copies if field != "id" else (*found.documents, *found.copies)
    named = [] if field == "id" and found.documents else [{"field": field, "value": value}]
    rows = pl.DataFrame([*named, *({"field": "id", "value": id} for id in ids)], schema=COLUMNS)
    every = pl.concat([criteria(folder), rows]).unique(maintain_order=True)
    lines = [json.dumps(row, ensure_ascii=False) for row in every.to_dicts()]
    write_bytes(folder / FILE, ("\n".join(lines) + "\n").encode())


def _column(parts: Iterable[Path], where: pl.Expr, name: str | pl.Expr) -> set[str]:
    found: set[str] = set()
    for part in parts:
        found.update(read_part(part).filter(where).select(name).to_series())
    return found
