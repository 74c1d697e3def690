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

Numbers in ``decide``: a *row* counts through all shards in the order given; the documents that share a bucket with
another have a *place*, which counts them in that order, and a *number*, which counts them in keep order. Texts are read
by place and all is decided by number, so the order of shards leaves no trace.
Memory: some 60 bytes a row, since a few bands are read at a time, 400 for each document that shares a bucket, and
``TEXTS``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import pairwise
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

#: Bytes of text held at a time till they are compared with those of a later shard.
TEXTS = 768 << 20


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
    from cqia.similar.pairs import Pairs, in_buckets, likely, shared, with_first

    heights = [frame.item() for frame in pl.collect_all([s.summary.select(pl.len()) for s in summaries])]
    starts = np.cumsum([0, *heights])
    columns = ("exact", *settings.band_columns)
    rows = np.flatnonzero(shared((_hashes(summaries, name) for name in columns), int(starts[-1])))
    documents, bands = _in_keep_order(summaries, starts, rows, settings)
    place = documents["place"].to_numpy()
    count = len(documents)

    same = with_first(documents["exact"].fill_null(0).to_numpy(writable=True))
    first = np.arange(count)  # of those with one hash the first, which stands for all
    first[same.second] = same.first

    near = in_buckets((np.where(first == np.arange(count), band[place], 0) for band in bands), settings.bucket)
    if near.capped:
        log.warning(
            "dedup: %d buckets hold more than %d documents; in those each was compared with the best %d only",
            near.capped,
            settings.bucket,
            settings.bucket,
        )
    near = near.take(likely(Pairs(place[near.first], place[near.second]), bands, settings))
    pairs = Pairs(np.concatenate([same.first, near.first]), np.concatenate([same.second, near.second]))
    exact = np.arange(len(pairs)) < len(same)
    sizes = np.zeros(count, dtype=np.int64)
    sizes[place] = 3 * documents["length"].to_numpy()  # bytes of UTF-8, as good as always
    placed = Pairs(place[pairs.first], place[pairs.second])
    similarity = _verified(summaries, starts, rows, sizes, placed, exact, settings)

    equal, close = exact & (similarity > 0), ~exact & (similarity > 0)
    kept, like = greedy(pairs.take(close), similarity[close], count)
    verified = np.arange(count)
    verified[pairs.second[equal]] = pairs.first[equal]
    stays = kept == np.arange(count)
    shards = np.searchsorted(starts, rows[place], side="right") - 1
    return _decisions(summaries, shards, documents["id"], kept[verified], like[verified], stays[verified])


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
    return Outcome(out=frame.filter(status["status"] == "kept"), status=status)


def _hashes(summaries: Sequence[Summary], name: str) -> Hashes:
    """One column of all summaries, in rows; 0 for null."""
    if not summaries:
        return np.zeros(0, dtype=np.uint64)
    column = pl.concat([s.summary.select(pl.col(name).fill_null(0)) for s in summaries])
    return column.collect().to_series().to_numpy(writable=True)


def _by_shard(starts: Ints, rows: Ints) -> list[tuple[int, slice]]:
    """The shards in which ``rows`` lie, which ascend, each with which of them; shard n begins at row ``starts[n]``."""
    bounds = pairwise(np.searchsorted(rows, starts).tolist())
    return [(shard, slice(start, end)) for shard, (start, end) in enumerate(bounds) if start < end]


def _in_keep_order(
    summaries: Sequence[Summary], starts: Ints, rows: Ints, settings: Settings
) -> tuple[pl.DataFrame, Hashes]:
    """The documents at ``rows``, numbered: id, likes, length, exact and place; and the bands (bands, places), 0 for
    null."""
    from cqia.similar.sketch import in_threads

    schema = {"id": pl.String, "likes": pl.Int64, "length": pl.Int64, "exact": pl.UInt64}
    bands = np.empty((settings.bands, len(rows)), dtype=np.uint64)

    def read(part: tuple[int, slice]) -> pl.DataFrame:
        shard, chosen = part
        columns = pl.col(*schema, *settings.band_columns).gather(rows[chosen] - starts[shard])
        found = summaries[shard].summary.select(columns).collect()
        for band, name in zip(bands, settings.band_columns, strict=True):
            band[chosen] = found[name].fill_null(0).to_numpy()
        return found.select(*schema)

    documents = pl.concat([pl.DataFrame(schema=schema), *in_threads(read, _by_shard(starts, rows))])
    numbered = documents.with_columns(place=pl.int_range(len(rows))).sort(
        "likes", "length", "id", "exact", descending=[True, True, False, False], nulls_last=[True, True, False, False]
    )
    return numbered, bands


def _texts(summaries: Sequence[Summary], starts: Ints, rows: Ints) -> Iterator[tuple[int, slice, pl.DataFrame]]:
    """Columns text and title of the documents at ``rows``, shard by shard, each with which of ``rows`` it holds."""
    from cqia.similar.pairs import in_turn

    def read(part: tuple[int, slice]) -> tuple[int, slice, pl.DataFrame]:
        shard, chosen = part
        texts = summaries[shard].frame.select(pl.col("text", "title").gather(rows[chosen] - starts[shard]))
        return shard, chosen, texts.select(TEXT, TITLE).collect()

    return in_turn(read, _by_shard(starts, rows))


def _verified(
    summaries: Sequence[Summary],
    starts: Ints,
    rows: Ints,
    sizes: Ints,
    pairs: Pairs,
    exact: Flags,
    settings: Settings,
) -> Floats:
    """``verify.likeness`` of the pairs, which are of places, as ``sizes``, the bytes of their texts.

    The shards are read one after the other, and a pair is compared at the later of its two. Texts that are in a pair
    with one of another shard are held till the end; where those do not fit into memory, the pairs are compared in
    parts, and the shards read for each.
    """
    from cqia.similar.pairs import Pairs, by_component, cut
    from cqia.similar.verify import likeness

    shards = np.searchsorted(starts, rows, side="right") - 1
    later = np.maximum(shards[pairs.first], shards[pairs.second])
    apart = shards[pairs.first] != shards[pairs.second]
    hold = np.zeros(len(rows), dtype=np.bool_)
    hold[pairs.first[apart]] = True
    hold[pairs.second[apart]] = True
    order = by_component(pairs, len(rows))
    similarity = np.zeros(len(pairs))
    for part in cut(pairs.take(order), np.where(hold, sizes, 0), TEXTS):
        left, order = order[: len(part)], order[len(part) :]
        left = left[np.argsort(later[left], kind="stable")]
        wanted = np.union1d(part.first, part.second)
        held = [np.zeros(0, dtype=np.int64)]
        texts = [pl.DataFrame(schema={"text": pl.String, "title": pl.String})]
        for shard, chosen, read in _texts(summaries, starts, rows[wanted]):
            here, left = np.split(left, [np.searchsorted(later[left], shard, side="right")])
            need = np.union1d(pairs.first[here], pairs.second[here])
            known = np.concatenate([*held, wanted[chosen]])
            compared = pl.concat([*texts, read])[np.searchsorted(known, need)]
            among = Pairs(np.searchsorted(need, pairs.first[here]), np.searchsorted(need, pairs.second[here]))
            similarity[here] = likeness(compared["text"], compared["title"], among, exact[here], settings)
            stay = hold[wanted[chosen]]
            held.append(wanted[chosen][stay])
            # The sum copies the texts: those gathered only point into the column of the whole shard and would keep it.
            texts.append(read.filter(stay).with_columns(pl.all() + pl.lit("")))
    return similarity


def _decisions(
    summaries: Sequence[Summary], shards: Ints, ids: pl.Series, kept: Ints, like: Floats, exact: Flags
) -> pl.DataFrame:
    """``DECISIONS`` from the kept number of every document; ``exact`` says which go as exact duplicates, if they go."""
    gone = np.flatnonzero(kept != np.arange(len(ids)))
    names = pl.Series([s.shard for s in summaries], dtype=pl.String)
    return pl.DataFrame(
        {
            "shard": names.gather(shards[gone]),
            "id": ids[gone],
            "reason": pl.Series(np.where(exact[gone], "exact_duplicate", "near_duplicate"), dtype=pl.String),
            "kept": ids[kept[gone]],
            "similarity": like[gone],
        },
        schema=DECISIONS,
    )
