"""The pictures of a report, from its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from cqia.report.charts import svg
from cqia.report.charts.bars import WIDE, Bar, bars, columns
from cqia.report.charts.heat import heat
from cqia.report.charts.ranges import Range, ranges
from cqia.report.charts.sankey import sankey
from cqia.report.charts.scatter import scatter
from cqia.report.charts.sunburst import Slice, sunburst
from cqia.report.demand import SIGNS
from cqia.report.makeup import titles
from cqia.report.paper import KINDS

#: Titles of sources in Chinese and English.
Names = Mapping[str, tuple[str, str]]

LENGTHS = {"instruction": ("指令（含输入）的长度", "Length of instruction with input"),
           "output": ("回答的长度", "Length of output")}  # fmt: skip
MOST_BARS = 16
MOST_SOURCES = 14


def drawn(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Pictures by name; one that there is nothing to draw for is left out."""
    names, kinds = titles(numbers["sources"]), {row["source"]: row["kind"] for row in numbers["sources"]}
    pictures: dict[str, Any] = {
        "sources": burst(numbers["sources"], "records"),
        "paper": burst(numbers["sources"], "quantity"),
        "kinds": _named(numbers["kinds"], numbers["records"], "任务类型", "Task types"),
        "domains": _named(numbers["domains"], numbers["records"], "领域", "Domains"),
        "beginnings": beginnings(numbers["beginnings"], names, kinds),
        "demand": demand(numbers["demand"][0]),
        "lengths": {name: histogram(of, *LENGTHS[name]) for name, of in numbers["lengths"].items()},
        "ranges": {name: by_source(of, names, kinds, *LENGTHS[name]) for name, of in numbers["lengths"].items()},
    }  # fmt: skip
    if numbers["map"]:
        pictures["map"] = scatter(numbers["map"]["series"], "指令的分布图", "Map of the instructions")
    if numbers["neighbours"]:
        pictures["neighbours"] = neighbours(numbers["neighbours"], names)
    road = numbers["road"]
    if road:
        if road["funnel"]["stages"]:
            pictures["funnel"] = sankey(road["funnel"]["stages"], kinds, names)
        pictures["rules"] = {row["source"]: removed(row) for row in road["rules"] if row["removed"]}
        pictures["overlap"] = {row["source"]: overlap(row) for row in road["rules"] if len(row["overlap"]["rules"]) > 1}
        pictures["scores"] = {row["source"]: scores(row, names) for row in road["judged"] if row["scored"]}
    return pictures


def burst(rows: Sequence[Mapping[str, Any]], column: str) -> Markup:
    """The sunburst of sources by one of their numbers."""
    slices = [
        Slice(row["title"], row["english"], row["kind"], KINDS.get(row["kind"], row["kind"]), row[column] or 0)
        for row in rows
    ]
    return sunburst(slices, "各来源的份额", "Shares of the sources")


def histogram(found: Mapping[str, Any], zh: str, en: str) -> Markup:
    """A histogram of lengths with the quartiles and the outer quantiles."""
    width = found["width"]
    names = [f"{n * width}–{(n + 1) * width - 1}" for n in range(len(found["bars"]))]
    wanted = ((1, "5%"), (3, "50%"), (5, "95%"))
    marks = [(found["quantiles"][at] / width, f"{label} {found['quantiles'][at]:,}") for at, label in wanted]
    end = width * len(found["bars"])
    axis = [(tick / width, svg.thousands(tick)) for tick in svg.ticks(end, 5)]
    return columns(found["bars"], names, zh, en, marks=marks, axis=axis)


def by_source(found: Mapping[str, Any], names: Names, kinds: Mapping[str, str], zh: str, en: str) -> Markup:
    """Lengths by source."""
    most = sorted(found["by_source"], key=lambda row: -row["records"])[:MOST_SOURCES]
    rows = []
    for row in most:
        _, p5, p25, p50, p75, p95, _ = row["quantiles"]
        colour = svg.KIND.get(kinds.get(row["source"], ""), svg.SOFT)
        rows.append(Range(*names[row["source"]], (p5, p25, p50, p75, p95), colour))
    return ranges(rows, f"各来源：{zh}", f"By source: {en}")


def beginnings(found: Mapping[str, Any], names: Names, kinds: Mapping[str, str]) -> Markup:
    """Of each source the share of the instructions that begin in its most frequent way."""
    most = sorted(found["by_source"], key=lambda row: -row["alike"])[:MOST_BARS]
    rows = [
        Bar(
            *names[row["source"]], row["alike"],
            f"{svg.percent(row['alike'])}　{svg.cut(row['top'][0]['text'] + '…', 10)}" if row["top"] else "",
            svg.KIND.get(kinds.get(row["source"], ""), svg.SOFT),
        )
        for row in most
    ]  # fmt: skip
    return bars(rows, "开头相同的指令的最高份额", "Highest share of instructions that begin alike", end=1, width=WIDE)


def demand(row: Mapping[str, Any]) -> Markup:
    """The signs of difficulty, of all records."""
    rows = [Bar(zh, en, row[name], svg.percent(row[name])) for name, (zh, en, _) in SIGNS.items()]
    return bars(rows, "难度的表征", "Signs of difficulty", end=1, width=WIDE)


def neighbours(found: Mapping[str, Any], names: Names) -> Markup:
    """In which source the nearest instruction stands."""
    sources = found["sources"][:MOST_SOURCES]
    shares = [row[: len(sources)] for row in found["shares"][: len(sources)]]
    shown = [[f"{100 * value:.0f}" if value >= 0.005 else "" for value in row] for row in shares]
    return heat(
        [names[source] for source in sources], shares, shown, "最近邻所在的来源", "Sources of the nearest neighbours"
    )


def removed(row: Mapping[str, Any]) -> Markup:
    """What each rule fires on, and what it alone removes."""
    fired = sorted((rule for rule in row["rules"] if rule["fires"]), key=lambda rule: -rule["fires"])[:MOST_BARS]
    rows = [
        Bar(rule["rule"], rule["rule"], rule["fires"], f"{rule['fires']:,} ({rule['alone']:,})", svg.DROPPED)
        for rule in fired
    ]
    return bars(rows, "规则命中数（仅此规则命中数）", "How often a rule fires (alone)", end=row["inputs"])


def overlap(row: Mapping[str, Any]) -> Markup:
    """Of the documents that one rule fires on, the share that another fires on too."""
    square = row["overlap"]["both"]
    shares = [[both / max(line[at], 1) for both in line] for at, line in enumerate(square)]
    shown = [[f"{100 * value:.0f}" if value >= 0.005 else "" for value in line] for line in shares]
    return heat(
        [(rule, rule) for rule in row["overlap"]["rules"]],
        shares,
        shown,
        "规则的重叠",
        "Overlap of the rules",
        svg.DROPPED,
    )


def scores(row: Mapping[str, Any], names: Names) -> Markup:
    """The scores that a source's records were given, and the lowest that is kept."""
    by = {each["score"]: each["records"] for each in row["scores"]}
    steps = [1 + n / 2 for n in range(19)]
    axis = [(at + 0.5, f"{step:g}") for at, step in enumerate(steps) if step.is_integer()]
    marks = [((row["at_least"] - 1) * 2, f"≥ {row['at_least']:g}")]
    title, english = names[row["source"]]
    counts, told = [by.get(step, 0) for step in steps], [f"{step:g}" for step in steps]
    zh, en = f"{title}：得分", f"{english}: scores"
    return columns(counts, told, zh, en, marks=marks, axis=axis, colour=svg.SERIES[3])


def _named(rows: Sequence[Mapping[str, Any]], whole: int, zh: str, en: str) -> Markup:
    shown = [
        Bar(row["name"] or "（未注明）", row["name"] or "(none given)", row["records"],
            f"{row['records']:,}　{svg.percent(row['records'] / max(whole, 1))}", svg.SERIES[2])
        for row in rows[:MOST_BARS]
    ]  # fmt: skip
    return bars(shown, zh, en)
