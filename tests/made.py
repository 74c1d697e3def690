"""What the tests of the house share: projects of a small source of one's own, and ``cqia`` called in this process."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cqia import cli, pipeline
from cqia.engine.local import checked
from cqia.engine.manifest import Made
from cqia.engine.task import Task
from cqia.engine.worker import guarded
from cqia.ledger.counts import Funnel, funnel
from cqia.project import Project, load

ROOT = Path(__file__).resolve().parents[1]
OWN = ROOT / "tests" / "own" / "notes.py"
DATA = ROOT.parent / "shared" / "data"


@pytest.fixture
def real_data() -> Path:
    """The folder of real data; it is not part of the project."""
    if not DATA.is_dir():
        pytest.skip(f"wants real pages and rows in {DATA}: put that folder there to run this test")
    return DATA


def note(number: int, **fields: Any) -> dict[str, Any]:
    """A row that passes every rule; no two are alike."""
    return {
        "id": f"n{number}",
        "title": f"第{number}件小事怎么办？",
        "text": f"先把编号{number * 7919 % 10007}的东西收好，再慢慢处理{chr(0x4E00 + number * 37 % 20000)}字号那件，"
        "最后擦干净。",
        "likes": 10 + number,
    } | fields


def lines(rows: Iterable[object]) -> str:
    """Rows as JSON lines; a string stands as it is, for lines that are no JSON."""
    return "".join((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)


def make_project(
    folder: Path,
    rows: Iterable[object] | None = None,
    *,
    toml: str = "",
    source: str = "notes",
    raw: Sequence[str] = ("raw/*.jsonl",),
    python: Path | None = OWN,
) -> Path:
    """A project in ``folder`` with ``rows`` in ``raw/a.jsonl``; ``toml`` is what else its cqia.toml says."""
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    if rows is not None:
        (folder / "raw" / "a.jsonl").write_text(lines(rows), "utf-8")
    own = "" if python is None else f"python = {json.dumps(str(python))}\n"
    (folder / "cqia.toml").write_text(f"[sources.{source}]\n{own}raw = {json.dumps(list(raw))}\n{toml}\n", "utf-8")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """``make_project`` in this test's folder."""
    return lambda *args, **named: make_project(tmp_path / "p", *args, **named)


def counted(project: Project) -> Funnel:
    """The funnel of a project."""
    return funnel(project.work, {name: source.stages for name, source in project.sources.items()})


@dataclass
class Inline:
    """An executor in this process, one task after the other, that remembers what it was given to do."""

    done: list[str] = field(default_factory=list)

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Made]]:
        for task in tasks:
            self.done.append(f"{task.stage.name} {task.step} {task.shard.title}")
            yield task, checked(guarded(task))

    def taken(self) -> list[str]:
        """What was done since this was last asked, in order."""
        done, self.done = self.done, []
        return done


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> Inline:
    """Work is done in this process: faster than with child processes, and seen."""
    executor = Inline()

    @contextmanager
    def of(project: Project) -> Iterator[Inline]:
        yield executor

    monkeypatch.setattr(pipeline, "executor_of", of)
    return executor


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


@pytest.fixture
def cqia(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """The command line in this process. What is no error of ours propagates, as it would to a user: as a traceback."""

    def call(*arguments: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["cqia", *map(str, arguments)])
        capfd.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as exit:
            code = exit.code if isinstance(exit.code, int) else 0 if exit.code is None else 1
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return Said(code, out, err)

    return call


@pytest.fixture
def run() -> Callable[..., Funnel]:
    """Runs a project and gives its funnel."""

    def go(folder: Path, **named: Any) -> Funnel:
        pipeline.run(load(folder), **named)
        return counted(load(folder))

    return go
