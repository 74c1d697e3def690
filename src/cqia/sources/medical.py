"""医学文章 (medical articles): questions of health that experts wrote an answer to (paper, A.2.2).

Where from: Baobaozhidao (mothers and children) and Qianwen Health. No page of theirs could be had: articles come in the
neutral form, one JSON object a line,

    {"title": "…", "text": "Markdown" or "html": "…", "category": "儿科", "author": "…", "about": "who the author is",
     "site": "baobao" or "51zyzy", "context": "what the patient tells", "id": "…", "url": "…", "date": "2020-01-31"}

The shape of Toyhom's rows (github.com/Toyhom/Chinese-medical-dialogue-data, MIT) fits too, and is what the reader was
exercised on: ``department``, ``title``, ``ask``, ``answer``, also as CSV, and as text in blocks of two lines. ``about``
becomes the published ``copyright``, as in the published set, where it names the doctor. Rows of ``instruction`` and
``output`` are answers of models, and no articles: they are quarantined.

Licence: none stated; the texts belong to their authors and sites.

Worked example: the row

    {"id": "3", "title": "宝宝打嗝怎么办", "site": "baobao", "text": "竖着抱起来轻轻拍背……"}

becomes ``medical:3``; ``assign`` makes ``medical:3/child``, "宝宝打嗝怎么办？" in one of its wordings.
"""

from __future__ import annotations

import json
import re

import polars as pl

from cqia.errors import Unreadable
from cqia.readers import fields
from cqia.readers.baike import entry, named, rendered
from cqia.readers.blocks import clean
from cqia.readers.charset import decode
from cqia.readers.fields import Row
from cqia.readers.raw import Raw
from cqia.rules import adverts, form, interaction, media, safety
from cqia.rules.rule import Rule
from cqia.schema import Document
from cqia.sources.source import Edit, Published, Source, Task, wordings
from cqia.text import pii

CHILDREN = frozenset({"母婴", "育儿", "新生儿", "婴幼儿", "孕产", "备孕", "儿童保健"})
SITES = ("baobao", "51zyzy")


def read(raw: Raw) -> list[Document]:
    """The article of one row, file or page.

    Raises:
        Unreadable: ``unknown_shape`` for rows of another form; what ``readers.baike.entry`` raises.
    """
    row = raw.row
    if row is not None and "answer" in row:
        return [_consultation(row, f"{raw.path} {raw.locator}")]
    if row is None and raw.name.endswith(".txt") and (rows := _blocks(decode(raw.data or b"", raw.charset)[0])):
        return [_consultation(each, raw.path) for each in rows]
    found = entry(raw)
    about = clean(fields.text(row.get("about"))).strip() if row is not None else ""
    site = fields.line(row.get("site")) if row is not None else ""
    return [
        {
            "id": found.native,
            "url": found.url,
            "title": found.title,
            "context": clean(fields.text(row.get("context"))).strip() or None if row is not None else None,
            "text": rendered(found),
            "created": found.created,
            "author": found.author,
            "tags": list(found.tags) or None,
            "media": list(found.media),
            "copyright": found.copyright or about or None,
            "extra": json.dumps({"site": site} if site in SITES else {}),
        }
    ]


def _blocks(text: str) -> list[dict[str, object]]:
    """Rows of Toyhom's text files: the title and what the patient tells on one line, with a comma between, the answer
    below, and blank lines around; none for a file in which most lines stand otherwise."""
    blocks = [
        block.strip().split("\n", 1) for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if block.strip()
    ]
    rows: list[dict[str, object]] = []
    for head, answer in (block for block in blocks if len(block) == 2 and "," in block[0]):
        title, _, ask = head.partition(",")
        rows.append({"title": title, "ask": ask, "answer": answer})
    return rows if len(rows) > len(blocks) / 2 else []


def _consultation(row: Row, where: str) -> Document:
    """A row of a patient's question and a doctor's answer."""
    title, answer = fields.line(row.get("title")), clean(fields.text(row.get("answer"))).strip()
    asked = clean(fields.text(row.get("ask"))).strip()
    if not title or not answer:
        raise Unreadable("unknown_shape", f"{where}: a consultation has department, title, ask and "
                         f"answer; of this row title or answer is blank")  # fmt: skip
    return {
        "title": named(title),
        # Half of them repeat the title, or say that there is nothing more to say.
        "context": asked if len(asked) > len(title) and not re.fullmatch(r"[无没有\W]*", asked) else None,
        "text": answer,
        "tags": [department] if (department := fields.line(row.get("department"))) else None,
        "extra": "{}",
    }


_title = pl.col("title").fill_null("").str.strip_chars()
_bare = _title.str.strip_chars_end("？?。.！!，, ")
_text = pl.col("text").fill_null("")
_detail = pl.col("context").fill_null("").str.strip_chars()
_site = pl.col("extra").str.json_path_match("$.site")
_tags = pl.col("tags").list.eval(pl.element().is_in(list(CHILDREN))).list.any().fill_null(False)
_child = (_site == "baobao").fill_null(_tags)
_category = pl.col("tags").list.get(0, null_on_oob=True)
_core = _detail.str.strip_chars_end("？?。.！!，, ")
_said_already = _bare.str.contains(_core, literal=True) | _detail.str.contains(_bare, literal=True)
_longer = pl.when(_detail.str.len_chars() > _title.str.len_chars()).then(_detail).otherwise(_title)
_ASKS = r"怎|咋|么|什么|如何|为何|吗|呢|哪|几|多少|多久|多长|是否|能否|能不能|会不会|要不要|可不可以|是不是|有没有"
_CLINIC = (
    r"我院|本院|来院|到院|我们医院|本门诊|预约(?:电话|挂号|热线)|咨询(?:热线|电话)|在线(?:咨询|客服|专家)|点击(?:咨询|在线|这里)|免费(?:咨询|问诊)|"
    r"权威医院|哪家医院(?:最好|好)|专家(?:热线|在线)|优惠活动"
)
# A question for a hospital's name: no expert answers it, and those who do sell something.
_WHICH_HOSPITAL = (
    r"(?:[哪那]一?[家间所个里儿几]|什么|有没有|有哪些|哪些|排名|十大|[最较]好|权威|知名|专业|正规|好的)[^，。？?！!\n]{0,10}(?:医院|诊所)|"
    r"医院[^，。？?！!\n]{0,14}(?:[哪那]一?[家间所个里儿]|在哪|[最较]好|好不好|有没有|有哪些|排名|哪好)"
)

_FIELDS = {
    "title": _bare,
    "question": pl.when(_bare.str.contains(_ASKS)).then(_bare + "？").otherwise(_bare),
    # What the patient tells, as people add it: after the question, or before it; many repeat the one in the other.
    "told": pl.when(_said_already).then(_longer).otherwise(_title + "\n" + _detail),
    "told_first": pl.when(_said_already).then(_longer).otherwise(_detail + "\n" + _title),
}


def _task(name: str, when: pl.Expr, *domain: str) -> Task:
    known = pl.concat_list(*(pl.lit(each) for each in domain), pl.coalesce(_category, pl.lit(domain[0])))
    return Task(
        name=name,
        wordings=wordings(__file__, name),
        fields=_FIELDS,
        output=pl.col("text"),
        when=when,
        major=("问答",),
        minor=("医药问答", "百科问答"),
        domain=known.list.unique(maintain_order=True),
        metadata=pl.format("category:{}", _category),
    )


MEDICAL = Source(
    name="medical",
    title="医学文章",
    kind="World Knowledge",
    description="Health-related knowledge",
    quantity=186,
    licence="none stated; the texts belong to their authors and sites",
    exercised_on="real rows of a stand-in",
    read=read,
    rules=(
        form.empty(),
        # The shortest of the 30 published articles at hand has 105 characters.
        Rule(
            name="short", why="too short to advise anybody", value=_text.str.len_chars(), at_least=100, missing="drop"
        ),
        form.long(),
        Rule(
            name="clinic",
            why="advertises a hospital or a service of consultation, or asks for one",
            value=(_title + "\n" + _text).str.contains(_CLINIC) | _title.str.contains(_WHICH_HOSPITAL),
            missing="keep",
            detail=pl.coalesce(
                (_title + "\n" + _text).str.extract(f"(.{{0,6}}(?:{_CLINIC}).{{0,6}})"),
                _title.str.extract(f"({_WHICH_HOSPITAL})"),
            ),
        ),
        media.pointing(),
        interaction.mentions(),
        adverts.contact(),
        adverts.promotion(),
        safety.personal(at_most=0),
        # Articles of medicine name organs: three times what others may, and still far below what sells them.
        *(safety.words(name, at_most=60 if name == "porn" else 20) for name in safety.CATEGORIES),
        form.repeated_lines(),
        form.repeated_ngrams(),
        form.boilerplate(),
        form.han(0.5),
        form.broken(),
    ),
    edits=(
        Edit(
            "thanks_at_the_end",
            r"[\s，,。；;！!]{0,3}(?:感谢您的?(?:进行)?(?:咨询|提问|信任)[^。！!\n]{0,40}"
            r"|(?:希望|期望|但愿)[^。！!\n]{0,14}(?:帮助|协助|帮到)[^。！!\n]{0,14}"
            r"|祝(?:[您你]|患者)[^。！!\n]{0,14}(?:健康|康复))(?:[。！!，,\s]|谢谢){0,5}\Z",
            "。",
        ),
        Edit("greeting", r"\A\s{0,3}(?:[您你]好|患者(?:朋友)?[您你]?好|亲)[\s，,。！!：:、~～]{1,4}", ""),
    ),
    mask=pii.KINDS,
    tasks=(_task("child", _child, "百科", "母婴"), _task("health", ~_child, "百科", "医疗")),
    rubric="encyclopedia",
    published=Published("wiki", {"child": "baobao", "health": "51zyzy"}),
)
