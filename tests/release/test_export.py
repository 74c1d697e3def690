"""A release as training tools read it: every record once, dialogues with their history; loaded with ``datasets``."""

import json

import polars as pl
import pytest

from cqia.project import load
from cqia.publish import release
from cqia.release.export import FORMATS, export
from made import make_project

datasets = pytest.importorskip("datasets")

TALK = {
    "instruction": "那搪瓷的呢？",
    "input": "锅底掉了一小块瓷。",
    "output": "掉了瓷的别再用来煮酸的东西。",
    "history": [["铁锅能煮醋吗？", "不能，铁会被醋化开。"], ["不锈钢呢？", "可以，洗净就好。"]],
}
PLAIN = [
    {
        "instruction": f"写出第{n}种晾衣服的办法。",
        "input": "" if n % 2 else f'天气："阴"\n第{n}天',
        "output": f"挂在第{n}根绳上。",
    }
    for n in range(12)
]
SAID = "那搪瓷的呢？\n锅底掉了一小块瓷。"


def released(folder, rows, splits=""):
    toml = f'table = "alpaca"\nlicence = "CC0"\nat_least = 1\n[review]\nrequire = "none"\n{splits}'
    folder = make_project(folder, rows, toml=toml, source="talks", python=None)
    return release(load(folder), "v1").folder


@pytest.fixture(scope="module")
def talks(tmp_path_factory):
    """A release with one dialogue among plain records, all train."""
    return released(tmp_path_factory.mktemp("talks") / "p", [TALK, *PLAIN])


@pytest.fixture
def opened(tmp_path):
    """Exports a release and gives the rows of every file, read as the tool's users read them: with ``datasets``."""

    def go(folder, form):
        files = export(folder, form, tmp_path / "out")
        found = {}
        for file, rows in files.items():
            path = str(tmp_path / "out" / file)
            table = datasets.load_dataset("json", data_files=path, split="train", cache_dir=str(tmp_path / "hf"))
            assert len(table) == rows
            found[file] = list(table)
        return found

    return go


def test_what_is_published_has_the_earlier_turns_in_its_input(talks):
    lines = [json.loads(line) for file in talks.glob("talks/*.jsonl") for line in file.read_text("utf-8").splitlines()]
    (talk,) = [line for line in lines if line["instruction"] == TALK["instruction"]]
    assert talk["input"] == (
        "此前的对话：\n用户：铁锅能煮醋吗？\n助手：不能，铁会被醋化开。\n用户：不锈钢呢？\n助手：可以，洗净就好。\n\n锅底掉了一小块瓷。"
    )
    table = pl.read_parquet(talks / "parquet/talks.parquet")
    assert sorted(table["input"]) == sorted(line["input"] for line in lines)
    (history,) = table.filter(pl.col("instruction") == TALK["instruction"])["history"].to_list()
    assert [list(turn.values()) for turn in history] == TALK["history"]


@pytest.mark.parametrize("form", ["alpaca", "llama-factory"])
def test_alpaca(talks, opened, form):
    ((file, rows),) = opened(talks, form).items()
    assert file == ("talks.json" if form == "alpaca" else "talks.jsonl")
    assert sorted(rows, key=str) == sorted([TALK, *(row | {"history": []} for row in PLAIN)], key=str)


def asked(row):
    return row["instruction"] + (f"\n{row['input']}" if row["input"] else "")


@pytest.mark.parametrize(
    ("form", "role", "content", "user", "assistant"),
    [
        ("sharegpt", "from", "value", "human", "gpt"),
        ("messages", "role", "content", "user", "assistant"),
        ("trl-messages", "role", "content", "user", "assistant"),
    ],
)
def test_dialogues_are_turns(talks, opened, form, role, content, user, assistant):
    ((_, rows),) = opened(talks, form).items()
    column = "conversations" if form == "sharegpt" else "messages"
    wanted = []
    for row in [TALK, *PLAIN]:
        said = [text for turn in row.get("history", []) for text in turn] + [asked(row), row["output"]]
        wanted.append([{role: (user, assistant)[at % 2], content: text} for at, text in enumerate(said)])
    assert sorted((row[column] for row in rows), key=str) == sorted(wanted, key=str)
    assert all(row.keys() == {column} for row in rows)


def test_a_prompt_holds_all_that_was_said_before_the_completion(talks, opened):
    ((_, rows),) = opened(talks, "trl-prompt-completion").items()
    (talk,) = [row for row in rows if len(row["prompt"]) > 1]
    assert [turn["role"] for turn in talk["prompt"]] == ["user", "assistant", "user", "assistant", "user"]
    assert talk["prompt"][-1]["content"] == SAID
    assert talk["completion"] == [{"role": "assistant", "content": TALK["output"]}]
    assert len(rows) == 13


def test_without_dialogues_there_is_no_history(tmp_path, opened, inline):
    ((_, rows),) = opened(released(tmp_path / "p", PLAIN), "alpaca").items()
    assert sorted(rows, key=str) == sorted(PLAIN, key=str)


def test_splits_are_files_of_their_own_and_llama_factory_knows_them(tmp_path, inline):
    folder = released(tmp_path / "p", PLAIN, "[release]\nsplits = {train = 0.5, test = 0.5}")
    rows = export(folder, "llama-factory", tmp_path / "out")
    assert rows.keys() == {"talks.jsonl", "talks.test.jsonl"}
    assert sum(rows.values()) == 12
    info = json.loads((tmp_path / "out/dataset_info.json").read_text("utf-8"))
    assert {name: entry["file_name"] for name, entry in info.items()} == {
        "talks": "talks.jsonl",
        "talks_test": "talks.test.jsonl",
    }
    assert info["talks"]["columns"] == {"prompt": "instruction", "query": "input", "response": "output"}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([*rows, "dataset_info.json"])


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_release_gives_the_same_bytes(talks, tmp_path, form):
    for name in ("a", "b"):
        export(talks, form, tmp_path / name)
    files = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("a", "b")]
    assert files[0] == files[1]


@pytest.mark.parametrize("rows", [1, 5])
def test_the_list_is_json_however_it_is_cut(talks, tmp_path, monkeypatch, rows):
    monkeypatch.setattr("cqia.release.export.ROWS", rows)
    export(talks, "alpaca", tmp_path / "out")
    assert len(json.loads((tmp_path / "out/talks.json").read_text("utf-8"))) == 13


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("v1", "--format", "alpac", "--out", "new"), "Did you mean 'alpaca'"),
        (("v2", "--format", "alpaca", "--out", "new"), "Known: v1."),
        (("v1", "--format", "alpaca", "--out", "."), "not empty"),
        (("v1", "--format", "alpaca", "--out", "v1/README.md"), "not empty"),
        (("v1", "--format", "alpaca", "--out", "v1/README.md/x"), "cannot be written"),
        (("v1/parquet", "--format", "alpaca", "--out", "new"), "There is no release"),
    ],
)
def test_wrong_arguments_are_explained(talks, cqia, monkeypatch, arguments, message):
    monkeypatch.chdir(talks.parent)
    said = cqia("export", *arguments, "-C", talks.parents[1])
    assert said.code in (1, 2)
    assert message in said.err
    assert not (talks.parent / "new").exists()


def test_a_damaged_release_is_explained(talks, cqia, tmp_path):
    import shutil

    copy = tmp_path / "v1"
    shutil.copytree(talks, copy)
    (copy / "parquet/talks.parquet").write_bytes(b"PAR1")
    said = cqia("export", copy, "--format", "messages", "--out", tmp_path / "out")
    assert said.code == 1
    assert "damaged" in said.err
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / ".out.tmp").exists()
