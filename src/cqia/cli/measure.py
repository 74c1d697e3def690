"""Commands that measure: filter and dedup without a project, rules, analyse."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cqia.cli.app import HERE, Folder, Json, Sample, app, opened

if TYPE_CHECKING:
    from cqia.sources.source import Source

Out = Annotated[Path, typer.Option("--out", help="A new folder for the results.")]
Rules = Annotated[str, typer.Option("--rules", help="The source whose rules to run (cqia sources), or FILE.py:NAME.")]

rules = typer.Typer(name="rules", help="The rules.", invoke_without_command=True, rich_markup_mode=None)
app.add_typer(rules)


def _sources(folder: Path) -> Mapping[str, Source]:
    """The sources of the project in ``folder``, with the bounds that it sets; ours where there is no project."""
    from cqia.project import FILE
    from cqia.sources import SOURCES

    return opened(folder).sources if folder != HERE or (folder / FILE).exists() else SOURCES


def _source(name: str, folder: Path | None = None) -> Source:
    from cqia.errors import UsageError, nearest
    from cqia.own_source import own_source
    from cqia.sources import SOURCES

    file, colon, own = name.rpartition(":")
    if colon and file.endswith(".py"):
        if not Path(file).is_file():
            raise UsageError(f"There is no file {file}.")
        return own_source(own, Path(file).absolute())
    known = SOURCES if folder is None else {**SOURCES, **_sources(folder)}
    if name not in known:
        raise UsageError(f"There is no source {name!r}.", nearest(name, known))
    return known[name]


@app.command("filter")
def filter_(
    path: Annotated[Path, typer.Argument(help="JSON lines or Parquet: a file, or a folder of them.")],
    rules: Rules,
    out: Out,
    profile: Annotated[bool, typer.Option("--profile", help="Afterwards, measure what each rule costs.")] = False,
) -> None:
    """Run a source's rules on documents, without a project."""
    from cqia import standalone
    from cqia.cli.show import progress
    from cqia.cli.show_rules import show_counts, show_profile

    source = _source(rules)
    with progress() as told:
        counts = standalone.filter_path(path, source, out, lambda done, total: told("filter", done, total, 0))
    show_counts("filter", counts, out)
    if profile:
        show_profile(list(standalone.profile(path, source)))


@app.command()
def dedup(
    path: Annotated[Path, typer.Argument(help="JSON lines or Parquet: a file, or a folder of them.")],
    out: Out,
    threshold: Annotated[
        float, typer.Option(min=0.7, max=1, help="How like each other near duplicates are; lower wants a project.")
    ] = 0.8,
) -> None:
    """Drop exact and near duplicates among documents, without a project."""
    from cqia import standalone
    from cqia.cli.show import progress
    from cqia.cli.show_rules import show_counts

    with progress() as told:
        counts = standalone.dedup_path(path, out, lambda done, total: told("dedup", done, total, 0), threshold)
    show_counts("dedup", counts, out)


@rules.callback()
def list_rules(
    context: typer.Context,
    source: Annotated[str | None, typer.Option("--source", help="Only the rules of one source.")] = None,
    folder: Folder = HERE,
    json: Json = False,
) -> None:
    """Every rule of every source, with its reason and its bounds; in a project, as the project sets them."""
    from cqia.cli.show import show_json
    from cqia.cli.show_rules import show_rules
    from cqia.errors import UsageError

    if (command := context.invoked_subcommand) is not None:
        origins = [context.get_parameter_source(name) for name in context.params]
        if any(origin is not None and origin.name == "COMMANDLINE" for origin in origins):
            raise UsageError(
                f"What stands before {command!r} is not for it.", f"Write it behind: cqia rules {command} …"
            )
        return

    chosen = _sources(folder).values() if source is None else [_source(source, folder)]
    rows = [
        {"source": each.name, "rule": rule.name, "why": rule.why, "at_least": rule.at_least, "at_most": rule.at_most,
         "missing": rule.missing}
        for each in chosen for rule in each.rules
    ]  # fmt: skip
    if json:
        show_json(rows)
    else:
        show_rules(rows)


@rules.command()
def audit(
    labels: Annotated[Path, typer.Option("--labels", help="Lines that people labelled: text==label, or CSV.")],
    source: Annotated[str, typer.Option("--source", help="The source whose rules to try.")] = "zhihu",
    rule: Annotated[list[str] | None, typer.Option("--rule", help="Only this rule; may be given again.")] = None,
    folder: Folder = HERE,
    json: Json = False,
) -> None:
    """Precision, recall and over-blocking of the rules against people's labels, with 95 % intervals."""
    from cqia.cli.show import show_json
    from cqia.cli.show_rules import show_audit
    from cqia.errors import UsageError, nearest
    from cqia.rules.audit import audit as audited

    # A labelled line has nothing but its text: rules on likes and the like say nothing about it.
    every = _source(source, folder).rules
    reading = {each.name: each for each in every if any(":" in n for n in each.value.meta.root_names())}
    for name in rule or ():
        if name not in reading:
            raise UsageError(f"{source} has no rule {name!r} that reads the text.", nearest(name, reading))
    table = audited(labels, [reading[name] for name in dict.fromkeys(rule or reading)])
    if json:
        show_json(table.to_dicts())
    else:
        show_audit(table)


@app.command()
def analyse(
    folder: Folder = HERE,
    source: Annotated[str | None, typer.Option("--source", help="Only one source.")] = None,
    sample: Sample = None,
    json: Json = False,
) -> None:
    """How each rule's values are spread, what other bounds would keep, and what stands at each bound."""
    from cqia import pipeline
    from cqia.cli.show import progress, show_json, warn
    from cqia.cli.show_rules import show_measured
    from cqia.errors import UsageError, nearest

    project = opened(folder, sample)
    if source is not None and source not in project.sources:
        raise UsageError(f"The project has no source {source!r}.", nearest(source, project.sources))
    with progress() as told:
        found = pipeline.analysed(project, sample=sample, progress=told, warn=warn)
    chosen = {name: rows for name, rows in found.items() if source in (None, name)}
    if json:
        show_json({name: [row.to_dict() for row in rows] for name, rows in chosen.items()})
    else:
        for name, rows in chosen.items():
            show_measured(name, rows)
