"""Who stays: the greedy pass over verified pairs."""

from __future__ import annotations

import numpy as np

from cqia.similar.kernels import Floats, Ints, kernel
from cqia.similar.pairs import Pairs


def greedy(pairs: Pairs, similarity: Floats, count: int) -> tuple[Ints, Floats]:
    """For each of ``count`` documents, numbered in keep order, the kept one for which it goes, and their similarity.

    A document goes if and only if it has a pair with an earlier document that stays; one that stays is given itself
    and 1. So a chain of similar texts does not collapse: of A~B~C with A unlike C, A and C stay.

    Args:
        pairs: verified pairs, ``first < second``, in any order.
        similarity: of each pair, over 0.
        count: documents.
    """
    kept = np.arange(count)
    like = np.zeros(count)
    order = np.lexsort((pairs.first, pairs.second))
    pass_over(pairs.first[order], pairs.second[order], similarity[order], kept, like)
    like[kept == np.arange(count)] = 1.0
    return kept, like


@kernel
def pass_over(first: Ints, second: Ints, similarity: Floats, kept: Ints, like: Floats) -> None:
    """The greedy pass. Documents are numbered in keep order, pairs sorted by ``second``, and first < second.

    ``kept`` comes as every document's own number and leaves as the kept document for which it is dropped, or its own;
    ``like`` leaves as their similarity. Of several kept documents the most similar is named, then the first.
    """
    for pair in range(len(first)):
        a, b = first[pair], second[pair]
        if kept[a] == a and (kept[b] == b or similarity[pair] > like[b]):
            kept[b] = a
            like[b] = similarity[pair]
