"""Bad raw input through the command line: each page is counted, with what was wrong with it; nothing is lost in
silence and no traceback is seen."""

import json
import os

import pytest

from made import OWN, lines, make_project, note

GOOD = lines([note(1)])
LONG = json.dumps({"id": "long", "text": "长" * 100}, ensure_ascii=False)


def only(cqia, folder):
    """The single row of collect, and what is in quarantine."""
    said = cqia("run", "-C", folder, "--until", "collect")
    assert said.code == 0, said.err
    status = json.loads(cqia("status", "--json", "-C", folder).out)
    assert status["balanced"]
    (row,) = status["stages"]
    return row, json.loads(cqia("quarantine", "--json", "-C", folder).out)


@pytest.mark.parametrize(
    ("name", "data", "reasons", "kept"),
    [
        ("empty.jsonl", b"", {"empty_file": 1}, 0),
        ("blank.jsonl", b"\n \n\r\n", {"empty_file": 1}, 0),
        ("cut.jsonl", (GOOD + GOOD[:40]).encode(), {"bad_json": 1}, 1),
        ("cut in a character.jsonl", (GOOD + GOOD).encode()[:-20], {"unreadable_encoding": 1}, 1),
        ("cut.json", ("[" + GOOD.strip()).encode(), {"bad_json": 1}, 0),
        (
            "nul.jsonl",
            GOOD.encode() + b"\x00\x00\x00\n" + lines([note(2, text="带\x00空字符的一段话在此")]).encode(),
            {"bad_json": 1},
            2,
        ),
        ("bytes.jsonl", GOOD.encode() + b'{"text": "\xff\xfe"}\n', {"unreadable_encoding": 1}, 1),
        ("shapes.jsonl", (GOOD + '[1]\n"x"\n3\nnull\n').encode(), {"bad_row": 4}, 1),
        (
            "types.jsonl",
            lines([note(1), note(2, likes="many"), note(3, text=["a"]), note(4, title={})]).encode(),
            {"bad_document": 3},
            1,
        ),
        ("deep.jsonl", GOOD.encode() + b"[" * 200_000 + b"\n", {"bad_json": 1}, 1),
        ("page.html", b"<html><body>cut", {"unknown_shape": 1}, 0),
        ("binary.jsonl", bytes(range(256)) * 4, None, 0),
        ("raises.jsonl", lines([note(1), note(2, do="raise")]).encode(), {"reader_error": 1}, 1),
    ],
)
def test_a_bad_page_is_quarantined_and_the_others_are_read(project, cqia, inline, name, data, reasons, kept):
    folder = project(raw=["raw/*"])
    (folder / "raw" / name).write_bytes(data)
    row, quarantine = only(cqia, folder)
    assert row["kept"] == kept
    if reasons is not None:
        assert row["quarantined_by"] == reasons
    assert row["in"] == row["kept"] + row["quarantined"]
    assert len(quarantine) == row["quarantined"] >= 1
    for item in quarantine:
        assert item["path"] == str(folder / "raw" / name)
        assert item["detail"]
    assert item["reason"] in cqia("quarantine", "-C", folder).out


def test_a_line_of_50_megabytes_costs_one_page(project, cqia, inline):
    folder = project()
    with (folder / "raw" / "a.jsonl").open("w", encoding="utf-8") as file:
        file.write(GOOD + '{"id": "long", "text": "')
        for _ in range(50):
            file.write("a" * 1_000_000)
        file.write('"}\n' + lines([note(2)]))
    row, quarantine = only(cqia, folder)
    assert (row["kept"], row["quarantined_by"]) == (2, {"too_large": 1})
    assert "20,000,000" in quarantine[0]["detail"]


def test_of_two_rows_with_one_id_the_fullest_stays(project, cqia, inline):
    rows = [note(1, text="短一些的那个版本"), note(1, text="长一些、说得更仔细的那个版本"), note(2)]
    folder = project(rows)
    row, _ = only(cqia, folder)
    assert (row["kept"], row["dropped"], row["out"]) == (2, {"same_id": 1}, 2)
    said = cqia("why", "notes:n1", "-C", folder)
    assert said.code == 0
    assert "same_id" in said.out
    assert "kept" in said.out


@pytest.mark.parametrize("pattern", ["raw/none/*.jsonl", "raw/a.jsonI", "raw/**/*.xyz"])
def test_a_pattern_that_matches_nothing(project, cqia, pattern):
    folder = project([note(1)], raw=[pattern])
    said = cqia("run", "-C", folder)
    assert said.code == 1
    assert f"no file matches {folder / pattern}" in said.err
    assert not (folder / "work").exists()


@pytest.mark.parametrize("pattern", ["raw", "raw/", ".", "", "/"])
def test_a_folder_where_files_are_meant(project, cqia, pattern):
    said = cqia("run", "-C", project([note(1)], raw=[pattern]))
    assert said.code == 1
    assert "is a folder" in said.err
    assert "/*" in said.err


@pytest.mark.parametrize("pattern", ["raw/\\u0000x", "[", "raw/[", "{}", "~/x*", "raw/" + "a" * 300])
def test_odd_patterns_match_nothing(project, cqia, pattern):
    folder = project([note(1)])
    (folder / "cqia.toml").write_text(f'[sources.notes]\nraw = ["{pattern}"]\npython = "x.py"\n', "utf-8")
    (folder / "x.py").write_text(OWN.read_text("utf-8"), "utf-8")
    said = cqia("run", "-C", folder)
    assert said.code == 1
    assert "no file matches" in said.err


def test_a_project_in_a_folder_whose_name_looks_like_a_pattern(tmp_path, cqia, inline):
    folder = make_project(tmp_path / "第[1]批*", [note(1), note(2), "{"])
    for command in (
        ["run"],
        ["status"],
        ["why", "notes:n1"],
        ["quarantine"],
        ["takedown", "--id", "notes:n1"],
        ["report"],
        ["release", "v1"],
    ):
        said = cqia(*command, "-C", folder)
        assert said.code == 0, said
    assert len((folder / "releases/v1/notes/answers.jsonl").read_text("utf-8").splitlines()) == 2


def test_a_file_name_that_is_no_text(project, cqia, inline):
    folder = project([note(1)])
    try:
        path = os.fsencode(folder / "raw") + b"/\xff\xfe.jsonl"
        with open(path, "wb") as file:  # noqa: PTH123 - pathlib takes no bytes
            file.write(GOOD.encode())
    except OSError:
        pytest.skip("this file system takes only names that are text")
    said = cqia("run", "-C", folder)
    assert said.code == 1
    assert "name" in said.err
    assert "UTF-8" in said.err


def test_a_raw_file_that_may_not_be_read(project, cqia, inline, monkeypatch):
    folder = project([note(1)])

    def forbidden(path, **named):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("cqia.pipeline.cut", forbidden)
    said = cqia("run", "-C", folder)
    assert said.code == 1
    assert str(folder / "raw" / "a.jsonl") in said.err
    assert "Permission denied" in said.err


def test_a_raw_file_that_goes_while_it_is_read(project, cqia, inline, monkeypatch):
    from cqia.stages import collect

    folder = project([note(1)])

    def gone(slice):
        raise FileNotFoundError(2, "No such file or directory", slice.path)

    monkeypatch.setattr(collect, "pages", gone)
    said = cqia("run", "-C", folder)
    assert said.code == 1
    assert str(folder / "raw" / "a.jsonl") in said.err
