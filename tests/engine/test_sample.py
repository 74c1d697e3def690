"""A sample: so many pages of each source, the same ones for the same seed, in a workspace of its own."""

import polars as pl
import pytest

from made import lines, note


def pages(folder, sample):
    parts = (folder / f"work-sample-{sample}/notes/collect/pages").glob("*.parquet")
    return set(pl.concat([pl.read_parquet(part) for part in parts])["id"])


@pytest.fixture
def folder(project):
    folder = project([note(n) for n in range(40)], toml="[run]\nshard_mib = 0.002")
    (folder / "raw/b.jsonl").write_text(lines(note(n) for n in range(40, 60)), "utf-8")
    return folder


@pytest.mark.parametrize(("sample", "size"), [(1, 1), (7, 7), (60, 60), (1000, 60)])
def test_the_size(folder, cqia, inline, sample, size):
    said = cqia("run", "-C", folder, "--sample", sample, "--until", "collect")
    assert said.code == 0
    assert len(pages(folder, sample)) == size
    assert not (folder / "work").exists()
    assert cqia("status", "-C", folder, "--sample", sample).code == 0


def test_it_is_the_same_again_and_another_for_another_seed(folder, cqia, inline):
    def drawn():
        assert cqia("run", "-C", folder, "--sample", 7, "--until", "filter").code == 0
        return pages(folder, 7)

    first = drawn()
    inline.taken()
    assert drawn() == first
    assert inline.taken() == []
    file = folder / "cqia.toml"
    file.write_text("seed = 5\n" + file.read_text("utf-8"), "utf-8")
    assert drawn() != first
    file.write_text(file.read_text("utf-8").removeprefix("seed = 5\n"), "utf-8")
    assert drawn() == first


def test_it_keeps_its_size_when_a_file_comes(folder, cqia, inline):
    assert cqia("run", "-C", folder, "--sample", 7, "--until", "collect").code == 0
    (folder / "raw/c.jsonl").write_text(lines(note(n) for n in range(60, 120)), "utf-8")
    assert cqia("run", "-C", folder, "--sample", 7, "--until", "collect").code == 0
    assert len(pages(folder, 7)) == 7
