"""Who stays: the greedy pass over verified pairs."""

from __future__ import annotations

import numpy as np

from cqia.similar import kernels
from cqia.similar.pairs import Pairs


def greedy(pairs: Pairs, similarity: kernels.Floats, count: int) -> tuple[kernels.Ints, kernels.Floats]:
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
    kernels.keep(pairs.first[order], pairs.second[order], similarity[order], kept, like)
    like[kept == np.arange(count)] = 1.0
    return kept, like
