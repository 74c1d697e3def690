"""The map: every point a stroke of one path for each series, so that fifty thousand of them stay small and sharp."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from cqia.report.charts import svg

SIDE = 1000
EDGE = 12


def scatter(series: Sequence[Mapping[str, Any]], zh: str, en: str) -> Markup:
    """The picture; the largest series is drawn first, so that it hides none.

    Args:
        series: ``name``, ``x`` and ``y``, whole numbers from 0 to ``SIDE``.
    """
    points = sum(len(each["x"]) for each in series)
    wide = "3" if points > 20_000 else "4.5" if points > 4000 else "7"
    order = sorted(range(len(series)), key=lambda at: -len(series[at]["x"]))
    paths = [
        svg.tag("path", d=dots(series[at]["x"], series[at]["y"]), fill="none", stroke=colour(at), stroke_width=wide,
                stroke_linecap="round", stroke_opacity="0.6", class_="dots", data_series=at)
        for at in order
    ]  # fmt: skip
    whole = SIDE + 2 * EDGE
    frame = svg.rect(0.5, 0.5, whole - 1, whole - 1, "#fff", stroke=svg.LINE, rx=6)
    inside = svg.tag("g", *paths, transform=f"translate({EDGE} {EDGE})")
    return svg.picture(whole, whole, zh, en, frame, inside)


def dots(xs: Sequence[int], ys: Sequence[int]) -> str:
    """Points as strokes of no length; the map's script reads them from here."""
    return "".join(f"M{x} {y}h0" for x, y in zip(xs, ys, strict=True))


def colour(at: int) -> str:
    """The colour of a series."""
    return svg.SERIES[at % len(svg.SERIES)]
