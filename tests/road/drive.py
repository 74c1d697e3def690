"""Runs a project to a release in this process, counting write boundaries, and kills itself before one of them.

A boundary is a call that makes something durable or visible: fsync, rename, link; SQLite commits are its own.
``drive.py PROJECT`` prints how many there are; ``drive.py PROJECT N`` dies by SIGKILL before the Nth.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

BOUNDARIES = ("fsync", "replace", "rename", "link")


class Inline:
    """All tasks in this process, one after another, so that every boundary is this process's own."""

    def run(self, tasks: Sequence[object]) -> Iterator[tuple[object, object]]:
        from cqia.engine.local import checked
        from cqia.engine.worker import guarded

        for task in tasks:
            yield task, checked(guarded(task))


def drive(folder: Path, kill_at: int | None = None) -> int:
    """Run to a release; returns the number of boundaries passed."""
    from cqia import pipeline, publish
    from cqia.project import load

    @contextmanager
    def inline(project: object) -> Iterator[Inline]:
        yield Inline()

    pipeline.executor_of = inline
    passed = 0

    def counted(name: str) -> None:
        real = getattr(os, name)

        def before(*args: object, **kwargs: object) -> object:
            nonlocal passed
            passed += 1
            if passed == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)

        setattr(os, name, before)

    for name in BOUNDARIES:
        counted(name)
    publish.release(load(folder), "v1")
    return passed


def serve() -> None:
    """For each line ``N FOLDER`` on standard input, drive the project in a forked child that dies before boundary N (0:
    none) and print its exit code, negative for a signal.

    The process that forks has imported and read all that is slow, and started no threads, which a fork would lose.
    """
    import cqia.publish
    import cqia.similar.kernels  # noqa: F401
    from cqia.engine.code import code_digest
    from cqia.similar.normal import table
    from cqia.stages import assign, collect, dedup, filter, judge, release, review

    table()
    code_digest(*(stage.apply for stage in (collect, filter, dedup, assign, judge, review, release)), dedup.decide)

    for line in sys.stdin:
        number, _, folder = line.rstrip("\n").partition(" ")
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                drive(Path(folder), int(number) or None)
                code = 0
            finally:
                os._exit(code)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve()
    else:
        print(drive(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None))
