"""Kill it anywhere and run it again: the same release, byte for byte."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import make_project

ROAD = Path(__file__).parent / "road"

CHUNKS = 8  # so that the boundaries are shared out over pytest's workers


@pytest.fixture(scope="module")
def forked() -> Iterator[Callable[..., int]]:
    """Drives a project in a forked child, to the end or to a boundary; gives its exit code, negative for a signal."""
    command = [sys.executable, str(ROAD / "drive.py"), "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None

        def drive(folder: Path, kill_at: int = 0) -> int:
            print(kill_at, folder, file=server.stdin, flush=True)
            return int(server.stdout.readline())

        yield drive
        server.stdin.close()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, bytes]]:
    """The number of boundaries of a run, and the release it makes."""
    folder = make_project.make(tmp_path_factory.mktemp("undisturbed") / "project")
    command = [sys.executable, str(ROAD / "drive.py"), str(folder)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return int(printed), make_project.release_bytes(folder)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_killed_at_every_write_boundary(
    chunk: int, undisturbed: tuple[int, dict[str, bytes]], forked: Callable[..., int], tmp_path: Path
) -> None:
    boundaries, release = undisturbed
    assert boundaries > 100, "the driver no longer sees the engine's writes"
    for boundary in range(1 + chunk, boundaries + 1, CHUNKS):
        folder = make_project.make(tmp_path / "project")
        assert forked(folder, boundary) == -signal.SIGKILL, boundary
        assert forked(folder) == 0, boundary
        assert make_project.release_bytes(folder) == release, boundary
        assert not list(folder.rglob(".*.tmp")), boundary
        shutil.rmtree(folder)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project.make(tmp_path / "project")


@pytest.mark.timeout(600)
def test_killed_at_twenty_random_moments(undisturbed: tuple[int, dict[str, bytes]], project: Path) -> None:
    """The command itself, with its worker processes, killed as a whole group; the workspace is never cleaned."""
    command = [sys.executable, "-m", "cqia", "release", "v1", "-C", str(project)]
    begun = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    whole = time.monotonic() - begun
    moments = random.Random(20240326)
    killed = 0
    for _ in range(20):
        if (project / "releases").exists():
            shutil.rmtree(project / "work")
            shutil.rmtree(project / "releases")
        process = subprocess.Popen(
            command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(moments.uniform(0.1, 0.95) * whole)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
    assert killed >= 10
    subprocess.run(command, check=True, capture_output=True)
    assert make_project.release_bytes(project) == undisturbed[1]
