"""Splits that stay: a record keeps its split for ever, and near duplicates never straddle one.

What stood in an earlier release keeps the split it had there, read from the releases' registers. A newcomer goes

- where its near duplicates are, and the other records of its document: newcomers join the records placed already,
  nearest first, and a newcomer between two splits is dropped as ``two_splits``;
- else, with all newcomers it is joined to, where a seeded digest of their least document says: the digest is a number
  from 0 to 1, and the shares divide that line. So neither order nor number of the records matters, and other shares
  move newcomers alone.

Records are compared as a whole (earlier turns, instruction, input and output), as ``similar.settings`` asks; that two
texts name different things does not keep them apart here, for a template about two things teaches the one by the other.
Of two known records that were edited into near duplicates of each other one is dropped, for both keep their split.
Records of earlier releases that are gone count as well: who trained on them must not meet them in a test.

Two words: a *row* counts the summaries in the order given and then the records that are gone; a *place* counts the rows
that are like another or share its document, the known ones first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cqia.engine.stage import Summary
from cqia.release.dialogue import before
from cqia.release.layout import SPLIT_OF, SPLITS
from cqia.release.register import ID, register
from cqia.schema import digest
from cqia.similar.settings import Settings

if TYPE_CHECKING:  # the kernels take a second to import
    from cqia.similar.kernels import Flags, Floats, Hashes, Ints
    from cqia.similar.pairs import Pairs

SETTINGS = Settings()
REASON = "two_splits"
UNPLACED, DROPPED = -1, -2

#: What is decided: every record that is not of ``train``. ``split`` null: it goes, for ``other``, so like it is.
DECISIONS: pl.Schema = pl.Schema(
    {"shard": pl.String, "id": pl.String, "split": pl.String, "other": pl.String, "similarity": pl.Float64}
)

ROWS = 50_000  # of an earlier release that are read at a time
TEXTS = 384 << 20  # bytes of text compared at a time

#: What is compared.
TEXT = pl.concat_str(before(), "instruction", "input", "output", separator="\n", ignore_nulls=True).alias("text")
#: The same of a released row, whose input has the earlier turns at its head already.
RELEASED = pl.concat_str("instruction", "input", "output", separator="\n", ignore_nulls=True).alias("text")

DOCUMENT = pl.col("id").str.replace(r"/[^/]*$", "")


@dataclass(frozen=True)
class Part:
    """Rows that are compared: the shard they lie in ("" for records that are gone), their summary, their texts."""

    shard: str
    summary: pl.LazyFrame
    texts: pl.LazyFrame


def summarise(frame: pl.DataFrame, text: pl.Expr = TEXT) -> pl.DataFrame:
    """Records to one row each: id; exact and b0, b1, … (UInt64), the hash of the normal form and of each band; 0 for
    none."""
    from cqia.similar.sketch import signatures

    exact, bands = signatures(frame.select(text).to_series(), SETTINGS)
    hashes = zip(SETTINGS.band_columns, bands, strict=True)
    return frame.select("id", exact=exact).with_columns(pl.Series(name, values) for name, values in hashes)


def decide(
    summaries: Sequence[Summary], *, releases: Sequence[Path], shares: Mapping[str, float], seed: int
) -> pl.DataFrame:
    """All records to ``DECISIONS``.

    Args:
        releases: the earlier ones. shares: of each split, of newcomers. seed: of the draw.

    Raises:
        ReleaseError: the register of an earlier release is missing or damaged.
    """
    here = [Part(each.shard, each.summary, each.frame.select(TEXT)) for each in summaries]
    registers = [register(each).select("id", "split").collect() for each in releases]
    known = pl.concat([pl.DataFrame(schema=SPLIT_OF), *registers]).unique("id", keep="first", maintain_order=True)
    ids = _ids(here)
    parts = [*here, *_gone(releases, known.join(ids, on="id", how="anti"))]
    rows = pl.concat([ids, _ids(parts[len(here) :])]).join(known, on="id", how="left", maintain_order="left")
    number = {split: at for at, split in enumerate(SPLITS)}
    was = rows["split"].replace_strict(number, default=UNPLACED, return_dtype=pl.Int64).to_numpy()

    chosen, pairs, like = _pairs(parts, rows["id"], was)
    split = np.where(was == UNPLACED, _drawn(rows["id"], was, shares, seed), was)
    other = np.full(len(rows), -1)
    similarity = np.zeros(len(rows))
    order = [digest(str(seed), id) for id in rows["id"].gather(chosen)]
    for place, (at, because, much) in _place(pairs, like, was[chosen], split[chosen], order).items():
        split[chosen[place]] = at
        if at == DROPPED:
            other[chosen[place]], similarity[chosen[place]] = chosen[because], much
    told = np.flatnonzero(split[: len(ids)] != 0)
    shards = pl.Series([part.shard for part in here], dtype=pl.String)
    names = pl.Series([*SPLITS, None], dtype=pl.String)
    gone = pl.Series(split[told] == DROPPED)
    why = pl.DataFrame({"other": rows["id"].gather(np.maximum(other[told], 0)), "similarity": similarity[told]})
    return pl.DataFrame(
        {
            "shard": shards.gather(ids["part"].gather(told)),
            "id": ids["id"].gather(told),
            "split": names.gather(np.where(split[told] == DROPPED, len(SPLITS), split[told])),
            **why.select(pl.when(gone).then(pl.all())).to_dict(),
        },
        schema=DECISIONS,
    )


def _ids(parts: Sequence[Part]) -> pl.DataFrame:
    """Columns id, part and at (the number of the row in its part), in rows."""
    frames = [part.summary.select("id").collect().with_row_index("at").with_columns(part=pl.lit(number, pl.Int64))
              for number, part in enumerate(parts)]  # fmt: skip
    schema = {"id": pl.String, "part": pl.Int64, "at": pl.UInt32}
    return pl.concat([pl.DataFrame(schema=schema), *(frame.select(*schema) for frame in frames)])


def _gone(releases: Sequence[Path], gone: pl.DataFrame) -> Iterator[Part]:
    """The records of earlier releases that are not here any more, each once, in the texts of the last that had it."""
    left = gone["id"]
    for release in reversed(releases):
        for table in sorted((release / "parquet").glob("*.parquet")):
            height = pl.scan_parquet(table, glob=False).select(pl.len()).collect().item()
            for start in range(0, height if len(left) else 0, ROWS):
                rows = pl.scan_parquet(table, glob=False).slice(start, ROWS).with_columns(ID)
                mine = rows.filter(pl.col("id").is_in(left.implode()))
                summary = summarise(mine.collect(), RELEASED)
                if summary.height:
                    left = left.filter(~left.is_in(summary["id"].implode()))
                    yield Part("", summary.lazy(), mine.select(RELEASED))


def _pairs(parts: Sequence[Part], ids: pl.Series, was: Ints) -> tuple[Ints, Pairs, Floats]:
    """The rows that are like another or share its document, as places; the pairs of places, and how like they are (1
    within a document). Two known records of one split are no pair: nothing depends on it."""
    from cqia.similar.pairs import Pairs, by_component, in_buckets, shared, with_first

    documents = ids.to_frame("id").select(DOCUMENT.hash()).to_series().to_numpy()
    columns = ("exact", *SETTINGS.band_columns)
    flags = shared(chain((_column(parts, name) for name in columns), [documents]), len(ids))
    rows = np.flatnonzero(flags)
    # The known first: of a bucket too large for all its pairs these are looked at for sure.
    order = ids.gather(rows).to_frame("id").with_columns(new=pl.Series(was[rows] == UNPLACED)).with_row_index("row")
    rows = rows[order.sort("new", "id")["row"].to_numpy()]

    same = with_first(_column(parts, "exact")[rows])
    near = in_buckets((_column(parts, name)[rows] for name in SETTINGS.band_columns), SETTINGS.bucket)
    siblings = with_first(documents[rows])
    pairs = Pairs(np.concatenate([same.first, near.first]), np.concatenate([same.second, near.second]))
    exact = np.arange(len(pairs)) < len(same)
    matters = _matters(pairs, was[rows])
    pairs, exact = pairs.take(matters), exact[matters]
    by = by_component(pairs, len(rows))
    pairs, exact = pairs.take(by), exact[by]
    similarity = _verified(parts, rows, pairs, exact)
    pairs, similarity = pairs.take(similarity > 0), similarity[similarity > 0]
    siblings = siblings.take(_matters(siblings, was[rows]))
    both = Pairs(np.concatenate([pairs.first, siblings.first]), np.concatenate([pairs.second, siblings.second]))
    return rows, both, np.concatenate([similarity, np.ones(len(siblings))])


def _matters(pairs: Pairs, was: Ints) -> Flags:
    first, second = was[pairs.first], was[pairs.second]
    return np.asarray((first != second) | (first == UNPLACED))


def _column(parts: Sequence[Part], name: str) -> Hashes:
    values = [part.summary.select(name).collect().to_series().to_numpy() for part in parts]
    return np.concatenate([np.zeros(0, np.uint64), *values])


def _verified(parts: Sequence[Part], rows: Ints, pairs: Pairs, exact: Flags) -> Floats:
    """``verify.likeness`` of the pairs, in portions whose texts fit into memory."""
    from cqia.similar.pairs import Pairs, cut
    from cqia.similar.verify import likeness

    where = _ids(parts).select("part", "at")[rows]
    wanted = np.union1d(pairs.first, pairs.second)
    sizes = np.zeros(len(rows), np.int64)
    for (part,), mine in where.with_row_index("place")[wanted].partition_by("part", as_dict=True).items():
        lengths = parts[part].texts.select(pl.col("text").str.len_bytes().gather(mine["at"])).collect().to_series()
        sizes[mine["place"].to_numpy()] = lengths.to_numpy()
    found = [np.zeros(0)]
    start = 0
    for portion in cut(pairs, sizes, TEXTS):
        places = np.union1d(portion.first, portion.second)
        texts = _texts(parts, where[places])
        local = Pairs(np.searchsorted(places, portion.first), np.searchsorted(places, portion.second))
        titles = pl.Series([None], dtype=pl.String).new_from_index(0, len(texts))
        found.append(likeness(texts, titles, local, exact[start : start + len(portion)], SETTINGS))
        start += len(portion)
    return np.concatenate(found)


def _texts(parts: Sequence[Part], where: pl.DataFrame) -> pl.Series:
    """The texts at ``where`` (part, at), in its order, read part by part."""
    read = [
        parts[part].texts.select(pl.col("text").gather(mine["at"])).collect().with_columns(mine["place"])
        for (part,), mine in where.with_row_index("place").partition_by("part", as_dict=True).items()
    ]
    texts: pl.Series = pl.concat(read).sort("place")["text"]
    return texts


def _drawn(ids: pl.Series, was: Ints, shares: Mapping[str, float], seed: int) -> Ints:
    """Where each newcomer goes that has nothing like it: by its document; 0 for the others."""
    bounds = np.cumsum([shares.get(split, 0.0) for split in SPLITS])
    new = np.flatnonzero(was == UNPLACED)
    documents = ids.gather(new).to_frame("id").select(DOCUMENT).to_series()
    lots = np.array([_lot(document, seed) for document in documents])
    drawn = np.zeros(len(ids), np.int64)
    drawn[new] = np.minimum(np.searchsorted(bounds, lots, side="right"), len(SPLITS) - 1)
    return drawn


def _lot(document: str, seed: int) -> float:
    return int(digest("split", str(seed), document)[:13], 16) / (1 << 52)


def _place(
    pairs: Pairs, like: Floats, was: Ints, drawn: Ints, order: Sequence[str]
) -> dict[int, tuple[int, int, float]]:
    """Places to their split (or ``DROPPED``), the place it is for, and how like that is.

    Args:
        was: the split of known records, else ``UNPLACED``. drawn: where a newcomer would go alone.
        order: in which newcomers that are equally near are looked at: by their seeded digest.
    """
    beside: dict[int, list[tuple[int, float]]] = {}
    for a, b, much in zip(pairs.first.tolist(), pairs.second.tolist(), like.tolist(), strict=True):
        beside.setdefault(a, []).append((b, much))
        beside.setdefault(b, []).append((a, much))
    at = dict.fromkeys(beside, UNPLACED)
    found: dict[int, tuple[int, int, float]] = {}

    def settle(place: int, otherwise: int) -> None:
        mine = int(was[place])
        near = [(much, order[other], other) for other, much in beside[place] if at[other] >= 0 and at[other] != mine]
        splits = {at[other] for _, _, other in near} | ({mine} if mine >= 0 else set())
        much, _, other = max(near, default=(0.0, "", place))
        at[place] = DROPPED if len(splits) > 1 else splits.pop() if splits else otherwise
        found[place] = (at[place], other, much)

    known = sorted((place for place in beside if was[place] >= 0), key=order.__getitem__)
    for place in known:
        settle(place, UNPLACED)
    edge = set(known)
    waiting = iter(sorted((place for place in beside if was[place] == UNPLACED), key=order.__getitem__))
    while True:
        near = {other for place in edge if at[place] >= 0 for other, _ in beside[place] if at[other] == UNPLACED}
        if not near:  # nothing known is near: all that hang together go where the least of them draws
            least = next((place for place in waiting if at[place] == UNPLACED), None)
            if least is None:
                return found
            near, together = {least}, _joined(least, beside, at)
            drawn[least] = drawn[min(together, key=order.__getitem__)]
        for place in sorted(near, key=order.__getitem__):
            settle(place, int(drawn[place]))
        edge = near


def _joined(place: int, beside: Mapping[int, list[tuple[int, float]]], at: Mapping[int, int]) -> set[int]:
    seen, ahead = {place}, [place]
    while ahead:
        for other, _ in beside[ahead.pop()]:
            if other not in seen and at[other] == UNPLACED:
                seen.add(other)
                ahead.append(other)
    return seen
