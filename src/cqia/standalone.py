"""Without a project: the filter and the deduplication of documents in any JSON lines or Parquet files.

Columns are those of ``schema.DOCUMENT``, as many as there are; others are carried along. Each part of the input ends
in ``OUT/kept``, ``OUT/dropped`` (with ``reason`` and ``fired``) or, rows that cannot be read, ``OUT/quarantined``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cqia.engine.files import explained, write_json, write_part
from cqia.engine.manifest import Counts
from cqia.engine.stage import Outcome, Summary
from cqia.engine.task import count
from cqia.errors import RawError, UsageError
from cqia.readers.slices import Slice, cut, pages
from cqia.schema import DOCUMENT, PAGE, STATUS, page_id, status
from cqia.sources.source import Source
from cqia.stages import dedup
from cqia.stages import filter as rules

PART_BYTES = 64 << 20
FORMATS = (".parquet", ".jsonl", ".ndjson")
THREADS = 2  # one part is computed by Polars' threads while another is read or written


@dataclass(frozen=True)
class Part:
    """A stretch of an input file, and the name its outputs get."""

    name: str
    piece: Slice

    def read(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Documents, with columns of their own kept, and what could not be read (``schema.STATUS`` and its place)."""
        if self.piece.kind == "parquet":
            return documents(self.lazy().collect(), self.piece.path, self.piece.start), _none()
        rows, bad = [], []
        for raw in pages(self.piece):
            if raw.trouble is None:
                rows.append({**(raw.row or {}), "_place": raw.locator})
            else:
                id = page_id("file", raw.path, raw.locator)
                row = status(id, "quarantined", raw.trouble.reason, detail=raw.trouble.message)
                bad.append({**row, "path": raw.path, "locator": raw.locator})
        frame = pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame(schema=DOCUMENT)
        places = frame["_place"] if "_place" in frame.columns else None
        frame = documents(frame.drop("_place", strict=False), self.piece.path, self.piece.first_row, places)
        return frame, pl.DataFrame(bad, schema=_none().schema, orient="row") if bad else _none()

    def lazy(self) -> pl.LazyFrame:
        """The rows of a Parquet part, unread."""
        start, rows = self.piece.start, self.piece.end - self.piece.start
        return pl.scan_parquet(self.piece.path, glob=False).slice(start, rows)


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema={**STATUS, "path": PAGE["path"], "locator": PAGE["locator"]})


def documents(frame: pl.DataFrame, path: str, first: int, places: pl.Series | None = None) -> pl.DataFrame:
    """``frame`` with every column of ``schema.DOCUMENT``, of its type; columns of its own stay behind them.

    Raises:
        RawError: a column has values that are not of its type.
    """
    columns = []
    for name, kind in DOCUMENT.items():
        if name not in frame.columns:
            columns.append(pl.lit(None, kind).alias(name))
        elif frame.schema[name] != kind:
            columns.append(pl.col(name).cast(kind, strict=True))
    try:
        frame = frame.with_columns(columns)
    except pl.exceptions.PolarsError as error:
        raise RawError(f"{path}: a column cannot be read as a document's: {error}.") from error
    if frame["id"].null_count():
        numbers = pl.int_range(first, first + pl.len()).cast(pl.String) if places is None else places
        made = pl.concat_str(pl.lit(Path(path).name + "#"), numbers)
        frame = frame.with_columns(id=pl.coalesce("id", made))
    return frame


def parts(path: Path) -> list[Part]:
    """The parts of a file, or of all files of a folder that can be read, in order.

    Raises:
        RawError: there is no such file, or none that can be read.
    """
    if path.is_dir():
        files = sorted(each for each in path.rglob("*") if each.suffix in FORMATS and each.is_file())
    elif path.is_file():
        files = [path]
    else:
        raise RawError(f"There is no file or folder {path}.")
    if not files or any(file.suffix not in FORMATS for file in files):
        raise RawError(f"{path} holds no file that can be read.", f"Known: {', '.join(FORMATS)}.")
    pieces = [piece for file in files for piece in cut(file.absolute(), slice_bytes=PART_BYTES, whole=())]
    return [Part(f"part-{number:05d}", piece) for number, piece in enumerate(pieces)]


def filter_path(path: Path, source: Source, out: Path, told: Callable[[int, int], None]) -> Counts:
    """Run a source's rules on the documents at ``path``; kept, dropped with reasons, and the funnel go to ``out``."""
    found = parts(path)
    _fresh(out)
    ranks = _ranks(found, source)

    def work(part: Part) -> Counts:
        frame, bad = part.read()
        return _write(out, part, frame, rules.apply(frame, ranks, rules=source.rules), bad)

    return _all(found, work, out, told)


def _ranks(found: Sequence[Part], source: Source) -> pl.DataFrame:
    if source.rank is None:
        return pl.DataFrame()
    by = [Summary("", rules.summarise(part.read()[0], by=source.rank).lazy(), pl.LazyFrame()) for part in found]
    return rules.decide(by).drop("shard")


def dedup_path(path: Path, out: Path, told: Callable[[int, int], None]) -> Counts:
    """Drop exact and near duplicates of the documents at ``path``; what is left, and what was like what, go to
    ``out``."""
    found = parts(path)
    _fresh(out)
    aside = out / ".summaries"

    def summarised(part: Part) -> Summary:
        frame, _ = part.read()
        write_part(aside / f"{part.name}.parquet", dedup.summarise(frame))
        texts = frame.select("id", "title", "text", "likes")
        write_part(aside / f"{part.name}-texts.parquet", texts)
        return Summary(part.name, *(pl.scan_parquet(aside / f"{part.name}{end}.parquet") for end in ("", "-texts")))

    with ThreadPoolExecutor(THREADS) as pool:
        decisions = dedup.decide(list(pool.map(summarised, found)))
    none = decisions.drop("shard").clear()
    concern = {
        str(shard): rows.drop("shard") for (shard,), rows in decisions.partition_by("shard", as_dict=True).items()
    }

    def work(part: Part) -> Counts:
        frame, bad = part.read()
        return _write(out, part, frame, dedup.apply(frame, concern.get(part.name, none)), bad)

    counts = _all(found, work, out, told)
    shutil.rmtree(aside)
    return counts


def _fresh(out: Path) -> None:
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"The folder {out} is not empty.", "Give one that is new, or empty it.")
    with explained(out):
        out.mkdir(parents=True, exist_ok=True)


def _write(out: Path, part: Part, frame: pl.DataFrame, outcome: Outcome, bad: pl.DataFrame) -> Counts:
    write_part(out / "kept" / f"{part.name}.parquet", outcome.out)
    told = outcome.status.select("reason", "fired")
    dropped = frame.with_columns(told).filter(outcome.status["status"] == "dropped")
    write_part(out / "dropped" / f"{part.name}.parquet", dropped)
    if bad.height:
        write_part(out / "quarantined" / f"{part.name}.parquet", bad)
    return count(pl.concat([outcome.status, bad.select(STATUS.names())]), outcome.out.height)


def _all(found: Sequence[Part], work: Callable[[Part], Counts], out: Path, told: Callable[[int, int], None]) -> Counts:
    total = Counts()
    with ThreadPoolExecutor(THREADS) as pool:
        for done, counts in enumerate(pool.map(work, found), 1):
            total += counts
            told(done, len(found))
    write_json(out / "funnel.json", total.to_dict())
    return total


def profile(path: Path, source: Source) -> Iterator[tuple[str, float]]:
    """Seconds that each rule of a source takes on the documents at ``path``, one after another."""
    import time

    from cqia.rules.measure import measure

    seconds = dict.fromkeys([rule.name for rule in source.rules], 0.0)
    for part in parts(path):
        frame, _ = part.read()
        frame = frame.with_columns(rank=pl.lit(None, pl.Int64))
        for rule in source.rules:
            begun = time.perf_counter()
            measure(frame, [rule.value]).select(rule.value)
            seconds[rule.name] += time.perf_counter() - begun
    yield from sorted(seconds.items(), key=lambda item: -item[1])
