"""What a text bears: marks that miss nothing, and repetition beside its plain definition."""

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cqia.text import pii
from cqia.text.marks import (
    ACCOUNT,
    ADDRESS,
    AT,
    NUMBER,
    ODD,
    PICTURE,
    PLATE,
    WIDE,
    marks,
    repeated_lines,
    repeated_ngrams,
)


@pytest.mark.parametrize(
    ("text", "borne"),
    [
        ("", 0),
        (None, 0),
        ("全是汉字，没有别的。", 0),
        ("第1234页", 0),
        ("一共12345个", NUMBER),
        ("138 0013 8000", NUMBER),
        ("1月2日3时4分5秒", 0),
        ("138—0013–8000", NUMBER),
        ("138　0013　8000", NUMBER),
        ("（0571）8800", NUMBER),
        ("a@b", AT),
        ("用Python写", 0),
        ("微信Python写", ACCOUNT),
        ("加v：Python", ACCOUNT),
        ("very Python", ACCOUNT),
        ("even Python", 0),
        ("12vxabc", ACCOUNT),
        ("用C写", 0),
        ("京A·12345", NUMBER | PLATE),
        ("ａ", WIDE),
        ("１", WIDE),
        ("＠", WIDE | AT),
        ("，：！", 0),
        ("如图", PICTURE),
        ("看p2", PICTURE),
        ("p，2", 0),
        ("锟斤拷", ODD),
        ("\ufffd", ODD),
        ("见t.cn", ADDRESS),
        ("见weibo.cn", ADDRESS | ACCOUNT),
        ("3.14", 0),
        ("😀12345", NUMBER),
        ("1234😀5", 0),
    ],
)
def test_marks(text: str | None, borne: int) -> None:
    assert marks(pl.Series([text], dtype=pl.String)).item() == borne


PIECES = st.sampled_from(
    ["电话", "微信：", "QQ", "加v", "京A", "wechat", "vx", "1", "38", "0013", "8000", "12345", "abc12", "_x", " ", "-", "—", "·", "@",
     ".com", "１３８", "ａｂｃ", "）", "(0571)", "　", "\n", "😀", "zhihu.com/people/", "11010519491231002X"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=4))
def test_counting_misses_nothing_that_reading_all_finds(texts: list[str]) -> None:
    series = pl.Series(texts, dtype=pl.String)
    counted = pii.counts(series, marks(series))
    for row, text in enumerate(texts):
        found = [span.kind for span in pii.spans(text)]
        assert {kind: counted[kind][row] for kind in pii.KINDS} == {kind: found.count(kind) for kind in pii.KINDS}


def share(text: str, size: int) -> float | None:
    grams = [text[k : k + size] for k in range(len(text) - size + 1)]
    return (len(grams) - len(set(grams))) / len(grams) if grams else None


@settings(deadline=None)
@given(st.lists(st.text("ab中文😀", max_size=40), max_size=4), st.integers(1, 5))
def test_repeated_agrees_with_sets(texts: list[str], size: int) -> None:
    got = repeated_ngrams(pl.Series(texts, dtype=pl.String), size).to_list()
    assert got == [pytest.approx(want) if (want := share(text, size)) is not None else None for text in texts]


def line_share(text: str) -> float | None:
    lines = [line for each in text.split("\n") if (line := re.sub(r"^[ \t\r>]+|[ \t\r>]+$", "", each))]
    return 1 - len(set(lines)) / len(lines) if lines else None


@settings(deadline=None)
@given(st.lists(st.text("ab中😀 >\t\r\n\n", max_size=40), max_size=4))
def test_repeated_lines_agrees_with_sets(texts: list[str]) -> None:
    got = repeated_lines(pl.Series(texts, dtype=pl.String)).to_list()
    assert got == [pytest.approx(want) if (want := line_share(text)) is not None else None for text in texts]
