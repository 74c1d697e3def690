"""Rules of exam questions: an answer that is there and agrees with the options, and nothing lost on the way.

They measure what ``sources.exams`` puts beside a question: ``extra`` holds ``solution`` (null without an answer),
``wrong`` (what is wrong with the answer), ``lost`` (what did not come along) and ``exam`` (which kind of exam).
"""

from __future__ import annotations

import polars as pl

from cqia.rules.rule import Rule

# No picture came along, and no table that is not text; 图象 and 地图 alone are ordinary words.
_PICTURE = (
    r"如(?:上|下|右|左)?图|(?:^|[，。；\s])图[为是中示]|[下右附此读据由题]图[^书案片像章卷谋]|[见该]图[^书案片像章卷]|上图[^书案片像章卷]|"
    r"(?:^|[^河版插地企试意力贪妄])图[（(]?(?:[一二三四甲乙丙丁1-9①-④a-d][^0-9]|$)|图[示中][^的]|所示.{0,6}图|结构图|框图|曲线图|统计图|柱状图|"
    r"漫画《|[该幅]漫画|漫画中|!\[|(?i:(?:picture|map|chart|graph|figure) (?:above|below))"
)


def _detail(key: str) -> pl.Expr:
    return pl.col("extra").str.json_path_match(f"$.{key}")


def _asked() -> pl.Expr:
    """The passage and the question."""
    return pl.concat_str("context", "text", separator="\n", ignore_nulls=True)


def _carries(*kinds: str) -> pl.Expr:
    """Whether the document lists a medium of these kinds; false where it lists none."""
    return pl.col("media").list.eval(pl.element().struct.field("kind").is_in(kinds)).list.any().fill_null(False)


def no_answer() -> Rule:
    """The answer is blank: nobody may make one up."""
    return Rule(name="no_answer", why="no answer", value=_detail("solution").is_null(), missing="drop")


def lost_formula() -> Rule:
    """A formula could not be turned into LaTeX: an OLE object, or a part of an equation that does not convert."""
    return Rule(
        name="lost_formula",
        why="a formula that could not be read",
        value=_detail("unread").is_not_null(),
        missing="keep",
        detail=_detail("unread"),
    )


def needs_picture(words: bool = True) -> Rule:
    """The question is about a picture that did not come along: one is listed in its media, or its words speak of one.

    Args:
        words: whether words count; in law 图 is mostly a plan that the case is about.
    """
    listed = _carries("image", "video", "attachment")
    text = _asked()
    pattern = _PICTURE if words else r"!\[|如(?:上|下)?图所示"
    return Rule(
        name="needs_picture",
        why="the question is about a picture that is not there",
        value=text.str.contains(pattern) | listed,
        missing="drop",
        detail=text.str.extract(f"(.{{0,6}}(?:{pattern}).{{0,6}})"),
    )


def lost_text() -> Rule:
    """An option is empty or the same as another (its formula was lost), or the passage did not come along."""
    return Rule(
        name="lost_text",
        why="an option is empty or the same as another, or the passage is missing",
        value=_detail("lost").is_not_null(),
        missing="keep",
        detail=_detail("lost"),
    )


def short(at_least: int = 20) -> Rule:
    """The shortest whole question seen has some 20 characters; below, words are lost."""
    value = _asked().str.len_chars()
    return Rule(name="short", why="too short to be whole", value=value, at_least=at_least, missing="drop")


def wrong_answer() -> Rule:
    """The answer is not among the options, or the analysis comes to another one."""
    return Rule(
        name="wrong_answer",
        why="the answer is not among the options, or not the one that the analysis comes to",
        value=_detail("wrong").is_not_null(),
        missing="keep",
        detail=_detail("wrong"),
    )


def other_exam(*own: str) -> Rule:
    """The question belongs to another kind of exam than ``own``; one that does not say is taken as one of these."""
    return Rule(
        name="other_exam",
        why="a question of another kind of exam",
        value=~_detail("exam").is_in(list(own)),
        missing="keep",
        detail=_detail("exam"),
    )
