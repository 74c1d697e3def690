"""What a stage is to the engine: pure functions of frames, and what they return. The engine knows no stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl


@dataclass(frozen=True)
class Outcome:
    """What a stage makes of one shard.

    Attributes:
        out: output rows; the column named by ``Stage.key`` holds the id of each row's input.
        status: ``schema.STATUS``, exactly one row per input id. An input is kept if and only if it has output rows.
        inputs: for collect alone, whose inputs are not on disk yet: ``schema.PAGE``.
    """

    out: pl.DataFrame
    status: pl.DataFrame
    inputs: pl.DataFrame | None = None


@dataclass(frozen=True)
class Summary:
    """One shard as ``decide`` sees it: what ``summarise`` said of it, and the shard itself, both read lazily."""

    shard: str  # "<source>/part-00000"
    summary: pl.LazyFrame
    frame: pl.LazyFrame


#: Pages of a shard for collect, its frame for every other stage; and the decisions that concern the shard.
Apply = Callable[[Any, pl.DataFrame], Outcome]


@dataclass(frozen=True)
class Stage:
    """A stage of one source.

    Attributes:
        name: the stage's name.
        digest: covers its code, its settings and everything it reads; a shard made under another digest is redone.
        key: the column of ``out`` that names the input.
        apply: a shard and its decisions (no rows for a map) to an Outcome. Decisions lack the column ``shard``.
        draft: a map whose output is what gets summarised and applied (collect reads pages once, then drops repeated
            ids): ``apply`` is then given the draft's Outcome, and where no decision concerns a shard its draft
            stands. None: ``apply`` is given the shard itself.
        load: for a stage whose shards are raw units: from units, and the numbers of pages not to be read again with
            the reason and message why, to the pages that ``draft`` is given.
        summarise: a shard to a small frame, for group work.
        decide: all summaries to decisions, with a column ``shard``; run once, on the driver.
        state: digest of what ``decide`` knows from elsewhere (people's decisions, takedowns); deciding is done again
            when it changes, and only the shards it concerns are made again.
        where: "workers" for Python-bound work, in processes that a crash or a time limit cannot take the run down
            with; "threads" for Polars work; "driver" for questions to models and people.
    """

    name: str
    digest: str
    apply: Apply
    key: str = "id"
    draft: Apply | None = None
    load: Callable[[Sequence[Mapping[str, Any]], Mapping[int, tuple[str, str]]], Iterator[Any]] | None = None
    summarise: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    decide: Callable[[Sequence[Summary]], pl.DataFrame] | None = None
    state: str = ""
    where: Literal["workers", "threads", "driver"] = "threads"
