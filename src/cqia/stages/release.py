"""What may be released: the last look at a record before it is written into a dataset.

A record with nothing in it is dropped as ``empty``; one that leaks an item of a benchmark as ``benchmark:<name>``, with
the item and the overlap (``similar.overlap``); one that is a near duplicate of records in two splits as ``two_splits``,
with one of them and the likeness (``release.splits``). The files themselves are written by ``cqia.release.files``.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from cqia.engine.stage import Outcome
from cqia.release.splits import REASON
from cqia.rules.rule import Rule
from cqia.schema import FIRED, STATUS
from cqia.similar.overlap_items import Benchmark
from cqia.stages import filter as rules

RULES = (
    Rule(
        name="empty",
        why="instruction or output is empty",
        value=(pl.col("instruction").str.strip_chars() == "") | (pl.col("output").str.strip_chars() == ""),
        missing="drop",
    ),
)


def _turns(field: str) -> pl.Expr:
    return pl.col("history").list.eval(pl.element().struct.field(field)).list.join("\n")


_TWO = pl.col("input").str.strip_chars() != ""
#: What a record asks: as one text, and where it is in two parts each of them, since an instruction may be a mere
#: "answer this question"; and the earlier turns of a dialogue. Then what it answers.
ASKED = (
    pl.concat_str("instruction", "input", separator="\n", ignore_nulls=True),
    pl.when(_TWO).then("instruction"),
    pl.when(_TWO).then("input"),
    _turns("instruction"),
)
ANSWERED = (pl.col("output"), _turns("output"))


def apply(
    frame: pl.DataFrame,
    decisions: pl.DataFrame,
    *,
    benchmarks: tuple[Benchmark, ...] = (),
    exempt: frozenset[str] = frozenset(),
) -> Outcome:
    """Drop records that no dataset should hold.

    Args:
        frame: records.
        decisions: ``release.splits.DECISIONS`` without ``shard``; none where the project has no splits.
        benchmarks: no record may be an item of one of these.
        exempt: names of benchmarks whose origin the source is: their items may stay.

    Raises:
        RawError: a benchmark's file cannot be read.
    """
    status = rules.apply(frame, pl.DataFrame(), rules=RULES).status
    for more in (_leaks(frame, benchmarks, exempt), _straddling(frame, decisions)):
        if more.height:
            every = status.with_row_index("row").join(more, on="row", how="left", maintain_order="left")
            status = every.select(
                "id",
                status=pl.when(pl.col("more").is_null()).then("status").otherwise(pl.lit("dropped")),
                reason=pl.coalesce("reason", pl.col("more").list.first().struct.field("rule")),
                fired=pl.when(pl.col("more").is_null()).then("fired").otherwise(pl.concat_list("fired", "more")),
                by="by",
                score="score",
            )
    return Outcome(frame.filter(status["status"] == "kept"), status.select(STATUS.names()))


def _straddling(frame: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """For each ``row`` that lies between two splits, why: ``more`` (``schema.FIRED``)."""
    if not decisions.width:
        return pl.DataFrame(schema={"row": pl.UInt32, "more": FIRED})
    gone = decisions.filter(pl.col("split").is_null())
    fired = pl.struct(rule=pl.lit(REASON), value="similarity", detail="other")
    rows = frame.select("id").with_row_index("row").join(gone, on="id", maintain_order="left")
    return rows.select("row", more=pl.concat_list(fired)).cast({"more": FIRED})


def _leaks(frame: pl.DataFrame, benchmarks: tuple[Benchmark, ...], exempt: frozenset[str]) -> pl.DataFrame:
    """For each ``row`` that leaks, ``more`` (``schema.FIRED``): one a benchmark, the highest overlap first."""
    rows: list[tuple[int, str, float, str]] = []
    if any(benchmark.name not in exempt for benchmark in benchmarks):
        rows = [row for row in _hits(frame, benchmarks) if row[1] not in exempt]
    found = pl.DataFrame(
        rows, schema={"row": pl.UInt32, "name": pl.String, "overlap": pl.Float64, "detail": pl.String}, orient="row"
    )
    best = found.sort("row", "overlap", "name", "detail", descending=[False, True, False, False])
    fired = pl.struct(rule=pl.concat_str(pl.lit("benchmark:"), "name"), value="overlap", detail="detail")
    leaks = best.unique(["row", "name"], keep="first", maintain_order=True).select("row", more=fired)
    return leaks.group_by("row", maintain_order=True).agg("more").cast({"more": FIRED})


def _hits(frame: pl.DataFrame, benchmarks: tuple[Benchmark, ...]) -> Iterator[tuple[int, str, float, str]]:
    from cqia.similar.overlap import index_of  # numba takes a second

    index = index_of(benchmarks)
    for texts, answers in ((ASKED, False), (ANSWERED, True)):
        for text in texts:
            for hit in index.hits(frame.select(text.alias("text"))["text"], answers=answers):
                shown = f"{hit.item.locator}: {' '.join(hit.item.question.split())}"
                yield hit.row, hit.item.benchmark, hit.overlap, shown
