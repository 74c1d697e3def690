"""A verdict is scored, abstained or failed. The three are never mixed, and no score is invented.

scored      the judge gave a score from 1 to 10 in half points
abstained   the judge answered that it cannot say
failed      there is no answer, or one that cannot be read
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import polars as pl

Name = Literal["scored", "abstained", "failed"]

LOWEST, HIGHEST = 1.0, 10.0  # the paper's scale (appendix A.1), in half points as in its published file names

#: One verdict per record. ``score`` is null unless ``outcome`` is "scored"; ``by`` names judge and model;
#: ``detail`` is the judge's reason and flags, or why there is no score.
VERDICTS = pl.Schema({"id": pl.String, "outcome": pl.String, "score": pl.Float64, "by": pl.String, "detail": pl.String})


@dataclass(frozen=True)
class Verdict:
    """What a judge says of one record. Raises ``ValueError`` for a score off the scale or without ``scored``."""

    outcome: Name
    score: float | None
    detail: str

    def __post_init__(self) -> None:
        if (self.outcome == "scored") != (self.score is not None):
            raise ValueError(f"a verdict that {self.outcome} cannot have the score {self.score}")
        if self.score is not None and not on_scale(self.score):
            raise ValueError(f"a score is from {LOWEST:g} to {HIGHEST:g} in half points, not {self.score}")


class Judge(Protocol):
    """Gives one verdict for each record.

    ``name`` is recorded with every verdict; ``digest`` covers everything that shapes one: code version, rubric, model
    and settings. A call takes a ``schema.RECORD`` frame and returns ``VERDICTS``, one row per record, in its order.
    """

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str: ...

    def __call__(self, records: pl.DataFrame) -> pl.DataFrame: ...


def on_scale(score: float) -> bool:
    """Whether ``score`` is from 1 to 10 in half points; not so for NaN and infinity."""
    return LOWEST <= score <= HIGHEST and (score * 2).is_integer()


def frame(ids: Sequence[str], verdicts: Sequence[Verdict], by: str) -> pl.DataFrame:
    """``VERDICTS`` from single verdicts, in the order of ``ids``."""
    return pl.DataFrame(
        {
            "id": ids,
            "outcome": [verdict.outcome for verdict in verdicts],
            "score": [verdict.score for verdict in verdicts],
            "by": [by] * len(verdicts),
            "detail": [verdict.detail for verdict in verdicts],
        },
        schema=VERDICTS,
    )
