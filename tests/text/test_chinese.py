"""The normal form, as a table of cases and as properties."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.text import chinese


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("加微信", "加微信"),
        ("加 微 信", "加微信"),
        ("加.微-信", "加微信"),
        ("加\u200b微\u200c信\ufeff", "加微信"),
        ("加【微】信", "加微信"),
        ("請加微信", "请加微信"),
        ("ＶＸ：ａｂｃ", "vx\nabc"),
        ("Ⓥ信", "v信"),
        ("🅥信 🆅信 🇻信", "v信v信v信"),
        ("➕v ＋V +v", "加v+v+v"),
        ("1️⃣3️⃣", "13"),
        ("use  AVX 512", "use avx 512"),
        ("a \u200b b", "a b"),
        ("更加。微信", "更加\n微信"),
        ("更加，\n\n微信", "更加\n微信"),
        ("㍿", "株式会社"),
        ("ﷺ", ""),
        ("", ""),
    ],
)
def test_normal_form(text: str, form: str) -> None:
    assert chinese.normal(text) == form


@given(st.text(max_size=60))
def test_normal_is_idempotent_and_has_single_separators(text: str) -> None:
    form = chinese.normal(text)
    assert chinese.normal(form) == form
    assert "  " not in form
    assert "\n\n" not in form


def test_folds_are_short_and_closed() -> None:
    folds = chinese.folds()
    assert max(map(len, folds.values())) == chinese.LONGEST_FOLD
    for folded in folds.values():
        for character in folded:
            assert folds.get(ord(character), character) == character, (folded, character)


def test_simplified_pairs_are_single_characters_that_differ() -> None:
    table = chinese.simplified()
    assert len(table) > 3000
    assert all(len(a) == len(b) == 1 and a != b for a, b in table.items())
    assert table["萬"] == "万"


@pytest.mark.parametrize(
    ("text", "share"),
    [("全是中文。", 1.0), ("half一半", 0.3333), ("English only", 0.0), ("", None), (None, None), ("😀😀", 1.0)],
)
def test_han_share(text: str | None, share: float | None) -> None:
    value = pl.DataFrame({"text": [text]}, schema={"text": pl.String}).select(chinese.han_share()).item()
    assert value == (pytest.approx(share, abs=1e-3) if share is not None else None)
