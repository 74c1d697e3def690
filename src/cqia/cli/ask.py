"""Commands that ask: status, why, sources."""

from __future__ import annotations

from typing import Annotated

import typer

from cqia.cli.app import HERE, Folder, Json, Sample, app, opened

UNBALANCED = 3


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
        show_life(found)


@app.command()
def quarantine(folder: Folder = HERE, sample: Sample = None, json: Json = False) -> None:
    """Every quarantined item with where it stands and what was wrong."""
    from cqia.cli.show import show_json, show_quarantine
    from cqia.ledger.why import quarantined

    project = opened(folder, sample)
    rows = [row for name in project.sources for row in quarantined(project.work / name)]
    if json:
        show_json(rows)
    else:
        show_quarantine(rows)


@app.command()
def sources(json: Json = False) -> None:
    """The sources: the paper's Table 1, and what each was tried on."""
    from cqia.cli.show import show_json, show_sources
    from cqia.sources import SOURCES

    rows = [
        {"name": s.name, "title": s.title, "kind": s.kind, "description": s.description, "quantity": s.quantity,
         "stages": list(s.stages), "exercised_on": s.exercised_on, "licence": s.licence}
        for s in SOURCES.values()
    ]  # fmt: skip
    if json:
        show_json(rows)
    else:
        show_sources(rows)
