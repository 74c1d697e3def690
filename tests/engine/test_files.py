"""Writing into a workspace: a file is either old or new, whole; what the system says becomes a sentence."""

import errno
import os
from pathlib import Path

import polars as pl
import pytest

from cqia.engine import files
from cqia.errors import WorkspaceError


@pytest.fixture
def failing(monkeypatch):
    """Makes one of the steps of writing fail, as a full disk or a pulled plug would."""

    def fail(step: str, error: BaseException) -> None:
        def broken(*arguments, **named):
            raise error

        if step == "replace":
            monkeypatch.setattr(Path, "replace", broken)
        else:
            monkeypatch.setattr(os, step, broken)

    return fail


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), WorkspaceError),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), WorkspaceError),
        (OSError(errno.EROFS, "Read-only file system"), WorkspaceError),
        (OSError(errno.EACCES, "Permission denied"), WorkspaceError),
        (OSError(errno.EIO, "Input/output error"), OSError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_a_failure_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path, failing, step, error, raised):
    path = tmp_path / "a.json"
    files.write_bytes(path, b"old")
    failing(step, error)
    with pytest.raises(raised):
        files.write_bytes(path, b"new" * 1000)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "cannot be written"), (errno.EACCES, "writable")],
)
def test_what_the_system_says_is_explained_with_the_place_and_what_to_do(tmp_path, failing, number, words):
    failing("fsync", OSError(number, os.strerror(number)))
    with pytest.raises(WorkspaceError, match=words) as raised:
        files.write_part(tmp_path / "part-00000.parquet", pl.DataFrame({"id": ["a"]}))
    assert str(tmp_path / "part-00000.parquet") in raised.value.message
    assert raised.value.hint


def test_a_part_has_the_same_bytes_however_its_frame_was_put_together(tmp_path):
    whole = pl.DataFrame({"id": [f"甲{n}" for n in range(1000)], "likes": [None, *range(999)]})
    pieces = pl.concat([whole[:1], whole[1:700], whole[700:]], rechunk=False)
    first = files.write_part(tmp_path / "a.parquet", whole)
    assert first == files.write_part(tmp_path / "b.parquet", pieces)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert (first.rows, first.size) == (1000, (tmp_path / "a.parquet").stat().st_size)


def test_leftovers_of_a_killed_run_go_and_nothing_else_does(tmp_path):
    keep, gone = tmp_path / "notes" / "out" / "part-00000.parquet", tmp_path / "notes" / "out" / ".part.parquet.1f.tmp"
    keep.parent.mkdir(parents=True)
    for path in (keep, gone):
        path.write_bytes(b"x")
    files.remove_leftovers(tmp_path)
    assert keep.exists()
    assert not gone.exists()
