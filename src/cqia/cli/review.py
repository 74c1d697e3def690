"""Human finalisation beside the desk: review export, import, audit, inspect, agreement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cqia.cli.app import HERE, Folder, Json, review, there

Out = Annotated[Path | None, typer.Option("--out", help="Write it as lines to be filled in without the desk.")]
Take = Annotated[Path | None, typer.Option("--take", help="Take such lines back, filled in.")]


def named_files(given: Sequence[str], option: str) -> dict[str, Path]:
    """``NAME=FILE`` options by name.

    Raises:
        UsageError: one has no name or no file, or two share a name.
    """
    from cqia.errors import UsageError

    found: dict[str, Path] = {}
    for each in given:
        name, _, file = each.partition("=")
        if not name or not file:
            raise UsageError(f"{option} {each}: no name or no file.", f"Write {option} NAME=FILE.")
        if name in found:
            raise UsageError(f"{option}: {name!r} is named twice.", "Give each file a name of its own.")
        found[name] = Path(file)
    return found


@review.command()
def export(
    out: Annotated[Path, typer.Argument(help="A file for jsonl, a folder for the others.")],
    format: Annotated[str, typer.Option("--format", help="jsonl, argilla or label-studio.")] = "jsonl",
    decisions: Annotated[
        bool, typer.Option("--decisions", help="The decisions that count, instead of the records that wait.")
    ] = False,
    folder: Folder = HERE,
) -> None:
    """Write the records that wait for people, for another tool or an editor; or what was decided."""
    from cqia.cli.app import opened
    from cqia.errors import UsageError
    from cqia.review.exchange import decided, format_of
    from cqia.review.lines import write
    from cqia.review.records import waiting

    way = format_of(format)
    if decisions and format != "jsonl":
        raise UsageError(f"Decisions are not written as {format}.", "Leave out --format; other tools take what waits.")
    project = opened(folder)
    if decisions:
        print(f"{write(out, decided(project.decisions))} decisions written to {out}.")
        return
    rows = waiting(project.work, {name: source.stages for name, source in project.sources.items()})
    count = way.write(out, rows)
    print(f"{count} records that wait written to {out}.")
    if not count:
        print(there("What waits is known once the road has been run: cqia run"))


@review.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="What export wrote, filled in; or another tool's own export.")],
    format: Annotated[str, typer.Option("--format", help="jsonl, argilla or label-studio.")] = "jsonl",
    folder: Folder = HERE,
) -> None:
    """Take people's decisions from a file."""
    from cqia.cli.app import opened
    from cqia.cli.show import warn
    from cqia.ledger.items import unknown_records
    from cqia.review.exchange import format_of, take

    way = format_of(format)
    project = opened(folder)
    given = way.read(file)
    new = take(project.decisions, given)
    print(there(f"{len(given)} decision{'s' if len(given) != 1 else ''} read, {new} new. Next: cqia run"))
    unknown = unknown_records(project.work, [each.record for each in given])
    if unknown:
        warn(f"{len(unknown)} decisions are about records that are not there (yet), like {', '.join(unknown[:3])}.")


@review.command()
def audit(
    name: Annotated[str, typer.Argument(help="Which audit.")] = "audit",
    draw: Annotated[int | None, typer.Option("--draw", min=1, help="Begin it: draw so many records.")] = None,
    by_source: Annotated[
        bool, typer.Option("--by-source", help="Draw from each source its share; show rates by source.")
    ] = False,
    out: Out = None,
    take: Take = None,
    json: Json = False,
    folder: Folder = HERE,
) -> None:
    """The paper's Table 10: records drawn at random, four yes/no questions, accept rates."""
    from cqia.cli.app import opened
    from cqia.cli.show import show_json
    from cqia.cli.show_review import show_rates
    from cqia.review import audits
    from cqia.review.audit import draw as drawn
    from cqia.review.audit import results
    from cqia.review.lines import write
    from cqia.review.records import last_parts
    from cqia.review.store import opened as opened_store

    project = opened(folder)
    with opened_store(project.decisions) as database:
        if draw is not None:
            parts = last_parts(project.work, {each: source.stages for each, source in project.sources.items()})
            found = drawn(parts, draw, seed=project.settings.seed, by_source=by_source)
            with database.writing() as db:
                audits.begin(db, name, found, seed=project.settings.seed, by_source=by_source)
        if take is not None:
            with database.writing() as db:
                new = audits.take(db, take)
            if not json:
                print(f"{new} records answered anew.")
        with database.reading() as db:
            done, of = audits.progress(db, name)
            rates = results(audits.answers(db, name), by_source=by_source)
            if out is not None:
                write(out, audits.sheet(db, name))
    if json:
        show_json({"name": name, "answered": done, "of": of, "rates": [rate.to_dict() for rate in rates]})
    else:
        show_rates(name, done, of, rates)


@review.command()
def inspect(
    name: Annotated[str | None, typer.Argument(help="Which batch; all are listed without it.")] = None,
    begin: Annotated[int | None, typer.Option("--begin", min=1, help="Begin it with so many decided records.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="Of a new batch: only this source.")] = None,
    reviewer: Annotated[str | None, typer.Option("--reviewer", help="Of a new batch: only this one's work.")] = None,
    pass_mark: Annotated[
        float, typer.Option("--pass-mark", min=0, max=1, help="Of a new batch: the share that must be correct.")
    ] = 0.95,
    sample: Annotated[int, typer.Option("--sample", min=1, help="Of a new batch: cases that experts check.")] = 200,
    again: Annotated[bool, typer.Option("--again", help="Another round, once its records are decided again.")] = False,
    out: Out = None,
    take: Take = None,
    json: Json = False,
    folder: Folder = HERE,
) -> None:
    """COIG's inspection: a batch is checked whole, then experts check a sample; a failed one goes back."""
    import getpass

    from cqia.cli.app import opened
    from cqia.cli.show import show_json
    from cqia.cli.show_review import show_inspections
    from cqia.errors import UsageError
    from cqia.pipeline import for_the_desk
    from cqia.review import batch_sheets, batches
    from cqia.review.items import sync
    from cqia.review.lines import write
    from cqia.review.store import opened as opened_store

    if name is None and (begin or again or out):
        raise UsageError("Which batch?", "Name it: cqia review inspect NAME …")
    project = opened(folder)
    with opened_store(project.decisions) as database:
        if begin is not None or again:
            sync(database, *for_the_desk(project))
        if begin is not None:
            with database.writing() as db:
                ids = batches.decided(db, source=source, reviewer=reviewer, limit=begin)
                batches.begin(
                    db, name or "", ids, by=getpass.getuser(), seed=project.settings.seed, pass_mark=pass_mark,
                    size=sample,
                )  # fmt: skip
        if again:
            with database.writing() as db:
                batches.again(db, name or "")
        if take is not None:
            with database.writing() as db:
                new = batch_sheets.take(db, take)
            if not json:
                print(f"{new} cases checked.")
        with database.reading() as db:
            found = [batches.inspection(db, each) for each in ([name] if name else batches.names(db))]
            if out is not None:
                write(out, batch_sheets.sheet(db, name or ""))
    if json:
        show_json([each.to_dict() for each in found])
    else:
        show_inspections(found, whole=name is not None)


@review.command()
def agreement(json: Json = False, folder: Folder = HERE) -> None:
    """Whether reviewers agree beyond chance, how fast and how right they are, and whether they still read."""
    from cqia.cli.app import opened
    from cqia.cli.show import show_json
    from cqia.cli.show_review import show_agreement
    from cqia.review import frames
    from cqia.review.agreement import by_criterion, by_pair, by_week
    from cqia.review.reviewers import manners
    from cqia.review.store import opened as opened_store

    project = opened(folder)
    with opened_store(project.decisions) as database, database.reading() as db:
        rated, work, gold = frames.rated(db), frames.work(db), frames.gold_answers(db)
    seed = project.settings.seed
    criteria, pairs, weeks = by_criterion(rated, seed=seed), by_pair(rated, seed=seed), by_week(rated, seed=seed)
    people = manners(work, gold)
    if not json:
        show_agreement(criteria, pairs, weeks, people)
        return
    show_json({
        "criteria": [row.to_dict() for row in criteria], "pairs": [row.to_dict() for row in pairs],
        "weeks": [row.to_dict() for row in weeks], "reviewers": [row.to_dict() for row in people],
    })  # fmt: skip
