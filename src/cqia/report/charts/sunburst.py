"""The sunburst of sources (paper, Figures 1 and 4): kinds inside, sources outside, angles by the root of records."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from cqia.report.charts import svg

WIDTH, HEIGHT = 560, 340
INNER, MIDDLE, OUTER = 46.0, 88.0, 114.0
APART = 17.0  # between labels

#: A slice's label: where its line begins, its name in Chinese and English, its share, its colour.
Label = tuple[float, float, tuple[str, str], str, str]


@dataclass(frozen=True)
class Slice:
    """A source: its name and its kind in both languages, its records."""

    name: str
    english: str
    kind: str
    kind_zh: str
    records: int


def sunburst(slices: Sequence[Slice], zh: str, en: str) -> Markup:
    """The picture. Slices of one kind stand together, in the order in which kinds first come."""
    shown = [each for each in slices if each.records > 0]
    kinds = list(dict.fromkeys(each.kind for each in shown))
    shown.sort(key=lambda each: (kinds.index(each.kind), -each.records))
    whole = sum(math.sqrt(each.records) for each in shown) or 1
    total = sum(each.records for each in shown) or 1
    middle = (WIDTH / 2, HEIGHT / 2)
    parts, labels, at = [], list[Label](), 0.0
    starts: dict[str, float] = {}
    ends: dict[str, float] = {}
    for number, each in enumerate(shown):
        angle = 2 * math.pi * math.sqrt(each.records) / whole
        starts.setdefault(each.kind, at)
        share = svg.percent(each.records / total)
        told = f"{each.name} {svg.thousands(each.records)} ({share})"
        colour = svg.KIND.get(each.kind, svg.SOFT)
        parts.append(_arc(middle, MIDDLE + 1.5, OUTER, at, at + angle, colour, told, 0.62 + 0.2 * (number % 2)))
        labels.append((*_place(middle, OUTER + 8, at + angle / 2), (each.name, each.english), share, colour))
        at += angle
        ends[each.kind] = at
    for kind in kinds:
        parts.append(_arc(middle, INNER, MIDDLE, starts[kind], ends[kind], svg.KIND.get(kind, svg.SOFT), kind, 1))
        if ends[kind] - starts[kind] > 0.45:
            x, y = _place(middle, (INNER + MIDDLE) / 2, (starts[kind] + ends[kind]) / 2)
            name = next(each.kind_zh for each in shown if each.kind == kind)
            parts.append(svg.text(x, y + 4, name, kind.split(" ")[0], text_anchor="middle", font_size=10, fill="#fff"))
    parts += [
        svg.text(
            middle[0],
            middle[1] + 2,
            svg.thousands(total) if shown else "0",
            text_anchor="middle",
            font_size=22,
            font_weight="600",
            fill=svg.INK,
        ),
        svg.text(middle[0], middle[1] + 20, "条记录", "records", text_anchor="middle", font_size=12, fill=svg.SOFT),
        *_labelled(labels, middle),
    ]
    return svg.picture(WIDTH, HEIGHT, zh, en, *parts)


def _arc(
    middle: tuple[float, float],
    inner: float,
    outer: float,
    start: float,
    end: float,
    colour: str,
    told: str,
    strength: float,
) -> Markup:
    end = min(end, start + 2 * math.pi - 1e-3)  # a whole ring is almost one: an arc cannot end where it begins
    large = int(end - start > math.pi)
    points = [_place(middle, r, a) for r, a in ((outer, start), (outer, end), (inner, end), (inner, start))]
    (a, b, c, d) = [f"{svg.number(x)} {svg.number(y)}" for x, y in points]
    path = f"M{a}A{outer} {outer} 0 {large} 1 {b}L{c}A{inner} {inner} 0 {large} 0 {d}Z"
    return svg.tag(
        "path",
        svg.tag("title", told),
        d=path,
        fill=colour,
        fill_opacity=svg.number(float(strength)),
        stroke="#fff",
        stroke_width=1.5,
    )


def _place(middle: tuple[float, float], radius: float, angle: float) -> tuple[float, float]:
    return middle[0] + radius * math.sin(angle), middle[1] - radius * math.cos(angle)


def _labelled(labels: Sequence[Label], middle: tuple[float, float]) -> list[Markup]:
    """Names on both sides, pushed apart where they would touch, with a line to their slice."""
    parts = []
    for right in (True, False):
        side = sorted((each for each in labels if (each[0] >= middle[0]) == right), key=lambda each: each[1])
        places = _apart([y for _, y, *_ in side])
        for (x, y, names, share, colour), at in zip(side, places, strict=True):
            edge = middle[0] + (OUTER + 15) * (1 if right else -1)
            path = f"M{svg.number(x)} {svg.number(y)}L{svg.number(edge)} {svg.number(at)}"
            room = (WIDTH - abs(edge) - 4 if right else edge - 4) / 12
            parts += [
                svg.tag("path", d=path, fill="none", stroke=colour, stroke_width=1, opacity="0.6"),
                svg.text(
                    edge + (4 if right else -4),
                    at + 4,
                    *(_name(name, share, room) for name in names),
                    text_anchor="start" if right else "end",
                    font_size=12,
                    fill=svg.INK,
                ),
            ]
    return parts


def _name(name: str, share: str, ems: float) -> str:
    """Name and share; the count stands in the table."""
    return f"{svg.cut(name, ems - svg.wide(share) - 0.6)} {share}"


def _apart(places: Sequence[float]) -> list[float]:
    found: list[float] = []
    for place in places:
        found.append(max(place, found[-1] + APART) if found else max(place, 14))
    over = max(0.0, found[-1] - (HEIGHT - 12)) if found else 0.0
    for at in range(len(found) - 1, -1, -1):  # what would fall off the end pushes the others up
        limit = HEIGHT - 12 if at == len(found) - 1 else found[at + 1] - APART
        found[at] = min(found[at], limit) if over else found[at]
    return found
