"""Run one stage over its shards: make what is stale, keep what is not, remember it in the manifests.

A shard is skipped when the digest of what goes in, the stage's digest and the digest of the decisions that concern
it agree with the manifest and its parts stand on disk. So resuming is running again.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import polars as pl

from cqia.engine import manifest as manifests
from cqia.engine.files import write_json, write_part
from cqia.engine.manifest import Made, Manifest
from cqia.engine.plan import Shard
from cqia.engine.stage import Stage, Summary
from cqia.engine.task import Task, decisions_digest, read_part
from cqia.schema import digest

SAVE_SECONDS = 2.0  # a kill costs at most the shards of this long, which are then made again, the same

HARM = {"crashed", "timed_out"}  # reasons with which engine.worker quarantines a page

Kind = Literal["drafts", "summaries", "shards"]
STEPS: dict[Kind, Literal["draft", "summarise", "apply"]] = {
    "drafts": "draft",
    "summaries": "summarise",
    "shards": "apply",
}


class Executor(Protocol):
    """Does tasks, somewhere, in any order."""

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Made]]:
        """Yield each task with what came of it."""


#: Told after each shard: what is being done (``zhihu filter``, of all sources together ``dedup``), how many of how many
#: shards, how many inputs.
Progress = Callable[[str, int, int, int], None]


@dataclass
class _Run:
    """One source's part in the run of a stage."""

    stage: Stage
    folder: Path
    shards: list[Shard]
    manifest: Manifest
    saved: Manifest

    def save(self) -> None:
        if self.manifest != self.saved:
            manifests.save(self.folder, self.manifest)
            self.saved = self.manifest


def run_stage(
    stages: Mapping[str, Stage],
    shards: Mapping[str, Sequence[Shard]],
    work: Path,
    executor: Executor,
    progress: Progress = lambda what, done, total, inputs: None,
    warn: Callable[[str], None] = lambda message: None,
    retry: bool = False,
) -> dict[str, list[Shard]]:
    """Run a stage for the sources in ``stages``, together where the stage decides over all of them.

    Args:
        retry: read again what took a worker down or too long; the machine may have been at fault.

    Returns: the shards that the stage made, by source, for the next stage.
    """
    runs = {}
    for source, stage in stages.items():
        folder = work / source / stage.name
        known = manifests.load(folder)
        if known is None:
            warn(f"{folder / 'manifest.json'} was edited or is damaged; the stage is made again.")
        if known is None or not (folder / "manifest.json").exists():
            known = Manifest()
            for part in folder.rglob("part-*.parquet"):  # nothing says what they are, and they would be read as true
                part.unlink()
        _forget(folder, known, {shard.name for shard in shards[source]})
        pruned = replace(known.pruned({shard.name for shard in shards[source]}), key=stage.key)
        runs[source] = _Run(stage, folder, list(shards[source]), pruned, known)
    try:
        if retry:
            for run in runs.values():
                run.manifest = replace(run.manifest, drafts=_unharmed(run.manifest.drafts))
        for kind in ("drafts", "summaries"):
            _make(runs, kind, {}, executor, progress)
        _make(runs, "shards", _decide(runs, work), executor, progress)
    finally:
        for run in runs.values():
            run.save()
    return {source: _output(run) for source, run in runs.items()}


def _forget(folder: Path, known: Manifest, names: set[str]) -> None:
    for made in (known.drafts, known.summaries, known.shards):
        for gone in made.keys() - names:
            for where in made[gone].parts:
                (folder / where / f"{gone}.parquet").unlink(missing_ok=True)


def _unharmed(drafts: Mapping[str, Made]) -> dict[str, Made]:
    return {name: made for name, made in drafts.items() if not HARM & made.counts.quarantined.keys()}


def _make(
    runs: Mapping[str, _Run],
    kind: Kind,
    decisions: Mapping[str, pl.DataFrame],
    executor: Executor,
    progress: Progress,
) -> None:
    """Make the stale shards of one kind, for all sources at once."""
    tasks = [task for run in runs.values() for task in _stale(run, kind, decisions)]
    if not tasks:
        return
    stage = tasks[0].stage.name
    what = stage if len(runs) > 1 else f"{next(iter(runs))} {stage}"
    what += "" if kind == "shards" else f", {STEPS[kind]}"
    saved = time.monotonic()
    inputs = 0
    for done, (task, made) in enumerate(executor.run(tasks), 1):
        run = runs[task.shard.source]
        changed: dict[str, Any] = {kind: {**getattr(run.manifest, kind), task.shard.name: made}}
        run.manifest = replace(run.manifest, **changed)
        inputs += made.counts.inputs
        progress(what, done, len(tasks), inputs)
        if time.monotonic() - saved > SAVE_SECONDS:
            for each in runs.values():
                each.save()
            saved = time.monotonic()


def _stale(run: _Run, kind: Kind, decisions: Mapping[str, pl.DataFrame]) -> Iterator[Task]:
    stage = run.stage
    if (kind == "drafts" and stage.draft is None) or (kind == "summaries" and stage.summarise is None):
        return
    known: Mapping[str, Made] = getattr(run.manifest, kind)
    for shard in run.shards:
        concern = decisions.get(shard.title, pl.DataFrame())
        draft = run.manifest.drafts.get(shard.name) if stage.draft else None
        inputs = shard.digest if kind == "drafts" else _base(run, shard)
        made = known.get(shard.name)
        wanted = (inputs, stage.digest, decisions_digest(concern))
        if (
            made is None
            or (made.inputs, made.stage, made.decisions) != wanted
            or not manifests.whole(run.folder, shard.name, made)
            or (stage.where == "driver" and made.counts.pending)  # questions that are to be asked again
        ):
            lean = replace(stage, decide=None)  # what decide knows may be large, and no shard needs it
            yield Task(STEPS[kind], lean, run.folder, shard, inputs, concern, wanted[2], draft)


def _base(run: _Run, shard: Shard) -> str:
    """The digest of what is summarised and applied: the draft's output, or the shard."""
    return digest(*(w.digest for w in _draft(run, shard).parts.values())) if run.stage.draft else shard.digest


def _draft(run: _Run, shard: Shard) -> Made:
    return run.manifest.drafts[shard.name]


def _decide(runs: Mapping[str, _Run], work: Path) -> dict[str, pl.DataFrame]:
    """The decisions by shard. Deciding is skipped when the summaries and the stages are as they were."""
    group = {source: run for source, run in runs.items() if run.stage.decide is not None}
    if not group:
        return {}
    stage = next(iter(group.values())).stage
    name = stage.name if len(group) > 1 else f"{stage.name}-{next(iter(group))}"
    file = work / "decisions" / f"{name}.parquet"
    summaries, key = [], [stage.state]
    for run in group.values():
        for shard in run.shards:
            base = "draft/out" if run.stage.draft else None
            part = run.folder / base / f"{shard.name}.parquet" if base else shard.path
            assert part is not None
            summary = part if run.stage.summarise is None else run.folder / "summary" / f"{shard.name}.parquet"
            lazy = [pl.scan_parquet(path, glob=False) for path in (summary, part)]
            summaries.append(Summary(shard.title, *lazy))
            key += [shard.title, run.stage.digest, _base(run, shard)]
    wanted = digest(*key)
    if not _decided(file, wanted):
        assert stage.decide is not None
        written = write_part(file, stage.decide(summaries))
        write_json(file.with_suffix(".json"), {"key": wanted, "digest": written.digest})
    decided = read_part(file)
    none = decided.drop("shard").clear()
    concern = {str(shard): rows.drop("shard") for (shard,), rows in decided.partition_by("shard", as_dict=True).items()}
    return {shard.title: concern.get(shard.title, none) for run in group.values() for shard in run.shards}


def _decided(file: Path, wanted: str) -> bool:
    try:
        known = json.loads(file.with_suffix(".json").read_text("utf-8"))
        return bool(known == {"key": wanted, "digest": hashlib.sha256(file.read_bytes()).hexdigest()})
    except (OSError, ValueError):
        return False


def _output(run: _Run) -> list[Shard]:
    return [
        Shard(shard.source, shard.name, made.parts["out"].digest, run.folder / "out" / f"{shard.name}.parquet")
        for shard in run.shards
        for made in [run.manifest.shards[shard.name]]
    ]
