"""One process owns a workspace at a time; the lock dies with its owner."""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest

from cqia.engine.lock import locked
from cqia.errors import WorkspaceError

HOLD = "import sys; from pathlib import Path; from cqia.engine.lock import locked\n" \
       "with locked(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"  # fmt: skip


@contextmanager
def held_elsewhere(folder):
    """Another process owns the folder."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        try:
            yield other
        finally:
            other.kill()


def test_a_workspace_in_use_names_its_owner(tmp_path):
    with (
        held_elsewhere(tmp_path) as other,
        pytest.raises(WorkspaceError, match=f"process {other.pid}"),
        locked(tmp_path),
    ):
        pass
    with locked(tmp_path):  # the owner was killed, and its lock with it
        assert str(os.getpid()) in (tmp_path / "lock").read_text()


def test_a_lock_is_free_again_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        raise ZeroDivisionError
    with locked(tmp_path):
        pass


def test_two_runs_at_once(tmp_path, project, cqia):
    folder = project([{"id": "a", "text": "一条足够长的笔记在这里"}])
    (folder / "work").mkdir()
    with held_elsewhere(folder / "work") as other:
        said = cqia("run", "-C", folder)
        assert (said.code, said.out) == (1, "")
        assert f"in use by process {other.pid}" in said.err
        assert "run again" in said.err
        assert cqia("status", "-C", folder).code == 0  # looking is allowed
    assert cqia("run", "-C", folder).code == 0
