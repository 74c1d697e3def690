"""What a source is: one frozen dataclass, everything about it in one place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

import polars as pl

from cqia.readers.raw import Raw
from cqia.rules.rule import Rule
from cqia.schema import Document
from cqia.yaml_text import parsed

StageName = Literal["collect", "filter", "dedup", "assign", "judge", "review", "release"]

#: The paper's five steps in its order, with ``dedup`` and ``release``.
ROAD: tuple[StageName, ...] = ("collect", "filter", "dedup", "assign", "judge", "review", "release")

Kind = Literal["Forum", "Social Media", "World Knowledge", "Exam", "NLP Dataset", "Yours"]

ExercisedOn = Literal[
    "real pages",
    "real rows",
    "real rows in part",
    "real pages of a stand-in",
    "real rows of a stand-in",
    "written samples",
]

#: Who wrote an answer; "" where nobody says.
AnswerFrom = Literal["human", "llm", "expert", ""]

#: Reads one page into documents, without touching files. Raises ``Unreadable`` (the page is quarantined) or
#: ``NotADocument`` (dropped with a reason).
Read = Callable[[Raw], Iterable[Document]]


@dataclass(frozen=True)
class Edit:
    """A change that ``assign`` makes in the texts of a record and records as a span: opening courtesies, masks.

    What matches ``pattern`` (of Python's ``re``) becomes ``now``.
    """

    name: str
    pattern: str
    now: str
    fields: tuple[Literal["instruction", "input", "output"], ...] = ("output",)


@dataclass(frozen=True, kw_only=True)
class Task:
    """How a document becomes an instruction record.

    Attributes:
        name: the last part of the record's id, and the key of its wordings in ``wordings/<source>.yaml``.
        wordings: the wordings of the instruction, with ``{placeholders}``; which one a document gets is chosen by
            rendezvous hashing of its id.
        fields: what each placeholder stands for, as expressions over ``schema.DOCUMENT``.
        input: the record's input; null counts as "".
        output: the record's output; null or empty leaves the document pending as ``needs_answer``.
        when: which documents the task applies to.
        major, minor, domain: the published ``task_type`` and ``domain``; an expression of type List(String) where
            they depend on the document.
        answer_from: who wrote the output; an expression where it depends on the document. "expert" is a human whom
            the source names as one (the published set says so of CValues' answers).
        history: earlier turns of a dialogue, of type ``schema.TURNS``.
    """

    name: str
    wordings: tuple[str, ...]
    fields: Mapping[str, pl.Expr]
    output: pl.Expr
    input: pl.Expr = field(default_factory=lambda: pl.lit(""))
    when: pl.Expr = field(default_factory=lambda: pl.lit(True))
    major: tuple[str, ...] | pl.Expr
    minor: tuple[str, ...] | pl.Expr
    domain: tuple[str, ...] | pl.Expr
    metadata: pl.Expr = field(default_factory=lambda: pl.lit(""))
    answer_from: AnswerFrom | pl.Expr = "human"
    history: pl.Expr | None = None


@dataclass(frozen=True)
class Quota:
    """How many documents ``assign`` takes, evenly over the strata of ``by``: a seeded, stratified sample."""

    total: int
    by: pl.Expr


@dataclass(frozen=True)
class Published:
    """Where a record stands in COIG-CQIA's layout: ``<config>/<file>.jsonl``.

    ``files`` maps a task to a file, or to several by score: the first whose lower bound the score reaches. A file named
    with a slash stands in a config of its own.
    """

    config: str
    files: Mapping[str, str | tuple[tuple[float | None, str], ...]]

    def __post_init__(self) -> None:
        each = [
            (files,) if isinstance(files, str) else tuple(name for _, name in files) for files in self.files.values()
        ]
        for name in (self.config, *(name for names in each for name in names)):
            if not re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)?", name):
                raise ValueError(f"Published: {name!r} names no file or folder; letters, digits, '_', '.' and '-' do")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source, as a row of the paper's Table 1 and all that the stages need to know of it.

    Attributes:
        name: the name in commands, in cqia.toml and in ids.
        title: the name in Chinese.
        kind, description, quantity: as in Table 1; quantity is the paper's, None for a source of one's own.
        licence: of the texts, in words; "" is not allowed: a source without a licence says so.
        copyright: the published ``copyright`` field of its records.
        exercised_on: what its reader was tried on: "real pages" or "real rows" of the source itself, those of a
            "stand-in" where the source's own could not be had, or "written samples" alone; "in part" where some of
            its kinds of file were written for the tests.
        stages: the stages it goes through, in the road's order. collect, assign and release are always among them.
        read: bytes or a row to documents.
        whole: patterns of file names that are one page although they look like tables (a thread with its floors).
        headless: patterns of file names that are CSV or TSV without a header; their columns are called "1", "2", …
        rules: in order; the first that fires names the reason.
        rank: most popular first: an expression whose descending order (then id) is the column ``rank`` (from 1) that
            rules may use. None: no rank.
        edits: what ``assign`` changes in the texts.
        mask: kinds of personal data (``text.pii.KINDS``) that ``assign`` masks in the texts.
        tasks: in order; a document becomes a record of every task whose ``when`` is true.
        quota: None takes all.
        rubric: the rubric the judge reads, a file ``judge/rubrics/<rubric>.md``.
        at_least: the lowest score that is kept.
        published: config and file of the published layout.
    """

    name: str
    title: str
    kind: Kind
    description: str
    quantity: int | None = None
    licence: str
    copyright: str = "暂无版权及作者信息"
    exercised_on: ExercisedOn = "written samples"
    stages: tuple[StageName, ...] = ROAD
    read: Read
    whole: tuple[str, ...] = ()
    headless: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    rank: pl.Expr | None = None
    edits: tuple[Edit, ...] = ()
    mask: tuple[str, ...] = ()
    tasks: tuple[Task, ...]
    quota: Quota | None = None
    rubric: str = "general"
    at_least: float = 8.0  # paper, appendix A.1: scored 1 to 10 and kept above 8; the published files begin at 8.0
    published: Published

    def __post_init__(self) -> None:
        unknown = [stage for stage in self.stages if stage not in ROAD]
        missing = [stage for stage in ("collect", "assign", "release") if stage not in self.stages]
        if unknown or missing or list(self.stages) != sorted(self.stages, key=ROAD.index):
            raise ValueError(
                f"source {self.name}: stages must be a part of {ROAD}, in that order, and hold "
                "collect, assign and release"
            )
        if not re.fullmatch("[a-z][a-z0-9_]*", self.name):
            raise ValueError(
                f"source {self.name!r}: a name is lower-case letters, digits and _, for it begins ids and names folders"
            )
        for what, names in (("task", [task.name for task in self.tasks]), ("rule", [rule.name for rule in self.rules])):
            if len(set(names)) < len(names):
                again = next(name for name in names if names.count(name) > 1)
                raise ValueError(f"source {self.name}: there are two {what}s called {again!r}")
        for task in self.tasks:
            if task.name not in self.published.files:
                raise ValueError(f"source {self.name}: Published names no file for the task {task.name!r}")
        if not self.licence:
            raise ValueError(f"source {self.name}: say in words that the licence is unknown, if it is")


def wordings(beside: str, task: str) -> tuple[str, ...]:
    """The wordings of one task, from ``wordings/<name>.yaml`` beside the source file ``beside`` (its ``__file__``)."""
    path = Path(beside)
    file = path.parent / "wordings" / f"{path.stem}.yaml"
    tasks = _wordings_in(file)
    if task not in tasks:
        raise ValueError(f"{file}: no wordings for task {task!r}; there are {sorted(tasks)}")
    return tuple(tasks[task])


@cache
def _wordings_in(file: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = parsed(file.read_text("utf-8"))
    return found
