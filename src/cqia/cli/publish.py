"""A release, and a release for others: release, export, push."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cqia.cli.app import HERE, Folder, app, opened, there

Name = Annotated[str, typer.Argument(metavar="RELEASE", help="A release of the project, like v1, or its folder.")]


@app.command()
def release(
    version: Annotated[str, typer.Argument(help="The name of the release, like v1.")],
    folder: Folder = HERE,
    runner: Annotated[str | None, typer.Option(help="local or ray; else as cqia.toml says.")] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="An earlier release: write down what changed since.")
    ] = None,
) -> None:
    """Run what is left of the road and write the dataset into releases/VERSION."""
    from cqia.cli.show import progress, waiting, warn
    from cqia.publish import release as make

    project = opened(folder, None, runner)
    with progress() as told:
        made = make(project, version, against=against, progress=told, warn=warn)
    total = sum(count for name, count in made.rows.items() if name.endswith(".jsonl"))
    print(f"{made.folder}: {total} records" + (", unchanged." if made.unchanged else "."))
    if made.waiting:
        print(there(f"Not in it, because they wait: {waiting(made.waiting)}."))
    if made.unlicensed:
        warn(
            f"the licence of {', '.join(made.unlicensed)} is not known: see LICENSES.md before passing the release on."
        )


@app.command()
def export(
    name: Name,
    form: Annotated[
        str,
        typer.Option(
            "--format", help="alpaca, sharegpt, messages, llama-factory, trl-messages or trl-prompt-completion."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="A new folder.")],
    folder: Folder = HERE,
) -> None:
    """Write a release in the form that a training tool reads."""
    from cqia.release.export import export as make

    rows = make(_found(name, folder), form, out)
    for file, count in rows.items():
        print(f"{out / file}: {count} records")


@app.command()
def push(
    name: Name,
    repo: Annotated[
        str, typer.Argument(metavar="REPO", help="The dataset's repository on the Hub, like your-name/dataset.")
    ],
    private: Annotated[bool, typer.Option("--private", help="If the repository is made: make it private.")] = False,
    acknowledge: Annotated[
        list[str] | None,
        typer.Option("--acknowledge", help="A source whose licence is not known and that you take on; repeatable."),
    ] = None,
    folder: Folder = HERE,
) -> None:
    """Upload a release to the Hub, unless a licence forbids it."""
    from cqia.release.push import push as upload

    done = upload(_found(name, folder), repo, private=private, acknowledged=acknowledge or ())
    print(f"{done.url}, tag {done.tag}" + (": all of it was there already." if done.unchanged else "."))


def _found(name: str, folder: Path) -> Path:
    """The folder of a release: of this project by name, or as it is named."""
    here = folder / "releases" / name
    if "/" not in name and here.is_dir():
        return here
    if (Path(name) / "manifest.json").is_file():
        return Path(name)

    from cqia.errors import UsageError, nearest
    from cqia.release.register import releases

    known = [path.name for path in releases(folder / "releases")]
    raise UsageError(f"There is no release {name!r} in {(folder / 'releases').absolute()}, and no folder of that name.",
                     nearest(name, known))  # fmt: skip
