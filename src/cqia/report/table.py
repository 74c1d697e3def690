"""The table that everything is measured on: records of any dataset, one row each, with what they say of themselves.

ours, COIG-CQIA's      the nine published fields, as JSON lines or Parquet
COIG's parts           see ``readers.published``
Alpaca                 instruction, input, output
Firefly                kind, input, target
ShareGPT, messages     conversations, conversation or messages; the last exchange is the record
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from cqia.errors import NotADocument, Unreadable, UsageError
from cqia.readers.dialogues import turns
from cqia.readers.fields import Row
from cqia.readers.published import example
from cqia.readers.slices import cut, pages
from cqia.schema import digest

_LIST = pl.List(pl.String)
#: ``dataset`` names whose record it is, ``source`` where in it. What a dataset does not say is null: who answered
#: ("human" or "llm"), whether a person saw it, the task, the wording, the score.
TABLE: pl.Schema = pl.Schema(
    dict[str, Any](
        dataset=pl.String, source=pl.String, id=pl.String, instruction=pl.String, input=pl.String, output=pl.String,
        major=_LIST, minor=_LIST, domain=_LIST, answer_from=pl.String, human_verified=pl.Boolean, task=pl.String,
        template=pl.String, score=pl.Float64,
    )
)  # fmt: skip

SUFFIXES = (".jsonl", ".ndjson", ".parquet", ".json", ".csv", ".tsv")
KNOWN = "COIG-CQIA, COIG, Alpaca (instruction, output), Firefly (kind, input, target), ShareGPT, OpenAI messages"
FIELDS = 12  # of a row that cannot be read, named to its owner
BATCH = 10_000  # rows held as Python objects at a time
_OURS = re.compile(r"(?:\A|[\s,;，；])id:(\S+)\Z")  # not the qid: and aid: of the published set


def of_parts(parts: Sequence[Path], dataset: str) -> pl.DataFrame:
    """``TABLE`` of parts of ``schema.RECORD``, in their order."""
    if not parts:
        return TABLE.to_frame()
    records = pl.scan_parquet(list(parts), glob=False).with_columns(
        dataset=pl.lit(dataset),
        major=pl.col("task_type").struct.field("major"),
        minor=pl.col("task_type").struct.field("minor"),
    )
    return records.select(TABLE.names()).collect().pipe(_tidy)


def read(path: Path, dataset: str, sources: Mapping[str, str]) -> tuple[pl.DataFrame, dict[str, int]]:
    """``TABLE`` of a release's folder, or of one file; and what could not be read, by reason.

    Args:
        dataset: what to call it.
        sources: ``<folder>/<file without suffix>``, or ``<folder>``, to the source whose records stand there. Others
            are called by their folder, files that lie in none by their name.

    Raises:
        UsageError: there is nothing of the kind, or no row of it has a known shape.
    """
    files = files_of(path)
    frames, unread, first = [TABLE.to_frame()], dict[str, int](), ""
    for file in files:
        place = file.relative_to(path.parent if path.is_file() else path)
        folder = place.parts[0] if len(place.parts) > 1 else file.stem
        source = sources.get(place.with_suffix("").as_posix()) or sources.get(folder, folder)
        rows: list[dict[str, Any]] = []
        for locator, row in _rows(file):
            try:
                rows.append({"dataset": dataset, "source": source, **_row(row)})
            except (Unreadable, NotADocument) as error:
                unread[error.reason] = unread.get(error.reason, 0) + 1
                first = first or f"{file}{locator and ', '}{locator}: {_told(error, row)}"
            if len(rows) == BATCH:
                frames.append(pl.DataFrame(rows, schema=TABLE))
                rows = []
        frames.append(pl.DataFrame(rows, schema=TABLE))
    table = pl.concat(frames)
    if table.is_empty() and unread:
        raise UsageError(f"No row of {path} can be read: {first}.", f"Known shapes: {KNOWN}.")
    return _tidy(table), unread


def files_of(path: Path) -> list[Path]:
    """The files of a dataset, each row in one of them only.

    A release has its rows twice, as JSON lines and as Parquet, and perhaps again in other shapes: of a folder with
    ``parquet/`` the folders that have a file there are taken; of any other the files of the first suffix of
    ``SUFFIXES`` there are, without the one that holds them all (``COIG-CQIA-full.jsonl``).

    Raises:
        UsageError: there is no such file, or no file of a known suffix.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise UsageError(f"There is no dataset {path}.", "Name a release's folder, or a file of rows.")
    configs = sorted(each.stem for each in (path / "parquet").glob("*.parquet") if (path / each.stem).is_dir())
    if configs:
        return sorted(file for config in configs for file in (path / config).glob("*.jsonl"))
    for suffix in SUFFIXES:
        found = sorted(f for f in path.rglob(f"*{suffix}") if f.is_file() and not _hidden(f.relative_to(path)))
        if suffix == ".json":
            found = [
                file for file in found if file.name not in ("manifest.json", "croissant.json", "dataset_info.json")
            ]
        if found:
            return [file for file in found if not file.stem.endswith("-full")] or found
    raise UsageError(f"{path} holds no dataset.", f"Looked for files that end in {', '.join(SUFFIXES)}.")


def _hidden(place: Path) -> bool:
    return any(part.startswith(".") for part in place.parts)


def _rows(file: Path) -> Iterator[tuple[str, Row]]:
    """The rows of a file with where they stand."""
    try:
        for piece in cut(file, slice_bytes=1 << 40, whole=()):
            for raw in pages(piece):
                if raw.trouble is not None and raw.trouble.reason == "empty_file":
                    continue
                # A row that could not be cut out goes on as one without fields, and is counted with its own reason.
                yield raw.locator, raw.row if raw.row is not None else {"": raw.trouble}
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error


def _told(error: Unreadable | NotADocument, row: Row) -> str:
    if error.reason == "unknown_shape" and set(row) != {""}:
        names = [str(name)[:40] for name in list(row)[:FIELDS]]
        return f"its fields are {', '.join(names) or 'none'}{', …' if len(row) > FIELDS else ''}"
    return error.message or error.reason


def _row(row: Row) -> dict[str, Any]:
    """One row as a row of ``TABLE`` without dataset and source. Raises ``Unreadable`` and ``NotADocument``."""
    if set(row) == {""}:
        raise row[""] if isinstance(row[""], Unreadable | NotADocument) else Unreadable("unknown_shape", "no row")
    for name in ("conversations", "conversation", "messages"):
        if name in row and "round_0" not in row:
            said = turns(row[name])[-1]
            return _made(said["instruction"], "", said["output"], row, row.get("category"))
    if "target" in row and "input" in row:
        return _made(row["input"], "", row["target"], row, row.get("kind"))
    if "instruction" in row and "output" in row and not {"task_type", "program_lang"} & set(row):
        return _made(row["instruction"], row.get("input"), row["output"], row, row.get("kind") or row.get("category"))
    found = example(row)
    ours = _OURS.search(found["metadata"])
    return {
        **{name: found[name] for name in ("instruction", "input", "output", "major", "minor", "domain")},
        "id": ours[1] if ours else _digest(found["instruction"], found["input"], found["output"]),
        "task": ours[1].rpartition("/")[2] if ours else None,
        "answer_from": found["answer_from"] or None,
        "human_verified": found["human_verified"] if "human_verified" in row else None,
    }


def _made(instruction: object, input: object, output: object, row: Row, kind: object) -> dict[str, Any]:
    texts = [
        text if isinstance(text, str) else "" if text is None else str(text) for text in (instruction, input, output)
    ]
    by, seen = row.get("answer_from"), row.get("human_verified")
    return {
        "id": _digest(*texts), **dict(zip(("instruction", "input", "output"), texts, strict=True)),
        "major": [kind] if isinstance(kind, str) and kind else [], "minor": [], "domain": [],
        "answer_from": by if isinstance(by, str) and by else None,
        "human_verified": seen if isinstance(seen, bool) else None,
    }  # fmt: skip


def _digest(*texts: str) -> str:
    return digest(*texts)[:16]


def _tidy(table: pl.DataFrame) -> pl.DataFrame:
    """Texts are never null: a record without an input has an empty one."""
    return table.with_columns(
        pl.col("instruction", "input", "output").fill_null(""), pl.col("major", "minor", "domain").fill_null([])
    )


def sampled(table: pl.DataFrame, most: int, seed: int) -> pl.DataFrame:
    """At most ``most`` rows, in their order: those whose seeded digest of id and instruction is lowest."""
    if table.height <= most:
        return table
    lots = pl.concat_str("dataset", "id", "instruction").hash(seed)
    return table.with_row_index("at").sort(lots, "at").head(most).sort("at").drop("at")


def joined(tables: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Several tables as one."""
    return pl.concat([TABLE.to_frame(), *tables])
