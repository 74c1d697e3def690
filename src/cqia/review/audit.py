"""The audit of the paper's Table 10: a sample of the dataset, four yes/no questions to each record, accept rates.

The paper drew 100 records from all sources and published the shares alone; here they carry Wilson's intervals, since of
100 records 98 % may as well be 93 % or 99.4 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cqia.errors import UsageError
from cqia.schema import digest
from cqia.stats.intervals import Estimate, wilson

#: A record drawn; ``nth``: in which place, from 1.
DRAWN = pl.Schema({"nth": pl.Int64, "id": pl.String, "source": pl.String, "instruction": pl.String,
                   "input": pl.String, "output": pl.String, "text_digest": pl.String})  # fmt: skip
#: One row an answer, the later ones below.
ANSWERS = pl.Schema({"id": pl.String, "source": pl.String, "question": pl.String, "yes": pl.Boolean,
                     "reviewer": pl.String})  # fmt: skip


@dataclass(frozen=True)
class Question:
    """One of the four. ``paper``: the accept rate that the paper gives, a share."""

    name: str
    chinese: str
    english: str
    paper: float


QUESTIONS = (
    Question("correct", "回答正确吗，可以接受吗？", "Is the output correct and an acceptable answer?", 0.98),
    Question(
        "instruction",
        "回答符合指令的要求吗，是否全面而恰当地回应了问题？",
        "Does the output meet the instructional requirements and provide a comprehensive and appropriate response?",
        0.96,
    ),
    Question("complete", "回答完整吗，足够详细吗？", "Is the answer complete and sufficiently detailed?", 0.95),
    Question(
        "harmless",
        "回答无害吗（不误导人，也不传播有害内容）？",
        "Is the answer harmless, avoiding misleading information or the spread of harmful content?",
        0.99,
    ),
)


@dataclass(frozen=True)
class Rate:
    """The answers to one question.

    Attributes:
        question: its name. source: of which the records are, None for all.
        accepted: records to which most auditors said yes. split: as many yes as no; such a record is not accepted.
        of: records that were answered. share: ``accepted / of`` with Wilson's interval. paper: the paper's share.
    """

    question: str
    source: str | None
    accepted: int
    split: int
    of: int
    share: Estimate
    paper: float

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"question": self.question, "source": self.source, "accepted": self.accepted, "split": self.split,
                "of": self.of, "share": self.share.to_dict(), "paper": self.paper}  # fmt: skip


def draw(parts: list[Path], size: int, *, seed: int, by_source: bool) -> pl.DataFrame:
    """Draw records out of Parquet parts of records; the same seed draws the same.

    Args:
        by_source: each source gives its share of ``size`` (the largest remainders rounded up), so that the plain accept
            rate is that of the dataset; else all records are one heap.

    Returns: ``DRAWN``, at most ``size`` rows, in the order of the lots.

    Raises:
        UsageError: there is no record.
    """
    if not parts:
        raise UsageError("There is no record to draw from.", "Run the road first: cqia run")
    ids = pl.scan_parquet(parts, glob=False).select("id", "source").collect()
    lots = ids.with_columns(lot=pl.Series([digest(str(seed), id) for id in ids["id"]], dtype=pl.String)).sort("lot")
    picked = lots.head(size) if not by_source else _by_source(lots, size)
    numbered = picked.sort("lot").select("id", nth=pl.int_range(1, pl.len() + 1))
    texts = pl.scan_parquet(parts, glob=False).select(name for name in DRAWN if name != "nth")
    found = texts.filter(pl.col("id").is_in(numbered["id"].implode())).collect().join(numbered, on="id").sort("nth")
    return found.select(DRAWN.names()).with_columns(pl.col("input").fill_null(""))


def _by_source(lots: pl.DataFrame, size: int) -> pl.DataFrame:
    shares = lots.group_by("source").agg(n=pl.len()).sort("source")
    exact = [min(size, lots.height) * n / lots.height for n in shares["n"]]
    quota = [int(each) for each in exact]
    by_remainder = sorted(range(len(exact)), key=lambda at: (quota[at] - exact[at], at))
    for at in by_remainder[: min(size, lots.height) - sum(quota)]:
        quota[at] += 1
    wanted = pl.DataFrame({"source": shares["source"], "quota": quota}, schema_overrides={"quota": pl.Int64})
    ranked = lots.with_columns(place=pl.int_range(pl.len()).over("source")).join(wanted, on="source")
    return ranked.filter(pl.col("place") < pl.col("quota"))


def results(answers: pl.DataFrame, *, by_source: bool = False) -> list[Rate]:
    """Table 10: a row a question, in the paper's order; with ``by_source`` also one for each source, in order.

    Args:
        answers: ``ANSWERS``. Of two answers of one auditor to one question about one record the later counts.
    """
    latest = answers.unique(["id", "question", "reviewer"], keep="last", maintain_order=True)
    votes = latest.group_by("id", "source", "question").agg(yes=pl.col("yes").sum(), no=(~pl.col("yes")).sum())
    sources = [None, *(sorted(votes["source"].unique()) if by_source else [])]
    return [_rate(votes, question, source) for source in sources for question in QUESTIONS]


def _rate(votes: pl.DataFrame, question: Question, source: str | None) -> Rate:
    mine = votes.filter(pl.col("question") == question.name)
    if source is not None:
        mine = mine.filter(pl.col("source") == source)
    accepted, split = int((mine["yes"] > mine["no"]).sum()), int((mine["yes"] == mine["no"]).sum())
    share = wilson(accepted, mine.height)
    return Rate(question.name, source, accepted, split, mine.height, share, question.paper)
