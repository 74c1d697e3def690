"""Beginning a project."""

import tomllib

import pytest

from cqia.project import load

THREAD = '{"title": "被门夹过的问题还补脑吗", "abs": null, "href": "/p/100?fr=good", "lz": "甲", "n_reply": "67"}\n'


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = tmp_path / "此处 [1]"
    (folder / "raw").mkdir(parents=True)
    (folder / "raw/a.jsonl").write_text(THREAD, "utf-8")
    monkeypatch.chdir(folder)
    return folder


def test_what_is_begun_can_be_run_from_anywhere(here, tmp_path, monkeypatch, cqia, inline):
    said = cqia("init", "新项目", "--raw", "ruozhiba=raw/*.jsonl")
    assert said.code == 0
    assert "cqia run" in said.out
    monkeypatch.chdir(tmp_path)
    folder = here / "新项目"
    project = load(folder)
    assert project.settings.name == "新项目"
    assert project.raw("ruozhiba") == [here / "raw/a.jsonl"]
    assert cqia("run", "-C", folder).code == 0
    assert cqia("status", "-C", folder).code == 0


def test_the_file_says_what_can_be_set_and_what_it_is_by_default(here, cqia):
    cqia("init", "p", "--raw", "ruozhiba=raw/*.jsonl")
    settings = load(here / "p").settings
    text = (here / "p/cqia.toml").read_text("utf-8")
    shown = tomllib.loads(text)
    for table in ("judge", "review", "run"):
        assert table in shown
        assert all(
            getattr(getattr(settings, table), name) == type(settings).model_fields[table].default.model_dump()[name]
            for name in shown[table]
        )
    for commented in [line[2:] for line in text.splitlines() if line.startswith("# ") and " = " in line]:
        tomllib.loads(commented)  # what is commented out is right when it is not


def test_several_globs_of_several_sources(here, cqia):
    (here / "raw/b.jsonl").write_text(THREAD, "utf-8")
    assert cqia("init", "p", "--raw", "ruozhiba=raw/a.*", "--raw", "ruozhiba=./raw/../raw/b.*").code == 0
    assert load(here / "p").raw("ruozhiba") == [here / "raw/a.jsonl", here / "raw/b.jsonl"]


def test_an_absolute_glob_stays(here, tmp_path, cqia):
    (tmp_path / "c.jsonl").write_text(THREAD, "utf-8")
    assert cqia("init", "p", "--raw", f"ruozhiba={tmp_path}/*.jsonl").code == 0
    assert load(here / "p").settings.sources["ruozhiba"].raw == [f"{tmp_path}/*.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--raw", "ruozhibar=raw/*"], 2, ["no source 'ruozhibar'", "Did you mean 'ruozhiba'?"]),
        (["--raw", "raw/*"], 2, ["is not SOURCE=GLOB", "--raw zhihu="]),
        (["--raw", "=raw/*"], 2, ["is not SOURCE=GLOB"]),
        (["--raw", "ruozhiba="], 2, ["is not SOURCE=GLOB"]),
        (["--raw", "ruozhiba=raw/*.html"], 1, ["no file matches"]),
        (["--raw", "ruozhiba=raw"], 1, ["is a folder"]),
        ([], 2, ["--raw"]),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_begun(here, cqia, arguments, code, words):
    said = cqia("init", "p", *arguments)
    assert (said.code, said.out) == (code, "")
    for word in words:
        assert word in said.err
    assert not (here / "p").exists()


def test_a_project_that_is_there_is_left_alone(here, cqia):
    cqia("init", "p", "--raw", "ruozhiba=raw/*")
    before = (here / "p/cqia.toml").read_bytes()
    said = cqia("init", "p", "--raw", "ruozhiba=raw/a.jsonl")
    assert said.code == 2
    assert "exists already" in said.err
    assert (here / "p/cqia.toml").read_bytes() == before


def test_a_file_where_the_folder_should_be(here, cqia):
    said = cqia("init", "raw/a.jsonl", "--raw", "ruozhiba=raw/*")
    assert said.code in (1, 2)
    assert "a.jsonl" in said.err


@pytest.mark.parametrize("place", ["/proc/p", "raw/a.jsonl/p", "p" * 300])
def test_a_place_where_no_folder_can_be(here, cqia, place):
    said = cqia("init", place, "--raw", "ruozhiba=raw/*")
    assert (said.code, said.out) == (1, "")
    assert f"{place}/cqia.toml cannot be written" in said.err
