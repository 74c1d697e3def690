from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.similar import normal

Form = Callable[[str], str]

#: Texts in which everything that the normal form knows happens often.
ODD = "aZ09３Ａ中国，。、！“”（）…—.-+=×%#*'()° \n\t\u200b\ufe0f①㎏ﷺ㌔İ😀《》é\u0301"
TEXTS = st.text(st.one_of(st.sampled_from(ODD), st.characters(codec="utf-8")))


def slowly(text: str) -> str:
    """The normal form from its description, run by run."""
    runs = [(mark, "".join(run)) for mark, run in groupby("".join(map(normal.fold, text)), normal.is_mark)]
    ascii = {c for c in map(chr, range(128)) if c.isalnum()}
    kept = []
    for i, (mark, run) in enumerate(runs):
        touches = (i > 0 and runs[i - 1][1][-1] in ascii) or (i + 1 < len(runs) and runs[i + 1][1][0] in ascii)
        if not mark or touches:
            kept.append(run)
    return "".join(kept)


@given(TEXTS)
def test_the_compiled_loop_does_what_is_described(normal_form: Form, text: str) -> None:
    assert normal_form(text) == slowly(text)


@given(st.characters(codec="utf-8"))
def test_no_code_point_becomes_longer_than_its_bytes(character: str) -> None:
    assert len(normal.fold(character)) <= len(character.encode())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("今天天气不错，我们去公园。", "今天天气不错,我们去公园."),  # Chinese and Latin punctuation
        ("今天天气不错，我们去公园。", "今天天气不错\n\n我们去公园"),  # or none
        ("他说：“可以。”", "他说:「可以」!"),
        ("ＡＢＣ　１２３", "abc123"),  # full width, case, white space
        ("零宽\u200b字符\ufeff在此", "零宽字符在此"),
        ("好的👍🏻❤️", "好的"),
        ("**重点**：先洗菜", "重点：先洗菜"),
        ("• 第一\n• 第二", "- 第一\n- 第二"),
        ("3，5", "3,5"),
        ("ﬁle ㎏ ①", "file kg 1"),
        ("5 – 3 = 2", "5-3=2"),
    ],
)
def test_copies_agree(normal_form: Form, one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("结果是3.14", "结果是314"),
        ("结果是-5", "结果是5"),
        ("什么是C#？", "什么是C？"),
        ("求f'(x)", "求f(x)"),
        ("计算12+3", "计算12×3"),
        ("计算2(3+4)", "计算23+4"),
        ("长×宽", "长+宽"),
        ("涨了5%", "涨了5"),
        ("中文", "中国"),
        (r"\frac{1}{23}", r"\frac{12}{3}"),
    ],
)
def test_what_is_said_stays(normal_form: Form, one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


@pytest.mark.parametrize("text", ["", " \n\u3000", "。。。", "……！？", "😀😀", "\u200b\ufeff", "\ufe0f"])
def test_texts_that_say_nothing_are_empty(normal_form: Form, text: str) -> None:
    assert normal_form(text) == ""


@given(st.text("中国人民日报，。3a .-", max_size=40))
def test_white_space_never_matters(normal_form: Form, text: str) -> None:
    assert normal_form(text.replace(" ", "")) == normal_form(text) == normal_form("\n".join(text))
