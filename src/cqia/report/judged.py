"""What was judged, by whom, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from cqia.judge.suspects import RULE

SHOWN_WHY = 5


def judged(parts: Mapping[str, Sequence[Path]], at_least: Mapping[str, float]) -> list[dict[str, Any]]:
    """By source, what its judge said.

    Args:
        parts: of each source the status parts of judge. at_least: the lowest score each keeps.

    Returns: ``by`` (judge and records), ``scored``, ``abstained`` and ``failed`` records and ``why``; of the failed
        those ``waiting`` to be asked again; ``low`` (scored and dropped); ``addressed``, whose text speaks to the
        judge; ``mean`` of the scores, and ``scores``: the score and how many have it.
    """
    return [_judged(source, files, at_least[source]) for source, files in parts.items() if files]


def _judged(source: str, parts: Sequence[Path], at_least: float) -> dict[str, Any]:
    fired = pl.col("fired").list.eval(pl.element().struct.field("rule"))
    status = pl.scan_parquet(list(parts), glob=False).select(
        "status", "reason", "by", "score", fired=fired, why=pl.col("fired").list.first().struct.field("detail")
    ).collect()  # fmt: skip
    silent = status.filter(pl.col("score").is_null())
    scores = status["score"].drop_nulls()
    mean = scores.mean()
    return {
        "source": source,
        "by": dict(sorted(status["by"].drop_nulls().value_counts().iter_rows())),
        "at_least": at_least,
        "records": status.height,
        "scored": scores.len(),
        **{name: int(status["fired"].list.contains(name).sum()) for name in ("abstained", "failed")},
        "why": _most(silent["why"].str.extract(r"^([^：:；;，,]{0,40})")),
        "waiting": int((status["status"] == "pending").sum()),
        "low": int((status["reason"] == "score").fill_null(False).sum()),
        "addressed": int(status["fired"].list.contains(RULE).sum()),
        "mean": round(float(mean), 3) if isinstance(mean, float) else None,
        "scores": [{"score": score, "records": number} for score, number in sorted(scores.value_counts().iter_rows())],
    }


def _most(reasons: pl.Series) -> dict[str, int]:
    counted = sorted(reasons.fill_null("").value_counts().iter_rows(), key=lambda row: (-row[1], row[0]))
    return dict(counted[:SHOWN_WHY])
