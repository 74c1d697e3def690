"""法律考试 (law): questions of the law entrance examination for graduates and of the bar examination (paper, Table 1).

Where from: the paper's are of the graduate entrance examination (法律硕士联考); where it had them from it does not say.
Read here: JEC-QA, questions of the national judicial examination, in AGIEval's rows (MIT) and in two tasks of LawBench
(Apache-2.0; its other tasks are no exam and are dropped as ``not_an_exam``); M3KE's five law subjects; any other bank
by the rows of ``readers.exam_rows``; and papers (``readers.paper``).

    {"passage": null, "question": "甲把捡到的手机还给失主，失主应当支付的是（ ）", "options": ["(A)必要费用", "(B)利润",
     "(C)罚款", "(D)税款"], "label": ["A"], "answer": null, "other": null}

becomes a document with those options one a line and the solution "答案：A. 必要费用".
"""

from __future__ import annotations

import polars as pl

from cqia.rules import exams as rules
from cqia.sources import exams
from cqia.sources.source import Published, Source

LAW = Source(
    name="law",
    title="法律考试",
    kind="Exam",
    description="Law graduate entrance exam questions",
    quantity=2645,
    licence="JEC-QA's questions: none stated; MIT for AGIEval's form of them, Apache-2.0 for LawBench's",
    exercised_on="real rows",
    read=exams.read,
    rules=(
        rules.other_exam("law"),
        rules.no_answer(),
        rules.lost_formula(),
        rules.needs_picture(words=False),
        rules.lost_text(),
        rules.short(),
        rules.wrong_answer(),
    ),
    tasks=exams.tasks(__file__, minor=("法律考试",), domain=pl.lit("法律")),
    rubric="exam",
    published=Published("exam", dict.fromkeys(("choice", "pick", "open", "blank"), "law_gee_exam_clean_v2")),
)
