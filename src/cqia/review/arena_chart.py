"""Standings as pictures: stacked bars of wins, ties and losses (the paper's Figure 2), and strengths with intervals.

SVG as text, with nothing in it that runs, loads or needs a style sheet: it may stand in a page with a strict content
security policy, or in a file of its own.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from xml.sax.saxutils import escape

from cqia.review.standings import Pair
from cqia.stats.intervals import Estimate

WIDTH, ROW, BAR, SIZE = 760, 36, 22, 14  # pixels; SIZE is of the letters
MAX_NAME = 24  # letters of a system's name, a Chinese one counting double
WIN, TIE, LOSS, INK, FAINT = "#2f6db3", "#c9ced6", "#e08a2e", "#1f2933", "#7b8794"  # told apart by the colour-blind too
ROOM = 0.065  # of the whole: a narrower piece has no room for its number


def bars(pairs: Sequence[Pair]) -> str:
    """One bar for each other system: the shares of wins, ties and losses of ``pairs[0].system`` against it."""
    left = 20 + max((_width(_short(pair.other)) for pair in pairs), default=0)
    room = WIDTH - left - 70
    drawn = []
    for at, pair in enumerate(pairs):
        top = 56 + at * ROW
        drawn.append(_text(left - 10, top + BAR / 2 + 5, _short(pair.other), "end"))
        x = float(left)
        for share, fill, ink in zip(pair.shares, (WIN, TIE, LOSS), ("#ffffff", INK, INK), strict=True):
            width = 0.0 if math.isnan(share.value) else share.value * room
            drawn.append(f'<rect x="{x:.1f}" y="{top}" width="{width:.1f}" height="{BAR}" fill="{fill}"/>')
            if share.value >= ROOM:
                drawn.append(_text(x + width / 2, top + BAR / 2 + 5, f"{share.value:.1%}", "middle", ink, 12))
            x += width
        drawn.append(_text(left + room + 8, top + BAR / 2 + 5, f"n={pair.battles}", "start", FAINT, 12))
    name = pairs[0].system if pairs else ""
    x = left
    for label, fill in ((f"{_short(name)} 胜 win", WIN), ("平 tie", TIE), ("负 loss", LOSS)):
        drawn.append(f'<rect x="{x}" y="20" width="14" height="14" fill="{fill}"/>')
        drawn.append(_text(x + 20, 32, label, "start"))
        x += 20 + _width(label) + 28
    told = "; ".join(
        f"{pair.other}: {pair.won} 胜 win, {pair.tied} 平 tie, {pair.lost} 负 loss" for pair in pairs
    )  # what a screen reader says
    return _svg(56 + len(pairs) * ROW + 8, f"{name} 对比结果 win, tie, loss", told, drawn)


def dots(strengths: Sequence[tuple[str, Estimate]]) -> str:
    """A dot with its interval for each system's log-strength, the strongest on top."""
    left = 20 + max((_width(_short(name)) for name, _ in strengths), default=0)
    room = WIDTH - left - 80
    ends = [end for _, each in strengths for end in (each.value, each.low, each.high) if math.isfinite(end)]
    low, high = min([*ends, 0.0]), max([*ends, 0.0])
    span = (high - low) or 1.0

    def x(value: float) -> float:
        return left + (value - low) / span * room

    drawn = [f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="30" y2="{34 + len(strengths) * ROW}" stroke="{TIE}"/>']
    drawn.append(_text(x(0), 22, "0", "middle", FAINT, 12))
    for at, (name, each) in enumerate(strengths):
        middle = 52 + at * ROW
        drawn.append(_text(left - 10, middle + 5, _short(name), "end"))
        if math.isfinite(each.low):
            ends_of = f'x1="{x(each.low):.1f}" x2="{x(each.high):.1f}" y1="{middle}" y2="{middle}"'
            drawn.append(f'<line {ends_of} stroke="{WIN}" stroke-width="3" stroke-linecap="round"/>')
        drawn.append(f'<circle cx="{x(each.value):.1f}" cy="{middle}" r="6" fill="{WIN}"/>')
        drawn.append(_text(WIDTH - 8, middle + 5, f"{each.value:+.2f}", "end", FAINT, 12))
    told = "; ".join(
        f"{name}: {each.value:+.2f}" + (f" ({each.low:+.2f} – {each.high:+.2f})" if math.isfinite(each.low) else "")
        for name, each in strengths
    )
    return _svg(44 + len(strengths) * ROW, "Bradley-Terry 强度 strengths", told, drawn)


def _svg(height: float, title: str, told: str, drawn: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" font-size="{SIZE}" '
        f"font-family=\"'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif\">"
        f"<title>{_safe(title)}</title><desc>{_safe(told)}</desc>"
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>{"".join(drawn)}</svg>\n'
    )


def _text(x: float, y: float, text: str, anchor: str, fill: str = INK, size: int = SIZE) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}" font-size="{size}">{_safe(text)}</text>'


def _short(name: str) -> str:
    kept, used = "", 0
    for letter in name:
        used += 1 + _wide(letter)
        if used > MAX_NAME:
            return f"{kept}…"
        kept += letter
    return kept


def _width(text: str) -> int:
    """About how many pixels a text takes."""
    return math.ceil(sum(SIZE * (1.0 if _wide(letter) else 0.6) for letter in text))


def _wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def _safe(text: str) -> str:
    """Escaped, and without the control characters that no XML may hold; nor those that turn the writing about."""
    return escape("".join(letter for letter in text if unicodedata.category(letter)[0] != "C"))
