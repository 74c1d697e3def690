"""``cqia sources``: Table 1, and inside a project the counts of the last run."""

import contextlib
import io
import json
import re

import pytest

from cqia.cli.show import show_sources
from made import note


def told(cqia, *arguments):
    return {row["name"]: row for row in json.loads(cqia("sources", "--json", *arguments).out)}


def test_outside_a_project_nothing_has_run(cqia, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = told(cqia)
    assert {row["last_run"] for row in rows.values()} == {None}
    assert "documents" not in cqia("sources").out


def test_inside_a_project_the_last_run_is_counted(cqia, project, monkeypatch):
    folder = project([note(1), note(2), note(3, likes=0)])
    assert told(cqia, "-C", folder)["notes"]["last_run"] is None
    cqia("run", "-C", folder, "--until", "collect")
    first = {"pages": 3, "documents": 3, "records": None, "after": "collect"}
    assert told(cqia, "-C", folder)["notes"]["last_run"] == first
    cqia("run", "-C", folder)
    last = told(cqia, "-C", folder)["notes"]["last_run"]
    status = json.loads(cqia("status", "--json", "-C", folder).out)["stages"][-1]
    assert (last["records"], last["after"]) == (status["out"], status["stage"])
    monkeypatch.chdir(folder)
    assert told(cqia)["notes"]["last_run"] == last, "standing in it is enough"
    assert told(cqia)["zhihu"]["last_run"] is None


def test_stages_made_of_what_has_changed_do_not_count(cqia, project):
    folder = project([note(1), note(2)])
    cqia("run", "-C", folder)
    with (folder / "raw/b.jsonl").open("w") as file:
        file.write(json.dumps(note(9)) + "\n")
    cqia("run", "-C", folder, "--until", "collect")
    last = told(cqia, "-C", folder)["notes"]["last_run"]
    assert last == {"pages": 3, "documents": 3, "records": None, "after": "collect"}


def test_a_folder_without_a_project_is_told(cqia, tmp_path):
    said = cqia("sources", "-C", tmp_path)
    assert said.code == 2
    assert "There is no cqia.toml" in said.err


@pytest.mark.parametrize("columns", [40, 80, 120, 200])
def test_no_word_is_cut_on_a_narrow_terminal(cqia, project, columns, monkeypatch):
    folder = project([note(1), note(2)])
    cqia("run", "-C", folder, "--until", "collect")
    rows = json.loads(cqia("sources", "--json", "-C", folder).out)
    monkeypatch.setenv("COLUMNS", str(columns))
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    with contextlib.redirect_stdout(screen):
        show_sources(rows)
    words = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).split())
    assert {row["name"] for row in rows} <= set(words.split())
    assert all(stage in words.split() for stage in ("collect", "release"))
    counts = "2 pages, 2 documents after collect" if columns < 140 else " 2 2 collect "
    assert counts in words
