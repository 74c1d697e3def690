"""Items by what became of them: the way from the funnel's numbers to the ids that ``why`` explains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from cqia.engine.task import read_part

SHOWN = ("id", "status", "reason", "path", "locator")


def items(
    work: Path,
    stages: Mapping[str, tuple[str, ...]],
    *,
    source: str | None = None,
    stage: str | None = None,
    status: str | None = None,
    reason: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Statuses that match, in the order of sources, stages and shards: source, stage, id, status, reason, detail;
    for a page also path and locator.

    Args:
        stages: of each source, in order.
        source, stage, status, reason: what to match; None matches all.
    """
    wanted = [pl.col(name) == value for name, value in (("status", status), ("reason", reason)) if value is not None]
    for name, road in stages.items():
        for each in road:
            if source not in (None, name) or stage not in (None, each):
                continue
            for part in sorted((work / name / each / "status").glob("part-*.parquet")):
                rows = read_part(part).filter(*wanted) if wanted else read_part(part)
                if each == "collect" and rows.height:
                    places = read_part(part.parent.parent / "pages" / part.name).select("id", "path", "locator")
                    rows = rows.join(places, on="id", how="left", maintain_order="left")
                for row in rows.to_dicts():
                    detail = "; ".join(fired["detail"] for fired in row["fired"] if fired["detail"]) or None
                    shown: dict[str, Any] = {key: row[key] for key in SHOWN if key in row}
                    yield {"source": name, "stage": each, **shown, "detail": detail}


def unknown_records(work: Path, ids: Sequence[str]) -> list[str]:
    """Those of ``ids`` that are no record of the workspace."""
    known: set[str] = set()
    for part in work.glob("*/assign/out/part-*.parquet"):
        known.update(pl.read_parquet(part, columns=["id"], glob=False)["id"])
    return sorted(set(ids) - known)
