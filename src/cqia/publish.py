"""Making a release: the last stage of the road, then the files, written aside and put in place at once."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cqia import __version__
from cqia.engine import manifest as manifests
from cqia.engine.files import explained, sync_folder, write_json
from cqia.engine.lock import locked
from cqia.engine.run import Progress
from cqia.errors import ReleaseError, UsageError
from cqia.ledger.counts import funnel
from cqia.pipeline import judge_of, walk
from cqia.project import Project
from cqia.release.card import card
from cqia.release.files import digests, write
from cqia.similar.overlap_items import items
from cqia.sources.source import Source


@dataclass(frozen=True)
class Released:
    """A release on disk: its folder, rows by file, and whether it stood there already, the same; and of the
    benchmarks it was checked against the number of their items and of the records that leaked one; and how many items
    wait on the road, by reason."""

    folder: Path
    rows: dict[str, int]
    unchanged: bool
    benchmarks: dict[str, dict[str, int]]
    waiting: dict[str, int]


def release(
    project: Project,
    version: str,
    *,
    progress: Progress = lambda what, done, total, inputs: None,
    warn: Callable[[str], None] = lambda message: None,
) -> Released:
    """Make ``releases/<version>``. The same records, settings and seed give the same bytes.

    Raises:
        UsageError: the version is no plain name.
        ReleaseError: the release exists and differs, or nothing is left to release.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", version):
        raise UsageError(f"{version!r} is no name for a release.", "Use letters, digits, '.', '_' and '-', like v1.")
    if not project.settings.benchmarks:
        warn("benchmarks checked: none. Name them in cqia.toml: [benchmarks.NAME] raw = [...]")
    folder = project.folder / "releases" / version
    raw = {name: project.raw(name, warn) for name in project.sources}
    with locked(project.work), explained(folder):
        shards = walk(project, raw, until="release", progress=progress, warn=warn)
        found = funnel(project.work, {name: source.stages for name, source in project.sources.items()})
        if not found.balanced:
            raise ReleaseError("The accounts do not balance, so nothing is released.", "See: cqia status.")
        waiting: dict[str, int] = {}
        for row in found.rows:
            for reason, number in row.counts.pending.items():
                waiting[reason] = waiting.get(reason, 0) + number
        for leftover in folder.parent.glob(".*.tmp"):
            shutil.rmtree(leftover)
        parts = [shard.path for source in shards.values() for shard in source if shard.path is not None]
        rows, files, checked, draft = _write(project, version, parts)
        made = Released(folder, rows, folder.exists(), checked, waiting)
        if made.unchanged:
            same = _files(folder) == files
            shutil.rmtree(draft)
            if not same:
                hint = "A release never changes: give this one another name."
                raise ReleaseError(f"{folder} exists and differs.", hint)
            return made
        draft.rename(folder)
        sync_folder(folder.parent)
        return made


def _write(
    project: Project, version: str, parts: list[Path]
) -> tuple[dict[str, int], dict[str, Any], dict[str, dict[str, int]], Path]:
    """Write the release aside: its rows and its files by name, what it was checked against, and where it lies."""
    published = {name: source.published for name, source in project.sources.items()}
    draft = project.folder / "releases" / f".{version}.tmp"
    rows = write(draft, parts, published, project.settings.seed)
    if not rows:
        shutil.rmtree(draft)
        raise ReleaseError("No record is left to release.", "See what became of them: cqia status.")
    present = pl.scan_parquet(parts, glob=False).select("source").unique().collect()["source"]
    sources = {name: source for name, source in project.sources.items() if name in present}
    judge = judge_of(project, next(iter(sources.values()))).name
    (draft / "README.md").write_text(card(project.settings.name, version, rows, sources, judge), "utf-8")
    files = {name: {"rows": rows.get(name), **facts} for name, facts in digests(draft, sync=True).items()}
    checked = _checked(project)
    write_json(draft / "manifest.json", _manifest(project, version, judge, sources, files, checked))
    return rows, files, checked, draft


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


def _manifest(
    project: Project,
    version: str,
    judge: str,
    sources: dict[str, Source],
    files: dict[str, Any],
    checked: dict[str, dict[str, int]],
) -> dict[str, Any]:
    return {
        "name": project.settings.name,
        "version": version,
        "made_with": f"cqia {__version__}",
        "seed": project.settings.seed,
        "judge": judge,
        "review": project.settings.review.require,
        "sources": {
            name: {"title": source.title, "licence": source.licence, "copyright": source.copyright}
            for name, source in sources.items()
        },
        "benchmarks": checked,
        "exempt": [
            {"source": source, "benchmark": name}
            for name, table in project.settings.benchmarks.items()
            for source in table.exempt
            if source in project.sources
        ],
        "files": files,
    }


def _files(folder: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        found = digests(folder, sync=False)
        found.pop("manifest.json", None)
        return {name: {"rows": manifest["files"][name]["rows"], **facts} for name, facts in found.items()}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def report(project: Project, folder: Path) -> Path:
    """Write the report of what the workspace holds now into ``folder``; returns the page."""
    from cqia.report import page
    from cqia.report.lengths import lengths

    found = funnel(project.work, {name: source.stages for name, source in project.sources.items()})
    last = {row.source: row.stage for row in found.rows if row.stage in ("assign", "judge", "review", "release")}
    parts = [part for source, stage in last.items()
             for part in sorted((project.work / source / stage / "out").glob("part-*.parquet"))]  # fmt: skip
    titles = {name: source.title for name, source in project.sources.items()}
    judge = judge_of(project, next(iter(project.sources.values()))).name
    return page.write(folder, page.numbers(project.settings.name, judge, found.to_dict(), titles, lengths(parts)))
