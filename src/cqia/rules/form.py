"""Rules of form: length, language, repetition, broken characters, boilerplate."""

from __future__ import annotations

import polars as pl

from cqia.rules.rule import Rule, matches
from cqia.rules.safety import listed
from cqia.text import chinese, marks

# What UTF-8 read as GBK looks like (锟斤拷, or 鈥 銆 锛), UTF-8 read as Latin-1 (Ã¤ ï¼), fresh memory (烫烫) and lost
# bytes. Each alone may be innocent, which is why the rule bounds their share.
_BROKEN = (
    r"[\x{FFFD}锟鐨銆锛鈥鏄鎴杩涔鍙绗浠鐜鎵]|浣[犲跨滀嶇撴]|烫烫|屯屯"
    r"|[ÃÂï¼ãåæçèé][\x{0080}-\x{00BF}\x{2018}-\x{2030}\x{20AC}]"
)


# A line that says where the text was taken from. 转自 is also where 转 meets 自由, 自学, 自然; and 来源 is where words,
# numbers and ideas come from. Hence a colon, a subject that is the whole text, or a place where texts appear.
_WHOLE = r"(?:本文|此文|文章|全文|原文)[均都]?"
_SUBJECT = rf"(?:(?:{_WHOLE}|(?:内容|以[上下](?:内容|文字)?)[均都]?)\s?)"
_TAKEN = r"(?:转载?|搬运)自"
_NO_SELF = r"[^由学行然己我动主助身家愿律信媒习费拍驾从卑尊治发私制闭定杀\W]"  # begins no word behind 自
_PAPER = (
    r"(?:新华社|中新社|人民网|半月谈|学习强国"
    rf"|(?:{_NO_SELF}\w{{0,7}})?(?:[日晚晨早时商快]报|青年报|都市报|周刊|杂志))"
)
_SITE = (
    r"(?:(?:新浪)?微博|微信|知乎|豆瓣|简书|天涯|贴吧|小红书|今日头条|澎湃新闻|虎嗅|36氪|果壳|(?:互联)?网络?"
    rf"|(?:{_NO_SELF}\w{{0,7}})?(?:新闻网|新闻客户端|论坛))"
)
_ACCOUNT = r"(?:微信)?(?:公众号|公号|订阅号)"
_SOME, _REST = r"\s{0,3}[^\n。！？!?]{2,30}", r"[^\n。！？!?]{0,24}"
_WHOSE = (
    r"(?:[》”」]|\s?[:：·@|｜/（(《“「]|\s|用户|网友|作者|答主|专栏|小组|客户端|[，,]\s?(?:如有)?侵权?[必即]?删)"
    + _REST
)  # what may follow a place: 知乎用户某某, and not 知乎运营岗
_PLACE = rf"\s{{0,3}}[《“「]?(?:(?:{_PAPER}|{_SITE})(?:{_WHOSE})?|{_ACCOUNT}{_REST})"
_TAKEN_FROM = "|".join(
    (
        rf"{_SUBJECT}?{_TAKEN}\s?(?:[:：]{_SOME}|[@《]{_SOME}|https?://\S{{4,200}}|{_PLACE})",
        rf"{_WHOLE}{_TAKEN}\s?{_NO_SELF}{_REST}",
        rf"{_SUBJECT}来源?[于自]{_PLACE}",
        rf"来源于[《“「]?{_PAPER}[》”」]?",
        rf"{_SUBJECT}?来源\s?[:：]{_PLACE}",
        rf"{_WHOLE}来源\s?[:：]{_SOME}",
        rf"转载[:：]{_SOME}",
        r"(?:本文)?转载[，,、。]?\s?侵删",
    )
)
# The author's own from elsewhere, and what is said of who may reprint.
_OWN = (
    r"本人|自己|我的|笔者|个人|亲身|经[历验]|整理|原创|(?:自|于|[:：])\s{0,3}我|公众?号(?:运营|编辑|岗)"
    r"|转载[:：]\s{0,3}(?:请|须|需|应|要|禁|谢绝|不|未|可|联系|注明|授权|随意|欢迎)"
)
_LINE_CHARS = 300  # more than such a line has
_OPENED, _CLOSED = r"[\s*>（(【\[「]{0,12}", r"[。.]?[\s*）)】\]」]{0,12}"
_REPRINT_LAST = rf"\n({_OPENED}(?:{_TAKEN_FROM}){_CLOSED})\z"
_REPRINT_FIRST = rf"\A({_OPENED}(?:{_TAKEN_FROM}|转载[:：]?){_CLOSED})\n"


def empty() -> Rule:
    """Some text; a document without any has a rule of its own, so that the funnel tells it from a short one."""
    blank = ~pl.col("text").fill_null("").str.contains(r"\S")
    return Rule(name="empty", why="no text", value=blank, missing="keep")


def long(at_most: int = 6_000) -> Rule:
    """At most so many characters; the paper trains on 4,096 tokens (section 4), about 6,000 characters of Chinese."""
    value = pl.col("text").fill_null("").str.len_chars()
    return Rule(name="long", why="longer than training takes in", value=value, at_most=at_most, missing="drop")


def length(at_least: int | None = None, at_most: int | None = None) -> Rule:
    """The length of the text in characters; a document without text has 0."""
    return Rule(
        name="length",
        why="too short or too long",
        value=chinese.chars(),
        at_least=at_least,
        at_most=at_most,
        missing="drop",
    )


def han(at_least: float = 0.3) -> Rule:
    """At least this share of Chinese characters and punctuation; 0.3 (EvalWeb's bound) leaves room for code."""
    return Rule(name="han", why="too little Chinese", value=chinese.han_share(), at_least=at_least, missing="drop")


def repeated_lines(at_most: float = 0.3) -> Rule:
    """At most this share of lines that stood before in the same text; blank lines do not count."""
    return Rule(
        name="repeated_lines", why="repeats its lines", value=pl.col("repeated:lines"), at_most=at_most, missing="keep"
    )


def repeated_ngrams(at_most: float = 0.5) -> Rule:
    """At most this share of 13-character n-grams that stood before in the same text (size and bound: EvalWeb)."""
    return Rule(
        name="repeated_ngrams", why="repeats its phrases", value=pl.col("repeated:13"), at_most=at_most, missing="keep"
    )


def boilerplate(at_most: float = 20) -> Rule:
    """At most this density of what stands around texts on pages: 责任编辑, 上一篇, 版权所有, 登录后查看."""
    return listed("boilerplate", "boilerplate", "what stands around a text, and not the text", at_most)


def reprint() -> Rule:
    """Not the author's own: its first or last line, and nothing else in that line, says where it was taken from.

    On 9,628 answers and articles of Zhihu it fires on eight, all of them reprints. The sources of pictures, numbers and
    quotations (摘自), and an author's own text elsewhere (首发于, 转自我的公众号) are none.
    """
    text = pl.col("text")
    lined = pl.when(text.str.contains("\n", literal=True)).then(text)
    ends = (
        lined.str.tail(_LINE_CHARS).str.extract(_REPRINT_LAST),
        lined.str.head(_LINE_CHARS).str.extract(_REPRINT_FIRST),
    )
    lines = [end.str.strip_chars() for end in ends]
    line = pl.coalesce(pl.when(~line.str.contains(_OWN)).then(line) for line in lines)
    return Rule(
        name="reprint",
        why="says that it is taken from elsewhere",
        value=pl.when(text.is_not_null()).then(line.is_not_null()),
        missing="keep",
        detail=line,
    )


def broken(at_most: float = 0.01) -> Rule:
    """At most this share of characters that come from reading bytes in the wrong charset, or stand for lost ones."""
    text = pl.col("text")
    value = pl.when(chinese.chars() > 0).then(matches(text, _BROKEN, marks.ODD) / text.str.len_chars())
    return Rule(
        name="broken",
        why="characters broken by a wrong charset",
        value=value,
        at_most=at_most,
        missing="keep",
        detail=text.str.extract_all(_BROKEN).list.unique(maintain_order=True).list.head(10).list.join(" "),
    )
