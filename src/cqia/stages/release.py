"""What may be released: the last look at a record before it is written into a dataset.

Later checks (contamination, licences) join this stage; the files themselves are written by ``cqia.release.files``.
"""

from __future__ import annotations

import polars as pl

from cqia.engine.stage import Outcome
from cqia.rules.rule import Rule
from cqia.stages import filter as rules

RULES = (
    Rule(
        name="empty",
        why="instruction or output is empty",
        value=(pl.col("instruction").str.strip_chars() == "") | (pl.col("output").str.strip_chars() == ""),
        missing="drop",
    ),
)


def apply(frame: pl.DataFrame, decisions: pl.DataFrame) -> Outcome:
    """Drop records that no dataset should hold."""
    return rules.apply(frame, pl.DataFrame(), rules=RULES)
