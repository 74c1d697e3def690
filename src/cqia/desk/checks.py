"""The source's rules, run again on what a reviewer has typed.

The rules were written for documents. Of a text that was typed there is no number of likes and no author, so only rules
that look at nothing but words are asked: the instruction stands for the title, the input for the context.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from cqia.rules.measure import READING, fire, measure
from cqia.rules.rule import Rule
from cqia.schema import DOCUMENT, frame
from cqia.sources.source import Source

MEASURED = ("words:", "found:", "pii:", "repeated:")


@dataclass(frozen=True)
class Fires:
    """A rule that fires on a text: its name, what it is about, its value, and what it saw.

    ``before``: whether it fired on the text before it was edited, too.
    """

    rule: str
    why: str
    value: float | None
    detail: str | None
    before: bool


def of_words(source: Source) -> tuple[Rule, ...]:
    """The rules of a source that look at words alone, in its order."""
    return tuple(rule for rule in source.rules if all(_of_words(name) for name in _roots(rule)))


def checked(source: Source, before: Sequence[str], after: Sequence[str]) -> list[Fires]:
    """The rules that fire on a record's texts as typed.

    Args:
        before, after: instruction, input and output.
    """
    rules = of_words(source)
    if not rules:
        return []
    rows = [dict(zip(READING, (texts[0], texts[1] or None, texts[2]), strict=True)) for texts in (before, after)]
    texts = measure(frame(rows, DOCUMENT), [rule.value for rule in rules])
    values = texts.select(rule.value.alias(rule.name) for rule in rules)
    fired = values.select(fire(rule).alias(rule.name) for rule in rules)
    was, now = fired.rows(named=True)
    return [_told(rule, texts[1:], values, was[rule.name]) for rule in rules if now[rule.name]]


def _told(rule: Rule, text: pl.DataFrame, values: pl.DataFrame, before: bool) -> Fires:
    value = values[rule.name][1]
    detail = None
    if rule.detail is not None:
        detail = measure(text, [rule.detail]).select(rule.detail.cast(pl.String)).item()
    return Fires(rule.name, rule.why, None if value is None else float(value), detail, before)


def _roots(rule: Rule) -> list[str]:
    expressions = [rule.value] if rule.detail is None else [rule.value, rule.detail]
    return [name for expression in expressions for name in expression.meta.root_names()]


def _of_words(name: str) -> bool:
    return name in READING or name.startswith(MEASURED)
