"""The pictures of a comparison, from its numbers; every dataset has one colour throughout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from cqia.report.charts import svg
from cqia.report.charts.bars import WIDE, Bar, bars
from cqia.report.charts.heat import heat
from cqia.report.charts.ranges import Range, ranges
from cqia.report.charts.scatter import colour, scatter
from cqia.report.demand import SIGNS
from cqia.report.drawn import LENGTHS

MOST_BARS = 10  # of one dataset's list; the table below has all
MOST_SQUARE = 14  # datasets of a square


def pictures(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Pictures by name; one that there is nothing to draw for is left out."""
    datasets = numbers["datasets"]
    names = [each["name"] for each in datasets]
    drawn: dict[str, Any] = {
        "sizes": _by_dataset(names, [each["records"] for each in datasets], "记录数", "Records"),
        "sources": [_listed(at, each, "sources", "title", "来源", "Sources") for at, each in enumerate(datasets)],
        "kinds": [_listed(at, each, "kinds", "name", "任务类型", "Task types") for at, each in enumerate(datasets)],
        "lengths": {
            name: _ranges(of, names, *LENGTHS[name])
            for name, of in numbers["lengths"].items()
            if of["quantiles"][0] < of["quantiles"][-1]
        },
        "beginnings": _beginnings(numbers["beginnings"]["by_source"], names),
        "demand": _demand(numbers["demand"][1:], names),
    }
    if len(names) > 1:
        drawn["overlap"] = {side: _shared(found, names) for side, found in numbers["overlap"].items()}
    if numbers["neighbours"] and len(numbers["neighbours"]["sources"]) > 1:
        drawn["neighbours"] = _neighbours(numbers["neighbours"])
    if numbers["map"]:
        drawn["map"] = scatter(numbers["map"]["series"], "指令的分布图", "Map of the instructions")
    return drawn


def _by_dataset(names: Sequence[str], values: Sequence[int], zh: str, en: str) -> Markup:
    pairs = enumerate(zip(names, values, strict=True))
    rows = [Bar(name, name, value, f"{value:,}", colour(at)) for at, (name, value) in pairs]
    return bars(rows, zh, en, width=WIDE)


def _listed(at: int, dataset: Mapping[str, Any], column: str, title: str, zh: str, en: str) -> Markup:
    """The most frequent entries of a list of one dataset, as shares of its records."""
    whole = max(dataset["records"], 1)
    rows = [
        Bar(
            row[title] or "（未注明）", row.get("english", row[title]) or "(none given)", row["records"] / whole,
            f"{row['records']:,}　{svg.percent(row['records'] / whole)}", colour(at),
        )
        for row in sorted(dataset[column], key=lambda row: -row["records"])[:MOST_BARS]
    ]  # fmt: skip
    return bars(rows, f"{dataset['name']}：{zh}", f"{dataset['name']}: {en}", end=1)


def _ranges(found: Mapping[str, Any], names: Sequence[str], zh: str, en: str) -> Markup:
    by = {row["source"]: row["quantiles"] for row in found["by_source"]}
    rows = []
    for at, name in enumerate(names):
        if name in by:
            _, p5, p25, p50, p75, p95, _ = by[name]
            rows.append(Range(name, name, (p5, p25, p50, p75, p95), colour(at)))
    return ranges(rows, zh, en)


def _beginnings(found: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Markup:
    rows = [
        Bar(row["source"], row["source"], row["alike"],
            f"{svg.percent(row['alike'])}　{svg.cut(row['top'][0]['text'] + '…', 10)}",
            colour(names.index(row["source"])))
        for row in found
    ]  # fmt: skip
    return bars(rows, "开头相同的指令的最高份额", "Highest share of instructions that begin alike", end=1, width=WIDE)


def _demand(found: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Markup:
    """Of each sign a bar for each dataset, with the sign's name before the first of them."""
    rows = [
        Bar(zh if first else "", en if first else "", row[sign],
            f"{svg.percent(row[sign])}　{svg.cut(row['source'], 8.4)}", colour(names.index(row["source"])))
        for sign, (zh, en, _) in SIGNS.items()
        for first, row in ((row is found[0], row) for row in found)
    ]  # fmt: skip
    return bars(rows, "难度的表征", "Signs of difficulty", end=1, width=WIDE)


def _shared(found: Mapping[str, Any], names: Sequence[str]) -> Markup:
    """Of the row's records, the share that the column's dataset has too."""
    names = names[:MOST_SQUARE]
    # The diagonal says nothing: every dataset has all of its own.
    shares = [[0.0 if a == b else found["shares"][a][b] for b in range(len(names))] for a in range(len(names))]
    shown = [[_percent(value) for value in line] for line in shares]
    return heat([(name, name) for name in names], shares, shown, "数据集的重叠", "Overlap of the datasets")


def _neighbours(found: Mapping[str, Any]) -> Markup:
    names = found["sources"][:MOST_SQUARE]
    shares = [line[: len(names)] for line in found["shares"][: len(names)]]
    shown = [[_percent(value) for value in line] for line in shares]
    return heat(
        [(name, name) for name in names], shares, shown, "最近邻所在的数据集", "Datasets of the nearest neighbours"
    )


def _percent(value: float) -> str:
    """A share in a cell: whole percents, one place below ten, nothing for nothing."""
    return f"{100 * value:.{0 if value >= 0.0995 else 1}f}" if value else ""
