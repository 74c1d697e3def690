"""Task assignment (paper 2.3): Documents become instruction Records, by the wordings and tasks of their source.

A document becomes one record of every task that applies to it. One without an answer yet is pending as
``needs_answer``; one that the source's quota has no room for is dropped as ``quota``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from cqia.engine.stage import Outcome, Summary
from cqia.schema import EDITS, RECORD, STATUS, TURNS, column, digest, status
from cqia.schema import frame as frame_of
from cqia.sources.source import Edit, Quota, Task
from cqia.tasks import quota as quotas
from cqia.tasks.edits import Span, edit
from cqia.tasks.wordings import choose, filled, name_of

STRINGS = pl.List(pl.String)
TEXTS = ("instruction", "input", "output")


def summarise(frame: pl.DataFrame, *, tasks: Sequence[Task], quota: Quota) -> pl.DataFrame:
    """Documents to ``id`` and ``stratum``: those that would become a record, for a source with a quota."""
    ready = pl.any_horizontal(task.when & _answered(task) for task in tasks)
    return frame.filter(ready).select("id", stratum=quota.by.cast(pl.String).fill_null(""))


def decide(summaries: Sequence[Summary], *, quota: Quota, seed: int) -> pl.DataFrame:
    """The documents the quota has no room for: ``shard`` and ``id``."""
    empty = pl.LazyFrame(schema={"id": pl.String, "stratum": pl.String, "shard": pl.String})
    rows = [summary.summary.with_columns(shard=pl.lit(summary.shard)) for summary in summaries]
    return quotas.over(pl.concat([empty, *rows]).collect(), quota.total, seed).select("shard", "id").sort("id")


def apply(
    frame: pl.DataFrame,
    decisions: pl.DataFrame,
    *,
    tasks: Sequence[Task],
    edits: Sequence[Edit],
    seed: int,
    mask: Sequence[str] = (),
) -> Outcome:
    """Make records.

    Args:
        frame: documents.
        decisions: ``id`` of documents that the quota has no room for.
        tasks, edits, mask: of the source. seed: of the choice of wordings.
    """
    over = set(decisions["id"]) if decisions.width else set()
    room = frame.filter(~pl.col("id").is_in(list(over)))
    made = [_edited(_records(room.filter(task.when), task, seed), edits, mask) for task in tasks]
    waiting = {id for task in tasks for id in room.filter(task.when & ~_answered(task))["id"]}
    out = pl.concat([pl.DataFrame(schema=RECORD), *made])
    order = pl.DataFrame({"document_id": frame["id"]}).with_row_index("place")
    out = out.join(order, on="document_id", maintain_order="left").sort("place", maintain_order=True).drop("place")
    kept = set(out["document_id"])
    statuses = [
        status(id, "kept") if id in kept
        else status(id, "dropped", "quota") if id in over
        else status(id, "pending", "needs_answer") if id in waiting
        else status(id, "dropped", "no_task")
        for id in frame["id"]
    ]  # fmt: skip
    return Outcome(out, frame_of(statuses, STATUS))


def _answered(task: Task) -> pl.Expr:
    return task.output.cast(pl.String).str.strip_chars().str.len_bytes().fill_null(0) > 0


def _records(documents: pl.DataFrame, task: Task, seed: int) -> pl.DataFrame:
    ready = documents.filter(_answered(task))
    if ready.is_empty():
        return pl.DataFrame(schema={name: RECORD[name] for name in RECORD if name not in ("edits", "text_digest")})
    chosen = choose(ready["id"], task.wordings, seed)
    worded = [
        ready[np.flatnonzero(chosen == number)].select(
            instruction=filled(wording, task.fields),
            input=task.input.cast(pl.String).fill_null("").str.strip_chars(),
            output=task.output.cast(pl.String).str.strip_chars(),
            task_type=pl.struct(major=_strings(task.major), minor=_strings(task.minor)),
            domain=_strings(task.domain),
            metadata=task.metadata.cast(pl.String).fill_null(""),
            answer_from=task.answer_from if isinstance(task.answer_from, pl.Expr) else pl.lit(task.answer_from),
            human_verified=pl.lit(False),
            copyright=pl.col("copyright"),
            id=pl.col("id") + f"/{task.name}",
            document_id=pl.col("id"),
            source=pl.col("source"),
            task=pl.lit(task.name),
            template=pl.lit(name_of(wording)),
            history=(pl.lit(None) if task.history is None else task.history).cast(TURNS),
            score=pl.lit(None, pl.Float64),
        )
        for number, wording in enumerate(task.wordings)
        if (chosen == number).any()
    ]
    return pl.concat(worded)


def _strings(value: Sequence[str] | pl.Expr) -> pl.Expr:
    return (
        value.cast(STRINGS) if isinstance(value, pl.Expr) else pl.lit(pl.Series([list(value)], dtype=STRINGS)).first()
    )


def _edited(records: pl.DataFrame, edits: Sequence[Edit], mask: Sequence[str]) -> pl.DataFrame:
    """Records with their edits made and recorded, and with what depends on the texts: digest and metadata."""
    spans: list[list[Span]] = [[] for _ in range(records.height)]
    for field in TEXTS:
        if mask or any(field in each.fields for each in edits):
            changed = [edit(field, text, edits, mask) for text in records[field]]
            records = records.with_columns(pl.Series(field, [text for text, _ in changed], dtype=pl.String))
            for mine, (_, made) in zip(spans, changed, strict=True):
                mine += made
    metadata = pl.when(pl.col("metadata") == "").then(pl.lit("")).otherwise(pl.col("metadata") + ", ")
    return records.with_columns(
        column("edits", EDITS, spans),
        pl.Series("text_digest", [digest(*texts)[:32] for texts in records.select(TEXTS).iter_rows()], dtype=pl.String),
        metadata=metadata + pl.lit("id:") + pl.col("id"),
    ).select(RECORD.names())
