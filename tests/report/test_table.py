"""Reading datasets of any shape into one table, each record once."""

import json
from pathlib import Path

import polars as pl
import pytest
from made_records import made, many

from cqia.errors import UsageError
from cqia.report.table import TABLE, files_of, read, sampled
from made import lines

CQIA = {
    "instruction": "水的沸点是？", "input": "", "output": "标准大气压下是一百摄氏度。",
    "task_type": {"major": ["问答"], "minor": ["常识问答"]}, "domain": ["物理"], "metadata": "id:zhihu:answer-1/answer",
    "answer_from": "human", "human_verified": True, "copyright": "无",
}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "want"),
    [
        (CQIA, {"id": "zhihu:answer-1/answer", "task": "answer", "major": ["问答"], "human_verified": True}),
        (CQIA | {"task_type": '{"major": ["问答"], "minor": []}'}, {"major": ["问答"], "minor": []}),
        (CQIA | {"metadata": "qid:1", "answer_from": ""}, {"task": None, "answer_from": None}),
        ({k: v for k, v in CQIA.items() if k != "human_verified"}, {"human_verified": None}),
        ({"instruction": "问", "input": "材料", "output": "答"}, {"input": "材料", "answer_from": None}),
        ({"instruction": "问", "output": "答"}, {"input": "", "human_verified": None}),
        ({"instruction": 12, "output": None}, {"instruction": "12", "output": ""}),
        ({"kind": "对联", "input": "问", "target": "答"}, {"instruction": "问", "output": "答", "major": ["对联"]}),
        ({"conversations": [{"from": "human", "value": "问"}, {"from": "gpt", "value": "答"}]}, {"output": "答"}),
        (
            {"messages": [{"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}]},
            {"instruction": "问"},
        ),
        (
            {"trans_instruction": "译", "trans_input": "", "trans_output": "文"},
            {"instruction": "译", "answer_from": "llm"},
        ),
    ],
)
def test_rows_of_every_shape(tmp_path, row, want):
    (tmp_path / "a.jsonl").write_text(lines([row]), "utf-8")
    table, unread = read(tmp_path / "a.jsonl", "试", {})
    assert unread == {}
    assert table.schema == TABLE
    found = table.to_dicts()[0]
    assert {name: found[name] for name in want} == want
    assert found["dataset"] == "试"
    assert found["source"] == "a"


def test_what_cannot_be_read_is_counted_and_the_rest_is_read(tmp_path):
    rows = [CQIA, {"什么": "别的"}, "{", {"messages": [{"role": "user", "content": "没人回答"}]}]
    (tmp_path / "a.jsonl").write_text(lines(rows), "utf-8")
    table, unread = read(tmp_path, "试", {})
    assert table.height == 1
    assert unread == {"unknown_shape": 1, "bad_json": 1, "no_assistant": 1}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "holds no dataset"),
        ({"README.md": "一些话"}, "holds no dataset"),
        ({"a.jsonl": '{"题": 1, "答": 2}\n'}, "No row of .*: its fields are 题, 答"),
        ({"a.jsonl": str({f"{n}": 1 for n in range(99)}).replace("'", '"')}, "its fields are 0, 1, .* 11, …"),
        ({"a.jsonl": "不是JSON\n"}, "No row of"),
    ],
)
def test_what_is_no_dataset_is_said(tmp_path, files, said):
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(UsageError, match=said):
        read(tmp_path, "试", {})
    with pytest.raises(UsageError, match="There is no dataset"):
        read(tmp_path / "none", "试", {})


def test_an_empty_file_is_an_empty_dataset(tmp_path):
    (tmp_path / "a.jsonl").write_text("", "utf-8")
    assert read(tmp_path, "试", {})[0].is_empty()


def test_a_release_has_each_row_once(tmp_path):
    for place in ("zhihu/a.jsonl", "zhihu/b.jsonl", "alpaca/a.jsonl", "COIG-CQIA-full.jsonl"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(lines([CQIA]), "utf-8")
    assert [file.name for file in files_of(tmp_path)] == ["a.jsonl", "a.jsonl", "b.jsonl"]  # not the one of all
    (tmp_path / "parquet").mkdir()
    pl.DataFrame([CQIA]).write_parquet(tmp_path / "parquet" / "zhihu.parquet")
    assert [file.parent.name for file in files_of(tmp_path)] == ["zhihu", "zhihu"]
    sources = {"zhihu/a": "知乎", "zhihu": "别的"}
    assert read(tmp_path, "试", sources)[0]["source"].to_list() == ["知乎", "别的"]


@pytest.mark.parametrize("suffix", ["json", "jsonl", "parquet", "csv"])
def test_files_of_every_kind(tmp_path, suffix):
    rows = pl.DataFrame({"instruction": ["问"], "output": ["答"]})
    path = tmp_path / f"a.{suffix}"
    match suffix:
        case "parquet":
            rows.write_parquet(path)
        case "csv":
            rows.write_csv(path)
        case "json":
            path.write_text(json.dumps(rows.to_dicts()), "utf-8")
        case "jsonl":
            path.write_text(lines(rows.to_dicts()), "utf-8")
    assert read(path, "试", {})[0]["output"].to_list() == ["答"]


def test_a_sample_keeps_the_order_and_does_not_move_when_others_come():
    table = made(many(100))
    few = sampled(table, 10, 7)
    assert few.height == 10
    assert few.equals(sampled(table, 10, 7))
    assert few["id"].to_list() == sorted(few["id"], key=lambda id: int(id[1:]))
    more = sampled(made(many(110)), 10, 7)
    assert len(set(few["id"]) & set(more["id"])) >= 7
    assert sampled(table, 100, 7) is table


def test_a_file_in_another_encoding_is_read_or_refused_with_a_reason(tmp_path):
    Path(tmp_path / "a.jsonl").write_bytes('{"instruction": "问", "output": "答"}\n'.encode("gb18030"))
    (tmp_path / "b.jsonl").write_text(lines([CQIA]), "utf-8")
    table, unread = read(tmp_path, "试", {})
    assert table.height + sum(unread.values()) == 2
    assert "水的沸点是？" in table["instruction"].to_list()
