"""Copies that are left: near duplicates among records, and items of benchmarks in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from cqia.report.makeup import share
from cqia.similar.overlap_items import Benchmark
from cqia.similar.settings import Settings

SETTINGS = Settings()
SHOWN = 3
SHOWN_CHARS = 80


def copies(table: pl.DataFrame, settings: Settings = SETTINGS) -> dict[str, Any]:
    """Records that are near duplicates of an earlier one, over instruction, input and output together.

    Returns: ``records`` and ``share``; of these the ``exact``, with equal normal forms; ``between`` which sources (of
        the copy, of what it is a copy of); a few with both texts.
    """
    kept, like = originals(table, settings)
    gone = np.flatnonzero(kept != np.arange(table.height))
    pairs = pl.DataFrame({"source": table["source"].gather(gone), "original": table["source"].gather(kept[gone])})
    between = pairs.group_by("source", "original").len()
    between = between.sort("len", "source", "original", descending=[True, False, False])
    return {
        "records": len(gone),
        "share": share(len(gone), table.height),
        "exact": int((like[gone] == 1.0).sum()),
        "between": [{"source": a, "original": b, "records": n} for a, b, n in between.iter_rows()],
        "shown": [_shown(table, int(row), int(kept[row]), float(like[row])) for row in gone[:SHOWN]],
    }


def originals(table: pl.DataFrame, settings: Settings = SETTINGS) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """For each record the earlier one that it is a near duplicate of, or itself; and how like they are.

    As ``stages.dedup`` decides, in the order of the table: a record goes only for one that stays.
    """
    from cqia.similar.keep import greedy  # numba takes a second
    from cqia.similar.pairs import Pairs, by_component, in_buckets, with_first
    from cqia.similar.sketch import signatures
    from cqia.similar.verify import likeness

    count = table.height
    texts = table.select(pl.concat_str("instruction", "input", "output", separator="\n")).to_series()
    exact, bands = signatures(texts, settings)
    same, near = with_first(exact), in_buckets(list(bands), settings.bucket)
    pairs = Pairs(np.concatenate([same.first, near.first]), np.concatenate([same.second, near.second]))
    order = by_component(pairs, count)
    pairs, equal = pairs.take(order), order < len(same)
    titles = pl.Series([""], dtype=pl.String).new_from_index(0, count)
    similarity = likeness(texts, titles, pairs, equal, settings)
    return greedy(pairs.take(similarity > 0), similarity[similarity > 0], count)


def _shown(table: pl.DataFrame, row: int, kept: int, like: float) -> dict[str, Any]:
    def text(row: int) -> str:
        return " ".join(
            table[name][row][:SHOWN_CHARS] for name in ("instruction", "input", "output") if table[name][row]
        )

    return {
        "id": table["id"][row],
        "text": text(row),
        "original": table["id"][kept],
        "original_text": text(kept),
        "similarity": round(like, 3),
    }


def leaks(table: pl.DataFrame, benchmarks: tuple[Benchmark, ...]) -> dict[str, Any] | None:
    """Records that leak an item of a benchmark, as ``stages.release`` looks for them; None where none is named.

    Returns: ``records`` and ``share``, ``by_benchmark``, ``exempt`` and a few with the item. A source that is a
        benchmark's origin is not held against it: ``exempt`` names them.
    """
    if not benchmarks:
        return None
    from cqia.similar.overlap import index_of

    index = index_of(benchmarks)
    exempt = {each.name: set(each.exempt) for each in benchmarks}
    asked = pl.concat_str("instruction", "input", separator="\n")
    found: dict[tuple[int, str], Any] = {}
    for text, answers in ((asked, False), (pl.col("input"), False), (pl.col("output"), True)):
        for hit in index.hits(table.select(text).to_series(), answers=answers):
            if table["source"][hit.row] not in exempt[hit.item.benchmark]:
                found.setdefault((hit.row, hit.item.benchmark), hit)
    hits = sorted(found.values(), key=lambda hit: (-hit.overlap, hit.row))
    names = [hit.item.benchmark for hit in hits]
    return {
        "records": len({hit.row for hit in hits}),
        "share": share(len({hit.row for hit in hits}), table.height),
        "by_benchmark": {each.name: names.count(each.name) for each in benchmarks},
        "exempt": [
            {"source": source, "benchmark": each.name}
            for each in benchmarks
            for source in sorted(set(each.exempt) & set(table["source"].unique()))
        ],
        "shown": [
            {"id": table["id"][hit.row], "benchmark": hit.item.benchmark, "item": hit.item.locator,
             "text": hit.item.question[:SHOWN_CHARS], "overlap": round(hit.overlap, 3)}
            for hit in hits[:SHOWN]
        ],
    }  # fmt: skip
