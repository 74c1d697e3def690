"""Rules that a project adds to a source: those of a Python file, and one for each word list of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from cqia.engine.code import load_module
from cqia.errors import ProjectError, UsageError
from cqia.rules import lists, safety
from cqia.rules.measure import measure
from cqia.rules.rule import Rule
from cqia.schema import DOCUMENT
from cqia.sources.source import Source

#: How an expression prints that calls a function of Python's; and a text in it, which says nothing of that.
_IN_PYTHON = re.compile(r"\.(?:python_udf|fold|reduce|cum_fold|cum_reduce|rolling_map)\(")
_QUOTED = re.compile(r'"[^"]*"')

_ONE = 'One is a line: TOPIC = Rule(name="topic", why="off topic", value=…, missing="keep"), with cqia.rules.rule.Rule.'


def with_own_rules(source: Source, file: Path | None, words: Sequence[Path]) -> tuple[Rule, ...]:
    """The rules of ``source``, then those of ``file`` in the order in which they stand there, then one for each list.

    Raises:
        ProjectError: a file cannot be read, holds none, or holds one that cannot be a rule of this source.
    """
    rules = [*source.rules]
    for path, rule in (*(_written(source, file) if file else ()), *((path, _listed(source, path)) for path in words)):
        if any(rule.name == known.name for known in rules):
            raise ProjectError(f"Source {source.name}: {path}: there is a rule {rule.name!r} already.", "Rename it.")
        rules.append(rule)
    return tuple(rules)


def _written(source: Source, path: Path) -> Iterator[tuple[Path, Rule]]:
    """The rules that stand in a Python file."""
    if not path.is_file():
        raise ProjectError(f"Source {source.name}: there is no file {path}.")
    try:
        module = load_module(path)
    except (Exception, SystemExit) as error:  # a user's file may raise anything
        said = f"{type(error).__name__}: {error}"
        raise ProjectError(f"Source {source.name}: {path} cannot be imported: {said}.") from error
    found = list({id(value): value for value in vars(module).values() if isinstance(value, Rule)}.values())
    if not found:
        raise ProjectError(f"Source {source.name}: {path} holds no rule.", _ONE)
    for rule in found:
        check(source, rule, path)
        yield path, rule


def _listed(source: Source, path: Path) -> Rule:
    """The rule on a word list: its name is the file's, its bound that of our lists."""
    if path.suffix not in (".yaml", ".yml"):
        raise ProjectError(f"Source {source.name}: {path} is no word list.", "It is a YAML file, NAME.yaml.")
    try:
        lists.check(str(path))
    except UsageError as error:
        raise ProjectError(f"Source {source.name}: {error.message}", error.hint) from error
    return safety.words(str(path))


def check_expression(place: str, value: object) -> None:
    """See that what stands at ``place`` is an expression of Polars, and its own from end to end."""
    if not isinstance(value, pl.Expr):
        raise ProjectError(f"{place}: {value!r} is no expression of Polars.", 'Write pl.col("likes"), say.')
    if _IN_PYTHON.search(_QUOTED.sub("", str(value))):
        hint = "Nobody could tell whether it had changed. Say it with Polars' own expressions."
        raise ProjectError(f"{place} calls a Python function: {value}.", hint)


def check(source: Source, rule: Rule, path: Path) -> None:
    """Try a rule on no documents: what it names must exist, and what it gives must be a number or yes and no."""
    schema = {**DOCUMENT, **({} if source.rank is None else {"rank": pl.Int64()})}
    wanted = [rule.value] if rule.detail is None else [rule.value, rule.detail]
    place = f"Source {source.name}: {path}: rule {rule.name!r}"
    for each in wanted:
        check_expression(place, each)
    try:
        none = measure(pl.DataFrame(schema=pl.Schema(schema)), wanted)
        kind = none.select(rule.value).to_series().dtype
        none.select(wanted[1:])
    except UsageError as error:
        raise ProjectError(f"{place}: {error.message}", error.hint) from error
    except pl.exceptions.ColumnNotFoundError as error:
        hint = f"A document has {', '.join(schema)}."
        raise ProjectError(f"{place}: {str(error).partition(';')[0].strip()}.", hint) from error
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        raise ProjectError(f"{place}: {' '.join(str(error).split())}.") from error
    if not (kind.is_numeric() if rule.bounded else kind == pl.Boolean):
        needed = "a number, which its bounds are for" if rule.bounded else "yes or no (Boolean), since it has no bounds"
        raise ProjectError(f"{place}: its value should be {needed}; it is {kind}.")
