"""A full disk and a read-only folder: a sentence, nothing lost, and the same command goes on where it stopped."""

import contextlib
import os
import random
import subprocess

import pytest

from cqia.engine import files
from made import lines, make_project, note


def disk(folder, *options):
    """A small disk of its own, where this process may make one."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", *options, "none", folder], check=False, capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("a full or read-only disk is made by mounting one, which needs root")


def remount(folder, options):
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


@pytest.fixture
def small(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("a full or read-only disk is made by mounting one, which needs root")
    folder = tmp_path / "disk"
    disk(folder, "-o", "size=1m")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def rows(size):
    """Notes of characters that do not compress."""
    draw = random.Random(7)
    return [note(n, text="".join(chr(draw.randrange(0x4E00, 0x9FA5)) for _ in range(500))) for n in range(size)]


def project_on(small, tmp_path, size):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/a.jsonl").write_text(lines(rows(size)), "utf-8")
    return make_project(small / "p", raw=[f"{tmp_path}/raw/*.jsonl"], toml="[run]\nshard_mib = 0.1")


@pytest.mark.parametrize("command", [["run"], ["release", "v1"]])
@pytest.mark.parametrize("size", [30, 120, 180, 260, 500])
def test_a_full_disk(small, tmp_path, cqia, inline, command, size):
    folder = project_on(small, tmp_path, size)
    said = cqia(*command, "-C", folder)
    if said.code == 0:
        assert size == 30, "the disk was not full"
        return
    assert said.code == 1
    assert "disk is full" in said.err
    assert "run the same command again" in said.err
    assert not list((folder / "releases").glob("v*"))
    remount(small, "size=50m")
    assert cqia(*command, "-C", folder).code == 0
    assert cqia("status", "-C", folder).code == 0
    assert not [path for path in folder.rglob(".*") if path.is_file()]  # no leftovers


def test_a_full_disk_in_the_middle_of_any_write(project, cqia, inline, monkeypatch):
    """Each write in turn finds the disk full; then there is room again."""
    whole = os.fsync
    for fails in (1, 2, 3, 5, 8, 13, 21):
        writes = [0]

        def fsync(descriptor, writes=writes, fails=fails):
            writes[0] += 1
            if writes[0] == fails:
                raise OSError(28, "No space left on device")
            whole(descriptor)

        folder = make_project(project([note(1)]).parent / f"p{fails}", [note(n) for n in range(3)])
        monkeypatch.setattr(files.os, "fsync", fsync)
        said = cqia("run", "-C", folder)
        assert (said.code, "disk is full" in said.err) == (1, True), (fails, said)
        monkeypatch.setattr(files.os, "fsync", whole)
        assert cqia("run", "-C", folder).code == 0
        assert cqia("status", "-C", folder).code == 0


@pytest.mark.parametrize("command", [["filter", "--rules", "zhihu"], ["dedup"]])
@pytest.mark.parametrize("size", ["40k", "120k", "200k", "400k"])
def test_a_full_disk_without_a_project(small, tmp_path, cqia, command, size):
    (tmp_path / "a.jsonl").write_text(lines(rows(400)), "utf-8")
    remount(small, f"size={size}")
    said = cqia(command[0], tmp_path / "a.jsonl", *command[1:], "--out", small / "out")
    assert (said.code, "disk is full" in said.err) == (1, True), said
    remount(small, "size=50m")
    assert cqia(command[0], tmp_path / "a.jsonl", *command[1:], "--out", small / "out").code == 0


def test_a_disk_that_is_full_to_the_last_byte(small, cqia, inline):
    folder = make_project(small / "p", [note(1)])
    assert cqia("run", "-C", folder).code == 0
    with (small / "fill").open("wb", buffering=0) as fill, contextlib.suppress(OSError):
        while True:
            fill.write(b"0" * 4096)
    for command in (["takedown", "--id", "notes:n1", "--apply"], ["run"], ["release", "v1"]):
        said = cqia(*command, "-C", folder)
        assert (said.code, "disk is full" in said.err) == (1, True), said
    (small / "fill").unlink()
    assert cqia("release", "v1", "-C", folder).code == 0


@pytest.mark.parametrize(
    "command",
    [
        ["run"],
        ["release", "v1"],
        ["report"],
        ["takedown", "--id", "notes:n1", "--apply"],
        ["review", "import", "d.jsonl"],
    ],
)
def test_a_read_only_workspace(small, tmp_path, cqia, inline, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.jsonl").write_text(
        lines([{"record": "notes:n1/answer", "action": "accept", "reviewer": "甲", "at": "2026-01-01T00:00:00Z"}]),
        "utf-8",
    )
    folder = project_on(small, tmp_path, 10)
    assert cqia("run", "-C", folder).code == 0
    remount(small, "ro")
    said = cqia(*command, "-C", folder)
    assert said.code == 1, said
    assert str(folder) in said.err
    assert "cannot be" in said.err
    for looking in (["status"], ["why", "notes:n1"], ["quarantine"], ["takedown", "--id", "notes:n1"]):
        assert cqia(*looking, "-C", folder).code == 0
    remount(small, "rw")


def test_reviews_on_a_full_disk_are_not_acknowledged(small, tmp_path, cqia, inline):
    folder = make_project(small / "p", [note(1)])
    assert cqia("run", "-C", folder).code == 0
    decisions = [{"record": f"notes:n{n}/answer", "action": "reject", "reviewer": "甲", "at": "2026-01-01T00:00:00Z",
                  "reason": "理由" * 200} for n in range(2000)]  # fmt: skip
    file = tmp_path / "d.jsonl"
    file.write_text(lines(decisions), "utf-8")
    said = cqia("review", "import", file, "-C", folder)
    assert (said.code, said.out) == (1, "")
    assert "review.sqlite" in said.err
    assert "full" in said.err
    remount(small, "size=50m")
    assert "2000 decisions read, 2000 new" in cqia("review", "import", file, "-C", folder).out


@pytest.mark.parametrize("name", ["work", "work/notes", "work/lock", "releases", "releases/.v1.tmp", "report"])
@pytest.mark.parametrize("kind", ["a file", "a folder"])
def test_something_else_stands_where_a_folder_or_file_should(tmp_path, cqia, inline, name, kind):
    folder = make_project(tmp_path / "p", [note(1)])
    place = folder / name
    place.parent.mkdir(exist_ok=True)
    if kind == "a file":
        place.write_text("x")
    else:
        place.mkdir()
    for command in (["release", "v1"], ["report"], ["status"]):
        said = cqia(*command, "-C", folder)
        assert said.code in (0, 1)
        if said.code:
            assert str(folder) in said.err
