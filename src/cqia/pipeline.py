"""The road: which stages, in which order, for which sources. It alone brings stages, sources and engine together.

Reads from top to bottom: ``run`` walks the road; below it stands one builder for each stage, which says what the
stage reads (and so what its digest covers) and which function does the work.
"""

from __future__ import annotations

import heapq
import importlib.metadata
import platform
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import polars as pl

from cqia.analyse import Measured, analyse
from cqia.answering import accept_by_check, accepted_of
from cqia.engine.code import code_digest
from cqia.engine.files import remove_leftovers
from cqia.engine.local import Local
from cqia.engine.lock import locked
from cqia.engine.on_ray import OnRay
from cqia.engine.plan import Shard, Unit, plan
from cqia.engine.run import Executor, Progress, run_stage
from cqia.engine.stage import Stage, Summary
from cqia.errors import UsageError, nearest
from cqia.judging import guarded_of, judge_of, watch_of
from cqia.ledger.takedown import criteria
from cqia.llm.ask import Model
from cqia.project import Project
from cqia.readers.slices import cut
from cqia.release import splits
from cqia.release.register import file_digest, releases
from cqia.review import store
from cqia.review.holding import holding
from cqia.review.items import Feed, Queue
from cqia.rules.measure import digest as measures_digest
from cqia.schema import digest
from cqia.similar.settings import Settings as Similarity
from cqia.sources.source import ROAD, Source, StageName, Task
from cqia.stages import assign, collect, dedup, filter, judge, release, review
from cqia.stages.collect import load as load_pages
from cqia.text.chinese import simplified
from cqia.vision.transcribe import Vision, kept, transcribe, waiting

LIBRARIES = ("polars", "selectolax", "numpy", "numba", "pydantic-core")


def run(
    project: Project,
    *,
    until: StageName = "review",
    sample: int | None = None,
    retry: bool = False,
    asking: bool = True,
    progress: Progress = lambda what, done, total, inputs: None,
    warn: Callable[[str], None] = lambda message: None,
) -> dict[str, list[Shard]]:
    """Walk the road up to and with the stage ``until``; what is made already and still true is not made again.

    Args:
        sample: take so many raw items of each source, seeded; give the project a workspace of its own for that.
        retry: read again the pages that crashed or timed out.
        asking: have models transcribe and draft on the way to the judge, where the project wants that; it costs.

    Returns: the shards of each source after the last stage it went through.
    """
    raw = {name: project.raw(name, warn) for name in project.sources}
    with locked(project.work):
        return walk(project, raw, until=until, sample=sample, retry=retry, asking=asking, progress=progress, warn=warn)


def walk(
    project: Project,
    raw: Mapping[str, list[Path]],
    *,
    until: StageName,
    sample: int | None = None,
    retry: bool = False,
    asking: bool = True,
    progress: Progress,
    warn: Callable[[str], None],
) -> dict[str, list[Shard]]:
    """``run``, for whoever holds the workspace's lock already and has looked up the raw files of each source."""
    if until not in ROAD:
        raise UsageError(f"There is no stage {until!r}.", nearest(until, ROAD))
    with executor_of(project) as executor:
        remove_leftovers(project.work)
        shards = {name: _planned(project, name, files, sample) for name, files in raw.items()}
        for name in ROAD[: ROAD.index(until) + 1]:
            having = [source for source in project.sources.values() if name in source.stages]
            stages = {source.name: BUILD[name](project, source) for source in having}
            # Duplicates and splits are found across sources; every other stage decides for one source alone.
            across = name in ("dedup", "release")
            groups = [stages] if across else [{source: stage} for source, stage in stages.items()]
            before = dict(shards)
            for group in groups:
                shards |= run_stage(group, shards, project.work, executor, progress, warn, retry)
            for answered in _answered(project, progress) if name == "assign" and asking else ():
                stage = {answered: BUILD[name](project, project.sources[answered])}
                shards |= run_stage(stage, {answered: before[answered]}, project.work, executor, progress, warn, retry)
            for alarm in watch_of(project).alarms() if name == "judge" else ():
                warn(alarm)
            if name == "collect" and asking:
                # Once more for the papers whose scanned pages a vision model has read by now.
                read = {source: _planned(project, source, raw[source], sample) for source in _seen(project, warn)}
                for source, papers in read.items():
                    stage = {source: stages[source]}
                    shards |= run_stage(stage, {source: papers}, project.work, executor, progress, warn, retry)
    return shards


def analysed(
    project: Project,
    *,
    sample: int | None = None,
    progress: Progress = lambda what, done, total, inputs: None,
    warn: Callable[[str], None] = lambda message: None,
) -> dict[str, list[Measured]]:
    """Collect, and measure every rule of every source on what was collected; nothing is decided, no model asked."""
    shards = run(project, until="collect", sample=sample, asking=False, progress=progress, warn=warn)
    found = {}
    for name, source in project.sources.items():
        parts = [shard.path for shard in shards[name] if shard.path is not None]
        ranks = pl.DataFrame()
        if source.rank is not None:
            frames = [pl.scan_parquet(part, glob=False) for part in parts]
            by = [Summary("", filter.summarise(frame.collect(), by=source.rank).lazy(), frame) for frame in frames]
            ranks = filter.decide(by).drop("shard")
        found[name] = analyse(parts, source.rules, ranks)
    return found


@contextmanager
def executor_of(project: Project) -> Iterator[Executor]:
    """The executor that the project asks for."""
    settings = project.settings.run
    chosen = (
        OnRay(settings.address, project.modules)
        if settings.runner == "ray"
        else Local(settings.workers, project.modules)
    )
    with chosen as executor:
        yield executor


def _seen(project: Project, warn: Callable[[str], None]) -> list[str]:
    """Have scanned papers transcribed; the sources that some of them are of."""
    vision = vision_of(project)
    if vision is None:
        return []
    return [
        name
        for name in project.sources
        if (papers := waiting(project.work / name / "collect"))
        and transcribe(papers, project.work / name / "transcripts", vision, project.work / "vision.sqlite", warn)
    ]


def _answered(project: Project, progress: Progress) -> list[str]:
    """Have drafts written where the project asks for it; the sources that have new answers."""
    return accept_by_check(project, lambda name, total, done: progress(f"answers: {name}", done, total, 0))


def _planned(project: Project, name: str, files: list[Path], sample: int | None) -> list[Shard]:
    source = project.sources[name]
    size = int(project.settings.run.shard_mib * (1 << 20))
    vision = vision_of(project)
    transcripts = kept(project.work / name / "transcripts", files, vision) if vision else {}

    def units(path: Path) -> Iterator[Unit]:
        pieces = cut(path, slice_bytes=size, whole=source.whole, headless=source.headless)
        return (asdict(piece) | transcripts.get(path, {}) for piece in pieces)

    def how(path: Path) -> str:
        parts = [source.whole, *([source.headless] if source.headless else []), *transcripts.get(path, {}).values()]
        return " ".join(map(str, parts))

    file = project.work / name / "plan.json"
    if sample is None:
        return plan(name, file, files, units, size, how)
    file.unlink(missing_ok=True)  # a sample is of all files at once: a new file may change what is drawn of the others
    return plan(name, file, files, sampled(name, files, units, sample, project.settings.seed), size, how)


def sampled(
    name: str, files: list[Path], units: Callable[[Path], Iterator[Unit]], sample: int, seed: int
) -> Callable[[Path], list[Unit]]:
    """Of all pages of a source those ``sample`` with the lowest seeded digest, as units that name them.

    Returns: a function from a file to its units.
    """

    def lots() -> Iterator[tuple[str, str, str]]:
        for path in files:
            for raw in load_pages(list(units(path)), {}):
                yield digest(str(seed), raw.digest, raw.locator), raw.path, raw.locator

    only: dict[str, list[str]] = {}
    for _, path, locator in heapq.nsmallest(sample, lots()):
        only.setdefault(path, []).append(locator)
    return lambda path: [{**unit, "only": sorted(only[str(path)])} for unit in units(path) if str(path) in only]


def build_collect(project: Project, source: Source) -> Stage:
    """Reader and copyright note shape the documents."""
    taken = criteria(project.folder)
    return Stage(
        "collect",
        _digest(code_digest(collect.draft, collect.apply, source.read), source.name, source.copyright),
        key="page",
        load=collect.load,
        draft=partial(collect.draft, source=source.name, copyright=source.copyright, read=source.read),
        summarise=collect.summarise,
        decide=partial(collect.decide, takedown=taken),
        state=digest(taken.write_ndjson()),
        apply=collect.apply,
        where="workers",
    )


def build_filter(project: Project, source: Source) -> Stage:
    """Rules with their bounds, and for a source that ranks its order of ranking."""
    rules = [
        (r.name, str(r.at_least), str(r.at_most), r.missing, _text(r.value), _text(r.detail)) for r in source.rules
    ]
    measured = measures_digest([e for r in source.rules for e in (r.value, r.detail) if e is not None])
    return Stage(
        "filter",
        _digest(code_digest(filter.apply), *(text for rule in rules for text in rule), measured, _text(source.rank)),
        apply=partial(filter.apply, rules=source.rules),
        summarise=None if source.rank is None else partial(filter.summarise, by=source.rank),
        decide=None if source.rank is None else filter.decide,
    )


def build_dedup(project: Project, source: Source) -> Stage:
    """The settings of similarity, the same for all sources."""
    settings = Similarity(**project.settings.dedup.model_dump())
    return Stage(
        "dedup",
        _digest(code_digest(dedup.summarise, dedup.decide, dedup.apply), repr(settings)),
        summarise=partial(dedup.summarise, settings=settings),
        decide=partial(dedup.decide, settings=settings),
        apply=dedup.apply,
    )


def build_assign(project: Project, source: Source) -> Stage:
    """Tasks with their wordings, edits, quota and seed; accepted answers concern only the shards they are about."""
    seed, quota, accepted = project.settings.seed, source.quota, accepted_of(project, source)
    parts = [text for task in source.tasks for text in _task(task)] + [repr(each) for each in source.edits]
    parts += [str(seed), *source.mask, str(quota and quota.total), _text(quota and quota.by)]
    return Stage(
        "assign",
        _digest(code_digest(assign.apply, assign.decide), *parts),
        key="document_id",
        where="workers",  # edits are Python patterns, some of them a user's own
        apply=partial(assign.apply, tasks=source.tasks, edits=source.edits, mask=source.mask, seed=seed),
        summarise=partial(assign.summarise, tasks=source.tasks, quota=quota) if quota else None,
        decide=partial(assign.decide, quota=quota, seed=seed, accepted=accepted) if quota or accepted.height else None,
        state=digest(accepted.write_ndjson()) if accepted.height else "",
    )


def build_judge(project: Project, source: Source) -> Stage:
    """Who judges, by which rubric, and the lowest score that is kept."""
    who, plain = guarded_of(project, source), judge_of(project, source)
    retry = project.settings.judge.retry_failed
    return Stage(
        "judge",
        _digest(code_digest(judge.apply, type(plain), type(who)), who.digest, str(source.at_least), str(retry)),
        apply=partial(judge.apply, judge=who, at_least=source.at_least, retry_failed=retry),
        where="threads" if project.settings.judge.model == "heuristic" else "driver",
    )


def build_review(project: Project, source: Source) -> Stage:
    """Who must have been seen by a person; the decisions themselves concern only the shards they are about."""
    require = project.settings.review.require
    latest = holding(store.latest(project.decisions), project.decisions)
    judged = "judge" in source.stages
    return Stage(
        "review",
        _digest(code_digest(review.apply, review.decide), require, str(judged)),
        decide=partial(review.decide, latest=latest),
        state=digest(latest.write_ndjson()),
        apply=partial(review.apply, require=require, judged=judged),
    )


def build_release(project: Project, source: Source) -> Stage:
    """The benchmarks that no record may be an item of, and whether the source is the origin of one; and where the
    project has splits, their shares, the seed and what stands in earlier releases."""
    benchmarks = project.benchmarks()
    exempt = frozenset(each.name for each in benchmarks if source.name in each.exempt)
    parts = [f"{each.name} {Path(path).name} {file}" for each in benchmarks for path, file in each.files]
    parts += [*sorted(exempt), digest(*simplified(), *simplified().values()) if benchmarks else ""]
    stage = Stage(
        "release",
        _digest(_release_code(), *parts),
        apply=partial(release.apply, benchmarks=benchmarks, exempt=exempt),
    )
    if project.settings.release.splits is None:
        return stage
    shares, seed = project.settings.release.splits.model_dump(), project.settings.seed
    earlier = releases(project.folder / "releases")
    known = [file_digest(each / "manifest.json") for each in earlier]
    return replace(
        stage,
        digest=_digest(stage.digest, repr(splits.SETTINGS)),
        summarise=splits.summarise,
        decide=partial(splits.decide, releases=earlier, shares=shares, seed=seed),
        state=digest(repr(shares), str(seed), *known),
    )


def for_the_desk(project: Project) -> tuple[list[Feed], Queue]:
    """Where the records stand that people look at, and in which order: what ``review.items.sync`` wants."""
    feeds = []
    for source in project.sources.values():
        if "review" in source.stages:
            road, work = source.stages, project.work / source.name
            before = {name: road[road.index(name) - 1] for name in ("assign", "review")}
            judged = work / "judge/status" if "judge" in road else None
            feeds.append(
                Feed(source.name, work / before["review"] / "out", judged, work / before["assign"] / "out",
                     source.at_least)
            )  # fmt: skip
    table = project.settings.review
    return feeds, Queue(table.require, table.near, table.audit, table.double, project.settings.seed)


@cache
def _release_code() -> str:
    """The digest of the stage's code, which is the same for every source and takes a while."""
    return code_digest(release.apply, splits.summarise, splits.decide)


BUILD: Mapping[StageName, Callable[[Project, Source], Stage]] = {
    "collect": build_collect,
    "filter": build_filter,
    "dedup": build_dedup,
    "assign": build_assign,
    "judge": build_judge,
    "review": build_review,
    "release": build_release,
}


def vision_of(project: Project) -> Vision | None:
    """The model that reads scanned pages; None where the project names none."""
    table = project.settings.vision
    if table is None:
        return None
    model = Model(name=table.model, revision=table.revision, base_url=table.base_url, key_env=table.key_env,
                  max_tokens=table.max_tokens, in_flight=table.in_flight, timeout=table.timeout,
                  wait=table.wait)  # fmt: skip
    return Vision(model, table.max_pages)


def _task(task: Task) -> list[str]:
    plain = [task.name, *task.wordings]
    shown: list[Any] = [*task.fields.items(), task.input, task.output, task.when, task.major, task.minor, task.domain,
                        task.answer_from, task.metadata, task.history]  # fmt: skip
    return plain + [f"{each[0]}={_text(each[1])}" if isinstance(each, tuple) and len(each) == 2
                    and isinstance(each[1], pl.Expr) else _text(each) for each in shown]  # fmt: skip


def _text(value: object) -> str:
    """A value as text for a digest; of an expression, all that it computes."""
    if not isinstance(value, pl.Expr):
        return repr(value)
    if ".python_udf(" in str(value):  # where cloudpickle is installed, Polars would write down its code
        hint = "Nobody could tell whether it had changed. Say it with Polars' own expressions."
        raise UsageError(f"A source calls a Python function in an expression: {value}.", hint)
    return value.meta.serialize().hex()


def _digest(*parts: str) -> str:
    libraries = [f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES]
    return digest(*parts, *libraries, f"python {platform.python_version()}", f"unicode {unicodedata.unidata_version}")
