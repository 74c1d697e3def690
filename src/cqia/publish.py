"""Making a release: the last stage of the road, then the files, written aside and put in place at once."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cqia.engine import manifest as manifests
from cqia.engine.files import explained, to_disk, write_json
from cqia.engine.lock import locked
from cqia.engine.run import Progress
from cqia.errors import ReleaseError, UsageError
from cqia.judging import judge_of
from cqia.ledger.counts import Funnel, funnel
from cqia.pipeline import walk
from cqia.project import Project
from cqia.release import changes, datasheet, pages, register
from cqia.release.croissant import croissant
from cqia.release.facts import Facts, Maker, dialogues, told
from cqia.release.files import config_rows, digests, write
from cqia.release.layout import SPLIT_OF
from cqia.similar.overlap_items import items


@dataclass(frozen=True)
class Released:
    """A release on disk: its folder, rows by file, and whether it stood there already, the same; and of the
    benchmarks it was checked against the number of their items and of the records that leaked one; how many items
    wait on the road, by reason; and the sources whose licence is not known."""

    folder: Path
    rows: dict[str, int]
    unchanged: bool
    benchmarks: dict[str, dict[str, int]]
    waiting: dict[str, int]
    unlicensed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reported:
    """A report on disk: its page, how many bounds it was held against, those that are broken (``report.checks``), what
    does not balance in the accounts, its records, and rows that could not be read by reason."""

    page: Path
    bounds: int
    broken: tuple[dict[str, Any], ...]
    faults: tuple[str, ...]
    records: int
    unread: dict[str, int]


def release(
    project: Project,
    version: str,
    *,
    against: str | None = None,
    progress: Progress = lambda what, done, total, inputs: None,
    warn: Callable[[str], None] = lambda message: None,
) -> Released:
    """Make ``releases/<version>``. The same records, settings, seed and earlier releases give the same bytes.

    Args:
        against: an earlier release; what changed since is then part of this one.

    Raises:
        UsageError: the version is no plain name, or there is no release ``against``.
        ReleaseError: the release exists and differs, or nothing is left to release.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", version):
        raise UsageError(f"{version!r} is no name for a release.", "Use letters, digits, '.', '_' and '-', like v1.")
    if not project.settings.benchmarks:
        warn("benchmarks checked: none. Name them in cqia.toml: [benchmarks.NAME] raw = [...]")
    datasheet.check(project.settings.release.datasheet)
    folder = project.folder / "releases" / version
    before = None if against is None else _earlier(folder, against)
    raw = {name: project.raw(name, warn) for name in project.sources}
    with locked(project.work), explained(folder):
        shards = walk(project, raw, until="release", progress=progress, warn=warn)
        found = funnel(project.work, {name: source.stages for name, source in project.sources.items()})
        if not found.balanced:
            raise ReleaseError("The accounts do not balance, so nothing is released.", "See: cqia status.")
        for leftover in folder.parent.glob(".*.tmp"):
            shutil.rmtree(leftover)
        parts = [shard.path for source in shards.values() for shard in source if shard.path is not None]
        draft = folder.parent / f".{version}.tmp"
        rows, facts = _write(project, draft, version, parts, found, before)
        unlicensed = tuple(source.name for source in facts.unknown)
        made = Released(folder, rows, folder.exists(), dict(_checked(project)), found.pending(), unlicensed)
        if made.unchanged:
            differs = _differing(draft, folder)
            shutil.rmtree(draft)
            if differs:
                hint = f"A release never changes: give this one another name. Other in it: {', '.join(differs[:5])}."
                raise ReleaseError(f"{folder} exists and differs.", hint)
            return made
        draft.rename(folder)
        to_disk(folder.parent)
        return made


def _earlier(folder: Path, against: str) -> Path:
    """The release that this one is compared with."""
    known = [path.name for path in register.releases(folder.parent) if path != folder]
    if against not in known:
        raise UsageError(f"There is no earlier release {against!r}.", f"Known: {', '.join(known) or 'none'}.")
    return folder.parent / against


def _write(
    project: Project, draft: Path, version: str, parts: list[Path], found: Funnel, before: Path | None
) -> tuple[dict[str, int], Facts]:
    """Write the release aside, to the last byte on disk: its rows by file, and what is told of it."""
    published = {name: source.published for name, source in project.sources.items()}
    rows = write(draft, parts, published, project.settings.seed, _splits(project))
    if not rows:
        shutil.rmtree(draft)
        raise ReleaseError("No record is left to release.", "See what became of them: cqia status.")
    facts = _facts(project, draft, version, rows, found)
    for name, text in pages.pages(facts).items():
        (draft / name).write_text(text, "utf-8")
    write_json(draft / "licences.json", pages.licences(facts))
    if before is not None:
        made = changes.changes(before, draft, project.work)
        made.write_parquet(draft / changes.TABLE, compression="zstd")
        was = register.register(before).select(pl.len()).collect().item()
        summary = changes.summary(before.name, version, was, facts.total, made)
        (draft / "CHANGES.md").write_text(pages.changelog(summary), "utf-8")
    written = digests(draft, sync=True)
    write_json(draft / "croissant.json", croissant(facts, written))
    written |= {"croissant.json": digests(draft, sync=False, only="croissant.json")["croissant.json"]}
    files = {name: {"rows": rows.get(name), **facts} for name, facts in sorted(written.items())}
    write_json(draft / "manifest.json", facts.manifest(files))
    return rows, facts


def _facts(project: Project, draft: Path, version: str, rows: Mapping[str, int], found: Funnel) -> Facts:
    """What is told of the release in ``draft``."""
    settings = project.settings
    sources = told(draft, project.sources, found)
    judged = [project.sources[each.name] for each in sources if "judge" in project.sources[each.name].stages]
    people, decisions = _people(project, [each.name for each in sources])
    return Facts(
        name=settings.name,
        version=version,
        seed=settings.seed,
        judge=judge_of(project, judged[0]).name if judged else "",
        required=settings.review.require,
        people=people,
        decisions=decisions,
        configs=config_rows(rows),
        sources=sources,
        benchmarks=_checked(project),
        exempt=[
            {"source": source, "benchmark": name}
            for name, table in settings.benchmarks.items()
            for source in table.exempt
            if source in project.sources
        ],
        waiting=found.pending(),
        shares=None if settings.release.splits is None else settings.release.splits.model_dump(),
        dialogues=dialogues(draft),
        maker=Maker(
            tuple(settings.release.authors), settings.release.url, settings.release.date, settings.release.datasheet
        ),
    )


def _splits(project: Project) -> pl.DataFrame:
    """The split of every record that is not of the first, as the stage decided: ``layout.SPLIT_OF``."""
    if project.settings.release.splits is None:
        return pl.DataFrame(schema=SPLIT_OF)
    name = "release" if len(project.sources) > 1 else f"release-{next(iter(project.sources))}"
    return pl.read_parquet(project.work / "decisions" / f"{name}.parquet", columns=list(SPLIT_OF), glob=False)


def _people(project: Project, sources: list[str]) -> tuple[int, dict[str, int]]:
    """How many people decided about records of these sources, and how many records each way: kept or dropped."""
    folders = [project.work / name / "review/status" for name in sources]
    parts = [part for folder in folders for part in sorted(folder.glob("part-*.parquet"))]
    if not parts:
        return 0, {}
    status = pl.scan_parquet(parts, glob=False).filter(pl.col("by").is_not_null()).select("by", "status").collect()
    counts = dict(status.group_by("status").len().sort("status").iter_rows())
    words = {"kept": "accepted", "dropped": "rejected", "pending": "to be seen again"}
    return status["by"].n_unique(), {words[name]: counts[name] for name in words if name in counts}


def _checked(project: Project) -> dict[str, dict[str, int]]:
    """Of each benchmark its items and the records that leaked one."""
    made = [manifests.load(project.work / name / "release") for name in project.sources]
    fired = [each.counts().fired for each in made if each is not None]
    return {
        each.name: {
            "items": sum(1 for _ in items(each)),
            "hits": sum(counts.get(f"benchmark:{each.name}", 0) for counts in fired),
        }
        for each in project.benchmarks()
    }


def _differing(draft: Path, folder: Path) -> list[str]:
    """The files that a release and its draft do not share, byte for byte."""
    mine, theirs = digests(draft, sync=False), digests(folder, sync=False)
    return sorted(name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name))


def report(project: Project | None, folder: Path, *, dataset: Path | None = None, map: bool = False) -> Reported:
    """Write the report into ``folder``, of what the workspace holds now, or of a dataset's own files.

    Args:
        project: None for a dataset by itself. dataset: a release's folder or a file of examples; None for the
            workspace. map: whether to make the map of instructions.
    """
    from cqia import report_of
    from cqia.report import page
    from cqia.report.numbers import numbers

    table, about = report_of.read(project, dataset)
    found = numbers(table, about, map=map)
    funnel = (found["road"] or {}).get("funnel", {"faults": []})
    broken = tuple(row for row in found["checks"] if not row["holds"])
    said = (len(found["checks"]), broken, tuple(funnel["faults"]), found["records"], found["unread"])
    return Reported(page.write(folder, found), *said)
