"""One piece of work on one shard: read, call a pure function, check the accounting, write."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from cqia.engine.accounting import count, faults
from cqia.engine.files import Written, explained, to_disk, write_bytes, write_part
from cqia.engine.manifest import Counts, Made
from cqia.engine.plan import Shard
from cqia.engine.stage import Outcome, Stage
from cqia.errors import AccountingError, WorkspaceError
from cqia.schema import STATUS, digest

#: Told the number of the page that is about to be read, so that whoever watches knows which one is to blame.
Beat = Callable[[int], None]


@dataclass(frozen=True)
class Task:
    """Work for an executor.

    Attributes:
        step: "draft" (a map whose output is not final yet), "summarise", or "apply".
        folder: ``work/<source>/<stage>``.
        shard: what goes in; for a stage with a draft, "summarise" and "apply" read the draft's parts instead.
        decisions: those that concern the shard.
        draft: how the draft was made, for "apply" of a stage that has one.
        troubled: numbers of pages that took a worker down, with a reason and a message: not to be read again.
    """

    step: Literal["draft", "summarise", "apply"]
    stage: Stage
    folder: Path
    shard: Shard
    inputs: str
    decisions: pl.DataFrame = field(default_factory=pl.DataFrame)
    decisions_digest: str = ""
    draft: Made | None = None
    troubled: Mapping[int, tuple[str, str]] = field(default_factory=dict)


def perform(task: Task, beat: Beat = lambda number: None) -> Made:
    """Do the work and write its parts; what is returned goes into the manifest."""
    begun = time.perf_counter()
    counts, parts = Counts(), {}
    if task.step == "summarise":
        assert task.stage.summarise is not None
        parts["summary"] = _write(task, "summary", task.stage.summarise(_frame(task)))
    elif task.step == "draft":
        assert task.stage.draft is not None
        outcome = task.stage.draft(_pages(task, beat) if task.stage.load else _frame(task), pl.DataFrame())
        counts = account(task, outcome)
        parts = {f"draft/{name}": _write(task, f"draft/{name}", frame) for name, frame in _frames(outcome)}
    elif task.draft is not None and task.decisions.is_empty():
        counts, parts = _link(task, task.draft)
    else:
        given = _draft(task) if task.stage.draft is not None else _frame(task)
        outcome = task.stage.apply(given, task.decisions)
        counts = account(task, outcome)
        parts = {name: _write(task, name, frame) for name, frame in _frames(outcome)}
    seconds = round(time.perf_counter() - begun, 3)
    return Made(task.inputs, task.stage.digest, task.decisions_digest, parts, counts, seconds)


def account(task: Task, outcome: Outcome) -> Counts:
    """Check the accounting identity of one shard and count.

    Raises:
        AccountingError: an input without a status or with two, a status without an input, a kept input without
            output, or an output whose input was not kept.
    """
    where = f"{task.shard.source}/{task.stage.name}, shard {task.shard.name}"
    inputs = outcome.inputs["id"] if outcome.inputs is not None else _ids(task)
    if outcome.status.schema != STATUS:
        raise AccountingError(f"{where}: the status frame has other columns than schema.STATUS.")
    repeats = task.step == "draft"  # a draft may repeat ids; the stage itself sees to them
    out = outcome.out.with_columns(id=pl.int_range(pl.len()).cast(pl.String)) if repeats else outcome.out
    for fault in faults(inputs, outcome.status, out, task.stage.key):
        raise AccountingError(f"{where}: {fault}.", "This is a fault of the stage, or of a source of your own.")
    return count(outcome.status, outcome.out.height)


def _pages(task: Task, beat: Beat) -> Iterator[Any]:
    assert task.stage.load is not None
    pages = task.stage.load(task.shard.units, task.troubled)
    for number in range(1 << 62):
        beat(number)
        try:
            page = next(pages)
        except StopIteration:
            return
        yield page


def _frame(task: Task) -> pl.DataFrame:
    path = task.folder / "draft/out" / f"{task.shard.name}.parquet" if task.stage.draft else task.shard.path
    assert path is not None
    return read_part(path)


def _draft(task: Task) -> Outcome:
    def part(name: str) -> pl.DataFrame:
        return read_part(task.folder / "draft" / name / f"{task.shard.name}.parquet")

    pages = (task.folder / "draft/pages" / f"{task.shard.name}.parquet").exists()
    return Outcome(part("out"), part("status"), part("pages") if pages else None)


def _ids(task: Task) -> pl.Series:
    assert task.shard.path is not None
    return read_part(task.shard.path, ["id"])["id"]


def _frames(outcome: Outcome) -> list[tuple[str, pl.DataFrame]]:
    frames = [("out", outcome.out), ("status", outcome.status)]
    return frames if outcome.inputs is None else [*frames, ("pages", outcome.inputs)]


def _write(task: Task, where: str, frame: pl.DataFrame) -> Written:
    return write_part(task.folder / where / f"{task.shard.name}.parquet", frame)


def _link(task: Task, draft: Made) -> tuple[Counts, dict[str, Written]]:
    """No decision concerns the shard: its draft stands, as the same file under a second name."""
    parts: dict[str, Written] = {}
    for where, written in draft.parts.items():
        source = task.folder / where / f"{task.shard.name}.parquet"
        target = task.folder / where.removeprefix("draft/") / source.name
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
        with explained(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, temporary)
            except OSError:  # not every file system knows second names
                write_bytes(target, source.read_bytes())
            else:
                temporary.replace(target)
                temporary.unlink(missing_ok=True)  # a rename onto another name of the same file does nothing
                to_disk(target.parent)
        parts[where.removeprefix("draft/")] = written
    return draft.counts, parts


def read_part(path: Path, columns: list[str] | None = None) -> pl.DataFrame:
    """Read a part, with an error that names it where it is missing or damaged."""
    try:
        return pl.read_parquet(path, columns=columns, glob=False)  # a folder may be named like a pattern
    except (OSError, pl.exceptions.PolarsError) as error:
        raise WorkspaceError(
            f"The part {path} is missing or damaged.", "Delete it if it is there, and run again: it is made anew."
        ) from error


def decisions_digest(decisions: pl.DataFrame) -> str:
    """The digest of the decisions that concern one shard; "" where there are none."""
    return "" if decisions.is_empty() else digest(decisions.write_ndjson())
