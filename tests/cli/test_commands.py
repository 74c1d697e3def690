"""Every command works, has its help, is documented, and starts quickly."""

import importlib
import json
import pkgutil
import re
import statistics
import subprocess
import sys
import time

import pytest
import typer

from cqia import __version__, cli
from cqia.cli.app import COMMANDS as TABLE
from cqia.cli.app import there
from made import ROOT, note


def commands():
    """All commands as they are typed, without ``cqia``."""
    for module in pkgutil.iter_modules(cli.__path__):  # each adds its commands to the app
        importlib.import_module(f"cqia.cli.{module.name}")

    def walk(command, name):
        children = getattr(command, "commands", None)
        if children is None:
            yield name
        else:
            for each, child in children.items():
                yield from walk(child, [*name, each])

    return sorted(" ".join(name) for name in walk(typer.main.get_command(cli.app), []))


COMMANDS = commands()


def test_the_table_of_help_names_every_command_and_the_modules_that_add_it():
    """What is not in the table cannot be called: a command's module is imported when it is asked for."""

    def leaves(command):
        children = getattr(command, "commands", {}).values()
        own = [command] if command.callback else []
        return [*own, *(leaf for child in children for leaf in leaves(child))]

    said = {name: row for section in TABLE.values() for name, row in section.items()}
    group = typer.main.get_group(cli.app)
    assert group.commands.keys() == said.keys()
    for name, command in group.commands.items():
        modules = {leaf.callback.__module__.rpartition(".")[2] for leaf in leaves(command)}
        assert modules == set(said[name][0]), name


def test_all_commands_are_known():
    assert {
        "init",
        "run",
        "status",
        "why",
        "quarantine",
        "sources",
        "release",
        "report",
        "takedown",
        "review import",
    } <= set(COMMANDS)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help(cqia, command):
    said = cqia(*command.split(), "--help")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"Usage: cqia {command}".rstrip())
    assert len(said.out.split("\n\n")[1].strip()) > 10


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command):
    files = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    text = "\n".join(file.read_text("utf-8") for file in files if file.exists())
    assert re.search(rf"\bcqia {command}\b", text), f"no page of docs/ and no README.md says: cqia {command}"


def test_the_version(cqia):
    said = cqia("--version")
    assert (said.code, said.out) == (0, f"cqia {__version__}\n")


def test_a_command_that_is_named_has_the_folder_where_it_takes_one(cqia, tmp_path):
    cqia("status", "-C", tmp_path / "我的 项目")
    for name in COMMANDS:
        command = typer.main.get_command(cli.app)
        for word in name.split():
            command = command.commands[word]
        takes = any("-C" in option.opts for option in command.params)
        folder = f" -C '{tmp_path}/我的 项目'" if takes else ""
        assert there(f"Next: cqia {name}, then that.") == f"Next: cqia {name}{folder}, then that."


def test_hints_name_the_folder_that_was_given(cqia, folder, monkeypatch):
    assert f"Begin with: cqia run -C {folder}\n" in cqia("status", "-C", folder).out
    assert f"; cqia list -C {folder} shows" in cqia("why", "notes:none", "-C", folder).err
    assert f"next: cqia release -C {folder} VERSION" in cqia("run", "-C", folder).err
    monkeypatch.chdir(folder)
    assert "next: cqia release VERSION" in cqia("run").err


def test_no_command_and_an_unknown_one(cqia):
    said = cqia()
    assert said.code == 2
    assert "Usage: cqia" in said.out + said.err
    code = "import sys; sys.argv = ['cqia', 'stauts']; from cqia.cli import main; main()"
    said = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert said.returncode == 2
    assert "'stauts'. Did you mean 'status'?" in said.stderr


@pytest.fixture
def folder(project, inline):
    return project([note(n) for n in range(4)] + [note(5, likes=0), "{"])


def test_the_whole_road(cqia, folder, tmp_path):
    said = cqia("status", "-C", folder)
    assert said.code == 0
    assert "Nothing has been run yet" in said.out

    said = cqia("run", "-C", folder)
    assert said.code == 0
    assert "Balanced" in said.out
    assert re.search(r"notes +collect +6 +5 +0 +1 +0 +5 +bad_json 1", said.out)
    assert re.search(r"filter +5 +4 +1 +0 +0 +4 +likes 1", said.out)

    status = json.loads(cqia("status", "--json", "-C", folder).out)
    assert status["balanced"] is True
    row = next(row for row in status["stages"] if row["stage"] == "filter")
    assert {
        name: row[name] for name in ("source", "in", "kept", "dropped", "fired", "quarantined", "pending", "out")
    } == {
        "source": "notes",
        "in": 5,
        "kept": 4,
        "dropped": {"likes": 1},
        "fired": {"likes": 1},
        "quarantined": 0,
        "pending": 0,
        "out": 4,
    }

    said = cqia("report", "-C", folder, "--out", tmp_path / "报告")
    assert said.out.strip() == str(tmp_path / "报告" / "index.html")
    said = cqia("release", "v1", "-C", folder)
    assert said.out.strip() == f"{folder / 'releases/v1'}: 4 records."
    assert cqia("release", "v1", "-C", folder).out.strip().endswith("4 records, unchanged.")


@pytest.mark.parametrize("command", [["status"], ["quarantine"], ["sources"]])
def test_json_is_nothing_but_json(cqia, folder, command):
    cqia("run", "-C", folder, "--until", "filter")
    there = [] if command == ["sources"] else ["-C", folder]
    json.loads(cqia(*command, "--json", *there).out)
    assert cqia(*command, *there).out


def test_nothing_is_quarantined(cqia, project, inline):
    folder = project([note(1)])
    cqia("run", "-C", folder)
    assert cqia("quarantine", "-C", folder).out == "Nothing is quarantined.\n"
    assert json.loads(cqia("quarantine", "--json", "-C", folder).out) == []


def test_sources_are_the_papers_table(cqia):
    rows = json.loads(cqia("sources", "--json").out)
    assert {"name", "title", "kind", "quantity", "stages", "exercised_on", "licence", "description"} <= rows[0].keys()
    for row in rows:
        assert row["licence"]
        assert row["name"] in cqia("sources").out


def test_progress_and_results_do_not_mix(cqia, folder):
    said = cqia("run", "-C", folder, "--until", "filter")
    assert "shards" in said.err
    assert "shards" not in said.out


def test_stopping_says_how_to_go_on(cqia, folder, monkeypatch):
    def stop(*arguments, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr("cqia.pipeline.run", stop)
    said = cqia("run", "-C", folder)
    assert said.code == 130
    assert "run the same command again" in said.err


def test_a_reader_that_has_seen_enough_is_no_error(folder):
    code = "import sys; from cqia.cli import main; sys.argv = ['cqia', 'sources', '--json']; main()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert b"Traceback" not in child.stderr.read()


def seconds(*arguments):
    """The median of several starts of this Python."""
    taken = []
    for _ in range(9):
        begun = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def test_help_comes_at_once():
    main = "import sys; sys.argv = ['cqia', '--help']; from cqia.cli import main; main()"
    for _ in range(3):  # a busy machine is slow now and then, a slow program always
        bare, help = seconds("-c", "import sys"), seconds("-c", main)
        if help <= 8 * bare:
            return
    pytest.fail(f"cqia --help takes {help:.3f} s, {help / bare:.1f} times a bare Python")


def test_help_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['cqia', '--help']\ntry:\n from cqia.cli import main; main()\nexcept SystemExit: pass\n"
        "heavy = {'polars', 'numpy', 'numba', 'pydantic', 'selectolax', 'rich', 'jinja2', 'cqia.cli.make'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_command_is_installed():
    assert cli.main is not None
    done = subprocess.run([sys.executable, "-m", "cqia", "--help"], check=True, capture_output=True, text=True)
    assert "Usage" in done.stdout
