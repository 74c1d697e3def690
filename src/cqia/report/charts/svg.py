"""SVG elements, colours, numbers and ticks that all pictures share."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence

from markupsafe import Markup

#: Colours that people who cannot tell red from green tell apart (after Okabe and Ito), deep enough for white paper.
SERIES = ("#2f6c9e", "#d1673f", "#3b8f6e", "#8463a9", "#c9922b", "#5f7484", "#a8425b", "#3c9aa8", "#7d8b2f", "#9b6a4a",
          "#4f4f9b", "#b46fa5", "#1d4d3c", "#e09aa0", "#6fa8dc", "#8c2d19", "#b5a642", "#56406b", "#86c5a4", "#3d3d3d",
          )  # fmt: skip
KIND = {"Forum": "#2f6c9e", "Social Media": "#d1673f", "World Knowledge": "#3b8f6e", "Exam": "#8463a9",
        "NLP Dataset": "#c9922b", "Yours": "#5f7484"}  # fmt: skip
INK, SOFT, LINE, PALE = "#1f2933", "#5d6a77", "#d9dee4", "#eef1f4"
KEPT, DROPPED, QUARANTINED, PENDING = "#3b8f6e", "#c2603f", "#6f5a96", "#bd8f22"


def tag(name: str, *inside: str | Markup, **attributes: object) -> Markup:
    """An element; ``_`` in an attribute's name stands for ``-``, one at its end for nothing."""
    given = [
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), number(value))
        for key, value in attributes.items()
        if value is not None
    ]
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), join(given), join(inside))  # noqa: S704 - our own names


def join(parts: Iterable[str | Markup]) -> Markup:
    """Parts one after the other; what is no markup is escaped."""
    return Markup("").join(parts)


def picture(width: float, height: float, zh: str, en: str, *inside: Markup) -> Markup:
    """A whole picture with the text that stands for it."""
    box = f"0 0 {number(float(width))} {number(float(height))}"
    return tag("svg", *inside, xmlns="http://www.w3.org/2000/svg", viewBox=box, role="img", class_="chart",
               width=float(width), height=float(height), aria_label=f"{zh} / {en}")  # fmt: skip


def text(x: float, y: float, zh: str, en: str | None = None, **attributes: object) -> Markup:
    """Text that stands at a place; with ``en`` in two languages, of which the page shows one."""
    if en is None or en == zh:
        return tag("text", zh, x=float(x), y=float(y), **attributes)
    return tag("text", zh, x=float(x), y=float(y), class_="zh", lang="zh", **attributes) + tag(
        "text", en, x=float(x), y=float(y), class_="en", lang="en", **attributes
    )


def rect(x: float, y: float, width: float, height: float, fill: str, title: str = "", **attributes: object) -> Markup:
    """A rectangle, with what a pointer on it is told."""
    inside = [tag("title", title)] if title else []
    return tag("rect", *inside, x=float(x), y=float(y), width=float(max(width, 0)), height=float(max(height, 0)),
               fill=fill, **attributes)  # fmt: skip


def line(x1: float, y1: float, x2: float, y2: float, stroke: str = LINE, **attributes: object) -> Markup:
    """A line."""
    return tag("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), stroke=stroke, **attributes)


def legend(x: float, y: float, entries: Sequence[tuple[str, str, str]], gap: float = 18) -> Markup:
    """A row of colours with names: (colour, Chinese, English)."""
    parts, at = [], x
    for colour, zh, en in entries:
        parts += [rect(at, y - 9, 10, 10, colour, rx=2), text(at + 15, y, zh, en, font_size=12, fill=SOFT)]
        at += 15 + max(wide(zh), wide(en)) * 12 + gap
    return join(parts)


def number(value: object) -> str:
    """A coordinate with two places at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def thousands(value: float) -> str:
    """12,345; a fraction keeps two places."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def percent(value: float | None) -> str:
    """A share as people read it, with two places where it is small; one that was not measured is a dash."""
    if value is None:
        return "–"
    return f"{100 * value:.{2 if 0 < value < 0.01 else 1}f}%"


def wide(shown: str) -> float:
    """About how wide a text is, in ems."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.56 for c in shown)


def cut(shown: str, ems: float) -> str:
    """A text that is about so wide at most. A file's name (zh-data-part-01) loses its middle, for such names are told
    apart by their ends."""
    if wide(shown) <= ems:
        return shown
    if shown.isascii() and " " not in shown and set("-.0123456789") & set(shown):
        half = max(1, int((ems - 1) / 0.56 / 2))
        return f"{shown[:half]}…{shown[-half:]}"
    while shown and wide(shown) > ems - 1:
        shown = shown[:-1]
    return shown + "…"


def ticks(end: float, count: int = 5) -> list[float]:
    """Round numbers from 0 to at most ``end``, about ``count`` of them."""
    if end <= 0:
        return [0]
    rough = end / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    step = max(step, 1) if end >= 1 else step
    return [n * step for n in range(int(end / step + 1e-9) + 1)]
