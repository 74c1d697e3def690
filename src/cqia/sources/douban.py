"""Douban (豆瓣): books, films and series, with what people wrote about them (paper, appendix A.1).

What: the site on which Chinese readers rate and review. The paper makes three tasks of books, films and series, from
metadata (rating, cast, crew) and long reviews: write a synopsis, write a review, recommend. Some instructions leave the
intent implicit.

Where from: pages of subjects saved from a browser (``readers.douban``): one document for the subject, whose text is the
synopsis, and one for each long review in the page. A page shows only the beginnings of reviews: they are dropped as
``truncated``. Whole ones come as rows, the neutral form, JSON lines:

    {"type": "movie", "id": 1, "name": "…", "original": "…", "year": 1999, "rating": 8.8, "votes": 900,
     "genres": ["剧情"], "countries": ["日本"], "directors": [...], "writers": [...], "cast": [...],
     "summary": "…"}                                                                    or "tv", or
    {"type": "book", "id": 2, "name": "…", "authors": ["…"], "rating": 8.1, "summary": "…", "about_author": "…"}
    {"type": "review", "id": 3, "subject": {"type": "movie", "id": 1, "name": "…"}, "title": "…", "content": "…",
     "stars": 5, "votes": 40, "useless": 2, "author": "…", "created": "2020-02-02T08:00:00+08:00"}

What is not known is left out. Pages of music, games and plays are told apart and dropped: no task is for them.

Licence: texts belong to their authors and to Douban; its terms forbid reprinting without consent.

Worked example: the first row becomes the document ``douban:subject-1`` with a rating of 8.8, and that the records
``douban:subject-1/movie_synopsis`` and ``douban:subject-1/movie_recommendation``, whose output is made of rating,
genres, crew, cast and synopsis; the third ``douban:review-3`` and ``douban:review-3/movie_review``.
"""

from __future__ import annotations

import polars as pl

from cqia.readers.douban import read
from cqia.rules import adverts, form, interaction, media, safety
from cqia.rules.rule import Rule
from cqia.sources.source import Published, Source, Task, wordings
from cqia.text import pii

#: The lowest rating that is recommended; the published recommendations begin at 8.
RECOMMENDED = 8.0
#: How many of a cast are named; the published recommendations name four.
NAMED = 4


def _extra(name: str) -> pl.Expr:
    """A field of the document's ``extra``, as a string; null where it has none."""
    return pl.col("extra").str.json_path_match(f"$.{name}")


def _names(name: str, most: int = NAMED) -> pl.Expr:
    """The first names of a list in ``extra``; null where there is none."""
    listed = _extra(name).str.json_decode(pl.List(pl.String)).list.head(most).list.join("、")
    return pl.when(listed.str.len_chars() > 0).then(listed)


_text = pl.col("text").fill_null("")
_length = _text.str.len_chars()
_title = pl.col("title").fill_null("")
_kind = _extra("kind")
_form = _extra("form").fill_null("")
_is_review = _extra("review").is_not_null()
_subject = pl.when(_is_review).then(_extra("subject")).otherwise(_title)
_useless = _extra("useless").cast(pl.Int64, strict=False)
_voted = pl.col("likes") + _useless

RULES = (
    Rule(name="no_name", why="nobody can tell what it is about", value=_subject.fill_null("") == "", missing="drop"),
    Rule(name="no_text", why="no synopsis, no review", value=_length == 0, missing="drop"),
    Rule(
        name="truncated",
        why="only the beginning of the review is on the page",
        value=_extra("truncated").is_not_null(),
        missing="keep",
    ),
    Rule(
        name="short_synopsis",
        why="too short a synopsis",
        value=pl.when(~_is_review).then(_length),
        at_least=200,  # the shortest of 105 published synopses and introductions has 202 characters
        missing="keep",
    ),
    Rule(
        name="short_review",
        why="too short to be a long review",
        value=pl.when(_is_review).then(_length),
        at_least=500,  # the shortest of 45 published reviews has 839; the judge is to have the last word
        missing="keep",
    ),
    Rule(
        name="unfinished",
        why="the synopsis ends in the middle of a sentence",
        value=pl.when(~_is_review).then(~_text.str.contains(r"[。！？…”’』」）》】.!?)\]~～\"—]\s*$")),
        missing="keep",
    ),
    Rule(
        name="long",
        why="longer than training takes in",
        value=_length,
        at_most=6_000,  # 4,096 tokens, the paper's training length
        missing="drop",
    ),
    Rule(name="no_title", why="a review without a title", value=_is_review & (_title == ""), missing="drop"),
    Rule(
        name="useful",
        why="fewer than half of those who voted found the review useful",
        # One vote says nothing; from ten on it does.
        value=pl.when(_voted >= 10).then(pl.col("likes") / _voted),
        at_least=0.5,
        missing="keep",
    ),
    Rule(
        name="reprint",
        why="copied from elsewhere",
        value=_text.str.head(120).str.contains(
            r"转自|转载自|来源[:：]|来源百度|原载于|版权声明|原文地址|本文首发|\[转\]|【转】"
        ),
        missing="keep",
    ),
    media.pointing(),
    media.carried(),
    interaction.mentions(),
    adverts.contact(),
    adverts.promotion(),
    safety.personal(),
    *safety.all_words(),
    form.repeated_lines(),
    form.repeated_ngrams(),
    form.han(0.5),  # names in Latin letters stand beside the Chinese ones; a synopsis in English has nothing else
    form.broken(),
)

_metadata = pl.format(
    "subject:{}, rating:{}",
    pl.coalesce(_extra("subject_id"), pl.col("id").str.extract(r"subject-(\d+)$"), pl.lit("")),
    pl.col("rating").cast(pl.String).fill_null(""),
)
#: Kind and form, as the published files are called, and what people call it.
SCREEN = (
    ("movie", "", "电影"),
    ("movie", "anime", "动画电影"),
    ("movie", "documentary", "纪录片"),
    ("tv", "", "电视剧"),
    ("tv", "anime", "动画剧集"),
    ("tv", "documentary", "纪录片"),
)
DOMAINS = {"movie": "电影", "tv": "电视剧", "book": "书"}
REVIEWS = {"movie": "影评", "tv": "剧评", "book": "书评"}


def _synopsis(kind: str, of: str, label: str) -> Task:
    return Task(
        name="_".join(filter(None, (kind, of, "synopsis"))),
        wordings=wordings(__file__, "synopsis"),
        fields={"name": _title, "label": pl.lit(label), "measure": pl.lit("部")},
        output=pl.col("text"),
        when=~_is_review & (_kind == kind) & (_form == of),
        major=("豆瓣",),
        minor=("故事概要", {"anime": f"动画{DOMAINS[kind]}"}.get(of, label)),
        domain=(DOMAINS[kind],),
        metadata=_metadata,
    )


# Stars of a reader are out of ten here; a review without them says what it feels by itself.
_feeling = (
    pl.when(pl.col("rating") >= 8)
    .then(pl.lit("很喜欢"))
    .when(pl.col("rating") >= 6)
    .then(pl.lit("觉得还可以"))
    .when(pl.col("rating") < 6)
    .then(pl.lit("有些失望"))
    .otherwise(pl.lit("有不少话想说"))
)


def _review(kind: str) -> Task:
    return Task(
        name=f"{kind}_review",
        wordings=wordings(__file__, "review"),
        fields={
            "name": _subject,
            "title": _title.str.replace_many({"“": "‘", "”": "’"}),  # it stands in quotation marks itself
            "review": pl.lit(REVIEWS[kind]),
            "words": ((_length / 100).round() * 100).cast(pl.Int64),
            "feeling": _feeling,
        },
        output=pl.concat_str(pl.lit("## "), _title, pl.lit("\n\n"), _text),
        when=_is_review & (_kind == kind),
        major=("豆瓣",),
        minor=(REVIEWS[kind], DOMAINS[kind]),
        domain=(DOMAINS[kind],),
        metadata=_metadata,
    )


_year = _extra("year").cast(pl.Int64, strict=False)
_decade = (
    pl.when(_year >= 2000)
    .then(pl.format("{}年代", _year // 10 * 10))
    .otherwise(pl.format("{}年代", _year // 10 % 10 * 10))
)
# The genre that tells most: almost everything is 剧情 (drama).
_genre = pl.col("tags").list.filter(~pl.element().is_in(["剧情", "短片", "情色", "同性"])).list.get(0, null_on_oob=True)
_who = pl.coalesce(
    pl.format("{}主演", _names("cast", 1)), pl.format("{}执导", _names("directors", 1)), pl.lit(None, pl.String)
)


def _recommendation(kind: str, label: str, noun: str) -> Task:
    """One title that fits what is asked for, with what the page says of it."""
    lines = [
        pl.format("- {}：{}", pl.lit(name), value)
        for name, value in (
            ("豆瓣评分", pl.col("rating").cast(pl.String)),
            ("类型", _names("genres")),
            ("导演", _names("directors")),
            ("编剧", _names("writers")),
            ("主演", _names("cast")),
            ("国家/地区", _names("countries")),
        )
    ]
    head = pl.format("《{}》（{}年）", _title, _year)
    # The whole synopsis is a record of its own; here its first sentences will do.
    opening = _text.str.extract(r"^((?:[^。！？…]{1,300}[。！？…]+[”’」』）]?){1,2})")
    return Task(
        name=f"{kind}_recommendation",
        wordings=wordings(__file__, "recommendation"),
        fields={
            "label": pl.lit(label),
            "measure": pl.lit("部"),
            "genre": pl.when(_genre.str.contains("[片剧秀]$")).then(_genre).otherwise(_genre + noun),
            "country": _names("countries", 1),
            "decade": _decade,
            "whom": _who,
            "floor": pl.col("rating").floor().cast(pl.Int64),
        },
        output=pl.concat_str(
            pl.format("可以看看{}。", head), *lines, pl.format("\n{}", opening), separator="\n", ignore_nulls=True
        ),
        when=~_is_review
        & (_kind == kind)
        & (pl.col("rating") >= RECOMMENDED).fill_null(False)
        & pl.all_horizontal(e.is_not_null() for e in (_year, _genre, _names("countries", 1), _who)),
        major=("豆瓣",),
        minor=(f"{DOMAINS[kind]}推荐",),
        domain=(DOMAINS[kind],),
        metadata=_metadata,
    )


_without_country = r"^[\[［【(（〔][^\]］】)）〕]{1,6}[\]］】)）〕]\s*"  # [英] before the name of an author
_author = _names("authors", 1).str.replace(_without_country, "")
_about = _extra("about_author")
INTRODUCTION = Task(
    name="book_introduction",
    wordings=wordings(__file__, "introduction"),
    fields={"name": _title, "authors": _author.fill_null("这位作者")},
    output=pl.col("text"),
    when=~_is_review & (_kind == "book"),
    major=("豆瓣",),
    minor=("图书介绍",),
    domain=("图书",),
    metadata=_metadata,
)
AUTHOR = Task(
    name="author_introduction",
    wordings=wordings(__file__, "author"),
    fields={"name": _title, "author": _author},
    output=_about,
    # A page may introduce a translator instead, in any language: it must name the author, in Chinese sentences.
    when=~_is_review
    & (_kind == "book")
    & (_about.str.len_chars() >= 100).fill_null(False)
    & _about.str.contains(_author, literal=True).fill_null(False)
    & _about.str.contains("[，。]").fill_null(False),
    major=("豆瓣",),
    minor=("图书介绍",),
    domain=("图书",),
    metadata=_metadata,
)

SYNOPSES = tuple(_synopsis(kind, of, label) for kind, of, label in SCREEN)
REVIEW_TASKS = tuple(_review(kind) for kind in ("book", "movie", "tv"))
RECOMMENDATIONS = (_recommendation("movie", "电影", "片"), _recommendation("tv", "电视剧", "剧"))

DOUBAN = Source(
    name="douban",
    title="豆瓣",
    kind="Social Media",
    description="User-driven platform focused on literature and the arts",
    quantity=3132,
    licence="texts belong to their authors and to Douban, whose terms forbid reprinting without consent",
    exercised_on="real pages",
    read=read,
    rules=RULES,
    mask=pii.KINDS,
    tasks=(INTRODUCTION, AUTHOR, *SYNOPSES, *REVIEW_TASKS, *RECOMMENDATIONS),
    rubric="review",
    published=Published(
        "douban",
        {
            "book_introduction": "book_introduce",
            "author_introduction": "book_introduce",
            **{task.name: f"{task.name}_more_prompt" for task in SYNOPSES},
            **{task.name: f"{task.name}s" for task in REVIEW_TASKS},
            **{task.name: task.name for task in RECOMMENDATIONS},
        },
    ),
)
