"""The exact comparison of candidate pairs: nothing is dropped for a hash."""

from __future__ import annotations

import numpy as np
import polars as pl

from cqia.similar import kernels, normal
from cqia.similar.pairs import Pairs, cut
from cqia.similar.settings import Settings
from cqia.similar.sketch import flat, in_threads

#: Bytes of text whose sets of n-grams one thread holds at a time; they take about four times that.
PIECE = 2 << 20


def likeness(
    texts: pl.Series, titles: pl.Series, pairs: Pairs, exact: kernels.Flags, settings: Settings
) -> kernels.Floats:
    """For each pair of rows of ``texts`` the similarity, or 0 where the two are no duplicates.

    Args:
        texts, titles: what is compared, and what it is about (see ``named_apart``); strings.
        pairs: rows of these.
        exact: the pairs that are duplicates only if the normal forms are equal (similarity 1). The others are if the
            n-gram sets are like enough and the titles do not keep them apart.
        settings: how like is like enough.
    """
    data, offsets = flat(texts)
    table = normal.table()
    short_threshold = max(settings.short_threshold, settings.threshold)
    sizes = np.diff(offsets)

    def equal(part: Pairs) -> kernels.Flags:
        return kernels.equal(data, offsets, part.first, part.second, *table)

    def near(part: Pairs) -> kernels.Floats:
        similarity, smaller = kernels.jaccard(data, offsets, part.first, part.second, *table, settings.gram)
        bound = np.where(smaller < settings.short, short_threshold, settings.threshold)
        return np.where(similarity >= bound, similarity, 0.0)

    result = np.zeros(len(pairs))
    if exact.any():
        result[exact] = np.concatenate(in_threads(equal, cut(pairs.take(exact), sizes, PIECE)))
    if not exact.all():
        result[~exact] = np.concatenate(in_threads(near, cut(pairs.take(~exact), sizes, PIECE)))
    close = np.flatnonzero((result > 0) & ~exact)
    result[close[named_apart(texts, (data, offsets), titles, pairs.take(close))]] = 0.0
    return result


def named_apart(
    texts: pl.Series, read: tuple[kernels.Bytes, kernels.Ints], titles: pl.Series, pairs: Pairs
) -> kernels.Flags:
    """For each pair, whether each text names its own title and not the other's.

    Such texts are one template about two things (two places with the same product, two films of a series), however
    little they differ. A null or empty title names nothing. ``read`` is ``sketch.flat`` of the texts.
    """
    names = flat(titles)
    title = pl.col("title").str.strip_chars().str.to_lowercase()
    named = (title.str.len_bytes() > 0) & pl.col("text").str.to_lowercase().str.contains(title, literal=True)
    left = np.arange(len(pairs))
    # The pairs are fewer after each question, and most texts do not name their own title.
    questions = (
        (pairs.first, pairs.first, True), (pairs.second, pairs.second, True),
        (pairs.first, pairs.second, False), (pairs.second, pairs.first, False),
    )  # fmt: skip
    for one, other, named_there in questions:
        may = kernels.hold_hanzi(*read, *names, one[left], other[left])
        asked = pl.DataFrame({"text": texts.gather(one[left[may]]), "title": titles.gather(other[left[may]])})
        may[may] = asked.select(named.fill_null(value=False)).to_series().to_numpy()
        left = left[may == named_there]
    result = np.zeros(len(pairs), dtype=np.bool_)
    result[left] = True
    return result
