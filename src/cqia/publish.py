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
from cqia.engine.files import sync_folder, write_json
from cqia.engine.run import Progress
from cqia.errors import ReleaseError, UsageError
from cqia.pipeline import judge_of, run
from cqia.project import Project
from cqia.release.card import card
from cqia.release.files import digests, write


@dataclass(frozen=True)
class Released:
    """A release on disk: its folder, rows by file, and whether it stood there already, the same."""

    folder: Path
    rows: dict[str, int]
    unchanged: bool


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
    shards = run(project, until="release", progress=progress, warn=warn)
    parts = [shard.path for source in shards.values() for shard in source if shard.path is not None]
    published = {name: source.published for name, source in project.sources.items()}
    folder = project.folder / "releases" / version
    draft = folder.with_name(f".{version}.tmp")
    shutil.rmtree(draft, ignore_errors=True)
    rows = write(draft, parts, published, project.settings.seed)
    if not rows:
        shutil.rmtree(draft)
        raise ReleaseError("No record is left to release.", "See what became of them: cqia status.")
    present = pl.scan_parquet(parts, glob=False).select("source").unique().collect()["source"]
    sources = {name: source for name, source in project.sources.items() if name in present}
    judge = judge_of(project, next(iter(sources.values()))).name
    (draft / "README.md").write_text(card(project.settings.name, version, rows, sources, judge), "utf-8")
    files = {name: {"rows": rows.get(name), **facts} for name, facts in digests(draft).items()}
    write_json(draft / "manifest.json", _manifest(project, version, judge, files))
    if folder.exists():
        same = _files(folder) == files
        shutil.rmtree(draft)
        if not same:
            raise ReleaseError(f"{folder} exists and differs.", "A release never changes: give this one another name.")
        return Released(folder, rows, unchanged=True)
    draft.rename(folder)
    sync_folder(folder.parent)
    return Released(folder, rows, unchanged=False)


def _manifest(project: Project, version: str, judge: str, files: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": project.settings.name,
        "version": version,
        "made_with": f"cqia {__version__}",
        "seed": project.settings.seed,
        "judge": judge,
        "review": project.settings.review.require,
        "sources": {
            name: {"title": source.title, "licence": source.licence, "copyright": source.copyright}
            for name, source in project.sources.items()
        },
        "files": files,
    }


def _files(folder: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        found = digests(folder)
        found.pop("manifest.json", None)
        return {name: {"rows": manifest["files"][name]["rows"], **facts} for name, facts in found.items()}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def report(project: Project, folder: Path) -> Path:
    """Write the report of what the workspace holds now into ``folder``; returns the page."""
    from cqia.ledger.counts import funnel
    from cqia.report import page
    from cqia.report.lengths import lengths

    found = funnel(project.work, {name: source.stages for name, source in project.sources.items()})
    last = {row.source: row.stage for row in found.rows if row.stage in ("assign", "judge", "review", "release")}
    parts = [part for source, stage in last.items()
             for part in sorted((project.work / source / stage / "out").glob("part-*.parquet"))]  # fmt: skip
    titles = {name: source.title for name, source in project.sources.items()}
    judge = judge_of(project, next(iter(project.sources.values()))).name
    return page.write(folder, page.numbers(project.settings.name, judge, found.to_dict(), titles, lengths(parts)))
