"""Commands that make something: init, run, release, report, review import, takedown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cqia.cli.app import HERE, UNBALANCED, Folder, Sample, app, opened, review


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="The folder of the new project.")],
    raw: Annotated[list[str], typer.Option("--raw", help="SOURCE=GLOB of raw files, relative to here; repeatable.")],
) -> None:
    """Begin a project: write a commented cqia.toml."""
    import shlex

    from cqia.begin import begin

    file = begin(folder, raw)
    print(f"Wrote {file}. Next: cd {shlex.quote(str(folder))} && cqia run")


@app.command()
def run(
    folder: Folder = HERE,
    until: Annotated[
        str, typer.Option(help="The last stage: collect, filter, dedup, assign, judge, review.")
    ] = "review",
    sample: Sample = None,
    runner: Annotated[str | None, typer.Option(help="local or ray; else as cqia.toml says.")] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Read pages again that crashed or took too long.")] = False,
) -> None:
    """Go the road, as far as it can be gone; what is made already is not made again."""
    from typing import cast

    from cqia import pipeline
    from cqia.cli.show import progress, show_funnel, warn
    from cqia.ledger.counts import funnel
    from cqia.sources.source import StageName

    project = opened(folder, sample, runner)
    with progress() as told:
        pipeline.run(project, until=cast(StageName, until), sample=sample, retry=retry, progress=told, warn=warn)
    found = funnel(project.work, {name: source.stages for name, source in project.sources.items()})
    show_funnel(found)
    if not found.balanced:
        raise typer.Exit(UNBALANCED)


@app.command()
def release(
    version: Annotated[str, typer.Argument(help="The name of the release, like v1.")],
    folder: Folder = HERE,
    runner: Annotated[str | None, typer.Option(help="local or ray; else as cqia.toml says.")] = None,
) -> None:
    """Run what is left of the road and write the dataset into releases/VERSION."""
    from cqia.cli.show import progress, warn
    from cqia.publish import release as make

    project = opened(folder, None, runner)
    with progress() as told:
        made = make(project, version, progress=told, warn=warn)
    total = sum(count for name, count in made.rows.items() if name.endswith(".jsonl"))
    print(f"{made.folder}: {total} records" + (", unchanged." if made.unchanged else "."))
    if made.waiting:
        reasons = ", ".join(f"{number} {reason}" for reason, number in sorted(made.waiting.items()))
        print(f"Not in it, because they wait: {reasons} (cqia list --status pending).")


@app.command()
def report(
    folder: Folder = HERE,
    sample: Sample = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where to; else report/ in the project.")] = None,
) -> None:
    """Write the report: one HTML page, and its numbers as JSON."""
    from cqia.publish import report as make

    project = opened(folder, sample)
    print(make(project, out or project.folder / "report"))


@review.command("import")
def import_(file: Annotated[Path, typer.Argument(help="Decisions as JSON lines.")], folder: Folder = HERE) -> None:
    """Take people's decisions from a file."""
    from cqia.cli.show import warn
    from cqia.ledger.items import unknown_records
    from cqia.review import store

    project = opened(folder)
    decisions = store.read_file(file)
    new = store.add(project.work / "review.sqlite", decisions)
    print(f"{len(decisions)} decisions read, {new} new. Next: cqia run")
    unknown = unknown_records(project.work, [decision.id for decision in decisions])
    if unknown:
        warn(f"{len(unknown)} decisions are about records that are not there (yet), like {', '.join(unknown[:3])}.")


@app.command()
def takedown(
    id: Annotated[str | None, typer.Option("--id", help="A document or a record.")] = None,
    url: Annotated[str | None, typer.Option("--url", help="The address of a document.")] = None,
    author: Annotated[str | None, typer.Option("--author", help="Everything by one author.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Exclude it from the next run.")] = False,
    folder: Folder = HERE,
) -> None:
    """List what a takedown touches; with --apply, exclude it from the next run."""
    from contextlib import nullcontext

    from cqia.cli.show import show_affected
    from cqia.engine.lock import locked
    from cqia.errors import UsageError
    from cqia.ledger import takedown as ledger

    asked: dict[ledger.Field, str | None] = {"id": id, "url": url, "author": author}
    given = [(field, value) for field, value in asked.items() if value]
    if len(given) != 1:
        raise UsageError("Name exactly one of --id, --url and --author.")
    project = opened(folder)
    with locked(project.work) if apply else nullcontext():
        found = ledger.affected(project.work, *given[0])
        show_affected(found)
        if apply:
            ledger.apply(project.folder, *given[0], found)
            print("Written down. The next cqia run and cqia release leave it out; earlier releases still hold it.")
        elif found.documents:
            print("Nothing has been done yet. To exclude it from the next run, add --apply.")
        else:
            raise typer.Exit(1)
