"""逻辑推理 (logic): questions of logical reasoning, as civil servants and graduates of business meet them (paper, A.3).

Where from: LogiQA (github.com/lgw863/LogiQA-dataset, no licence stated), whose text files have eight lines a question,
and AGIEval's form of it (MIT); any other bank by the rows of ``readers.exam_rows``, any paper as in ``readers.paper``.

    (blank)
    b
    7.会议室里只有甲和乙。两人中恰有一人带了伞，甲没有带伞。
    由此可以推出以下哪项？
    A.甲带了伞
    B.乙带了伞
    C.两人都带了伞
    D.两人都没带伞

becomes a document whose text is the passage, the question and the options, and whose solution is "答案：B. 乙带了伞".
The English files of LogiQA are the same questions in translation; their documents are dropped as ``han``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl

from cqia.errors import Unreadable
from cqia.readers.charset import decode
from cqia.readers.exam_rows import STRAY_LABEL, Item
from cqia.readers.raw import Raw
from cqia.rules import exams as rules
from cqia.rules import form
from cqia.schema import Document
from cqia.sources import exams
from cqia.sources.source import Published, Source

#: Lines of a question in LogiQA's files.
LINES = 8

_LABEL = re.compile(r"^\s*[A-D]\s*[.．、:：]?\s*")
_NUMBER = re.compile(r"^\s*\d{1,3}\s*[.．、]\s*(?!\d)")


def read(raw: Raw) -> Iterable[Document]:
    """The questions of a LogiQA file, of a row, or of a paper.

    Raises:
        Unreadable: ``bad_lines`` for a LogiQA file that is cut short, and what ``exams.read`` raises.
    """
    if raw.data is None or raw.data.startswith((b"PK", b"%PDF")):
        return exams.read(raw)
    lines = decode(raw.data)[0].replace("\r\n", "\n").split("\n")
    if len(lines) < LINES or lines[0].strip() or lines[1].strip() not in {"a", "b", "c", "d"}:
        return exams.read(raw)
    return [exams.document(item) for item in _blocks(raw, lines)]


def _blocks(raw: Raw, lines: list[str]) -> Iterable[Item]:
    while lines and not lines[-1].strip():
        lines.pop()
    for start in range(0, len(lines), LINES):
        block = [line.strip() for line in lines[start : start + LINES]]
        if len(block) < LINES or block[0] or block[1] not in {"a", "b", "c", "d"}:
            raise Unreadable("bad_lines", f"{raw.path}, line {start + 1}: a question has {LINES} lines, "
                             "a blank one and the answer first")  # fmt: skip
        options = [
            (label, STRAY_LABEL.sub("", _LABEL.sub("", words))) for label, words in zip("ABCD", block[4:], strict=True)
        ]
        yield Item(
            question=block[3], options=tuple(options), passage=_NUMBER.sub("", block[2]),
            answers=(block[1].upper(),), exam="logic", subject="逻辑推理", kind="选择题",
        )  # fmt: skip


LOGIC = Source(
    name="logic",
    title="逻辑推理",
    kind="Exam",
    description="Logistic reasoning exam questions",
    quantity=422,
    licence="none stated (LogiQA); MIT for AGIEval's form of it",
    exercised_on="real rows",
    read=read,
    rules=(
        rules.other_exam("logic"),
        form.han(),
        rules.no_answer(),
        rules.lost_formula(),
        rules.needs_picture(),
        rules.lost_text(),
        rules.short(),
        rules.wrong_answer(),
    ),
    tasks=exams.tasks(__file__, major="问答", minor=("逻辑推理",), domain=pl.lit("逻辑推理"), kinds=False),
    rubric="exam",
    published=Published("logi_qa", dict.fromkeys(("choice", "pick", "open", "blank"), "logi-qa")),
)
