"""The exact comparison of candidate pairs: nothing is dropped for a hash."""

from __future__ import annotations

import numpy as np
import polars as pl

from cqia.similar import kernels, normal
from cqia.similar.pairs import Pairs, cut
from cqia.similar.settings import Settings
from cqia.similar.sketch import flat, in_threads

#: Bytes of text whose sets of n-grams one thread holds at a time; they take about four times that.
PIECE = 8 << 20


def equal(texts: pl.Series, pairs: Pairs) -> kernels.Flags:
    """For each pair of rows of ``texts``, whether their normal forms are the same."""
    data, offsets = flat(texts)
    table = normal.table()

    def compare(part: Pairs) -> kernels.Flags:
        return kernels.equal(data, offsets, part.first, part.second, *table)

    return np.concatenate([np.zeros(0, np.bool_), *in_threads(compare, cut(pairs, np.diff(offsets), PIECE))])


def near(texts: pl.Series, titles: pl.Series, pairs: Pairs, settings: Settings) -> kernels.Floats:
    """For each pair of rows the similarity of their texts, or 0 where the pair is not near enough to be duplicates.

    ``titles`` are those of the texts: see ``named_apart``.
    """
    data, offsets = flat(texts)
    table = normal.table()

    def compare(part: Pairs) -> kernels.Floats:
        similarity, smaller = kernels.jaccard(data, offsets, part.first, part.second, *table, settings.gram)
        bound = np.where(smaller < settings.short, settings.short_threshold, settings.threshold)
        return np.where(similarity >= bound, similarity, 0.0)

    similarity = np.concatenate([np.zeros(0), *in_threads(compare, cut(pairs, np.diff(offsets), PIECE))])
    close = np.flatnonzero(similarity)
    similarity[close[named_apart(texts, titles, pairs.take(close))]] = 0.0
    return similarity


def named_apart(texts: pl.Series, titles: pl.Series, pairs: Pairs) -> kernels.Flags:
    """For each pair, whether each text names its own title and not the other's.

    Such texts are one template about two things (two places with the same product, two films of a series), however
    little they differ. A null or empty title names nothing.
    """
    columns = {"text": texts.str.to_lowercase(), "title": titles.str.strip_chars().str.to_lowercase()}
    documents = pl.DataFrame(columns)
    one = documents[pairs.first]
    other = documents[pairs.second].rename({"text": "other_text", "title": "other_title"})

    def names(text: str, title: str) -> pl.Expr:
        return pl.col(text).str.contains(pl.col(title), literal=True) & (pl.col(title) != "")

    apart = (
        names("text", "title")
        & names("other_text", "other_title")
        & ~names("text", "other_title")
        & ~names("other_text", "title")
    )
    return pl.concat([one, other], how="horizontal").select(apart.fill_null(False)).to_series().to_numpy()
