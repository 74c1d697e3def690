"""Running again: what is true still is not made again, and what has changed is, and only that."""

import json
import os
import shutil
from pathlib import Path

import polars as pl
import pytest

from cqia.project import load
from made import counted, lines, note

ROWS = [note(n) for n in range(6)]
AFTER_FILTER = ["dedup summarise", "dedup apply", "assign apply", "judge apply", "review apply"]
ROAD = ["collect draft", "collect summarise", "collect apply", "filter apply", *AFTER_FILTER]


def steps(done: list[str]) -> list[str]:
    return [task.rpartition(" ")[0] for task in done]


def parts(work: Path) -> dict[str, bytes]:
    return {str(path.relative_to(work)): path.read_bytes() for path in sorted(work.rglob("*.parquet"))}


def test_a_second_run_does_nothing_and_changes_no_byte(project, run, inline):
    folder = project(ROWS)
    run(folder)
    assert steps(inline.taken()) == ROAD
    before = {path: path.stat().st_mtime_ns for path in (folder / "work").rglob("*") if path.suffix != ""}
    run(folder)
    assert inline.taken() == []
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_going_on_from_where_one_stopped_is_going_there_at_once(project, run, inline, tmp_path):
    folder = project(ROWS)
    for until in ("collect", "filter", "dedup", "assign", "judge", "review"):
        run(folder, until=until)
    assert steps(inline.taken()) == ROAD
    stepwise = parts(folder / "work")
    (folder / "work").rename(tmp_path / "aside")
    run(folder)
    assert parts(folder / "work") == stepwise


@pytest.mark.parametrize(
    ("toml", "redone"),
    [
        ("[sources.notes.rules.likes]\nat_least = 12", ["filter apply", *AFTER_FILTER]),
        ("[sources.notes.rules.short]\nmissing = 'keep'", ["filter apply"]),  # it drops the same: what follows stands
        ("seed = 7", ["assign apply", "judge apply", "review apply"]),
        ("[review]\nrequire = 'all'", ["review apply"]),
        ("[run]\nworkers = 1", []),
    ],
)
def test_a_change_of_settings_redoes_its_stage_and_what_follows(project, run, inline, toml, redone):
    folder = project(ROWS)
    run(folder)
    inline.taken()
    file = folder / "cqia.toml"
    old = file.read_text("utf-8")
    file.write_text(f"{toml}\n{old}" if toml.startswith("seed") else f"{old}\n{toml}\n", "utf-8")
    assert run(folder).balanced
    assert steps(inline.taken()) == redone


def test_a_threshold_of_the_judge_redoes_judge(project, run, inline):
    folder = project(ROWS)
    run(folder)
    inline.taken()
    file = folder / "cqia.toml"
    file.write_text(file.read_text("utf-8").replace("[sources.notes]\n", "[sources.notes]\nat_least = 9.5\n"), "utf-8")
    assert run(folder).balanced
    assert steps(inline.taken()) == ["judge apply", "review apply"]


def test_a_new_file_is_read_and_no_other(project, run, inline):
    folder = project(ROWS)
    run(folder)
    inline.taken()
    (folder / "raw" / "0-before-the-others.jsonl").write_text(lines([note(100)]), "utf-8")
    found = run(folder)
    drafts = [task for task in inline.taken() if "draft" in task]
    assert drafts == ["collect draft notes/part-00001"]
    assert found.balanced
    assert found.rows[0].counts.out == len(ROWS) + 1


def test_a_removed_file_leaves_with_all_that_came_of_it(project, run, inline):
    folder = project(ROWS)
    run(folder)
    second = folder / "raw" / "b.jsonl"
    second.write_text(lines([note(100)]), "utf-8")
    run(folder)
    second.unlink()
    found = run(folder)
    assert found.balanced
    assert [row.counts.inputs for row in found.rows] == [len(ROWS)] * 6
    assert not list((folder / "work").rglob("part-00001.parquet"))


def test_a_changed_file_is_read_again(project, run, inline):
    folder = project(ROWS)
    (folder / "raw" / "b.jsonl").write_text(lines([note(100)]), "utf-8")
    run(folder)
    file = folder / "raw" / "b.jsonl"
    file.write_text(lines([note(100, text="换成了另外一段足够长的正文，说的是别的事。")]), "utf-8")
    found = run(folder)
    assert found.balanced
    texts = pl.concat([pl.read_parquet(part) for part in (folder / "work/notes/collect/out").glob("*")])["text"]
    assert texts.str.starts_with("换成了").sum() == 1
    assert len(texts) == len(ROWS) + 1


def test_a_touched_file_with_the_same_content_changes_nothing_that_follows(project, run, inline):
    folder = project(ROWS)
    run(folder)
    before = {name: data for name, data in parts(folder / "work").items() if name.startswith("notes/review/out")}
    os.utime(folder / "raw" / "a.jsonl", ns=(1, 1))
    found = run(folder)
    assert found.balanced
    after = parts(folder / "work")
    assert [data for name, data in after.items() if name.startswith("notes/review/out")] == list(before.values())


@pytest.mark.parametrize(
    "part",
    [
        "collect/out",
        "collect/draft/out",
        "collect/status",
        "filter/out",
        "dedup/summary",
        "dedup/out",
        "assign/status",
        "judge/out",
        "review/out",
    ],
)
@pytest.mark.parametrize("harm", ["deleted", "cut short", "empty"])
def test_a_part_harmed_by_hand_is_made_again_the_same(project, run, inline, part, harm):
    folder = project(ROWS)
    run(folder)
    before = parts(folder / "work")
    path = folder / "work" / "notes" / part / "part-00000.parquet"
    if harm == "deleted":
        path.unlink()
    else:
        data = path.read_bytes()
        path.unlink()  # a part may be one file with its draft
        path.write_bytes(data[: len(data) // 2] if harm == "cut short" else b"")
    assert run(folder).balanced
    assert parts(folder / "work") == before


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"seal": "x", "stage": {"shards": {}}}', "\udcff"])
def test_a_manifest_edited_by_hand_is_not_believed(project, run, inline, capsys, text):
    from cqia import pipeline

    folder = project(ROWS)
    run(folder)
    before = parts(folder / "work")
    inline.taken()
    (folder / "work/notes/filter/manifest.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    said: list[str] = []
    assert not counted(load(folder)).balanced
    pipeline.run(load(folder), warn=said.append)
    assert counted(load(folder)).balanced
    assert steps(inline.taken()) == ["filter apply"]
    assert len(said) == 1
    assert "edited or is damaged" in said[0]
    assert parts(folder / "work") == before


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"files": {}, "next": 0, "shards": {}}', '{"files": 1, "next": 2, "shards": 3}', "\udcff"]
)
def test_a_plan_that_is_lost_or_edited_is_made_anew(project, run, inline, text):
    folder = project(ROWS)
    run(folder)
    before = parts(folder / "work")
    (folder / "work/notes/plan.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert run(folder).balanced
    assert parts(folder / "work") == before


def test_a_page_taken_out_of_the_plan_by_hand_is_not_lost(project, run, inline):
    folder = project(ROWS)
    run(folder)
    file = folder / "work/notes/plan.json"
    plan = json.loads(file.read_text("utf-8"))
    plan["plan"]["shards"]["part-00000"] = []
    file.write_text(json.dumps(plan), "utf-8")
    found = run(folder)
    assert found.balanced
    assert found.rows[0].counts.inputs == len(ROWS)


@pytest.mark.parametrize("name", ["decisions/dedup-notes.json", "decisions/collect-notes.parquet"])
def test_decisions_that_are_lost_or_edited_are_made_anew(project, run, inline, name):
    folder = project(ROWS)
    run(folder)
    before = parts(folder / "work")
    (folder / "work" / name).write_text("[]")
    assert run(folder).balanced
    assert parts(folder / "work") == before


def test_a_file_system_without_second_names_for_a_file_will_do(project, run, inline, monkeypatch):
    def link(source, target):
        raise PermissionError(1, "Operation not permitted")

    folder = project(ROWS)
    run(folder)
    linked = parts(folder / "work")
    shutil.rmtree(folder / "work")
    monkeypatch.setattr(os, "link", link)
    assert run(folder).balanced
    assert parts(folder / "work") == linked


def test_the_manifest_says_what_was_made(project, run, inline):
    folder = project(ROWS)
    run(folder)
    manifest = json.loads((folder / "work/notes/filter/manifest.json").read_text("utf-8"))
    made = manifest["stage"]["shards"]["part-00000"]
    assert made["counts"]["inputs"] == made["counts"]["kept"] == made["parts"]["out"]["rows"] == len(ROWS)
    assert made["parts"]["out"]["size"] == (folder / "work/notes/filter/out/part-00000.parquet").stat().st_size
