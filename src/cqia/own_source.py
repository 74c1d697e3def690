"""A source of one's own, from its Python file; what it says is tried on no documents before anything is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from cqia import own_rules
from cqia.engine.code import load_module
from cqia.errors import ProjectError, UsageError
from cqia.judge import rubric
from cqia.schema import DOCUMENT
from cqia.sources.source import Source
from cqia.tasks import wordings


def own_source(name: str, path: Path) -> Source:
    """The source called ``name`` in a user's Python file.

    Raises:
        ProjectError: the file cannot be imported or holds no such source, or something in it cannot be.
    """
    try:
        module = load_module(path)
    except (Exception, SystemExit) as error:  # a user's file may raise anything
        raise ProjectError(f"Source {name}: {path} cannot be imported: {type(error).__name__}: {error}.") from error
    found = [value for value in vars(module).values() if isinstance(value, Source) and value.name == name]
    if not found:
        raise ProjectError(f"Source {name}: {path} defines no Source with name={name!r}.")
    _check(found[0], path)
    return found[0]


def _check(source: Source, path: Path) -> None:
    for rule in source.rules:
        own_rules.check(source, rule, path)
    place = f"Source {source.name}: {path}"
    for what, value in _lists(source):
        if isinstance(value, str):
            raise ProjectError(f"{place}: {what} is one text, and should be a list.", f"Write: ({value!r},)")
    try:
        for task in source.tasks:
            wordings.check(task.name, task.wordings, task.fields)
        if "judge" in source.stages:
            rubric.load(source.rubric)
    except ValueError as error:
        raise ProjectError(f"{place}: {error}.") from error
    except UsageError as error:
        raise ProjectError(f"{place}: {error.message}.", error.hint) from error
    none = pl.DataFrame(schema=DOCUMENT)
    for what, expression in _expressions(source):
        own_rules.check_expression(f"{place}: {what}", expression)
        try:
            none.select(expression)
        except pl.exceptions.ColumnNotFoundError as error:
            hint = f"A document has {', '.join(DOCUMENT)}."
            raise ProjectError(f"{place}: {what}: {str(error).partition(';')[0].strip()}.", hint) from error
        except pl.exceptions.PolarsError as error:
            raise ProjectError(f"{place}: {what}: {' '.join(str(error).split())}.") from error


def _lists(source: Source) -> Iterator[tuple[str, object]]:
    """Where a source lists texts, and one alone would be taken for a list of its characters."""
    yield from ((name, getattr(source, name)) for name in ("whole", "headless", "mask"))
    for task in source.tasks:
        for name in ("wordings", "major", "minor", "domain"):
            yield f"task {task.name!r}, {name}", getattr(task, name)


def _expressions(source: Source) -> Iterator[tuple[str, pl.Expr]]:
    """What a source computes of its documents, rules apart, each with the place where it says so."""
    if source.rank is not None:
        yield "rank", source.rank
    if source.quota is not None:
        yield "quota, by", source.quota.by
    for task in source.tasks:
        said = {**{f"fields, {name}": value for name, value in task.fields.items()}, **vars(task)}
        yield from (
            (f"task {task.name!r}, {each}", value) for each, value in said.items() if isinstance(value, pl.Expr)
        )
