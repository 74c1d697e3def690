"""Exam sources: every shape of row becomes the same document; answers agree with the options they name."""

import json
import time
from pathlib import Path

import polars as pl
import pytest

from cqia.errors import NotADocument, Unreadable
from cqia.readers.exam_rows import _tex
from cqia.readers.raw import Raw
from cqia.readers.slices import cut, pages
from cqia.rules.measure import fire, measure
from cqia.schema import DOCUMENT
from cqia.sources.gaokao import GAOKAO
from cqia.sources.kaoyan import KAOYAN
from cqia.sources.law import LAW
from cqia.sources.logic import LOGIC

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "exams"
SOURCES = (GAOKAO, KAOYAN, LOGIC, LAW)

AGIEVAL = {
    "passage": None, "question": "甲把捡到的手机还给失主，失主应当向他支付（ ）", "label": ["A"], "answer": None,
    "other": None,
    "options": ["(A)保管手机的费用", "(B)手机的利润", "(C)一笔罚款", "(D)一笔税款"],
}  # fmt: skip
TAL = {
    "queId": "q1", "problem": "小明有$$3$$个苹果，又买了$$4$$个，一共有~\\uline{~~~~}~个． ", "answer_value": "C",
    "answer_option_list": [[{"aoVal": name, "content": f"$${n}$$ "}] for n, name in enumerate("ABCD", 5)],
    "answer_analysis": ["$$3+4=7$$（个）．  故选$$\\text{C}$$． "],
    "competition_source_list": ["2031年某市五年级竞赛第3题"],
}  # fmt: skip
M3KE = {"id": 0, "question": "设 $x \\\\in R$，则方程 $x=1$ 的解的个数为?", "A": "0", "B": "1", "C": "2", "D": "3",
        "answer": "B"}  # fmt: skip
LAWBENCH = {"instruction": "请你运用法律知识从A,B,C,D中选出一个正确的答案，并写在[正确答案]和<eoa>之间。",
            "question": "下列哪一项是民法的基本原则?A:平等;B:保密;C:速度;D:节约。",
            "answer": "正确答案：A。"}  # fmt: skip
COIG = {"textbox_q_instruction": "这是一道中学试题", "textbox_q_context": "小溪流过村庄，村里的人都爱它。",
        "subject": "语文",
        "textbox_question": "这句话主要写了什么？请用自己的话回答。", "textbox_answer": "小溪",
        "textbox_answer_analysis": []}  # fmt: skip
NEUTRAL = {"id": "k1", "question": "设函数在某点可导，则它在该点（ ）", "answer": "A",
           "options": {"A": "连续", "B": "间断", "C": "为零"}, "analysis": "可导必连续。", "subject": "数学",
           "type": "选择题", "year": 2031, "score": 5, "exam": "graduate"}  # fmt: skip


def raw(row: dict, name: str = "rows.jsonl") -> Raw:
    return Raw(f"/x/{name}", "d", "row=0", 1, row=row)


def item(source, row: dict, name: str = "rows.jsonl", **fields):
    (found,) = source.read(raw(row | fields, name))
    return found | json.loads(found["extra"])


def fired(source, row: dict, name: str = "rows.jsonl") -> list[str]:
    frame = pl.DataFrame(list(source.read(raw(row, name))), schema=DOCUMENT)
    frame = measure(frame, [rule.value for rule in source.rules])
    values = frame.select(rule.value.alias(rule.name) for rule in source.rules)
    fires = values.select(fire(rule).alias(rule.name) for rule in source.rules).row(0, named=True)
    return [name for name, value in fires.items() if value]


def records(source, *rows: tuple[dict, str]) -> dict[str, dict]:
    frame = pl.DataFrame([document for row, name in rows for document in source.read(raw(row, name))], schema=DOCUMENT)
    return {
        task.name: made.row(0, named=True)
        for task in source.tasks
        if (made := frame.filter(task.when).select(input=task.input, output=task.output, metadata=task.metadata,
                                                   minor=task.minor if isinstance(task.minor, pl.Expr) else pl.lit("")))
        .height
    }  # fmt: skip


def test_agieval():
    found = item(LAW, AGIEVAL, "jec-qa-kd.jsonl")
    assert found["text"].split("\n")[1:3] == ["A. 保管手机的费用", "B. 手机的利润"]
    assert (found["solution"], found["exam"], found["tags"]) == ("答案：A. 保管手机的费用", "law", ["法律", "选择题"])
    several = item(LAW, AGIEVAL | {"label": ["C", "A"]}, "jec-qa-kd.jsonl")
    assert several["solution"] == "答案：AC\nA. 保管手机的费用\nC. 一笔罚款"
    passage = item(LOGIC, AGIEVAL | {"passage": "甲是一个诚实的人。"}, "logiqa-zh.jsonl")
    assert passage["context"] == "甲是一个诚实的人。"
    assert passage["text"].startswith("甲把")
    made = records(LOGIC, (AGIEVAL | {"passage": "甲是一个诚实的人。"}, "logiqa-zh.jsonl"))
    assert made["pick"]["input"].startswith("甲是一个诚实的人。\n\n甲把")
    stray = AGIEVAL | {"options": ["(A)B．保管手机的费用", "(B)(A)手机的利润", "(C)A货", "(D)D"]}
    assert item(LAW, stray)["text"].split("\n")[1:] == ["A. 保管手机的费用", "B. 手机的利润", "C. A货", "D. D"]
    cloze = AGIEVAL | {
        "options": None,
        "label": None,
        "answer": "$2$",
        "question": "方程 $x-2=0$ 的解是 ($\\quad$)\\\\\n",
    }
    assert item(GAOKAO, cloze, "gaokao-mathcloze.jsonl")["solution"] == "$2$"


def test_tal():
    found = item(GAOKAO, TAL)
    assert (found["id"], found["year"], found["level"]) == ("tal-q1", "2031", "竞赛")
    assert found["text"].startswith("小明有$3$个苹果，又买了$4$个，一共有____个")
    assert found["solution"].endswith("故选$\\text{C}$．")
    assert found["blank"]["answer"].endswith("答案：$7$")


def test_m3ke_tells_level_and_subject_by_its_file():
    found = item(KAOYAN, M3KE, "Linear Algebra-Natural Sciences-College.jsonl")
    assert (found["exam"], found["tags"][0], found["solution"]) == ("graduate", "线性代数", "答案：B. 1")
    assert "\\in" in found["text"]
    assert "\\\\in" not in found["text"]
    assert fired(GAOKAO, M3KE, "Linear Algebra-Natural Sciences-College.jsonl") == ["other_exam"]
    assert fired(GAOKAO, M3KE | {"answer": ""}, "Math-Natural Sciences-Primary school.jsonl") == ["no_answer"]


@pytest.mark.parametrize(
    ("printed", "asked"),
    [
        ("炸沉了自己的船以后自杀的是 ?", "炸沉了自己的船以后自杀的是（）。"),
        ("办学要以 为本，这句话写在哪里?", "办学要以（）为本，这句话写在哪里。"),
        ("下列哪一项与光的速度有关?", "下列哪一项与光的速度有关？"),
        ("水在常温下是____的液体?", "水在常温下是____的液体。"),
        ("方程 $x^2=1$ 的两个根之和为 $b$?", "方程 $x^2=1$ 的两个根之和为 $b$?"),
    ],
)
def test_m3ke_lost_its_gaps_and_has_marks_that_ask_nothing(printed, asked):
    assert item(KAOYAN, M3KE, "高等数学-大学.json", question=printed)["text"].split("\nA. ")[0] == asked


@pytest.mark.parametrize(
    ("problem", "stem"),
    [
        ("$$9\\div 11$$的商的第$$50$$位上的数字是． ", "$9\\div 11$的商的第$50$位上的数字是____。"),
        ("若$$x-y=4$$，则$$y-x=$$．", "若$x-y=4$，则$y-x=$____。"),
        ("从甲地到乙地，共有种不同的走法．", "从甲地到乙地，共有____种不同的走法。"),
        ("参加比赛的一共有人． ", "参加比赛的一共有____人。"),
        ("三个小朋友分苹果，小明分到了个苹果．", "三个小朋友分苹果，小明分到了____个苹果。"),
        ("这道题一共有几种解法？ ", "这道题一共有几种解法？"),
        ("盒子里有（~ ）个球，共有种颜色．", "盒子里有（）个球，共有种颜色。"),
        ("教室里没有人． ", "教室里没有人。"),
    ],
)
def test_a_gap_that_the_bank_lost_is_put_back_where_one_is_sure_of_it(problem, stem):
    assert item(GAOKAO, TAL, problem=problem)["text"].split("\nA. ")[0] == stem


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        (r"若$$x\textgreater{}1$$，则$$\left\textbar{} x-1 \right\textbar$$是（~ ）",
         r"若$x>1$，则$\left| x-1 \right|$是（）"),
        (r"若$$a\textless b$$，&there4;$$b &nbsp;&gt; a$$，图象交\emph{x}轴于\emph{A}点",
         "若$a< b$，∴$b > a$，图象交x轴于A点"),
        (r"由图，点\emph{A}\textsubscript{12}\hfill\break 在线\ldots\\ 上", "由图，点A₁₂\n在线…\n上"),
        (r"\textbf{(2031 River Contest, Question \#7)}  How much is $$\begin{cases}a\\ b\end{cases}$$?",
         r"How much is $\begin{cases}a\\ b\end{cases}$?"),
        (r"降价$$7 \%$$以后，又降了10\%", r"降价$7 \%$以后，又降了10%"),
    ],
)  # fmt: skip
def test_the_latex_of_tal_is_one_that_renders(printed, text):
    assert _tex(printed) == text


@pytest.mark.parametrize("analysis", ["暂无", "略．", "（无解析）"])
def test_an_analysis_that_says_there_is_none_is_none(analysis):
    found = item(GAOKAO, TAL, answer_analysis=[analysis])
    assert (found.get("analysis"), found["solution"]) == (None, "答案：C. $7$")


def test_what_a_converter_left_in_agieval_goes():
    found = item(GAOKAO, AGIEVAL, "gaokao-chinese.jsonl", question="下列句子没有语病的一句是A",
                 passage="__材料一：__。溪水从村前流过。__1__的人爱它。____和____都来了。")  # fmt: skip
    assert found["text"].startswith("下列句子没有语病的一句是\nA. ")
    assert found["context"] == "材料一：溪水从村前流过。__1__的人爱它。____和____都来了。"


@pytest.mark.parametrize("name", ["LICENSE", "README.md", "LICENSE.txt"])
@pytest.mark.parametrize("source", SOURCES)
def test_a_note_beside_the_papers_is_no_paper(source, name):
    note = Raw(f"/x/{name}", "d", "", 1, data=b"1. Definitions. The words below mean what they mean.\n2. Grant.")
    with pytest.raises(NotADocument) as raised:
        list(source.read(note))
    assert raised.value.reason == "not_data"


def test_lawbench():
    found = item(LAW, LAWBENCH)
    assert found["text"].split("\n") == ["下列哪一项是民法的基本原则?", "A. 平等", "B. 保密", "C. 速度", "D. 节约"]
    assert found["solution"] == "答案：A. 平等"
    with pytest.raises(NotADocument) as raised:
        LAW.read(raw(LAWBENCH | {"instruction": "请概括下面的新闻。"}))
    assert raised.value.reason == "not_an_exam"


def test_coig():
    found = item(GAOKAO, COIG)
    assert found["text"] == "小溪流过村庄，村里的人都爱它。\n\n这句话主要写了什么？请用自己的话回答。"
    assert (found["solution"], found["tags"]) == ("小溪", ["语文", "解答题"])


def test_the_neutral_row():
    found = item(KAOYAN, NEUTRAL)
    assert found["text"] == "设函数在某点可导，则它在该点（）\nA. 连续\nB. 间断\nC. 为零"
    assert found["solution"] == "可导必连续。\n故选A。"
    inline = item(KAOYAN, {"question": "一加一等于（ ）\nA. 二  B. 三", "answer": "答案：A"})
    assert (inline["solution"], inline["form"]) == ("答案：A. 二", "choice")
    assert item(KAOYAN, {"question": "一加一等于几？", "answer": "二"})["form"] == "open"
    listed = item(KAOYAN, NEUTRAL | {"options": ["A. 连续", "B、间断", "C为零"]})
    assert listed["text"] == found["text"]


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        (NEUTRAL, []),
        (NEUTRAL | {"answer": ""}, ["no_answer"]),
        (NEUTRAL | {"answer": None}, ["no_answer"]),
        (NEUTRAL | {"answer": "D"}, ["wrong_answer"]),
        (NEUTRAL | {"analysis": "由定义，故选B。"}, ["wrong_answer"]),
        (NEUTRAL | {"answer": "A. 间断"}, ["wrong_answer"]),
        (NEUTRAL | {"answer": "A. 连续"}, []),
        (NEUTRAL | {"answer": "都不对"}, ["wrong_answer"]),
        (NEUTRAL | {"options": {"A": "连续", "B": "", "C": "为零"}}, ["lost_text"]),
        (NEUTRAL | {"options": {"A": "连续", "B": "连续", "C": "为零"}}, ["lost_text"]),
        (NEUTRAL | {"question": "根据原文，下列说法正确的一项是（ ）"}, ["lost_text"]),
        (NEUTRAL | {"question": "下列对文中加点词语的解说，正确的一项是（ ）"}, ["lost_text"]),
        (NEUTRAL | {"question": "某人擅自给照片配上文字，提供虚假材料的手段应受（ ）"}, []),
        (NEUTRAL | {"question": "“每个人只需敲几下键盘，就可以了解世界上所有的知识。”文中的键盘属于（ ）"}, []),
        (NEUTRAL | {"question": "下列文章中不曾提到长妈妈的一篇是《朝花夕拾》里的（ ）"}, []),
        (NEUTRAL | {"images": ["https://example.org/a.png"]}, ["needs_picture"]),
        (NEUTRAL | {"question": "如图所示的函数在原点可导，则它在原点（ ）"}, ["needs_picture"]),
        (NEUTRAL | {"exam": "law"}, ["other_exam"]),
        ({"question": "求导。", "answer": "略去"}, ["short"]),
    ],
)  # fmt: skip
def test_what_is_dropped(row, reasons):
    assert fired(KAOYAN, row) == reasons


@pytest.mark.parametrize(
    ("fields", "blank"),
    [
        ({}, ("设函数在某点可导，则它在该点____", "可导必连续。\n答案：连续")),
        ({"analysis": "A正确，B错误。故选A。"}, ("设函数在某点可导，则它在该点____", "答案：连续")),
        ({"question": "函数在一点可导，那么它在该点必定是"},
         ("函数在一点可导，那么它在该点必定是____。", "可导必连续。\n答案：连续")),
        ({"question": "下列说法中正确的是（ ）"}, None),
        ({"question": "函数在（ ）可导，则它在该点（ ）"}, None),
        ({"options": {"A": "以上都对", "B": "间断", "C": "为零"}}, None),
        ({"options": {"A": "B和C", "B": "间断", "C": "为零"}}, None),
        ({"options": {"A": "连续而且有界并且一致地可以被多项式逼近", "B": "间断", "C": "为零"}}, None),
        ({"answer": "AB"}, None),
        ({"answer": "A", "analysis": "所以选B。"}, None),
        ({"question": "The function is ( ) at this point", "analysis": ""}, None),
        ({"question": "已知函数在原点的值 $f(0)=(\\quad)$", "analysis": ""},
         ("已知函数在原点的值 $f(0)=$____", "答案：连续")),
        ({"question": "已知函数在原点的值为 ($\\quad$)", "analysis": ""}, ("已知函数在原点的值为 ____", "答案：连续")),
    ],
)  # fmt: skip
def test_a_choice_question_as_fill_in_the_blank(fields, blank):
    found = item(KAOYAN, NEUTRAL | fields).get("blank")
    assert (found and (found["question"], found["answer"])) == blank


def test_tasks():
    made = records(KAOYAN, (NEUTRAL, "a.jsonl"))
    assert made.keys() == {"choice", "blank"}
    assert made["choice"]["metadata"] == "year:2031, score:5"
    assert (made["choice"]["minor"], made["blank"]["minor"]) == (["考研", "选择题"], ["考研", "填空题"])
    assert made["blank"]["input"] == "设函数在某点可导，则它在该点____"
    assert records(GAOKAO, (TAL, "a.jsonl")).keys() == {"school_choice", "blank"}
    assert records(GAOKAO, (AGIEVAL, "gaokao-history.jsonl"))["pick"]["metadata"] == ""


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_wordings(source):
    for task in source.tasks:
        made = {wording.format(subject="数学", kind="填空题", year="") for wording in task.wordings}
        assert len(made) == len(task.wordings) >= 10
        assert len({wording[:3] for wording in made}) >= 9
        assert set(source.published.files) >= {task.name}


@pytest.mark.parametrize("row", [{}, {"question": 3, "answer": "A"}, {"question": "", "answer": "A"}, {"text": "甲"}])
def test_another_shape_is_quarantined(row):
    for source in SOURCES:
        with pytest.raises(Unreadable) as raised:
            source.read(raw(row))
        assert raised.value.reason == "unknown_shape"


def test_an_endless_item_is_quarantined():
    with pytest.raises(Unreadable) as raised:
        KAOYAN.read(raw(NEUTRAL | {"question": "长" * 300_000}))
    assert raised.value.reason == "too_large"


LOGIQA = (
    "\na\n1.屋里只有甲和乙。\n谁在屋里？\nA.甲\nB．丙\nC 丁\nD.戊\n\nc\n2.天下雨。\n怎样？\nA.甲\nB.乙\nC.地湿\nD.丁\n"
)


def test_logiqa():
    first, second = LOGIC.read(Raw("zh.txt", "d", "", 1, data=LOGIQA.encode()))
    assert (first["context"], first["text"]) == ("屋里只有甲和乙。", "谁在屋里？\nA. 甲\nB. 丙\nC. 丁\nD. 戊")
    assert json.loads(second["extra"])["solution"] == "答案：C. 地湿"


@pytest.mark.parametrize("text", [LOGIQA.rsplit("\n", 3)[0], LOGIQA.replace("\nc\n", "\n?\n")])
def test_a_logiqa_file_cut_short_is_quarantined(text):
    with pytest.raises(Unreadable) as raised:
        LOGIC.read(Raw("zh.txt", "d", "", 1, data=text.encode()))
    assert raised.value.reason == "bad_lines"


def test_a_paper_is_as_many_documents_as_it_has_questions():
    asked = "一、填空题\n1．设 $f(x)=x^2$，则 $f'(3)$ 等于 ____ 。\n2．求 $\\sin x$ 的导数，写出过程。"
    text = f"2031年考研数学真题\n{asked}\n参考答案\n1．$6$\n2．略"
    first, second = KAOYAN.read(Raw("2031.md", "d", "", 1, data=text.encode()))
    assert first["tags"] == ["数学", "填空题"]
    assert json.loads(first["extra"])["solution"] == "$6$"
    assert json.loads(first["extra"])["year"] == "2031"
    assert second["text"].startswith("求")


@pytest.mark.skipif(not DATA.exists(), reason=f"wants the question banks in {DATA}")
@pytest.mark.parametrize(
    ("source", "globs", "documents", "kept"),
    [
        (GAOKAO, ["agieval/gaokao*", "tal_scq5k/**/*.jsonl"], 7072, 6900),
        (LAW, ["agieval/jec*", "lawbench/**/1-2.json"], 2500, 2450),
        (LOGIC, ["agieval/logiqa*", "logiqa/**/zh*.txt"], 1953, 1940),
    ],
    ids=["school", "law", "logic"],
)
def test_every_real_item_is_a_document_whose_answer_names_its_option(source, globs, documents, kept):
    found = [
        document
        for glob in globs
        for path in sorted(DATA.glob(glob))
        for slice in cut(path, slice_bytes=1 << 24, whole=source.whole)
        for page in pages(slice)
        for document in source.read(page)
    ]
    frame = pl.DataFrame(found, schema=DOCUMENT)
    assert frame.height == documents
    measured = measure(frame, [rule.value for rule in source.rules])
    fires = measured.select(rule.value.alias(rule.name) for rule in source.rules)
    passing = frame.filter(~fires.select(pl.any_horizontal(fire(rule) for rule in source.rules)).to_series())
    assert passing.height >= kept
    for document in passing.iter_rows(named=True):
        extra = json.loads(document["extra"])
        if extra["form"] == "choice":
            offered = {line[0] for line in document["text"].split("\n") if line[1:3] == ". "}
            assert set(extra["answer"]) <= offered, document["text"]
            assert extra["answer"][0] in extra["solution"][-200:] or "analysis" not in extra


@pytest.mark.parametrize(
    "hostile",
    ["<a " + 'b="c"' + " " * 50_000, "（" * 60_000, "$" * 60_001, "A. " * 30_000, "A" * 90_000, " " * 90_000 + "x",
     "故选" * 40_000,
     "____" * 20_000, "【解析】" * 20_000, "~\\uline{" * 10_000, "1-2 " * 20_000],
    ids=lambda text: text[:8].strip(),
)  # fmt: skip
def test_hostile_words_take_no_longer(hostile):
    began = time.process_time()
    row = NEUTRAL | {"question": hostile, "analysis": hostile, "options": {"A": "连续", "B": "间断", "C": hostile[:9]}}
    for fields in (row, row | {"answer": hostile}, TAL | {"problem": hostile}):
        try:
            list(KAOYAN.read(raw(fields)))
        except Unreadable as error:
            assert error.reason in ("too_large", "unknown_shape")  # noqa: PT017 - either is an answer
    assert time.process_time() - began < 8
