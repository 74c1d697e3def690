"""Commands that ask: status, why, sources."""

from __future__ import annotations

from typing import Annotated

import typer

from cqia.cli.app import HERE, UNBALANCED, Folder, Json, Sample, app, opened


@app.command()
def status(folder: Folder = HERE, sample: Sample = None, json: Json = False) -> None:
    """The funnel: what became of every input, by source and stage. Exits with 3 if it does not balance."""
    from cqia.cli.show import show_funnel, show_json
    from cqia.ledger.counts import funnel

    project = opened(folder, sample)
    found = funnel(project.work, {name: source.stages for name, source in project.sources.items()})
    if json:
        show_json(found.to_dict())
    else:
        show_funnel(found)
    if not found.balanced:
        raise typer.Exit(UNBALANCED)


@app.command()
def why(
    id: Annotated[str, typer.Argument(help="A page, a document or a record.")],
    folder: Folder = HERE,
    sample: Sample = None,
    json: Json = False,
) -> None:
    """The whole life of one item, from the raw file to its end."""
    from cqia.cli.show import show_json, show_life
    from cqia.ledger.why import life

    project = opened(folder, sample)
    found = life(project.folder, project.work, {name: s.stages for name, s in project.sources.items()}, id)
    if json:
        show_json(found.to_dict())
    else:
        show_life(found, project.sources[found.source].rules)


@app.command("list")
def list_(
    folder: Folder = HERE,
    source: Annotated[str | None, typer.Option("--source", help="Only this source.")] = None,
    stage: Annotated[str | None, typer.Option("--stage", help="Only this stage.")] = None,
    status: Annotated[str | None, typer.Option("--status", help="kept, dropped, quarantined or pending.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Only with this reason.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many at the most.")] = 50,
    sample: Sample = None,
    json: Json = False,
) -> None:
    """Items by what became of them: from the funnel's numbers to ids."""
    from itertools import islice

    from cqia.cli.show import show_items, show_json
    from cqia.errors import UsageError, nearest
    from cqia.ledger.items import items
    from cqia.schema import STATUSES
    from cqia.sources.source import ROAD

    project = opened(folder, sample)
    stages = {name: each.stages for name, each in project.sources.items()}
    for what, value, known in (("source", source, stages), ("stage", stage, ROAD), ("status", status, STATUSES)):
        if value is not None and value not in known:
            raise UsageError(f"There is no {what} {value!r}.", nearest(value, known))
    found = items(project.work, stages, source=source, stage=stage, status=status, reason=reason)
    rows = list(islice(found, limit))
    if json:
        show_json(rows)
    else:
        show_items(rows, limit)


@app.command()
def quarantine(folder: Folder = HERE, sample: Sample = None, json: Json = False) -> None:
    """Every quarantined item with where it stands and what was wrong."""
    from cqia.cli.show import show_items, show_json
    from cqia.ledger.items import items

    project = opened(folder, sample)
    rows = list(
        items(project.work, {name: each.stages for name, each in project.sources.items()}, status="quarantined")
    )
    if json:
        show_json(rows)
    else:
        show_items(rows, None, "Nothing is quarantined.")


@app.command()
def sources(folder: Folder = HERE, json: Json = False) -> None:
    """The sources: the paper's Table 1, what each was tried on, and in a project the counts of its last run."""
    from cqia.cli.show import show_json, show_sources
    from cqia.ledger.counts import last_run
    from cqia.project import FILE
    from cqia.sources import SOURCES

    known, runs = SOURCES, {}
    if folder != HERE or (folder / FILE).exists():
        project = opened(folder)
        known = {**SOURCES, **project.sources}
        runs = {name: last_run(project.work / name, s.stages) for name, s in project.sources.items()}
    rows = [
        {"name": s.name, "title": s.title, "kind": s.kind, "description": s.description, "quantity": s.quantity,
         "stages": list(s.stages), "exercised_on": s.exercised_on, "licence": s.licence, "last_run": runs.get(s.name)}
        for s in known.values()
    ]  # fmt: skip
    if json:
        show_json(rows)
    else:
        show_sources(rows)
