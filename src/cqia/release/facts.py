"""What is known of a release: the numbers behind its card, datasheet, licences, metadata and manifest.

Counted from the release's own register and from the ledger; nothing is estimated and no clock is read, so the same
release always says the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cqia import __version__
from cqia.ledger.counts import Funnel
from cqia.release import register
from cqia.release.layout import SPLITS
from cqia.release.licences import Terms, hub_licence, terms
from cqia.report.words import chinese
from cqia.sources.source import Source

COPYRIGHTS = 20  # of the copyright notes of a source so many are told, the most frequent ones


#: What the reasons mean that belong to the road and to no source.
REASONS = {
    "same_id": ("another page has a fuller version", "另一页有更完整的版本"),
    "takedown": ("its author, or somebody for them, wanted it gone", "应作者等人要求撤下"),
    "login_wall": ("the page asks to log in", "页面要求登录"),
    "removed": ("the site says that it was removed", "网站上已删除"),
    "exact_duplicate": ("the same text stands elsewhere", "别处有相同的文本"),
    "near_duplicate": ("nearly the same text stands elsewhere", "别处有几乎相同的文本"),
    "quota": ("there were enough of its kind", "同类已经够数"),
    "no_task": ("no task fits", "没有合适的任务"),
    "score": ("the judge's score is too low", "评委打分过低"),
    "rejected": ("a reviewer rejected it", "审核者不予采用"),
    "empty": ("instruction or output is empty", "指令或回答为空"),
    "benchmark": ("it holds an item of a benchmark", "含有评测集的题目"),
    "two_splits": ("near duplicates of it stand in two splits", "两个切分里都有它的近似重复"),
}


@dataclass(frozen=True)
class Told:
    """One source in a release.

    Attributes:
        terms: what its licence amounts to.
        records, verified, machine, unsaid: records, those a person has seen, those with an answer by a machine, those
            that do not say who answered.
        copyrights: the published copyright notes with their records, most frequent first, ``COPYRIGHTS`` at most.
        stages: what became of its items, stage by stage, as in ``cqia status --json``.
        whys: what the rules that dropped something are for, by name.
    """

    name: str
    title: str
    kind: str
    description: str
    terms: Terms
    records: int
    verified: int
    machine: int
    unsaid: int
    copyrights: tuple[tuple[str, int], ...]
    stages: tuple[dict[str, Any], ...]
    whys: Mapping[str, str]

    def dropped(self) -> list[tuple[str, str, int, tuple[str, str]]]:
        """Stage, reason, how many, and what the reason means, in English and Chinese."""
        return [
            (row["stage"], reason, number, self._why(reason))
            for row in self.stages
            for reason, number in sorted(row["dropped"].items(), key=lambda pair: (-pair[1], pair[0]))
        ]

    def _why(self, reason: str) -> tuple[str, str]:
        own = self.whys.get(reason, "")
        return REASONS.get(reason.partition(":")[0], (own, chinese(own)))

    def count(self, stage: str, what: str) -> int | None:
        """One number of a stage; None where the source does not go through it."""
        return next((int(row[what]) for row in self.stages if row["stage"] == stage), None)


@dataclass(frozen=True)
class Maker:
    """What only the makers know: ``[release]`` of cqia.toml."""

    authors: tuple[str, ...] = ()
    url: str = ""
    date: str = ""
    answers: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Facts:
    """All that is told of a release.

    Attributes:
        name, version: of the dataset and the release. seed: of the project.
        judge: who scored; "" where no source is judged. required: who must be seen by a person.
        people: how many reviewers decided about records of it, and ``decisions`` how many each way, dropped ones too.
        configs: rows by config, split and file.
        sources: those that have records in it.
        benchmarks: items and hits by name. exempt: sources and benchmarks whose origin they are.
        waiting: items that wait on the road, by reason.
        shares: of the splits among new records; None: everything is train.
    """

    name: str
    version: str
    seed: int
    judge: str
    required: str
    people: int
    decisions: Mapping[str, int]
    configs: Mapping[str, Mapping[str, Mapping[str, int]]]
    sources: tuple[Told, ...]
    benchmarks: Mapping[str, Mapping[str, int]]
    exempt: Sequence[Mapping[str, str]]
    waiting: Mapping[str, int]
    shares: Mapping[str, float] | None
    dialogues: int
    maker: Maker
    made_with: str = f"cqia {__version__}"

    @property
    def total(self) -> int:
        """Records."""
        return sum(self.splits.values())

    @property
    def splits(self) -> dict[str, int]:
        """Records by split."""
        every = {split: sum(sum(each.get(split, {}).values()) for each in self.configs.values()) for split in SPLITS}
        return {split: rows for split, rows in every.items() if rows}

    @property
    def verified(self) -> int:
        """Records that a person has seen."""
        return sum(source.verified for source in self.sources)

    @property
    def machine(self) -> int:
        """Records with an answer by a machine."""
        return sum(source.machine for source in self.sources)

    @property
    def unsaid(self) -> int:
        """Records that do not say who answered."""
        return sum(source.unsaid for source in self.sources)

    @property
    def together(self) -> dict[str, Any]:
        """What holds where all sources of known licences are used together: the strictest of their terms; and
        ``alike``, the licences that want what is made of them to stand under themselves."""
        every = [licence for source in self.sources if source.terms.known for licence in source.terms.licences]
        licences = tuple(dict.fromkeys(every))
        alike = [licence.spdx for licence in licences if licence.share_alike]
        return {**Terms("", licences, ()).to_dict(), "alike": alike}

    @property
    def licence(self) -> str:
        """The Hub's name for the licence."""
        return hub_licence([source.terms for source in self.sources])

    @property
    def repeated(self) -> tuple[str, ...]:
        """The sources that do not go through dedup."""
        return tuple(source.name for source in self.sources if source.count("dedup", "in") is None)

    @property
    def unknown(self) -> tuple[Told, ...]:
        """The sources whose licence is not known."""
        return tuple(source for source in self.sources if not source.terms.known)

    def manifest(self, files: Mapping[str, Any]) -> dict[str, Any]:
        """``manifest.json``."""
        return {
            "name": self.name,
            "version": self.version,
            "made_with": self.made_with,
            "seed": self.seed,
            "judge": self.judge,
            "review": self.required,
            "records": self.total,
            "splits": self.splits,
            "sources": {
                source.name: {
                    "title": source.title,
                    "records": source.records,
                    "human_verified": source.verified,
                    **source.terms.to_dict(),
                }
                for source in self.sources
            },
            "benchmarks": dict(self.benchmarks),
            "exempt": list(self.exempt),
            "files": dict(files),
        }


def told(release: Path, sources: Mapping[str, Source], funnel: Funnel) -> tuple[Told, ...]:
    """The sources that have records in ``release``, as its register and the ledger tell of them."""
    rows = pl.scan_parquet(release / register.FILE, glob=False)
    by = pl.col("answer_from").fill_null("")
    counted = rows.group_by("source").agg(
        records=pl.len(),
        verified=pl.col("human_verified").sum(),
        machine=(by == "llm").sum(),
        unsaid=(by == "").sum(),
    )
    notes = rows.group_by("source", copyright=pl.col("copyright").fill_null("")).agg(records=pl.len())
    counts, copyrights = pl.collect_all([counted, notes.sort("records", "copyright", descending=[True, False])])
    by_name = {row["source"]: row for row in counts.to_dicts()}
    said: dict[str, list[tuple[str, int]]] = {}
    for name, note, number in copyrights.iter_rows():
        said.setdefault(name, []).append((note, number))
    return tuple(
        Told(
            name, source.title, source.kind, source.description, terms(source.licence),
            **{key: int(by_name[name][key]) for key in ("records", "verified", "machine", "unsaid")},
            copyrights=tuple(said[name][:COPYRIGHTS]),
            stages=tuple(row.to_dict() for row in funnel.rows if row.source == name),
            whys={rule.name: rule.why for rule in source.rules},
        )
        for name, source in sources.items()
        if name in by_name
    )  # fmt: skip


def dialogues(release: Path) -> int:
    """How many records of a release have earlier turns."""
    tables = sorted((release / "parquet").glob("*.parquet"))
    talks = (pl.col("history").list.len() > 0).fill_null(False)
    return int(pl.scan_parquet(tables, glob=False).select(talks.sum()).collect().item())
