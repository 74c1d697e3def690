"""What a report is made from: a project's workspace, or a dataset's own files beside what the project says of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from cqia.errors import UsageError
from cqia.ledger.counts import funnel
from cqia.llm.spend import spend
from cqia.project import Project, raw_files
from cqia.report import flow, samples, words
from cqia.report.judged import judged
from cqia.report.makeup import Facts
from cqia.report.numbers import About
from cqia.report.table import joined, of_parts
from cqia.report.table import read as read_table
from cqia.review import store
from cqia.review.audits import latest_results
from cqia.sources import SOURCES
from cqia.sources.source import Published, Source

#: Stages whose output is records, from the one nearest to a release.
MADE = ("release", "review", "judge", "assign")


def read(project: Project | None, path: Path | None) -> tuple[pl.DataFrame, About]:
    """What a report is made from: of a dataset where one is named, else of the project's workspace."""
    if path is not None:
        return dataset(path, project)
    if project is None:
        raise UsageError("There is nothing to report on.", "Go to the folder of a project, or name a dataset.")
    return workspace(project)


def located(named: str, project: Project | None) -> Path:
    """The dataset that a user names: a release of the project by its version, else a path.

    Raises:
        UsageError: there is none; the message says which releases there are.
    """
    path = Path(named)
    if path.exists():
        return path
    releases = project.folder / "releases" if project else path / "none"
    if (releases / named).is_dir():
        return releases / named
    there = sorted(each.name for each in releases.glob("[!.]*") if each.is_dir())
    hint = f"Releases here: {', '.join(there)}." if there else "Name a release's folder, or a file of examples."
    raise UsageError(f"There is no release and no file {named!r}.", hint)


def workspace(project: Project) -> tuple[pl.DataFrame, About]:
    """The records that the workspace holds now, and all there is to say of how they came to be.

    Of each source the records are those of the last stage that was run and is not stale.
    """
    found = funnel(project.work, {name: source.stages for name, source in project.sources.items()})
    made = {name: [row.stage for row in found.rows if row.source == name and not row.stale] for name in project.sources}
    tables = []
    for name, stages in made.items():
        last = next((stage for stage in MADE if stage in stages), None)
        tables.append(of_parts(_parts(project, name, last, "out") if last else [], project.settings.name))
    known = {
        "funnel": found.to_dict(),
        "waiting": flow.waiting([row.to_dict() for row in found.rows]),
        **_decided(project, made),
        **_seen(project, made),
    }
    judges = sorted({by for row in known["judged"] for by in row["by"]})
    name = ", ".join(judges) or project.settings.judge.model
    return joined(tables), replaced(_about(project, project.settings.name, "", name, project.sources), road=known)


def _decided(project: Project, made: Mapping[str, list[str]]) -> dict[str, Any]:
    """What rules, judge and auditors said."""
    of_filter = {name: _parts(project, name, "filter", "status") for name, stages in made.items() if "filter" in stages}
    of_judge = {name: _parts(project, name, "judge", "status") for name, stages in made.items() if "judge" in stages}
    whys = {name: {rule.name: rule.why for rule in source.rules} for name, source in project.sources.items()}
    audited = latest_results(project.decisions)
    return {
        "rules": flow.rules(of_filter, whys),
        "judged": judged(of_judge, {name: source.at_least for name, source in project.sources.items()}),
        "spend": vars(spend(project.work / "journal.sqlite")),
        "audit": None if audited is None else {"name": audited[0], "rates": [rate.to_dict() for rate in audited[1]]},
    }


def _seen(project: Project, made: Mapping[str, list[str]]) -> dict[str, Any]:
    """A few items of each source that were changed or did not go on."""
    seed, decisions = project.settings.seed, store.latest(project.decisions)
    changed, away = {}, {}
    for name, stages in made.items():
        before = [stage for stage in stages if stage in ("assign", "judge")][-1:]
        parts = [_parts(project, name, stage, "out") for stage in ("assign", *before)]
        changed[name] = [*samples.edited(parts[0], seed), *samples.corrected(parts[-1], decisions, seed)]
        away[name] = samples.turned_away(project.work, stages, name, seed)
    return {"edited": changed, "turned_away": away}


def dataset(path: Path, project: Project | None) -> tuple[pl.DataFrame, About]:
    """The records of a release's folder or of any file of examples.

    Args:
        project: whose bounds, benchmarks and neighbours to hold it against; None for a dataset by itself.

    Raises:
        UsageError: there is no such dataset, or no row of it has a known shape.
    """
    sources = dict(SOURCES) | (dict(project.sources) if project else {})
    manifest = _manifest(path)
    name = str(manifest.get("name") or path.resolve().name)
    table, unread = read_table(path, name, placed(sources))
    present = set(table["source"].unique())
    paper = {key: source for key, source in sources.items() if key in present}
    about = _about(project, name, str(manifest.get("version") or ""), str(manifest.get("judge") or ""), paper)
    return table, replaced(about, unread=unread)


def placed(sources: Mapping[str, Source]) -> dict[str, str]:
    """``<config>/<file>`` of the published layout to the source whose records stand there; and ``<config>`` by itself
    where it is one source's alone, for files that the layout does not name."""
    found: dict[str, str] = {}
    owners: dict[str, set[str]] = {}
    for name, source in sources.items():
        for file in _files(source.published):
            whole = file if "/" in file else f"{source.published.config}/{file}"
            owners.setdefault(whole.split("/")[0], set()).add(name)
            found.setdefault(whole, name)
    return found | {config: next(iter(names)) for config, names in owners.items() if len(names) == 1}


def facts(source: Source) -> Facts:
    """A source as a row of Table 1."""
    english = words.english(source.title)
    return Facts(source.title, source.kind, source.description, source.quantity, source.stages, english)


def replaced(about: About, **given: Any) -> About:
    """``about`` with some of its fields otherwise."""
    return About(**{**vars(about), **given})


def _about(project: Project | None, name: str, version: str, judge: str, sources: Mapping[str, Source]) -> About:
    about = About(
        name=name, version=version, judge=judge,
        sources={key: facts(source) for key, source in sources.items()},
        rules={key: source.rules for key, source in sources.items()},
    )  # fmt: skip
    if project is None:
        return about
    settings = project.settings
    bounds = settings.report.model_dump(exclude={"beside"}, exclude_none=True)
    return replaced(about, seed=settings.seed, benchmarks=project.benchmarks(), bounds=bounds, beside=_beside(project))


def _beside(project: Project) -> pl.DataFrame:
    tables = [
        read_table(file, name, {})[0]
        for name, patterns in project.settings.report.beside.items()
        for file in raw_files(name, patterns, project.folder, what="Dataset")
    ]
    return joined(tables)


def _parts(project: Project, source: str, stage: str, folder: str) -> list[Path]:
    return sorted((project.work / source / stage / folder).glob("part-*.parquet"))


def _files(published: Published) -> list[str]:
    return [
        file
        for files in published.files.values()
        for file in ([files] if isinstance(files, str) else [name for _, name in files])
    ]


def _manifest(path: Path) -> dict[str, Any]:
    try:
        found = json.loads((path / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
