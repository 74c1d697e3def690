"""The ray executor: the same tasks as Ray tasks, over storage that every node reaches.

Each Ray worker keeps one watched child process for Python-bound work, so that a crash or a time limit ends the same
way as on one machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cqia.engine.local import checked
from cqia.engine.manifest import Made
from cqia.engine.task import Task
from cqia.engine.worker import Worker, guarded
from cqia.errors import CqiaError, UsageError

_workers: dict[tuple[str, ...], Worker] = {}


def _perform(pickled: bytes, modules: Sequence[str]) -> Made | CqiaError:
    """In a Ray worker: do one task."""
    import pickle

    from cqia.engine.code import load_module

    for path in modules:
        load_module(Path(path))
    task: Task = pickle.loads(pickled)  # noqa: S301 - from our own driver, over Ray's own channel
    if task.stage.where != "workers":
        return guarded(task)
    worker = _workers.setdefault(tuple(modules), Worker([Path(path) for path in modules]))
    try:
        return worker.run(task)
    except CqiaError as error:
        return error


@dataclass
class OnRay:
    """Runs tasks on a Ray cluster. Use it as a context.

    Attributes:
        address: of the cluster ("auto" finds a running one; None starts Ray on this machine).
        modules: the user's own source files, readable on every node.
    """

    address: str | None = None
    modules: Sequence[Path] = ()
    _started: bool = field(default=False, init=False)

    def __enter__(self) -> OnRay:
        try:
            import ray
        except ImportError as error:
            raise UsageError("The ray executor needs Ray.", "Install it with: pip install 'cqia[ray]'") from error
        if not ray.is_initialized():
            try:
                ray.init(address=self.address, include_dashboard=False, log_to_driver=False)
            except ConnectionError as error:
                raise UsageError(f"No Ray cluster answers at {self.address}.", "Start one with: ray start") from error
            self._started = True
        return self

    def __exit__(self, *error: object) -> None:
        import ray

        if self._started:
            ray.shutdown()

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Made]]:
        """Yield each task with what came of it, in the order of finishing; the first error ends the run."""
        import pickle

        import ray

        if tasks and tasks[0].stage.where == "driver":
            for task in tasks:
                yield task, checked(guarded(task))
            return
        remote: Any = ray.remote(max_retries=2, num_cpus=1)(_perform)
        modules = [str(path) for path in self.modules]
        running = {remote.remote(pickle.dumps(task), modules): task for task in tasks}
        try:
            while running:
                for done in ray.wait(list(running))[0]:
                    yield running.pop(done), checked(ray.get(done))
        finally:
            for left in running:
                ray.cancel(left)
