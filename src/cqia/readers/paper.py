"""A paper's text to its questions: sections, shared passages, options, answers and analyses.

What is understood, wherever its parts stand:

    一、选择题：本大题共4小题                      a section, whose name is the kind of its questions
    阅读下面的文字，完成1~3题。 / Text 1          a passage, shared by those questions, or up to the next one
    1. 题干（ ）A. 甲  B. 乙                      a question, its number the next one; options may stand on its line
    【答案】B 【解析】……  /  答案：B  解析：……     its answer and its analysis
    参考答案 / 答案与解析                         from here on come answers (``readers.paper_answers``)

A number is a question's only if it is the next one (or 1 after a section): numbered conditions inside a question stay
in it. Lines come as they were extracted; the text inside them is mended by who makes documents of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cqia.readers.exam_rows import Item
from cqia.readers.paper_answers import Answers, answers_of

#: A number that was misread or lost leaves a gap in the numbering; a list inside a question rarely goes on from it.
MOST_LOST = 2
#: Words between a section's heading and its first question: shorter ones say how to answer, longer ones are a passage.
PASSAGE_CHARS = 120

SUBJECTS = (
    "语文", "数学", "英语", "物理", "化学", "生物", "历史", "地理", "政治", "法律硕士", "法硕", "计算机",
    "管理类综合", "经济类综合", "西医综合", "中医综合", "临床医学", "教育学", "心理学", "农学", "法律", "法学", "逻辑",
    "行政职业能力",
)  # fmt: skip

#: What readers write as the words of a picture that is none.
ALTS = {"公式": "formula", "附件": "attachment"}
#: What the head of a paper says of its level.
LEVELS = {"高考|普通高等学校招生": "高考", "中考|初中": "初中", "小学|小升初": "小学", "竞赛|联赛": "竞赛"}

_CHINESE = "一二三四五六七八九十"
_SECTION = re.compile(
    rf"^\s*(?:第[ⅠⅡⅢI{_CHINESE}123]{{1,3}}(?:卷|部分)|([{_CHINESE}]{{1,3}})[、．.，,]|[（(]([{_CHINESE}]{{1,2}})[）)]|"
    r"Section [IVX]+|Part [A-D]\b)\s*(.{0,200})$"
)
_KINDS = re.compile(
    r"(?:单项|多项|不定项)?(?:单选|多选|选择|填空|解答|判断|简答|论述|名词解释|计算|证明|材料分析|案例分析|法条分析|分析|辨析|作文|写作|"
    r"阅读理解|完形填空|翻译|实验|综合|阅读|论证有效性分析|问题求解|条件充分性判断|逻辑推理|应用|默写|问答|作图|选做)[题]?"
)
_ANSWERS = re.compile(
    r"^(?!\s*【)[^。；？?！]{0,40}?(?:(?:参考|试题|标准)答案|答案[与及和]?(?:解析|详解|评分)|答案部分|解析部分)[^。；？?]{0,20}$"
    r"|^\s*答\s*案\s*$"
)
_NUMBER = re.compile(
    r"^\s*(?:第\s*)?(\d{1,3})\s*(?:[．、]|[.](?!\d)|题\s*[:：.]?)[ \t]*(?=\S|$)|^\s*[(（]\s*(\d{1,3})\s*[)）]\s*(?=\S)"
)
_RANGE = re.compile(
    r"(?:完成|回答|做|答|解答)(?:后面|下面|下列|以下)?(?:的?第)?\s*(\d{1,3})\s*[-~～—–－―至到、和]{1,2}\s*(\d{1,3})\s*(?:小?题|各题|问)"
    r"|^\s*[（(]?(?:第\s*)?(\d{1,3})\s*[-~～—–－至到]{1,2}\s*(\d{1,3})\s*题\s*(?:共?用|基于|是?根据|为共用|[:：])"
)
_PASSAGE = re.compile(
    r"^\s*(?:(?:Text|Passage|Directions)\s*[1-9A-D]?\s*[:：]?$|[（(]?(?:材料|短文|资料|共用题干)[一二三四五六1-6]?[）)]?\s*[:：]?$|"
    r"阅读(?:下面|下列|以下)[^。]{0,40}[，,]\s*(?:完成|回答|按要求))"
)
_NOTES = re.compile(r"^\s*[【（(]?(?:考生)?(?:注意|须知|注意事项|考生须知|考试须知|答题须知|说明)[】）)]?\s*[:：]?\s*$")
_PART = re.compile(
    r"^\s*(?:【(答案|参考答案|解析|分析|解答|详解|考点|点评|命题意图|思路)】|"
    r"(答案|参考答案|正确答案|解析|分析|答案解析|试题解析|详解|解)\s*[:：])\s*"
)
_INLINE = re.compile(r"(?<=\S)[ \t　]*(?=【(?:答案|参考答案|解析|分析|解答|详解)】)")
_PICTURE = re.compile(r"!\[([^\]\n]{0,80})\]\(([^()\n]{0,300})\)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)\s*年?(?!\d)")


@dataclass
class _Question:
    """A question being read: its lines by part."""

    number: int
    section: int
    kind: str | None
    passage: str
    lines: dict[str, list[str]] = field(default_factory=lambda: {"question": [], "answer": [], "analysis": []})
    part: str = "question"

    def add(self, line: str) -> None:
        if found := _PART.match(line):
            name = found[1] or found[2]
            self.part = "answer" if name.endswith("答案") else "analysis"
            line = line[found.end() :]
        self.lines[self.part].append(line)

    def text(self, part: str) -> str:
        return "\n".join(self.lines[part]).strip()


def split(text: str, name: str = "") -> list[Item]:
    """The questions of a paper, in order; none where no line begins with the number of a question.

    Args:
        text: of the paper.
        name: of the file, which often tells year and subject.
    """
    lines = _INLINE.sub("\n", text.replace("\r\n", "\n").replace("\x0c", "\n")).split("\n")
    head = "\n".join([name, *[line for line in lines[:40] if line.strip()][:6]])
    cut = next((n for n, line in enumerate(lines) if n > 3 and len(line) < 80 and _ANSWERS.match(line)), len(lines))
    read = _questions(lines[:cut]) or _questions(lines[:cut], notes=False)
    if not read and cut < len(lines):  # the paper opens with such a heading, and answers follow each question
        cut, read = len(lines), _questions(lines)
    given = answers_of(lines[cut + 1 :], sections=_sections(lines[:cut]))
    unique = len({question.number for question in read}) == len(read)
    year = _YEAR.search(head)
    subject = next((subject for subject in SUBJECTS if subject in head), None)
    level = next((level for words, level in LEVELS.items() if re.search(words, head)), None)
    known = {"year": year[1] if year else None, "subject": subject, "level": level}
    return [_item(question, given, unique, known) for question in read]


def _item(question: _Question, given: Answers, unique: bool, known: dict[str, str | None]) -> Item:
    answer, analysis = question.text("answer"), question.text("analysis")
    found = given.of(None if unique else question.section, question.number)
    if found is not None:
        answer, analysis = answer or found[0], analysis or found[1]
    everything = "\n".join((question.passage, question.text("question"), answer, analysis))
    pictures = _PICTURE.findall(everything)
    media = tuple(dict.fromkeys((ALTS.get(alt, "image"), url) for alt, url in pictures))
    return Item(
        question=question.text("question"), passage=question.passage, answers=(answer,) if answer else (),
        analysis=analysis, kind=question.kind, media=media,
        subject=known["subject"], year=known["year"], level=known["level"],
        unread="；".join(url for alt, url in pictures if alt == "公式") or None,
        category=f"第{question.number}题",
    )  # fmt: skip


def section_of(line: str) -> tuple[int, str] | None:
    """The number and the words of a section's heading; its number is 0 where it has none that counts."""
    found = _SECTION.match(line)
    if not found or len(line) > 160:
        return None
    numeral, words = found[1], found[3]
    if numeral is None and not found[0].lstrip().startswith(("第", "Section", "Part")):
        return None
    if not _KINDS.search(words) and not words.startswith("本") and len(words) > 24:
        return None
    return (_CHINESE.find(numeral) + 1 if numeral and len(numeral) == 1 else 0), words


def _sections(lines: list[str]) -> int:
    return sum(section_of(line) is not None for line in lines)


def _questions(lines: list[str], notes: bool = True) -> list[_Question]:
    """The questions of the lines before the answers; with ``notes``, numbered notes to candidates are none, which
    end with the first section."""
    read: list[_Question] = []
    now: _Question | None = None
    between: list[str] = []  # what stands after a section's heading, or after a passage's first line
    passage, until, last, section, kind = "", 0, 0, 0, None
    opened = restarts = noting = False
    for line in lines:
        noting = noting or (notes and not read and bool(_NOTES.match(line)))
        if (heading := section_of(line)) and not _NUMBER.match(line):
            found = _KINDS.search(heading[1])
            section, kind = section + 1, (_named(found[0]) if found else None)
            now, between, passage, until, opened, restarts, noting = None, [], "", 0, False, True, False
            continue
        if found := (_RANGE.search(line) if len(line) < 400 else None) or _PASSAGE.match(line):
            numbers = [int(number) for number in found.groups() if number] if found.re is _RANGE else []
            if not numbers or last < numbers[0] <= last + 1 + MOST_LOST or (numbers[0] == 1 and restarts):
                now, between, passage, opened = None, [line.strip()], "", True
                until = numbers[1] if numbers else 1 << 30
                continue
        number = None if noting else _number_of(line, last, restarts, now)
        if number:
            if opened or len("".join(between)) >= PASSAGE_CHARS:
                passage, until = "\n".join(between).strip(), until or 1 << 30
            between, opened, restarts = [], False, False
            now = _Question(number, section, kind, passage if number <= until else "")
            last = number
            read.append(now)
            found = _NUMBER.match(line)
            now.add(line[found.end() :] if found else line)
        elif now is not None:
            now.add(line)
        else:
            between.append(line)
    return [question for question in read if question.text("question")]


def _number_of(line: str, last: int, restarts: bool, now: _Question | None) -> int | None:
    """The number of the question that a line begins; None where it begins none."""
    found = _NUMBER.match(line)
    if not found:
        return None
    number = int(found[1] or found[2])
    if found[2] and (now is not None or not restarts):
        # Brackets number sub-questions, except in a section all of whose questions have them.
        bracketed = now is not None and now.part != "question" and number == last + 1
        return number if bracketed else None
    # "13．（12分）": what the score opens is the question.
    if number == last + 1 or (number == 1 and restarts) or last + 1 < number <= last + 1 + MOST_LOST:
        return number
    return number if restarts and last == 0 and number <= 120 else None


def _named(kind: str) -> str:
    names = {"单选": "单项选择", "多选": "多项选择"}
    kind = kind.removesuffix("题")
    return f"{names.get(kind, kind)}题"
