"""What changed against an earlier release: added, removed, edited, moved; each by reason.

The two registers say what changed, the ledger why. A removed record's reason is ``<stage>:<rule>``, where it or its
document ended; ``not_in_raw`` if the raw files no longer hold it; ``other_task`` if its document is there still, and
``assign`` makes other records of it. An edited one's is who changed it: people in
review, another wording, or another text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from cqia.release.register import FILE, SCHEMA, register
from cqia.release.splits import DOCUMENT

TABLE = "changes.parquet"

#: One row a change. ``change`` is added, removed, edited or moved; ``before`` and ``after`` are the files.
CHANGES: pl.Schema = pl.Schema(
    {
        "id": pl.String,
        "source": pl.String,
        "change": pl.String,
        "reason": pl.String,
        "before": pl.String,
        "after": pl.String,
    }
)

#: Where a record or its document may have ended, the last first; of collect, see ``_of_page``.
OF_RECORD = ("release", "review", "judge")
OF_DOCUMENT = ("assign", "dedup", "filter")


def changes(old: Path, new: Path, work: Path) -> pl.DataFrame:
    """``CHANGES`` from the release ``old`` to the release in ``new``, in the order of ids.

    Args:
        new: as it is being written, without a manifest. work: the workspace that made it.
    """
    before = register(old).select(SCHEMA.names()).collect()
    after = pl.read_parquet(new / FILE)
    both = before.join(after, on="id", suffix="_now", how="inner")
    gone = before.join(after, on="id", how="anti").select("id", "source", before="file")
    told = [
        _added(after.join(before, on="id", how="anti")),
        gone.join(_ends(work, gone), on="id", how="left").with_columns(
            change=pl.lit("removed"), reason=pl.col("reason").fill_null("not_in_raw")
        ),
        _edited(both.filter(pl.col("text_digest").ne_missing(pl.col("text_digest_now"))), work),
        both.filter(pl.col("file") != pl.col("file_now")).select(
            "id", "source", change=pl.lit("moved"), reason=pl.lit("file"), before="file", after="file_now"
        ),
    ]
    return pl.concat([pl.DataFrame(schema=CHANGES), *told], how="diagonal").sort("id", "change")


def summary(old: str, new: str, before: int, after: int, made: pl.DataFrame) -> dict[str, Any]:
    """What ``CHANGES.md`` tells: numbers, and for each change its rows by source and reason with one example."""
    by = (
        made.group_by("change", "source", "reason")
        .agg(records=pl.len(), example=pl.col("id").min())
        .sort("change", "records", "source", "reason", descending=[False, True, False, False])
    )
    rows = {change: by.filter(pl.col("change") == change) for change in ("added", "removed", "edited", "moved")}
    return {
        "old": old, "new": new, "before": before, "after": after,
        **{change: int(found["records"].sum()) for change, found in rows.items()},
        **{f"{change}_by": found.to_dicts() for change, found in rows.items()},
    }  # fmt: skip


def _added(records: pl.DataFrame) -> pl.DataFrame:
    reason = (
        pl.when(pl.col("human_verified")).then(pl.lit("reviewed"))
        .when(pl.col("score").is_not_null()).then(pl.lit("judged")).otherwise(pl.lit("rules"))
    )  # fmt: skip
    return records.select("id", "source", change=pl.lit("added"), reason=reason, after="file")


def _edited(both: pl.DataFrame, work: Path) -> pl.DataFrame:
    made = _parts(work, both, "assign", "out", ["id", "text_digest"]).rename({"text_digest": "assigned"})
    reviewed = _parts(work, both, "review", "out", ["id", "text_digest"]).rename({"text_digest": "reviewed"})
    reason = (
        pl.when(pl.col("assigned") != pl.col("reviewed")).then(pl.lit("edited_by_people"))
        .when(pl.col("template").ne_missing(pl.col("template_now"))).then(pl.lit("wording"))
        .otherwise(pl.lit("text"))
    )  # fmt: skip
    return (
        both.join(made, on="id", how="left")
        .join(reviewed, on="id", how="left")
        .select("id", "source", change=pl.lit("edited"), reason=reason, before="file", after="file_now")
    )


def _ends(work: Path, gone: pl.DataFrame) -> pl.DataFrame:
    """For each record that is gone, in which stage it or its document ended, and why: columns id and reason."""
    found = [pl.DataFrame(schema={"id": pl.String, "reason": pl.String})]
    left = gone.select("id", "source", document=DOCUMENT)
    for stage in OF_RECORD:
        found.append(_ended(_parts(work, left, stage, "status", ["id", "status", "reason"]), left, "id", stage))
    for stage in OF_DOCUMENT:
        of = left.select("source", id="document").unique()
        status = _parts(work, of, stage, "status", ["id", "status", "reason"])
        found.append(_ended(status, left, "document", stage))
        if stage == "assign":
            stays = status.filter(pl.col("status") == "kept").select(document="id", reason=pl.lit("other_task"))
            found.append(left.join(stays, on="document", maintain_order="left").select("id", "reason"))
    pages = _parts(work, left.select("source", id="document").unique(), "collect", "draft/out", ["id", "page"])
    of = left.join(pages, left_on="document", right_on="id").select("id", "source", "page")
    status = _parts(work, of.select("source", id="page").unique(), "collect", "status", ["id", "status", "reason"])
    found.append(_ended(status, of, "page", "collect"))
    return pl.concat(found).unique("id", keep="first", maintain_order=True)


def _ended(status: pl.DataFrame, left: pl.DataFrame, key: str, stage: str) -> pl.DataFrame:
    """The records whose item did not stay at a stage."""
    why = pl.concat_str(pl.lit(f"{stage}:"), pl.col("reason").fill_null(pl.col("status")))
    ended = status.filter(pl.col("status") != "kept").select(pl.col("id").alias(key), reason=why)
    return left.join(ended, on=key, maintain_order="left").select("id", "reason")


def _parts(work: Path, wanted: pl.DataFrame, stage: str, where: str, columns: Sequence[str]) -> pl.DataFrame:
    """The rows of a stage's parts whose id is in ``wanted``, whose ``source`` says which parts those are."""

    def read() -> Iterator[pl.DataFrame]:
        for (source,), rows in wanted.select("id", "source").partition_by("source", as_dict=True).items():
            for part in sorted((work / str(source) / stage / where).glob("part-*.parquet")):
                frame = pl.scan_parquet(part, glob=False).select(columns)
                yield frame.join(rows.lazy().select("id"), on="id", how="semi").collect()

    return pl.concat([pl.DataFrame(schema=dict.fromkeys(columns, pl.String)), *read()]).unique("id", keep="first")
