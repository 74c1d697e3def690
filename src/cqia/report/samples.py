"""A few items of each source that were kept, edited, rejected or dropped, with reasons: for a person to look at.

A report is passed on, and what is not published must not be by it: personal data in what was changed or did not go on
is hidden. What was kept is shown as it is published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from cqia.text import pii

EACH = 2  # items of one outcome
OUTCOMES = 8  # reasons of one source, the most frequent
SHOWN_CHARS = 240
FIELDS = ("instruction", "input", "output")
HIDDEN = "＊＊＊"
GOES_ON = "…"
BEFORE = 20  # characters that two texts share, shown before they part
_ASKED = pl.concat_str("instruction", pl.col("input").fill_null(""), separator="\n").str.strip_chars()


def kept(table: pl.DataFrame, seed: int) -> dict[str, list[dict[str, Any]]]:
    """By source, ``EACH`` records by a seeded draw: id, asked, answered, score, task."""
    drawn = table.with_columns(lot=pl.col("id").hash(seed)).sort("lot", "id")
    rows = drawn.group_by("source", maintain_order=True).head(EACH)
    return {
        str(source): part.select(
            "id", asked=_begun(_ASKED), answered=_begun(pl.col("output")), score="score"
        ).to_dicts()
        for (source,), part in rows.partition_by("source", as_dict=True, maintain_order=True).items()
    }  # fmt: skip


def turned_away(work: Path, road: Sequence[str], source: str, seed: int) -> list[dict[str, Any]]:
    """Of one source, items that did not go on or were changed, by stage and outcome in the road's order.

    Args:
        work: the workspace. road: the source's stages.

    Returns: ``stage``, ``status``, ``reason``, ``items`` in all, and ``shown``: id, detail, asked and answered (null
        for a page, which has no text yet).
    """
    groups = [group for stage in road for group in _groups(work / source / stage, stage, seed)]
    most = sorted(groups, key=lambda group: -group["items"])[:OUTCOMES]
    before = dict(zip(road[1:], road, strict=False))
    found = []
    for group in (group for group in groups if group in most):
        inputs = before.get(group["stage"])
        texts = _texts(work / source / inputs / "out", [each["id"] for each in group["shown"]]) if inputs else {}
        shown = [{**each, **texts.get(each["id"], {"asked": None, "answered": None})} for each in group["shown"]]
        found.append({**group, "shown": shown})
    return found


def edited(parts: Sequence[Path], seed: int) -> list[dict[str, Any]]:
    """Records that assign changed, by a seeded draw: id, and of each change its name, what was and what is now."""
    if not parts:
        return []
    frame = pl.scan_parquet(list(parts), glob=False).filter(pl.col("edits").list.len() > 0).select("id", "edits")
    drawn = frame.with_columns(lot=pl.col("id").hash(seed)).sort("lot", "id").head(EACH).collect()
    return [{"id": row["id"], "edits": [_changed(edit) for edit in row["edits"][:EACH]]} for row in drawn.to_dicts()]


def corrected(parts: Sequence[Path], decisions: pl.DataFrame, seed: int) -> list[dict[str, Any]]:
    """Records that people changed, by a seeded draw, as ``edited`` gives them.

    Args:
        parts: of the records as people saw them. decisions: as ``review.store.latest`` gives them.
    """
    theirs = decisions.filter(pl.col("action") == "edit").select("id", *(pl.col(f).alias(f"new_{f}") for f in FIELDS))
    if not parts or theirs.is_empty():
        return []
    frame = pl.scan_parquet(list(parts), glob=False).select("id", *FIELDS).join(theirs.lazy(), on="id")
    drawn = frame.with_columns(lot=pl.col("id").hash(seed)).sort("lot", "id").head(EACH).collect()
    return [
        {
            "id": row["id"],
            "edits": [
                {"field": field, "name": "review"} | _parted(row[field], row[f"new_{field}"])
                for field in FIELDS
                if row[f"new_{field}"] is not None and row[f"new_{field}"] != row[field]
            ],
        }
        for row in drawn.to_dicts()
    ]


def _groups(folder: Path, stage: str, seed: int) -> Iterator[dict[str, Any]]:
    parts = sorted((folder / "status").glob("part-*.parquet"))
    if not parts:
        return
    status = pl.scan_parquet(parts, glob=False).filter(pl.col("status") != "kept").select(
        "id", "status", "reason", detail=pl.col("fired").list.first().struct.field("detail")
    )  # fmt: skip
    lots = status.with_columns(lot=pl.col("id").hash(seed)).sort("lot", "id")
    groups = lots.group_by("status", "reason", maintain_order=True).agg(
        items=pl.len(), ids=pl.col("id").head(EACH), details=pl.col("detail").head(EACH)
    )
    for row in groups.sort("items", "reason", descending=[True, False]).collect().to_dicts():
        shown = [{"id": id, "detail": hidden(d)} for id, d in zip(row["ids"], row["details"], strict=True)]
        yield {"stage": stage, "status": row["status"], "reason": row["reason"], "items": row["items"], "shown": shown}


def _texts(folder: Path, ids: Sequence[str]) -> Mapping[str, dict[str, Any]]:
    """The texts of documents or records by id."""
    parts = sorted(folder.glob("part-*.parquet"))
    if not parts:
        return {}
    frame = pl.scan_parquet(parts, glob=False).filter(pl.col("id").is_in(list(ids)))
    if "instruction" in frame.collect_schema():
        texts = frame.select("id", asked=_ASKED, answered="output")
    else:
        texts = frame.select("id", asked="title", answered="text")
    return {
        row["id"]: {name: hidden(row[name]) for name in ("asked", "answered")} for row in texts.collect().to_dicts()
    }


def hidden(text: str | None) -> str:
    """The beginning of a text without the personal data in it."""
    return begun(_masked((text or "")[: 2 * SHOWN_CHARS]))  # a number must not be cut before it is looked for


def _masked(text: str) -> str:
    for at in reversed(pii.spans(text)):
        text = text[: at.start] + HIDDEN + text[at.end :]
    return text


def _parted(was: str, now: str) -> dict[str, str]:
    """Both texts from a little before where they part: they may be long, and alike for long."""
    was, now = _masked(was), _masked(now)  # both, else they part at the first number
    parted = (n for n, (old, new) in enumerate(zip(was, now, strict=False)) if old != new)
    start = max(0, next(parted, min(len(was), len(now))) - BEFORE)
    lead = GOES_ON if start else ""
    return {"was": lead + begun(was[start:]), "now": lead + begun(now[start:])}


def begun(text: str, most: int = SHOWN_CHARS) -> str:
    """How a text begins; a mark says that it goes on."""
    return text[:most] + GOES_ON if len(text) > most else text


def _begun(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.len_chars() > SHOWN_CHARS).then(text.str.head(SHOWN_CHARS) + GOES_ON).otherwise(text)


def _changed(edit: Mapping[str, Any]) -> dict[str, str]:
    """A change of assign; what was masked stays so."""
    was = HIDDEN if edit["name"] == "mask" else hidden(edit["was"])
    return {"field": edit["field"], "name": edit["name"], "was": was, "now": begun(edit["now"] or "")}
