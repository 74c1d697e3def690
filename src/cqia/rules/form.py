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


_TAKEN_FROM = (
    r"(?:本文|文章|内容|以上(?:内容)?|全文|原文)?\s?(?:转载?自|搬运自|转载[:：]|来源于|来源[:：])\s{0,3}[^\n。！？!?]{2,30}"
    r"|(?:本文)?转载[，,、。]?\s?侵删"
)
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

    On 7,274 answers and articles of Zhihu it fires on ten: nine reprints and the reply of a voice assistant. The
    sources of pictures, numbers and quotations (摘自), and an author's own text elsewhere (首发于) are none.
    """
    text = pl.col("text")
    line = pl.coalesce(text.str.extract(_REPRINT_LAST), text.str.extract(_REPRINT_FIRST)).str.strip_chars()
    return Rule(
        name="reprint",
        why="says that it is taken from elsewhere",
        value=text.str.contains(_REPRINT_LAST) | text.str.contains(_REPRINT_FIRST),
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
