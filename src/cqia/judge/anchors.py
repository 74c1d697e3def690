"""Anchors: a fixed set of records that is judged in every run, to see whether the judge is still the one it was.

A model behind a name can change without a word. Anchors are really asked again, whatever the journal holds, and their
scores are laid beside those of the first run of the same judge.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from cqia.errors import UsageError
from cqia.judge.verdict import Judge
from cqia.judge.watch import Watch
from cqia.schema import RECORD

PREFIX = "anchor:"
MOST = 1000  # anchors; they cost their calls in every run
TEXTS = ("instruction", "input", "output")


@dataclass(frozen=True)
class Anchored:
    """A judge that judges its anchors before the first records of a run.

    Attributes:
        anchors: ``schema.RECORD``, as ``read`` gives them.
        again: from a purpose to the same judge asking under that purpose, so that a question is really asked anew.
        begun: the number of this run, once it has begun: an object of this class is one run.
    """

    judge: Judge
    anchors: pl.DataFrame
    again: Callable[[str], Judge]
    watch: Watch
    begun: list[int] = field(default_factory=list, compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.judge.name

    @property
    def digest(self) -> str:
        return self.judge.digest  # anchors change no verdict

    def __call__(self, records: pl.DataFrame) -> pl.DataFrame:
        if not self.begun and records.height:
            self.begun.append(self.watch.begin(self.judge.digest, self.name))
            verdicts = self.again(f"anchor/{self.begun[0]}")(self.anchors)
            self.watch.anchored(self.begun[0], verdicts.select("id", "outcome", "score").rows())
        return self.judge(records)


def read(path: Path) -> pl.DataFrame:
    """The anchors in a file of JSON lines with instruction, output and perhaps input and id, as ``schema.RECORD``.

    Raises ``UsageError``, naming the line, where one is none, and where there are none or too many.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise UsageError(
            f"The anchors {path} cannot be read: {error.strerror}.", "[judge] anchors names them."
        ) from error
    rows: dict[str, dict[str, str]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        hint = 'A line is {"id": "a1", "instruction": "…", "input": "", "output": "…"}.'
        try:
            row = json.loads(line.decode())
            texts = {name: str(row.get(name) or "") for name in ("id", *TEXTS)}
        except (ValueError, AttributeError, RecursionError):
            raise UsageError(f"{path}, line {number} is no anchor.", hint) from None
        id = f"{PREFIX}{texts['id'] or number}"
        if not texts["instruction"] or not texts["output"]:
            raise UsageError(f"{path}, line {number} has no instruction or no output.", hint)
        if id in rows:
            raise UsageError(f"{path}, line {number}: a second anchor {texts['id'] or number}.", "Keep one of the two.")
        rows[id] = {**texts, "id": id}
    if not 0 < len(rows) <= MOST:
        raise UsageError(f"{path} has {len(rows)} anchors.", f"Have 1 to {MOST}; 20 to 50 are a good number.")
    return pl.DataFrame(list(rows.values()), schema=pl.Schema(RECORD))
