"""SegmentFault (思否): questions and answers about programming (paper, appendix A.1).

What: China's Stack Overflow. The paper takes accepted answers with 5 votes or more, posted after 2018 as older ones may
be outdated, and has people review all of them instead of a model.

Where from: no page of a question could be had, so no selectors are guessed at. The reader takes

    JSON lines      {question_id, answer_id, title, question, answer, votes, accepted, created, tags, author}
                    question and answer in Markdown or HTML; created in seconds since 1970 or as an ISO time;
                    accepted true or false; tags a list, or names with commas; what is not known is left out
    Markdown        a title, then sections headed 问题 and 回答 (答案, 解答, 其他答案 ...): one document per answer.
                    Such files (Stack Overflow in Chinese, github.com/giantray/stackoverflow-java-top-qa, MIT) tell no
                    votes, no date and not which answer was accepted, so that all of them are dropped as ``accepted``
                    unless the project says ``rules.accepted.missing = "keep"``, and so on for ``likes`` and ``since``

and drops pages that are lists of questions as ``list_page``.

Licence: answers belong to their authors; SegmentFault's terms ask for consent before they are reprinted.

Worked example: the row

    {"question_id": 1010000099000001, "answer_id": 1020000099000002, "title": "怎么给数组去重？", "votes": 7,
     "question": "有没有一行的写法？", "answer": "`[...new Set(list)]`，顺序不变。", "accepted": true,
     "created": "2020-05-01", "tags": ["javascript"], "author": "某人"}

becomes the document ``segmentfault:answer-1020000099000002`` and, its question the instruction and its tags the
domain, the record ``segmentfault:answer-1020000099000002/answer``.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from cqia.readers.segmentfault import read
from cqia.rules import adverts, form, interaction, media, safety, worth
from cqia.rules.rule import Rule
from cqia.sources.source import Published, Source, Task, wordings
from cqia.text import pii

_text = pl.col("text").fill_null("")
_title = pl.col("title").fill_null("").str.strip_chars()
_detail = pl.col("context").fill_null("").str.strip_chars()
# A title that the description repeats, as lazy askers do, is asked once.
_repeated = _detail.str.starts_with(_title.str.strip_chars_end("?？。 ")) & (_title != "")
_asked = pl.when(_repeated | (_title == "")).then(_detail).otherwise(_title)
_more = pl.when(_repeated | (_title == "")).then(pl.lit("")).otherwise(_detail)
# What is said beside the code, fenced or indented: in the code itself there is little Chinese.
_prose = (
    _text.str.replace_all(r"(?s)```.*?(?:```|\z)", "")
    .str.replace_all(r"(?m)^(?: {4}|\t).*$", "")
    .str.replace_all(r"`[^`\n]*`|https?://[!-~]+", "")
)
_prose_chars = _prose.str.len_chars()

RULES = (
    worth.accepted(),
    worth.likes(5),
    worth.since(date(2019, 1, 1)),  # "after 2018"
    Rule(name="no_question", why="nobody can tell what it answers", value=_asked == "", missing="drop"),
    # Answers of one line are often all there is to say (the shortest published one at hand has 127 characters).
    Rule(name="short", why="too short to teach anything", value=_text.str.len_chars(), at_least=100, missing="drop"),
    Rule(
        name="long",
        why="longer than training takes in",
        value=_text.str.len_chars(),
        at_most=8_000,  # the paper trains on 4,096 tokens; code has more characters to a token than Chinese has
        missing="drop",
    ),
    media.pointing(),
    media.carried(),
    interaction.mentions(at_most=1),  # one greets whom it answers
    adverts.contact(),
    adverts.promotion(),
    safety.personal(),
    # A variable called sb, which is mostly a StringBuilder, is an insult in the list: by itself it reaches 75.
    safety.words("abuse", at_most=80),
    *(safety.words(category) for category in safety.CATEGORIES if category != "abuse"),
    form.repeated_ngrams(),
    Rule(
        name="han",
        why="too little Chinese beside the code",
        # Bytes less characters, halved, count what is Chinese (text.chinese). Fewer than 40 characters beside the code
        # say nothing about the language.
        value=pl.when(_prose_chars >= 40).then((_prose.str.len_bytes() - _prose_chars) / 2 / _prose_chars),
        at_least=0.1,  # names of classes and of buttons make up half of many a good explanation
        missing="keep",
    ),
    form.broken(),
)

ANSWER = Task(
    name="answer",
    wordings=wordings(__file__, "answer"),
    fields={
        "question": pl.concat_str(_asked, pl.lit("\n"), _more).str.strip_chars(),
        "in_paragraphs": pl.concat_str(_asked, pl.lit("\n\n"), _more).str.strip_chars(),
        "detail_first": pl.concat_str(_more, pl.lit("\n\n"), _asked).str.strip_chars(),
    },
    output=pl.col("text"),
    major=("问答",),
    minor=("代码问答",),
    domain=pl.when(pl.col("tags").list.len() > 0).then("tags").otherwise(pl.concat_list(pl.lit("编程"))),
    metadata=pl.concat_str(
        pl.format("qid:{}", pl.col("extra").str.json_path_match("$.question_id")),
        pl.format("votes:{}", pl.col("likes")),
        separator=", ",
        ignore_nulls=True,
    ),
)

SEGMENTFAULT = Source(
    name="segmentfault",
    title="思否",
    kind="Forum",
    description="Developer forum",
    quantity=458,
    licence="answers belong to their authors; SegmentFault's terms ask for consent before they are reprinted",
    exercised_on="written samples",
    stages=("collect", "filter", "dedup", "assign", "review", "release"),
    read=read,
    rules=RULES,
    mask=pii.KINDS,
    tasks=(ANSWER,),
    rubric="forum",
    published=Published("segmentfault", {"answer": "segmentfault_upvote5_clean"}),
)
