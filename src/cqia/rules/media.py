"""Rules of media: text that cannot stand without its picture or its video."""

from __future__ import annotations

import polars as pl

from cqia.rules.rule import Rule, matches
from cqia.text import marks

# 图 begins many other words (图书馆, 图片, 图案, 下图书馆): what follows must end the phrase.
_END = r"(?:$|[\s：:，,。.！!？?；;、（(）)】\]~～👇⬇↓]|[中里是为就]|所示|片|可见|可以|这|那|能|的)"
_POINTING = "|".join(
    (
        rf"(?:^|[^不])如(?:下|上|左|右|附)?图(?:[一二三四五六七八九十]|\d{{1,2}})?{_END}",
        rf"[见看](?:下|上|左|右|附|配|首|主页|前面的?|后面的?)图{_END}",
        r"(?:下|上|左|右|附)图(?:所示|中|里|是|为|这|那|可[见以]|就是|[：:👇⬇↓])",
        r"(?:^|[\s，。；（(见如])图(?:[一二三四五六七八九十]|\s?\d{1,2})(?:[-.]\d{1,2})?(?:所示|中|里|是|为|可[见知]|[）)：:])",
        r"(?:见|看|放|在|上|发)(?:首|末|尾|配|p)\d?图",
        r"(?i:[见看如]p\d{1,2})",
        r"(?:本|这[个条期段]|上面的?|下面的?|以上|以下|文末|上述|点开|完整|附)视频(?:里|中|是|为|讲|所示|吧|介绍|可以|会|将|就|[：:，,。！!])",
        r"(?:见|看|戳|点|如)(?:上面|下面|上方|下方|以下|以上|上|下)(?:的|这个)?(?:视频|动图|截图)|(?:见|如)(?:视频|动图|截图)(?:$|[\s：:，,。！!（(]|所示)",
        r"视频(?:如下|在(?:下面|上面|这里|文末|评论区|主页)|[👇⬇↓])",
        r"(?:点击|长按|扫描|识别)(?:上图|下图|图中|图片|视频)",
    )
)


def pointing(at_most: int = 0) -> Rule:
    """No more than this many places that point at a picture or video (如图, 见下图, 视频里; paper, appendix A)."""
    text = pl.col("text")
    return Rule(
        name="pointing",
        why="points at a picture or a video",
        value=matches(text, _POINTING, marks.PICTURE),
        at_most=at_most,
        missing="drop",
        detail=text.str.extract_all(_POINTING).list.head(10).list.eval(pl.element().str.strip_chars()).list.join(" "),
    )


def carried(at_least: int = 50) -> Rule:
    """At least this many characters of text for each picture or video beside it; null, and kept, where there is none.

    Formulas count as text. 50 is a caption: an answer that is a row of pictures with captions has less.
    """
    visual = pl.col("media").list.eval(pl.element().struct.field("kind").is_in(["image", "video"])).list.sum()
    value = pl.when(visual > 0).then(pl.col("text").str.len_chars() / visual)
    return Rule(name="carried", why="little text for its pictures", value=value, at_least=at_least, missing="keep")
