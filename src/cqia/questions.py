"""What the judge would ask now, without asking it: counted for a dry run, or written to a provider's batch file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import polars as pl

from cqia.answering import to_draft
from cqia.engine.lock import locked
from cqia.engine.run import Progress
from cqia.errors import UsageError
from cqia.judge.judges import model_from, served
from cqia.judge.model import ModelJudge, Recorder
from cqia.judge.student import Prefiltered
from cqia.judging import guarded_of, judge_settings
from cqia.llm import batch, prices
from cqia.llm.ask import Ask, Model
from cqia.llm.batch import Exported, Imported
from cqia.llm.journal import Journal
from cqia.llm.spend import Spend, spend
from cqia.pipeline import run
from cqia.project import Project

LEASE = 600.0  # seconds; nothing is claimed here that a process would hold


@dataclass(frozen=True)
class Estimate:
    """What judging the records of one source would take, by what the journal holds already.

    Attributes:
        records: that come to the judge; calls: questions that have no reply yet.
        prompt_tokens, completion_tokens, cost: about; most_prompt_tokens and so on: at the most.
    """

    source: str
    records: int = 0
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    most_prompt_tokens: int = 0
    most_completion_tokens: int = 0
    most_cost: float = 0.0


@dataclass(frozen=True)
class DryRun:
    """Estimates by source, the model they are for, and what has been spent before.

    ``drafts``: records that a run would have answers or rewritings drafted of, for ``[answers]``; each takes a draft
    and a check, up to ``rounds`` times, and these are in no estimate.
    """

    model: Model
    sources: tuple[Estimate, ...]
    before: Spend
    drafts: int = 0
    rounds: int = 0

    @property
    def total(self) -> Estimate:
        """Over all sources."""
        numbers = [field.name for field in fields(Estimate) if field.name != "source"]
        rows = [asdict(each) for each in self.sources]
        return Estimate("in all", **{name: sum(row[name] for row in rows) for name in numbers})


def dry_run(
    project: Project,
    *,
    sample: int | None = None,
    progress: Progress = lambda what, done, total, inputs: None,
    warn: Callable[[str], None] = lambda message: None,
) -> DryRun:
    """Go the road up to the judge, which costs nothing, and count what the judge would ask. Nothing is sent.

    A question that cannot be read is asked a second time; how many will be, nobody knows: they are not counted.

    Raises:
        UsageError: the project's judge asks no model.
    """
    askers = _askers(project)
    parts = _records(project, sample, progress, warn)
    path = project.work / "journal.sqlite"
    model = next(iter(askers.values())).model
    with Journal(path, LEASE) as journal:
        usual = journal.usual(model)
        found = tuple(_estimate(name, asker, parts[name], journal, usual) for name, asker in askers.items())
    answers = project.settings.answers
    drafts = sum(len(to_draft(project, name)) for name in answers.sources)
    return DryRun(model, found, spend(path), drafts, answers.rounds)


def export(
    project: Project,
    file: Path,
    *,
    progress: Progress = lambda what, done, total, inputs: None,
    warn: Callable[[str], None] = lambda message: None,
) -> Exported:
    """Go the road up to the judge, and write what it would ask into a batch file, as much as fits.

    Raises:
        UsageError: the file exists, or the project's judge asks no model.
    """
    askers = _askers(project)
    parts = _records(project, None, progress, warn)
    model = next(iter(askers.values())).model
    with locked(project.work), Journal(project.work / "journal.sqlite", LEASE) as journal:
        waiting = (ask for name, asker in askers.items() for ask in asker.questions(parts[name], journal))
        return batch.export(file, waiting, model, journal)


def take_in(project: Project, files: Iterable[Path], *, give_up: bool = False) -> tuple[Imported, int]:
    """Take the replies of batch files into the journal; the next run uses them.

    Args:
        give_up: afterwards, free what is still out to be asked again; it stays charged, at the most it may have cost.

    Returns: what was taken, and how many questions were given up.
    """
    model = next(iter(_askers(project).values())).model
    with locked(project.work), Journal(project.work / "journal.sqlite", LEASE) as journal:
        taken = batch.take_in(files, model, journal)
        return taken, batch.give_up(journal) if give_up else 0


@dataclass(frozen=True)
class _Asker:
    """Who asks about the records of one source, and the student that leaves the judge only some of them."""

    judge: ModelJudge
    model: Model
    student: Prefiltered | None

    def questions(self, parts: Iterable[Path], journal: Journal) -> Iterator[Ask]:
        """What is not in the journal yet."""
        for part in parts:
            frame = pl.read_parquet(part, glob=False)
            if self.student is not None:
                frame = self.student.asked(frame)
            yield from self.judge.questions(frame, self._recorder(journal))

    def _recorder(self, journal: Journal) -> Recorder:
        return lambda asks: journal.replies([ask.key(self.model) for ask in asks])


def _askers(project: Project) -> dict[str, _Asker]:
    """Of each source that is judged. Probes and anchors, which a run mixes in, are not asked here."""
    found = {}
    for name, source in project.sources.items():
        if "judge" in source.stages:
            settings, who = judge_settings(project, source), guarded_of(project, source)
            student = who if isinstance(who, Prefiltered) else None
            found[name] = _Asker(served(settings), model_from(settings), student)
    if not found:
        raise UsageError("None of the project's sources goes through judge.", "See: cqia sources.")
    return found


def _records(
    project: Project, sample: int | None, progress: Progress, warn: Callable[[str], None]
) -> dict[str, list[Path]]:
    shards = run(project, until="assign", sample=sample, asking=False, progress=progress, warn=warn)
    return {name: [shard.path for shard in made if shard.path is not None] for name, made in shards.items()}


def _estimate(source: str, asker: _Asker, parts: list[Path], journal: Journal, usual: float | None) -> Estimate:
    model, calls, prompt, most_prompt = asker.model, 0, 0, 0
    for ask in asker.questions(parts, journal):
        calls += 1
        prompt += prices.about(ask.messages)
        most_prompt += ask.most(model).prompt_tokens
    written = round(calls * (usual if usual is not None else model.max_tokens))
    most = calls * model.max_tokens
    records = sum(pl.scan_parquet(part, glob=False).select(pl.len()).collect().item() for part in parts)
    cost, most_cost = model.price.cost(prompt, written), model.price.cost(most_prompt, most)
    return Estimate(source, records, calls, prompt, written, cost, most_prompt, most, most_cost)
