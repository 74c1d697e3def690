"""The project's judge: who judges a source, what stands around it, and what it has said."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from cqia.errors import UsageError
from cqia.judge.consistency import Consistency, consistency, rounds
from cqia.judge.guarded import Guards, guarded, reordered
from cqia.judge.judges import JudgeSettings, judge_from
from cqia.judge.labels import LABELS, judged
from cqia.judge.verdict import Judge
from cqia.judge.watch import Watch
from cqia.llm.prices import Price
from cqia.project import Project
from cqia.sources.source import Source


def judge_of(project: Project, source: Source) -> Judge:
    """The judge that the project names, with the source's rubric."""
    return judge_from(judge_settings(project, source))


def judge_settings(project: Project, source: Source) -> JudgeSettings:
    """Who judges a source, and by what, as the project says it."""
    table, budget = project.settings.judge, project.settings.budget
    return JudgeSettings(
        model=table.model, revision=table.revision, base_url=table.base_url, key_env=table.key_env,
        temperature=table.temperature, max_tokens=table.max_tokens, in_flight=table.in_flight, rubric=source.rubric,
        timeout=table.timeout, wait=table.wait, requests_per_minute=table.requests_per_minute,
        tokens_per_minute=table.tokens_per_minute, price=Price(table.price_in, table.price_out, table.currency),
        journal=project.work / "journal.sqlite",
        replay=project.folder / table.replay if table.replay else None,
        calls=budget.calls, cost=budget.cost,
    )  # fmt: skip


def guarded_of(project: Project, source: Source) -> Judge:
    """The judge with what stands around it: probes, anchors, a student."""
    table = project.settings.judge
    return guarded(
        judge_of(project, source),
        Guards(
            probes=table.probes, anchors=project.folder / table.anchors if table.anchors else None,
            student=project.folder / table.student if table.student else None, asks=table.student_asks,
            watch=watch_of(project).path, at_least=source.at_least, seed=project.settings.seed,
        ),
    )  # fmt: skip


def watch_of(project: Project) -> Watch:
    """What probes and anchors of the project's judges showed."""
    return Watch(project.work / "watch.sqlite")


def repeated(project: Project, source: Source, times: int, limit: int) -> Consistency:
    """The first ``limit`` records that come to a source's judge, judged several times, its criteria shuffled."""
    who = judge_of(project, source)
    records = pl.scan_parquet(_before(project, source), glob=False).head(limit).collect()
    return consistency(rounds(records, times, lambda number: reordered(who, number)), source.at_least)


def verdicts_of(project: Project) -> pl.DataFrame:
    """What the project's judge has said of all sources, as ``judge.labels.LABELS``.

    Raises ``UsageError`` where nothing has been judged.
    """
    found = [pl.DataFrame(schema=LABELS)]
    for name, source in project.sources.items():
        if status := sorted((project.work / name / "judge" / "status").glob("part-*.parquet")):
            found.append(judged(name, status, _before(project, source)))
    every = pl.concat(found)
    if every.is_empty():
        raise UsageError(f"Nothing has been judged yet in {project.folder}.", "Run: cqia run --until judge")
    return every


def _before(project: Project, source: Source) -> list[Path]:
    """The parts that a source's judge is given."""
    stage = source.stages[source.stages.index("judge") - 1]
    parts = sorted((project.work / source.name / stage / "out").glob("part-*.parquet"))
    if not parts:
        raise UsageError(f"Nothing of {source.name} has come to its judge yet.", "Run: cqia run --until judge")
    return parts
