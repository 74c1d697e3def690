"""A child process for Python-bound work, watched: a crash or a time limit costs one page, never the run.

The child says the number of each page before it reads it. When it dies, or stays silent for too long, the page it
named last is the culprit: the work is done again in a new child, without that page, which ends quarantined.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from cqia.engine.code import load_module
from cqia.engine.manifest import Made
from cqia.engine.task import Task, perform
from cqia.errors import CqiaError

#: A page of 20 MB takes the slowest reader seen (trafilatura) about two seconds.
PAGE_SECONDS = 60.0
#: A shard in which more pages than this kill their reader means that the reader is broken, not the pages.
MOST_CULPRITS = 50


class StageError(CqiaError):
    """A stage's function raised: a fault of ours, or of a user's own source."""


@dataclass
class Worker:
    """One child process, started when first needed and again after it died.

    ``modules`` are the user's own source files, which the child imports before it takes work.
    """

    modules: Sequence[Path] = ()
    seconds: float = PAGE_SECONDS
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _line: Connection | None = field(default=None, init=False)

    def run(self, task: Task) -> Made:
        """Do ``task`` in the child."""
        troubled = dict(task.troubled)
        while True:
            line = self._start()
            try:
                line.send(replace(task, troubled=troubled))
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                raise StageError(
                    f"{task.shard.source}/{task.stage.name} cannot be given to a worker: {error}.",
                    "A reader must be a function with a name, at the top of its file.",
                ) from error
            number, trouble = self._watch(line)
            if trouble is None:
                done = line.recv()
                if isinstance(done, CqiaError):
                    raise done
                assert isinstance(done, Made)
                return done
            self.stop()
            if number is None or number in troubled or len(troubled) >= MOST_CULPRITS:
                where = f"{task.shard.source}/{task.stage.name}, shard {task.shard.name}"
                raise StageError(f"{where}: the worker {trouble[1]}.", "Is there enough memory? Try fewer workers.")
            troubled[number] = trouble

    def _watch(self, line: Connection) -> tuple[int | None, tuple[str, str] | None]:
        """Follow the page numbers until the result is ready (None) or the child is lost (why)."""
        number: int | None = None
        while True:
            if not line.poll(self.seconds):
                return number, ("timed_out", f"took longer than {self.seconds:g} seconds")
            try:
                said = line.recv()
            except (EOFError, OSError):
                assert self._child is not None
                code = self._child.wait()
                return number, ("crashed", f"died ({signal.strsignal(-code) if code < 0 else f'exit code {code}'})")
            if said is None:
                return number, None
            number = said

    def _start(self) -> Connection:
        if self._line is None:
            ours, theirs = socket.socketpair()
            with theirs:
                command = [sys.executable, "-P", "-m", "cqia.engine.worker", str(theirs.fileno())]
                self._child = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
            self._line = Connection(ours.detach())
            self._line.send([str(path) for path in self.modules])
        return self._line

    def stop(self) -> None:
        """End the child, whatever it is doing."""
        if self._line is not None and self._child is not None:
            self._line.close()
            self._child.kill()
            self._child.wait()
        self._line = self._child = None


def guarded(task: Task, beat: Any = lambda number: None) -> Made | CqiaError:
    """``perform``, with what a stage's function raises turned into an error that says where."""
    try:
        return perform(task, beat)
    except CqiaError as error:
        return error
    except Exception as error:  # noqa: BLE001 - the function may be a user's, and may raise anything
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
        said = next((line.strip() for line in str(error).splitlines() if line.strip()), "")  # Polars adds its plan
        where = f"{task.shard.source}/{task.stage.name}, shard {task.shard.name}"
        return StageError(f"{where}: {type(error).__name__}: {said} ({frames[-1].filename}:{frames[-1].lineno})")


def _child(descriptor: int) -> None:
    line = Connection(descriptor)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a reader prints is not for the run's output
    failed = None
    for path in line.recv():
        try:
            load_module(Path(path))
        except Exception as error:  # noqa: BLE001 - a user's file may raise anything, here and not in the driver
            failed = StageError(f"{path} cannot be imported by a worker: {type(error).__name__}: {error}.")
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            given = line.recv_bytes()  # to be unpickled only where the user's files are there
            done = failed or guarded(pickle.loads(given), line.send)  # noqa: S301 - from our own driver
            line.send(None)
            line.send(done)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver, which ends its children
    from cqia.engine import worker  # this module by its name: what __main__ raises, the driver could not unpickle

    worker._child(int(sys.argv[1]))
