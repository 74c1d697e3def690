"""The funnel and the accounting identity, from the manifests and the id sets on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from cqia.engine import manifest as manifests
from cqia.engine.manifest import Counts, Manifest
from cqia.schema import STATUSES


@dataclass(frozen=True)
class Row:
    """One source at one stage. ``stale``: what it was made from has changed since; run again."""

    source: str
    stage: str
    counts: Counts
    stale: bool

    def to_dict(self) -> dict[str, Any]:
        """As ``cqia status --json`` shows it."""
        return {"source": self.source, "stage": self.stage, **self.counts.to_dict(), "stale": self.stale}


@dataclass(frozen=True)
class Funnel:
    """All rows, and what does not balance; an empty ``faults`` means that it does."""

    rows: tuple[Row, ...]
    faults: tuple[str, ...] = field(default=())

    @property
    def balanced(self) -> bool:
        """No input id without a status, none with two, no output without an input; of every stage that is up to
        date."""
        return not self.faults

    def to_dict(self) -> dict[str, Any]:
        """As ``cqia status --json`` shows it."""
        return {"balanced": self.balanced, "faults": list(self.faults), "stages": [row.to_dict() for row in self.rows]}


def funnel(work: Path, stages: Mapping[str, tuple[str, ...]]) -> Funnel:
    """The funnel of a workspace.

    Args:
        stages: of each source, in order.
    """
    rows: list[Row] = []
    faults: list[str] = []
    for source, road in stages.items():
        before: Manifest | None = None
        folder_before: Path | None = None
        stale = False
        for stage in road:
            folder = work / source / stage
            if not (folder / "manifest.json").exists():
                break
            manifest = manifests.load(folder)
            if manifest is None:
                faults.append(f"{source}/{stage}: the manifest was edited or is damaged")
                break
            stale = stale or (before is not None and _outs(before) != _ins(manifest))
            rows.append(Row(source, stage, manifest.counts(), stale))
            if not stale:
                faults += _faults(f"{source}/{stage}", folder, manifest, folder_before)
            before, folder_before = manifest, folder
    return Funnel(tuple(rows), tuple(faults))


def _outs(manifest: Manifest) -> dict[str, str]:
    return {name: made.parts["out"].digest for name, made in manifest.shards.items()}


def _ins(manifest: Manifest) -> dict[str, str]:
    return {name: made.inputs for name, made in manifest.shards.items()}


def _faults(where: str, folder: Path, manifest: Manifest, before: Path | None) -> Iterator[str]:
    """What does not balance in one stage, shard by shard and then over all its shards."""
    hashes: list[pl.Series] = []
    key = {"collect": "page", "assign": "document_id"}.get(folder.name, "id")
    for name, made in manifest.shards.items():
        try:
            inputs = _read(before / "out" if before else folder / "pages", name, "id")["id"]
            status = _read(folder / "status", name, "id", "status", "reason")
            out = _read(folder / "out", name, *{"id", key})
        except (OSError, pl.exceptions.PolarsError):
            yield f"{where}, {name}: a part is missing or damaged"
            continue
        ids = status["id"]
        kept = status.filter(pl.col("status") == "kept")["id"]
        hashes.append(out["id"].hash())
        if n := len(inputs) - inputs.is_in(ids.implode()).sum():
            yield f"{where}, {name}: {n} inputs without a status"
        if n := len(ids) - ids.n_unique():
            yield f"{where}, {name}: {n} inputs with two statuses"
        if n := len(ids) - ids.is_in(inputs.implode()).sum():
            yield f"{where}, {name}: {n} statuses without an input"
        if n := out.height - out[key].is_in(kept.implode()).sum():
            yield f"{where}, {name}: {n} outputs without a kept input"
        if n := len(kept) - kept.is_in(out[key].implode()).sum():
            yield f"{where}, {name}: {n} kept inputs without output"
        if not status["status"].is_in(STATUSES).all():
            yield f"{where}, {name}: a status that is none of {', '.join(STATUSES)}"
        if _counted(status, out.height) != replace(made.counts, fired={}):
            yield f"{where}, {name}: the manifest counts otherwise than the parts"
    every = pl.concat(hashes) if hashes else pl.Series(dtype=pl.UInt64)
    if n := len(every) - every.n_unique():
        yield f"{where}: {n} outputs share an id with another"


def _read(folder: Path, name: str, *columns: str) -> pl.DataFrame:
    return pl.read_parquet(folder / f"{name}.parquet", columns=list(columns), glob=False)


def _counted(status: pl.DataFrame, out: int) -> Counts:
    """Counts of a status part, without what fired."""
    ended = {name: rows["reason"] for (name,), rows in status.partition_by("status", as_dict=True).items()}
    nothing = pl.Series(dtype=pl.String)
    kept = ended.get("kept", nothing)
    dropped, quarantined, pending = (
        {str(reason): number for reason, number in ended.get(name, nothing).value_counts().rows()}
        for name in ("dropped", "quarantined", "pending")
    )
    undecided = int((kept == "undecided").sum())
    return Counts(status.height, len(kept), dropped, {}, quarantined, pending, undecided, out)
