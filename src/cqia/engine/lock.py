"""One process owns a workspace at a time; the lock names its owner and dies with it."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cqia.engine.files import explained
from cqia.errors import WorkspaceError


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Own ``folder`` for the time of the block.

    Raises:
        WorkspaceError: another process owns it (its name is in the message), or the folder cannot be written.
    """
    path = folder / "lock"
    with explained(path):
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("ab+", buffering=0)
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            owner = file.read().decode("utf-8", "replace").strip() or "another process"
            raise WorkspaceError(
                f"The workspace {folder} is in use by {owner}.", "Wait for it to end, or stop it; then run again."
            ) from error
        with explained(path):
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield
        file.truncate(0)
