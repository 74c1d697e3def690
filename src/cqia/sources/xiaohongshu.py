"""Xiaohongshu (小红书): notes in which people share what they eat, wear, see and try (paper, appendix A.1).

What: short posts in a style of their own: lively, with emoji and short lines. The paper takes posts of 500 to 2,000
characters that mention nobody and refer to no picture or video.

Where from: pages saved from a browser, whose script holds cards (title, author, likes) and, on the page of a note, the
note (``readers.xiaohongshu``); and the neutral form, JSON lines:

    {"note_id": "64a1", "title": "…", "content": "…", "likes": 321, "comments": 12, "collects": 99, "tags": ["美食"],
     "author": "…", "created": 1690000000, "images": ["https://…"], "video": false}

What is not known is left out; counts may be written as the site shows them ("1.5万"). A card has no text and is dropped
as ``no_text``.

Licence: notes belong to their authors; the site's terms forbid copying them without consent.

Worked example: the row becomes the document ``xiaohongshu:note-64a1`` and the record ``xiaohongshu:note-64a1/note``:
its title is asked for, its text without the trailing topics (#美食[话题]#) is the output.
"""

from __future__ import annotations

import polars as pl

from cqia.readers.xiaohongshu import read
from cqia.rules import adverts, form, media, safety
from cqia.rules.rule import Rule
from cqia.sources.source import Edit, Published, Source, Task, wordings
from cqia.text import pii

_text = pl.col("text").fill_null("")
_title = pl.col("title").fill_null("").str.strip_chars()

# A topic is "#美食[话题]#", in older notes "#美食" with a blank after it; a number with # is a shade of lipstick.
_TOPICS = r"#[^#\s\[\]]{1,30}(?:\[话题\])?#|#[^#\s\[\]\d][^#\s\[\]]{0,29}(?:\s|$)"
_length = _text.str.replace_all(_TOPICS, "").str.strip_chars().str.len_chars()

# Any @ that begins a name, in whatever letters: no code or mail stands in these notes that it could be confused with.
_MENTION = r"(?:^|[^0-9A-Za-z._@＠])[@＠]\s?[^\s@＠，。！？,.!?]{1,30}"
# What else points at pictures here, beside rules.media.pointing: the next picture, a numbered one, times in a video.
_PICTURES = (
    r"[左右]滑|滑到(?:最后|下一)|翻到最后|(?:^|[^a-zA-Z0-9])[pP]\s?\d{1,2}(?:[^0-9a-zA-Z.]|$)|"
    r"图\s?(?:\d{1,2}|[①-⑳]|[一二三四五六七八九])(?:[^\d个种张本案书]|$)|"
    r"最后一张|第[一二三四五六七八九十\d]张|(?:看|放|发|上|晒|配|po|P)(?:了|一下|几张|张)?(?:图|照片)(?:[^书案]|$)|照片(?:里|中|上|发|放|在|见)|"
    r"截图|视频|动图|vlog|Vlog|VLOG|\d{1,2}分\d{1,2}秒|封面"
)
_GIVEAWAY = (
    r"抽\s?[\d一二三四五六七八九十]{1,3}\s?(?:位|个|名|人|份|台|套)|抽奖|宠粉|免费送|揪\s?\d|"
    r"关注.{0,6}(?:点赞|收藏|评论).{0,12}(?:抽|送)"
)


def _none_of(name: str, why: str, pattern: str, at_most: int = 0) -> Rule:
    """No more than this many places that match; a card without text has none."""
    return Rule(
        name=name,
        why=why,
        value=_text.str.count_matches(pattern),
        at_most=at_most,
        missing="keep",
        detail=_text.str.extract_all(f"(?:{pattern})").list.head(10).list.eval(pl.element().str.strip_chars())
        .list.join(" "),
    )  # fmt: skip


RULES = (
    Rule(name="no_text", why="a card: the note itself is not on the page", value=_text == "", missing="drop"),
    Rule(
        name="length",
        why="too short or too long, its topics not counted",
        value=_length,
        at_least=500,
        at_most=2_000,
        missing="drop",
    ),
    Rule(name="no_title", why="no title to ask for", value=_title == "", missing="drop"),
    _none_of("mentions", "mentions other users", _MENTION),
    media.pointing(),
    _none_of("pictures", "refers to its pictures or its video", _PICTURES),
    Rule(
        name="video",
        why="the text goes with a video",
        value=pl.col("media").list.eval(pl.element().struct.field("kind") == "video").list.any(),
        missing="keep",
    ),
    _none_of("giveaway", "gives things away to followers", _GIVEAWAY),
    adverts.contact(),
    adverts.promotion(),
    safety.personal(),
    *safety.all_words(),
    form.repeated_lines(),
    form.repeated_ngrams(),
    form.han(0.4),  # emoji and brand names are part of the style; the least Chinese of 15 published notes has 0.53
    form.broken(),
)

# The topics at the end are links of the site; one inside a sentence keeps its word. No white space inside a topic: two
# ways to match it would make the search slow on hostile text.
EDITS = (
    Edit("topics_at_the_end", r"(?:\s{0,9}#[^#\s\[\]，。！？；：,!?;:]{1,40}(?:\[话题\])?#?){1,40}\s{0,9}\Z", ""),
    Edit("topic", r"\[话题\]#?", ""),
)

NOTE = Task(
    name="note",
    wordings=wordings(__file__, "note"),
    fields={"title": _title.str.replace_many({"“": "‘", "”": "’"})},  # it stands in quotation marks itself
    output=pl.col("text"),
    major=("文本生成",),
    minor=("小红书风格文本",),
    domain=("社交媒体",),
    metadata=pl.format("likes:{}", pl.col("likes").cast(pl.String).fill_null("")),
)

XIAOHONGSHU = Source(
    name="xiaohongshu",
    title="小红书",
    kind="Social Media",
    description="Life experiences sharing platform",
    quantity=1508,
    licence="notes belong to their authors; the site's terms forbid copying them without consent",
    exercised_on="written samples",
    read=read,
    rules=RULES,
    edits=EDITS,
    mask=pii.KINDS,
    tasks=(NOTE,),
    rubric="social",
    published=Published("xhs", {"note": "xhs"}),
)
