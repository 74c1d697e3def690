"""The funnel as a Sankey picture: what goes on runs to the right, what is lost falls down, each by its number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from cqia.report.charts import svg

TALL = 230.0  # of the column with the most items
LEFT, TOP, STEP, NODE = 92.0, 56.0, 136.0, 12.0
LABEL = 31.0  # tall: a reason and, below it, its number
SHOWN = 3  # reasons of a stage, then the rest together
STAGES = {
    "collect": "采集",
    "filter": "过滤",
    "dedup": "去重",
    "assign": "指派",
    "judge": "评判",
    "review": "审核",
    "release": "发布",
}
REST = {"…": ("其他原因", "other reasons"), "quarantined": ("隔离", "quarantined"), "pending": ("待定", "pending")}


def sankey(
    rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, str], titles: Mapping[str, tuple[str, str]]
) -> Markup:
    """The picture.

    Args:
        rows: of a funnel, as ``Funnel.to_dict`` gives its stages. kinds: of the sources.
        titles: theirs, in Chinese and English.
    """
    road = [stage for stage in STAGES if any(row["stage"] == stage for row in rows)]
    names = list(dict.fromkeys(row["source"] for row in rows))
    by = {(row["source"], row["stage"]): row for row in rows}
    flows = [_carried(names, by, road, at) for at in range(len(road))]
    heights = [max(sum(f["in"] for f in flow), sum(f["out"] + f["lost"] for f in flow)) for flow in flows]
    scale = TALL / max([*heights, 1])
    parts: list[Markup] = []
    deepest = TOP + TALL
    for at, (stage, flow) in enumerate(zip(road, flows, strict=True)):
        x = LEFT + at * STEP
        parts += _ribbons(flow, flows[at + 1] if at + 1 < len(road) else None, x, scale, kinds)
        tall = max(heights[at] * scale, 2)
        parts += [
            svg.rect(x, TOP, NODE, tall, svg.INK, f"{stage}: {svg.thousands(sum(f['in'] for f in flow))}", rx=2),
            svg.text(x, TOP - 27, STAGES[stage], stage, font_size=15, font_weight="600", fill=svg.INK),
            svg.text(x, TOP - 8, svg.thousands(sum(f["in"] for f in flow)), font_size=13.5, fill=svg.SOFT),
        ]
        lost, down = _lost(
            [by[name, stage] for name in names if (name, stage) in by], x, sum(f["out"] for f in flow), scale
        )
        parts += lost
        deepest = max(deepest, down)
    if road:
        end = LEFT + len(road) * STEP
        out = sum(f["out"] for f in flows[-1])
        parts += [
            svg.rect(end, TOP, NODE, max(out * scale, 2), svg.KEPT, f"{svg.thousands(out)}", rx=2),
            svg.text(end, TOP - 27, "留下", "left", font_size=15, font_weight="600", fill=svg.KEPT),
            svg.text(end, TOP - 8, svg.thousands(out), font_size=13.5, fill=svg.SOFT),
        ]
        parts += _named(flows[0], scale, titles)
    entered = [(stage, f"{sum(f['in'] for f in flow):,}") for stage, flow in zip(road, flows, strict=True)]
    zh = "漏斗图：" + "，".join(f"{STAGES[stage]} {number}" for stage, number in entered)
    en = "Funnel: " + ", ".join(f"{stage} {number}" for stage, number in entered)
    return svg.picture(LEFT + len(road) * STEP + 50, deepest + 12, zh, en, *parts)


def _carried(
    names: Sequence[str], by: Mapping[tuple[str, str], Mapping[str, Any]], road: Sequence[str], at: int
) -> list[dict[str, Any]]:
    """Of each source what enters a stage, leaves it and is lost; one that skips it is carried past, one that has not
    come so far stops."""
    found = []
    for name in names:
        row = by.get((name, road[at]))
        later = any((name, stage) in by for stage in road[at:])
        before = next((by[name, stage] for stage in reversed(road[:at]) if (name, stage) in by), None)
        if row is not None:
            lost = sum(row["dropped"].values()) + row["quarantined"] + row["pending"]
            found.append({"source": name, "in": row["in"], "out": row["out"], "lost": lost})
        else:
            past = before["out"] if before is not None and (later or at == len(road) - 1) else 0
            found.append({"source": name, "in": past, "out": past, "lost": 0})
    return found


def _ribbons(
    flow: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]] | None,
    x: float,
    scale: float,
    kinds: Mapping[str, str],
) -> list[Markup]:
    """A band for each source from the right of a column to the left of the next."""
    parts = []
    here = there = TOP
    for number, each in enumerate(flow):
        tall = each["out"] * scale
        goes = tall if after is None or after[number]["in"] else 0.0
        if tall > 0 and goes > 0:
            parts.append(
                _band(
                    x + NODE,
                    here,
                    x + STEP,
                    there,
                    max(tall, 0.8),
                    svg.KIND.get(kinds.get(each["source"], ""), svg.SOFT),
                    f"{each['source']}: {svg.thousands(each['out'])}",
                    "0.5" if number % 2 else "0.62",
                )
            )
        here += tall
        there += goes
    return parts


def _band(x1: float, y1: float, x2: float, y2: float, tall: float, colour: str, told: str, strength: str) -> Markup:
    half = (x1 + x2) / 2
    n = svg.number
    path = (
        f"M{n(x1)} {n(y1)}C{n(half)} {n(y1)} {n(half)} {n(y2)} {n(x2)} {n(y2)}L{n(x2)} {n(y2 + tall)}"
        f"C{n(half)} {n(y2 + tall)} {n(half)} {n(y1 + tall)} {n(x1)} {n(y1 + tall)}Z"
    )
    return svg.tag("path", svg.tag("title", told), d=path, fill=colour, fill_opacity=strength)


def _lost(rows: Sequence[Mapping[str, Any]], x: float, out: float, scale: float) -> tuple[list[Markup], float]:
    """What a stage loses: a band for each of the most frequent reasons, falling to its name; and how far down."""
    reasons: Counter[str] = Counter()
    for row in rows:
        reasons.update(row["dropped"])
    shown = [(reason, n, svg.DROPPED) for reason, n in sorted(reasons.items(), key=lambda r: (-r[1], r[0]))[:SHOWN]]
    rest = sum(reasons.values()) - sum(n for _, n, _ in shown)
    shown += [
        ("…", rest, svg.DROPPED),
        ("quarantined", sum(r["quarantined"] for r in rows), svg.QUARANTINED),
        ("pending", sum(r["pending"] for r in rows), svg.PENDING),
    ]
    parts = []
    here, there = TOP + out * scale, TOP + TALL + 22
    for reason, n, colour in (each for each in shown if each[1]):
        tall = max(n * scale, 0.8)
        zh, en = REST.get(reason, (reason, reason))
        parts += [
            _fall(x + NODE, here, x + NODE + 34, there, tall, min(tall, 15), colour, f"{en}: {svg.thousands(n)}"),
            svg.text(x + NODE + 38, there, _short(zh), _short(en), font_size=12, fill=svg.INK),
            svg.text(x + NODE + 38, there + 14, svg.thousands(n), font_size=12, fill=svg.SOFT),
        ]
        here += n * scale
        there += LABEL
    return parts, there


def _short(reason: str) -> str:
    """A reason in the room between two stages."""
    return svg.cut(reason, (STEP - NODE - 38) / 12 + 0.6)


def _fall(x1: float, y1: float, x2: float, y2: float, tall: float, thin: float, colour: str, told: str) -> Markup:
    """A band that bends down, becomes ``thin`` and ends at a name whose middle is at ``y2``."""
    n = svg.number
    top, low = y2 - thin / 2, y2 + thin / 2
    path = (
        f"M{n(x1)} {n(y1)}C{n(x1 + 26)} {n(y1)} {n(x1 + 6)} {n(top)} {n(x2)} {n(top)}L{n(x2)} {n(low)}"
        f"C{n(x1 - 2)} {n(low)} {n(x1 + 14)} {n(y1 + tall)} {n(x1)} {n(y1 + tall)}Z"
    )
    return svg.tag("path", svg.tag("title", told), d=path, fill=colour, fill_opacity="0.42")


def _named(flow: Sequence[Mapping[str, Any]], scale: float, titles: Mapping[str, tuple[str, str]]) -> list[Markup]:
    """The sources at the left, those that are thick enough for a name."""
    parts, y = [], TOP
    for each in flow:
        tall = each["out"] * scale  # beside its band, which is of what leaves the first stage
        if tall >= 12:
            parts.append(
                svg.text(
                    LEFT - 8,
                    y + tall / 2 + 4,
                    *(svg.cut(title, 6.8) for title in titles.get(each["source"], (each["source"],) * 2)),
                    text_anchor="end",
                    font_size=13,
                    fill=svg.INK,
                )
            )
        y += tall
    return parts
