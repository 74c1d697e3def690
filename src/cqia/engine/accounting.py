"""The accounting identity of one shard, and its counts: one definition for the run that makes it and the ledger that
checks it afterwards."""

from __future__ import annotations

import polars as pl

from cqia.engine.manifest import Counts
from cqia.schema import STATUSES


def faults(inputs: pl.Series, status: pl.DataFrame, out: pl.DataFrame, key: str) -> list[str]:
    """What does not balance; nothing if every input has exactly one status and outputs come of kept inputs alone.

    Args:
        inputs: ids of the inputs.
        status: at least ``id`` and ``status``.
        out: at least ``id`` and ``key``, the column that names the input.
    """
    ids = status["id"]
    kept = status.filter(pl.col("status") == "kept")["id"]
    found = [_twice("inputs with the same id", inputs), _twice("outputs with the same id", out["id"])]
    if not inputs.equals(ids):
        found.append(_twice("inputs with two statuses", ids))
        found += [_lost("inputs without a status", inputs, ids), _lost("statuses without an input", ids, inputs)]
    if not kept.equals(out[key]):
        found.append(_lost("kept inputs without output", kept, out[key]))
        found.append(_lost("outputs without a kept input", out[key], kept))
    if not status["status"].is_in(STATUSES).all():
        found.append(f"a status that is none of {', '.join(STATUSES)}")
    return [fault for fault in found if fault]


def _lost(what: str, ids: pl.Series, others: pl.Series) -> str:
    lost = ids.filter(~ids.is_in(others.implode()))
    return f"{len(lost)} {what}, for instance {_named(lost)}" if len(lost) else ""


def _twice(what: str, ids: pl.Series) -> str:
    again = len(ids) - ids.n_unique()
    return f"{again} {what}, for instance {_named(ids.filter(ids.is_duplicated()).unique().sort())}" if again else ""


def _named(ids: pl.Series) -> str:
    return ", ".join(str(id) for id in ids.head(3))


def count(status: pl.DataFrame, out: int) -> Counts:
    """Counts of a status frame (``schema.STATUS``) and its outputs."""

    def reasons(name: str) -> pl.Series:  # only the column is filtered: what fired takes longer than all else
        return status["reason"].filter(status["status"] == name)

    def by_reason(name: str) -> dict[str, int]:
        return {str(reason): number for reason, number in reasons(name).value_counts().sort("reason").rows()}

    kept = reasons("kept")
    fired = status.select(pl.col("fired").explode(empty_as_null=False).struct.field("rule").drop_nulls())
    return Counts(
        inputs=status.height,
        kept=len(kept),
        dropped=by_reason("dropped"),
        fired={str(rule): number for rule, number in fired["rule"].value_counts().sort("rule").rows()},
        quarantined=by_reason("quarantined"),
        pending=by_reason("pending"),
        undecided=int((kept == "undecided").sum()),
        out=out,
    )
