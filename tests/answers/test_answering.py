"""Accepted answers on the road: what waited goes on, and what was rewritten keeps what was there."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from cqia import acceptance, answering, pipeline
from cqia.answering import Task
from cqia.answers.prompts import Question
from cqia.errors import ModelError, ProjectError, UsageError
from cqia.ledger.why import life
from cqia.project import Project, load
from cqia.stages import assign
from cqia.tasks.edits import undone
from made import counted, make_project, note
from stub_server import error
from written_answers import Author, draft

ID = "notes:n1/answer"


def gone(folder: Path, until: str = "assign") -> Project:
    project = load(folder)
    pipeline.run(project, until=until)  # type: ignore[arg-type]
    return project


def out(project: Project, stage: str = "assign") -> dict[str, dict[str, object]]:
    parts = sorted((project.work / "notes" / stage / "out").glob("part-*.parquet"))
    return {row["id"]: row for row in pl.concat([pl.read_parquet(part) for part in parts]).to_dicts()}


def asked(project: Project, id: str = ID) -> Question:
    found = answering.question(project, id)
    assert found is not None
    return found


@pytest.mark.parametrize(("text", "who"), [(draft(1), "llm"), ("人写的：茶壶不会说话。", "human")])
def test_what_a_person_accepts_goes_on(asking: Callable[..., Path], text: str, who: str) -> None:
    project = gone(asking())
    (done,) = answering.draft(project, [Task(asked(project), "把比喻当真")])
    assert acceptance.accept(project, asked(project), text, done.rounds[-1], by="王芳")
    assert not acceptance.accept(project, asked(project), text, done.rounds[-1], by="王芳")
    gone(project.folder, "review")
    row = out(project, "review")[ID]
    assert (row["output"], row["answer_from"], row["human_verified"]) == (text, who, True)
    (assigned,) = [r for r in counted(project).rows if r.stage == "assign"]
    assert (assigned.counts.kept, assigned.counts.pending) == (2, {"needs_answer": 1})
    assert counted(project).balanced
    found = life(project.folder, project.work, {"notes": project.sources["notes"].stages}, ID)
    (step,) = [each for each in found.steps if each.stage == "assign"]
    assert (step.reason, step.by) == ("answer", "王芳")


def test_a_question_too_long_to_be_sent_counts_as_done(asking: Callable[..., Path]) -> None:
    project = gone(asking())
    long = replace(asked(project), record={"instruction": "长" * 50_000, "input": "", "output": "", "history": []})
    told: list[int] = []
    made = answering.draft(project, [Task(long), Task(asked(project))], told=told.append)
    assert [bool(each.rounds) for each in made] == [False, True]
    assert "too long to be sent" in made[0].fault
    assert told == [1, 2]


def test_the_last_acceptance_counts(asking: Callable[..., Path]) -> None:
    project = gone(asking())
    for text in ("第一次写的。", "第二次写的。"):
        acceptance.accept(project, asked(project), text, None, by="王芳")
    gone(project.folder)
    assert out(project)[ID]["output"] == "第二次写的。"


def test_an_answer_to_a_question_that_has_changed_counts_no_more(asking: Callable[..., Path]) -> None:
    folder = asking()
    project = gone(folder)
    acceptance.accept(project, asked(project), "人写的。", None, by="王芳")
    raw = folder / "raw/a.jsonl"
    raw.write_text(raw.read_text("utf-8").replace("第1件小事", "第一件大事"), "utf-8")
    gone(folder)
    assert ID not in out(project)
    assert counted(project).balanced


def test_the_same_bytes_whatever_came_first(asking: Callable[..., Path], tmp_path: Path) -> None:
    project = gone(asking())
    acceptance.accept(project, asked(project), "人写的。", None, by="王芳")
    gone(project.folder)
    part = project.work / "notes/assign/out/part-00000.parquet"
    before = part.read_bytes()
    for old in (project.work / "notes").glob("*/manifest.json"):
        old.unlink()
    gone(project.folder)
    assert part.read_bytes() == before


def test_the_check_accepts_for_sources_that_are_named(asking: Callable[..., Path], server: Author) -> None:
    project = gone(asking('sources = ["notes"]'))
    rows = out(project)
    assert {(row["output"], row["answer_from"], row["human_verified"]) for row in rows.values()} >= {
        (draft(1), "llm", False)
    }
    assert len(rows) == 3
    before = len(server.asked)
    gone(project.folder)
    assert len(server.asked) == before
    assert counted(project).balanced


@pytest.mark.parametrize("bound", ["at_least = 9.5", "rounds = 1"])
def test_what_does_not_pass_waits(asking: Callable[..., Path], server: Author, bound: str) -> None:
    server.good = 9 if bound.startswith("rounds") else 1
    project = gone(asking(f'sources = ["notes"]\n{bound}'))
    assert set(out(project)) == {"notes:n3/answer"}
    before = len(server.asked)
    gone(project.folder)
    assert len(server.asked) == before  # its rounds are used up


def test_a_rewriting_keeps_what_was_there(asking: Callable[..., Path], server: Author) -> None:
    project = gone(asking('sources = ["notes"]\nmode = "rewrite"'))
    rows = out(project)
    assert set(rows) == {"notes:n3/answer"}  # an answer is not asked for
    (row,) = rows.values()
    assert (row["output"], row["answer_from"], row["human_verified"]) == (draft(1), "llm", False)
    original = note(3)["text"]
    assert undone("output", str(row["output"]), row["edits"]) == original  # type: ignore[arg-type]
    assert original in server.drafts[0][1]["content"]
    found = life(project.folder, project.work, {"notes": project.sources["notes"].stages}, "notes:n3/answer")
    assert [(each["name"], each["was"], each["now"]) for each in found.edits] == [("rewrite", original, draft(1))]


def test_a_rewriting_that_does_not_pass_leaves_what_was_there(asking: Callable[..., Path], server: Author) -> None:
    server.good = 9
    project = gone(asking('sources = ["notes"]\nmode = "rewrite"'))
    (row,) = out(project).values()
    assert (row["output"], row["edits"]) == (note(3)["text"], [])


def test_without_the_table_the_check_accepts_nothing(asking: Callable[..., Path], server: Author) -> None:
    folder = asking('sources = ["notes"]\nmode = "rewrite"')
    gone(folder)
    file = folder / "cqia.toml"
    file.write_text(file.read_text("utf-8").replace('sources = ["notes"]\n', ""), "utf-8")
    (row,) = out(gone(folder)).values()
    assert row["output"] == note(3)["text"]


def test_a_server_that_is_away_stops_the_run_and_what_came_is_kept(asking: Callable[..., Path], server: Author) -> None:
    server.instead = lambda role, nth: error(401) if role == "check" else None
    with pytest.raises(ModelError):
        gone(asking('sources = ["notes"]\n', more="[judge]\nwait = 1\ntimeout = 5\n"))


def test_the_budget_holds_for_drafts_too(asking: Callable[..., Path], server: Author) -> None:
    with pytest.raises(ModelError, match="budget"):
        gone(asking('sources = ["notes"]', more="[budget]\ncalls = 3\n"))
    assert len(server.asked) <= 3


def test_answers_take_room_in_a_quota(tmp_path: Path, asking: Callable[..., Path]) -> None:
    rows = [note(n, text="" if n < 3 else f"第{n}条有回答。", genre="茶") for n in range(8)]
    folder = make_project(tmp_path / "q", rows, source="ranked")
    project = load(folder)
    pipeline.run(project, until="assign")
    for n in range(3):
        acceptance.accept(project, asked(project, f"ranked:n{n}"), f"人写的第{n}条。", None, by="王芳")
    pipeline.run(project, until="assign")
    frame = pl.read_parquet(folder / "work/ranked/assign/out/part-00000.parquet")
    status = pl.read_parquet(folder / "work/ranked/assign/status/part-00000.parquet")
    assert frame.height == 4
    assert status["reason"].drop_nulls().is_in(["quota", "answer"]).all()


def test_no_model_is_said(tmp_path: Path, inline: object) -> None:
    folder = make_project(tmp_path / "p", [note(1)])
    with pytest.raises(UsageError, match="names no model"):
        answering.models(load(folder))


def test_the_judge_checks_where_it_is_a_model(tmp_path: Path) -> None:
    toml = '[answers]\nmodel = "writer"\ntemperature = 1\n[judge]\nmodel = "critic"\n'
    drafter, checker = answering.models(load(make_project(tmp_path / "p", [note(1)], toml=toml)))
    assert (drafter.name, drafter.temperature, checker.name, checker.temperature) == ("writer", 1, "critic", 0)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('[answers]\nsources = ["zhihu"]', "zhihu"),
        ('[answers]\nmode = "改写"', "answers.mode"),
        ("[answers]\nprice_in = 1", "currency"),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, toml: str, said: str) -> None:
    with pytest.raises(ProjectError, match=said):
        load(make_project(tmp_path / "p", [note(1)], toml=toml))


def test_questions_are_masked_as_records_are(asking: Callable[..., Path]) -> None:
    project = gone(asking())
    source = project.sources["notes"]
    frame = pl.read_parquet(project.work / "notes/dedup/out/part-00000.parquet").with_columns(
        text=pl.lit("打我电话13800138000，慢慢说。")
    )
    made = assign.questions(frame, tasks=source.tasks, edits=(), seed=1, mask=("mobile",), answered=True)
    assert made["output"].unique().to_list() == ["打我电话<手机号>，慢慢说。"]
