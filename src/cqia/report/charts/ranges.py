"""Ranges: of each source from the 5th to the 95th percentile, the middle half thick, the median a dot; log scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from cqia.report.charts import svg

ROW = 26
WIDTH = 480
LEFT = 130
TICKS = (1, 10, 100, 1000, 10_000, 100_000)


@dataclass(frozen=True)
class Range:
    """A name in Chinese and English, the 5th, 25th, 50th, 75th and 95th percentile, and a colour."""

    zh: str
    en: str
    at: tuple[int, int, int, int, int]
    colour: str


def ranges(rows: Sequence[Range], zh: str, en: str) -> Markup:
    """Ranges below each other on one axis of characters."""
    end = max([10, *(row.at[4] for row in rows)])
    shortest = min([1000, *(row.at[0] for row in rows)])
    start = max([0, *(tick for tick in TICKS if tick <= shortest)])
    room = WIDTH - LEFT - 24
    top = 6.0

    def x(value: float) -> float:
        return LEFT + room * math.log((1 + value) / (1 + start)) / math.log((1 + end) / (1 + start))

    bottom = top + len(rows) * ROW
    parts = []
    for tick in (tick for tick in TICKS if start <= tick <= end):
        parts += [
            svg.line(x(tick), top, x(tick), bottom),
            svg.text(x(tick), bottom + 15, svg.thousands(tick), text_anchor="middle", font_size=11, fill=svg.SOFT),
        ]
    for number, row in enumerate(rows):
        y = top + number * ROW + ROW / 2
        told = f"{row.zh}: 5% {row.at[0]}, 25% {row.at[1]}, 50% {row.at[2]}, 75% {row.at[3]}, 95% {row.at[4]}"
        parts += [
            svg.text(
                LEFT - 10,
                y + 4,
                svg.cut(row.zh, 9),
                svg.cut(row.en, 9),
                text_anchor="end",
                font_size=12.5,
                fill=svg.INK,
            ),
            svg.line(x(row.at[0]), y, x(row.at[4]), y, row.colour, stroke_width=2, opacity="0.55"),
            svg.rect(x(row.at[1]), y - 5, max(x(row.at[3]) - x(row.at[1]), 2), 10, row.colour, told, rx=3),
            svg.tag(
                "circle", cx=float(x(row.at[2])), cy=float(y), r=3.4, fill="#fff", stroke=row.colour, stroke_width=2
            ),
        ]
    return svg.picture(WIDTH, bottom + 22, zh, en, *parts)
