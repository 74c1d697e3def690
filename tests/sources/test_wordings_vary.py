"""Wordings of all sources: enough of them, and they begin differently, so that no source is known by its start."""

import re
from collections import Counter

import pytest

from cqia.sources import SOURCES
from cqia.sources.examples import AS_WRITTEN

TASKS = [(source, task) for source in SOURCES.values() for task in source.tasks if task.wordings != AS_WRITTEN]
#: Of a task's wordings so many may begin with the same words of ours; what a placeholder begins with is the document's.
MOST_ALIKE = 0.25


@pytest.mark.parametrize(("source", "task"), TASKS, ids=[f"{source.name}-{task.name}" for source, task in TASKS])
def test_a_task_has_ten_wordings_that_begin_in_different_ways(source, task):
    assert len(task.wordings) >= 10
    begun = Counter(wording[:3] for wording in task.wordings if not wording.startswith("{"))
    word, most = max(begun.items(), key=lambda item: item[1])
    assert most / len(task.wordings) <= MOST_ALIKE, f"{most} of {len(task.wordings)} begin with {word}"


@pytest.mark.parametrize(("source", "task"), TASKS, ids=[f"{source.name}-{task.name}" for source, task in TASKS])
def test_wordings_are_typed_as_people_type(source, task):
    for wording in task.wordings:
        assert wording == wording.strip()
        assert not re.search(r"[\u4e00-\u9fff][,;?!:](?=[\u4e00-\u9fff])", wording), f"a half-width sign: {wording}"
        assert not re.match(r"[.。·,，、]", wording), f"a stray sign at the beginning: {wording}"
