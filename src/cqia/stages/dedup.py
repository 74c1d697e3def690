"""dedup: exact and near duplicates, within and across sources. A group stage.

Two documents are compared by their ``text``; a document without one (null) by its ``title``, such as a question nobody
answered. An answer posted under two questions is one text, so titles do not keep equal texts apart. Titles
do keep *near* duplicates apart when each text names its own and not the other's (``similar.verify.named_apart``):
those are one template about two things.

- ``exact_duplicate``: the normal forms (``similar.normal``) are equal.
- ``near_duplicate``: the n-gram sets are as like as ``similar.settings`` asks. A normal form shorter than an n-gram is
  compared for equality only; an empty one with nothing.

A document is dropped only for a verified pair with a *kept* document, in keep order: likes (null last) and length of
text, both descending, then id. Documents with one normal form stand and fall together with the first of them: it alone
is compared for nearness, and where it goes as a near duplicate the others go with it, for the same document.

Numbers in ``decide``: a *row* counts through all shards in the order given, a *number* counts the documents that
share a bucket with another, in keep order. After the rows all is in numbers, so the order of shards leaves no trace.
Memory: beside the shared documents about 40 bytes a row, since a few bands are read at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cqia.engine.stage import Outcome, Summary
from cqia.schema import STATUS
from cqia.similar.settings import Settings

if TYPE_CHECKING:  # the kernels take a second to import: the command line must not wait for them
    from cqia.similar.kernels import Flags, Floats, Hashes, Ints
    from cqia.similar.pairs import Pairs

log = logging.getLogger(__name__)

SETTINGS = Settings()

#: What is compared.
TEXT = pl.coalesce("text", "title").alias("text")
#: What the text is about, if something else says so.
TITLE = pl.when(pl.col("text").is_not_null()).then("title").alias("title")

DECISIONS = pl.Schema(
    {"shard": pl.String, "id": pl.String, "reason": pl.String, "kept": pl.String, "similarity": pl.Float64}
)

#: Bytes of text read at a time for the comparison.
TEXTS = 384 << 20


def summarise(frame: pl.DataFrame, settings: Settings = SETTINGS) -> pl.DataFrame:
    """``schema.DOCUMENT`` to one row a document, in the same order.

    Columns: id; likes and length (characters of what is compared), the keep order; exact and b0, b1, ... (UInt64): the
    hash of the normal form, and of each band; null where there is none.
    """
    from cqia.similar.sketch import signatures

    texts = frame.select(TEXT).to_series()
    exact, bands = signatures(texts, settings)
    hashes = {"exact": exact, **dict(zip(settings.band_columns, bands, strict=True))}
    return frame.select(
        "id",
        "likes",
        texts.str.len_chars().fill_null(0).cast(pl.Int64).alias("length"),
        *(pl.Series(name, values) for name, values in hashes.items()),
    ).with_columns(pl.when(pl.col(name) != 0).then(pl.col(name)).alias(name) for name in hashes)


def decide(summaries: Sequence[Summary], settings: Settings = SETTINGS) -> pl.DataFrame:
    """All summaries to the documents that go: ``DECISIONS``, in keep order.

    ``kept`` is the id of the document for which it goes, ``similarity`` that of the two texts (1.0 for equal ones).
    The same documents give the same decisions, however they lie in shards.
    """
    from cqia.similar.keep import greedy
    from cqia.similar.pairs import Pairs, by_component, in_buckets, shared, with_first

    heights = [frame.item() for frame in pl.collect_all([s.summary.select(pl.len()) for s in summaries])]
    columns = ("exact", *settings.band_columns)
    rows = np.flatnonzero(shared((_hashes(summaries, name) for name in columns), sum(heights)))
    documents = _in_keep_order(summaries, heights, rows)
    count = len(documents)

    same = with_first(documents["exact"].fill_null(0).to_numpy())
    first = np.arange(count)  # of those with one hash the first, which stands for all
    first[same.second] = same.first

    rows = documents["row"].to_numpy()
    bands = (np.where(first == np.arange(count), _hashes(summaries, name)[rows], 0) for name in settings.band_columns)
    near = in_buckets(bands, settings.bucket)
    if near.capped:
        log.warning(
            "dedup: %d buckets hold more than %d documents; in those each was compared with the best %d only",
            near.capped,
            settings.bucket,
            settings.bucket,
        )
    pairs = Pairs(np.concatenate([same.first, near.first]), np.concatenate([same.second, near.second]))
    order = by_component(pairs, count)
    pairs, exact = pairs.take(order), order < len(same)
    similarity = _verified(summaries, documents, pairs, exact, settings)

    equal, close = exact & (similarity > 0), ~exact & (similarity > 0)
    kept, like = greedy(pairs.take(close), similarity[close], count)
    verified = np.arange(count)
    verified[pairs.second[equal]] = pairs.first[equal]
    stays = kept == np.arange(count)
    return _decisions(summaries, documents, kept[verified], like[verified], stays[verified])


def apply(frame: pl.DataFrame, decisions: pl.DataFrame) -> Outcome:
    """Drops the documents that ``decisions`` (without ``shard``) name; the rest are kept as they are."""
    status = (
        frame.select("id")
        .join(decisions, on="id", how="left", maintain_order="left")
        .select(
            "id",
            status=pl.when(pl.col("reason").is_null()).then(pl.lit("kept")).otherwise(pl.lit("dropped")),
            reason="reason",
            fired=pl.when(pl.col("reason").is_null())
            .then(pl.lit([], dtype=STATUS["fired"]))
            .otherwise(
                pl.concat_list(
                    pl.struct(pl.col("reason").alias("rule"), pl.col("similarity").alias("value"), detail="kept")
                )
            ),
            by=pl.lit(None, dtype=STATUS["by"]),
            score=pl.lit(None, dtype=STATUS["score"]),
        )
        .cast(STATUS)
    )
    return Outcome(out=frame.join(decisions, on="id", how="anti", maintain_order="left"), status=status)


def _hashes(summaries: Sequence[Summary], name: str) -> Hashes:
    """One column of all summaries, in rows; 0 for null."""
    if not summaries:
        return np.zeros(0, dtype=np.uint64)
    column = pl.concat([s.summary.select(pl.col(name).fill_null(0)) for s in summaries])
    return column.collect().to_series().to_numpy(writable=True)


def _in_keep_order(summaries: Sequence[Summary], heights: Sequence[int], rows: Ints) -> pl.DataFrame:
    """The documents at ``rows``, numbered: id, likes, length, exact; row, and shard and place, where that row lies."""
    schema = {"id": pl.String, "likes": pl.Int64, "length": pl.Int64, "exact": pl.UInt64}
    schema |= {"row": pl.Int64, "shard": pl.Int64, "place": pl.Int64}
    parts = [pl.DataFrame(schema=schema)]
    start = 0
    for shard, (summary, height) in enumerate(zip(summaries, heights, strict=True)):
        chosen = rows[np.searchsorted(rows, start) : np.searchsorted(rows, start + height)]
        if len(chosen):
            place = pl.Series("place", chosen - start)
            part = summary.summary.select(pl.col("id", "likes", "length", "exact").gather(place)).collect()
            parts.append(part.with_columns(pl.Series("row", chosen), pl.lit(shard, pl.Int64).alias("shard"), place))
        start += height
    return pl.concat(parts).sort(
        "likes", "length", "id", "exact", descending=[True, True, False, False], nulls_last=[True, True, False, False]
    )


def _texts(summaries: Sequence[Summary], documents: pl.DataFrame, numbers: Ints) -> pl.DataFrame:
    """Columns text and title of the documents with these numbers, in that order, read shard by shard."""
    from cqia.similar.sketch import in_threads

    wanted = documents[numbers].select("shard", "place").with_row_index("at").sort("shard", "place")

    def read(part: pl.DataFrame) -> pl.DataFrame:
        # The sum copies the texts: those gathered only point into the column of the whole shard and would keep it.
        chosen = pl.col("text", "title").gather(part["place"]) + pl.lit("")
        shard: int = part["shard"][0]
        return summaries[shard].frame.select(chosen).select(TEXT, TITLE).collect()

    parts = in_threads(read, wanted.partition_by("shard", maintain_order=True))
    return pl.concat(parts).with_columns(wanted["at"]).sort("at").drop("at")


def _verified(
    summaries: Sequence[Summary], documents: pl.DataFrame, pairs: Pairs, exact: Flags, settings: Settings
) -> Floats:
    """``verify.likeness`` of the pairs, in parts whose texts fit into memory."""
    from cqia.similar.pairs import Pairs, cut
    from cqia.similar.verify import likeness

    sizes = 3 * documents["length"].to_numpy()  # bytes of UTF-8, as good as always
    similarity = [np.zeros(0)]
    start = 0
    for part in cut(pairs, sizes, TEXTS):
        numbers = np.union1d(part.first, part.second)
        texts = _texts(summaries, documents, numbers)
        rows = Pairs(np.searchsorted(numbers, part.first), np.searchsorted(numbers, part.second))
        end = start + len(part)
        similarity.append(likeness(texts["text"], texts["title"], rows, exact[start:end], settings))
        start = end
    return np.concatenate(similarity)


def _decisions(
    summaries: Sequence[Summary], documents: pl.DataFrame, kept: Ints, like: Floats, exact: Flags
) -> pl.DataFrame:
    """``DECISIONS`` from the kept number of every document; ``exact`` says which go as exact duplicates, if they go."""
    gone = np.flatnonzero(kept != np.arange(len(documents)))
    shards = pl.Series([s.shard for s in summaries], dtype=pl.String)
    return pl.DataFrame(
        {
            "shard": shards.gather(documents["shard"][gone]),
            "id": documents["id"][gone],
            "reason": pl.Series(np.where(exact[gone], "exact_duplicate", "near_duplicate"), dtype=pl.String),
            "kept": documents["id"][kept[gone]],
            "similarity": like[gone],
        },
        schema=DECISIONS,
    )
