"""The app that commands are added to, which module adds which, and what they share."""

from __future__ import annotations

import re
import shlex
from contextvars import ContextVar
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from cqia import __version__

if TYPE_CHECKING:
    from cqia.project import Project

#: What ``cqia --help`` says: under each heading the commands, the modules that add them, and what they do.
COMMANDS: dict[str, dict[str, tuple[tuple[str, ...], str]]] = {
    "The road": {
        "init": (("make",), "Begin a project: write a commented cqia.toml."),
        "run": (("make",), "Go the road, as far as it can be gone."),
        "analyse": (("measure",), "How rules' values are spread, and what other bounds do."),
        "judge": (("judge", "batch"), "The model-based filter: fit it to people, batches, a student."),
        "answer": (("answer",), "Questions without an answer: traps, drafts, decisions."),
        "review": (("review", "desk"), "People: the desk in the browser, decisions, agreement, audit."),
        "release": (("publish",), "Write the dataset into releases/VERSION."),
        "report": (("make",), "The dataset on one page, its numbers as JSON."),
    },
    "The ledger": {
        "status": (("ask",), "The funnel: what became of every input."),
        "why": (("ask",), "The whole life of one item, from the raw file to its end."),
        "list": (("ask",), "Items by what became of them."),
        "quarantine": (("ask",), "What could not be read, where it stands and what was wrong."),
        "takedown": (("make",), "What goes when somebody wants their text out."),
    },
    "Datasets": {
        "compare": (("compare",), "Any number of datasets beside each other, on one page."),
        "arena": (("arena", "desk"), "Two answers to one prompt, compared by people."),
        "export": (("publish",), "A release in the form that a training tool reads."),
        "push": (("publish",), "Upload a release, unless a licence forbids it."),
    },
    "Without a project": {
        "sources": (("ask",), "The sources: the paper's Table 1, and what each was tried on."),
        "rules": (("measure",), "The rules, and how they agree with people."),
        "crawl": (("crawl",), "Fetch pages politely into WARC files."),
        "filter": (("measure",), "Run a source's rules on files."),
        "dedup": (("measure",), "Drop exact and near duplicates from files."),
    },
}


class Commands(TyperGroup):
    """The commands, of which only the one asked for is imported: all of them take as long as typer itself."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command; where there is none, all of them are there for a suggestion."""
        every = {name: modules for section in COMMANDS.values() for name, (modules, _) in section.items()}
        for module in every.get(cmd_name, {module for modules in every.values() for module in modules}):
            import_module(f"cqia.cli.{module}")
        self.commands = get_group(app).commands
        return self.commands.get(cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands under their headings, without importing any."""
        wide = max(len(name) for section in COMMANDS.values() for name in section)
        for heading, section in COMMANDS.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{name:<{wide}}", help) for name, (_, help) in section.items()])


app = typer.Typer(
    name="cqia",
    help="From raw Chinese pages to a small, excellent instruction-tuning dataset, with every record accounted for.",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # half of the time to show --help
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        print(f"cqia {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", is_eager=True, callback=_version, help="Its version.")] = False,
) -> None:
    pass


judge = typer.Typer(help="The model-based filter.", no_args_is_help=True, rich_markup_mode=None)
review = typer.Typer(help="Human finalisation.", no_args_is_help=True, rich_markup_mode=None)
arena = typer.Typer(help="Two answers to one prompt, compared.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(judge, name="judge")
app.add_typer(review, name="review")
app.add_typer(arena, name="arena")

HERE = Path()
_GIVEN = ContextVar("the folder given with -C", default=HERE)
#: Those that take -C.
_IN_PROJECT = re.compile(
    r"\bcqia (?:run|answer|report|takedown|status|why|list|quarantine|sources|release|export|push|analyse"
    r"|rules(?: audit)?|judge (?!compare)[a-z-]+|(?:review|arena) [a-z]+)\b"
)


def _given(folder: Path) -> Path:
    _GIVEN.set(folder)
    return folder


def there(text: str) -> str:
    """A text in which the commands that it tells people to type have the ``-C`` that they gave themselves."""
    folder = _GIVEN.get()
    return text if folder == HERE else _IN_PROJECT.sub(lambda said: f"{said[0]} -C {shlex.quote(str(folder))}", text)


Folder = Annotated[Path, typer.Option("--project", "-C", callback=_given, help="The project's folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Sample = Annotated[
    int | None, typer.Option("--sample", min=1, help="N raw items of each source, in a workspace of their own.")
]
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
