from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cqia import pipeline
from cqia.project import load
from made import Said, lines, make_project, note
from made_labels import texts

Cqia = Callable[..., Said]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """People's labels and a judge's scores of the same 200 records; three scores out of four are right."""
    people, judge = tmp_path / "people.jsonl", tmp_path / "judge.jsonl"
    people.write_text(lines({"id": f"r{n}", "label": int(n % 4 < 2)} for n in range(200)), "utf-8")
    judge.write_text(lines({"id": f"r{n}", "score": 8.5 if n % 4 == 0 else 5} for n in range(200)), "utf-8")
    return people, judge


def test_calibrate_names_a_threshold_and_tries_it(cqia: Cqia, files: tuple[Path, Path]) -> None:
    people, judge = files
    said = cqia("judge", "calibrate", "--labels", people, "--scores", judge, "--precision", "0.8", "--check", people)
    assert said.code == 0
    assert "Threshold 8.5: of the 50 records from there on 1.000 (0.929 to 1.000) are good" in said.out
    assert "as was claimed" in said.out
    found = cqia("judge", "calibrate", "--labels", people, "--scores", judge, "--precision", "0.8", "--json")
    assert json.loads(found.out)["threshold"]["score"] == 8.5


def test_calibrate_refuses_where_labels_are_too_few(cqia: Cqia, files: tuple[Path, Path]) -> None:
    people, judge = files
    said = cqia("judge", "calibrate", "--labels", people, "--scores", judge, "--precision", "0.97")
    assert said.code == 0
    assert "No threshold is named" in said.out
    assert "are needed" in said.out
    tried = cqia("judge", "calibrate", "--labels", people, "--scores", judge, "--precision", "0.97", "--check", people)
    assert "was not looked at: there is no threshold" in tried.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("calibrate", "--labels", "nowhere.csv"),
        ("calibrate", "--labels", "PEOPLE", "--scores", "JUDGE", "--check", "nowhere.csv"),
        ("calibrate", "--labels", "PEOPLE", "--scores", "nowhere.csv"),
        ("calibrate", "--labels", "PEOPLE", "--scores", "JUDGE", "--precision", "2"),
        ("calibrate", "--labels", "JUDGE", "--scores", "JUDGE"),  # which scores are good?
        ("compare", "PEOPLE", "nowhere.csv"),
        ("compare", "PEOPLE", "."),  # no project
        ("distil", "--labels", "PEOPLE", "--out", "student"),  # no text
        ("distil", "--labels", "nowhere.csv", "--out", "student"),
        ("repeat",),
    ],
)
def test_a_mistake_is_a_sentence(
    arguments: tuple[str, ...],
    cqia: Cqia,
    files: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    named = {"PEOPLE": str(files[0]), "JUDGE": str(files[1])}
    said = cqia("judge", *(named.get(each, each) for each in arguments))
    assert said.code == 2
    assert said.err
    assert not (tmp_path / "empty/student").exists()


def test_compare_lists_what_two_judges_differ_on(cqia: Cqia, files: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text(
        lines({"id": f"r{n}", "score": 8.5 if n == 1 else 5, "detail": "[b]妙"} for n in range(200)), "utf-8"
    )
    said = cqia("judge", "compare", files[1], other, "--at-least", "8")
    assert said.code == 0
    assert "Outcomes: scored/scored 200" in said.out
    assert "[b]妙" in said.out  # a reason is shown, and never markup
    assert json.loads(cqia("judge", "compare", files[1], other, "--json").out)["both"] == 200


def test_a_student_is_taught_and_tried(cqia: Cqia, tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the extra distil is not installed")
    for name, seed in (("train", 0), ("dev", 1)):
        rows, good = texts(300, seed)
        made = lines({"text": t, "label": bool(g)} for t, g in zip(rows, good, strict=True))
        (tmp_path / f"{name}.jsonl").write_text(made, "utf-8")
    arguments = ("--labels", tmp_path / "train.jsonl", "--dev", tmp_path / "dev.jsonl", "--out", tmp_path / "s")
    said = cqia("judge", "distil", *arguments)
    assert said.code == 0
    assert "On the other labels (300): right" in said.out
    assert "asked" in said.out
    found = json.loads(cqia("judge", "distil", *arguments, "--json").out)
    assert found["dev"]["accuracy"]["value"] > 0.9
    assert found["name"] in said.out


def test_the_verdicts_of_a_project_are_labels_too(cqia: Cqia, tmp_path: Path) -> None:
    folder = make_project(tmp_path / "p", [note(n) for n in range(80)])
    assert cqia("judge", "compare", folder, folder).code == 2  # nothing judged yet
    pipeline.run(load(folder))
    ids = json.loads(cqia("list", "-C", folder, "--stage", "judge", "--limit", "100", "--json").out)
    people = tmp_path / "people.jsonl"
    people.write_text(lines({"id": row["id"], "label": 1} for row in ids), "utf-8")
    said = cqia("judge", "calibrate", "--labels", people, "-C", folder, "--precision", "0.5")
    assert said.code == 0
    assert "80 records with a label and a score, 80 of them good" in said.out
    assert cqia("judge", "compare", folder, folder).code == 0
    again = cqia("judge", "repeat", "-C", folder, "--times", "2", "--limit", "5")
    assert "5 records, judged 2 times each" in again.out
    assert json.loads(cqia("judge", "repeat", "-C", folder, "--limit", "5", "--json").out)["records"] == 5


def test_the_funnel_counts_the_three_outcomes_apart(cqia: Cqia, tmp_path: Path) -> None:
    folder = make_project(
        tmp_path / "p", [note(n) for n in range(4)], toml='[judge]\nmodel = "replay"\nreplay = "r.jsonl"\n'
    )
    replies = {0: '{"总分": 9}', 1: '{"总分": null, "总评": "要看图"}', 2: "我想想"}
    rows = [{"id": f"notes:n{n}/answer", "reply": text, "attempt": a} for n, text in replies.items() for a in (1, 2)]
    (folder / "r.jsonl").write_text(lines(rows), "utf-8")
    pipeline.run(load(folder))
    shown = cqia("status", "-C", folder)
    assert "scored 1, abstained 1, failed 2" in shown.out
    stages = json.loads(cqia("status", "-C", folder, "--json").out)["stages"]
    assert {row["stage"]: row.get("verdicts") for row in stages}["judge"] == {"scored": 1, "abstained": 1, "failed": 2}
    assert all("verdicts" not in row for row in stages if row["stage"] != "judge")
