"""Papers: split into questions, with what they share and with the answers from wherever they stand."""

import time

import pytest

from cqia.errors import NotADocument, Unreadable
from cqia.readers.latex import plain
from cqia.readers.paper import split
from cqia.readers.paper_files import questions
from cqia.readers.raw import Raw

AT_THE_END = """2031年某市中考物理试卷
注意事项：
1．答题前写好姓名。

一、单项选择题：本大题共3小题，每小题3分，共9分。
1．水在一个标准大气压下沸腾的温度是（    ）
A．0℃   B．50℃   C．100℃   D．200℃
2．下列能源中属于可再生能源的是
A．煤  B．石油
C．风能  D．天然气
3．关于声音，说法正确的是
1. 声音可以在真空中传播
A. 甲 B. 乙 C. 丙 D. 丁
二、填空题
4．光在真空中的速度约为______m/s。
三、计算题（共20分）
5．（10分）一辆小车2小时走了10千米。
（1）求平均速度；
（2）走20千米要多久？

参考答案与评分标准
一、单项选择题
1．C  2．C  3. B
二、填空题
4．$3\\times10^8$
三、计算题
5．解：（1）5 km/h
（2）4小时
"""

INLINE = """# 2030年考研政治真题
## 一、单选题
1. 实践是认识的（ ）
A. 来源
B. 终点
C. 形式
D. 结果
【答案】A
【解析】认识从实践中来。故选A。
2. 下面哪一年在后
A. 1949 B. 1978
答案：B  【解析】比较大小即可。
## 二、分析题
阅读下面的材料，回答3~4题。
一家工厂先修路，后建厂房，三年里产量翻了一番，工人的收入也随着增加了不少。
3. 这家工厂为什么先修路？
【答案】运输方便。
4. 说明产量和收入的关系。
【答案】产量增加，收入增加。
5. 谈谈你的家乡。
【答案】言之成理即可。
"""


def parts(text: str, name: str = ""):
    return [(item.question, "".join(item.answers), item.analysis) for item in split(text, name)]


def test_answers_at_the_end_find_their_questions():
    found = split(AT_THE_END)
    assert [item.category for item in found] == ["第1题", "第2题", "第3题", "第4题", "第5题"]
    assert [item.kind for item in found] == ["单项选择题"] * 3 + ["填空题", "计算题"]
    assert [item.answers for item in found[:4]] == [("C",), ("C",), ("B",), ("$3\\times10^8$",)]
    assert found[4].answers == ("解：（1）5 km/h\n（2）4小时",)
    assert {(item.year, item.subject, item.level) for item in found} == {("2031", "物理", "初中")}
    assert "（2）走20千米要多久？" in found[4].question
    assert "1. 声音可以在真空中传播" in found[2].question


def test_answers_after_each_question():
    found = split(plain(INLINE))
    assert [item.answers for item in found][:2] == [("A",), ("B",)]
    assert found[0].analysis == "认识从实践中来。故选A。"
    assert found[1].analysis == "比较大小即可。"
    assert found[0].question.endswith("D. 结果")


def test_a_passage_belongs_to_the_questions_it_names():
    found = split(plain(INLINE))
    assert ["先修路，后建厂房" in item.passage for item in found] == [False, False, True, True, False]
    assert found[4].question == "谈谈你的家乡。"


def test_an_article_before_a_sections_questions_is_their_passage():
    article = "从前有一座山，山里有一条路，路边住着一位养蜂人。" * 6
    found = split(f"一、现代文阅读（共2题）\n{article}\n1．山里有什么？\n2．谁住在路边？\n二、写作\n3．写一篇短文。")
    assert [item.passage == article for item in found] == [True, True, False]
    found = split("一、阅读理解\n每题2分，请把答案写在答题卡上。\n1．山里有什么？\n2．谁住在路边？")
    assert [item.passage for item in found] == ["", ""]


def test_english_passages():
    text = "Section II\nPart A\nText 1\nBees live in hives.\nThey make honey.\n21. Where do bees live?\nA. hives\n" \
           "B. trees\nText 2\nFish swim.\n22. What do fish do?\nA. fly\nB. swim"  # fmt: skip
    found = split(text)
    assert [item.passage.split("\n")[0] for item in found] == ["Text 1", "Text 2"]
    assert "honey" in found[0].passage


@pytest.mark.parametrize(
    ("key", "answers"),
    [
        ("1-4 ABCD", "A B C D"),
        ("1~2：AB  3~4：CD", "A B C D"),
        ("1-4：AB C ABD B", "AB C ABD B"),
        ("题号 | 1 | 2 | 3 | 4\n答案 | A | C | B | D", "A C B D"),
        ("1．A\n2．B\n3．【答案】C【解析】因为丙。\n4．D", "A B C D"),
        ("1、A 2、B 3、C 4、D\n\n1．甲是对的。\n2．乙。", "A B C D"),
        ("1.[A] 略\n2. B。因为乙。\n3. C\n4. D", "[A] 略 B C D"),
    ],
)
def test_the_shapes_of_an_answer_key(key, answers):
    text = "一、选择题\n" + "\n".join(f"{n}．第{n}个问题是什么（ ）\nA．甲 B．乙 C．丙 D．丁" for n in range(1, 5))
    found = split(f"{text}\n\n参考答案\n{key}")
    assert " ".join("".join(item.answers) for item in found) == answers


def test_numbers_that_begin_again_in_each_section():
    text = "一、判断题\n1．天是蓝的。\n2．草是红的。\n二、问答题\n1．为什么天是蓝的？\n2．草是什么颜色？\n" \
           "答案与解析\n一、判断题\n1．对 2．错\n二、问答题\n1．因为散射。\n2．绿色。"  # fmt: skip
    assert [item.answers for item in split(text)] == [("对",), ("错",), ("因为散射。",), ("绿色。",)]


def test_what_was_lost_is_listed():
    (item,) = split("1．看图 ![](word/media/image1.png) 求 ![公式](word/embeddings/oleObject1.bin) 的值。")
    assert item.media == (("image", "word/media/image1.png"), ("formula", "word/embeddings/oleObject1.bin"))
    assert item.unread == "word/embeddings/oleObject1.bin"


def test_latex_source():
    source = r"""\documentclass{exam}
\usepackage{amsmath} % 宏包
\title{2032年考研数学真题}
\begin{document}
\maketitle
\section*{一、选择题}
\begin{enumerate}
\item 设 \(f(x)=x^2\)，则 \[ f'(1) = \] 的值为 \paren
\begin{choices} \choice $1$ \choice $2$ \choice $3$ \choice $4$ \end{choices}
\begin{solution} 求导即得，50\% 的人会做。故选B。 \end{solution}
\item 填空：\underline{\hspace{2cm}}，见 \includegraphics[width=3cm]{fig/a.png}
  \begin{enumerate} \item 甲 \item 乙 \end{enumerate}
\item \begin{tabular}{c|c} $a$ & b \\ \hline 1 & 2 \end{tabular} 是什么？
\end{enumerate}
\end{document} 以后的不算"""
    first, second, third = split(plain(source))
    assert first.question.startswith("设 $f(x)=x^2$，则 $$f'(1) =$$ 的值为 （）")
    assert "A. $1$" in first.question
    assert "D. $4$" in first.question
    assert first.analysis == "求导即得，50% 的人会做。故选B。"
    assert "____" in second.question
    assert "（1）甲" in second.question.replace(" ", "")
    assert second.media == (("image", "fig/a.png"),)
    assert r"\begin{tabular}{c|c} $a$ & b \\ \hline 1 & 2 \end{tabular}" in third.question
    assert first.year == "2032"


def test_mathpix_markdown():
    source = "# 2031年考研化学\n\n\\section*{二、填空题}\n11. 纯水的 $\\mathrm{pH}$ 为 ____ ，占 30% 。\n\n" \
             "![](https://cdn.example.org/a.jpg?height=3&width=4)\n12. \\( K^{\\ominus}= \\) ____\n" \
             "参考答案\n11. 7\n12. 1"  # fmt: skip
    first, second = split(plain(source))
    assert first.media == (("image", "https://cdn.example.org/a.jpg?height=3&width=4"),)
    assert "30%" in first.question
    assert second.question == "$K^{\\ominus}=$ ____"
    assert (first.answers, second.answers) == (("7",), ("1",))


def test_plain_text_stays_as_it_is():
    assert plain("1. 花费 100% 的力气~好") == "1. 花费 100% 的力气~好"


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"\xd0\xcf\x11\xe0" + b"x" * 99, "old_word"), ("长" * 3_000_001, "too_large"), (b"\0\x01\xff" * 99, "binary")],
)
def test_what_cannot_be_read(data, reason):
    data = data.encode() if isinstance(data, str) else data
    with pytest.raises(Unreadable) as raised:
        questions(Raw("a.txt", "d", "", len(data), data=data))
    assert raised.value.reason == reason


def test_a_text_without_questions_is_no_paper():
    with pytest.raises(NotADocument) as raised:
        questions(Raw("a.txt", "d", "", 9, data="今天天气很好。\n我们去公园。".encode()))
    assert raised.value.reason == "no_questions"


@pytest.mark.parametrize(
    "hostile",
    ["\\begin{enumerate}\\item " * 20_000, "\\[" * 200_000, "$" * 300_001, "1. " * 200_000, "一、" * 200_000,
     "【答案】" * 100_000,
     "1-2 A" * 100_000, "(" * 300_000, "1．题\n\n\n\n参考答案\n1-2 " + "A" * 3_000 + "z",
     "1．题\n\n\n\n参考答案\n" + "1. " * 99_999, "![](" * 100_000,
     "\\underline{" + "\\quad" * 100_000, "1．x\n" * 50_000,
     "参考答案\n" * 50_000, "阅读下面" * 100_000,
     "\n".join(f"{n}．题" for n in range(1, 999)) + "\n答案\n" + "1-9 " * 99_999],
    ids=lambda text: text[:10],
)  # fmt: skip
def test_hostile_text_takes_no_longer(hostile):
    began = time.process_time()
    split(plain(hostile))
    assert time.process_time() - began < 5
