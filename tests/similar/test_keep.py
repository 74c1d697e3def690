from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cqia.similar.keep import greedy
from cqia.similar.pairs import Pairs

EDGES = st.dictionaries(
    st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda p: p[0] < p[1]),
    st.sampled_from([0.8, 0.85, 0.9, 1.0]),
    max_size=40,
)


def run(edges: dict[tuple[int, int], float], count: int) -> tuple[list[int], list[float]]:
    pairs = Pairs(np.array([a for a, _ in edges], dtype=np.int64), np.array([b for _, b in edges], dtype=np.int64))
    kept, like = greedy(pairs, np.array(list(edges.values()), dtype=np.float64), count)
    return kept.tolist(), like.tolist()


@given(EDGES)
def test_the_slow_pass_agrees(edges: dict[tuple[int, int], float]) -> None:
    expected = []
    for b in range(12):
        best = max(((s, -a) for (a, c), s in edges.items() if c == b and expected[a][0] == a), default=None)
        expected.append((b, 1.0) if best is None else (-best[1], best[0]))
    kept, like = run(edges, 12)
    assert list(zip(kept, like, strict=True)) == expected


def test_a_chain_does_not_collapse() -> None:
    assert run({(0, 1): 0.9, (1, 2): 0.9, (2, 3): 0.9}, 4)[0] == [0, 0, 2, 2]


def test_a_hub_takes_all_its_copies_with_it() -> None:
    assert run({(0, n): 0.85 for n in range(1, 9)}, 9)[0] == [0] * 9


def test_nothing_at_all() -> None:
    assert run({}, 0) == ([], [])
