"""The matcher against the plain way: the normal form by ``str.translate``, and ``str.find``."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cqia.text import chinese
from cqia.text.reading import joined, slices
from cqia.text.words import Excuse, Matcher, Word


def occurrences(form: str, text: str) -> list[int]:
    """Where ``form`` occurs in the normal form ``text``, but not from the middle of a Latin word or a number."""

    def inside(a: str, b: str) -> bool:
        digits, letters = "0123456789", "abcdefghijklmnopqrstuvwxyz"
        return (a in digits and b in digits) or (a in letters and b in letters)

    found, at = [], text.find(form)
    while at >= 0:
        end = at + len(form)
        summed = at and form[0] == "+" and text[at - 1] in chinese.ALNUM
        if (
            not summed
            and not (at and inside(text[at - 1], form[0]))
            and not (end < len(text) and inside(form[-1], text[end]))
        ):
            found.append(at)
        at = text.find(form, at + 1)
    return found


def plainly(words: list[Word], text: str) -> dict[str, int]:
    """The sums of ``Matcher.weigh`` for one text, by the plain way and without excuses."""
    best: dict[tuple[str, str], Word] = {}
    for word in sorted(words, key=lambda word: word.weight):
        best[chinese.normal(word.text), word.category] = word
    sums = dict.fromkeys(sorted({word.category for word in words}), 0)
    for (form, category), word in best.items():
        sums[category] += word.weight * min(len(occurrences(form, chinese.normal(text))), word.most)
    return sums


ALPHABET = "加微信群更vxa1 2－.。\n，\u200b徵萬万➕+½㍿é😀٠Ａ"


def is_word(text: str) -> bool:
    form = chinese.normal(text)
    return 2 <= len(form) <= 64 and "\n" not in form


WORDS = st.builds(
    Word,
    text=st.text(ALPHABET, min_size=2, max_size=5).filter(is_word),
    category=st.sampled_from(["a", "b"]),
    weight=st.integers(1, 9),
    most=st.integers(1, 3),
)


@settings(max_examples=300)
@given(st.lists(WORDS, min_size=1, max_size=8), st.lists(st.text(ALPHABET, max_size=30) | st.none(), max_size=4))
def test_weights_agree_with_the_plain_way(words: list[Word], texts: list[str | None]) -> None:
    got = Matcher.of(words).weigh(pl.Series(texts, dtype=pl.String))
    assert got.rows(named=True) == [plainly(words, text or "") for text in texts]


@given(st.lists(WORDS, min_size=1, max_size=8), st.text(ALPHABET, max_size=40))
def test_found_words_are_the_words(words: list[Word], text: str) -> None:
    for hit in Matcher.of(words).find(pl.Series([text])):
        assert hit.word in chinese.normal(text[hit.start : hit.end])


@given(st.text(max_size=50), st.text(max_size=50))
def test_any_text_can_be_read(before: str, after: str) -> None:
    matcher = Matcher.of([Word("加微信", "contact")])
    text = f"{before}。加微信。{after}".encode("utf-8", "replace").decode()
    assert matcher.weigh(pl.Series([text]))["contact"].to_list() == [
        plainly([Word("加微信", "contact")], text)["contact"]
    ]


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("加微信", 5),
        ("更加微信任", 0),
        ("更加微信任，加微信", 5),
        ("加微信，更加微信任", 5),
        ("不更加微信任", 0),  # an excuse inside a longer excuse takes back once
        ("加微信加微信加微信加微信加微信", 15),  # three at most
    ],
)
def test_excuses(text: str, weight: int) -> None:
    matcher = Matcher.of([Word("加微信", "c", 5, 3)], [Excuse("更加微信", "c"), Excuse("不更加微信", "c")])
    assert matcher.weigh(pl.Series([text]))["c"].to_list() == [weight]


def test_an_excuse_excuses_its_own_category_alone() -> None:
    matcher = Matcher.of([Word("出租", "a"), Word("出租", "b")], [Excuse("出租车", "a")])
    assert matcher.weigh(pl.Series(["坐出租车"])).row(0) == (0, 1)


@pytest.mark.parametrize(
    ("text", "hits"),
    [("vx123", 1), ("avx", 0), ("avx512", 0), ("加vx吧", 1), ("vxa", 0), ("v\u200bx", 1), ("v x", 0), ("ＶＸ", 1)],
)
def test_latin_words_have_boundaries(text: str, hits: int) -> None:
    assert Matcher.of([Word("vx", "c")]).weigh(pl.Series([text]))["c"].item() == hits


@pytest.mark.parametrize("word", ["", "信", "加。微", "信\u200b", "长" * 65])
def test_what_cannot_be_a_word_is_named(word: str) -> None:
    with pytest.raises(ValueError, match="cannot be a word"):
        Matcher.of([Word(word, "c")])


def test_many_texts_are_shared_among_threads_without_a_difference() -> None:
    texts = pl.Series([f"第{k}段，请加微信。" * (k % 7) for k in range(40_000)])
    assert texts.str.len_bytes().sum() > 1 << 20
    matcher = Matcher.of([Word("加微信", "c")])
    assert matcher.weigh(texts)["c"].to_list() == [k % 7 for k in range(40_000)]
    rows = [row for part in slices(joined(texts).ends) for row in range(40_000)[part]]
    assert rows == list(range(40_000))


def test_without_words_nothing_weighs_anything() -> None:
    assert Matcher.of([], [Excuse("更加微信", "c")]).weigh(pl.Series(["更加微信"])).width == 0


def test_what_is_ordinary_takes_no_room_from_words() -> None:
    matcher = Matcher.of([Word("加微信", "c"), Word("出租", "d")], [Excuse("今天天气", "c"), Excuse("加微信", "d")])
    assert [hit.word for hit in matcher.find(pl.Series(["今天天气" * 5 + "加微信"]), 3)] == ["加微信"]
    assert "加微信" not in matcher.excuses


def test_a_word_of_ten_thousand_is_found() -> None:
    words = [Word(chr(0x4F00 + k // 100) + chr(0x5E00 + k % 100), "c") for k in range(10_000)]
    matcher = Matcher.of(words)
    assert matcher.weigh(pl.Series(["。".join(word.text for word in words)]))["c"].item() == 10_000
