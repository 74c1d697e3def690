"""Answers of exam questions: joined with their analyses into solutions, checked against the options they name, and
turned into answers of a fill-in-the-blank question where a choice question allows that.

Everything here is str to str, and works on mended text (``text.exam``), in which an option stands on a line of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

#: An answer with as many formulas (each between two dollars) is a worked solution; results have fewer.
WORKED = 12
#: A longer option is an argument, and nobody who sees the stem alone would come to its words; formulas may be longer.
LONGEST_BLANK, LONGEST_FORMULA = 12, 40

_CHOSEN = re.compile(
    r"(?:[故应题案此]选|选择|答案[为是:：]|所以选|[，。．]选)\s*[:：]?\s*(?:\$*\\(?:mathrm|text)\s?\{)?([A-H]{1,5})(?![A-Za-z])"
)
_SUB_QUESTION = re.compile(r"^(?:(\d{1,2})[．.、](?!\d)|[（(](\d{1,2})[）)])", re.MULTILINE)
_OPTION = re.compile(r"^([A-H])\. ?(.*)$")

# "x=(\quad)$" stands in a formula, "$(\quad)$" and "($\quad$)" beside one.
_GAP = re.compile(r"（ *）|\( *\)|_{2,}|(\$?)[(（] ?(\$?) ?\\q?quad ?(\$?) ?[)）](\$?)|\$\\q?quad\$")
_OPEN_END = re.compile(r"(?:是|为|等于|称为|叫做|属于|在于)[:：]?$")
# The stem speaks of its options, or only they make the answer the only one.
_NEEDS_OPTIONS = re.compile(
    r"下列|以下|下面|如下|[哪那][一]?[项个种类组些位条句]|选项|正确的|错误的|恰当的|合适的|不[^，。；]{0,8}的|的一[项组句]|各[项组句]|[上前]述|"
    r"[可得推]知|由此|据此|这[一种些]|此举|应该是|看出|认为|观点|特点|特征|作用|做法|本质|表现|可以推|评价|关键|"
    r"顺序|排列|排序|依次|填入|[划画]线|加点|可能是|可以是|能够?|说明|表明|反映|体现|意在|旨在|最[好佳能可有合适主]|主要|之一|选出|是因为|原因|目的|意义|作用|"
    r"[①-⑳]|如图"
)
# An option that speaks of the others.
_LEANS = re.compile(
    r"以上|上述|全部|都[不是对有能会可]|均[不为对可]|无法|不能确定|不确定|不对|其他|不指定|[①-⑳]|!\[|(?<![A-Za-z$\\{=<>+*/^_-])[A-H](?![A-Za-z0-9$}=<>+*/^_-])"
)
_ABOUT_OPTIONS = re.compile(
    r"(?<![A-Za-z$\\{])[A-H](?:项|选项|[.．、，。：:；]|正确|错误|不?符合|对|错)|选项|[①-⑳]|排除|选择?[\s:：$]*(?:\\\w+\s?\{)?[A-H](?![A-Za-z])|答案|"
    r"(?:^|\n)[A-H](?:\s|$)"
)
_LAST_CHOICE = re.compile(
    r"[^\n。．；;，,]{0,8}(?:[故应]选|所以选|选择?|[正确]*答案[为是:：]|答案选)\s*[:：]?\s*[$\s]*(?:\\(?:mathrm|text)\s?\{)?[A-H][}$\s]*[。．.]?\s*$"
)


def letters(answer: str) -> str:
    """The option labels that an answer consists of, in order ("B、A" is "AB"); "" where it is something else.

    >>> letters("A、C"), letters("答案：B"), letters("Boston")
    ('AC', 'B', '')
    """
    bare = re.sub(r"^\s*(?:[正参]?[确考]?答案|故?选|应选)?[为是]?\s*[:：]?|[\s、，,;；.。．()（）【】]+", "", answer)
    return "".join(sorted(set(bare))) if re.fullmatch("[A-H]{1,8}", bare) else ""


def options(question: str) -> dict[str, str]:
    """The options of a mended question by label; none where labels come more than once, as in several questions."""
    found = [(match[1], match[2]) for line in question.split("\n") if (match := _OPTION.match(line))]
    names = [name for name, _ in found]
    return dict(found) if len(set(names)) == len(names) else {}


def chosen(
    question: str, choices: Sequence[str], analysis: str, offered: Mapping[str, str] | None = None
) -> str | None:
    """The solution of a choice question: the analysis, and after it the answer unless it stands at its end.

    Args:
        question: as printed, for the numbers of its sub-questions.
        choices: the labels chosen, one string a sub-question.
        analysis: "" where there is none; the words of the chosen ``offered`` options then make the answer plain.
        offered: the options by label.
    """
    if not choices:
        return None
    analysis = re.sub(r"^[A-G]{2,20}[.。]?\n", "", analysis)
    if len(choices) == 1 and not analysis and offered and all(label in offered for label in choices[0]):
        # The options of a table have no words of their own: "A. A".
        bare = {label: re.sub(r"[$\s{}]|\\(?:mathrm|text)", "", offered[label]) for label in choices[0]}
        named = [label if bare[label] in (label, "") else f"{label}. {offered[label]}" for label in choices[0]]
        return f"答案：{named[0]}" if len(named) == 1 else "\n".join([f"答案：{choices[0]}", *named])
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


def disagreement(offered: Iterable[str], choices: Sequence[str], analysis: str) -> str | None:
    """What is wrong with the answer: an option that is not offered, or another one chosen by the analysis."""
    missing = sorted(set("".join(choices)) - set(offered))
    if missing:
        return "not offered: " + "".join(missing)
    said = _CHOSEN.findall(analysis[-40:])
    if len(choices) == 1 and said and set(said[-1]) != set(choices[0]):
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


def blank(stem: str, offered: Mapping[str, str], choice: str, analysis: str) -> tuple[str, str] | None:
    """A choice question as fill-in-the-blank: the stem with one gap, and its answer in words; None where the question
    leans on its options (下列说法正确的是), the answer on the others (以上都对), or the answer is not one option.

    Args:
        stem: the question without its options.
        offered: the options by label.
        choice: the labels chosen.
        analysis: taken along where it speaks of no option.
    """
    words = offered.get(choice, "").strip(" 。．.；;")
    if not words or len(words) > (LONGEST_FORMULA if "$" in words else LONGEST_BLANK) or len(offered) < 3:
        return None
    if _LEANS.search(words) or _NEEDS_OPTIONS.search(stem):
        return None
    if len(set(offered.values())) < len(offered) or len(re.findall("[\u4e00-\u9fff]", stem)) < 6:
        return None  # an English sentence has as many fillings as words
    gaps = list(_GAP.finditer(stem))
    if len(gaps) == 1:
        dollars = "".join(gaps[0].groups(default=""))
        # One dollar alone is the end of the formula that the gap stood in.
        filled = "$____" if dollars == "$" else "____"
        question = stem[: gaps[0].start()] + filled + stem[gaps[0].end() :]
        if question.count("$") % 2:
            return None
    elif not gaps and _OPEN_END.search(stem):
        question = f"{stem.rstrip(':：')}____。"
    else:
        return None
    reason = _LAST_CHOICE.sub("", analysis).strip(" ，,\n")
    if not reason or _ABOUT_OPTIONS.search(reason) or "![" in reason:
        return question, f"答案：{words}"
    return question, f"{reason}\n答案：{words}"


def _bare(text: str) -> str:
    return re.sub(r"[\s，。、；：,.;:．（）()]+", "", text)
