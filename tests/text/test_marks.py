"""What a text bears: marks that miss nothing, and repetition beside its plain definition."""

import re

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cqia.rules import media
from cqia.text import pii
from cqia.text.marks import (
    ACCOUNT,
    ADDRESS,
    AT,
    NUMBER,
    ODD,
    PICTURE,
    PLATE,
    QQ,
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
        ("一共1234567个", 0),
        ("一共12345678个", NUMBER),
        ("群12345", QQ),
        ("群1 2345", 0),
        ("q：12345", QQ),
        ("138 0013 8000", NUMBER),
        ("1月2日3时4分5秒", 0),
        ("138—0013–8000", NUMBER),
        ("138　0013　8000", NUMBER),
        ("（0571）8800", NUMBER),
        ("一三八零零一三八", NUMBER),
        ("一九四九年十月", 0),
        ("①③⑧0013 8", NUMBER | WIDE),
        ("1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣", NUMBER),
        ("138\ufeff0013\ufeff8", NUMBER),
        ("zhihu．com", WIDE),
        ("138.0013.8", NUMBER),
        ("🐧12345", QQ),
        ("联系12345", QQ),
        ("a@b", AT),
        ("用Python写", 0),
        ("微信Python写", ACCOUNT),
        ("加v：Python", ACCOUNT),
        ("very Python", ACCOUNT),
        ("even Python", 0),
        ("12vxabc", ACCOUNT),
        ("用C写", 0),
        ("京A·12345", PLATE),
        ("ａ", WIDE),
        ("１", WIDE),
        ("＠", WIDE | AT),
        ("，：！", 0),
        ("如图", PICTURE),
        ("图1", PICTURE),
        ("（图", PICTURE),
        ("试图", 0),
        ("视频", PICTURE),
        ("频率", PICTURE),
        ("音频", 0),
        ("看p2", PICTURE),
        ("p，2", 0),
        ("锟斤拷", ODD),
        ("\ufffd", ODD),
        ("见t.cn", ADDRESS),
        ("见weibo.cn", ADDRESS | ACCOUNT),
        ("见T.ME", ADDRESS),
        ("见t.org", 0),
        ("3.14", 0),
        ("😀12345678", NUMBER),
        ("1234567😀8", 0),
    ],
)
def test_marks(text: str | None, borne: int) -> None:
    assert marks(pl.Series([text], dtype=pl.String)).item() == borne


PIECES = st.sampled_from(
    ["电话", "微信：", "QQ", "加v", "京A", "wechat", "vx", "1", "38", "0013", "8000", "12345", "abc12", "_x", " ", "-",
     "—", "·", "@", ".com", "１３８", "ａｂｃ", "）", "(0571)", "　", "\n", "😀", "zhihu.com/people/",
     "11010519491231002X", "①", "一三八", "零", "〇〇", "🐧", "扣我", "联系", "加入", "\u200b", "1️⃣", "V：", "加卫星",
     "wei信", ".", "/", "·", "幺", "纸飞机", "飞机号", "电报", "Telegram", "是", "（", "【", "t.me/", "ｎａｍｅ"]
)  # fmt: skip


@example(["QQ①0013", "微信：abc①②③", "京A①2345"])
@given(st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=4))
def test_counting_misses_nothing_that_reading_all_finds(texts: list[str]) -> None:
    series = pl.Series(texts, dtype=pl.String)
    counted = pii.counts(series, marks(series))
    for row, text in enumerate(texts):
        found = [span.kind for span in pii.spans(text)]
        assert {kind: counted[kind][row] for kind in pii.KINDS} == {kind: found.count(kind) for kind in pii.KINDS}


LOOKS = st.sampled_from(
    list("如下上左右附见看首末尾配主页前面后的这个本文点击长按扫描识别发放在图片视频动截里中所示试，。 \np12：“（")
)


@given(st.lists(LOOKS, max_size=12).map("".join))
def test_whoever_points_at_a_picture_bears_the_mark(text: str) -> None:
    if pl.select(pl.lit(text).str.contains(media._POINTING)).item():
        assert marks(pl.Series([text])).item() & PICTURE


def share(text: str, size: int) -> float | None:
    grams = [text[k : k + size] for k in range(len(text) - size + 1)]
    return (len(grams) - len(set(grams))) / len(grams) if grams else None


@given(st.lists(st.text("ab中文😀", max_size=40), max_size=4), st.integers(1, 5))
def test_repeated_agrees_with_sets(texts: list[str], size: int) -> None:
    got = repeated_ngrams(pl.Series(texts, dtype=pl.String), size).to_list()
    assert got == [pytest.approx(want) if (want := share(text, size)) is not None else None for text in texts]


@pytest.mark.parametrize("size", [1, 2, 3, 12, 13])
@pytest.mark.parametrize(
    "text", ["好评" * 300, "天地玄黄宇宙洪荒日月盈" * 40, "".join(map(chr, range(0x4E00, 0x5000))) * 2, "啊" * 12]
)
def test_repeated_agrees_with_sets_where_much_repeats(text: str, size: int) -> None:
    got = repeated_ngrams(pl.Series([text, f"甲{text}乙{text}"]), size).to_list()
    assert got == [pytest.approx(share(each, size)) for each in (text, f"甲{text}乙{text}")]


@given(st.text("甲乙丙", min_size=13, max_size=20), st.text("丁戊", max_size=30), st.integers(0, 7), st.integers(9, 13))
def test_a_single_repeat_is_not_missed(gram: str, between: str, start: int, size: int) -> None:
    text = f"{gram}{between}{gram[start:]}庚{gram[:size]}"
    assert repeated_ngrams(pl.Series([text]), size).item() == pytest.approx(share(text, size))


def line_share(text: str) -> float | None:
    lines = [line for each in text.split("\n") if (line := re.sub(r"^[ \t\r>]+|[ \t\r>]+$", "", each))]
    return 1 - len(set(lines)) / len(lines) if lines else None


@given(st.lists(st.text("ab中😀 >\t\r\n\n", max_size=40), max_size=4))
def test_repeated_lines_agrees_with_sets(texts: list[str]) -> None:
    got = repeated_lines(pl.Series(texts, dtype=pl.String)).to_list()
    assert got == [pytest.approx(want) if (want := line_share(text)) is not None else None for text in texts]
