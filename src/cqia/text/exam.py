"""Exam papers as text: mending what PDF extraction left, and taking questions and solutions apart.

Text out of a PDF breaks lines at the margin, doubles the blanks between English words, sets blanks before Chinese
punctuation and inside quotation marks, prints options in columns, and shows the gap to be filled in as white space.
``mend`` undoes that without touching formulas, poems and tables. Everything here is str to str, and never raises.
"""

from __future__ import annotations

import itertools
import re
import unicodedata

HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
POINTS = r"，。；：？！、（）《》【】〔〕①-⑳"
CLOSING = "，。；：？！、）》】〕”’．,.;:?!)%"
OPENING = "（《【〔“‘(→"
# A line shorter than this was not broken by a margin: the narrowest pages seen hold 31 Han, 62 columns.
MIN_MARGIN = 56

# Bounded, so that a page of opening dollars and \begin costs no more than its length times the bound.
_FORMULA = re.compile(r"\$\$.{1,4000}?\$\$|\$[^$]{1,4000}\$|\\begin\{(\w+)\}.{0,4000}?\\end\{\1\}", re.DOTALL)
_MASK = "\ue000"
_LABEL = re.compile(r"(?<![A-Za-z])([A-G])(?:[ ]?[．.]|(?<=[\s）]\1)、(?![A-G]))")
_ITEM = re.compile(
    r"[A-G][ ]?[．.、]|[（(]\d{1,2}[）)]|\d{1,2}[．.、](?!\d)|材料[一二三四五六]|"
    r"【|（摘|〔注|\[注|[（(]?[ⅠⅡⅢIV]{1,3}[）)]"
)
_CIRCLED = re.compile(r"[①-⑳]")
_SCORE = re.compile(
    r"[ ]?[（(〔\[][ ]*(?:本[大小]?题)?(?:[ ]*共?[ ]*\d+[ ]*[个小]+题[，,；;：: ]*)?"
    r"(?:每[小]?题[ ]*\d+(?:\.\d)?[ ]*分[，,；; ]*)?[共满分计]*[ ]*\d{1,3}(?:\.\d)?[ ]*分[ ]*[）)〕\]]"
    r"|\$\(\d+\$[ ]?分[ ]?[）)]"
)
_HEADING = re.compile(
    r"^(?:[一二三四五六七八九]、|（[一二三四五]）)?[\u4e00-\u9fff]{0,8}(?:阅读|默写|改错|运用|选择题)\s*(?=\n)"
)
_NEXT_PART = re.compile(r"\s*\d{0,2}[（(][一二三四][）)](?:选考题|必考题|选做题)[：:]?[ ]*共[^\n]{0,200}$")
# The number of a page, run into the text where a list begins on the next.
_PAGE_NUMBER = re.compile(r"(?<=[。）)])\d{1,2}(?=[①-⑳])")
# What asks for several questions about one passage, of which an item is one; its number may follow.
_FOR_SEVERAL = re.compile(
    r"([。！？”，])\s{0,2}(?:请?(?:根据|结合|依据)(?:上述|以上)?(?:案情|材料|案例|资料|信息)[，,]?)?请?回答(?:第|下列|以下)?\s?"
    r"\d{1,3}\s?[—―－~～〜–至-]{1,2}\s?第?\d{1,3}\s?[小]?题[。．.：:]?\s{0,4}(?:\d{1,3}\s?[.．、](?!\d)\s{0,4})?"
)
# Said where there is no analysis.
_NO_ANALYSIS = re.compile(r"[（(]?(?:暂无|略|无)(?:解析|答案|分析)?[)）]?[。.]?")
# A long line of sentences that breaks off within one; and a line that can go on with it.
_BREAKS_OFF = re.compile(rf"[，。；：“（].*[{HAN}]$")
_GOES_ON = re.compile(rf"(?!(?:结合|根据|依据|阅读|运用|考点|材料|请|答)|[{HAN}]{{2,6}}：)[{HAN}“]")
_LETTERS = re.compile(r"[A-Za-z]+")
_NARROW = re.compile(r"[\x00-\u2000]+")
_NUMBER = re.compile(r"^\s*(?:[A-D]\n|\d{1,3}[ ]?(?:．|[.、](?!\d)|[.](?=\d{4}年|\d\d世纪)))\s*")


def mend(text: str) -> str:
    """The text without the marks of its extraction; a line is a paragraph or an item."""
    return _mended(text, options=False)


def question(text: str) -> str:
    """A question, mended, one option per line, without its number, its section's heading, its scores, and what asks for
    others too (回答2—3题)."""
    text = _FOR_SEVERAL.sub(_ended, text)
    text = _NEXT_PART.sub("", _SCORE.sub("", _mended(text, options=True))).strip()
    before = None
    while text != before:
        before, text = text, _HEADING.sub("", _NUMBER.sub("", text)).strip()
    return re.sub(r"(?<! ) +$", "", text, flags=re.MULTILINE)


def solution(text: str) -> str:
    """A solution or an analysis, mended, without the marks of sections that hold nothing."""
    # The first line was cut short by the mark that stood before it.
    mark = "【解答】解："
    text = mend(re.sub(r"^\s*(?:【解答】\s*)?(?:解[：:])?[ ]*", mark, _several(text))).removeprefix(mark)
    text = re.sub(r"!\[[^\]\n]{0,80}\]\([^)\n]{0,300}\)", "", text)
    text = re.sub(r"【\s*(详|解|点)\s+(解|析|评)\s*】", r"【\1\2】", text)
    text = re.sub(r"(?:【(?:解析|分析|解答|详解|点评|点睛|点晴|导语|考点)】\s*)+(?=【|$)", "", text)
    text = re.sub(r"\s*[（(](\d{1,2})[)）][.．]\s*", r"\n（\1）", text)
    text = re.sub(r"\s*(?=【(?:小问)? ?\d+ ?题?详解】)", "\n", text)
    text = re.sub(r"【(?:解答|解析|详解|答案|导语|参考示例)】\s*|^【分析】\s*", "", text)
    text = re.sub(r"^\s*(?:(?:\[(?:解析|分析|详解)\]|解析?|答案)\s*[:：]?(?=\s|[:：\]])[:：]?\s*)+", "", text)
    text = _NEXT_PART.sub("", re.sub(r"^[:：]\s*|\n(?=\n)", "", text)).strip()
    return "" if _NO_ANALYSIS.fullmatch(text) else text


def labels(question: str) -> tuple[str, ...]:
    """The labels of the options of a mended question, in order: ("A", "B", "C", "D"), again for each sub-question."""
    return tuple(re.findall(r"(?:^|(?<=^\d\. )|(?<=^\d\d\. )|(?<=  ))([A-G])\. ", question, flags=re.MULTILINE))


def _mended(text: str, *, options: bool) -> str:
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\xa0", " ").replace("\t", "  ")
    text = text.replace(_MASK, "").replace("﹣﹣", "——").replace("﹣", "—").replace("】}", "】")
    text = _PAGE_NUMBER.sub("\n", text)
    formulas = [found[0] for found in _FORMULA.finditer(text)]
    joined = bool(formulas) and "\n\n" in text  # read by a formula recogniser, which keeps paragraphs whole
    text = _tables(_gaps(_FORMULA.sub(_MASK, text)))
    lines = (_options(text) if options else text).split("\n")
    lines = lines if joined else _unwrapped(lines)
    pieces = "\n".join(_spaced(line) for line in lines if line.strip()).split(_MASK)
    return pieces[0] + "".join(formula + piece for formula, piece in zip(formulas, pieces[1:], strict=True))


def _ended(found: re.Match[str]) -> str:
    return "。\n" if found[1] == "，" else f"{found[1]}\n"


def _several(text: str) -> str:
    """Several results in one line, which stand apart, with a semicolon between them."""
    apart = r"(?<=[^\s，。；：、,;])[ \u3000]{3,}(?=\S)"
    return "\n".join(line if _latin(line) else re.sub(apart, "；", line) for line in text.split("\n"))


def _gaps(text: str) -> str:
    """White space that stands for a gap, as underscores; the number printed in it is kept. Bracketed gaps are （）."""
    text = re.sub(r"[（(][ \u3000\n]+[）)]", "（）", text)
    text = re.sub(r"(?<=[^_])_{2,} ?(\d{1,2}) ?_{2,}", r"__\1__", text)
    # No sentence ends in 是: what stood between was a line to write on.
    text = re.sub(r"(?<=[是有指在会]) +(?=[。；])|(?<=[^认以因]为) +(?=[。；，])|(?<=[是为]) +(?=\(用)", "____", text)
    text = re.sub(r"(?<=\S)[ ]*\u3000+[ ]*(\d{1,2})[ ]*\u3000+[ ]*", r" __\1__ ", text)
    text = re.sub(r"(?<=\S)[ ]*\u3000[ \u3000]*\u3000[ ]*", " ____ ", text)
    return "\n".join(_english_gaps(line) if _latin(line) else line for line in text.split("\n"))


def _english_gaps(line: str) -> str:
    wide_before, wide_after = r"(?<! )[ ]{3,}(\d{1,2})(?:[ ]{2,}|[ ]*$)", r"(?:^|(?<=\S)[ ]{2})(\d{1,2})[ ]{3,}"
    line = re.sub(rf"{wide_before}|{wide_after}", r" __\1\2__ ", line)
    return re.sub(r"(?<=\S)[ ]{5,}(?=[a-z.,;?!’'])|^[ ]{4,}(?=[.,;?!])|(?<=[a-z,])[ ]{6,}$", " ____ ", line)


def _latin(line: str) -> bool:
    line = line.replace(" ", "")
    return len(_LETTERS.sub("", line)) * 2 < len(line) or not line.strip(".,;?!")


def _tables(text: str) -> str:
    """Rows of a table, which are columns of short fields in lines one below the other, with bars between the fields."""
    lines = text.split("\n")
    rows = [_fields(line) for line in lines]
    for n, fields in enumerate(rows):
        beside = [rows[m] for m in (n - 1, n + 1) if 0 <= m < len(rows)]
        if fields and any(abs(len(other) - len(fields)) <= 1 for other in beside if other):
            lines[n] = " | ".join(fields)
    return "\n".join(lines)


def _fields(line: str) -> list[str]:
    if _latin(line) or _LABEL.match(line.strip()):
        return []
    words, fields = line.split(), re.split(r"[ \u3000]{2,}", line.strip())
    if len(words) >= 4 and all(len(word) <= 8 for word in words):
        return words
    return fields if len(fields) >= 3 and all(len(field) <= 20 for field in fields) else []


def _options(text: str) -> str:
    """One option per line, labelled ``A. ``; options are labels that follow each other in the alphabet. The options
    of a gap that is only numbered (41. A. ...) stay on its line."""
    marks = [(found[1], found.start(), found.end()) for found in _LABEL.finditer(text)]
    follows = [ord(b[0]) == ord(a[0]) + 1 for a, b in itertools.pairwise(marks)]
    options = [mark for n, mark in enumerate(marks) if any(follows[max(0, n - 1) : n + 1])]
    pieces, at, between = [], 0, "\n"
    for label, start, end in options:
        before = text[at:start].rstrip(" \u3000\n") if not at else text[at:start].strip(" \u3000\n")
        numbered = re.search(r"(?:^|\n) {0,3}(\d{1,2})[．.]$", before)
        if label == "A":
            between = "  " if numbered else "\n"
            before += "）" if before.endswith("（") else ""
        pieces += [before[: numbered.start(1)] + f"{numbered[1]}. " if numbered else before + between, f"{label}. "]
        at = end
    text = "".join([*pieces, text[at:].lstrip(" \u3000\n") if at else text])
    # The next question on the line of the last option, or of the passage.
    return re.sub(rf"(?<=\S)[ ]+(?=\d{{1,2}}[．.][ ]*[{HAN}])|(?<=[{HAN}])(?=\d{{1,2}}(?:．|\. )[{HAN}])", "\n", text)


def _width(line: str) -> int:
    """Columns of a line: a Han takes two, a run of blanks one."""
    line = re.sub(r" +", " ", line.strip())
    return len(line) + len(_NARROW.sub("", line))


def _unwrapped(lines: list[str]) -> list[str]:
    """Lines joined where the margin broke them: where the next word would not have fitted on the line before."""
    margins = {latin: _margin([line for line in lines if _latin(line) == latin]) for latin in (True, False)}
    joined: list[list[str]] = []
    last = ""
    for line in lines:
        if joined and _continues(last, line, margins[_latin(last)]):
            joined[-1] += [_glue(last.strip(), line.strip()), line.strip()]
        else:
            joined.append([line.rstrip()])
        last = line
    return ["".join(parts) for parts in joined]


def _margin(lines: list[str]) -> int:
    """The width of a full line; without one, wider than any. The third quartile, as some lines are two joined."""
    wide = sorted(width for line in lines if (width := _width(line)) >= MIN_MARGIN)
    return wide[len(wide) * 3 // 4] if wide else 1 << 30


def _continues(last: str, line: str, margin: int) -> bool:
    before, after = last.strip(), line.strip()
    if not before or not after or " | " in before or " | " in after:
        return False
    if after[0] in CLOSING or before[-1] in OPENING or re.fullmatch(r"[A-G]\.", before):
        return True
    ended = before[-1] in "。；;：:？！.?!"
    if ended and _latin(last) != _latin(line):
        return False
    if _ITEM.match(after) or len(line) - len(line.lstrip(" ")) >= 3:
        return False
    if _CIRCLED.match(after) and (ended or before[-1] in "）"):
        return False
    word = re.match(r"[A-Za-z0-9'’.-]+|.", after)
    # Where a sentence ends at the margin its paragraph may end too. Within a sentence the slack is wide, as hanging
    # indents and proportional fonts make lines of different lengths, and few headings are so long.
    slack = (margin // 12 if before[-1].isascii() else 4) if ended else max(18, margin // 5)
    comma = before[-1] in "，、" and _width(before) > margin // 2 + 8
    if _BREAKS_OFF.search(before) and _GOES_ON.match(after) and _width(before) >= MIN_MARGIN:
        return True  # whatever the margin, which is not known where other lines were joined before
    return comma or _width(before) + _width(word[0] if word else "") > margin - slack


def _glue(before: str, after: str) -> str:
    """What stands between two joined lines: a blank where both are Latin or formulas."""
    latin = [character.isascii() or character == _MASK for character in (before[-1], after[0])]
    return " " if all(latin) and before[-1] != "-" else ""


_SPACES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), now)
    for pattern, now in (
        (r"(?<! )[ ]{2,}(?=[B-G]\. )", "\u2002"),  # between options on one line
        (rf"(?<=[{HAN}，；]) {{5,}}(?=[{HAN}，。；])", "____"),
        (rf"(?<=[{HAN}”）]) {{2,}}(?=[{HAN}“（])", "\u2003"),  # words that stand apart
        (r"[ \u3000]+", " "),
        (r"^(材料[一二三四五六]?)[ ：:]+(?=\S)", r"\1："),
        # The full stop of older papers is a full-width point.
        (rf"(?<=[{HAN}”’）》]) ?．(?![0-9])|(?<=[A-Za-z0-9]) ?．(?=$)|(?<=[a-z]) ．", "。"),
        (rf"(?<=[{HAN}{POINTS}]) (?=[{HAN}{POINTS}0-9“‘])", ""),
        (rf"(?<=[0-9”’]) (?=[{HAN}{POINTS}])", ""),
        (r" (?=[，。；：？！、（）》】〕])", ""),
        (r"(?<=[，。；：？！、（《【〔“‘]) ", ""),
        (rf" (?=[”])|(?<=[A-Za-z,.?!]) (?=’(?:[ ,.?!]|$))|(?<=[{HAN}{POINTS}]) (?=[\".,;])", ""),
        (rf" ?____ ?(?=[{HAN}{POINTS}”’])", "____"),
        (rf"(?<=[{HAN}{POINTS}“‘]) ____", "____"),
        (r"(?<=[A-Za-z0-9)\]\"”_]) (?=[.,;?!](?:[ “”’\"]|$))", ""),
        (r"\u2003", " "),
        (r"\u2002", "  "),
    )
)
# Idioms to be filled in one after the other: here blanks between Han separate.
_IDIOMS = re.compile(rf"[A-G]\. *[{HAN}]{{2,6}}(?: +[{HAN}]{{2,6}})+")


def _spaced(line: str) -> str:
    """A line without the blanks that extraction set: none between Han, none beside Chinese punctuation, one between
    Latin words."""
    line = line.strip(" \u3000")
    if _IDIOMS.fullmatch(line):
        return re.sub(r" +", " ", line)
    for pattern, now in _SPACES:
        line = pattern.sub(now, line)
    return line
