"""Judges of our own making: what they say is given, and what they were asked is remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from cqia.judge.verdict import Verdict, frame


@dataclass(frozen=True)
class Fixed:
    """Says of each id what ``said`` holds for it, else ``otherwise``."""

    said: Mapping[str, Verdict]
    otherwise: Verdict = Verdict("scored", 5.0, "平平")  # noqa: RUF009 - frozen
    name: str = "fixed"
    digest: str = "fixed"
    asked: list[str] = field(default_factory=list)

    def __call__(self, records: pl.DataFrame) -> pl.DataFrame:
        self.asked.extend(records["id"])
        return frame(records["id"].to_list(), [self.said.get(id, self.otherwise) for id in records["id"]], self.name)


@dataclass(frozen=True)
class Reading:
    """Says of each output what ``read`` makes of it."""

    read: Callable[[str], Verdict]
    name: str = "reading"
    digest: str = "reading"

    def __call__(self, records: pl.DataFrame) -> pl.DataFrame:
        return frame(records["id"].to_list(), [self.read(text) for text in records["output"]], self.name)
