"""The desk in the browser: review serve, arena serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cqia.cli.app import HERE, Folder, arena, review

Host = Annotated[str, typer.Option("--host", help="The address to listen at.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes any that is free.")]
Names = Annotated[
    list[str] | None, typer.Option("--name", help="A name by which browsers reach it; repeatable.", show_default=False)
]
Certificate = Annotated[Path | None, typer.Option("--certificate", help="For TLS: a PEM file.")]
Key = Annotated[Path | None, typer.Option("--key", help="For TLS: the certificate's key, a PEM file.")]
BehindProxy = Annotated[bool, typer.Option("--behind-proxy", help="A proxy in front speaks TLS and names the client.")]
Processes = Annotated[int, typer.Option("--processes", min=1, max=64, help="How many answer; each uses one core.")]
Url = Annotated[str | None, typer.Option("--database", help="postgresql://… instead of SQLite in the workspace.")]


@review.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8765,
    name: Names = None,
    certificate: Certificate = None,
    key: Key = None,
    behind_proxy: BehindProxy = False,
    processes: Processes = 1,
    database: Url = None,
    folder: Folder = HERE,
) -> None:
    """Open the review desk in the browser: people accept, edit or reject what the road has brought."""
    _open("/", host, port, name, certificate, key, behind_proxy, processes, database, folder)


@arena.command("serve")
def serve_arena(
    host: Host = "127.0.0.1",
    port: Port = 8765,
    name: Names = None,
    certificate: Certificate = None,
    key: Key = None,
    behind_proxy: BehindProxy = False,
    processes: Processes = 1,
    database: Url = None,
    folder: Folder = HERE,
) -> None:
    """Open the desk for comparing: two answers to one prompt, and nobody sees whose they are."""
    _open("/arena", host, port, name, certificate, key, behind_proxy, processes, database, folder)


def _open(
    page: str, host: str, port: int, names: list[str] | None, certificate: Path | None, key: Path | None,
    behind_proxy: bool, processes: int, database: str | None, folder: Path,
) -> None:  # fmt: skip
    from cqia.cli.app import opened
    from cqia.errors import UsageError

    try:
        from cqia.desk.serve import Place
        from cqia.desk.serve import serve as go
    except ImportError as error:
        raise UsageError(f"The desk needs an extra: {error}.", "Install it: pip install 'cqia[review]'") from error

    place = Place(host, port, tuple(names or ()), certificate, key, behind_proxy)
    go(opened(folder), place, database, processes=processes, first_page=page)
