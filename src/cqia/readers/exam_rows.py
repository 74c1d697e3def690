"""Rows of question banks, in the shapes that exist, as one ``Item``.

    AGIEval         passage, question, options ["(A)..."], label "A" or ["A", "B"], answer, other {"source": paper}
    M3KE            id, question, A, B, C, D, answer; the file's name tells subject and level
    TAL-SCQ5K       problem, answer_option_list, answer_analysis, answer_value, competition_source_list
    LawBench        instruction, question with "A:...;B:...", answer "正确答案：B。"; its other tasks are no exam
    COIG            textbox_q_context, textbox_question, textbox_answer, textbox_answer_analysis, subject
    the neutral row question and answer, and what there is of: id, passage, options, analysis, subject, type, exam,
                    year, score, images

The neutral row is for a bank of one's own. ``options`` is {"A": "..."} or ["..."] (labels may lead: "A. ..."), or is
left out where the options stand in the question; ``answer`` is "B", "AC", ["A", "C"] for two sub-questions, or words;
``passage`` is what several questions share; ``images`` are addresses of pictures the question needs; ``exam`` is one
of school, graduate, law, logic, other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape

from cqia.errors import NotADocument, Unreadable
from cqia.readers.exam_names import M3KE, M3KE_LEVELS, Exam, agieval
from cqia.readers.raw import Raw

EXAMS: dict[str, Exam] = {"school": "school", "graduate": "graduate", "law": "law", "logic": "logic", "other": "other"}

#: The longest item seen has 9,000 characters.
MAX_CHARS = 200_000

_LABELLED = re.compile(r"^\s*(?:[（(]\s*([A-H])\s*[）)]|([A-H])\s*[.．、:：，,]|([A-H])(?=\s|[\u4e00-\u9fff$]))\s*")
#: Options that a bank put in another order keep the label they had.
STRAY_LABEL = re.compile(r"^(?:[（(][A-H][）)]|[A-H]\s?[．、]|[B-D]\.(?=[\u4e00-\u9fff]))\s*(?=\S)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]{0,10}(?:\s{1,5}[\w-]{1,20}=\"[^\"<>]{0,80}\"){0,6}\s{0,5}/?>")
# What a site that offers papers wrote into their text.
_WATERMARK = re.compile(r"学[.．]?科[.．]?网|(?<= )zxxk ")
_SHOWN_GAP = re.compile(r"_{2,}|[（(][\s~]*[）)]|quad")
_UNIT = (
    "[个种人元本张条块只名页天次米克吨秒岁棵分倍道件份支根盒辆位对组级段局场]"
    "|厘米|分米|千米|毫米|[平立]方[厘分千]?米|千克|分钟|小时"
)
_BEFORE_GAP = r"(?:(?<=[是为有于则])|(?<=那么)|(?<=星期)|(?<=[=＝]\$)|(?<=[=＝])|(?<=分别担任))"
#: Where a gap was lost, the surest first, and what is put there.
_LOST_GAPS = (
    (re.compile(rf"(?<!没有)(?<=[是为有于需要共了用距入加到出少摘])(?=(?:{_UNIT})\s*[．.。]?\s*\Z)"), "____"),
    (re.compile(r"(?<!没有)(?<=[有需要共了用到出少摘])(?=[个只条盏][\u4e00-\u9fff]{1,6}\s*[．.。]?\s*\Z)"), "____"),
    (re.compile(r"(?<!没有)(?<=[共是为有])(?=种(?:不同|可能|方))"), "____"),
    (re.compile(_BEFORE_GAP + r"\s*[．.。]?\s*\Z"), "____。"),
)
_SIGNS = {"greater": ">", "less": "<", "bar": "|", "asciitilde": " ", "quotesingle": "'"}
_SPELT = re.compile(r"\\text(greater|less|bar|asciitilde|quotesingle)(?:\{\}|(?![A-Za-z]))")
_ENTITY = re.compile(r"&(?:[a-z]{2,8}4?|#\d{2,5});")
_IN_DOLLARS = re.compile(r"(\$\$.{1,4000}?\$\$|\$[^$]{1,4000}\$)", re.DOTALL)
_SOURCE = re.compile(r"^\s*(?:【[^】]{1,40}】|\\textbf\{\s*[（(【][^\n]{1,80}?[）)】]\s*\}?)\s*")
_LOW, _HIGH = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"), str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LAW_OPTION = re.compile(r"(?:^|[;；])?([A-E])[:：]")


@dataclass(frozen=True, kw_only=True)
class Item:
    """A question as it was printed, before anything is mended.

    Attributes:
        question: the stem; with its options where ``options`` is empty and there are any.
        options: label and words.
        passage: what it shares with other questions, or "".
        answers: one string for each sub-question that is a choice; else the answer alone; () where there is none.
        analysis: the explanation, or "".
        exam: the kind of exam, None where nothing tells.
        level: 小学, 初中, 高中, 高考, 竞赛, 大学; None where nothing tells.
        subject, kind: in Chinese: 物理, 选择题.
        media: kind and address of what stands beside the text.
        unread: what of it could not be read, in words.
        native: the id the bank gives it.
    """

    question: str
    options: tuple[tuple[str, str], ...] = ()
    passage: str = ""
    answers: tuple[str, ...] = ()
    analysis: str = ""
    exam: Exam | None = None
    level: str | None = None
    subject: str | None = None
    kind: str | None = None
    year: str | None = None
    score: str | None = None
    category: str | None = None
    media: tuple[tuple[str, str], ...] = ()
    unread: str | None = None
    native: str | None = None


def item(raw: Raw) -> Item:
    """The question in a row.

    Raises:
        Unreadable: ``unknown_shape`` for a row of none of these shapes; ``too_large``.
        NotADocument: ``not_an_exam`` for a row of a question bank's other tasks.
    """
    row = raw.row or {}
    if sum(len(value) if isinstance(value, str) else len(str(value)) for value in row.values()) > MAX_CHARS:
        raise Unreadable("too_large", f"{raw.path} {raw.locator}: an item of more than {MAX_CHARS:,} characters")
    keys = row.keys()
    found: Item | None = None
    if {"question", "options", "label"} <= keys:
        found = _agieval(row, raw.name)
    elif {"question", "A", "B", "answer"} <= keys:
        found = _m3ke(row, raw.name)
    elif {"problem", "answer_option_list", "answer_value"} <= keys:
        found = _tal(row)
    elif {"textbox_question", "textbox_answer"} <= keys:
        found = _coig(row)
    elif {"instruction", "question", "answer"} <= keys:
        found = _lawbench(row)
    elif {"question", "answer"} <= keys:
        found = _neutral(row)
    if found is None or not found.question:
        raise Unreadable("unknown_shape", f"{raw.path} {raw.locator}: an exam item has question and answer; this has "
                         f"{sorted(map(str, row))[:12] or 'no fields'}")  # fmt: skip
    return found


def labelled(options: object) -> tuple[tuple[str, str], ...]:
    """Options with labels, from a mapping or a list with or without labels in the words."""
    if isinstance(options, Mapping):
        return tuple((str(label), text(words)) for label, words in options.items() if re.fullmatch("[A-H]", str(label)))
    if not isinstance(options, Sequence) or isinstance(options, str):
        return ()
    found = []
    for place, words in zip("ABCDEFGH", options, strict=False):
        words = text(words)
        mark = _LABELLED.match(words)
        # A label that is not the one of its place is a word of the option.
        words = words[mark.end() :] if mark and place in mark.groups() else words
        words = STRAY_LABEL.sub("", words)
        found.append((place, words))
    return tuple(found)


def text(value: object) -> str:
    """A value as text; null is "". Tags that a word processor left behind go, formulas with < and > stay."""
    if value is None or isinstance(value, bool | Mapping):
        return ""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\n".join(part for part in map(text, value) if part)
    return _WATERMARK.sub("", _TAG.sub("", str(value))).strip()


def _agieval(row: Mapping[str, object], name: str) -> Item:
    other = row.get("other")
    paper = text(other.get("source")) if isinstance(other, Mapping) else ""
    exam, subject = agieval(name)
    label, options = row.get("label"), labelled(row.get("options"))
    answer = re.sub(r"[^A-H]", "", text(label)) if options else text(row.get("answer"))
    year = _YEAR.search(paper)
    asked = text(row.get("question")).removesuffix("\\\\").rstrip()
    if len(answer) == 1:  # some stems end with their answer
        asked = re.sub(rf"(?<=[\u4e00-\u9fff]){answer}$", "", asked)
    return Item(
        question=asked, options=options, passage=_unmarked(text(row.get("passage"))),
        answers=(answer,) if answer else (), exam=exam, level="高考" if exam == "school" else None, subject=subject,
        kind="选择题" if options else "填空题",
        year=year[1] if year else None, category=paper or None,
    )  # fmt: skip


def _unmarked(passage: str) -> str:
    """A passage without the underscores by which a converter set its headings in bold; numbered gaps stay."""
    passage = re.sub(
        r"(?<!_)__(?!\d)(?:([^_\s][^_\n]{0,120})| ([^_\n]{2,120}[．.。?？!！:：]) ?)__(?!_)", r"\1\2", passage
    )
    passage = re.sub(r"^[_\s]+(?=\w)", "", passage)
    return re.sub("：。", "：", passage)


def _m3ke(row: Mapping[str, object], name: str) -> Item:
    stem = name.rsplit(".", 1)[0]
    exam, subject = M3KE.get(stem, (None, None))
    level = next((level for word, level in M3KE_LEVELS.items() if stem.endswith(word)), None)
    # Backslashes were escaped once too often.
    fields = {key: text(row.get(key)).replace("\\\\", "\\") for key in ("question", "answer", *"ABCDEFG") if key in row}
    options = tuple((key, fields[key]) for key in "ABCDEFG" if key in fields)
    answers = (fields["answer"],) if fields["answer"] else ()
    return Item(question=_asked(fields["question"]), options=options, answers=answers, exam=exam, level=level,
                subject=subject, kind="选择题")  # fmt: skip


def _asked(stem: str) -> str:
    """A stem of M3KE, which lost its gaps and was given a question mark whether it asks or not."""
    said = re.sub(r"\s*[?？]\s*$", "", stem)
    if said == stem:
        return stem
    if _SHOWN_GAP.search(said):
        return f"{said}。" if re.search(r"[\u4e00-\u9fff_）)”]$", said) else stem
    lost = list(re.finditer(r"(?<=[\u4e00-\u9fff“《]) (?=[\u4e00-\u9fff”》])", said))
    if len(lost) == 1:
        return f"{said[: lost[0].start()]}（）{said[lost[0].end() :]}。"
    if re.search(r"[是为即有于指]$", said):
        return f"{said}（）。"
    return f"{said}？" if re.search(r"[\u4e00-\u9fff]$", said) else stem


def _tal(row: Mapping[str, object]) -> Item:
    options = []
    for choice in row["answer_option_list"] if isinstance(row["answer_option_list"], list) else []:
        if isinstance(choice, list) and choice and isinstance(choice[0], Mapping):
            options.append((text(choice[0].get("aoVal")), _tex(text(choice[0].get("content")))))
    year = _YEAR.search(text(row.get("competition_source_list")))
    native = text(row.get("queId"))
    return Item(
        question=_gapped(_tex(text(row["problem"]))), options=tuple(options),
        answers=(text(row["answer_value"]),) if text(row["answer_value"]) else (),
        analysis=_tex(text(row.get("answer_analysis"))), exam="school", level="竞赛",
        subject="数学", kind="选择题", year=year[1] if year else None, native=f"tal-{native}" if native else None,
    )  # fmt: skip


def _tex(words: str) -> str:
    """TAL's own LaTeX: every formula in two dollars, ties for white space, two blanks for a new line; signs that a
    converter spelt out, which no renderer takes in a formula, are signs again."""
    words = re.sub(r"(?:\s*&nbsp;)+\s*", " ", _SOURCE.sub("", words))
    words = _SPELT.sub(lambda found: _SIGNS[found[1]], _ENTITY.sub(lambda found: unescape(found[0]), words))
    parts = _IN_DOLLARS.split(re.sub(r"\\(?:emph|textbf)\{([^{}]{1,200})\}", r"\1", words))
    words = "".join(part if n % 2 else _prose(part) for n, part in enumerate(parts))
    words = re.sub(r"~?\\uline\{[~\s]*\}~?", "____", words)
    words = re.sub(r"\\uline\{([^{}]{1,200})\}", r"\1", words)
    words = re.sub(r"([（(])[~\s]*([）)])", r"\1\2", words).replace("~", " ").replace("``", "“").replace("''", "”")
    words = re.sub(r"(?<!\$)\$\$ *((?:[^$\\]|\\.){1,2000}?) *\$\$(?!\$)", r"$\1$", words)
    return re.sub(r"[ \t]{2,}", "\n", words).strip()


def _prose(words: str) -> str:
    """What stands beside formulas, without the commands of LaTeX that a converter set there."""
    words = re.sub(r"\\hfill\\break\s*|\\\\(?=\s|\Z)\s*", "\n", words)
    words = re.sub(r"\\ldots(?:\{\})?|\\cdots(?:\{\})?", "…", words)
    words = re.sub(r"\\text(sub|super)script\{(\d{1,3})\}",
                   lambda found: found[2].translate(_LOW if found[1] == "sub" else _HIGH), words)  # fmt: skip
    return re.sub(r"\\([#&%])", r"\1", words)


def _gapped(stem: str) -> str:
    """A stem with its gap, where the bank lost it: before a full stop or a unit at its end, or before 种."""
    if _SHOWN_GAP.search(stem) or re.search(r"[？?][”）)]*\s*$", stem):
        return stem
    for lost, gap in _LOST_GAPS:
        if found := list(lost.finditer(stem)):
            at, end = found[-1].span()
            return f"{stem[:at].rstrip()}{gap}{stem[end:].lstrip()}"
    return stem


def _coig(row: Mapping[str, object]) -> Item:
    subject = text(row.get("subject"))
    answer = text(row["textbox_answer"])
    return Item(
        question=text(row["textbox_question"]), passage=text(row.get("textbox_q_context")),
        answers=(answer,) if answer else (), analysis=text(row.get("textbox_answer_analysis")),
        exam="school", subject=subject or None, category=text(row.get("textbox_q_instruction")) or None,
    )  # fmt: skip


def _lawbench(row: Mapping[str, object]) -> Item | None:
    if "法律知识" not in text(row["instruction"]) or "A,B,C,D" not in text(row["instruction"]):
        raise NotADocument("not_an_exam", text(row["instruction"])[:60])
    asked = text(row["question"])
    marks = list(_LAW_OPTION.finditer(asked))
    first = next((n for n, mark in enumerate(marks) if [m[1] for m in marks[n : n + 3]] == list("ABC")), None)
    if first is None:
        return None
    marks = [mark for place, mark in zip("ABCDE", marks[first:], strict=False) if mark[1] == place]
    ends = [mark.start() for mark in marks[1:]] + [len(asked)]
    options = [(mark[1], asked[mark.end() : end].strip(" ;；。")) for mark, end in zip(marks, ends, strict=True)]
    answer = "".join(re.findall("[A-E]", text(row["answer"])))
    return Item(question=asked[: marks[0].start()].strip(), options=tuple(options), answers=(answer,) if answer else (),
                exam="law", subject="法律", kind="选择题")  # fmt: skip


def _neutral(row: Mapping[str, object]) -> Item | None:
    if not isinstance(row["question"], str):
        return None
    given, images = row["answer"], row.get("images")
    several = given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    answers = tuple(text(part) for part in several)
    native = text(row.get("id"))
    return Item(
        question=text(row["question"]), options=labelled(row.get("options")), passage=text(row.get("passage")),
        answers=tuple(answer for answer in answers if answer), analysis=text(row.get("analysis")),
        exam=EXAMS.get(text(row.get("exam"))),
        subject=text(row.get("subject")) or None, kind=text(row.get("type")) or None,
        year=text(row.get("year")) or None, score=text(row.get("score")) or None,
        media=tuple(("image", text(url)) for url in images if text(url)) if isinstance(images, list) else (),
        native=native or None,
    )  # fmt: skip
