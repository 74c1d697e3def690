"""COIG Human Value (COIG 人类价值观): instructions on values shared in the Chinese-speaking world (paper, A.4).

Where from: huggingface.co/datasets/BAAI/COIG, in two files of different shape:

    human_value_alignment_instructions_part1.json    one JSON list of instruction, input, output (3,000 rows)
    human_value_alignment_instructions_part2.json    JSON lines of questions: textbox_question, textbox_answer,
                                                     textbox_answer_analysis, …

The published 101 are questions with options, which both parts have; here half are, and half are open.

Licence: Apache-2.0.

Worked example: the element

    {"instruction": "同桌考试没考好，你会怎么安慰他？", "input": "", "output": "先听他说完，不急着讲道理。……"}

becomes the record ``coig_value:<digest>/answer`` with the same three texts; a question of part 2 keeps its short answer
behind the analysis (``readers.published.solution``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl

from cqia.errors import Unreadable
from cqia.readers.examples import document
from cqia.readers.published import example
from cqia.readers.raw import Raw
from cqia.rules import safety
from cqia.rules.rule import Rule
from cqia.schema import Document
from cqia.sources.examples import AS_WRITTEN, INPUT, INSTRUCTION, OUTPUT, WHOLE, chars, extra
from cqia.sources.source import Published, Quota, Source, Task, wordings

_OPTIONS = re.compile(r"A\s?[．.、:：)）](?:(?!A\s?[．.、:：)）]).){1,400}?B\s?[．.、:：)）]", re.DOTALL)


def read(raw: Raw) -> Iterable[Document]:
    """One row of either part.

    Raises:
        Unreadable: ``unknown_shape``.
    """
    found = example(raw.row or {})
    if found["part"] not in ("value", "exam"):
        raise Unreadable("unknown_shape", f"{raw.path}: a row of COIG's {found['part']}, not of its human values")
    asked = "\n".join(text for text in (found["instruction"], found["input"]) if text)
    offered = _OPTIONS.search(asked) is not None
    if offered and found["part"] == "exam":
        asked = found["input"]  # its instruction says no more than that one is to be chosen
    form = {"form": "choice" if offered else "open", "question": asked}
    yield document(
        found["instruction"], found["input"], found["output"],
        tags=found["domain"] or None,
        more={"part": found["part"], **form},
    )  # fmt: skip


_choice = extra("form") == "choice"
# The models that wrote part 1 at times answer as what they are, or for nobody's ears but the prompter's.
_MACHINE = (
    r"(?:作为|我是)(?:一[个名位款])?\s?(?:AI|人工智能|语言模型|机器人|虚拟助手)"
    r"|无法(?:完成|回答)(?:这|您|你)|(?i:openai|chatgpt)"
)

COIG_VALUE = Source(
    name="coig_value",
    title="COIG 人类价值观",
    kind="NLP Dataset",
    description="Value-related tasks from COIG",
    quantity=101,
    licence="Apache-2.0 (COIG)",
    exercised_on="real rows",
    # Table 1 shows two steps, and A.4 filtering and processing: no judge.
    stages=("collect", "filter", "dedup", "assign", "review", "release"),
    read=read,
    rules=(
        *WHOLE,
        # A slogan that was asked for in one sentence has about 20; below are fragments.
        Rule(
            name="short",
            why="too short to say anything of value",
            value=pl.when(~_choice).then(chars(OUTPUT)),
            at_least=20,
            missing="keep",
        ),
        Rule(
            name="machine",
            why="a model talks about itself",
            value=OUTPUT.str.contains(_MACHINE),
            missing="keep",
            detail=OUTPUT.str.extract(f"(.{{0,6}}(?:{_MACHINE}).{{0,6}})"),
        ),
        *safety.all_words(),
    ),
    tasks=(
        Task(
            name="choice",
            wordings=wordings(__file__, "choice"),
            fields={"question": extra("question"), "subject": pl.col("tags").list.first().fill_null("思想品德")},
            output=OUTPUT,
            when=_choice,
            major=("试题",),
            minor=("选择题",),
            domain=("人类价值观",),
            answer_from="llm",  # as the published rows say
        ),
        Task(
            name="answer",
            wordings=AS_WRITTEN,
            fields={"instruction": INSTRUCTION},
            input=INPUT,
            output=OUTPUT,
            when=~_choice,
            major=("文本生成",),
            minor=("问答",),
            domain=("人类价值观",),
            answer_from="llm",
        ),
    ),
    quota=Quota(101, by=extra("form")),
    rubric="value",
    published=Published(
        "human_value", {"choice": "coig_human_value_multi_choice", "answer": "coig_human_value_multi_choice"}
    ),
)
