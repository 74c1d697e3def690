"""The local executor: child processes for Python-bound work, Polars' own threads for frames."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

from cqia.engine.manifest import Made
from cqia.engine.task import Task
from cqia.engine.worker import Worker, guarded
from cqia.errors import CqiaError


@dataclass
class Local:
    """Runs tasks on this machine. Use it as a context: its child processes end with it.

    Attributes:
        workers: child processes; None takes one for each core.
        modules: the user's own source files.
    """

    workers: int | None = None
    modules: Sequence[Path] = ()
    _idle: SimpleQueue[Worker] = field(default_factory=SimpleQueue, init=False)

    def __enter__(self) -> Local:
        return self

    def __exit__(self, *error: object) -> None:
        self._rest()

    def _rest(self) -> None:
        """End the idle child processes, whose memory is better used by the next stage."""
        while not self._idle.empty():
            self._idle.get().stop()

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Made]]:
        """Yield each task with what came of it, in the order of finishing; the first error ends the run."""
        if not tasks:
            return
        where = tasks[0].stage.where
        if where != "workers":
            self._rest()
        if where == "driver":
            for task in tasks:
                yield task, checked(guarded(task))
            return
        # Two frames at a time: one is computed by Polars' threads while the other is read, written or synced.
        threads = 2 if where == "threads" else (self.workers or os.cpu_count() or 1)
        work = self._in_child if where == "workers" else lambda task: checked(guarded(task))
        with ThreadPoolExecutor(threads, thread_name_prefix=where) as pool:
            running: dict[Future[Made], Task] = {}
            try:
                for task in tasks:
                    running[pool.submit(work, task)] = task
                while running:
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        yield running.pop(future), future.result()
            finally:
                for future in running:
                    future.cancel()

    def _in_child(self, task: Task) -> Made:
        try:
            worker = self._idle.get_nowait()
        except Empty:
            worker = Worker(self.modules)
        try:
            return worker.run(task)
        finally:
            self._idle.put(worker)


def checked(done: Made | CqiaError) -> Made:
    """What was made; an error is raised."""
    if isinstance(done, CqiaError):
        raise done
    return done
