from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest

from cqia.llm.commits import Commits


def test_what_waits_goes_together_and_each_gets_its_own_result() -> None:
    batches: list[list[int]] = []

    def write(entries: Sequence[int]) -> list[int]:
        batches.append(list(entries))
        time.sleep(0.05)
        return [entry * 2 for entry in entries]

    async def all_() -> list[int]:
        commits: Commits[int, int] = Commits(write)
        made = await asyncio.gather(*(commits(n) for n in range(100)))
        await commits.close()
        return list(made)

    assert asyncio.run(all_()) == [2 * n for n in range(100)]
    assert [n for batch in batches for n in batch] == list(range(100))
    assert len(batches) <= 2


def test_what_goes_wrong_is_told_to_all_of_the_batch_and_the_next_one_goes_on() -> None:
    def write(entries: Sequence[int]) -> list[int]:
        if 13 in entries:
            raise OSError("disk full")
        return list(entries)

    async def all_() -> None:
        commits: Commits[int, int] = Commits(write)
        found = await asyncio.gather(commits(13), commits(14), return_exceptions=True)
        assert [str(each) for each in found] == ["disk full"] * 2
        assert await commits(15) == 15
        assert await commits.alone(lambda: "between") == "between"
        await commits.close()

    asyncio.run(all_())


def test_who_no_longer_waits_is_no_trouble() -> None:
    def write(entries: Sequence[int]) -> list[int]:
        time.sleep(0.1)
        return list(entries)

    async def all_() -> None:
        commits: Commits[int, int] = Commits(write)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(commits(1), 0.01)
        assert await commits(2) == 2
        await commits.close()

    asyncio.run(all_())
