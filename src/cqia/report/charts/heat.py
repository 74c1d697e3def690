"""A square of shares, dark where they are high: neighbours across sources, rules that fire together."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from cqia.report.charts import svg

CELL = 38
LEFT = 130
SLANT = 92  # room above for slanted names


def heat(
    names: Sequence[tuple[str, str]],
    shares: Sequence[Sequence[float]],
    shown: Sequence[Sequence[str]],
    zh: str,
    en: str,
    colour: str = svg.SERIES[0],
) -> Markup:
    """The square.

    Args:
        names: of rows and columns, in Chinese and English. shares: from 0 to 1, a row each.
        shown: what stands in a cell.
    """
    parts = []
    for at, (zh_name, en_name) in enumerate(names):
        x, y = LEFT + at * CELL + CELL / 2, SLANT - 8
        parts += [
            svg.text(
                LEFT - 8,
                SLANT + at * CELL + CELL / 2 + 4,
                svg.cut(zh_name, 9.5),
                svg.cut(en_name, 9.5),
                text_anchor="end",
                font_size=12,
                fill=svg.INK,
            ),
            svg.text(
                x,
                y,
                svg.cut(zh_name, 9.5),
                svg.cut(en_name, 9.5),
                text_anchor="start",
                font_size=12,
                fill=svg.INK,
                transform=f"rotate(-40 {svg.number(x)} {svg.number(float(y))})",
            ),
        ]
    for row, (values, told) in enumerate(zip(shares, shown, strict=True)):
        for column, (value, label) in enumerate(zip(values, told, strict=True)):
            x, y = LEFT + column * CELL, SLANT + row * CELL
            # Never below 0.06, so that a cell of little is seen; white letters where the ground is dark.
            parts.append(svg.rect(x, y, CELL - 2, CELL - 2, svg.PALE, rx=3))
            if value > 0:
                strength = svg.number(0.06 + 0.94 * min(value, 1))
                parts.append(
                    svg.rect(
                        x,
                        y,
                        CELL - 2,
                        CELL - 2,
                        colour,
                        f"{names[row][0]} → {names[column][0]}: {label}",
                        rx=3,
                        fill_opacity=strength,
                    )
                )
            if label:
                parts.append(
                    svg.text(
                        x + CELL / 2 - 1,
                        y + CELL / 2 + 3,
                        label,
                        text_anchor="middle",
                        font_size=10.5,
                        fill="#fff" if value > 0.5 else svg.INK,
                    )
                )
    side = len(names) * CELL
    return svg.picture(LEFT + side + 78, SLANT + side, zh, en, *parts)
