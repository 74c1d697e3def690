"""Personal data in Chinese text: where it stands, and how much of each kind.

    spans("联系１３８ 0013 8000或QQ：123456789")   ->   [Span("mobile", 2, 15), Span("qq", 19, 28)]

Numbers are found beside Hanzi (``\\b`` does not fire between a Hanzi and a digit), in full width and with the usual
blanks and dashes. A number inside a longer one, inside an address of a page, or in a decimal is not one; ID cards and
bank cards must bear their check digit. What cannot be told from other text (names, streets) is not looked for.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from cqia.text import marks


class Span(NamedTuple):
    """Personal data at the characters ``[start, end)``."""

    kind: str
    start: int
    end: int


# Full width to half width, digits in circles to digits, characters without width to blanks: one character to one, so
# that places stay. Chinese digits stay Chinese.
_HALF = {chr(0xFF01 + k): chr(0x21 + k) for k in range(94)}
_HALF |= {"\u3000": " ", "\u2795": "+", "—": "-", "–": "-"}
_HALF |= dict.fromkeys(map(chr, (*range(0x200B, 0x2010), 0x2060, 0xFEFF, 0xFE0F, 0x20E3)), " ")
_HALF |= {sign: marks.NUMERALS[sign] for sign in marks.CIRCLED}

_WIDE = re.compile(f"[{''.join(_HALF)}]")


def _half(text: str) -> str:
    """The text in half width. ``str.translate`` takes several times as long where few characters change."""
    return _WIDE.sub(lambda match: _HALF[match[0]], text)


_FREE = r"(?=[+(\d])(?<![0-9A-Za-z_])(?<!\d[.\-/])"  # nothing that makes it the tail of a longer number or a name
_DONE = r"(?![0-9A-Za-z_])(?![.\-/]\d)"
_IS = r"(?:号码?|群|id)?\s{0,2}(?:[:=是为]\s{0,2}|[(\[【「“]\s?)?"
_NAMED = r"号码?|账[号户]|频道|群[组号]?|联系(?:方式)?|用户名|\s?id"  # what an account of Telegram is called
_TELEGRAMS_OWN = {"share", "proxy", "socks", "login", "invoice", "boost", "giftcode", "contact"}
_TELEGRAMS_OWN |= {"addstickers", "addemoji", "addtheme", "addlist", "setlanguage", "confirmphone"}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643, ISO 7064 MOD 11-2


def is_id_card(number: str) -> bool:
    """Whether 18 characters are a number of an ID card: region, a date of birth that exists, and the check digit."""
    number = number.upper()
    if not re.fullmatch(r"[1-8]\d{16}[\dX]", number, re.ASCII):
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    return born.year >= 1900 and "10X98765432"[total % 11] == number[17]


def is_bank_card(number: str) -> bool:
    """Whether digits are a number of a bank card: UnionPay with 16 to 19 digits, Visa or Mastercard with 16; Luhn."""
    if not re.fullmatch(r"62\d{14,17}|(?:4\d|5[1-5])\d{14}", number, re.ASCII):
        return False
    odd, even = number[-1::-2], number[-2::-2]
    return (sum(map(int, odd)) + sum(sum(divmod(2 * int(digit), 10)) for digit in even)) % 10 == 0


def _squeezed(check: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda number: check(re.sub(r"[ \-]", "", number))


def _is_plate(plate: str) -> bool:
    return sum(c.isdigit() for c in plate) >= 3


def _is_account(name: str) -> bool:
    """Latin names without a digit are mostly words (微信 iPhone版); those after a colon have a pattern of their own."""
    return any(c.isdigit() or c in "_-" for c in name)


def _is_somebody(name: str) -> bool:
    """Telegram's own pages are none, nor are programs: their names end in bot, as @BotFather begins."""
    name = name.lower()
    return name not in _TELEGRAMS_OWN and not name.startswith("bot") and not name.endswith("bot")


class _Kind(NamedTuple):
    """How a kind is found: ``pattern`` with the group "is", and what ``check`` says of it. ``gate`` is a Rust regex
    without looking around that matches wherever ``pattern`` might: 500 MB/s where ``pattern`` reads 10. ``mark`` is
    what a text bears that it matches (``marks``)."""

    name: str
    mark: int
    gate: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool] | None = None


def _pattern(*parts: str) -> re.Pattern[str]:
    return re.compile("".join(parts), re.ASCII | re.IGNORECASE)


_GAP = r"[ \-—–　]?"  # between groups of digits, as it is written
_WECHAT_GATE = (
    r"(?i:(?:[微薇威徽v]|wei)(?s:.?)(?:信|xin)|薇|vx|wx|wechat|v\s?[:：]|[加+＋➕]\s?(?:[v薇微威]|卫星|绿泡))"
    r"[^0-9A-Za-z]{0,12}(?i:id)?[^0-9A-Za-z]{0,8}[A-Za-z1][0-9A-Za-z_\-]{5}"
)
_DIGIT = f"[0-9{''.join(marks.NUMERALS)}]"
_BETWEEN = r"[ .\-_/·*—–　\x{200B}-\x{200F}\x{2060}\x{FEFF}\x{FE0F}\x{20E3}]{0,3}"
_UNIT = r"(?!\s?[元块万亿人名个位只条米年月号次本台件%])"  # 进群10000人


def _is_spelled(number: str) -> bool:
    """Whether 11 digits of any kind are a mobile number: what stands between them is alike, and where people cut."""
    plain = "".join(marks.NUMERALS.get(character, character) for character in number)
    gaps = re.split(r"[0-9]", plain)[1:-1]
    if not re.match(r"1[3-9]", re.sub(r"[^0-9]", "", plain)):
        return False
    split = [at for at, gap in enumerate(gaps, 1) if gap]
    alike = len(set(filter(None, gaps))) == 1
    return not split or (alike and tuple(split) in _GROUPED)


# After which digits a disguised number is cut: after each, or 3-4-4, 3-5-3, 4-3-4, 4-4-3.
_GROUPED = {tuple(range(1, 11)), (3, 7), (3, 8), (4, 7), (4, 8)}

# In order of precedence: what an earlier kind has taken, a later one does not take again.
_KINDS: tuple[_Kind, ...] = (
    _Kind(
        "profile",
        marks.ADDRESS,
        r"(?i:zhihu\.com/people|weibo\.c|douban\.com/people|bilibili|xiaohongshu\.com/u|jianshu|douyin|tieba|csdn)",
        _pattern(
            r"(?P<is>(?:https?://)?(?:[a-z]{1,8}\.)?(?:zhihu\.com/people/|weibo\.(?:com|cn)/(?:u/|n/|\d{6})|douban\.com/"
            r"people/|space\.bilibili\.com/|xiaohongshu\.com/user/profile/|jianshu\.com/u/|douyin\.com/user/|"
            r"tieba\.baidu\.com/home/main\?|blog\.csdn\.net/(?!\w{1,40}/article))[\w\-%.=&?]{0,200})"
        ),
    ),
    _Kind(
        "email",
        marks.AT,
        r"[0-9A-Za-z_.%+\-]@[0-9A-Za-z]",
        _pattern(
            r"(?<![\w.%+\-])(?P<is>[a-z0-9][\w.%+\-]{0,63}@(?:[a-z0-9][a-z0-9\-]{0,62}\.){1,4}[a-z]{2,12})(?![a-z0-9])"
        ),
    ),
    _Kind(
        "id_card",
        marks.NUMBER,
        rf"[0-9]{{6}}{_GAP}(?:19|20)[0-9]{{6}}",
        _pattern(_FREE, r"(?P<is>[1-8]\d{5}[ \-]?(?:19|20)\d{6}[ \-]?\d{3}[\dx])", _DONE),
        _squeezed(is_id_card),
    ),
    _Kind(
        "bank_card",
        marks.NUMBER,
        rf"[0-9]{{4}}(?:{_GAP}[0-9]{{4}}){{3}}",
        _pattern(_FREE, r"(?P<is>\d{4}(?:[ \-]?\d{4}){3}(?:[ \-]?\d{1,3})?)", _DONE),
        _squeezed(is_bank_card),
    ),
    _Kind(
        "wechat",
        marks.ACCOUNT,
        _WECHAT_GATE,
        _pattern(
            r"(?=[微薇威徽vw加+])(?:[微薇威徽]\s?信|微xin|(?<![a-z])(?:v\s?信|vx|wx|wechat|wei\s?xin|wei信)"
            r"|[加+]\s?(?:[v薇微威]|卫星|绿泡泡?))"
            r"(?:号码?|id)?\s{0,2}(?:[:=是为]\s{0,2}|[(\[【「“]\s?)"
            r"(?P<is>[a-z][a-z0-9_\-]{5,19}|1[3-9][\doli]{9})(?![a-z0-9_\-.@])"  # 138oo138ooo
        ),
    ),
    _Kind(
        "wechat",
        marks.ACCOUNT,
        _WECHAT_GATE,
        _pattern(
            r"(?=[微薇威徽vw加+])(?:(?:微信|薇信?|威信|徽信|v信|微xin|(?<![a-z])(?:vx|wx|wechat|wei\s?xin|wei信)"
            r"|[加+]\s?(?:[v薇微威]|卫星|绿泡泡?))号?|(?:(?<=[一-鿿,。!;、)】~])|^)v\s?:)\s{0,2}"
            r"(?P<is>[a-z][a-z0-9_\-]{5,19}|1(?=\d{1,9}[oli])[3-9][\doli]{9})(?![a-z0-9_\-.@])"
        ),
        _is_account,
    ),
    _Kind(
        "telegram",
        marks.AT | marks.ADDRESS,
        r"(?i:t(?:elegram)?\.me/|(?:飞机|电报|telegram|tg)[^@＠]{0,16}[@＠].?[a-z])",
        _pattern(
            r"(?:(?<![\w.\-])(?:https?://)?t(?:elegram)?\.me/(?:(?=\+|joinchat/)|(?:s/)?(?=[a-z]\w{4,31}(?!\w)))"
            r"|(?:(?:纸飞机|(?<![发拍打])电报|telegram|(?<![a-z])tg)(?:",
            _NAMED,
            r")?|(?<![坐乘搭大])飞机(?:",
            _NAMED,
            r"|(?=\s?[:=])))\s{0,2}(?:[是为]\s{0,2})?(?:[:=]\s{0,2})?[(\[【「“]?\s?@\s?(?=[a-z]\w{4,31}(?![\w.@])))"
            r"(?P<is>(?:\+|joinchat/)?[\w\-]{5,40})",
        ),
        _is_somebody,
    ),
    _Kind(
        "qq",
        marks.QQ,
        r"(?i:q|扣|抠抠|叩叩|蔻蔻|球球|企鹅|🐧|[群裙]|君羊)[^0-9]{0,12}[1-9][0-9]{4}"
        r"|(?:联系|找我?|私聊|加入|咨询)[^0-9]{0,4}[1-9][0-9]{7}",
        _pattern(
            r"(?:(?:(?<![a-z])q{1,2}|扣扣|扣我|抠抠|叩叩|蔻蔻|球球|企鹅|🐧|[群裙]|君羊)",
            _IS,
            r"|(?:联系|找我?|私聊|加入|咨询)\s?:?\s?(?=\d{8,10}(?!\d)))",
            r"(?P<is>[1-9]\d{4,10})(?![\d])(?!\.\d)",
            _UNIT,
        ),
    ),
    _Kind(
        "mobile",
        marks.NUMBER,
        rf"1[3-9][0-9]{_GAP}[0-9]{{3,4}}{_GAP}[0-9]{{4}}",
        _pattern(
            r"(?=[+\d])(?:(?<=tel)|(?<=phone)|(?<=vx)|(?<=wx)|(?<![a-z])(?<=v)|(?<![a-z])(?<=q)|",
            _FREE,
            r")(?P<is>(?:\+?(?:00)?86[ \-]?)?1[3-9]\d(?:[ \-]?\d{4}[ \-]?\d{4}|[ \-]\d{3}[ \-]\d{5}))",
            _DONE,
        ),
    ),
    _Kind(
        "mobile",
        marks.NUMBER,
        rf"[1一幺壹①❶]{_BETWEEN}[3-9三四五六七八九叁肆伍陆柒捌玖③-⑨❸-❾](?:{_BETWEEN}{_DIGIT}){{9}}",
        _pattern(
            rf"(?=[1一幺壹])(?<![0-9A-Za-z_{''.join(marks.NUMERALS)}点])(?<!\d[.\-/])"
            rf"(?P<is>[1一幺壹](?:[ .\-_/·*]{{0,3}}{_DIGIT}){{10}})(?!{_DIGIT})(?![A-Za-z_])(?![.\-/ ]\d)"
        ),
        _is_spelled,
    ),
    _Kind(
        "landline",
        marks.NUMBER,
        rf"0[0-9]{{2,3}}[)）]?\s?{_GAP}[0-9]{{3,4}}{_GAP}[0-9]{{4}}|[48]00{_GAP}[0-9]{{3}}{_GAP}[0-9]{{4}}",
        _pattern(
            _FREE,
            r"(?P<is>(?:\(0(?:10|2\d|[3-9]\d\d)\)\s?|0(?:10|2\d|[3-9]\d\d)[ \-])[2-9]\d{2,3}[ \-]?\d{4}"
            r"|[48]00[ \-]?\d{3}[ \-]\d{4}|[48]00\-\d{7})",
            _DONE,
        ),
    ),
    _Kind(
        "landline",
        marks.NUMBER,
        rf"(?i:电话|座机|热线|传真|tel|致电)[^0-9]{{0,4}}[0-9]{{3,4}}{_GAP}[0-9]{{3}}",
        _pattern(
            r"(?:电话|座机|热线|传真|tel|致电)\s?[:为是]?\s?(?P<is>0(?:10|2\d|[3-9]\d\d)[2-9]\d{6,7}|[48]00\d{7}"
            r"|[2-9]\d{3}[ \-]?\d{4})",
            _DONE,
        ),
    ),
    _Kind(
        "plate",
        marks.PLATE,
        rf"[{marks.PROVINCES}][A-HJ-NP-Za-hj-np-z][·•\- ]?[A-Za-z0-9]{{5}}",
        _pattern(rf"(?P<is>[{marks.PROVINCES}][A-HJ-NP-Z][·•\- ]?[A-HJ-NP-Z0-9]{{5,6}})(?![A-Za-z0-9])"),
        _is_plate,
    ),
)
KINDS = tuple(dict.fromkeys(kind.name for kind in _KINDS))
#: What a text bears that may hold any.
MARKS = functools.reduce(operator.or_, (kind.mark for kind in _KINDS)) | marks.WIDE

_PAGE_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s一-鿿，。）」】]{1,2000}", re.IGNORECASE)


def spans(text: str) -> list[Span]:
    """The personal data in ``text``, in order, not overlapping. ``kind`` is one of ``KINDS``."""
    return _spans(text, _KINDS)


def _spans(text: str, kinds: Iterable[_Kind]) -> list[Span]:
    half = _half(text)
    found: list[Span] = []
    taken, address = bytearray(len(half)), bytearray(len(half))
    for match in _PAGE_ADDRESS.finditer(half) if "//" in half or "ww" in half.lower() else ():
        address[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    for kind in kinds:
        for match in kind.pattern.finditer(half):
            start, end = match.span("is")
            if any(taken[start:end]) or (kind.check is not None and not kind.check(match["is"])):
                continue
            if address[start] and kind.name not in ("profile", "email", "telegram"):
                continue
            found.append(Span(kind.name, start, end))
            taken[start:end] = b"\1" * (end - start)
    return sorted(found, key=lambda span: span.start)


def counts(texts: pl.Series, borne: pl.Series) -> pl.DataFrame:
    """How many spans of each kind each text holds: a column (UInt32) for each of ``KINDS``; null counts as empty.

    Args:
        borne: the marks of the texts, as ``marks.marks`` gives them.
    """
    totals = {kind: np.zeros(len(texts), np.uint32) for kind in KINDS}
    wide = (borne & marks.WIDE) > 0
    read = texts
    if wide.any():  # neither marks nor gates see through full width
        half, rows = texts.filter(wide).str.replace_many(_HALF), wide.arg_true()
        read, borne = texts.clone().scatter(rows, half), borne.clone().scatter(rows, marks.marks(half))
    passed: dict[int, list[_Kind]] = {}
    for mark, gate in dict.fromkeys((kind.mark, kind.gate) for kind in _KINDS):
        perhaps = ((borne & mark) > 0).arg_true()
        for row in perhaps.filter(read.gather(perhaps).str.contains(gate)):
            passed.setdefault(row, []).extend(kind for kind in _KINDS if (kind.mark, kind.gate) == (mark, gate))
    for row, kinds in passed.items():
        for span in _spans(read[row], kinds):
            totals[span.kind][row] += 1
    return pl.DataFrame(totals)
