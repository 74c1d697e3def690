"""Writing a release: JSON lines in COIG-CQIA's layout, Parquet and the register beside them, in bounded memory.

Records stand in each file in the order of a seeded digest of their id: a shuffled order that neither depends on the
order of the raw files nor moves when records are added. They are first spread over buckets by that digest; then one
bucket at a time is sorted and appended.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from cqia.engine.files import explained, to_disk
from cqia.release import register
from cqia.release.dialogue import before, folded, has_history
from cqia.release.layout import SPLIT_OF, parts_of, placed, table_of
from cqia.schema import PUBLISHED, digest
from cqia.sources.source import Published

BUCKET_BYTES = 8 << 20  # of compressed parts: what is read at a time to spread, and about what a bucket holds
MOST_BUCKETS = 128  # every batch writes into every bucket: more would be very many very small files

TABLE = (*PUBLISHED, "history")  # the columns of the Parquet files
EVERYTHING_TRAIN = pl.DataFrame(schema=SPLIT_OF)


def write(
    folder: Path,
    parts: Sequence[Path],
    published: Mapping[str, Published],
    seed: int,
    splits: pl.DataFrame = EVERYTHING_TRAIN,
) -> dict[str, int]:
    """Write the records of ``parts`` into ``folder``, which is new and empty.

    Args:
        splits: ``layout.SPLIT_OF``.

    Returns: rows by file name, relative to ``folder``.
    """
    total = sum(part.stat().st_size for part in parts)
    buckets = min(MOST_BUCKETS, max(1, -(-total // BUCKET_BYTES)))
    spread = folder / ".buckets"
    rows: dict[str, int] = {}
    with explained(folder):
        spread.mkdir(parents=True)
        for number, batch in enumerate(_batches(parts)):
            _spread(pl.read_parquet(batch, glob=False), spread, number, buckets, published, seed, splits)
        tables: dict[str, list[Path]] = {}
        for bucket in range(buckets):
            pieces = sorted(spread.glob(f"{bucket:05d}-*.parquet"))
            if pieces:
                ordered = pl.read_parquet(pieces, glob=False).sort("order")
                _append(ordered, folder, rows)
                for table, path in _ordered(ordered, spread, bucket):
                    tables.setdefault(table, []).append(path)
                for piece in pieces:
                    piece.unlink()
        for table, pieces in sorted(tables.items()):
            rows[table] = _joined(pieces, folder / table)
        shutil.rmtree(spread)
    return dict(sorted(rows.items()))


def _batches(parts: Sequence[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    filled = 0
    for part in parts:
        size = part.stat().st_size
        if batch and filled + size > BUCKET_BYTES:
            yield batch
            batch, filled = [], 0
        batch.append(part)
        filled += size
    if batch:
        yield batch


def _spread(
    records: pl.DataFrame,
    spread: Path,
    number: int,
    buckets: int,
    published: Mapping[str, Published],
    seed: int,
    splits: pl.DataFrame,
) -> None:
    order = pl.Series("order", [digest(str(seed), id) for id in records["id"]], dtype=pl.String)
    bucket = (pl.col("order").str.head(8).str.to_integer(base=16, dtype=pl.Int64) * buckets) // (1 << 32)
    keyed = (
        _with_history(placed(records, published, splits))
        .with_columns(order, folded())
        .select("order", *dict.fromkeys((*TABLE, *register.SCHEMA)), bucket=bucket)
    )
    for (which,), rows in keyed.partition_by("bucket", as_dict=True, include_key=False).items():
        rows.write_parquet(spread / f"{which:05d}-{number:06d}.parquet", compression="zstd", compression_level=1)


def _with_history(records: pl.DataFrame) -> pl.DataFrame:
    """Records whose ``text_digest`` covers their earlier turns too, so that a changelog sees them change."""
    told = records.filter(has_history()).select("id", "text_digest", before=before())
    made = {id: digest(text or "", turns)[:32] for id, text, turns in told.iter_rows()}
    if not made:
        return records
    fresh = pl.col("id").replace_strict(made, default=None, return_dtype=pl.String)
    return records.with_columns(text_digest=pl.coalesce(fresh, "text_digest"))


def _append(records: pl.DataFrame, folder: Path, rows: dict[str, int]) -> None:
    for (file,), lines in records.partition_by("file", as_dict=True, maintain_order=True).items():
        path = folder / str(file)
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as handle:
            lines.select(PUBLISHED).write_ndjson(handle)
        rows[str(file)] = rows.get(str(file), 0) + lines.height


def _ordered(records: pl.DataFrame, spread: Path, bucket: int) -> Iterator[tuple[str, Path]]:
    """One bucket's piece of every Parquet file, with the file's name."""
    config = pl.col("file").str.split("/").list.first()
    for number, mine in enumerate(records.with_columns(config=config).partition_by("config", "split")):
        table = table_of(mine["config"][0], mine["split"][0])
        yield table, _piece(mine.select(TABLE), spread / f"table-{bucket:05d}-{number:03d}.parquet")
    yield register.FILE, _piece(records.select(register.SCHEMA.names()), spread / f"register-{bucket:05d}.parquet")


def _piece(frame: pl.DataFrame, path: Path) -> Path:
    frame.write_parquet(path, compression="zstd", compression_level=1)
    return path


def _joined(pieces: list[Path], path: Path) -> int:
    """Write the pieces as one Parquet file and remove them; returns its rows."""
    path.parent.mkdir(exist_ok=True)
    whole = pl.scan_parquet(pieces, glob=False)
    whole.sink_parquet(path, compression="zstd", compression_level=3, row_group_size=20_000, maintain_order=True)
    for piece in pieces:
        piece.unlink()
    return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def digests(folder: Path, *, sync: bool, only: str = "**/*") -> dict[str, dict[str, object]]:
    """Size and sha256 of the files under ``folder`` that ``only`` matches, by relative name; with ``sync`` they are on
    disk afterwards."""

    def one(path: Path) -> dict[str, object]:
        with path.open("rb") as handle:
            if sync:
                os.fsync(handle.fileno())
            sha = hashlib.file_digest(handle, "sha256").hexdigest()
        return {"bytes": path.stat().st_size, "sha256": sha}

    paths = [path for path in sorted(folder.glob(only)) if path.is_file()]
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        found = dict(zip((path.relative_to(folder).as_posix() for path in paths), pool.map(one, paths), strict=True))
    if sync:
        for inner in (*(path for path in sorted(folder.rglob("*")) if path.is_dir()), folder):
            to_disk(inner)
    return found


def config_rows(rows: Mapping[str, int]) -> dict[str, dict[str, dict[str, int]]]:
    """Rows by config, split and file, of the JSON lines among ``rows``."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for file, count in rows.items():
        if file.endswith(".jsonl"):
            config, split = parts_of(file)
            found.setdefault(config, {}).setdefault(split, {})[file] = count
    return found
