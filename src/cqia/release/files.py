"""Writing a release: JSON lines in COIG-CQIA's layout, Parquet beside them, in bounded memory.

Records stand in each file in the order of a seeded digest of their id: a shuffled order that neither depends on the
order of the raw files nor moves when records are added. They are first spread over buckets by that digest; then one
bucket at a time is sorted and appended.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from cqia.engine.files import explained, sync_folder
from cqia.release.layout import placed
from cqia.schema import PUBLISHED, digest
from cqia.sources.source import Published

BUCKET_BYTES = 8 << 20  # of compressed parts: what is read at a time to spread, and about what a bucket holds
MOST_BUCKETS = 128  # every batch writes into every bucket: more would be very many very small files


def write(folder: Path, parts: Sequence[Path], published: Mapping[str, Published], seed: int) -> dict[str, int]:
    """Write the records of ``parts`` into ``folder``, which is new and empty.

    Returns: rows by file name, relative to ``folder``.
    """
    total = sum(part.stat().st_size for part in parts)
    buckets = min(MOST_BUCKETS, max(1, -(-total // BUCKET_BYTES)))
    spread = folder / ".buckets"
    rows: dict[str, int] = {}
    with explained(folder):
        spread.mkdir(parents=True)
        for number, batch in enumerate(_batches(parts)):
            _spread(pl.read_parquet(batch, glob=False), spread, number, buckets, published, seed)
        for bucket in range(buckets):
            pieces = sorted(spread.glob(f"{bucket:05d}-*.parquet"))
            if pieces:
                ordered = pl.read_parquet(pieces, glob=False).sort("order")
                _append(ordered, folder, rows)
                ordered.write_parquet(spread / f"ordered-{bucket:05d}.parquet", compression="zstd", compression_level=1)
        for config in sorted({name.split("/")[0] for name in rows}):
            _parquet(sorted(spread.glob("ordered-*.parquet")), config, folder / "parquet" / f"{config}.parquet")
            rows[f"parquet/{config}.parquet"] = sum(n for name, n in rows.items() if name.startswith(f"{config}/"))
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
    records: pl.DataFrame, spread: Path, number: int, buckets: int, published: Mapping[str, Published], seed: int
) -> None:
    order = pl.Series("order", [digest(str(seed), id) for id in records["id"]], dtype=pl.String)
    keyed = placed(records, published).with_columns(order).select("order", "file", *PUBLISHED)
    bucket = (pl.col("order").str.head(8).str.to_integer(base=16, dtype=pl.Int64) * buckets) // (1 << 32)
    spreads = keyed.with_columns(bucket=bucket).partition_by("bucket", as_dict=True, include_key=False)
    for (which,), rows in spreads.items():
        rows.write_parquet(spread / f"{which:05d}-{number:06d}.parquet", compression="zstd", compression_level=1)


def _append(records: pl.DataFrame, folder: Path, rows: dict[str, int]) -> None:
    for (file,), lines in records.partition_by("file", as_dict=True, maintain_order=True).items():
        path = folder / str(file)
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as handle:
            lines.select(PUBLISHED).write_ndjson(handle)
        rows[str(file)] = rows.get(str(file), 0) + lines.height


def _parquet(ordered: list[Path], config: str, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    mine = pl.scan_parquet(ordered, glob=False).filter(pl.col("file").str.starts_with(f"{config}/")).select(PUBLISHED)
    mine.sink_parquet(path, compression="zstd", compression_level=3, row_group_size=20_000, maintain_order=True)


def digests(folder: Path, *, sync: bool) -> dict[str, dict[str, object]]:
    """Size and sha256 of every file under ``folder``, by relative name; with ``sync`` they are on disk afterwards."""
    found: dict[str, dict[str, object]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            if sync:
                sync_folder(path)
            continue
        with path.open("rb") as handle:
            if sync:
                os.fsync(handle.fileno())
            sha = hashlib.file_digest(handle, "sha256").hexdigest()
        found[path.relative_to(folder).as_posix()] = {"bytes": path.stat().st_size, "sha256": sha}
    if sync:
        sync_folder(folder)
    return found
