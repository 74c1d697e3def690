"""Everything a comparison says, as one tree of plain values: what is drawn on the page, and ``report.json``.

Where the report measures sources of one dataset, here each dataset is the source, so that the same measures hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import polars as pl

from cqia.compare.datasets import Dataset
from cqia.compare.overlap import overlap
from cqia.report import samples
from cqia.report.copies import copies, leaks
from cqia.report.demand import demand
from cqia.report.faults import faults
from cqia.report.lengths import QUANTILES, TEXTS, lengths
from cqia.report.makeup import domains, kinds, sources, written
from cqia.report.monotony import beginnings, richness
from cqia.report.plane import MOST, plane
from cqia.report.space import available, clusters, neighbours, space
from cqia.report.table import joined, sampled
from cqia.similar.overlap_items import Benchmark

SEED = 42
#: Records of each dataset whose beginnings are counted for the entropy, which grows with their number.
EQUAL = 1000
SAMPLES = 6
#: What is looked at for overlap.
SIDES = {
    "whole": pl.concat_str("instruction", "input", "output", separator="\n"),
    "asked": pl.concat_str("instruction", "input", separator="\n"),
}


def numbers(datasets: Sequence[Dataset], benchmarks: tuple[Benchmark, ...], *, map: bool = False) -> dict[str, Any]:
    """The comparison's numbers.

    Args:
        datasets: one at least, names distinct. benchmarks: that no record should be an item of.
        map: whether to make the map of instructions, which takes a minute or two.

    Raises:
        UsageError: a map is asked for and its libraries are not installed.
        RawError: a benchmark's file cannot be read.
    """
    table = joined(each.table.with_columns(source=pl.lit(each.name)) for each in datasets)
    names = [each.name for each in datasets]
    owner = table["source"].replace_strict(names, range(len(names)), return_dtype=pl.Int64).to_numpy()
    drawn = joined(sampled(rows, MOST // len(names), SEED) for rows in _apart(table, names))
    return {
        "seed": SEED,
        "records": table.height,
        "datasets": [_of(each, benchmarks) for each in datasets],
        "benchmarks": [each.name for each in benchmarks],
        "quantiles": list(QUANTILES),
        "lengths": lengths(table),
        "beginnings": beginnings(table),
        "drawn_beginnings": beginnings(joined(sampled(rows, EQUAL, SEED) for rows in _apart(table, names))),
        "richness": richness(table),
        "demand": demand(table),
        "overlap": {side: overlap(table.select(text).to_series(), owner, len(names)) for side, text in SIDES.items()},
        **_spatial(drawn, names),
        "map": _map(drawn, names) if map else None,
    }


def _of(dataset: Dataset, benchmarks: tuple[Benchmark, ...]) -> dict[str, Any]:
    """What is said of one dataset by itself."""
    table, about = dataset.table, dataset.about
    by_source = samples.kept(table, SEED)
    mixed = [each for row in zip_longest(*by_source.values()) for each in row if each is not None]
    return {
        "name": dataset.name,
        "records": table.height,
        "unread": dict(about.unread),
        "characters": {name: int(table.select(text.sum()).item() or 0) for name, text in TEXTS.items()},
        "sources": [row for row in sources(table, about.sources) if row["records"]],
        "kinds": kinds(table),
        "domains": domains(table),
        "written": {key: value for key, value in written(table).items() if key != "by_source"},
        "faults": faults(table, about.rules),
        "copies": copies(table),
        "leaks": leaks(table, benchmarks),
        "samples": mixed[:SAMPLES],
    }


def _spatial(drawn: pl.DataFrame, names: Sequence[str]) -> dict[str, Any]:
    """Clusters and neighbours of ``clustered`` records; null without scikit-learn, or with too few instructions."""
    found = space(drawn, SEED) if available() else None
    if found is None:
        return {"clustered": 0, "clusters": None, "neighbours": None}
    return {
        "clustered": drawn.height,
        "clusters": clusters(found, drawn, SEED),
        "neighbours": _in_order(neighbours(found, drawn["source"], SEED), names),
    }


def _in_order(found: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Neighbours in the order of the datasets; one without records is in neither."""
    order = [found["sources"].index(name) for name in names if name in found["sources"]]
    return {
        **found,
        "sources": [found["sources"][at] for at in order],
        "shares": [[found["shares"][row][at] for at in order] for row in order],
    }


def _map(drawn: pl.DataFrame, names: Sequence[str]) -> dict[str, Any] | None:
    """The map, with a series for each dataset in their order, so that each keeps its colour."""
    found = plane(drawn, joined(()), SEED)
    if found is None:
        return None
    by = {each["name"]: each for each in found["series"]}
    return {**found, "series": [by.get(name, {"name": name, "x": [], "y": [], "texts": []}) for name in names]}


def _apart(table: pl.DataFrame, names: Sequence[str]) -> list[pl.DataFrame]:
    return [table.filter(pl.col("source") == name) for name in names]
