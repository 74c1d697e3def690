"""cqia answer: questions without an answer, answered with people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cqia.cli.app import HERE, Folder, Json, app, opened

if TYPE_CHECKING:
    from cqia.answering import Task
    from cqia.project import Project


@app.command()
def answer(
    record: Annotated[
        str | None, typer.Argument(help="A record, or its document: show all that was drafted and said about it.")
    ] = None,
    questions: Annotated[
        Path | None, typer.Option("--questions", help="Write the questions without a draft, each with a trap to name.")
    ] = None,
    traps: Annotated[
        Path | None, typer.Option("--traps", help='What is behind each question, to draft with: {"id": …, "trap": …}.')
    ] = None,
    accept: Annotated[
        Path | None, typer.Option("--accept", help="A sheet of drafts with your decisions; needs --by.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Your name, under which the decisions stand.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the drafts that wait for a decision as a sheet.")
    ] = None,
    folder: Folder = HERE,
    json: Json = False,
) -> None:
    """Have a model draft answers to questions without one; people name the trap, and accept, rewrite or ask again."""
    from cqia import acceptance
    from cqia.answers import sheets
    from cqia.cli.show import show_json, warn
    from cqia.cli.show_answer import show_decided, show_standings, show_story
    from cqia.errors import UsageError

    if accept is not None and not by.strip():
        raise UsageError("Whose decisions are these?", "Give --by NAME.")
    project = opened(folder)
    if record is not None:
        if questions or traps or accept or out:
            raise UsageError("A record is shown, and nothing else is done.", "Leave out the record, or the options.")
        told = acceptance.story(project, record)
        if json:
            show_json(told.to_dict())
        else:
            show_story(told)
        return
    for written, taken, option in ((questions, traps, "--traps"), (out, accept, "--accept")):
        if written is not None and written.exists() and written != taken:
            hint = f"What people wrote into it would be lost: take it in with {option}, or name another file."
            raise UsageError(f"{written} exists already.", hint)
    tasks = acceptance.named_traps(project, traps) if traps is not None else []
    if accept is not None:
        decided = acceptance.decide(project, accept, by.strip())
        tasks += decided.again
        if not json:
            show_decided(decided)
    _draft(project, tasks)
    found = acceptance.standings(project)
    if questions is not None:
        count = sheets.write_questions(questions, (each.question for each in found
                                                     if each.last is None and not each.accepted))  # fmt: skip
        warn(f"{questions}: {count} questions without a draft. Name their traps, then: cqia answer --traps {questions}")
    if out is not None:
        count = sheets.write(out, ((each.question, each.rounds, each.last) for each in found
                                     if each.last is not None and not each.accepted))  # fmt: skip
        warn(f"{out}: {count} drafts wait for a decision.")
    if json:
        show_json([each.to_dict() for each in found])
    else:
        show_standings(found)


def _draft(project: Project, tasks: Sequence[Task]) -> None:
    """Ask, with a word on each question that got no reply."""
    import logging

    from cqia import answering
    from cqia.cli.show import progress, warn

    if not tasks:
        return
    logging.basicConfig(format="cqia: %(message)s")  # what the client says while it waits
    with progress() as told:
        made = answering.draft(project, tasks, told=lambda done: told("drafts", done, len(tasks), 0))
    for each in made:
        if each.fault:
            warn(f"{each.question.id}: {each.fault}")
