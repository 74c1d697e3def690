"""What a user names: datasets by path or with a name, benchmarks by a name and a pattern."""

import json

import pytest

from cqia.compare import datasets
from cqia.errors import CqiaError, UsageError

ROW = {"instruction": "怎样浇花？", "input": "", "output": "早晚各一次。"}


def table(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_a_dataset_is_called_by_its_folder_its_file_or_as_the_user_says(tmp_path):
    table(tmp_path / "花草" / "a.jsonl", ROW)
    file = table(tmp_path / "x=y.jsonl", ROW)
    found = datasets.read([str(tmp_path / "花草"), str(file), f"我的={file}"])
    assert [each.name for each in found] == ["花草", "x=y.jsonl", "我的"]
    assert [each.table["dataset"].to_list() for each in found] == [["花草"], ["x=y.jsonl"], ["我的"]]


def test_a_release_is_called_by_its_manifest(tmp_path):
    table(tmp_path / "v2" / "notes" / "notes.jsonl", ROW)
    (tmp_path / "v2" / "manifest.json").write_text('{"name": "笔记", "version": "v2"}', "utf-8")
    assert [each.name for each in datasets.read([str(tmp_path / "v2")])] == ["笔记 v2"]


def test_two_of_one_name_are_told_apart_by_the_user(tmp_path):
    one, other = table(tmp_path / "1" / "a.jsonl", ROW), table(tmp_path / "2" / "a.jsonl", ROW)
    with pytest.raises(UsageError, match=r"Two datasets are called 'a\.jsonl'.*\n.*NAME=") as told:
        datasets.read([str(one), str(other)])
    assert str(other) in told.value.hint
    assert [each.name for each in datasets.read([str(one), f"第二={other}"])] == ["a.jsonl", "第二"]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("nowhere", "There is no release and no file 'nowhere'"),
        ("名=nowhere", "There is no release and no file 'nowhere'"),
        ("folder", "holds no dataset"),
        ("strange.jsonl", "什么, 别的"),  # what was found, in the row's own words
    ],
)
def test_what_is_no_dataset_is_said(tmp_path, monkeypatch, named, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    table(tmp_path / "strange.jsonl", {"什么": "a", "别的": "b"})
    with pytest.raises(UsageError) as told:
        datasets.read([named])
    assert said in str(told.value)


def test_an_unknown_schema_names_what_is_known(tmp_path):
    file = table(tmp_path / "strange.jsonl", {"什么": "a"})
    with pytest.raises(UsageError) as told:
        datasets.read([str(file)])
    for known in ("COIG-CQIA", "COIG", "Alpaca", "Firefly", "ShareGPT", "OpenAI"):
        assert known in str(told.value)


def test_benchmarks_of_one_name_are_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a1", "a2", "b"):
        table(tmp_path / f"{name}.jsonl", {"question": "水在多少度沸腾？"})
    found = datasets.benchmarks(["甲=a1.jsonl", "乙=b*", "甲=a2.jsonl"])
    assert [(each.name, len(each.files)) for each in found] == [("甲", 2), ("乙", 1)]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("b.jsonl", "names no benchmark"),
        ("=b.jsonl", "names no benchmark"),
        ("名=", "names no benchmark"),
        ("名=none*", "no file matches"),
    ],
)
def test_what_is_no_benchmark_is_said(tmp_path, monkeypatch, named, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CqiaError, match=said):
        datasets.benchmarks([named])
