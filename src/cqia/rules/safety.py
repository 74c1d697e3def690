"""Rules of safety: sensitive words by category, and personal data."""

from __future__ import annotations

import polars as pl

from cqia.rules.rule import Rule
from cqia.text import pii

CATEGORIES = ("abuse", "drugs", "fraud", "gambling", "hate", "porn", "selfharm", "violence", "weapons")

# Texts shorter than this count as this long: in a short text one word says more, but one mild word not everything.
_SHORTEST = 200


def density(weight: pl.Expr) -> pl.Expr:
    """A weight per 1,000 characters of title, context and text."""
    length = pl.sum_horizontal(pl.col(column).str.len_chars() for column in ("title", "context", "text"))
    return weight * 1000 / pl.max_horizontal(length, _SHORTEST)


def words(category: str, at_most: float = 20) -> Rule:
    """At most this density of words of a list: one of ``CATEGORIES``, or the path of a list of one's own.

    20 lets one strong word pass in 250 characters and a severe one in 1,250: see ``lists`` for the weights. The
    reason is the name of the list.
    """
    name = category.replace("\\", "/").rpartition("/")[2].removesuffix(".yaml")
    return listed(name, category, f"words of the list '{name}'", at_most)


def listed(name: str, words: str, why: str, at_most: float) -> Rule:
    """The rule ``name``: at most this density of the words of the list ``words``."""
    value, found = density(pl.col(f"words:{words}")), pl.col(f"found:{words}")
    return Rule(name=name, why=why, value=value, at_most=at_most, missing="keep", detail=found)


def all_words() -> tuple[Rule, ...]:
    """A rule for each of our lists of sensitive words."""
    return tuple(words(category) for category in CATEGORIES)


def personal(at_most: int = 2, kinds: tuple[str, ...] = pii.KINDS) -> Rule:
    """At most this many pieces of personal data; ``assign`` masks those that stay.

    More than a few is a list of people, which masking leaves empty.
    """
    count = pl.sum_horizontal(pl.col(f"pii:{kind}") for kind in kinds)
    return Rule(
        name="personal", why="personal data", value=count, at_most=at_most, missing="keep", detail=pl.col("found:pii")
    )
