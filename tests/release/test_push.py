"""A release is pushed as it was written, and only if its licences allow it; against a stand-in of the Hub."""

import json
import subprocess
import sys

import pytest

from cqia.project import load
from cqia.publish import release
from hub_server import TOKEN, serving
from made import make_project, note

pytest.importorskip("huggingface_hub")
# its own upload of large files hands httpx2 a file in a way that this calls old
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(monkeypatch):
    with serving() as hub:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield hub


@pytest.fixture
def folder(tmp_path, inline):
    """A project with a release whose licence is known."""
    folder = make_project(tmp_path / "p", [note(n) for n in range(6)], toml='licence = "CC-BY-4.0"')
    release(load(folder), "v1")
    return folder


def files(folder, version="v1"):
    root = folder / "releases" / version
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_what_is_pushed_is_the_release_and_pushing_again_changes_nothing(folder, hub, cqia):
    said = cqia("push", "v1", "me/notes", "--private", "-C", folder)
    assert said.code == 0, said.err
    assert said.out == f"{hub.url}/datasets/me/notes, tag v1.\n"
    pushed = {name: data for name, data in hub.repos["me/notes"].items() if name != ".gitattributes"}
    assert pushed == files(folder)
    assert hub.private == {"me/notes"}
    assert hub.tags == {"me/notes": {"v1": hub.commits[-1]}}

    commits = list(hub.commits)
    said = cqia("push", folder / "releases/v1", "me/notes")
    assert (said.code, said.out) == (0, f"{hub.url}/datasets/me/notes, tag v1: all of it was there already.\n")
    assert hub.commits == commits


def test_the_next_release_takes_the_place_of_the_last(folder, hub, cqia):
    assert cqia("push", "v1", "me/notes", "-C", folder).code == 0
    hub.repos["me/notes"]["notes/old.jsonl"] = b"{}\n"  # of a release before
    hub.repos["me/notes"]["picture.png"] = b"png"  # none of ours
    (folder / "raw/a.jsonl").write_text("".join(json.dumps(note(n)) + "\n" for n in range(9)), "utf-8")
    release(load(folder), "v2")
    assert cqia("push", "v2", "me/notes", "-C", folder).code == 0
    assert hub.repos["me/notes"].keys() - {".gitattributes"} == files(folder, "v2").keys() | {"picture.png"}
    assert hub.repos["me/notes"]["README.md"] == files(folder, "v2")["README.md"]
    assert hub.tags["me/notes"].keys() == {"v1", "v2"}


@pytest.mark.parametrize("edited", [False, True])
def test_an_unknown_licence_is_refused_until_it_is_taken_on_by_name(tmp_path, inline, hub, cqia, edited):
    folder = make_project(tmp_path / "p", [note(n) for n in range(4)])  # its source says 写给测试用，随意使用
    release(load(folder), "v1")
    if edited:  # the manifest's own word for it does not count
        path = folder / "releases/v1/manifest.json"
        path.write_text(path.read_text("utf-8").replace('"known": false', '"known": true'), "utf-8")
    said = cqia("push", "v1", "me/notes", "-C", folder)
    assert said.code == 1
    assert "写给测试用" in said.err
    assert "--acknowledge notes" in said.err
    assert hub.asked == []
    assert cqia("push", "v1", "me/notes", "--acknowledge", "note", "-C", folder).code == 2
    assert cqia("push", "v1", "me/notes", "--acknowledge", "notes", "-C", folder).code == 0
    assert hub.repos["me/notes"]["README.md"]


@pytest.mark.parametrize("harm", ["edit", "remove", "add"])
def test_a_release_that_is_not_as_it_was_written_is_not_pushed(folder, hub, cqia, harm):
    file = folder / "releases/v1/notes/answers.jsonl"
    if harm == "edit":
        file.write_text(file.read_text("utf-8").replace("第1件", "第一件"), "utf-8")
    elif harm == "remove":
        file.unlink()
    else:
        file.with_name("more.jsonl").write_text("{}\n", "utf-8")
    said = cqia("push", "v1", "me/notes", "-C", folder)
    assert said.code == 1
    assert "not as it was written: notes/" in said.err
    assert hub.asked == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("v2", "me/notes"), "no release 'v2'"),
        (("v1", "notes"), "your-name/dataset"),
        (("v1", "../x/y"), "your-name/dataset"),
        (("raw", "me/notes"), "no release 'raw'"),
    ],
)
def test_wrong_arguments_are_explained(folder, hub, cqia, arguments, message):
    said = cqia("push", *arguments, "-C", folder)
    assert said.code == 2
    assert message in said.err
    assert hub.asked == []


@pytest.mark.parametrize(("status", "message"), [(403, "may not write"), (401, "HF_TOKEN"), (500, "refused (500)")])
def test_what_the_hub_refuses_is_told(folder, hub, cqia, status, message):
    hub.refuse = status
    said = cqia("push", "v1", "me/notes", "-C", folder)
    assert said.code == 1
    assert message in said.err


def test_a_hub_that_cannot_be_reached(folder, hub, cqia, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    said = cqia("push", "v1", "me/notes", "-C", folder)
    assert said.code == 1
    assert "cannot be reached" in said.err


def test_without_the_extra_it_says_what_to_install(folder, tmp_path):
    hidden = "import sys; sys.modules['huggingface_hub'] = None; from cqia.cli import main; main()"
    command = [sys.executable, "-c", hidden, "push", "v1", "me/notes", "-C", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "pip install 'cqia[hub]'" in done.stderr
