r"""考研 (kaoyan): papers of the national entrance examination for graduate studies, in LaTeX (paper, A.3).

Where from: the paper's authors had recent papers transcribed by Mathpix and did not publish them; papers belong to
those who set them, answers to those who wrote them. No paper could be had, so there is no selector here for a
particular one: the reader takes what such papers come as (Mathpix Markdown, LaTeX source, DOCX, PDF with text, plain
text), split by ``readers.paper``, and question banks row by row (``readers.exam_rows``, with its neutral row).
M3KE's files of university subjects (tjunlp-lab/M3KE, no licence stated) are rows of it.

    \section*{二、填空题：11~12小题，每小题5分}
    11. 设 $f(x)=x^{2}+1$，则 $f'(3)=$ ____．
    ......
    参考答案
    11. 【答案】$6$ 【解析】求导得 $f'(x)=2x$，代入即得．

in ``2031考研数学.mmd`` becomes a document of the year 2031, subject 数学, kind 填空题, with the solution
"求导得 $f'(x)=2x$，代入即得．" and before it the answer "$6$".
"""

from __future__ import annotations

from cqia.rules import exams as rules
from cqia.sources import exams
from cqia.sources.source import Published, Source

KAOYAN = Source(
    name="kaoyan",
    title="考研试题",
    kind="Exam",
    description="National graduate entrance exam",
    quantity=475,
    licence="none stated; the papers belong to those who set them, the answers to those who wrote them",
    exercised_on="written samples",
    read=exams.read,
    rules=(
        rules.other_exam("graduate"),
        rules.no_answer(),
        rules.lost_formula(),
        rules.needs_picture(),
        rules.lost_text(),
        # "求 $y''$ 。" is a whole question of mathematics, but not without what stands above it.
        rules.short(15),
        rules.wrong_answer(),
    ),
    tasks=exams.tasks(__file__, minor=("考研",)),
    rubric="exam",
    published=Published("exam", dict.fromkeys(("choice", "pick", "open", "blank"), "kaoyan")),
)
