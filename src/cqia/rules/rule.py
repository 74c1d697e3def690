"""A rule: a named measurement with bounds. Rules drop; they never edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A measurement of a document, and the bounds outside which it drops.

    ``Rule(name="likes", why="too few likes", value=pl.col("likes"), at_least=51, missing="drop")`` keeps documents
    with *over* 50 likes (paper, appendix A.1) and drops those whose likes are unknown.

    Attributes:
        name: the reason a dropped document carries; also the key under which cqia.toml overrides the bounds.
        why: the reason in words.
        value: an expression over the columns of ``schema.DOCUMENT``, ``rank`` where the source ranks, and measured
            columns such as ``words:porn`` and ``pii:mobile`` (``rules.measure``). A yes/no
            rule has a Boolean value and no bounds, and fires on true.
        at_least: fires below this value. None: no lower bound.
        at_most: fires above this value. None: no upper bound.
        missing: what a null value means: "drop" fires the rule, "keep" does not.
        detail: an expression that shows what fired (the words, the places), as a string; null where there is nothing
            to show. It is evaluated only for the documents on which the rule fired.
    """

    name: str
    why: str
    value: pl.Expr
    at_least: float | None = None
    at_most: float | None = None
    missing: Literal["drop", "keep"]
    detail: pl.Expr | None = None

    @property
    def bounded(self) -> bool:
        """Whether the rule has bounds; a rule without is a yes/no rule."""
        return self.at_least is not None or self.at_most is not None


def matches(text: pl.Expr, pattern: str, mark: int) -> pl.Expr:
    """How often ``pattern`` matches in ``text``; null for null.

    ``mark`` is what every text bears in which it matches (``text.marks``): only those are read with the pattern.
    """
    perhaps = (pl.col("marks:reading") & mark) > 0
    return pl.when(perhaps).then(text).str.count_matches(pattern).fill_null(pl.when(text.is_not_null()).then(0))
