"""Mending exam text: the marks of PDF extraction go, every Han and every formula stays."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.text import exam

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "exams" / "gaokao"

# Two lines as a PDF breaks them: 36 Han to a line.
WRAPPED = (
    "    小镇的图书馆建在河边，每到雨季，管理员都要把底层书架上的书一本一本搬\n"
    "到楼上去，等水退了再搬回来，年年如此，从来没有人听见他抱怨过一句话。  \n"
    "    河对岸是学校。\n"
)


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("种子 的萌发 ，需要 水分 。", "种子的萌发，需要水分。"),
        ("他说： “今天 下雨 ”，就走了", "他说：“今天下雨”，就走了"),
        ("共有 61种， 2016年 7月", "共有61种，2016年7月"),
        ("The boy  ran  home , and his  mother  smiled .", "The boy ran home, and his mother smiled."),
        ("the word “ swap ” means", "the word “swap” means"),
        ("细胞 DNA 的复制", "细胞 DNA 的复制"),
        ("正确的是（ \u3000\u3000\n） ", "正确的是（）"),
        ("横线上应填 \u3000   \u3000 。", "横线上应填____。"),
        ("这一过程的场所是 。它的意义是 ；", "这一过程的场所是____。它的意义是____；"),
        ("人们认为 ，这样更好", "人们认为，这样更好"),
        ("“___1___，___2____”两句", "“__1__，__2__”两句"),
        ("she asked me a    42    about the rain", "she asked me a __42__ about the rain"),
        ("she had never       seen snow", "she had never ____ seen snow"),
        ("these ________ birds", "these ________ birds"),
        ("故选项甲错误．乙正确．", "故选项甲错误。乙正确。"),
        ("约为 3．5 米", "约为3．5米"),
        ("春耕﹣﹣秋收", "春耕——秋收"),
        ("年份  雨量  温度\n甲年  100  20\n乙年  200  30", "年份 | 雨量 | 温度\n甲年 | 100 | 20\n乙年 | 200 | 30"),
        ("", ""),
    ],
)
def test_mending_a_line(text, mended):
    assert exam.mend(text) == mended


def test_lines_broken_at_the_margin_are_joined_and_paragraphs_are_not():
    first, second = exam.mend(WRAPPED).split("\n")
    assert first.startswith("小镇的图书馆")
    assert "搬到楼上去" in first
    assert second == "河对岸是学校。"


def test_a_sentence_that_breaks_off_goes_on_whatever_the_margin():
    first = "村里人都说，今年的水来得比往年早，渡船恐怕又要多停上几天，老人们已经"
    asked, whole = "结合材料，说明原因。", "渡口的船工说，" + "这条河每年都要涨两次水，水一涨，渡船就得停上好几天。" * 5
    printed = f"{first}\n在收拾东西了。\n{asked}\n{first}\n{asked}\n{whole}"
    assert exam.mend(printed).split("\n") == [f"{first}在收拾东西了。", asked, first, asked, whole]


def test_latin_words_keep_a_blank_where_lines_are_joined():
    text = (
        "The old  library  stands by the river, and  every  spring  the keeper  has to carry\n"
        "all the books  upstairs  before  the water  comes  into  the lowest  of its rooms .\n"
    )
    assert "to carry all the books upstairs" in exam.mend(text)


def test_a_poem_keeps_its_lines():
    poem = "秋夜\n某人\n一窗明月照书桌，半夜秋风过小河。\n旧友不来茶已冷，新诗写罢雁声多。"
    assert exam.mend(WRAPPED + poem).endswith(poem)


def test_formulas_are_left_alone():
    formula = r"$\left\{\begin{array}{l}x  +  y ， 1 \\ x - y\end{array}\right.$"
    assert exam.mend(f"解 方程组 {formula} ，得  解") == f"解方程组 {formula}，得 解"


@given(st.text(st.sampled_from("一二三。，；（）“” \n\u3000ABC.．1 ab$\\_①【】、"), max_size=200))
def test_no_han_is_lost_and_mending_ends(text):
    def han(text):
        return re.sub(r"[^一-鿿]", "", text)

    assert han(exam.mend(text)) == han(text)
    assert set(han(exam.question(text))) <= set(han(text))
    exam.labels(exam.question(text))
    exam.solution(text)


@given(
    st.lists(st.from_regex(r"\$[a-z0-9+\\{}^ ]{1,12}\$", fullmatch=True), max_size=6),
    st.sampled_from(["，", " 则 ", "\n"]),
)
def test_every_formula_survives(formulas, between):
    mended = exam.mend(between.join(f"设{formula}" for formula in formulas))
    assert [found for found in formulas if found not in mended] == []


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("21．（ 4分）河水为什么变浑？", "河水为什么变浑？"),
        ("3. (12 分) 求 $x$ 的值", "求 $x$ 的值"),
        ("6. $(15$ 分) 求 $x$ 的值", "求 $x$ 的值"),
        ("33．2016年某市下雨", "2016年某市下雨"),
        ("5. 2020年某市下雨", "2020年某市下雨"),
        ("1.5米高的树", "1.5米高的树"),
        ("一、现代文阅读（ 35分）  \n1．（ 9分）阅读下文", "阅读下文"),
        ("（一）文言文阅读（本题共4小题，19分）\n阅读下文", "阅读下文"),
        ("A\nThe old library", "The old library"),
        ("（1）说明原因。（ 6分）", "（1）说明原因。"),
        ("雨后会（ ）\nA．放晴  B．刮风   \nC．降温  D．起雾", "雨后会（）\nA. 放晴\nB. 刮风\nC. 降温\nD. 起雾"),
        ("雨后会（ ） A. 放晴 B. 刮风 C. 降温 D. 起雾", "雨后会（）\nA. 放晴\nB. 刮风\nC. 降温\nD. 起雾"),
        ("数目是（）\nA．250 B．300\nC．350 D．400", "数目是（）\nA. 250\nB. 300\nC. 350\nD. 400"),
        ("等于（A. $1$\nB. $2$\nC. $3$\nD.\n$4$", "等于（）\nA. $1$\nB. $2$\nC. $3$\nD. $4$"),
        ("41. A. rain  B. snow  C. wind  D. fog", "A. rain  B. snow  C. wind  D. fog"),
        ("读短文\n41. A. rain  B. snow\n42. A. up  B. on", "读短文\n41. A. rain  B. snow\n42. A. up  B. on"),
        ("A．风和日丽  天高云淡\nB．天高云淡  风和日丽", "A. 风和日丽 天高云淡\nB. 天高云淡 风和日丽"),
        ("A. 起雾 B. 刮风 2. 河水为何变浑？", "A. 起雾\nB. 刮风\n2. 河水为何变浑？"),
        ("从四个选项（A、B、C和D）中选", "从四个选项（A、B、C和D）中选"),
        ("维生素A. 是什么", "维生素A. 是什么"),
    ],
)
def test_a_question(text, question):
    assert exam.question(text) == question


@pytest.mark.parametrize(
    ("text", "solution"),
    [
        ("【解答】解： 因为 下雨 ，故选： B。\n【点评】\n", "因为下雨，故选：B。"),
        ("解：因为下雨", "因为下雨"),
        ("【解析】\n【分析】\n【1题详解】\n下雨。 【2 题详解】\n刮风。", "【1题详解】\n下雨。\n【2题详解】\n刮风。"),
        ("【解析】}\n\n【分析】先看雨量", "先看雨量"),
        ("【答案】 10. A    11. B    12. C", "10. A；11. B；12. C"),
        ("(1). 下雨 (2). 刮风", "（1）下雨\n（2）刮风"),
        ("（1）好氧菌     厌氧菌", "（1）好氧菌；厌氧菌"),
        ("因为下雨。35（二）选考题：共25分。请考生任选一题作答。", "因为下雨。"),
        ("甲正确\n![](https://example.org/a.jpg)\n", "甲正确"),
        ("解决问题", "解决问题"),
        ("【答案】\n", ""),
        ("", ""),
    ],
)
def test_a_solution(text, solution):
    assert exam.solution(text) == solution


@pytest.mark.parametrize(
    ("printed", "asked"),
    [
        ("河水上涨了，回答2—3题。\n渡口停了船。这说明（ ）", "河水上涨了。\n渡口停了船。这说明（）"),
        ("渡口停了船。根据案情回答95―97题。96.如船工起诉，法院应当（ ）", "渡口停了船。\n如船工起诉，法院应当（）"),
        ("阅读下面的文字，完成1～3题。\n渡口停了船。", "阅读下面的文字，完成1～3题。\n渡口停了船。"),
        ("这一做法（）11①方便了行人②节约了船票", "这一做法（）\n①方便了行人②节约了船票"),
    ],
)
def test_what_a_page_ran_into_a_question_goes(printed, asked):
    assert exam.question(printed) == asked


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("甲\nA. 一\nB. 二", "AB"),
        ("41. A. up  B. on\n42. A. in  B. at", "ABAB"),
        ("甲\nA.\nB.", ""),
        ("A\nB", ""),
    ],
)
def test_labels(question, labels):
    assert "".join(exam.labels(question)) == labels


@pytest.mark.parametrize(
    "bit",
    [" ", "\u3000", "（", "$", "\\begin{a}", "A. B. ", "\n", "1", "1. ", "_", "一  二  三\n", "（ 本题", "【", "5   "],
)
def test_hostile_text_takes_no_long_time(bit):
    text = bit * (50_000 // len(bit))
    start = time.process_time()
    exam.labels(exam.question(text))
    exam.solution(text)
    assert time.process_time() - start < 10


@pytest.mark.skipif(not DATA.exists(), reason="the shared data folder is not here")
def test_no_han_of_a_real_question_is_lost():
    for path in DATA.glob("*/*.json"):
        for item in json.loads(path.read_text("utf-8"))["example"]:
            for text in (item["question"], item["analysis"]):
                assert re.sub(r"[^一-鿿]", "", exam.mend(text)) == re.sub(r"[^一-鿿]", "", text)
