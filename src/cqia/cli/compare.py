"""cqia compare: datasets beside each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cqia.cli.app import app


@app.command()
def compare(
    datasets: Annotated[
        list[str], typer.Argument(metavar="DATASET…", help="Releases' folders or files of examples: PATH or NAME=PATH.")
    ],
    out: Annotated[Path, typer.Option("--out", help="The folder for index.html and report.json.")],
    benchmarks: Annotated[
        list[str] | None,
        typer.Option("--benchmarks", help="NAME=PATTERN of a benchmark's files, to look for in all; repeatable."),
    ] = None,
    map: Annotated[bool, typer.Option("--map", help="One map of all instructions too; takes a minute or two.")] = False,
) -> None:
    """Any number of datasets in one report: one HTML page, and its numbers as JSON."""
    from cqia.cli.show import warn
    from cqia.compare.comparison import compare as make

    made = make(datasets, out, benchmarks=benchmarks or (), map=map)
    for name, unread in made.unread.items():
        rows = ", ".join(f"{number:,} {reason}" for reason, number in unread.items())
        warn(f"{name}: rows that could not be read: {rows}.")
    for name, records in made.records.items():
        if not records:
            warn(f"{name} holds no record.")
    print(made.page.absolute())
