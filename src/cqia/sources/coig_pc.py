"""COIG-PC: task files of Chinese language tasks: extraction, classification, summaries (paper, A.4).

Where from: huggingface.co/datasets/BAAI/COIG-PC and COIG-PC-core, JSON lines or Parquet, one file a task; and task
files of the same kind, of pCLUE (github.com/CLUEbenchmark/pCLUE) and CSL (github.com/ydli-ai/CSL):

    COIG-PC    instruction, input, output, split, task_name_in_eng, task_type {major, minor}, domain, other, filename
    pCLUE      input (which holds the instruction), target, answer_choices, type
    CSL        TSV without a header: what to make ("to title"), title or abstract of a paper, and what was made of it

Licence: COIG-PC states "unknown" and refers to the datasets that it gathered; pCLUE and CSL state none.

Outputs are often one word, and too many of them teach a model to answer so (paper: "characteristically short outputs
required careful integration"). So those of ``SHORT`` characters or fewer are capped (rule ``short_outputs``) and their
wordings say that a short answer is wanted; the whole is drawn evenly over the tasks.

Worked example: the line

    {"instruction": "判断两句话的意思是否相同。", "input": "今天下雨了。\\n今天是雨天。", "output": "相同",
     "split": "train", "task_type": {"major": ["分类"], "minor": ["语义相似"]}, "domain": ["通用"],
     "task_name_in_eng": "same"}

becomes the record ``coig_pc:<digest>/short``: 判断两句话的意思是否相同。只需给出答案。 Its output is 相同.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath

import polars as pl

from cqia.errors import NotADocument, Unreadable
from cqia.readers.examples import document
from cqia.readers.fields import mapping, text
from cqia.readers.raw import Raw
from cqia.rules import form
from cqia.rules.rule import Rule
from cqia.schema import Document, digest
from cqia.sources.examples import INPUT, INSTRUCTION, OUTPUT, WHOLE, chars, extra, listed
from cqia.sources.source import Published, Quota, Source, Task, wordings

#: An output of so many characters is a label or a name; the shortest sentences are a little longer.
SHORT = 15
#: A third of the paper's 3,000, so that two records in three show an answer in sentences.
MOST_SHORT = 1_000
#: The kinds of pCLUE in Chinese.
PCLUE = {
    "mrc": "阅读理解", "classify": "分类", "nli": "自然语言推断", "generate": "生成", "anaphora_resolution": "指代消解",
}  # fmt: skip
#: CSL's tasks: the name, the kind, and the ways to ask, for the files hold no instruction.
CSL = {
    "to category": ("csl_category", "分类", (
        "根据论文的标题，判断它属于哪个学科门类（如工学、医学、教育学）。",
        "看题目，这篇论文属于哪个学科门类？比如文学、理学、农学。",
        "给这篇论文归类，写出它所属的学科门类（哲学、经济学、管理学等）。",
        "有一篇论文，只知道标题。它大概属于哪个学科门类，像历史学、法学这样的？",
        "学科门类有工学、理学、医学、农学等。下面这个标题该归入哪一类？",
    )),
    "to discipline": ("csl_discipline", "分类", (
        "根据论文的摘要，判断它属于哪个一级学科。",
        "读一读这段摘要，它出自哪个学科的论文？",
        "这篇论文该投给哪个学科的期刊？请写出学科名称。",
        "请判断下面的摘要所属的一级学科，如交通运输工程、园艺学。",
        "按学科给论文分类，下面这一篇属于什么学科？",
    )),
    "to keywords": ("csl_keywords", "关键词提取", (
        "从下面的论文摘要中提取几个关键词，用顿号隔开。",
        "论文写好了，还缺关键词，请根据摘要给出几个，用顿号分开。",
        "阅读摘要，列出这篇论文的关键词（用顿号隔开）。",
        "概括这段摘要讲的是什么，只用几个关键词，中间用顿号。",
        "请替这篇论文选几个便于检索的关键词，以顿号分隔。",
    )),
    "to title": ("csl_title", "标题生成", (
        "为下面的论文摘要拟一个标题。",
        "摘要有了，题目还没定，请帮这篇论文起个标题。",
        "根据摘要写出论文的题目。",
        "这段摘要的论文叫什么题目合适？",
        "读完摘要，请给论文取一个准确的标题。",
    )),
}  # fmt: skip
#: The parts of a task that are for tests are not to be trained on.
TEST_SPLITS = frozenset({"test", "testing", "eval"})


def read(raw: Raw) -> Iterable[Document]:
    """One row of a task.

    Raises:
        Unreadable: ``unknown_shape``.
        NotADocument: ``test_split`` for a row of a task's test part.
    """
    row = raw.row or {}
    if row.get("1") in CSL:
        row = _csl(row, PurePath(raw.name).stem)
    pclue = "target" in row
    answer, asked = row.get("target" if pclue else "output"), row.get("input" if pclue else "instruction")
    if not isinstance(asked, str) or not isinstance(answer, str | int | float):
        had = ", ".join(sorted(map(str, row)))[:300] or "nothing"
        raise Unreadable("unknown_shape", f"{raw.path}: a row of COIG-PC has instruction, input and output, one of "
                         f"pCLUE input and target, one of CSL {', '.join(CSL)}; this has {had}")  # fmt: skip
    if text(row.get("split")).lower() in TEST_SPLITS:
        raise NotADocument("test_split", "a row of the task's test part")
    kind = mapping(row.get("task_type"))
    majors = [name for key in ("major", "minor") for name in _names(kind.get(key))]
    majors = list(dict.fromkeys(majors + [PCLUE.get(name, name) for name in _names(row.get("type"))]))
    given = "" if pclue else text(row.get("input"))
    file = re.sub(r"[_-]?\d+$", "", PurePath(text(row.get("filename")) or raw.name).stem)
    task = text(row.get("task_name_in_eng")) or " ".join(_names(row.get("type"))) or file
    yield document(
        asked,
        given,
        str(answer),
        compared=f"{given}\n{answer}" if given else None,  # a task's instruction stands in each of its rows
        tags=majors or None,
        more={"task": task, "domain": _names(row.get("domain")), "kinds": majors},
    )


def _csl(row: Mapping[str, object], split: str) -> dict[str, object]:
    """A row of CSL as one of COIG-PC; the file's name tells the part of the task."""
    name, kind, ways = CSL[str(row["1"])]
    made = text(row.get("3"))
    asked = ways[int(digest(text(row.get("2")))[:8], 16) % len(ways)]
    answer, given = made, text(row.get("2"))
    if name == "csl_keywords":
        answer = made.replace("_", "、")
        # The title stands behind the abstract, with a blank between.
        given = re.sub(
            r"\A(.{20,}[.。．！？!?)）”\"]) ([^.。\s][^。]{3,80})\Z", r"标题：\2\n摘要：\1", given, flags=re.DOTALL
        )
    return {"instruction": asked, "input": given, "output": answer, "split": split, "task_name_in_eng": name,
            "task_type": {"major": [kind]}, "domain": ["学术论文"]}  # fmt: skip


def _names(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [name for name in value if isinstance(name, str) and name] if isinstance(value, list) else []


_short = chars(OUTPUT) <= SHORT

COIG_PC = Source(
    name="coig_pc",
    title="COIG-PC",
    kind="NLP Dataset",
    description="A massive dataset for instruction fine-tuning",
    quantity=3000,
    licence="unknown, says COIG-PC, which refers to the datasets it gathered; pCLUE and CSL state none",
    exercised_on="real rows of a stand-in",
    # Table 1 shows two steps, and A.4 names sampling and human verification: no judge.
    stages=("collect", "filter", "dedup", "assign", "review", "release"),
    read=read,
    headless=("*.tsv",),
    # Short outputs alone have a rank; all the same, so that the ids, which are digests, draw the lot.
    rank=pl.when(_short & (chars(OUTPUT) > 0)).then(1.0),
    rules=(
        *WHOLE,
        form.han(at_least=0.5),  # paper: "focusing solely on Chinese-language data"; half leaves room for figures
        Rule(
            name="long",
            why="longer than training takes in",
            value=pl.col("text").str.len_chars(),
            at_most=6_000,  # 4,096 tokens (paper, section 4) are about 6,000 Chinese characters
            missing="drop",
        ),
        Rule(
            name="short_outputs",
            why="more short outputs than chat can bear",
            value=pl.col("rank"),
            at_most=MOST_SHORT,
            missing="keep",
        ),
    ),
    tasks=tuple(
        Task(
            name=name,
            wordings=wordings(__file__, name),
            fields={"instruction": INSTRUCTION.str.replace(r"\s*(?:答案|回答)[是为]?\s*[:：]\s*$", "")},
            input=INPUT,
            output=OUTPUT,
            when=_short if name == "short" else ~_short,
            major=("自然语言处理",),
            minor=listed("kinds"),
            domain=listed("domain"),
            metadata=pl.format("task:{}", extra("task").fill_null("")),
        )
        for name in ("short", "sentences")
    ),
    quota=Quota(3000, by=extra("task")),
    rubric="nlp",
    published=Published("coig_pc", {"short": "coig_pc_core_sample", "sentences": "coig_pc_core_sample"}),
)
