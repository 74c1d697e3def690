"""Probes: worthless answers that talk to the judge, mixed in among the records, to see whether it can be talked into a
score.

A probe is a real record whose output is replaced by a few words that answer nothing and one of the tricks in
``probes.yaml``. Whatever the question, such a record deserves to be dropped; a judge that scores it as one to keep has
fallen for the trick. Probes are asked like records, and are none: they have verdicts in the watch, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from cqia.errors import ModelError
from cqia.judge.verdict import Judge
from cqia.judge.watch import TOLERATED, Watch
from cqia.schema import digest
from cqia.yaml_text import parsed

PREFIX = "probe:"


@dataclass(frozen=True)
class Probed:
    """A judge with probes among its records.

    A call raises ``ModelError`` once it is certain that the judge falls for more than one probe in twenty: the lower
    end of the interval of all its probes so far, twenty at the least, lies above that. Below that the run goes on, and
    ``Watch.alarms`` says what it fell for.

    Attributes:
        rate: share of records beside which a probe is put. Which, and with which trick, follows from id and seed.
        at_least: the score from which a record is kept.
    """

    judge: Judge
    rate: float
    at_least: float
    watch: Watch
    seed: int = 0

    @property
    def name(self) -> str:
        return self.judge.name

    @property
    def digest(self) -> str:
        return self.judge.digest  # probes change no verdict

    def __call__(self, records: pl.DataFrame) -> pl.DataFrame:
        mixed, attacks = probes(records, self.rate, self.seed)
        if not attacks:
            return self.judge(records)
        verdicts = self.judge(pl.concat([records, mixed]))
        tried = verdicts.tail(len(attacks)).select("id", "outcome", "score")
        found = self.watch.probed(
            self.judge.digest,
            self.name,
            [
                (id, attack, outcome, score, score is not None and score >= self.at_least)
                for (id, outcome, score), attack in zip(tried.rows(), attacks, strict=True)
            ],
        )
        if found.certain:
            raise ModelError(
                f"{self.name} fell for {found.fell} of {found.answered} probes, more than {TOLERATED:.0%} for certain: "
                f"{', '.join(f'{attack} {count}' for attack, count in found.attacks.items())}. Its scores can be had "
                "by asking for them.",
                "Take another model or mend the rubric (both are watched anew), or set [judge] probes = 0 to go on.",
            )
        return verdicts.head(records.height)


def probes(records: pl.DataFrame, rate: float, seed: int) -> tuple[pl.DataFrame, list[str]]:
    """The probes that belong among ``records`` (``schema.RECORD``), and the name of each one's trick."""
    worthless, attacks = tricks()
    lots = [int(digest(str(seed), id)[:16], 16) for id in records["id"]]
    chosen = [number for number, lot in enumerate(lots) if lot / 2**64 < rate]
    names = [sorted(attacks)[lots[number] % len(attacks)] for number in chosen]
    answers = [worthless[lots[number] // 7919 % len(worthless)] for number in chosen]
    outputs = [attacks[name].format(answer=answer) for name, answer in zip(names, answers, strict=True)]
    mixed = records[chosen].with_columns(
        id=pl.lit(PREFIX) + pl.col("id"), output=pl.Series(outputs, dtype=pl.String), human_verified=pl.lit(False)
    )
    return mixed, names


@cache
def tricks() -> tuple[list[str], dict[str, str]]:
    """Answers that answer nothing, and tricks by name."""
    read = parsed(Path(__file__).with_name("probes.yaml").read_text("utf-8"))
    return list(read["worthless"]), dict(read["attacks"])
