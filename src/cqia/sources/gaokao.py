"""中学考试 (exams): questions of the college entrance examination and of middle school (paper, A.4).

Where from: GAOKAO-Bench (github.com/OpenLMLab/GAOKAO-Bench, Apache-2.0), 2,811 items of 2010 to 2022 in 32 files, each
an envelope that names subject and type around a list:

    {"keywords": "2010-2022_History_MCQs", "example": [
      {"year": "2010", "category": "（新课标）", "score": 4, "index": 0, "answer": ["B"],
       "question": "1．（ 4分）……主要是因为（ 　　）\\nA．甲  B．乙", "analysis": "……\\n故选： B。\\n"}]}

becomes the document ``gaokao:2010-2022_History_MCQs-0``, whose text is the mended question, one option per line. Its
answer and the solution made of analysis and answer are in ``extra``.

Also AGIEval's Gaokao files (MIT), TAL-SCQ5K (competitions of primary and middle school, MIT), M3KE's school subjects
(no licence stated), COIG's own exam rows, the neutral row (all: ``readers.exam_rows``), and papers as files
(``readers.paper``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from cqia.errors import Unreadable
from cqia.readers.exam_rows import MAX_CHARS
from cqia.readers.raw import Raw
from cqia.rules import exams as rules
from cqia.schema import Document
from cqia.sources import exams
from cqia.sources.source import Published, Quota, Source, Task, wordings
from cqia.text import answers, exam

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
#: What a row of GAOKAO-Bench has beside its question.
BENCH = frozenset({"answer", "analysis", "category"})


def read(raw: Raw) -> Iterable[Document]:
    """The item of a row, or the questions of a paper.

    Raises:
        Unreadable: ``unknown_shape`` for a row without a question; ``too_large``; what ``exams.read`` raises.
    """
    row = raw.row or {}
    asked = row.get("question")
    if not isinstance(asked, str) or not row.keys() >= BENCH:
        return exams.read(raw)
    if sum(len(str(row.get(key))) for key in ("question", "answer", "analysis")) > MAX_CHARS:
        raise Unreadable("too_large", f"{raw.path} {raw.locator}: an item of more than {MAX_CHARS:,} characters")
    envelope = row.get("_envelope")
    keywords = str(envelope.get("keywords") or "") if isinstance(envelope, Mapping) else ""
    subject = next((name for word, name in SUBJECTS.items() if f"_{word}" in keywords), None)
    kind = next((name for word, name in TYPES.items() if word in keywords), None)
    text = exam.question(asked)
    given, analysis = row["answer"], exam.solution(str(row.get("analysis") or ""))
    parts: dict[str, object]
    if isinstance(given, Sequence) and not isinstance(given, str):
        choices = [str(choice).strip() for choice in given if str(choice).strip()]
        answer = "、".join(choices)
        wrong = answers.disagreement(exam.labels(text), choices, analysis)
        parts = {"form": "choice", "solution": answers.chosen(text, choices, analysis), "wrong": wrong}
        offered = answers.options(text)
        single = choices[0] if len(choices) == 1 and not wrong else ""
        if found := answers.blank(text.split("\nA. ")[0], offered, single, analysis):
            parts["blank"] = {"question": found[0], "answer": found[1]}
    else:
        answer = exam.solution(str(given or ""))
        parts = {"form": "open", "solution": answers.solved(answer, analysis), "wrong": None}
    details = {key: row.get(key) for key in ("year", "category", "score")}
    details |= {"answer": answer or None, "analysis": analysis or None, "exam": "school", "level": "高考"} | parts
    index = row.get("index")
    return [
        {
            "id": f"{keywords}-{index}" if keywords and isinstance(index, int) else None,
            "text": text,
            "tags": [tag for tag in (subject, kind) if tag],
            "extra": json.dumps(details, ensure_ascii=False),
        }
    ]


# "近年" where the year is not known.
_FIELDS = exams.FIELDS | {"year": pl.coalesce(exams.detail("year"), pl.lit("近"))}
_CHOICE = (exams.detail("form") == "choice") & exams.EXPLAINED
_AT_GAOKAO = (exams.detail("level") == "高考").fill_null(False)


def _task(name: str, form: str, when: pl.Expr) -> Task:
    return Task(
        name=name,
        wordings=wordings(__file__, name),
        fields=_FIELDS,
        input=exams.detail("blank.question") if form == "blank" else exams.QUESTION,
        output=exams.detail("blank.answer") if form == "blank" else exams.detail("solution"),
        when=when,
        major=("试题",),
        minor=("中学考试",),
        domain=pl.concat_list(exams.SUBJECT),
        metadata=exams.METADATA,
    )


_TASKS = (
    _task("choice", "choice", _CHOICE & _AT_GAOKAO),
    _task("open", "open", (exams.detail("form") == "open") & _AT_GAOKAO),
    # Of middle and primary school, of competitions, of papers that do not say: nothing in them speaks of the Gaokao.
    _task("school_choice", "choice", _CHOICE & ~_AT_GAOKAO),
    _task("school_open", "open", (exams.detail("form") == "open") & ~_AT_GAOKAO),
    _task("pick", "choice", (exams.detail("form") == "choice") & ~exams.EXPLAINED),
    _task("blank", "blank", exams.detail("blank").is_not_null()),
)

GAOKAO = Source(
    name="gaokao",
    title="中学考试",
    kind="Exam",
    description="Standardized exam for middle&high school students",
    quantity=2000,
    licence="Apache-2.0 (GAOKAO-Bench, which collected the papers); MIT for AGIEval's and TAL's rows; M3KE states none",
    exercised_on="real rows",
    read=read,
    rules=(
        rules.other_exam("school"),
        rules.no_answer(),
        rules.lost_formula(),
        rules.needs_picture(),
        rules.lost_text(),
        rules.short(),
        rules.wrong_answer(),
    ),
    tasks=_TASKS,
    quota=Quota(2000, by=exams.SUBJECT),
    rubric="exam",
    published=Published("exam", {task.name: "coig_exam_sampled_clean_v3" for task in _TASKS}),
)
