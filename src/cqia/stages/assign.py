"""Task assignment (paper 2.3): Documents become instruction Records, by the wordings and tasks of their source.

A document becomes one record of every task that applies to it. One without an answer yet is pending as
``needs_answer``, until one is accepted (``answers``); one that the source's quota has no room for is dropped as
``quota``. An accepted answer, or an accepted rewriting of the output there is, takes the output's place, as an edit
that keeps what was there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from cqia.answers.book import ACCEPTED
from cqia.engine.stage import Outcome, Summary
from cqia.schema import EDITS, RECORD, STATUS, TURNS, column, digest, status
from cqia.schema import frame as frame_of
from cqia.sources.source import Edit, Quota, Task
from cqia.tasks import quota as quotas
from cqia.tasks.edits import Span, edit
from cqia.tasks.wordings import choose, filled, name_of

STRINGS = pl.List(pl.String)
TEXTS = ("instruction", "input", "output")
NONE = pl.DataFrame(schema=ACCEPTED)


def summarise(frame: pl.DataFrame, *, tasks: Sequence[Task], quota: Quota) -> pl.DataFrame:
    """Documents to ``id``, ``stratum`` and ``ready``, for a source with a quota: those that a task applies to, and
    whether one would become a record without an answer from elsewhere."""
    applies = pl.any_horizontal(task.when for task in tasks)
    ready = pl.any_horizontal(task.when & _answered(task) for task in tasks)
    return frame.filter(applies).select("id", stratum=quota.by.cast(pl.String).fill_null(""), ready=ready)


def decide(
    summaries: Sequence[Summary], *, quota: Quota | None, seed: int, accepted: pl.DataFrame = NONE
) -> pl.DataFrame:
    """The documents the quota has no room for, as ``shard`` and ``id``; and the accepted answers, by shard, which
    have ``record`` and the other columns of ``answers.book.ACCEPTED`` too."""
    theirs = [
        summary.frame.select("id", shard=pl.lit(summary.shard)).join(accepted.lazy(), on="id").collect()
        for summary in (summaries if accepted.height else ())
    ]
    return pl.concat([_over(summaries, quota, seed, accepted), *theirs], how="diagonal")


def _over(summaries: Sequence[Summary], quota: Quota | None, seed: int, accepted: pl.DataFrame) -> pl.DataFrame:
    columns = {"id": pl.String, "stratum": pl.String, "ready": pl.Boolean, "shard": pl.String}
    if quota is None:
        return pl.DataFrame(schema={"shard": pl.String, "id": pl.String})
    rows = [summary.summary.with_columns(shard=pl.lit(summary.shard)) for summary in summaries]
    # An answer to another question than today's is found out only when the record is made: its document has taken room.
    ready = pl.col("ready") | pl.col("id").is_in(accepted["id"].implode())
    every = pl.concat([pl.LazyFrame(schema=columns), *rows]).filter(ready).drop("ready").collect()
    return quotas.over(every, quota.total, seed).select("shard", "id").sort("id")


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
        decisions: as ``decide`` gives them, without ``shard``.
        tasks, edits, mask: of the source. seed: of the choice of wordings.
    """
    decided = pl.concat([NONE, decisions], how="diagonal")
    over = set(decided.filter(pl.col("record").is_null())["id"])
    accepted = decided.filter(pl.col("record").is_not_null())
    room = frame.filter(~pl.col("id").is_in(list(over)))
    made = [_made(room.filter(task.when), task, edits, seed, mask, accepted) for task in tasks]
    waiting = {
        id for task, done in zip(tasks, made, strict=True)
        for id in room.filter(task.when & ~pl.col("id").is_in(done["document_id"].implode()))["id"]
    }  # fmt: skip
    out = _in_order(frame, made)
    kept, by = set(out["document_id"]), _accepted_by(out, accepted)
    statuses = [
        status(id, "kept", by[id][0], by=by[id][1]) if id in by
        else status(id, "kept") if id in kept
        else status(id, "dropped", "quota") if id in over
        else status(id, "pending", "needs_answer") if id in waiting
        else status(id, "dropped", "no_task")
        for id in frame["id"]
    ]  # fmt: skip
    return Outcome(out, frame_of(statuses, STATUS))


def questions(
    frame: pl.DataFrame, *, tasks: Sequence[Task], edits: Sequence[Edit], seed: int, mask: Sequence[str], answered: bool
) -> pl.DataFrame:
    """The records of documents, as they are before any answer is accepted: those with an output, or those without."""
    wanted = [frame.filter(task.when & (_answered(task) == answered)) for task in tasks]
    made = [_edited(_records(rows, task, seed), edits, mask) for rows, task in zip(wanted, tasks, strict=True)]
    return _in_order(frame, made)


def _in_order(documents: pl.DataFrame, made: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Records of several tasks, in the order of their documents."""
    out = pl.concat([pl.DataFrame(schema=RECORD), *made])
    order = pl.DataFrame({"document_id": documents["id"]}).with_row_index("place")
    return out.join(order, on="document_id", maintain_order="left").sort("place", maintain_order=True).drop("place")


def _made(
    documents: pl.DataFrame, task: Task, edits: Sequence[Edit], seed: int, mask: Sequence[str], accepted: pl.DataFrame
) -> pl.DataFrame:
    """The records of one task that have an output, of their own or an accepted one."""
    theirs = (pl.col("id") + f"/{task.name}").is_in(accepted["record"].implode())
    records = _edited(_records(documents.filter(_answered(task) | theirs), task, seed), edits, mask)
    return _with_answers(records, accepted) if accepted.height else records


def _with_answers(records: pl.DataFrame, accepted: pl.DataFrame) -> pl.DataFrame:
    """Records with what was accepted about just these texts in the place of their outputs."""
    theirs = accepted.select("seen", "answer", id="record", who="answer_from", verified="human_verified", way="mode")
    joined = records.join(theirs, on="id", how="left", maintain_order="left").with_columns(
        holds=(pl.col("seen") == pl.col("text_digest")).fill_null(False)
    )
    span = pl.struct(field=pl.lit("output"), name="way", start=pl.lit(0, pl.Int64), was="output", now="answer")
    new = {
        "output": pl.col("answer"),
        "answer_from": pl.col("who"),
        "human_verified": pl.col("verified"),
        "edits": pl.concat_list("edits", pl.concat_list(span)),
    }
    replaced = joined.with_columns(
        pl.when("holds").then(value).otherwise(name).alias(name) for name, value in new.items()
    )
    digests = {id: _digest(*texts) for id, *texts in replaced.filter("holds").select("id", *TEXTS).iter_rows()}
    return (
        replaced.with_columns(
            text_digest=pl.coalesce(
                pl.col("id").replace_strict(digests, default=None, return_dtype=pl.String), "text_digest"
            )
        )
        .filter(pl.col("output") != "")
        .select(RECORD.names())
    )


def _accepted_by(out: pl.DataFrame, accepted: pl.DataFrame) -> dict[str, tuple[str, str]]:
    """Of the documents whose record has an accepted output: ``answer`` or ``rewrite``, and who accepted it."""
    if accepted.is_empty():
        return {}
    found = out.join(accepted.select("by", "answer", "mode", id="record"), on="id").filter(
        pl.col("output") == pl.col("answer")
    )
    return {document: (mode, by) for document, mode, by in found.select("document_id", "mode", "by").iter_rows()}


def _digest(*texts: str) -> str:
    return digest(*texts)[:32]


def _answered(task: Task) -> pl.Expr:
    return task.output.cast(pl.String).str.strip_chars().str.len_bytes().fill_null(0) > 0


def _records(documents: pl.DataFrame, task: Task, seed: int) -> pl.DataFrame:
    if documents.is_empty():
        return pl.DataFrame(schema={name: RECORD[name] for name in RECORD if name not in ("edits", "text_digest")})
    chosen = choose(documents["id"], task.wordings, seed)
    worded = [
        documents[np.flatnonzero(chosen == number)].select(
            instruction=filled(wording, task.fields),
            input=task.input.cast(pl.String).fill_null("").str.strip_chars(),
            output=task.output.cast(pl.String).fill_null("").str.strip_chars(),
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
        pl.Series("text_digest", [_digest(*texts) for texts in records.select(TEXTS).iter_rows()], dtype=pl.String),
        metadata=metadata + pl.lit("id:") + pl.col("id"),
    ).select(RECORD.names())
