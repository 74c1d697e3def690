"""The datasets of a comparison and the benchmarks they are held against, from what a user names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cqia.errors import UsageError
from cqia.project import raw_files
from cqia.report.numbers import About
from cqia.report_of import dataset, located
from cqia.similar.overlap_items import Benchmark, benchmark


@dataclass(frozen=True)
class Dataset:
    """One dataset: what it is called here, its records as ``report.table.TABLE``, and what else is known of it."""

    name: str
    table: pl.DataFrame
    about: About


def read(named: Sequence[str]) -> list[Dataset]:
    """The datasets that a user names, in that order.

    Args:
        named: a path each, or ``NAME=PATH``. Without a name a dataset is called by its manifest, else by its file or
            folder.

    Raises:
        UsageError: there is no such dataset, no row of it has a known shape, or two are called the same.
    """
    found: dict[str, Dataset] = {}
    for each in named:
        name, path = _named(each)
        table, about = dataset(located(path, None), None)
        name = name or " ".join(part for part in (about.name, about.version) if part)
        if name in found:
            raise UsageError(f"Two datasets are called {name!r}.", f"Give one of them a name: NAME={path}")
        found[name] = Dataset(name, table.with_columns(dataset=pl.lit(name)), about)
    return list(found.values())


def paths(named: Sequence[str]) -> list[Path]:
    """Where the datasets lie."""
    return [Path(_named(each)[1]) for each in named]


def benchmarks(named: Sequence[str]) -> tuple[Benchmark, ...]:
    """Benchmarks of ``NAME=PATTERN``; patterns of one name are one benchmark.

    Raises:
        UsageError: one is not so written. RawError: no file matches a pattern, or a file cannot be read.
    """
    patterns: dict[str, list[str]] = {}
    for each in named:
        name, sign, pattern = each.partition("=")
        if not (name and sign and pattern):
            raise UsageError(f"{each!r} names no benchmark.", "Write NAME=PATTERN: --benchmarks 'ceval=ceval/*/*.csv'")
        patterns.setdefault(name, []).append(pattern)
    return tuple(
        benchmark(name, raw_files(name, globs, Path.cwd(), what="Benchmark")) for name, globs in patterns.items()
    )


def _named(each: str) -> tuple[str, str]:
    """The name, "" for none, and the path. A path that exists is one, whatever signs are in it."""
    name, sign, path = each.partition("=")
    return (name, path) if sign and name and path and not Path(each).exists() else ("", each)
