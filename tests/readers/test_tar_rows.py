"""Archives are read member by member, in order, and nothing of them is written anywhere."""

import io
import tarfile
from pathlib import Path

import pytest

from cqia.readers import tar_rows
from cqia.readers.slices import cut, pages


def archive(path: Path, *members: tuple[str, bytes], mode="w:gz") -> Path:
    with tarfile.open(path, mode) as file:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        file.addfile(folder)
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return path


def read(path: Path, **named):
    (slice,) = cut(path, slice_bytes=1 << 10, whole=())
    return list(pages(slice, **named))


@pytest.mark.parametrize(("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("A.TGZ", "w:gz")])
def test_members_in_their_order(tmp_path, name, mode):
    found = read(archive(tmp_path / name, ("b/2.json", b'{"x": 2}'), ("../../1.json", b'{"x": 1}'), mode=mode))
    assert [(raw.locator, raw.row) for raw in found] == [
        ("member=1", {"x": 2, "_member": "b/2.json"}),
        ("member=2", {"x": 1, "_member": "../../1.json"}),
    ]
    assert [path.name for path in tmp_path.iterdir()] == [name], "nothing is unpacked"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [("1.json", b"{", "bad_json"), ("1.json", b"\xff", "bad_json"), ("1.json", b"[1]", "bad_row"),
     ("1.json", b"[" * 60_000, "bad_json"), ("1.json", b'{"x": "' + b"a" * 90_000 + b'"}', "too_large")],
)  # fmt: skip
def test_one_bad_member_costs_itself_alone(tmp_path, name, data, reason):
    bad, good = read(archive(tmp_path / "a.tar.gz", (name, data), ("2.json", b"{}")), max_page_bytes=70_000)
    assert bad.trouble is not None
    assert bad.trouble.reason == reason
    assert good.row == {"_member": "2.json"}


def test_what_is_no_json_is_bytes(tmp_path):
    (found,) = read(archive(tmp_path / "a.tar", ("README.txt", "说明".encode()), mode="w"))
    assert found.data == "说明".encode()


def test_a_torn_archive_gives_what_is_whole(tmp_path):
    path = archive(tmp_path / "a.tar", *((f"{n}.json", b'{"x": "' + b"a" * 2_000 + b'"}') for n in range(20)), mode="w")
    path.write_bytes(path.read_bytes()[:30_000])
    found = read(path)
    assert [raw.trouble.reason for raw in found if raw.trouble] == ["bad_tar"]
    assert len(found) > 5
    path.write_bytes(b"no archive")
    assert [raw.trouble.reason for raw in read(path) if raw.trouble] == ["bad_tar"]


def test_a_bomb_stops(tmp_path, monkeypatch):
    monkeypatch.setattr(tar_rows, "MAX_UNPACKED", 5_000_000)
    path = archive(tmp_path / "a.tar.gz", *((f"{n}.bin", b"\0" * 1_000_000) for n in range(20)))
    found = read(path)
    assert (len(found), found[-1].trouble.reason if found[-1].trouble else None) == (6, "too_large")
