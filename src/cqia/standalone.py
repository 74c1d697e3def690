"""Without a project: the filter and the deduplication of documents in any JSON lines or Parquet files.

Columns are those of ``schema.DOCUMENT``, as many as there are; others are carried along. Each part of the input ends
in ``OUT/kept``, ``OUT/dropped`` (with ``reason`` and ``fired``) or, rows that cannot be read, ``OUT/quarantined``.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from cqia.engine.accounting import count, faults
from cqia.engine.files import explained, write_frame, write_json
from cqia.engine.manifest import Counts
from cqia.engine.stage import Outcome, Summary
from cqia.errors import AccountingError, RawError, UsageError
from cqia.readers import documents
from cqia.readers.slices import Slice, cut, pages
from cqia.rules.measure import measure
from cqia.schema import DOCUMENT, STATUS, status
from cqia.similar.settings import Settings
from cqia.stages import dedup
from cqia.stages import filter as rules

if TYPE_CHECKING:  # a half second to import, and dedup has none
    from cqia.sources.source import Source

PART_BYTES = 64 << 20
FORMATS = (".parquet", ".jsonl", ".ndjson")
FUNNEL = "funnel.json"
THREADS = 3  # one part is computed by Polars' threads while another is read and a third waits for the disk


@dataclass(frozen=True)
class Part:
    """A stretch of an input file, and the name its outputs get."""

    name: str
    piece: Slice

    def read(self, *only: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Documents, with columns of their own kept, and the rows that cannot be read as one (``documents.BAD``).

        Args:
            only: columns that matter; others may be null.
        """
        piece = self.piece
        if piece.kind == "parquet":
            try:
                scan = pl.scan_parquet(piece.path, glob=False).slice(piece.start, piece.end - piece.start)
                if only and not self._may_be_odd():
                    scan = scan.select(pl.col(name) for name in scan.collect_schema() if name in only)
                rows = scan.collect()
            except pl.exceptions.PolarsError as error:
                said = f"{piece.path} cannot be read as Parquet: {str(error).partition(chr(10))[0]}"
                bad = [documents.bad(piece.path, "", "bad_parquet", said)]
                return pl.DataFrame(schema=DOCUMENT), pl.DataFrame(bad, schema=documents.BAD, orient="row")
            places = pl.select(pl.lit("row=") + pl.int_range(piece.start, piece.end).cast(pl.String)).to_series()
            return documents.of_frame(rows, piece.path, places)
        found, locators, bad = [], [], []
        for raw in pages(piece):
            if raw.trouble is None:
                found.append(raw.row or {})
                locators.append(raw.locator)
            else:
                bad.append(documents.bad(raw.path, raw.locator, raw.trouble.reason, raw.trouble.message))
        places = pl.Series(locators, dtype=pl.String)
        frame, odd = documents.of_rows(found, piece.path, places)
        return frame, pl.concat([odd, pl.DataFrame(bad, schema=documents.BAD, orient="row")])

    def ids(self) -> pl.Series:
        """The ids of the documents that ``read`` gives."""
        piece = self.piece
        if piece.kind == "parquet" and not self._may_be_odd():
            rows = pl.scan_parquet(piece.path, glob=False).slice(piece.start, piece.end - piece.start)
            with suppress(pl.exceptions.PolarsError, OSError):  # a page of it is damaged: read says so
                return rows.select(pl.col("id")).collect()["id"]
        return self.read()[0]["id"]

    def texts(self) -> pl.LazyFrame | None:
        """The titles and texts that ``read`` gives, where the file itself can be read for them once more."""
        piece = self.piece
        if piece.kind != "parquet" or self._may_be_odd():
            return None
        rows = pl.scan_parquet(piece.path, glob=False).slice(piece.start, piece.end - piece.start)
        known = rows.collect_schema()
        return rows.select(
            pl.col(name) if name in known else pl.lit(None, pl.String).alias(name) for name in ("title", "text")
        )

    def _may_be_odd(self) -> bool:
        """Whether ``read`` may leave out rows or make ids: then only reading tells."""
        try:
            kinds = pl.scan_parquet(self.piece.path, glob=False).collect_schema()
        except pl.exceptions.PolarsError:
            return True
        typed = all(kinds[name] == kind for name, kind in DOCUMENT.items() if name in kinds)
        return not typed or kinds.get("id") != pl.String


#: Of every id that stands more than once the part and the row where it stands first.
Repeated = dict[str, tuple[str, int]]
#: The documents of a part to what becomes of them.
Apply = Callable[[Part, pl.DataFrame], Outcome]


def parts(path: Path) -> list[Part]:
    """The parts of a file, or of all files of a folder that can be read, in order; results of ours in it are passed by.

    Raises:
        RawError: there is no such file, or none that can be read.
        UsageError: the folder holds results of ours.
    """
    if (path / FUNNEL).is_file() and (path / "kept").is_dir():
        raise UsageError(f"{path} holds what became of documents.", f"Name those that were kept: {path / 'kept'}")
    if path.is_dir():
        made = [funnel.parent for funnel in path.rglob(FUNNEL) if (funnel.parent / "kept").is_dir()]
        every = sorted(each for each in path.rglob("*") if each.suffix in FORMATS and each.is_file())
        files = [each for each in every if not any(each.is_relative_to(folder) for folder in made)]
    elif path.is_file():
        files = [path]
    else:
        raise RawError(f"There is no file or folder {path}.")
    if not files or any(file.suffix not in FORMATS for file in files):
        raise RawError(f"{path} holds no file that can be read.", f"Known: {', '.join(FORMATS)}.")
    pieces = (cut(file.absolute(), slice_bytes=PART_BYTES, whole=(), hashed=False) for file in files)
    return [Part(f"part-{number:05d}", piece) for number, piece in enumerate(itertools.chain.from_iterable(pieces))]


def filter_path(path: Path, source: Source, out: Path, told: Callable[[int, int], None]) -> Counts:
    """Run a source's rules on the documents at ``path``; kept, dropped with reasons, and the funnel go to ``out``."""
    found = parts(path)
    values = [rule.value for rule in source.rules]
    with _fresh(out), ThreadPoolExecutor(2) as pool:
        # Lists and compiled loops are loaded, and ids compared, while the first parts are read.
        ready = pool.submit(measure, pl.DataFrame(schema=DOCUMENT).clear(1), values)
        again = pool.submit(_repeated, found)
        ranks = pl.DataFrame()
        if source.rank is not None:
            frames = (_first(part, part.read()[0], again.result())[0] for part in found)
            by = [Summary("", rules.summarise(frame, by=source.rank).lazy(), pl.LazyFrame()) for frame in frames]
            ranks = rules.decide(by).drop("shard")

        def apply(_: Part, frame: pl.DataFrame) -> Outcome:
            ready.result()
            return rules.apply(frame, ranks, rules=source.rules)

        return _all(found, again.result, apply, out, told)


def dedup_path(path: Path, out: Path, told: Callable[[int, int], None], threshold: float = 0.8) -> Counts:
    """Drop exact and near duplicates of the documents at ``path``; what is left, and what was like what, go to
    ``out``.

    Args:
        threshold: the likeness from which a pair is a near duplicate (``similar.settings``), 0.7 to 1: below, the bands
            pass by too many pairs.
    """
    settings = Settings(threshold=threshold)
    found = parts(path)
    with _fresh(out):
        again = _repeated(found)
        whole: set[str] = set()
        while True:
            rows, decisions = _decided(found, again, whole, out / ".summaries", settings)
            try:
                return _all(found, lambda: again, _applied(rows, decisions), out, told)
            except _Damaged as damaged:  # what cannot be read must not have pushed others out: decide anew without it
                whole.add(damaged.name)


class _Damaged(Exception):
    """A part can be read for the columns that a summary needs, and not as a whole."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _applied(rows: dict[str, int], decisions: pl.DataFrame) -> Apply:
    """What becomes of a part's documents, of which there must be as many as were looked at."""
    none = decisions.drop("shard").clear()
    split = decisions.partition_by("shard", as_dict=True)
    concern = {str(shard): about.drop("shard") for (shard,), about in split.items()}

    def apply(part: Part, frame: pl.DataFrame) -> Outcome:
        if frame.height < rows[part.name]:
            raise _Damaged(part.name)
        return dedup.apply(frame, concern.get(part.name, none))

    return apply


def _decided(
    found: Sequence[Part], again: Repeated, whole: Collection[str], aside: Path, settings: Settings
) -> tuple[dict[str, int], pl.DataFrame]:
    """How many documents of each part were looked at, and the decisions of the stage.

    Args:
        whole: parts that are read with all their columns.
        aside: a folder that is gone again before results are written: much of it never reaches the disk.
    """
    rows: dict[str, int] = {}

    def summarised(part: Part) -> Summary:
        frame, _ = _first(part, part.read(*(() if part.name in whole else ("id", "likes", "title", "text")))[0], again)
        rows[part.name] = frame.height
        summary = aside / f"{part.name}.arrow"
        with explained(summary):
            aside.mkdir(exist_ok=True)
            dedup.summarise(frame, settings).write_ipc(summary)  # hashes cannot be made smaller
        complete = not again and frame.height == part.piece.end - part.piece.start
        texts = part.texts() if complete else None
        if texts is None:
            copy = aside / f"{part.name}-texts.parquet"
            write_frame(copy, frame.select("title", "text"))
            texts = pl.scan_parquet(copy, glob=False)
        return Summary(part.name, pl.scan_ipc(summary, glob=False), texts)

    with ThreadPoolExecutor(THREADS) as pool:
        decisions = dedup.decide(list(pool.map(summarised, found)), settings)
    shutil.rmtree(aside)
    return rows, decisions


@contextmanager
def _fresh(out: Path) -> Iterator[None]:
    """A new folder for results, which is empty again where they did not all come: then the same command can be run."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file, and results are a folder.", "Give one that is new.")
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"The folder {out} is not empty.", "Give one that is new, or empty it.")
    with explained(out):
        out.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for made in out.iterdir():
            shutil.rmtree(made, ignore_errors=True)
        raise


def _repeated(found: Sequence[Part]) -> Repeated:
    hashes = pl.concat([part.ids().hash() for part in found])
    twice = hashes.filter(hashes.is_duplicated()).unique()
    first: Repeated = {}
    if len(twice):
        for part in found:
            ids = part.ids()
            for row in ids.hash().is_in(twice.implode()).arg_true():
                first.setdefault(ids[row], (part.name, row))
    return first


def _first(part: Part, frame: pl.DataFrame, again: Repeated) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The documents of a part without those whose id stood before, and these."""
    if not again:
        return frame, frame.clear()
    later = [id in again and again[id] != (part.name, row) for row, id in enumerate(frame["id"])]
    return frame.filter(~pl.Series(later, dtype=pl.Boolean)), frame.filter(pl.Series(later, dtype=pl.Boolean))


def _write(out: Path, part: Part, again: Callable[[], Repeated], apply: Apply) -> Counts:
    read, bad = part.read()
    frame, repeated = _first(part, read, again())
    outcome = apply(part, frame)
    for fault in faults(frame["id"], outcome.status, outcome.out, "id"):
        raise AccountingError(f"{part.piece.path}: {fault}.")
    write_frame(out / "kept" / f"{part.name}.parquet", outcome.out)
    told = outcome.status.select("reason", "fired")
    dropped = frame.with_columns(told).filter(outcome.status["status"] == "dropped")
    same = pl.DataFrame([status(id, "dropped", "same_id") for id in repeated["id"]], schema=STATUS, orient="row")
    dropped = pl.concat([dropped, repeated.with_columns(same.select("reason", "fired"))])
    write_frame(out / "dropped" / f"{part.name}.parquet", dropped)
    if bad.height:
        write_frame(out / "quarantined" / f"{part.name}.parquet", bad)
    return count(pl.concat([outcome.status, same, bad.select(STATUS.names())]), outcome.out.height)


def _all(
    found: Sequence[Part],
    again: Callable[[], Repeated],
    apply: Apply,
    out: Path,
    told: Callable[[int, int], None],
) -> Counts:
    total = Counts()
    with ThreadPoolExecutor(THREADS) as pool:
        for done, counts in enumerate(pool.map(lambda part: _write(out, part, again, apply), found), 1):
            total += counts
            told(done, len(found))
    write_json(out / FUNNEL, total.to_dict())
    return total


def profile(path: Path, source: Source) -> Iterator[tuple[str, float]]:
    """Seconds that each rule of a source takes on the documents at ``path``, one after another."""
    import time

    seconds = dict.fromkeys([rule.name for rule in source.rules], 0.0)
    for part in parts(path):
        frame, _ = part.read()
        frame = frame.with_columns(rank=pl.lit(None, pl.Int64))
        if not any(seconds.values()):  # loading lists and compiled code is no rule's cost
            for rule in source.rules:
                measure(frame.head(1), [rule.value])
        for rule in source.rules:
            begun = time.perf_counter()
            measure(frame, [rule.value]).select(rule.value)
            seconds[rule.name] += time.perf_counter() - begun
    yield from sorted(seconds.items(), key=lambda item: -item[1])
