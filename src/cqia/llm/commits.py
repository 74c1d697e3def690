"""Many tasks, one journal: what they write while a transaction is on its way to the disk goes into the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Entry = TypeVar("Entry")
Result = TypeVar("Result")
Value = TypeVar("Value")


class Commits(Generic[Entry, Result]):
    """Awaits ``write(entries)`` in a thread of its own, for all callers of the moment at once.

    Whoever awaits an entry gets its result when it is on disk; what ``write`` raises, all of that batch get.
    """

    def __init__(self, write: Callable[[Sequence[Entry]], list[Result]]) -> None:
        self._write = write
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._waiting: list[tuple[Entry, asyncio.Future[Result]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def __call__(self, entry: Entry) -> Result:
        """Write one entry."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, future))
        if self._writing is None:
            self._writing = asyncio.create_task(self._all())
        return await future

    async def alone(self, work: Callable[[], Value]) -> Value:
        """Do something else with the journal, between two batches."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def close(self) -> None:
        """Finish what is being written."""
        if self._writing is not None:
            await self._writing
        await asyncio.to_thread(self._thread.shutdown)

    async def _all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            entries = [entry for entry, _ in batch]
            try:
                results = await loop.run_in_executor(self._thread, self._write, entries)
            except Exception as error:  # noqa: BLE001 - it is for those who wait
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)
        self._writing = None
