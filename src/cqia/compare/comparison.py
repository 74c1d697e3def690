"""A comparison from what a user names to a page on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cqia.compare import datasets, page
from cqia.compare.numbers import numbers
from cqia.errors import UsageError


@dataclass(frozen=True)
class Compared:
    """A comparison on disk: its page, and of each dataset its records and the rows that could not be read, by
    reason."""

    page: Path
    records: Mapping[str, int]
    unread: Mapping[str, Mapping[str, int]]


def compare(named: Sequence[str], folder: Path, *, benchmarks: Sequence[str] = (), map: bool = False) -> Compared:
    """Write the comparison of datasets into ``folder``.

    Args:
        named: a path each, or ``NAME=PATH``; one at least. benchmarks: ``NAME=PATTERN`` each.
        map: whether to make the map of instructions.

    Raises:
        UsageError: a dataset, a benchmark or ``folder`` is not what it should be.
    """
    for path in datasets.paths(named):
        if path.is_dir() and folder.resolve().is_relative_to(path.resolve()):
            # report.json would be read as data the next time.
            raise UsageError(f"{folder} lies in the dataset {path}.", "Name a folder outside: --out comparison")
    held = datasets.benchmarks(benchmarks)
    read = datasets.read(named)
    made = page.write(folder, numbers(read, held, map=map))
    return Compared(
        made,
        {each.name: each.table.height for each in read},
        {each.name: each.about.unread for each in read if each.about.unread},
    )
