"""Reading a judge's reply: leniently in form, strictly in meaning. A score is never invented.

A reply is searched for statements of the overall score: JSON objects (in fences, between prose, with full-width
punctuation) and labelled numbers in prose (总分：8分, 8/10). One score, stated once or the same each time, is the
score; a null is an abstention. Everything else leaves the reply unread: a range, two different scores, a number off
the scale, a number without a label, a reply that was cut off in the middle.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cqia.judge.rubric import CRITERIA, FLAGS
from cqia.judge.verdict import Verdict, on_scale

LONGEST = 50_000  # characters; a judgement needs a thousand
OBJECTS = 32  # JSON objects that are looked at in one reply
SAID = 300  # characters of one reason that are kept
SHORT = 40  # characters of a line that is a heading or a number and nothing else

# Names of the overall score. The bare ones may as well belong to a single criterion, so they count only alone.
OVERALL = (
    *("总分", "总评分", "总得分", "总体评分", "总体得分", "综合评分", "综合得分", "最终评分", "最终得分", "整体评分"),
    "總分",
    *("overall", "overall_score", "overall score", "total_score", "total score", "final_score", "final score"),
)
BARE = ("评分", "得分", "打分", "分数", "score", "rating")
AROUND = (  # what a whole judgement may be wrapped in
    "评价", "评审", "评审结果", "评价结果", "评分", "评分结果", "结果", "输出",
    "result", "evaluation", "review", "judgement", "judgment", "assessment", "output", "response",
)  # fmt: skip
OF_ONE = ("标准", "维度", "指标", "criterion", "dimension", "aspect")  # keys of a judgement on a single criterion
REASONS = ("总评", "理由", "原因", "说明", "reason", "reasons", "comment")
MARKS = ("标记", "flags")
FLAGGED = "标记："  # begins the detail of a verdict with flags
NOTHING = ("null", "none", "n/a", "无法判断", "无法评分", "无法打分", "无")

FULL_WIDTH = re.compile("[０-９．／]")
ASCII = str.maketrans("０１２３４５６７８９．／", "0123456789./")
PUNCTUATION = str.maketrans("｛｝［］：，", "{}[]:,")
QUOTES = str.maketrans("“”", '""')
TRAILING = re.compile(r",(?=\s*[}\]])")  # the comma after the last of a list
NUMBER = r"(?<![\d.])\d{1,3}(?:\.\d{1,4})?"
FULL_MARKS = r"[（(] ?(?:满分 ?|1 ?[-~～–—到至] ?)?10 ?分?制? ?[)）]"  # （满分 10 分）, (1-10)
OUT_OF = rf"({NUMBER})[*_`]*(?: ?分? ?/ ?10(?:\.0+)?(?!\.?\d)(?: ?分)?| ?分(?!半|之)| ?points?)?"
ALONE = re.compile(rf"[\s*_`#>【\[]*{OUT_OF}(?: ?{FULL_MARKS})?[\s*_`。!！】\]]*", re.IGNORECASE)
NAMES = "|".join(map(re.escape, sorted((*OVERALL, *BARE), key=len, reverse=True)))
HEADING = re.compile(rf"[\s*_`#>【\[|]*(?:{'|'.join(OVERALL)})[\s*_`】\]]*[:：]?[\s*_`]*", re.IGNORECASE)
BETWEEN = (
    r"(?:(?: ?(?:[:：=为是给|]|is\b))+ ?| |(?<=[】\]])|(?=\d{1,2}(?:\.\d)? ?分))"  # 总分：8, 总分 8, 【总分】8, 总分8分
)
# On one line: what stands on the next may be the 1. of a list.
LABELLED = re.compile(
    rf"(?P<label>{NAMES})(?:[\"'”*_`】\]]| ?{FULL_MARKS})*{BETWEEN}(?:[\"'“*_`【\[（(] ?)*"
    rf"(?:{OUT_OF}|(?P<nothing>{'|'.join(NOTHING)}))(?=(?P<after>.{{0,20}}))",
    re.IGNORECASE,
)
# What may follow a score; whatever else does may make it another one, a range or the head of a list: 7−8, 7和8, 8分半,
# 8不到, 85/100, 1. 有用性. Of the ways to say 七八分 there is no list.
ENDS = re.compile(
    r"[\"'”’*_`】\]）)}」』]*(?:\.?$| out of 10(?!\d)| [^\s\d:：]{1,8}[:：]"
    r"| ?[，,；;。!！|（(](?! ?(?:[*_`]*\d|[一二三四五六七八九十]分|[-~～或到至约])))",
    re.IGNORECASE,
)


#: A second number behind the first, which takes it back: 总分：10（满分），实得 8.
CORRECTED = re.compile(
    r"(?:实得|实际|(?<![性度])(?:得分|评分|打分)|改为|改成|修正|更正|应为|应该是|maybe|perhaps|rather)[^\d\n]{0,8}"
    r"(?:10|[1-9])(?!\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Claim:
    """A statement of the overall score: a number, None for an abstention, or "unclear"; ``bare`` as in ``BARE``."""

    score: float | str | None
    bare: bool


def read(text: str, *, cut: bool = False) -> Verdict:
    """The verdict a reply states: scored or abstained, and failed where it states none. Never raises.

    Of a reply ``cut`` off at its length only whole JSON objects count: 总分：8 may have been on its way to 8.5.
    """
    if len(text) > LONGEST:
        return Verdict("failed", None, f"回复过长：{len(text)} 字")
    text = _clean(text.rpartition("</think>")[2])
    if FULL_WIDTH.search(text):  # few have any, and translating is half of the work
        text = text.translate(ASCII)
    if "<think>" in text:
        return Verdict("failed", None, "回复在思考中截断")
    found = _objects(text)
    if found is None:
        return Verdict("failed", None, f"回复里的 JSON 读不出来：{_cut(text)}")
    objects, around = found
    if cut and not objects:
        return Verdict("failed", None, f"回复被截断：{_cut(text)}")
    # Single spaces from here on: the patterns below would crawl over long runs of them.
    prose = _headed([line for line in (" ".join(line.split()) for line in around.splitlines()) if line])
    claims = [*(claim for each in objects for claim in _stated(each)), *_said(prose)]
    if not objects and (alone := _alone(prose)) is not None:
        claims = [_Claim(alone, bare=False)]
    if any(claim.bare for claim in claims) and (len(claims) > 1 or any(name in prose for name in CRITERIA)):
        return Verdict("failed", None, f"分不清哪个是总分：{_cut(text)}")
    scores = {claim.score for claim in claims}
    if len(scores) != 1:
        return Verdict("failed", None, f"{'总分前后不一' if scores else '没有总分'}：{_cut(text)}")
    (score,) = scores
    detail = _detail(objects) or _cut(prose)
    if score is None:
        return Verdict("abstained", None, detail)
    if isinstance(score, str) or not on_scale(score):
        return Verdict("failed", None, f"总分不是 1 到 10 的整分或半分：{_cut(text)}")
    return Verdict("scored", score, detail)


def _objects(text: str) -> tuple[list[Mapping[str, object]], str] | None:
    """The outermost JSON objects of a text and the prose around them; None where one is broken.

    Where there is none, or a broken one, it is looked for with ASCII punctuation, and without commas before an end.
    """
    found = None
    for form in _forms(text):
        found = _cut_out(text, form)
        if found and found[0]:
            break
    return found  # without objects that of the last form: a broken one is seen in it, whatever its punctuation


def _forms(text: str) -> Iterator[str]:
    yield text  # mostly it is right, and making the others takes longer than reading it
    yield TRAILING.sub(" ", text)
    yield (ascii_ := text.translate(PUNCTUATION))
    yield TRAILING.sub(" ", ascii_.translate(QUOTES))


def _cut_out(text: str, form: str) -> tuple[list[Mapping[str, object]], str] | None:
    objects: list[Mapping[str, object]] = []
    prose, at = [], 0
    for match in re.finditer(r"\{\s*[\"'“}]", form):
        if match.start() < at:
            continue
        if len(objects) == OBJECTS:
            return None
        try:
            value, end = DECODER.raw_decode(form, match.start())
        except (ValueError, RecursionError):
            return None  # what stands inside a broken object is not outermost: a criterion's score, say
        objects.append(value)
        prose.append(text[at : match.start()])
        at = end
    return objects, "\n".join([*prose, text[at:]])


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; a key with two values keeps both, so that neither is taken for the answer."""
    merged: dict[str, object] = {key.strip(): value for key, value in pairs}
    if len(merged) == len(pairs):
        return merged
    merged.clear()
    for key, value in pairs:
        merged[key.strip()] = value if merged.setdefault(key.strip(), value) == value else "前后不一"
    return merged


DECODER = json.JSONDecoder(object_pairs_hook=_pairs, strict=False)


def _stated(found: Mapping[str, object]) -> Iterator[_Claim]:
    if len(found) == 1:  # around the whole of it: {"评价": {"总分": 8}}
        ((name, inner),) = found.items()
        if isinstance(inner, dict) and name.lower() in AROUND and not _about_one(inner):
            yield from (_Claim(_value(value), bare=False) for key, value in inner.items() if key.lower() in OVERALL)
    for key, value in found.items():
        name = key.lower()
        if name in OVERALL or (name in BARE and not _about_one(found)):
            yield _Claim(_value(value), bare=name in BARE)


def _about_one(found: Mapping[str, object]) -> bool:
    """Whether an object judges a single criterion."""
    named = any(isinstance(value, str) and value in CRITERIA for value in found.values())
    return named or any(key.lower() in OF_ONE for key in found)


def _value(value: object) -> float | str | None:
    if value is None or (isinstance(value, str) and value.strip().lower() in NOTHING):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if abs(value) < 1000 else "unclear"
    alone = _alone(value.strip()) if isinstance(value, str) else None
    return "unclear" if alone is None else alone


def _alone(text: str) -> float | None:
    """The number of a text that is a number and nothing else; of a longer one the pattern would try too much."""
    found = ALONE.fullmatch(text) if len(text) <= SHORT else None
    return float(found[1]) if found else None


def _headed(lines: list[str]) -> str:
    """The lines; a number that has one to itself goes to the heading above it, where it is the only one."""
    numbers = [at for at, line in enumerate(lines) if _alone(line) is not None]
    at = numbers[0] if len(numbers) == 1 else 0
    if at and len(lines[at - 1]) <= SHORT and HEADING.fullmatch(lines[at - 1]):
        lines = [*lines[: at - 1], f"总分：{lines[at].lstrip(' *_`#>')}", *lines[at + 1 :]]
    return "\n".join(lines)


def _said(prose: str) -> Iterator[_Claim]:
    for match in LABELLED.finditer(prose):
        before = prose[max(0, match.start() - 1) : match.start()]
        bare = match["label"].lower() in BARE
        if (bare and before not in ("", "\n", "*", "#")) or prose[: match.start()].rstrip("的").endswith(CRITERIA):
            continue  # 有用性得分：8 is not the overall score, nor is one in the middle of a sentence
        behind = prose[match.end() :].partition("\n")[0]
        clear = ENDS.match(match["after"]) and not CORRECTED.search(behind)
        yield _Claim("unclear" if not clear else None if match["nothing"] else float(match[2]), bare=bare)


def _detail(objects: list[Mapping[str, object]]) -> str:
    """Reasons and flags in words, with their lengths bounded."""
    reasons, marks = [], []
    for found in objects:
        for key in REASONS:
            value = found.get(key)
            if isinstance(value, dict):
                reasons += [f"{name}：{_cut(value[name])}" for name in CRITERIA if isinstance(value.get(name), str)]
            elif isinstance(value, str) and value.strip():
                reasons.append(_cut(value))
        for key in MARKS:
            value = found.get(key)
            named = re.split(r"[、，,；;\s]+", value) if isinstance(value, str) else value
            marks += [flag for flag in named if flag in FLAGS] if isinstance(named, list) else []
    said = [f"{FLAGGED}{'、'.join(dict.fromkeys(marks))}"] if marks else []
    return _clean("；".join([*said, *reasons]))[: SAID * 8]


def _clean(text: str) -> str:
    """Without lone surrogates, which JSON can hold and a file cannot."""
    return text.encode("utf-8", "replace").decode()


def _cut(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= SAID else f"{line[:SAID]}…"
