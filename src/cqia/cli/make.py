"""Commands that make something: init, run, report, takedown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cqia.cli.app import HERE, UNBALANCED, Folder, Sample, app, opened, there


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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Go as far as the judge, and say what judging would cost.")
    ] = False,
) -> None:
    """Go the road, as far as it can be gone; what is made already is not made again."""
    import logging
    from typing import cast

    from cqia import pipeline
    from cqia.cli.show import progress, show_funnel, waiting, warn
    from cqia.ledger.counts import funnel
    from cqia.sources.source import StageName

    project = opened(folder, sample, runner)
    logging.basicConfig(format="cqia: %(message)s")  # what the judge says while it waits, and how far it is
    logging.getLogger("cqia.judge").setLevel(logging.INFO)
    if dry_run:
        from cqia import questions
        from cqia.cli.show_asking import show_dry_run

        with progress() as told:
            counted = questions.dry_run(project, sample=sample, progress=told, warn=warn)
        show_dry_run(counted)
        return
    with progress() as told:
        pipeline.run(project, until=cast(StageName, until), sample=sample, retry=retry, progress=told, warn=warn)
    found = funnel(project.work, {name: source.stages for name, source in project.sources.items()})
    show_funnel(found)
    if (journal := project.work / "journal.sqlite").exists():
        from cqia.cli.show_asking import show_spend
        from cqia.llm.spend import spend

        show_spend(spend(journal))
    if not found.balanced:
        raise typer.Exit(UNBALANCED)
    if pending := found.pending():
        warn(f"waiting: {waiting(pending)}.")
    if until == "review":
        warn("next: cqia release VERSION")


@app.command()
def report(
    dataset: Annotated[
        str | None,
        typer.Argument(help="A release by its version, a dataset's folder or file; else what the workspace holds now."),
    ] = None,
    folder: Folder = HERE,
    sample: Sample = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where to; else report/ in the project.")] = None,
    map: Annotated[bool, typer.Option("--map", help="Draw the map of instructions too: a minute or two.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Fail if a bound in [report] is broken.")] = False,
) -> None:
    """Write the report: one HTML page, and its numbers as JSON."""
    from cqia.cli.show import show_broken, warn
    from cqia.errors import UsageError
    from cqia.publish import report as make
    from cqia.report_of import located

    alone = dataset is not None and not (folder / "cqia.toml").exists()
    project = None if alone else opened(folder, sample)
    path = None if dataset is None else located(dataset, project)
    home = (project.folder if project else Path()) / "report"
    named = path and (path.resolve().name if path.is_dir() else path.stem)  # a release may be called v1.0
    made = make(project, out or (home / named if named else home), dataset=path, map=map)
    if made.unread:
        warn(f"rows that could not be read: {', '.join(f'{n:,} {reason}' for reason, n in made.unread.items())}.")
    if path is not None and not made.records:
        warn(f"{path} holds no record.")
    print(made.page.absolute())
    if check and not made.bounds:
        raise UsageError("There is nothing to check.", "Set bounds in [report] of cqia.toml: at_most_copies = 0.01")
    if check and (made.broken or made.faults):
        show_broken(made)
        raise typer.Exit(1)


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
            print(
                there("Written down. The next cqia run and cqia release leave it out; earlier releases still hold it.")
            )
        elif found.documents:
            print("Nothing has been done yet. To exclude it from the next run, add --apply.")
        else:
            raise typer.Exit(1)
