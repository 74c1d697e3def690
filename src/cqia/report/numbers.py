"""Everything a report says, as one tree of plain values: what is drawn on the page, and ``report.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from cqia.report import samples
from cqia.report.checks import check
from cqia.report.copies import copies, leaks
from cqia.report.demand import demand
from cqia.report.faults import faults
from cqia.report.lengths import BINS, QUANTILES, lengths
from cqia.report.makeup import Facts, domains, kinds, sources, written
from cqia.report.monotony import beginnings, richness, wordings
from cqia.report.plane import MOST, plane
from cqia.report.space import available, clusters, neighbours, space
from cqia.report.table import TABLE, sampled
from cqia.rules.rule import Rule
from cqia.similar.overlap_items import Benchmark


@dataclass(frozen=True, kw_only=True)
class About:
    """What a report is about, beside the records themselves.

    Attributes:
        name, version: of the dataset; no version is what a workspace holds now.
        judge: who scored. seed: of what is drawn by lot.
        sources: what is known of each, in order.
        rules: of each source, to ask what they would refuse.
        benchmarks: that no record should be an item of.
        bounds: of ``[report]``, by key.
        beside: other datasets, as ``TABLE``.
        unread: rows that could not be read, by reason.
        road: what only a project knows (funnel, rules, judged …), by name; empty for a release.
    """

    name: str
    version: str = ""
    judge: str = ""
    seed: int = 42
    sources: Mapping[str, Facts] = field(default_factory=dict)
    rules: Mapping[str, Sequence[Rule]] = field(default_factory=dict)
    benchmarks: tuple[Benchmark, ...] = ()
    bounds: Mapping[str, float] = field(default_factory=dict)
    beside: pl.DataFrame = field(default_factory=TABLE.to_frame)
    unread: Mapping[str, int] = field(default_factory=dict)
    road: Mapping[str, Any] = field(default_factory=dict)


def numbers(table: pl.DataFrame, about: About, *, map: bool = False) -> dict[str, Any]:
    """The report's numbers.

    Args:
        table: the records, as ``report.table.TABLE``.
        map: whether to make the map of instructions, which takes a minute or two.

    Raises:
        UsageError: a map is asked for and its libraries are not installed.
    """
    found: dict[str, Any] = {
        "name": about.name,
        "version": about.version,
        "judge": about.judge,
        "seed": about.seed,
        "records": table.height,
        "unread": dict(about.unread),
        "road": dict(about.road) or None,
        "sources": sources(table, about.sources),
        "kinds": kinds(table),
        "domains": domains(table),
        "written": written(table),
        "lengths": lengths(table),
        "quantiles": list(QUANTILES),
        "bins": list(BINS),
        "beginnings": beginnings(table),
        "wordings": wordings(table),
        "richness": richness(table),
        "demand": demand(table),
        "faults": faults(table, about.rules),
        "copies": copies(table),
        "leaks": leaks(table, about.benchmarks),
        "samples": samples.kept(table, about.seed),
        **_spatial(table, about.seed),
        "map": plane(table, about.beside, about.seed) if map else None,
    }
    return {**found, "checks": check(found, about.bounds)}


def _spatial(table: pl.DataFrame, seed: int) -> dict[str, Any]:
    """Clusters and neighbours of ``clustered`` records, drawn by lot where there are more than ``MOST``; null without
    scikit-learn, or with too few instructions."""
    drawn = sampled(table, MOST, seed)
    found = space(drawn, seed) if available() else None
    if found is None:
        return {"clustered": 0, "clusters": None, "neighbours": None}
    return {
        "clustered": drawn.height,
        "clusters": clusters(found, drawn, seed),
        "neighbours": neighbours(found, drawn["source"], seed),
    }
