"""The app that commands are added to, and what they share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cqia.project import Project

app = typer.Typer(
    name="cqia",
    help="From raw Chinese pages to a small, excellent instruction-tuning dataset, with every record accounted for.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # half of the time to show --help
    pretty_exceptions_enable=False,
)

judge = typer.Typer(help="The model-based filter.", no_args_is_help=True, rich_markup_mode=None)
review = typer.Typer(help="Human finalisation.", no_args_is_help=True, rich_markup_mode=None)
arena = typer.Typer(help="Two answers to one prompt, compared.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(judge, name="judge")
app.add_typer(review, name="review")
app.add_typer(arena, name="arena")

Folder = Annotated[Path, typer.Option("--project", "-C", help="The project's folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Sample = Annotated[
    int | None, typer.Option("--sample", min=1, help="N raw items of each source, in a workspace of their own.")
]
HERE = Path()
UNBALANCED = 3  # exit code: a stage lost or invented an item


def opened(folder: Path, sample: int | None = None, runner: str | None = None) -> Project:
    """The project, with a sample's workspace and the runner asked for on the command line."""
    from dataclasses import replace

    from cqia.errors import UsageError
    from cqia.project import load

    project = load(folder)
    if runner is not None:
        if runner not in ("local", "ray"):
            raise UsageError(f"There is no runner {runner!r}.", "Known: local, ray.")
        run = project.settings.run.model_copy(update={"runner": runner})
        project = replace(project, settings=project.settings.model_copy(update={"run": run}))
    return project if sample is None else replace(project, work_name=f"work-sample-{sample}")
