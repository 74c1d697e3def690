"""百科文章 (encyclopedia articles): questions of popular science, and entries of four trades (paper, A.2.1 and A.2.2).

Where from: One Hundred Thousand Whys (15 categories), the MBA wiki, EETree's encyclopedia of electronics, one of
agriculture, Baikemingyi's diseases, drugs and symptoms. No page of theirs could be had: they come in the
neutral form of ``readers.baike`` (JSON lines or Markdown with named fields), where ``kind`` chooses the task:

    why            a title that asks; 300 characters or more, as in the paper
    mba, electronics, agriculture                titles that name a thing, a topic or a question
    disease, drug, symptom                       structured entries: facts and sections, rendered under their names
    entry          any other encyclopedia; also labelled lines of Baidu Baike, and pages by the general reader

Licence: none stated; the texts belong to their authors and sites.

Worked example: the row

    {"kind": "why", "id": "17", "category": "物理", "title": ". 为什么冰会浮在水面上", "text": "水结成冰时体积变大……"}

becomes the document ``baike:why-17`` with the title 为什么冰会浮在水面上 (no instruction begins with a stray dot);
``assign`` makes it ``baike:why-17/why`` with the instruction "为什么冰会浮在水面上？" in one of its wordings.
"""

from __future__ import annotations

import json

import polars as pl

from cqia.errors import Unreadable
from cqia.readers.baike import Entry, entry, rendered
from cqia.readers.raw import Raw
from cqia.rules import adverts, form, interaction, media, safety
from cqia.rules.rule import Rule
from cqia.schema import Document
from cqia.sources.source import Published, Source, Task, wordings
from cqia.text import pii

KINDS = ("why", "mba", "electronics", "agriculture", "disease", "drug", "symptom", "entry", "article")
STRUCTURED = ("disease", "drug", "symptom")

#: What makes a title a question, with or without its mark.
ASKING = (
    r"[？?]\s*$|为什么|为何|为啥|怎么|怎样|如何|什么|哪些|哪种|哪个|哪里|哪几|几种|多少|多久|多长|多大|是否|能否|可否|能不能|会不会|是不是|"
    r"要不要|有没有|[吗呢]$"
)


def read(raw: Raw) -> list[Document]:
    """The entry of one row, file or page.

    Raises:
        Unreadable: ``unknown_kind``, and what ``readers.baike.entry`` raises.
    """
    found = entry(raw)
    kind = found.kind or "entry"
    if kind not in KINDS:
        raise Unreadable(
            "unknown_kind", f"{raw.path} {raw.locator}: there is no kind {kind!r}; known: {', '.join(KINDS)}"
        )
    if kind in STRUCTURED:
        lines = "\n".join(f"- {label}：{value}" for label, value in (found.facts or {}).items())
        heads = ("基本信息", lines) if lines else None
        found = Entry(**{**vars(found), "sections": (*((heads,) if heads else ()), *found.sections)})
    extra = {
        "kind": kind,
        "facts": dict(found.facts) if found.facts else None,
        "sections": [name for name, _ in found.sections] or None,
        "left_out": list(found.left_out) or None,
    }
    return [
        {
            "id": f"{kind}-{found.native}" if found.native else None,
            "url": found.url,
            "title": found.title,
            "text": rendered(found, "{title}的{section}" if kind in STRUCTURED else "{section}"),
            "created": found.created,
            "author": found.author,
            "tags": list(found.tags) or None,
            "media": list(found.media),
            "copyright": found.copyright,
            "extra": json.dumps({k: v for k, v in extra.items() if v is not None}, ensure_ascii=False),
        }
    ]


def asks(title: pl.Expr) -> pl.Expr:
    """Whether a title is a question."""
    return title.str.contains(ASKING)


def question(title: pl.Expr) -> pl.Expr:
    """A title that asks, with a question mark at its end."""
    bare = title.str.strip_chars_end("？?。.！! ")
    return (
        pl.when(bare.str.contains(r"[，。：:；;\s]") & ~title.str.contains(r"[？?]$"))
        .then(title)
        .otherwise(bare + "？")
    )


_title = pl.col("title").fill_null("")
_text = pl.col("text").fill_null("")
_kind = pl.col("extra").str.json_path_match("$.kind")
_category = pl.col("tags").list.get(0, null_on_oob=True)
_asks = asks(_title)
_FIELDS = {
    "title": _title.str.strip_chars_end("。 "),
    "bare": _title.str.strip_chars_end("？?。.！! "),
    "question": question(_title),
}


def _domain(*names: str) -> pl.Expr:
    """The names, and the entry's category where it has one."""
    known = pl.concat_list(*(pl.lit(name) for name in names), pl.coalesce(_category, pl.lit(names[0])))
    return known.list.unique(maintain_order=True)


def _task(name: str, words: str, when: pl.Expr, domain: pl.Expr, *minor: str) -> Task:
    return Task(
        name=name,
        wordings=wordings(__file__, words),
        fields=_FIELDS,
        output=pl.col("text"),
        when=when,
        major=("问答",),
        minor=(*minor, "百科问答"),
        domain=domain,
        metadata=pl.format("category:{}", _category),
    )


RULES = (
    form.empty(),
    Rule(
        name="not_asking",
        why="a title of One Hundred Thousand Whys that asks nothing",
        value=(_kind == "why") & ~_asks,
        missing="keep",
    ),
    Rule(
        name="short_why",
        why="too short an answer",
        value=pl.when(_kind == "why").then(_text.str.len_chars()),
        at_least=300,
        missing="keep",  # other kinds have no value
    ),
    # The shortest of the 45 published entries of other sites at hand has 103 characters.
    Rule(name="short", why="too short to explain anything", value=_text.str.len_chars(), at_least=100, missing="drop"),
    form.long(),
    Rule(
        name="fragments",
        why="tables and lists run together: hardly any sentence",
        # Characters a stop: 8 at the median of 778 entries, 12 in 99 of 100, 32 at most.
        value=_text.str.len_chars() / (_text.str.count_matches(r"[，。；！？、：,.;!?\n]") + 1),
        at_most=40,
        missing="keep",
    ),
    media.pointing(at_most=2),  # an entry can do without the one or two pictures that a long text mentions
    interaction.mentions(),
    adverts.contact(),
    adverts.promotion(),
    safety.personal(),
    # Articles of medicine name organs: three times what others may, and still far below what sells them.
    *(safety.words(name, at_most=60 if name == "porn" else 20) for name in safety.CATEGORIES),
    form.repeated_lines(),
    form.repeated_ngrams(),
    form.han(),
    form.broken(),
)

BAIKE = Source(
    name="baike",
    title="百科文章",
    kind="World Knowledge",
    description="Comprehensive encyclopedic knowledge from various websites",
    quantity=20020,
    licence="none stated; the texts belong to their authors and sites",
    exercised_on="real rows of a stand-in",
    read=read,
    rules=RULES,
    mask=pii.KINDS,
    tasks=(
        _task("why", "question", _kind == "why", _domain("百科")),
        _task("mba", "mba", _kind == "mba", _domain("百科", "经济管理")),
        _task("electronics", "question", (_kind == "electronics") & _asks, _domain("百科", "电子")),
        _task("component", "component", (_kind == "electronics") & ~_asks, _domain("百科", "电子")),
        _task("agriculture", "question", (_kind == "agriculture") & _asks, _domain("百科", "农业")),
        _task("farming", "farming", (_kind == "agriculture") & ~_asks, _domain("百科", "农业")),
        _task("disease", "disease", _kind == "disease", _domain("医疗", "疾病"), "医药问答"),
        _task("drug", "drug", _kind == "drug", _domain("医疗", "药品"), "医药问答"),
        _task("symptom", "symptom", _kind == "symptom", _domain("医疗", "病症"), "医药问答"),
        _task("asked", "question", (_kind == "entry") & _asks, _domain("百科")),
        _task("entry", "entry", (_kind == "entry") & ~_asks, _domain("百科")),
        # Of a page of an unknown site under a headline, which nobody would look up as the name of a thing.
        _task("article", "article", _kind == "article", _domain("通用")),
    ),
    rubric="encyclopedia",
    published=Published(
        "wiki",
        {
            "why": "10why_final",
            "mba": "finance/mba_baike",
            "electronics": "digital_wiki",
            "component": "digital_wiki",
            "agriculture": "agriculture",
            "farming": "agriculture",
            "disease": "bkmy_symptom",
            "drug": "bkmy_medicine",
            "symptom": "bkmy_symptom",
            "asked": "baike",
            "entry": "baike",
            "article": "baike",
        },
    ),
)
