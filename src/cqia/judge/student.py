"""The student: a small local judge that was taught by a large one or by people, and stands before it.

A linear model over hashed character n-grams (``ngrams``), its margin made a probability that its teacher would call
the text good, and for a teacher who gave scores the score that such texts mostly had. It reads a text in some ten
microseconds, so it can look at ten million of them and leave to the teacher those of which it is least sure.

On disk a folder: ``student.json`` (what it learned from, how well it did, the digests of the others) and Parquet files
with plain numbers. Nothing in it is ever executed.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cqia.engine.files import explained, write_bytes, write_json
from cqia.errors import UsageError
from cqia.judge import ngrams
from cqia.judge.verdict import HIGHEST, LOWEST, VERDICTS, Judge
from cqia.schema import digest

MANIFEST = "student.json"
FORMAT = 1
LARGEST = 64 << 20  # bytes of a file in the folder; a full table of weights has 8 MiB
FILES = {
    "weights": pl.Schema({"bucket": pl.UInt32, "weight": pl.Float32}),
    "levels": pl.Schema({"probability": pl.Float64, "score": pl.Float64}),
    "doubts": pl.Schema({"margin": pl.Float64}),
}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Student:
    """A trained student. As a judge it scores every record, and is named ``student:<digest>``.

    Attributes:
        weights: of each bucket (``ngrams.BUCKETS``,); bias: added to every text.
        slope, offset: probability = 1 / (1 + exp(-(slope * margin + offset))), fitted on texts it had not seen.
        at_least: the score from which its teacher's texts were called good; None for one taught by yes and no, which
            knows no scores and cannot judge.
        levels: probability and score, both rising; between them the score is read off, in half points.
        doubts: how far from even the odds of unseen texts were (absolute log-odds), rising.
        facts: what it learned from and how well it did, for people to read.
    """

    weights: NDArray[np.float32]
    bias: float
    slope: float
    offset: float
    at_least: float | None
    levels: Floats
    doubts: Floats
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """With the beginning of its digest, so that two students are two judges."""
        return f"student:{self.digest[:8]}"

    @cached_property
    def digest(self) -> str:
        """Covers all that shapes a verdict, and the form of its n-grams."""
        numbers = repr((FORMAT, ngrams.GRAM, self.bias, self.slope, self.offset, self.at_least))
        return digest(numbers, self.weights.tobytes(), self.levels.tobytes(), self.doubts.tobytes())

    def odds(self, texts: pl.Series) -> Floats:
        """The log-odds that its teacher would call each text good."""
        return self.slope * ngrams.margins(texts, self.weights, self.bias) + self.offset

    def doubt(self, share: float) -> float:
        """The log-odds on either side within which the least sure ``share`` of unseen texts lay."""
        return float(np.quantile(self.doubts, share)) if share > 0 else -1.0

    def scores(self, odds: Floats) -> Floats:
        """The scores of texts with such odds. Raises ``UsageError`` where it was taught by yes and no."""
        if self.at_least is None:
            raise UsageError(
                "This student was taught by yes and no, so it knows no scores and cannot stand before a judge.",
                "Teach one by scores: cqia judge distil with a column score, or from a judged project.",
            )
        read = np.interp(probabilities(odds), *self.levels)
        return np.asarray(np.clip(np.round(read * 2) / 2, LOWEST, HIGHEST))

    def __call__(self, records: pl.DataFrame) -> pl.DataFrame:
        return self.verdicts(records["id"], self.odds(ngrams.of_records(records)))

    def verdicts(self, ids: pl.Series, odds: Floats) -> pl.DataFrame:
        """``VERDICTS`` on records with such odds."""
        told = pl.format("学生模型估计合格的可能为 {}", pl.col("probability").round(3))
        known = pl.DataFrame({"id": ids, "score": self.scores(odds), "probability": probabilities(odds)})
        return known.select(
            "id", pl.lit("scored").alias("outcome"), "score", pl.lit(self.name).alias("by"), told.alias("detail")
        ).cast(pl.Schema(VERDICTS))


@dataclass(frozen=True)
class Prefiltered:
    """A judge behind a student: it is asked about the records that the student is least sure of, the others have the
    student's verdict, under the student's name.

    Attributes:
        share: of unseen texts like those it learned from that the judge would be asked about, 0 to 1. What a shard
            holds decides how many of it are asked, so that no result depends on how records fall into shards.
    """

    student: Student
    judge: Judge
    share: float

    @property
    def name(self) -> str:
        return f"{self.judge.name} behind {self.student.name}"

    @property
    def digest(self) -> str:
        return digest("prefiltered", self.student.digest, self.judge.digest, str(self.share))

    def __call__(self, records: pl.DataFrame) -> pl.DataFrame:
        odds = self.student.odds(ngrams.of_records(records))
        own = self.student.verdicts(records["id"], odds)
        unsure = self._unsure(odds)
        asked = self.judge(records.filter(unsure))
        row = pl.int_range(pl.len(), dtype=pl.Int64).alias("row")
        both = [
            own.with_columns(row).filter(~unsure),
            asked.with_columns(own.select(row).filter(unsure)["row"]),
        ]
        return pl.concat(both).sort("row").drop("row")

    def asked(self, records: pl.DataFrame) -> pl.DataFrame:
        """The records that the judge would be asked about."""
        return records.filter(self._unsure(self.student.odds(ngrams.of_records(records))))

    def _unsure(self, odds: Floats) -> pl.Series:
        return pl.Series(np.abs(odds) <= self.student.doubt(self.share), dtype=pl.Boolean)


def probabilities(odds: Floats) -> Floats:
    """Log-odds as probabilities."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -500, 500))))


def save(student: Student, folder: Path) -> None:
    """Write the student into ``folder``, which is new or holds another student, whom it replaces."""
    if folder.exists() and not (folder / MANIFEST).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is no student.", "Name a new folder.")
    bucket = np.flatnonzero(student.weights)
    tables = {
        "weights": {"bucket": bucket, "weight": student.weights[bucket]},
        "levels": {"probability": student.levels[0], "score": student.levels[1]},
        "doubts": {"margin": student.doubts},
    }
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)  # a half-replaced student is none
        files = {}
        for name, columns in tables.items():
            buffer = io.BytesIO()
            pl.DataFrame(columns).cast(FILES[name]).write_parquet(buffer, compression="zstd", compression_level=3)
            files[f"{name}.parquet"] = digest(buffer.getvalue())
            write_bytes(folder / f"{name}.parquet", buffer.getvalue())
        numbers = {"bias": student.bias, "slope": student.slope, "offset": student.offset}
        known = {"format": FORMAT, "gram": ngrams.GRAM, "buckets": ngrams.BUCKETS, "at_least": student.at_least}
        write_json(folder / MANIFEST, {**known, **numbers, "files": files, "facts": student.facts})


def load(folder: Path) -> Student:
    """The student in ``folder``. Raises ``UsageError`` where there is none, or it is not what its manifest says."""
    try:
        manifest = json.loads(_bytes(folder / MANIFEST))
        known = (manifest["format"], manifest["gram"], manifest["buckets"])
        bias, slope, offset = (float(manifest[name]) for name in ("bias", "slope", "offset"))
        at_least = None if manifest["at_least"] is None else float(manifest["at_least"])
        files, facts = dict(manifest["files"]), dict(manifest["facts"])
        if known != (FORMAT, ngrams.GRAM, ngrams.BUCKETS):
            raise UsageError(
                f"The student in {folder} was made by another version.", "Teach it again: cqia judge distil"
            )
        tables = {name: _table(folder / f"{name}.parquet", files[f"{name}.parquet"], FILES[name]) for name in FILES}
        weights = np.zeros(ngrams.BUCKETS, np.float32)
        weights[tables["weights"]["bucket"].to_numpy()] = tables["weights"]["weight"].to_numpy()
        levels, doubts = tables["levels"].to_numpy().T.copy(), tables["doubts"]["margin"].to_numpy().copy()
    except FileNotFoundError as error:
        raise UsageError(f"There is no student in {folder}.", "Teach one: cqia judge distil --out FOLDER") from error
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError, pl.exceptions.PolarsError) as error:
        raise _damaged(folder, str(error)) from error
    every = np.concatenate([weights, [bias, slope, offset], levels.ravel(), doubts])
    if not np.isfinite(every).all() or not len(doubts) or bool(levels.size) != (at_least is not None):
        raise _damaged(folder, "its numbers are not what they should be")
    if levels.size and ((np.diff(levels) < 0).any() or levels[1].min() < LOWEST or levels[1].max() > HIGHEST):
        raise _damaged(folder, "its scores are off the scale or do not rise")
    return Student(weights, bias, slope, offset, at_least, levels, np.sort(doubts), facts)


def _table(path: Path, known: str, schema: pl.Schema) -> pl.DataFrame:
    data = _bytes(path)
    if digest(data) != known:
        raise ValueError(f"{path.name} is another file than {MANIFEST} says")
    if pl.scan_parquet(io.BytesIO(data)).select(pl.len()).collect().item() > ngrams.BUCKETS:
        raise ValueError(f"{path.name} has more rows than a student can have")
    found = pl.read_parquet(io.BytesIO(data))
    if found.schema != schema or any(found.null_count().row(0)):
        raise ValueError(f"{path.name} should have the columns {', '.join(schema)}, without gaps")
    return found


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path.name} is larger than a student's can be")
    return path.read_bytes()


def _damaged(folder: Path, why: str) -> UsageError:
    return UsageError(f"The student in {folder} is damaged: {why[:300]}.", "Teach it again: cqia judge distil")
