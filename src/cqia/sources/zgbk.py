"""中国大百科全书 (Encyclopedia of China): entries by experts, as explanations of concepts (paper, A.2.1).

Where from: zgbk.com, 500,000 entries in 74 categories. No page of it could be had: entries come in the neutral form of
``readers.baike`` (JSON lines or Markdown with named fields), with ``category`` as the encyclopedia names it. The paper
asks for entries and for their sub-headings; so an entry becomes a document of what stands before its first section, and
one of each section, and no text is learnt twice. Lists of references are left out.

Licence: all rights reserved by the publisher (中国大百科全书出版社); none granted.

Worked example: the row

    {"id": "9", "category": "天文学", "title": "流星", "text": "流星体进入大气层而发光的现象。……",
     "sections": {"成因": "流星体以高速……", "参考书目": "……"}}

becomes the documents ``zgbk:9`` and ``zgbk:9-1``; ``assign`` makes ``zgbk:9/concept`` ("什么是流星？" in one of its
wordings) and ``zgbk:9-1/section`` ("流星的成因"), both with the domain 天文学. 1,706 are taken, evenly by category.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import polars as pl

from cqia.readers.baike import entry
from cqia.readers.raw import Raw
from cqia.rules import form, media, safety
from cqia.rules.rule import Rule
from cqia.schema import Document
from cqia.sources.source import Published, Quota, Source, Task, wordings


def read(raw: Raw) -> Iterator[Document]:
    """What an entry says before its first section, and each section.

    Raises:
        Unreadable: what ``readers.baike.entry`` raises.
    """
    found = entry(raw)
    parts = [(None, found.lead)] if found.lead else []
    for number, (heading, text) in enumerate([*parts, *found.sections]):
        place = number + (0 if parts else 1)
        extra = {"heading": heading, "left_out": list(found.left_out) or None}
        yield {
            "id": None if not found.native else found.native if not place else f"{found.native}-{place}",
            "url": found.url,
            "title": found.title,
            "text": text,
            "created": found.created,
            "author": found.author,
            "tags": list(found.tags) or None,
            # Which section a picture stands in is not known; the entry carries them all.
            "media": list(found.media) if not number else [],
            "copyright": found.copyright,
            "extra": json.dumps({k: v for k, v in extra.items() if v is not None}, ensure_ascii=False),
        }


_text = pl.col("text").fill_null("")
_title = pl.col("title").fill_null("")
_heading = pl.col("extra").str.json_path_match("$.heading")
_category = pl.coalesce(pl.col("tags").list.get(0, null_on_oob=True), pl.lit("百科"))
_domain = pl.coalesce(pl.col("tags"), pl.lit(pl.Series([["百科"]])).first())


def _task(name: str, when: pl.Expr) -> Task:
    return Task(
        name=name,
        wordings=wordings(__file__, name),
        fields={"name": _title, "heading": _heading, "category": _category},
        output=pl.col("text"),
        when=when,
        major=("问答",),
        minor=("百科问答", "概念解释"),
        domain=_domain,
        metadata=pl.format("category:{}", _category),
    )


ZGBK = Source(
    name="zgbk",
    title="中国大百科全书",
    kind="World Knowledge",
    description="Comprehensive Chinese encyclopedia",
    quantity=1706,
    licence="all rights reserved by 中国大百科全书出版社; none granted",
    exercised_on="written samples",
    read=read,
    rules=(
        form.empty(),
        # Two sentences; what is shorter mostly sends the reader to another entry (见"……").
        Rule(
            name="short", why="too short to explain a concept", value=_text.str.len_chars(), at_least=80, missing="drop"
        ),
        form.long(),
        Rule(
            name="chronology",
            why="a section that says nothing by its name alone",
            value=_heading.str.contains(r"^(?:附录|附表|年表|大事记|作品目录|目录|图集|其他|备注|\d+)$"),
            missing="keep",  # an entry itself has no heading
            detail=_heading,
        ),
        media.pointing(at_most=1),
        *safety.all_words(),
        form.repeated_lines(),
        form.repeated_ngrams(),
        form.han(),
        form.broken(),
    ),
    tasks=(_task("concept", _heading.is_null()), _task("section", _heading.is_not_null())),
    quota=Quota(1706, by=_category),
    rubric="encyclopedia",
    published=Published("wiki", {"concept": "zgbk", "section": "zgbk"}),
)
