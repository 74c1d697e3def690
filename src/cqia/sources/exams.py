"""What the exam sources share: rows and papers to Documents, the tasks ``choice``, ``pick``, ``open`` and ``blank``.

A row of a question bank is one document, a paper (DOCX, PDF, LaTeX, Mathpix Markdown, plain text) as many as it has
questions. The text of a document is the question and its options, one a line; its context is the passage that it shares
with others, so that ``dedup`` does not take the questions about one passage for one. ``extra`` holds

    form        "choice" where option labels answer it, else "open"
    answer, analysis, solution      the answer as given, and the solution made of both; null without an answer
    wrong       what is wrong with the answer;  lost: what did not come along;  unread: what could not be read
    transcribed_by  the vision model that read a scanned page of it
    blank       {"question", "answer"} where a choice question can also be asked without its options
    exam, level, year, score, category
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

import polars as pl

from cqia.readers import exam_rows
from cqia.readers.exam_rows import Item
from cqia.readers.paper_files import questions
from cqia.readers.raw import Raw
from cqia.schema import Document, Medium
from cqia.sources.source import Task, wordings
from cqia.text import answers, exam

#: A passage is longer than this; what is shorter is its heading.
SHORTEST_PASSAGE = 20
#: A longer question holds its passage itself.
LONGEST_STEM = 100

_ABOUT_PASSAGE = re.compile(
    r"原文|本文(?![化字])|(?<!下列)文章[的中]|(?<![一中英报论散条语作课诗])文中|(?<![配加附写])上文(?![字化])|选文"
    r"|材料(?:[一二三]|相关内容)|(?:根据|结合|上述|阅读)材料|[画划]波?浪?线(?!的?(?:效果|方法))|加点"
)
#: A stem that quotes what it asks about holds its passage itself.
_QUOTES = re.compile(r"[“\"‘][^“”\"]{20,}[”\"’]")
_QUOTED = re.compile(r"\s*([A-H])\s*[.．、:：]\s*(\S.*)", re.DOTALL)
_DATE = re.compile(r"^\d{4}-\d\d-\d\d 00:00:00$")  # what a spreadsheet made of a number


def read(raw: Raw) -> Iterable[Document]:
    """A row's question, or the questions of a paper.

    Raises:
        Unreadable: a row of an unknown shape, a paper that cannot be read (``scanned_page``, ``password``, ...).
        NotADocument: ``no_questions``, ``not_an_exam``; ``not_data`` for a note beside the data.
    """
    raw.refuse_note()
    by = raw.transcript.by if raw.transcript else None
    return [document(item, by) for item in ([exam_rows.item(raw)] if raw.row is not None else questions(raw))]


def document(item: Item, transcribed_by: str | None = None) -> Document:
    """The document of a question: mended, its options one a line, its answer joined with its analysis.

    Args:
        item: as it was printed. transcribed_by: the model that read it, where its page was scanned.
    """
    stem, offered = exam.question(item.question), {label: _line(words) for label, words in item.options}
    if not offered:
        offered = answers.options(stem)
        stem = stem.split("\nA. ")[0] if offered else stem
        parts = [exam.question(item.question)]
    else:
        parts = [stem, *(f"{label}. {words}" for label, words in offered.items())]
    passage = exam.mend(item.passage).strip()
    text = "\n".join(parts)
    analysis = exam.solution(item.analysis)
    labels = tuple(offered) or exam.labels(text)
    if passage and not labels:
        passage, text = "", f"{passage}\n\n{text}"  # "概括全文" alone would be the same question about every passage
    choices = [_choice(answer, offered) for answer in item.answers] if labels else []
    if choices and all(choices):
        wrong = answers.disagreement(labels, choices, analysis) or _misquoted(item.answers, offered)
        solution = answers.chosen(stem, choices, analysis, offered)
        single = choices[0] if len(choices) == 1 and not wrong else ""
        found = answers.blank(stem, offered, single, analysis)
        form, answer = "choice", "、".join(choices)
    else:
        answer = exam.solution("\n".join(item.answers))
        form, wrong, found = "open", "no option is named" if item.options and answer else None, None
        solution = answers.solved(answer, analysis)
    blank = None if found is None else {"question": "\n\n".join([*([passage] if passage else []), found[0]]),
                                        "answer": found[1]}  # fmt: skip
    details = {
        "year": item.year, "score": item.score, "category": item.category, "exam": item.exam, "level": item.level,
        "answer": answer or None, "analysis": analysis or None, "form": form, "solution": solution, "wrong": wrong,
        "lost": _lost(offered, passage, stem), "unread": item.unread, "blank": blank,
        "transcribed_by": transcribed_by if any(kind == "scan" for kind, _ in item.media) else None,
    }  # fmt: skip
    media: list[Medium] = [{"kind": kind, "url": url} for kind, url in item.media]
    return {
        "id": item.native,
        "context": passage or None,
        "text": text,
        "tags": [item.subject or "综合", item.kind or ("选择题" if form == "choice" else "解答题")],
        "media": media or None,
        "extra": json.dumps({key: value for key, value in details.items() if value is not None}, ensure_ascii=False),
    }


def _line(words: str) -> str:
    """An option, mended, in one line; of a table in LaTeX the lines are kept."""
    return exam.mend(words) if "\\begin{tab" in words else re.sub(r"\s*\n\s*", " ", exam.mend(words)).strip()


def _lost(offered: dict[str, str], passage: str, stem: str) -> str | None:
    """What did not come along, in words."""
    empty = [label for label, words in offered.items() if not words.strip(" .。") or _DATE.search(words)]
    same = [label for label, words in offered.items() if words and list(offered.values()).count(words) > 1]
    itself = len(passage) >= SHORTEST_PASSAGE or len(stem) >= LONGEST_STEM or _QUOTES.search(stem)
    if not itself and _ABOUT_PASSAGE.search(stem):
        return "the passage"
    return f"option {''.join(empty)}" if empty else f"options {''.join(same)} are the same" if same else None


def _choice(answer: str, offered: dict[str, str]) -> str:
    """The labels an answer consists of or quotes an option by ("B. 甲"); "" where it is something else."""
    quoted = _QUOTED.match(answer)
    return answers.letters(answer) or (quoted[1] if quoted and quoted[1] in offered else "")


def _misquoted(given: Sequence[str], offered: dict[str, str]) -> str | None:
    """An answer that quotes its option ("B. 甲") in other words than the option has."""
    for answer in given:
        quoted = None if answers.letters(answer) else _QUOTED.match(answer)
        if quoted and quoted[1] in offered and _line(quoted[2]).strip("。.") != offered[quoted[1]].strip("。."):
            return f"quotes {quoted[1]} in other words"
    return None


def detail(key: str) -> pl.Expr:
    """A value of ``extra``, as a string; null where there is none."""
    return pl.col("extra").str.json_path_match(f"$.{key}")


SUBJECT = pl.coalesce(pl.col("tags").list.get(0, null_on_oob=True), pl.lit("综合"))
KIND = pl.coalesce(pl.col("tags").list.get(1, null_on_oob=True), pl.lit("试题"))
#: Whether there is an analysis: nobody is asked to explain what the output does not.
EXPLAINED = detail("analysis").is_not_null()
#: What is asked: the passage, the question and its options.
QUESTION = pl.concat_str("context", "text", separator="\n\n", ignore_nulls=True)
METADATA = pl.concat_str(
    pl.format("year:{}", detail("year")), pl.format("score:{}", detail("score")), separator=", ", ignore_nulls=True
)
#: What wordings may speak of; ``year`` ends in 年 or is nothing, as not every paper says.
FIELDS = {"subject": SUBJECT, "kind": KIND, "year": pl.concat_str(detail("year"), pl.lit("年")).fill_null("")}


def tasks(
    beside: str,
    *,
    minor: Sequence[str],
    domain: pl.Expr = SUBJECT,
    major: str = "试题",
    kinds: bool = True,
) -> tuple[Task, ...]:
    """The tasks of an exam source.

    Args:
        beside: the ``__file__`` of the source, beside whose wordings they stand.
        minor: the published minor types.
        domain: the published domain. major: the published major type.
        kinds: whether the kind of the question is one more minor type, as in the published set.
    """

    def task(name: str, when: pl.Expr, question: pl.Expr, answer: pl.Expr, kind: pl.Expr) -> Task:
        return Task(
            name=name,
            wordings=wordings(beside, name),
            fields=FIELDS,
            input=question,
            output=answer,
            when=when,
            major=(major,),
            minor=pl.concat_list(*map(pl.lit, minor), *([kind] if kinds else [])),
            domain=pl.concat_list(domain),
            metadata=METADATA,
        )

    text, solution = QUESTION, detail("solution")
    return (
        task("choice", (detail("form") == "choice") & EXPLAINED, text, solution, KIND),
        task("pick", (detail("form") == "choice") & ~EXPLAINED, text, solution, KIND),
        task("open", detail("form") == "open", text, solution, KIND),
        task(
            "blank", detail("blank").is_not_null(), detail("blank.question"), detail("blank.answer"), pl.lit("填空题")
        ),
    )
