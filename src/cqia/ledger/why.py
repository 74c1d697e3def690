"""The whole life of one item: from the raw file and place, through every stage, to the release or to its end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from cqia.errors import UsageError

RECORD_STAGES = ("judge", "review", "release")


@dataclass(frozen=True)
class Step:
    """What became of ``id`` at ``stage``."""

    stage: str
    id: str
    status: str
    reason: str | None
    fired: tuple[dict[str, Any], ...]
    by: str | None
    score: float | None
    shard: str


@dataclass(frozen=True)
class Life:
    """An item's life.

    Attributes:
        id: as asked for. source: its source.
        page: where it stands in the raw files: path, digest, locator, id.
        title, url: of the document, where there is one.
        steps: in the order of the road.
        records: ids of the records made of the document.
        edits: what was changed in the records' texts, in order: id, field, name (of the edit; ``review`` for a
            person's), was, now.
        releases: the files of releases that hold a record of it.
    """

    id: str
    source: str
    page: dict[str, str]
    title: str | None
    url: str | None
    steps: tuple[Step, ...]
    records: tuple[str, ...] = ()
    releases: tuple[str, ...] = field(default=())
    edits: tuple[dict[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As ``cqia why --json`` shows it."""
        return asdict(self)


def life(folder: Path, work: Path, stages: Mapping[str, tuple[str, ...]], id: str) -> Life:
    """The life of a page, a document or a record.

    Args:
        folder: of the project, with its releases. work: its workspace.
        stages: of each source, in order.

    Raises:
        UsageError: there is no such item.
    """
    source = id.partition(":")[0]
    if source not in stages:
        raise UsageError(f"No item {id!r}: an id begins with its source.", f"Sources here: {', '.join(stages)}.")
    documents = _documents(work / source, id)
    page_ids = list(dict.fromkeys(row["page"] for row in documents)) or [id]
    pages = [row for page in page_ids for row, _ in _rows(work / source / "collect/pages", pl.col("id") == page)]
    if not pages:
        raise UsageError(
            f"No item {id!r} in {work}.",
            "Ids stand in the metadata of a release; cqia list shows those of the workspace.",
        )
    steps = [step for page in page_ids for step in _steps(work / source, "collect", page)]
    document = documents[0]["id"] if documents else None
    records: list[str] = []
    if document is not None:
        for stage in stages[source][1:]:
            if stage not in RECORD_STAGES:
                steps += _steps(work / source, stage, document)
        made = [row["id"] for row, _ in _rows(work / source / "assign/out", pl.col("document_id") == document, ["id"])]
        records = [record for record in made if id in (document, record) or id not in made]
        for stage in stages[source]:
            if stage in RECORD_STAGES:
                steps += [step for record in records for step in _steps(work / source, stage, record)]
    place = pages[0]
    return Life(
        id, source, {name: place[name] for name in ("path", "digest", "locator", "id")},
        documents[0]["title"] if documents else None, documents[0]["url"] if documents else None,
        tuple(steps), tuple(records), tuple(_released(folder, document, id)),
        tuple(edit for record in records for edit in _edits(work / source, stages[source], record)),
    )  # fmt: skip


def _documents(work: Path, id: str) -> list[dict[str, Any]]:
    """The document that ``id`` is, or is a record or a page of; from the draft, since a repeated or a taken-down one
    stands nowhere else."""
    name = id.rpartition("/")[0] or id
    columns = ["id", "page", "title", "url"]
    for where in (pl.col("id") == id, pl.col("id") == name, pl.col("page") == id):
        found = [row for row, _ in _rows(work / "collect/draft/out", where, columns)]
        if found:
            kept = [row for row, _ in _rows(work / "collect/out", where, columns)]
            rest = [row for row in found if row not in kept]
            return kept + rest
    return []


def _steps(work: Path, stage: str, id: str) -> Iterator[Step]:
    for row, shard in _rows(work / stage / "status", pl.col("id") == id):
        yield Step(stage, id, row["status"], row["reason"], tuple(row["fired"]), row["by"], row["score"], shard)


def _edits(work: Path, road: Sequence[str], record: str) -> Iterator[dict[str, Any]]:
    """The edits of a record, as it stands after the last stage that kept it."""
    for stage in (each for each in reversed(road) if each in ("assign", *RECORD_STAGES)):
        for row, _ in _rows(work / stage / "out", pl.col("id") == record, ["id", "edits"]):
            for edit in row["edits"] or ():
                yield {"id": record, **{name: edit[name] for name in ("field", "name", "was", "now")}}
            return


def _rows(folder: Path, where: pl.Expr, columns: Sequence[str] | None = None) -> Iterator[tuple[dict[str, Any], str]]:
    """Rows of a folder of parts, each with the name of its shard."""
    for part in sorted(folder.glob("part-*.parquet")):
        frame = pl.scan_parquet(part, glob=False).filter(where)
        for row in (frame if columns is None else frame.select(columns)).collect().to_dicts():
            yield row, part.stem


def _released(folder: Path, document: str | None, id: str) -> Iterator[str]:
    """The release files whose metadata carries the id, or for a document or a page that of any record of it; whether
    or not the workspace still has such a record."""
    if document is None:
        return
    whole = id.startswith(f"{document}/")
    mark = json.dumps(f"id:{id}" if whole else f"id:{document}/", ensure_ascii=False)[1:-1]
    found = re.compile(re.escape(mark) + ('"' if whole else '[^/"]*"'))
    for file in sorted((folder / "releases").glob("[!.]*/*/*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            if any(found.search(line) for line in lines):
                yield str(file.relative_to(folder))
