"""The funnel and the accounting identity, from the manifests and the id sets on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cqia.engine import manifest as manifests
from cqia.engine.accounting import count, faults
from cqia.engine.manifest import Counts, Manifest
from cqia.engine.plan import planned
from cqia.engine.task import read_part
from cqia.errors import WorkspaceError


@dataclass(frozen=True)
class Row:
    """One source at one stage. ``stale``: what it was made from has changed since; run again."""

    source: str
    stage: str
    counts: Counts
    stale: bool

    @property
    def verdicts(self) -> dict[str, int]:
        """Of the judge's stage how many records it scored, abstained from and failed on; empty for the others."""
        if self.stage != "judge":
            return {}
        abstained, failed = (self.counts.fired.get(outcome, 0) for outcome in ("abstained", "failed"))
        scored = self.counts.inputs - sum(self.counts.quarantined.values()) - abstained - failed
        return {"scored": scored, "abstained": abstained, "failed": failed}

    def to_dict(self) -> dict[str, Any]:
        """As ``cqia status --json`` shows it."""
        numbers = {"source": self.source, "stage": self.stage, **self.counts.to_dict(), "stale": self.stale}
        return numbers | ({"verdicts": self.verdicts} if self.verdicts else {})


@dataclass(frozen=True)
class Funnel:
    """All rows, and what does not balance.

    Attributes:
        rows: in the order of sources and stages.
        faults: empty if everything that was checked balances.
        complete: whether all there is was checked: every source has been run, and no stage is stale.
    """

    rows: tuple[Row, ...]
    faults: tuple[str, ...] = ()
    complete: bool = True

    @property
    def balanced(self) -> bool:
        """No input id without a status, none with two, no output without an input."""
        return not self.faults

    def pending(self) -> dict[str, int]:
        """How many items wait on the road, by reason."""
        total: Counter[str] = Counter()
        for row in self.rows:
            total.update(row.counts.pending)
        return dict(sorted(total.items()))

    def to_dict(self) -> dict[str, Any]:
        """As ``cqia status --json`` shows it."""
        return {
            "balanced": self.balanced,
            "complete": self.complete,
            "faults": list(self.faults),
            "stages": [row.to_dict() for row in self.rows],
        }


def funnel(work: Path, stages: Mapping[str, tuple[str, ...]]) -> Funnel:
    """The funnel of a workspace.

    Args:
        stages: of each source, in order.
    """
    rows: list[Row] = []
    found: list[str] = []
    for source, road in stages.items():
        before = {shard.name: shard.digest for shard in planned(source, work / source / "plan.json")}
        inputs: Path | None = None
        stale = False
        for stage in road:
            folder = work / source / stage
            if not (folder / "manifest.json").exists():
                if any(folder.rglob("part-*.parquet")):
                    found.append(f"{source}/{stage}: the manifest is missing")
                break
            manifest = manifests.load(folder)
            if manifest is None:
                found.append(f"{source}/{stage}: the manifest was edited or is damaged")
                break
            took = manifest.drafts or manifest.shards  # of a stage with a draft, the draft has read what went in
            stale = stale or before != {name: made.inputs for name, made in took.items()}
            rows.append(Row(source, stage, manifest.counts(), stale))
            if not stale:
                found += _faults(f"{source}/{stage}", folder, manifest, inputs or folder / "pages")
            before = {name: made.parts["out"].digest for name, made in manifest.shards.items()}
            inputs = folder / "out"
    complete = {row.source for row in rows} == set(stages) and not any(row.stale for row in rows)
    return Funnel(tuple(rows), tuple(found), complete)


def last_run(folder: Path, stages: tuple[str, ...]) -> dict[str, Any] | None:
    """What the last run made of a source, by its manifests alone: how many ``pages`` it has, how many ``documents``
    they gave, how many ``records`` came through (null before assign) and the stage ``after`` which that was.

    Args:
        folder: of the source in the workspace. stages: of the source, in order.

    Returns: None where it has not been run.
    """
    found: dict[str, Any] | None = None
    before: dict[str, str] | None = None
    for stage in stages:
        manifest = manifests.load(folder / stage) if (folder / stage / "manifest.json").exists() else None
        if manifest is None or (before is not None and before != {n: m.inputs for n, m in manifest.shards.items()}):
            break  # not reached yet, or made of what has changed since
        before = {name: made.parts["out"].digest for name, made in manifest.shards.items()}
        counts = manifest.counts()
        if found is None:
            found = {"pages": counts.inputs, "documents": counts.out, "records": None}
        elif stage == "assign" or found["records"] is not None:
            found["records"] = counts.out
        found["after"] = stage
    return found


def _faults(where: str, folder: Path, manifest: Manifest, inputs: Path) -> Iterator[str]:
    """What does not balance in one stage, shard by shard and then over all its shards.

    Args:
        inputs: the folder of the parts that went in.
    """
    hashes: list[pl.Series] = []
    for name, made in manifest.shards.items():
        try:
            ids = read_part(inputs / f"{name}.parquet", ["id"])["id"]
            status = read_part(folder / f"status/{name}.parquet")
            out = read_part(folder / f"out/{name}.parquet", list({"id", manifest.key}))
        except WorkspaceError as error:
            yield f"{where}, {name}: {error.message.removesuffix('.')}"
            continue
        hashes.append(out["id"].hash())
        yield from (f"{where}, {name}: {fault}" for fault in faults(ids, status, out, manifest.key))
        if count(status, out.height) != made.counts:
            yield f"{where}, {name}: the manifest counts otherwise than the parts"
    every = pl.concat(hashes) if hashes else pl.Series(dtype=pl.UInt64)
    if n := len(every) - every.n_unique():
        yield f"{where}: {n} outputs share an id with another"
