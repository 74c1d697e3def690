"""Two answers to one prompt, compared: arena import, serve, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cqia.cli.app import HERE, Folder, Json, arena, there

Name = Annotated[str, typer.Option("--name", help="Which arena, where there are several.")]


@arena.command("import")
def import_(
    files: Annotated[
        list[Path] | None, typer.Argument(help="JSON lines: prompts with answers by system, or votes.")
    ] = None,
    system: Annotated[
        list[str] | None, typer.Option("--system", help="NAME=FILE of one system's answers; repeatable.")
    ] = None,
    edits: Annotated[bool, typer.Option("--edits", help="Compare each edited output with what it was before.")] = False,
    against: Annotated[str | None, typer.Option("--against", help="Only pairs with this system.")] = None,
    votes: Annotated[int, typer.Option("--votes", min=1, help="How many people judge each battle.")] = 1,
    name: Name = "arena",
    folder: Folder = HERE,
) -> None:
    """Take prompts, answers and votes in, and make blinded battles of them."""
    from cqia.cli.app import opened
    from cqia.cli.review import named_files
    from cqia.errors import UsageError
    from cqia.pipeline import for_the_desk
    from cqia.review import arena as given
    from cqia.review.arena_intake import edited, take
    from cqia.review.items import sync
    from cqia.review.store import opened as opened_store

    if not (files or system or edits):
        raise UsageError("Nothing to take in.", "Name FILES, --system NAME=FILE twice or oftener, or --edits.")
    project = opened(folder)
    read = [given.read_file(file) for file in files or []]
    prompts = [each for some, _ in read for each in some]
    if system:
        prompts += given.joined(named_files(system, "--system"))
    recorded = [each for _, some in read for each in some]
    with opened_store(project.decisions) as database:
        if edits:
            sync(database, *for_the_desk(project))
        with database.writing() as db:
            prompts += edited(db) if edits else []
            taken = take(db, name, prompts, recorded, seed=project.settings.seed, wanted=votes, against=against)
    print(f"{taken.prompts} new prompts, {taken.battles} new battles, {taken.votes} new votes.")
    if taken.same:
        print(f"{taken.same} pairs of answers are the same text: nothing to choose between.")
    print(there("Next: cqia arena serve, or cqia arena report"))


@arena.command()
def report(
    name: Name = "arena",
    of: Annotated[str | None, typer.Option("--of", help="The system whose wins, ties and losses are shown.")] = None,
    judge: Annotated[
        list[str] | None, typer.Option("--judge", help="Count only this judge's votes; repeatable.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Also write arena.json, arena.md and pictures here.")
    ] = None,
    json: Json = False,
    folder: Folder = HERE,
) -> None:
    """Wins, ties, losses and strengths, with intervals."""
    import polars as pl

    from cqia.cli.app import opened
    from cqia.cli.show import show_json
    from cqia.cli.show_review import show_standings
    from cqia.errors import UsageError, nearest
    from cqia.review.arena_report import numbers, write
    from cqia.review.arenas import ballots
    from cqia.review.standings import standings
    from cqia.review.store import opened as opened_store

    project = opened(folder)
    with opened_store(project.decisions) as database, database.reading() as db:
        votes = ballots(db, name)
    for each in judge or []:
        if each not in (known := votes["judge"].unique().to_list()):
            raise UsageError(f"There is no judge {each!r}.", nearest(each, known))
    found = standings(votes.filter(pl.col("judge").is_in(judge)) if judge else votes, seed=project.settings.seed)
    if json:
        show_json({"name": name, **numbers(found)})
    else:
        show_standings(found, of)
    if out is not None:
        page = write(out, name, found, of)
        if not json:
            print(page)
