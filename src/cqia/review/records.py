"""Records as the workspace holds them: where they stand, and which of them wait for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from cqia.review.inspection import HELD

RECORD_STAGES = ("assign", "judge", "review", "release")
SHOWN = ("id", "source", "text_digest", "instruction", "input", "output", "history", "score")


def last_parts(work: Path, stages: Mapping[str, tuple[str, ...]]) -> list[Path]:
    """The parts of each source's records after the last stage that was made.

    Args:
        work: the workspace. stages: of each source, in order.
    """
    found = []
    for source, road in stages.items():
        made = [
            stage for stage in road if stage in RECORD_STAGES and (work / source / stage / "manifest.json").exists()
        ]
        if made:
            found += sorted((work / source / made[-1] / "out").glob("part-*.parquet"))
    return found


def waiting(work: Path, stages: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, Any]]:
    """The records that the review stage left waiting for people, part by part: ``SHOWN``, the history as one text,
    and ``reason``, which says why (needs_review, changed_since_review)."""
    for source, road in stages.items():
        if "review" not in road:
            continue
        before = road[road.index("review") - 1]
        for status in sorted((work / source / "review" / "status").glob("part-*.parquet")):
            why = pl.read_parquet(status, columns=["id", "status", "reason"], glob=False)
            theirs = (pl.col("status") == "pending") & (pl.col("reason") != HELD[0])  # which waits for inspectors
            why = why.filter(theirs).select("id", "reason")
            if why.height:
                records = pl.read_parquet(work / source / before / "out" / status.name, columns=list(SHOWN), glob=False)
                for row in records.join(why, on="id", maintain_order="left").to_dicts():
                    turns = [f"问：{turn['instruction']}\n答：{turn['output']}" for turn in row["history"] or ()]
                    yield {**row, "history": "\n".join(turns)}
