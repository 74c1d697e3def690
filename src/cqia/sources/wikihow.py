"""wikiHow 操作指南: articles that say how a thing is done, step by step (paper, A.2.1).

Where from: zh.wikihow.com, 19 categories. No page of it could be had: articles come in the neutral form, one JSON
object a line,

    {"title": "如何……", "id": "…", "url": "…", "category": "…", "author": "…", "date": "…", "summary": "…",
     "needs": ["…"], "parts": [{"title": "…", "steps": ["…", "…"]}] or "steps": ["…"], "tips": ["…"], "warnings": ["…"]}

or as Markdown with a title, sections and lists (``readers.baike`` says how the fields are named there). HowToCook
(github.com/Anduin2017/HowToCook, Unlicense, 387 articles) stands in and is what the reader was exercised on. Steps stay
steps: numbered lines under their part. A file without ``category`` takes the name of its folder.

Licence: wikiHow's articles are CC BY-NC-SA 3.0; HowToCook is in the public domain.

Worked example: a file ``drinks/mint.md`` of "# 薄荷水的做法", a paragraph and "## 操作" over three numbered lines
becomes ``wikihow:<digest>`` with the task 做薄荷水 and 3 steps; ``assign`` makes the record ``…/howto``, with the
instruction "怎么做薄荷水？" in one of its wordings. 1,500 are taken, evenly by category.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath

import polars as pl

from cqia.errors import NotADocument, Unreadable
from cqia.readers import fields
from cqia.readers.baike import entry, rendered
from cqia.readers.blocks import clean
from cqia.readers.raw import Raw
from cqia.rules import adverts, form, media, safety
from cqia.rules.rule import Rule
from cqia.schema import Document
from cqia.sources.source import Published, Quota, Source, Task, wordings
from cqia.text import pii

# What a title says is done: after 如何, or before 的做法.
_HOW = re.compile(r"^(?:如何|怎么样?|怎样|教你(?:如何|怎么)?|学会|学习)(?P<task>[^？?]{1,60})[？?]?$")
_MADE = re.compile(r"^(?P<thing>[^？?]{1,40}?)(?:的(?:做法|制作方法|制作|烹饪方法|家常做法)|做法|怎么做)[？?]?$")
_STEP = r"(?m)^\s{0,6}(?:\d{1,2}\s{0,2}[.、．)）]|[-*+]\s|步骤\s?\d)"
# Sections that list what is needed or add to the steps.
_ASIDE = re.compile(
    r"原料|材料|食材|工具|用料|计算|附加|小贴士|提示|注意|警告|参考|你需要|准备物品|营养|常见问题|Q&A", re.I
)
# What the project that stands in writes under every article.
_FURNITURE = re.compile(
    r"\s*如果您遵循本指南的制作流程而发现有问题或可以改进的流程，请提出\s?Issue\s?或\s?Pull request\s?。?\s*\Z"
)


def read(raw: Raw) -> list[Document]:
    """The article of one row or file.

    Raises:
        Unreadable: ``unknown_shape`` for a row that has neither steps nor text; what ``readers.baike.entry`` raises.
        NotADocument: ``template`` for a file in a folder of that name.
    """
    if raw.row is None and "template" in PurePath(raw.path).parts:
        raise NotADocument("template", "a model for those who write articles")
    found = entry(replace(raw, row=_as_entry(raw)))
    mended = tuple((name, _FURNITURE.sub("", part).strip()) for name, part in found.sections)
    found = replace(found, sections=tuple((name, part) for name, part in mended if part))
    text = _FURNITURE.sub("", rendered(found)).strip()
    folder = _folder(PurePath(raw.path), found.title)
    tags = list(found.tags) or ([folder] if raw.row is None and folder else [])
    steps = [part for name, part in found.sections if not _ASIDE.search(name)] or [text]
    extra = {
        "task": task(found.title),
        "steps": sum(len(re.findall(_STEP, part)) for part in steps),
        "left_out": list(found.left_out) or None,
    }
    return [
        {
            "id": found.native,
            "url": found.url,
            "title": found.title,
            "text": text,
            "created": found.created,
            "author": found.author,
            "tags": tags or None,
            "media": list(found.media),
            "copyright": found.copyright,
            "extra": json.dumps({k: v for k, v in extra.items() if v is not None}, ensure_ascii=False),
        }
    ]


def task(title: str) -> str | None:
    """What an article teaches to do, as a phrase after 如何; None for a title that names a subject alone.

    >>> task("如何洗碗"), task("薄荷水的做法"), task("食品安全")
    ('洗碗', '做薄荷水', None)
    """
    if found := _HOW.match(title.strip()):
        return found["task"].strip()
    if found := _MADE.match(title.strip()):
        return f"做{found['thing'].strip()}"
    return None


def _folder(path: PurePath, title: str) -> str:
    """The name of the folder that an article lies in; one that is named after the article alone is passed over."""
    return path.parent.parent.name if path.parent.name == path.stem or path.parent.name in title else path.parent.name


def _as_entry(raw: Raw) -> Mapping[str, object] | None:
    """A row of steps as a row of sections."""
    row = raw.row
    if row is None:
        return None
    parts = row.get("parts")
    steps = row.get("steps")
    sections: list[dict[str, str]] = []
    if needs := _lines(row.get("needs")):
        sections.append({"title": "你需要准备", "text": "\n".join(f"- {need}" for need in needs)})
    for part in parts if isinstance(parts, list) else [{"title": "步骤", "steps": steps}] if steps else []:
        known = fields.mapping(part)
        if not (lines := _lines(known.get("steps"))):
            continue
        title = fields.line(known.get("title")) or "步骤"
        sections.append({"title": title, "text": "\n".join(f"{n}. {line}" for n, line in enumerate(lines, 1))})
    if not sections and not fields.first(row, "text", "html", "sections"):
        raise Unreadable("unknown_shape", f"{raw.path} {raw.locator}: an article has title and steps, parts, text or "
                         f"sections; this has {sorted(map(str, row))[:12] or 'no fields'}")  # fmt: skip
    for name, title in (("tips", "小提示"), ("warnings", "警告")):
        if lines := _lines(row.get(name)):
            sections.append({"title": title, "text": "\n".join(f"- {line}" for line in lines)})
    return {**row, "sections": sections} if sections else row


def _lines(value: object) -> list[str]:
    """Steps as strings, or as objects with text; line breaks inside a step are kept as its own indented lines."""
    items = value if isinstance(value, list) else []
    found = [clean(fields.text(item) or fields.text(fields.mapping(item).get("text"))).strip() for item in items]
    return [re.sub(r"\n\s*", "\n   ", item) for item in found if item]


_text = pl.col("text").fill_null("")
_title = pl.col("title").fill_null("").str.strip_chars_end("？?。 ")
_task = pl.col("extra").str.json_path_match("$.task")
_steps = pl.col("extra").str.json_path_match("$.steps").cast(pl.Int64, strict=False)
_category = pl.coalesce(pl.col("tags").list.get(0, null_on_oob=True), pl.lit("生活"))
# A folder's name is a category, but no word to publish unless it is Chinese.
_domain = pl.concat_list(
    pl.lit("生活"), pl.when(_category.str.contains(r"\p{Han}")).then(_category).otherwise(pl.lit("生活"))
).list.unique(maintain_order=True)

WIKIHOW = Source(
    name="wikihow",
    title="wikiHow 操作指南",
    kind="World Knowledge",
    description="Step-by-step guides and how-tos",
    quantity=1876,
    licence="CC BY-NC-SA 3.0 (wikiHow); Unlicense (HowToCook, which stands in)",
    exercised_on="real pages of a stand-in",
    read=read,
    rules=(
        form.empty(),
        Rule(
            name="few_steps",
            why="hardly any steps",
            value=_steps,
            at_least=3,  # two steps need no guide
            missing="drop",
        ),
        Rule(name="short", why="too short to follow", value=_text.str.len_chars(), at_least=200, missing="drop"),
        form.long(),
        media.pointing(),
        media.carried(),
        adverts.contact(),
        adverts.promotion(),
        safety.personal(),
        *safety.all_words(),
        form.repeated_lines(),
        form.repeated_ngrams(),
        form.han(),
        form.broken(),
    ),
    mask=pii.KINDS,
    tasks=(
        Task(
            name="howto",
            wordings=wordings(__file__, "howto"),
            fields={"task": _task, "title": _title},
            output=pl.col("text"),
            when=_task.is_not_null(),
            major=("问答",),
            minor=("操作指南",),
            domain=_domain,
            metadata=pl.format("category:{}", _category),
        ),
        Task(
            name="guide",
            wordings=wordings(__file__, "guide"),
            fields={"title": _title},
            output=pl.col("text"),
            when=_task.is_null(),
            major=("问答",),
            minor=("操作指南",),
            domain=_domain,
            metadata=pl.format("category:{}", _category),
        ),
    ),
    quota=Quota(1500, by=_category),  # paper, A.2.1: 1.5K of all 19 categories
    rubric="howto",
    published=Published("wikihow", {"howto": "wikihow", "guide": "wikihow"}),
)
