"""COIG-CQIA and COIG as they are published: read to be audited, compared, and mixed with what a project makes.

Where from: huggingface.co/datasets/m-a-p/COIG-CQIA (13 configs of JSON lines) and huggingface.co/datasets/BAAI/COIG
(six files in five formats). ``readers.published`` knows the formats and their quirks; the archive of dialogues is read
member by member, in its order.

Licence: COIG-CQIA states none; COIG is Apache-2.0 for BAAI's own work, MIT for Unnatural Instructions, CC-BY-SA-4.0 for
the LeetCode part, and calls what was crawled fair use.

Worked example: the row of COIG's exams

    {"textbox_q_instruction": "请选出正确的一项。", "textbox_q_context": "",
     "textbox_question": "水的沸点是？\\nA.0℃\\nB.100℃", "textbox_answer": "B",
     "textbox_answer_analysis": "标准大气压下水在100℃沸腾。", "subject": "物理"}

becomes the document ``coig:<digest>``, and the record of the task ``exam`` whose output ends in 故选B。
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

import polars as pl

from cqia.errors import NotADocument, Unreadable
from cqia.readers.examples import document
from cqia.readers.published import example
from cqia.readers.raw import Raw
from cqia.schema import Document
from cqia.sources.examples import AS_WRITTEN, HISTORY, INPUT, INSTRUCTION, OUTPUT, WHOLE, extra, listed
from cqia.sources.source import Edit, Published, Source, Task

#: What of an example goes into ``extra`` beside its parts.
KEPT = frozenset({"part", "major", "minor", "domain", "metadata", "answer_from", "human_verified"})
#: COIG's own names of files.
COIG_FILES = {
    "translated": "translated_instructions",
    "exam": "exam_instructions",
    "value": "human_value_alignment_instructions_part1",
    "chat": "counterfactural_correction_multi_round_chat",
    "leetcode": "leetcode_instructions",
}


def read(raw: Raw) -> Iterable[Document]:
    """One row, or one dialogue of the archive.

    Raises:
        Unreadable: a row of another shape, or a round of a dialogue that cannot be read.
        NotADocument: ``not_data`` for a file of the archive that is no dialogue.
    """
    if raw.row is None:
        if raw.locator:
            raise NotADocument("not_data", f"{raw.locator} of {raw.name} is no JSON object")
        raise Unreadable("unknown_shape", f"{raw.path} is no file of COIG or COIG-CQIA")
    found = example(raw.row)
    member = raw.row.get("_member")
    path = PurePath(raw.path)
    parts = {key: value for key, value in found.items() if key in KEPT}
    yield document(
        found["instruction"], found["input"], found["output"],
        history=found["history"],
        id=f"chat-{PurePath(member).stem}" if isinstance(member, str) else None,
        tags=found["domain"] or None,
        copyright=found["copyright"],
        more={**parts, "file": f"{path.parent.name}/{path.stem}"},
    )  # fmt: skip


_by = extra("answer_from")
#: Who answered, as the row says it; the published set says "" of its financial tasks, and so "" is what is not known.
_ANSWER_FROM = pl.when(_by.is_in(["human", "expert", "llm"])).then(_by).otherwise(pl.lit(""))


def _task(name: str, when: pl.Expr) -> Task:
    return Task(
        name=name,
        wordings=AS_WRITTEN,
        fields={"instruction": INSTRUCTION},
        input=INPUT,
        output=OUTPUT,
        when=when,
        major=listed("major"),
        minor=listed("minor"),
        domain=listed("domain"),
        metadata=extra("metadata").fill_null(""),
        answer_from=_ANSWER_FROM,
        history=HISTORY,
    )


COIG_CQIA = Source(
    name="coig_cqia",
    title="COIG-CQIA（已发布）",
    kind="NLP Dataset",
    description="COIG-CQIA as published, to be audited, compared and mixed",
    licence="none stated by COIG-CQIA; the texts belong to their authors",
    exercised_on="real rows",
    read=read,
    rules=WHOLE,
    # Users found a dot before the questions of wiki/digital_wiki (github.com/paralym/COIG-CQIA, issue 2).
    edits=(Edit("stray_dot", r"\A[.。·]\s{0,3}(?=[\u4e00-\u9fffA-Za-z])", "", ("instruction",)),),
    tasks=(_task("example", pl.lit(True)),),
    published=Published("coig_cqia", {"example": "coig_cqia"}),
)

COIG = Source(
    name="coig",
    title="COIG（已发布）",
    kind="NLP Dataset",
    description="COIG as published: translations, exams, values, corrected dialogues, LeetCode",
    licence="Apache-2.0 (BAAI), MIT (Unnatural Instructions), CC-BY-SA-4.0 (LeetCode); exams: fair use, says COIG",
    exercised_on="real rows in part",
    read=read,
    rules=WHOLE,
    tasks=tuple(_task(part, extra("part") == part) for part in COIG_FILES),
    published=Published("coig", COIG_FILES),
)
