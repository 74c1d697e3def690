"""Providers' batch files: judge export-batch, judge import-batch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cqia.cli.app import HERE, Folder, judge, opened, there


@judge.command("export-batch")
def export_batch(
    file: Annotated[Path, typer.Argument(help="The JSON lines to write, in OpenAI's batch form.")],
    folder: Folder = HERE,
) -> None:
    """Write what the judge would ask into a file for a provider's batch service."""
    from cqia import questions
    from cqia.cli.show import progress, warn

    with progress() as told:
        made = questions.export(opened(folder), file, progress=told, warn=warn)
    if made.written:
        print(there(f"{file}: {made.written} questions. With the replies: cqia judge import-batch REPLIES"))
    else:
        print("There is nothing to ask, and no file was written.")
    for number, why in (
        (made.left, "do not fit into one file: export again, to another file"),
        (made.over, "would exceed the budget ([budget] in cqia.toml)"),
        (made.elsewhere, "are out in another file, or asked a second time in this one"),
    ):
        if number:
            print(f"{number} questions {why}.")


@judge.command("import-batch")
def import_batch(
    files: Annotated[list[Path] | None, typer.Argument(help="The provider's files of replies and of errors.")] = None,
    give_up: Annotated[
        bool, typer.Option("--give-up", help="What is still out may be asked again; it stays charged.")
    ] = False,
    folder: Folder = HERE,
) -> None:
    """Take a batch's replies into the journal; the next run uses them."""
    from cqia import questions
    from cqia.errors import UsageError

    if not files and not give_up:
        raise UsageError("Name the files of replies, or give up what is out: --give-up.")
    taken, given_up = questions.take_in(opened(folder), files or [], give_up=give_up)
    told = f"{taken.taken} replies taken, {taken.failed.total()} failed, {taken.unknown} unknown."
    print(there(f"{told} Next: cqia run"))
    for reason, number in taken.failed.most_common(5):
        print(f"  {number}× {reason}")
    if taken.unsent:
        print(f"{taken.unsent} questions came back unsent, and may be asked again.")
    if given_up:
        print(f"{given_up} questions given up: they may be asked again, and stay charged at the most.")
    elif taken.out:
        print(f"{taken.out} questions are still out.")
