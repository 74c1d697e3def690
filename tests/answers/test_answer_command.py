"""``cqia answer``: traps in, sheets out, decisions back in; and every wrong line is said."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cqia import pipeline
from cqia.project import load
from made import Said, lines
from written_answers import Author, draft

Cqia = Callable[..., Said]
TRAPS = [{"id": "notes:n1", "trap": "把比喻当真"}, {"id": "notes:n2/answer", "trap": "一语双关"}]


@pytest.fixture
def folder(asking: Callable[..., Path]) -> Path:
    made = asking()
    pipeline.run(load(made), until="assign")
    return made


def file(folder: Path, *rows: object) -> Path:
    path = folder / "file.jsonl"
    path.write_text(lines(rows), "utf-8")
    return path


def sheet(cqia: Cqia, folder: Path, name: str = "sheet.jsonl") -> list[dict[str, Any]]:
    said = cqia("answer", "--traps", file(folder, *TRAPS), "--out", folder / name, "-C", folder)
    assert said.code == 0, said.err
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def test_from_traps_to_the_dataset(cqia: Cqia, folder: Path, server: Author) -> None:
    rows = sheet(cqia, folder)
    assert [(row["id"], row["draft"]) for row in rows] == [("notes:n1/answer", draft(1)), ("notes:n2/answer", draft(1))]
    rows[0]["decision"] = "accept"
    rows[1] |= {"decision": "rewrite", "text": "人写的回答，说清了道理。"}
    said = cqia("answer", "--accept", file(folder, *rows), "--by", "王芳", "-C", folder)
    assert "1 as drafted, 1 rewritten" in said.out
    assert "2 accepted" in said.out
    assert len(server.asked) == 4
    assert cqia("run", "--until", "assign", "-C", folder).code == 0
    assert "answer, by 王芳" in cqia("why", "notes:n2/answer", "-C", folder).out


def test_another_draft_is_asked_for_once(cqia: Cqia, folder: Path, server: Author) -> None:
    (row, _) = sheet(cqia, folder)
    row |= {"decision": "again", "wrong": "太啰唆"}
    for _ in range(2):
        assert cqia("answer", "--accept", file(folder, row), "--by", "王芳", "-C", folder).code == 0
    assert len(server.drafts) == 3
    found = json.loads(cqia("answer", "--json", "-C", folder).out)
    assert [(each["rounds"], each["accepted"]) for each in found] == [(2, False), (1, False)]
    assert found[0]["last"]["wrong"] == "太啰唆"


def test_a_line_without_a_decision_is_passed_over(cqia: Cqia, folder: Path) -> None:
    rows = sheet(cqia, folder)
    assert "Accepted: 0 as drafted" in cqia("answer", "--accept", file(folder, *rows), "--by", "王", "-C", folder).out


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": "notes:n9", "trap": "无"}, "no record 'notes:n9' waits"),
        ({"id": "notes:n3", "trap": "已有回答"}, "no record 'notes:n3' waits"),
        ({"id": "zhihu:n3", "trap": "没有这个来源"}, "no record 'zhihu:n3' waits"),
        ({"id": "notes:n1"}, "trap is missing"),
        ({"id": "notes:n1", "trap": "坑" * 2001}, "trap is"),
        ({"id": "notes:n1", "trap": "坑", "traps": 1}, "unknown key 'traps'"),
        ("不是 JSON", "not JSON"),
    ],
)
def test_a_wrong_trap_is_said_with_its_line(cqia: Cqia, folder: Path, server: Author, row: object, said: str) -> None:
    found = cqia("answer", "--traps", file(folder, TRAPS[1], row), "-C", folder)
    assert found.code == 2
    assert f"line 2: {said}" in found.err
    assert server.asked == []


def test_questions_are_written_to_name_their_traps_in(cqia: Cqia, folder: Path, server: Author) -> None:
    said = cqia("answer", "--questions", folder / "traps.jsonl", "-C", folder)
    assert "2 questions without a draft" in said.err
    rows = [json.loads(line) for line in (folder / "traps.jsonl").read_text("utf-8").splitlines()]
    assert [(row["id"], row["trap"], "小事怎么办" in row["question"]) for row in rows] == [
        ("notes:n1/answer", "", True),
        ("notes:n2/answer", "", True),
    ]
    rows[1]["trap"] = "把比喻当真"  # the other one is for another day
    assert cqia("answer", "--traps", file(folder, *rows), "-C", folder).code == 0
    assert len(server.drafts) == 1
    assert "把比喻当真" in server.drafts[0][1]["content"]
    assert "1 questions without a draft" in cqia("answer", "--questions", folder / "left.jsonl", "-C", folder).err


def test_a_sheet_that_people_may_have_written_in_is_not_written_over(cqia: Cqia, folder: Path) -> None:
    (row, _) = sheet(cqia, folder)
    path = file(folder, row | {"decision": "accept"})
    for option in ("--out", "--questions"):
        said = cqia("answer", option, path, "-C", folder)
        assert (said.code, "exists already" in said.err) == (2, True)
    said = cqia("answer", "--accept", path, "--by", "王芳", "--out", path, "-C", folder)  # it has been taken in
    assert said.code == 0
    assert [json.loads(line)["id"] for line in path.read_text("utf-8").splitlines()] == ["notes:n2/answer"]


def test_every_round_is_shown(cqia: Cqia, folder: Path, server: Author) -> None:
    server.good = 2
    (row, _) = sheet(cqia, folder)
    cqia(
        "answer", "--accept", file(folder, row | {"decision": "again", "wrong": "太啰唆"}), "--by", "王芳", "-C", folder
    )
    (row, _) = sheet(cqia, folder, "again.jsonl")
    cqia("answer", "--accept", file(folder, row | {"decision": "accept"}), "--by", "李明", "-C", folder)
    said = cqia("answer", "notes:n1", "-C", folder)
    assert said.code == 0
    wanted = ["把比喻当真", "draft 1", "score 4", "the check: 没有点破", "draft 2", "score 9", "王芳: 太啰唆"]
    wanted += ["draft 3", "by 李明, answer_from llm"]
    places = [said.out.find(each) for each in wanted]
    assert -1 not in places
    assert places == sorted(places)
    told = json.loads(cqia("answer", "notes:n1/answer", "--json", "-C", folder).out)
    assert [each["by"] for each in told["rounds"]] == ["", "", "王芳"]
    assert (told["accepted"]["by"], told["accepted"]["human_verified"]) == ("李明", True)
    assert "No draft yet" in cqia("answer", "notes:n3", "-C", folder).out  # it might be rewritten


@pytest.mark.parametrize("arguments", [("notes:n9",), ("小记",), ("notes:n1", "--out", "x.jsonl")])
def test_what_cannot_be_shown_is_said(cqia: Cqia, folder: Path, arguments: tuple[str, ...]) -> None:
    said = cqia("answer", *arguments, "-C", folder)
    assert (said.code, said.out) == (2, "")


def test_two_traps_for_one_question_are_too_many(cqia: Cqia, folder: Path) -> None:
    found = cqia("answer", "--traps", file(folder, TRAPS[0], {"id": "notes:n1/answer", "trap": "别的"}), "-C", folder)
    assert (found.code, "a second trap" in found.err) == (2, True)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"decision": "accept", "digest": "0" * 32}, "has no draft"),
        ({"decision": "accept"}, "has no draft ''"),
        ({"decision": "rewrite", "text": "  "}, "no text to accept"),
        ({"decision": "again", "wrong": " ", "digest": None}, "digest is None"),
        ({"decision": "好"}, "It must be one of"),
        ({"id": "notes:n3", "decision": "accept"}, "waits for an answer"),
    ],
)
def test_a_wrong_decision_is_said_and_nothing_is_taken(
    cqia: Cqia, folder: Path, row: dict[str, object], said: str
) -> None:
    good = {"id": "notes:n2", "decision": "rewrite", "text": "人写的。"}
    found = cqia("answer", "--accept", file(folder, good, {"id": "notes:n1"} | row), "--by", "王芳", "-C", folder)
    assert found.code == 2
    assert said in found.err
    assert "0 accepted" in cqia("answer", "-C", folder).out


def test_two_decisions_about_one_record_are_too_many(cqia: Cqia, folder: Path) -> None:
    (row, other) = sheet(cqia, folder)
    path = file(folder, row | {"decision": "accept"}, other, row | {"decision": "rewrite", "text": "人写的。"})
    said = cqia("answer", "--accept", path, "--by", "王芳", "-C", folder)
    assert said.code == 2
    assert "line 3: notes:n1/answer is decided in line 1 already" in said.err
    assert "0 accepted" in cqia("answer", "-C", folder).out


def test_a_sheet_that_is_taken_in_twice_is_written_down_once(cqia: Cqia, folder: Path) -> None:
    rows = [row | {"decision": "accept"} for row in sheet(cqia, folder)]
    for told in ("Accepted: 2 as drafted, 0 rewritten", "decided so before: 2."):
        assert told in cqia("answer", "--accept", file(folder, *rows), "--by", "王芳", "-C", folder).out
    with closing(sqlite3.connect(folder / "work/answers.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM accepted").fetchone() == (2,)


def test_decisions_have_a_name(cqia: Cqia, folder: Path) -> None:
    found = cqia("answer", "--accept", file(folder), "-C", folder)
    assert (found.code, "--by" in found.err) == (2, True)


def test_before_a_run_nothing_waits(cqia: Cqia, asking: Callable[..., Path]) -> None:
    assert "Run first" in cqia("answer", "-C", asking()).out


def test_a_book_that_is_none_of_ours_is_said(cqia: Cqia, folder: Path) -> None:
    (folder / "work/answers.sqlite").write_text("不是数据库，只是一段写得够长的文字。" * 20, "utf-8")
    found = cqia("answer", "-C", folder)
    assert (found.code, "answers.sqlite cannot be used" in found.err) == (1, True)
