"""How rules and what they measure are shown on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from cqia.analyse import Example, Measured
from cqia.engine.manifest import Counts

BAR = 40


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    """A plain table; the columns named in ``right`` hold numbers."""
    made = Table(box=None, header_style="bold", pad_edge=False)
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return made


def show(made: Table) -> None:
    """Print a table, wide enough for a file where there is no terminal."""
    Console(width=None if sys.stdout.isatty() else 150, highlight=False).print(made)


def show_counts(stage: str, counts: Counts, out: Path) -> None:
    """What became of the documents."""
    bad = sum(counts.quarantined.values())
    columns = ("dropped", *(("quarantined",) if bad else ()), "fired")
    made = table("reason", *columns, right=columns)
    for reason in sorted(counts.fired, key=lambda name: -counts.fired[name]):
        numbers = {"dropped": counts.dropped, "quarantined": counts.quarantined, "fired": counts.fired}
        made.add_row(reason, *(str(numbers[column].get(reason, 0)) for column in columns))
    print(f"{stage}: {counts.inputs} in, {counts.kept} kept, {sum(counts.dropped.values())} dropped, {bad} quarantined")
    if counts.fired:
        show(made)
    if bad:
        print(f"What was wrong with those in quarantine, and where they stand: {out / 'quarantined'}")
    print(out)


def show_profile(seconds: Sequence[tuple[str, float]]) -> None:
    """The share of the time that each rule takes."""
    total = sum(each for _, each in seconds) or 1.0
    made = table("rule", "seconds", "share", right=("seconds", "share"))
    for name, each in seconds:
        made.add_row(name, f"{each:.2f}", f"{100 * each / total:.0f} %")
    show(made)


def show_rules(rows: Sequence[dict[str, Any]]) -> None:
    """A line for each rule."""
    made = table("source", "rule", "at least", "at most", "missing", "why", right=("at least", "at most"))
    last = None
    for row in rows:
        bounds = ["" if row[bound] is None else f"{row[bound]:g}" for bound in ("at_least", "at_most")]
        made.add_row(row["source"] if row["source"] != last else "", row["rule"], *bounds, row["missing"], row["why"])
        last = row["source"]
    show(made)


def show_audit(found: pl.DataFrame) -> None:
    """Precision, recall and over-blocking in percent, each with its interval."""
    rates = ("precision", "recall", "over_blocking")
    made = table("rule", "fired", "right", *rates, right=("fired", "right", *rates))
    for row in found.iter_rows(named=True):
        made.add_row(row["rule"], str(row["fired"]), str(row["right"]), *(_rate(row, rate) for rate in rates))
    first = found.row(0, named=True)
    print(f"{first['texts']} texts, {first['positive']} of them labelled as what the rules look for; rates in percent")
    show(made)


def _rate(row: dict[str, Any], rate: str) -> str:
    share, low, high = (row[f"{rate}{end}"] for end in ("", "_low", "_high"))
    return "" if share is None else f"{100 * share:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def show_measured(source: str, rows: Sequence[Measured]) -> None:
    """Each rule with its histogram, other bounds, and examples at the bound."""
    print(f"\n{source}")
    for row in rows:
        bounds = [f"at least {row.at_least:g}"] if row.at_least is not None else []
        bounds += [f"at most {row.at_most:g}"] if row.at_most is not None else []
        print(f"\n  {row.rule} ({row.why}): {' and '.join(bounds) or 'yes or no'}; fires on {row.fires}, alone on "
              f"{row.alone}; {row.missing} without a value")  # fmt: skip
        most = max((count for *_, count in row.histogram), default=0)
        if bounds:
            for filled, bins in groupby(row.histogram, key=lambda each: each[2] > 0):
                for low, high, count in bins if filled else _joined(list(bins)):
                    print(_bar(f"{low:>10.4g} – {high:<10.4g}", count, most))
        else:
            for word, (_, _, count) in zip(("no", "yes"), row.histogram, strict=True):
                print(_bar(f"{word:<23}", count, most))
        for bound, side, through, kept in row.tried:
            print(f"    {side} {bound:<10.4g} lets through {through:>8}, with the other rules {kept:>8}")
        for title, examples in (("just inside", row.inside), ("just outside" if bounds else "yes", row.outside)):
            _examples(title, examples)


def _bar(label: str, count: int, most: int) -> str:
    return f"    {label} {count:>8}  {'█' * round(BAR * count / most) if most else ''}".rstrip()


def _joined(empty: Sequence[tuple[float, float, int]]) -> list[tuple[float, float, int]]:
    """Bins on end without a document, as one."""
    return [(empty[0][0], empty[-1][1], 0)]


def _examples(title: str, examples: Sequence[Example]) -> None:
    if examples:
        print(f"    {title}:")
    for each in examples:
        print(f"      {each.value:<9.4g} {each.id}  {each.text}")
