"""Rules of worth: what readers thought of a text, and how old it is. Unknown is not zero: say what it means."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal

import polars as pl

from cqia.rules.rule import Rule

Missing = Literal["drop", "keep"]


def likes(at_least: int, missing: Missing = "drop") -> Rule:
    """At least this many likes or votes. The paper's Zhihu answers have *over* 50: ``likes(51)``."""
    return Rule(name="likes", why="too few likes", value=pl.col("likes"), at_least=at_least, missing=missing)


def comments(at_least: int, missing: Missing = "drop") -> Rule:
    """At least this many comments or replies."""
    return Rule(name="comments", why="too few comments", value=pl.col("comments"), at_least=at_least, missing=missing)


def accepted(missing: Missing = "drop") -> Rule:
    """The asker accepted the answer."""
    return Rule(name="accepted", why="not the accepted answer", value=~pl.col("accepted"), missing=missing)


def rating(at_least: float, missing: Missing = "drop") -> Rule:
    """At least this rating, on the scale of the source."""
    return Rule(name="rating", why="rated too low", value=pl.col("rating"), at_least=at_least, missing=missing)


def since(day: date, missing: Missing = "drop") -> Rule:
    """Written on this day (UTC) or later; the value is the year with its fraction of days, 2018.0 for 1 January."""
    created = pl.col("created")
    year = created.dt.year() + (created.dt.ordinal_day() - 1) / 366
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    first = start.year + (start.timetuple().tm_yday - 1) / 366
    return Rule(name="since", why="too old", value=year, at_least=first, missing=missing)


def rank(at_most: int) -> Rule:
    """Among the first of its source, most popular first; the source says what popular is (``Source.rank``)."""
    return Rule(name="rank", why="not among the most popular", value=pl.col("rank"), at_most=at_most, missing="drop")
