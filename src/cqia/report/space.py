"""Instructions as points: TF-IDF of their characters and pairs of characters, then SVD. Clusters and neighbours in it.

Chinese is written without spaces, so a word is not what is counted. Needs scikit-learn (the extra ``map``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cqia.report.makeup import share
from cqia.report.samples import begun
from cqia.report.terms import terms

CHARACTERS = 120  # of an instruction; what it asks stands there
FITTED = 10_000  # texts that vocabulary and axes are fitted on
VOCABULARY = 30_000
RARE = 3  # texts a gram must be in
AXES = 50
FEWEST = 30  # distinct instructions; of fewer there are no clusters to speak of
MOST_CLUSTERS = 24
ASKED = 3000  # records whose neighbours are looked up
SHOWN = 3
SHOWN_CHARS = 60

Vectors = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Space:
    """Distinct instructions as points of length 1.

    Attributes:
        texts: the distinct instructions.
        vectors: (texts, axes).
        rows: for each record its text's number.
    """

    texts: pl.Series
    vectors: Vectors
    rows: NDArray[np.int64]


def available() -> bool:
    """Whether scikit-learn is installed."""
    from importlib.util import find_spec

    return find_spec("sklearn") is not None


def space(table: pl.DataFrame, seed: int) -> Space | None:
    """The space of the instructions with their inputs; None where fewer than ``FEWEST`` are distinct."""
    whole = (
        pl.when(pl.col("input") == "")
        .then("instruction")
        .otherwise(pl.concat_str("instruction", "input", separator="\n"))
    )
    asked = table.select(whole.str.head(CHARACTERS).alias("text"))
    texts = asked.unique(maintain_order=True).with_row_index("number")
    if texts.height < FEWEST:
        return None
    rows = asked.join(texts, on="text", how="left", maintain_order="left")["number"].to_numpy().astype(np.int64)
    return Space(texts["text"], _vectors(texts["text"], seed), rows)


def _vectors(texts: pl.Series, seed: int) -> Vectors:
    from sklearn.utils.extmath import randomized_svd

    gram, owner = _grams(texts)
    random = np.random.default_rng(seed)
    fitted = np.sort(random.permutation(len(texts))[:FITTED])
    vocabulary, weights = _vocabulary(gram, owner, np.isin(owner, fitted), len(fitted))
    counts = _weighted(gram, owner, vocabulary, weights, len(texts))
    axes = min(AXES, len(vocabulary) - 1, len(fitted) - 1)
    _, _, across = randomized_svd(counts[fitted], n_components=axes, random_state=seed)
    points = np.asarray(counts @ across.T, dtype=np.float32)
    points -= points[fitted].mean(axis=0)  # what all instructions share tells none from another
    unit: Vectors = points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), np.float32(1e-9))
    return unit


def _grams(texts: pl.Series) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The characters and pairs of characters of all texts as numbers, and the text of each."""
    lower = texts.str.to_lowercase()
    codes = np.frombuffer("".join(lower.to_list()).encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    owner = np.repeat(np.arange(len(texts)), lower.str.len_chars().to_numpy())
    inside = owner[1:] == owner[:-1]
    pairs = (codes[:-1] << np.uint64(32) | codes[1:])[inside]
    return np.concatenate([codes, pairs]), np.concatenate([owner, owner[:-1][inside]])


def _vocabulary(
    gram: NDArray[np.uint64], owner: NDArray[np.int64], fitted: NDArray[np.bool_], count: int
) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """The most frequent grams of the fitted texts, sorted, and their inverse document frequency."""
    within = pl.DataFrame({"gram": gram[fitted], "owner": owner[fitted]}).unique()
    rare = RARE if count >= 10 * RARE else 1
    found = within.group_by("gram").len().filter(pl.col("len") >= rare).sort("len", "gram", descending=[True, False])
    found = found.head(VOCABULARY).sort("gram")
    weights = np.log((1 + count) / (1 + found["len"].to_numpy())) + 1
    return found["gram"].to_numpy(), weights.astype(np.float32)


def _weighted(
    gram: NDArray[np.uint64], owner: NDArray[np.int64], vocabulary: NDArray[np.uint64],
    weights: NDArray[np.float32], texts: int,
) -> Any:  # fmt: skip
    """A sparse matrix (texts, grams) of (1 + log count) * weight, rows of length 1."""
    from scipy import sparse

    place = np.searchsorted(vocabulary, gram)
    place[place == len(vocabulary)] = 0
    known = vocabulary[place] == gram
    shape = (texts, len(vocabulary))
    ones = np.ones(int(known.sum()), dtype=np.float32)
    counts = sparse.csr_matrix((ones, (owner[known], place[known])), shape=shape)  # of equal places the sum
    counts.data = (1 + np.log(counts.data)) * weights[counts.indices]
    norms = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    return sparse.diags((1 / np.maximum(norms, 1e-9)).astype(np.float32)) @ counts


def clusters(found: Space, table: pl.DataFrame, seed: int) -> list[dict[str, Any]]:
    """K-means clusters of the instructions, the largest first, each named by the terms it has before others.

    Returns: of each ``terms``, ``records``, ``share``, its most frequent ``sources`` and a few ``texts`` at its centre.
    """
    from sklearn.cluster import MiniBatchKMeans
    from threadpoolctl import threadpool_limits

    count = min(MOST_CLUSTERS, max(2, round((len(found.texts) / 20) ** 0.5)))
    with threadpool_limits(1):  # sums in the same order every time
        fit = MiniBatchKMeans(count, random_state=seed, n_init=3, batch_size=4096).fit(found.vectors)
    label = np.asarray(fit.labels_)
    away = np.linalg.norm(found.vectors - fit.cluster_centers_[label], axis=1)
    records = pl.DataFrame({"cluster": label[found.rows], "source": table["source"]})
    made = []
    for cluster in range(count):
        members = np.flatnonzero(label == cluster)
        if not len(members):
            continue
        mine = records.filter(pl.col("cluster") == cluster)["source"]
        nearest = members[np.argsort(away[members], kind="stable")]
        made.append({
            "terms": terms(found.texts.gather(nearest), found.texts),
            "records": mine.len(),
            "share": share(mine.len(), table.height),
            "sources": [{"source": s, "records": n} for s, n in _most(mine)[:SHOWN]],
            "texts": [begun(text, SHOWN_CHARS) for text in found.texts.gather(nearest[:SHOWN])],
        })  # fmt: skip
    return sorted(made, key=lambda each: (-int(each["records"]), each["terms"]))


def neighbours(found: Space, sources: pl.Series, seed: int) -> dict[str, Any]:
    """In which source the nearest other instruction of a source's records stands.

    Looked up for ``ASKED`` distinct instructions at most, among all. An instruction that several sources have counts
    as the first's.

    Returns: ``asked``; ``sources``; ``shares``, a row for each source over all of them.
    """
    first = np.zeros(len(found.texts), dtype=np.int64)
    first[found.rows[::-1]] = np.arange(len(found.rows))[::-1]
    names = [name for name, _ in _most(sources)]
    number = {name: place for place, name in enumerate(names)}
    of_text = np.array([number[name] for name in sources.gather(first)], dtype=np.int64)
    asked = np.sort(np.random.default_rng(seed).permutation(len(found.texts))[:ASKED])
    counts = np.zeros((len(names), len(names)))
    for start in range(0, len(asked), 500):
        part = asked[start : start + 500]
        like = found.vectors[part] @ found.vectors.T
        like[np.arange(len(part)), part] = -np.inf
        np.add.at(counts, (of_text[part], of_text[like.argmax(axis=1)]), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return {"asked": len(asked), "sources": names, "shares": np.round(shares, 4).tolist()}


def _most(names: pl.Series) -> Sequence[tuple[str, int]]:
    return sorted(names.value_counts().iter_rows(), key=lambda row: (-row[1], row[0]))
