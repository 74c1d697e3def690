from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.similar import verify
from cqia.similar.pairs import Pairs
from cqia.similar.settings import Settings
from cqia.similar.sketch import flat

EVERYTHING = Settings(threshold=0.0, short_threshold=0.0)


def all_pairs(count: int) -> Pairs:
    listed = list(combinations(range(count), 2))
    return Pairs(np.array([a for a, _ in listed], dtype=np.int64), np.array([b for _, b in listed], dtype=np.int64))


def untitled(count: int) -> pl.Series:
    return pl.Series([None] * count, dtype=pl.String)


@given(st.lists(st.text("天地玄黄a1，. ", max_size=25), min_size=2, max_size=6))
def test_similarity_is_that_of_the_sets(normal_form: Callable[[str], str], texts: list[str]) -> None:
    pairs = all_pairs(len(texts))
    forms = [normal_form(text) for text in texts]
    sets = [{form[i : i + 5] for i in range(len(form) - 4)} for form in forms]
    wanted = [
        len(sets[a] & sets[b]) / len(sets[a] | sets[b]) if sets[a] | sets[b] else 0.0
        for a, b in combinations(range(len(texts)), 2)
    ]
    near = np.zeros(len(pairs), dtype=np.bool_)
    found = verify.likeness(pl.Series(texts), untitled(len(texts)), pairs, near, EVERYTHING)
    assert found.tolist() == pytest.approx(wanted)

    equal = verify.likeness(pl.Series(texts), untitled(len(texts)), pairs, ~near, EVERYTHING)
    assert equal.tolist() == [float(forms[a] == forms[b]) for a, b in combinations(range(len(texts)), 2)]


def test_pairs_are_compared_alike_however_they_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    texts = pl.Series(["".join(random.choice(list("春夏秋冬"), 30)) for _ in range(40)])
    pairs = all_pairs(40)
    exact = np.arange(len(pairs)) % 3 == 0
    whole = verify.likeness(texts, untitled(40), pairs, exact, EVERYTHING)
    monkeypatch.setattr(verify, "PIECE", 300)
    assert (verify.likeness(texts, untitled(40), pairs, exact, EVERYTHING) == whole).all()


LONG = "这座小城在江的南岸，春天来得很早，二月里梅花就开满了山坡，到了三月，桃花和杏花一起开，河边全是看花的人。"


@pytest.mark.parametrize(
    ("titles", "texts", "apart"),
    [
        (["青枣", "红杏"], ["青枣是本地特产" + LONG, "红杏是本地特产" + LONG], True),
        (["青枣", "红杏"], ["青枣和红杏" + LONG, "红杏和青枣" + LONG], False),
        (["怎样看花？", "为何看花？"], [LONG, LONG + "好"], False),  # titles that the texts do not say
        (["青枣", None], ["青枣" + LONG, "红杏" + LONG], False),
        (["", " "], [LONG, LONG], False),
        ([" Apple ", "Pear"], ["apple" + LONG, "PEAR" + LONG], True),
        (["看花", "看花"], [LONG, LONG], False),
    ],
)
def test_texts_that_name_their_own_titles(titles: list[str | None], texts: list[str], apart: bool) -> None:
    series = pl.Series(texts)
    assert verify.named_apart(series, flat(series), pl.Series(titles), all_pairs(2)).tolist() == [apart]


def test_no_case_makes_hanzi_of_what_is_none_or_something_else_of_them() -> None:
    every = [chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]
    lower = pl.Series(every).str.to_lowercase().to_list()
    hanzi = {chr(code) for code in range(0x5000, 0xA000)}
    assert all(
        one == other if one in hanzi else hanzi.isdisjoint(other) for one, other in zip(every, lower, strict=True)
    )


@given(
    st.lists(
        st.tuples(st.text("青枣红杏aB ，", max_size=8), st.text("青枣红杏aB ，", max_size=3)), min_size=2, max_size=5
    )
)
def test_named_is_what_the_strings_say(documents: list[tuple[str, str]]) -> None:
    texts, titles = (pl.Series(each, dtype=pl.String) for each in zip(*documents, strict=True))
    names = [title.strip().lower() for title in titles]

    def names_only_its_own(text: str, own: str, other: str) -> bool:
        return bool(own and other) and own in text.lower() and other not in text.lower()

    pairs = all_pairs(len(documents))
    expected = [
        names_only_its_own(texts[a], names[a], names[b]) and names_only_its_own(texts[b], names[b], names[a])
        for a, b in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    ]
    assert verify.named_apart(texts, flat(texts), titles, pairs).tolist() == expected
