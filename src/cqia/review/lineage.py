"""What a person's edit changed in a text, as the span that ``tasks.edits`` records and can undo."""

from __future__ import annotations

from typing import Any

import polars as pl

from cqia.schema import EDITS

NAME = "review"


def span(field: str, was: str, now: str) -> dict[str, Any]:
    """The change from ``was`` to ``now``: what differs between what both begin and what both end with."""
    start = _alike(was, now)
    end = _alike(was[start:][::-1], now[start:][::-1])
    return {"field": field, "name": NAME, "start": start, "was": was[start : len(was) - end],
            "now": now[start : len(now) - end]}  # fmt: skip


def _alike(one: str, other: str) -> int:
    """With how many characters both begin."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def spans(edited: pl.DataFrame, fields: tuple[str, ...]) -> pl.DataFrame:
    """The changes of edited records.

    Args:
        edited: ``id``, and for each field the text as it was and as it is now (``new_<field>``, null if left).

    Returns: ``id`` and ``made`` (``schema.EDITS``).
    """
    rows = [
        (row["id"], [span(field, row[field] or "", row[f"new_{field}"]) for field in fields
                     if row[f"new_{field}"] not in (None, row[field])])
        for row in edited.to_dicts()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema={"id": pl.String, "made": EDITS}, orient="row")
