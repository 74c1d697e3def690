"""中学考试 (exams): questions of the national college entrance examination, with answers and analyses (paper, A.4).

Where from: GAOKAO-Bench (github.com/OpenLMLab/GAOKAO-Bench, Apache-2.0), 2,811 items of 2010 to 2022 in 32 files, each
an envelope that names subject and type around a list:

    {"keywords": "2010-2022_History_MCQs", "example": [
      {"year": "2010", "category": "（新课标）", "score": 4, "index": 0, "answer": ["B"],
       "question": "1．（ 4分）……主要是因为（ 　　）\\nA．甲  B．乙", "analysis": "……\\n故选： B。\\n"}]}

becomes the document ``gaokao:2010-2022_History_MCQs-0``, whose text is the mended question, one option per line. Its
answer and the solution made of analysis and answer are in ``extra``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from cqia.errors import Unreadable
from cqia.readers.raw import Raw
from cqia.rules.rule import Rule
from cqia.schema import Document
from cqia.sources.source import Published, Quota, Source, Task, wordings
from cqia.text import exam

SUBJECTS = {
    "Math": "数学", "Chinese": "语文", "English": "英语", "Physics": "物理", "Chemistry": "化学", "Biology": "生物",
    "History": "历史", "Geography": "地理", "Political": "政治",
}  # fmt: skip
#: The type as a part of the file's name, the first that is found.
TYPES = {
    "MCQs": "选择题", "Fill_in_Blanks": "完形填空题", "Fill-in-the-Blank": "填空题", "Cloze_Test": "七选五阅读题",
    "Cloze_Passage": "语法填空题", "Error_Correction": "短文改错题", "Reading_Comp": "阅读理解题",
    "Modern_Lit": "现代文阅读题", "Ancient_Poetry": "诗歌鉴赏题", "Classical_Chinese": "文言文阅读题",
    "Famous_Passages": "名句默写题", "Literary_Text": "文学类文本阅读题", "Practical_Text": "实用类文本阅读题",
    "Writing_Skills": "语言文字运用题", "Open-ended": "解答题",
}  # fmt: skip

#: The longest item seen has 9,000.
MAX_CHARS = 200_000
#: An answer with as many formulas (each between two dollars) is a worked solution; results have fewer.
WORKED = 12

_CHOSEN = re.compile(r"(?:[故应题案此]选|选择|答案[为是:：])\s*[:：]?\s*(?:\$?\\mathrm\{)?([A-G]{1,4})(?![A-Za-z])")
_SUB_QUESTION = re.compile(r"^(?:(\d{1,2})[．.、](?!\d)|[（(](\d{1,2})[）)])", re.MULTILINE)


def read(raw: Raw) -> Iterable[Document]:
    """One item.

    Raises:
        Unreadable: ``unknown_shape`` for a row without a question, or a whole file; ``too_large``.
    """
    row = raw.row or {}
    asked = row.get("question")
    if not isinstance(asked, str) or "answer" not in row:
        raise Unreadable("unknown_shape", f"{raw.path}: an exam item has question, answer and analysis; this has "
                         f"{sorted(map(str, row))[:10] or 'no fields'}")
    if sum(len(str(row.get(key))) for key in ("question", "answer", "analysis")) > MAX_CHARS:
        raise Unreadable("too_large", f"{raw.path} {raw.locator}: an item of more than {MAX_CHARS:,} characters")
    envelope = row.get("_envelope")
    keywords = str(envelope.get("keywords") or "") if isinstance(envelope, Mapping) else ""
    subject = next((name for word, name in SUBJECTS.items() if f"_{word}" in keywords), None)
    kind = next((name for word, name in TYPES.items() if word in keywords), None)
    text = exam.question(asked)
    given, analysis = row["answer"], exam.solution(str(row.get("analysis") or ""))
    if isinstance(given, Sequence) and not isinstance(given, str):
        choices = [str(choice).strip() for choice in given if str(choice).strip()]
        answer = "、".join(choices)
        wrong = disagreement(text, choices, analysis)
        parts = {"form": "choice", "solution": chosen(text, choices, analysis), "wrong": wrong}
    else:
        answer = exam.solution(str(given or ""))
        parts = {"form": "open", "solution": solved(answer, analysis), "wrong": None}
    details = {key: row.get(key) for key in ("year", "category", "score")}
    details |= {"answer": answer or None, "analysis": analysis or None} | parts
    index = row.get("index")
    return [
        {
            "id": f"{keywords}-{index}" if keywords and isinstance(index, int) else None,
            "text": text,
            "tags": [tag for tag in (subject, kind) if tag],
            "extra": json.dumps(details, ensure_ascii=False),
        }
    ]


def chosen(question: str, choices: Sequence[str], analysis: str) -> str | None:
    """The solution of a choice question: the analysis, and after it the answer unless it stands at its end."""
    if not choices:
        return None
    analysis = re.sub(r"^[A-G]{2,20}[.。]?\n", "", analysis)
    if len(choices) == 1:
        at_end = _CHOSEN.findall(analysis[-40:])
        answer = "" if at_end and at_end[-1] == choices[0] else f"故选{choices[0]}。"
    else:
        numbers = sub_questions(question, len(choices))
        answer = "答案：" + "；".join(f"{number} {choice}" for number, choice in zip(numbers, choices, strict=True))
    return "\n".join(part for part in (analysis, answer) if part)


def sub_questions(question: str, count: int) -> list[str]:
    """The numbers of the sub-questions as printed, where there are ``count``; else 1 to ``count``."""
    printed = [f"{found[1]}." if found[1] else f"（{found[2]}）" for found in _SUB_QUESTION.finditer(question)]
    gaps = [f"{number}." for number in dict.fromkeys(re.findall(r"_{2,}(\d{1,2})_{2,}", question))]
    for numbers in (printed, gaps):
        if len(set(numbers)) == count == len(numbers):
            return numbers
    return [f"（{number}）" for number in range(1, count + 1)]


def disagreement(question: str, choices: Sequence[str], analysis: str) -> str | None:
    """What is wrong with the answer: an option that is not offered, or another one chosen by the analysis."""
    offered = set(exam.labels(question))
    missing = sorted(set("".join(choices)) - offered)
    if missing:
        return "not offered: " + "".join(missing)
    said = _CHOSEN.findall(analysis[-40:])
    if len(choices) == 1 and said and said[-1] != choices[0]:
        return f"the analysis says {said[-1]}"
    return None


def solved(answer: str, analysis: str) -> str | None:
    """The solution of any other question: worked solutions after the idea, results before the explanation."""
    if not answer:
        return None
    if _bare(answer) in _bare(analysis):
        return analysis
    if not analysis or _bare(analysis) in _bare(answer):
        return answer
    if answer.count("$") >= WORKED:
        return f"思路：{analysis}\n\n解答：{answer}"
    return f"{answer}\n\n解析：{analysis}"


def _bare(text: str) -> str:
    return re.sub(r"[\s，。、；：,.;:．（）()]+", "", text)


def _extra(key: str) -> pl.Expr:
    return pl.col("extra").str.json_path_match(f"$.{key}")


_text = pl.col("text")
_subject = pl.coalesce(pl.col("tags").list.get(0, null_on_oob=True), pl.lit("综合"))
_kind = pl.coalesce(pl.col("tags").list.get(1, null_on_oob=True), pl.lit("试题"))
_year = pl.coalesce(_extra("year"), pl.lit("往年"))
# No picture came along, and no table that is not text; 图象 and 地图 alone are ordinary words.
_PICTURE = (
    r"如(?:上|下|右|左)?图|(?:^|[，。；\s])图[为是中示]|[下右附此读据由题]图[^书案片像章卷]|[见该]图[^书案片像章卷]|上图[^书案片像章卷]|"
    r"(?:^|[^河版插地])图[（(]?(?:[一二三四甲乙丙丁1-9①-④a-d][^0-9]|$)|图[示中][^的]|所示.{0,6}图|结构图|框图|曲线图|统计图|柱状图|"
    r"漫画《|[该幅]漫画|漫画中|!\[|(?i:(?:picture|map|chart|graph|figure) (?:above|below))"
)

_FIELDS = {"subject": _subject, "kind": _kind, "year": _year}

GAOKAO = Source(
    name="gaokao",
    title="中学考试",
    kind="Exam",
    description="Questions of the national college entrance examination, with answers and analyses",
    quantity=2000,
    licence="Apache-2.0 (GAOKAO-Bench, which collected the papers)",
    exercised_on="real rows",
    read=read,
    rules=(
        Rule(name="no_answer", why="no answer", value=_extra("solution").is_null(), missing="drop"),
        Rule(
            name="needs_picture",
            why="the question is about a picture that is not there",
            value=_text.str.contains(_PICTURE),
            missing="drop",
            detail=_text.str.extract(f"(.{{0,6}}(?:{_PICTURE}).{{0,6}})"),
        ),
        # The shortest whole question seen has some 20 characters; below, words are lost.
        Rule(name="short", why="too short to be whole", value=_text.str.len_chars(), at_least=20, missing="drop"),
        Rule(
            name="wrong_answer",
            why="the answer is not among the options, or not the one that the analysis comes to",
            value=_extra("wrong").is_not_null(),
            missing="keep",
            detail=_extra("wrong"),
        ),
    ),
    tasks=tuple(
        Task(
            name=form,
            wordings=wordings(__file__, form),
            fields=_FIELDS,
            input=_text,
            output=_extra("solution"),
            when=_extra("form") == form,
            major=("试题",),
            minor=("中学考试",),
            domain=pl.concat_list(_subject),
            metadata=pl.format("year:{}, score:{}", _year, pl.coalesce(_extra("score"), pl.lit(""))),
        )
        for form in ("choice", "open")
    ),
    quota=Quota(2000, by=_subject),
    rubric="exam",
    published=Published("exam", {"choice": "coig_exam_sampled_clean_v3", "open": "coig_exam_sampled_clean_v3"}),
)
