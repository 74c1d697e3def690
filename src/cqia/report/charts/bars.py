"""Bars: horizontal ones beside names, and columns over an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from cqia.report.charts import svg

ROW = 24
WIDE, NARROW = 760, 480  # of a picture by itself, of one in a pair


@dataclass(frozen=True)
class Bar:
    """A bar: its names in Chinese and English, its value, what stands beside it, and its colour."""

    zh: str
    en: str
    value: float
    shown: str
    colour: str = svg.SERIES[0]


def bars(rows: Sequence[Bar], zh: str, en: str, *, end: float | None = None, width: float = NARROW) -> Markup:
    """Horizontal bars.

    Args:
        zh, en: the text that stands for the picture.
        end: the value of a full bar; None takes the highest. width: of the picture; a quarter of it is for the names.
    """
    most = end or max((row.value for row in rows), default=1) or 1
    left = width / 4
    beside = max([150.0 if width == WIDE else 105.0, *(12 * svg.wide(row.shown) + 10 for row in rows)])
    room = width - left - min(beside, width / 2)
    parts = []
    for at, row in enumerate(rows):
        y = at * ROW
        long = room * min(row.value / most, 1)
        ems = (left - 12) / 13
        parts += [
            svg.text(
                left - 10,
                y + 16,
                svg.cut(row.zh, ems),
                svg.cut(row.en, ems),
                text_anchor="end",
                font_size=13,
                fill=svg.INK,
            ),
            svg.rect(left, y + 4, room, ROW - 9, svg.PALE, rx=2),
            svg.rect(
                left, y + 4, max(long, 1.5) if row.value else 0, ROW - 9, row.colour, f"{row.zh} {row.shown}", rx=2
            ),
            svg.text(left + room + 8, y + 16, row.shown, font_size=12, fill=svg.SOFT),
        ]
    return svg.picture(width, max(len(rows) * ROW, ROW), zh, en, *parts)


def columns(
    counts: Sequence[float],
    names: Sequence[str],
    zh: str,
    en: str,
    *,
    marks: Sequence[tuple[float, str]] = (),
    axis: Sequence[tuple[float, str]] = (),
    colour: str = svg.SERIES[0],
    width: float = 480,
    height: float = 238,
) -> Markup:
    """Columns of equal width over an axis.

    Args:
        names: of each column, told to a pointer.
        marks: places on the axis, in columns from the left, with what stands there: a quantile, a threshold.
        axis: places and labels of the ticks below.
    """
    left, top, bottom = 52.0, 42.0, 26.0
    room, tall = width - left - 24, height - top - bottom
    most = max([*counts, 1])
    step = room / max(len(counts), 1)
    parts = []
    for tick in svg.ticks(most, 4):
        y = top + tall * (1 - tick / most)
        parts += [
            svg.line(left, y, left + room, y),
            svg.text(left - 6, y + 4, svg.thousands(tick), text_anchor="end", font_size=11, fill=svg.SOFT),
        ]
    for at, (count, name) in enumerate(zip(counts, names, strict=True)):
        tall_ = tall * count / most
        parts.append(
            svg.rect(
                left + at * step + 0.5,
                top + tall - tall_,
                max(step - 1, 0.5),
                tall_,
                colour,
                f"{name}: {svg.thousands(count)}",
            )
        )
    for place, label in axis:
        parts.append(
            svg.text(left + place * step, height - 8, label, text_anchor="middle", font_size=11, fill=svg.SOFT)
        )
    ends = [-1e9, -1e9, -1e9]  # where the last label of each of three lines ends
    for place, label in sorted(marks):
        x = left + min(place, len(counts)) * step
        long = svg.wide(label) * 11
        middle = min(max(x, left + long / 2), width - long / 2)  # clear of the numbers on the left
        row = next((row for row, end in enumerate(ends) if end < middle - long / 2), 2)
        ends[row] = middle + long / 2 + 6
        y = 11.0 + 12 * row
        parts += [
            svg.line(x, y + 3, x, top + tall, svg.INK, stroke_dasharray="3 3", opacity="0.65"),
            svg.text(middle, y, label, text_anchor="middle", font_size=11, fill=svg.INK),
        ]
    parts.append(svg.line(left, top + tall, left + room, top + tall, svg.SOFT))
    return svg.picture(width, height, zh, en, *parts)
