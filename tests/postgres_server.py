"""A PostgreSQL server of one's own, in a folder and on a port that nobody else uses; gone when it is closed."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ENABLE = "wants PostgreSQL: apt-get install postgresql"


def binaries() -> Path | None:
    """The folder of ``initdb`` and ``postgres``: the newest of Debian's, else what is on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4].split(".")[0]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def server(*settings: str) -> Iterator[str]:
    """Run a server; the URL of its database. It syncs every commit to disk, as one does that matters.

    Args:
        settings: further arguments of ``postgres``.
    """
    programs = binaries()
    if programs is None:
        raise FileNotFoundError(ENABLE)
    # PostgreSQL does not run as root.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="cqia-postgres-"))
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    data = folder / "data"
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "cqia", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
        check=True, capture_output=True, user=user, cwd=folder,
    )  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port), "-k", folder, "-c", "listen_addresses=127.0.0.1",
             *settings],
            stdout=log, stderr=log, user=user, cwd=folder,
        )  # fmt: skip
    try:
        _wait(programs / "pg_isready", port, process, folder / "log")
        yield f"postgresql://cqia@127.0.0.1:{port}/postgres"
    finally:
        process.send_signal(signal.SIGQUIT)  # nothing in it is wanted any more
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(ready: Path, port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(300):
        if subprocess.run([ready, "-q", "-h", "127.0.0.1", "-p", str(port)], check=False).returncode == 0:
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text('utf-8', 'replace')}")
