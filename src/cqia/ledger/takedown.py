"""Takedown: what must no longer be in the dataset, by id, address or author. It takes effect in the next run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from cqia.engine.files import write_bytes
from cqia.errors import ProjectError

FILE = "takedown.jsonl"
Field = Literal["id", "url", "author"]
COLUMNS = {"field": pl.String, "value": pl.String}


@dataclass(frozen=True)
class Affected:
    """What a takedown touches: documents, their records by stage, and the copies that deduplication dropped in their
    favour, which would come back and are therefore taken down with them."""

    documents: tuple[str, ...]
    copies: tuple[str, ...]
    records: tuple[str, ...]


def criteria(folder: Path) -> pl.DataFrame:
    """The takedowns of the project in ``folder``: columns ``field`` and ``value``."""
    path = folder / FILE
    if not path.exists():
        return pl.DataFrame(schema=COLUMNS)
    rows = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        row = _row(line)
        if row is None:
            hint = 'Each line is like {"field": "id", "value": "zhihu:answer-1"}; field is id, url or author.'
            raise ProjectError(f"{path}, line {number} is no takedown.", hint)
        rows.append(row)
    return pl.DataFrame(rows, schema=COLUMNS).unique(maintain_order=True)


def _row(line: bytes) -> dict[str, str] | None:
    try:
        row = json.loads(line)
        field, value = row["field"], row["value"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return {"field": field, "value": value} if field in get_args(Field) and isinstance(value, str) else None


def affected(work: Path, field: Field, value: str) -> Affected:
    """What the takedown of ``value`` touches, in all sources of the workspace."""
    documents = _column(work.glob("*/collect/out/*.parquet"), pl.col(field) == value, "id")
    fired = pl.col("fired").list.first()
    duplicate = (pl.col("reason").is_in(["exact_duplicate", "near_duplicate"])
                 & fired.struct.field("detail").is_in(documents))  # fmt: skip
    copies = _column(work.glob("*/dedup/status/*.parquet"), duplicate, "id")
    owners = [*documents, *copies]
    records = _column(work.glob("*/assign/out/*.parquet"), pl.col("document_id").is_in(owners), "id")
    return Affected(tuple(documents), tuple(copies), tuple(records))


def apply(folder: Path, field: Field, value: str, found: Affected) -> None:
    """Write the takedown down; the next run drops what it names."""
    known = criteria(folder)
    rows = [{"field": field, "value": value}, *({"field": "id", "value": copy} for copy in found.copies)]
    every = pl.concat([known, pl.DataFrame(rows, schema=COLUMNS)]).unique(maintain_order=True)
    lines = [json.dumps(row, ensure_ascii=False) for row in every.to_dicts()]
    write_bytes(folder / FILE, ("\n".join(lines) + "\n").encode())


def _column(parts: object, where: pl.Expr, name: str) -> list[str]:
    found: set[str] = set()
    for part in parts:  # type: ignore[attr-defined]
        found.update(pl.scan_parquet(part, glob=False).filter(where).select(name).collect()[name])
    return sorted(found)
