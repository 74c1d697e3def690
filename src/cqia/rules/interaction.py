"""Rules of interaction: text that talks to somebody on the site rather than to a reader."""

from __future__ import annotations

import polars as pl

from cqia.rules.rule import Rule, matches
from cqia.text import marks

# "@小王 你看" but no mail address, no decorator of code (@Override, @app.get) and no @ of a version (vue@3).
_MENTION = r"(?:^|[^0-9A-Za-z._@/＠])[@＠][ \t]?(?:\p{Han}[\p{Han}\w-]{0,29}|[0-9A-Za-z_-]{1,29}[ \t]*\p{Han})"


def mentions(at_most: int = 0) -> Rule:
    """No more than this many @mentions of people (paper, appendix A: Xiaohongshu posts with "@user" are dropped)."""
    text = pl.col("text")
    found = text.str.extract_all(_MENTION).list.head(10).list.eval(pl.element().str.strip_chars())
    return Rule(
        name="mentions",
        why="mentions other users",
        value=matches(text, _MENTION, marks.AT),
        at_most=at_most,
        missing="drop",
        detail=found.list.join(" "),
    )
