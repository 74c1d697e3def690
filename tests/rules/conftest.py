"""``fired(rule, **columns)``: whether a rule fires on a document with these columns, and what it shows for it."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from cqia.rules.measure import fire, measure
from cqia.rules.rule import Rule
from cqia.schema import DOCUMENT

Fired = Callable[..., bool]


def document(**columns: Any) -> pl.DataFrame:
    """One document; what is not said is null."""
    more = {name: [value] for name, value in columns.items() if name not in DOCUMENT}
    row = {name: [columns.get(name)] for name in DOCUMENT}
    return pl.DataFrame(row, schema=DOCUMENT).with_columns(**{k: pl.Series(v) for k, v in more.items()})


def value(rule: Rule, **columns: Any) -> Any:
    """What a rule measures of one document."""
    return measure(document(**columns), [rule.value]).select(rule.value).item()


@pytest.fixture
def fired() -> Fired:
    def ask(rule: Rule, **columns: Any) -> bool:
        frame = measure(document(**columns), [rule.value]).select(rule.value.alias(rule.name))
        return bool(frame.select(fire(rule)).item())

    return ask


@pytest.fixture
def valued() -> Callable[..., Any]:
    return value


@pytest.fixture
def shown() -> Callable[..., Any]:
    def ask(rule: Rule, **columns: Any) -> Any:
        assert rule.detail is not None
        return measure(document(**columns), [rule.detail]).select(rule.detail).item()

    return ask
