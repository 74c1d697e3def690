"""A reader that crashes or hangs costs one page, never the run."""

from functools import partial

import polars as pl
import pytest

from cqia.engine import local
from cqia.engine.worker import Worker
from made import note


def reasons(folder):
    parts = sorted((folder / "work/notes/collect/status").glob("*.parquet"))
    frame = pl.concat([pl.read_parquet(part) for part in parts])
    return frame.filter(pl.col("status") == "quarantined").select(
        "reason", detail=pl.col("fired").list.first().struct.field("detail")
    ).rows()  # fmt: skip


@pytest.mark.parametrize(("do", "words"), [("exit", "exit code 7"), ("segfault", "Segmentation fault")])
def test_a_crash_costs_one_page(project, run, do, words):
    folder = project([note(0), note(1, do=do), note(2), note(3, do=do)], toml="[run]\nworkers = 1")
    found = run(folder, until="collect")
    assert found.balanced
    (row,) = found.rows
    assert (row.counts.inputs, row.counts.kept, row.counts.quarantined) == (4, 2, {"crashed": 2})
    assert [reason for reason, _ in reasons(folder)] == ["crashed"] * 2
    assert all(words in detail for _, detail in reasons(folder))


def test_a_page_that_takes_too_long_costs_one_page(project, run, monkeypatch):
    # Starting takes a second, and several on a busy machine.
    monkeypatch.setattr(local, "Worker", partial(Worker, seconds=8.0))
    folder = project([note(0), note(1, do="sleep"), note(2)], toml="[run]\nworkers = 1")
    found = run(folder, until="collect")
    assert found.balanced
    assert found.rows[0].counts.quarantined == {"timed_out": 1}
    assert found.rows[0].counts.kept == 2
    ((_, detail),) = reasons(folder)
    assert "8 seconds" in detail


def test_a_crash_is_not_tried_again_by_the_next_run(project, run, inline):
    folder = project([note(0), note(1, do="wall")])
    run(folder, until="collect")
    inline.taken()
    run(folder, until="collect")
    assert inline.taken() == []


def test_a_reader_that_always_crashes_stops_the_run_with_a_sentence(project, cqia, monkeypatch):
    monkeypatch.setattr("cqia.engine.worker.MOST_CULPRITS", 2)
    folder = project([note(n, do="exit") for n in range(5)], toml="[run]\nworkers = 1")
    said = cqia("run", "-C", folder)
    assert said.code == 1
    assert "notes/collect, shard part-00000: the worker died (exit code 7)" in said.err


def test_what_a_reader_prints_is_not_the_output_of_the_run(tmp_path, project, cqia):
    from made import OWN

    own = tmp_path / "loud.py"
    own.write_text(
        OWN.read_text("utf-8").replace("    row = raw.row\n", "    row = raw.row\n    print('吵')\n"), "utf-8"
    )
    said = cqia("run", "-C", project([note(0)], python=own), "--until", "collect")
    assert said.code == 0
    assert "吵" not in said.out


def test_the_result_depends_neither_on_the_workers_nor_on_the_shards(tmp_path, run):
    from cqia.project import load
    from cqia.publish import release
    from made import lines, make_project

    rows = [note(n, text=None if n % 17 == 0 else note(n)["text"]) for n in range(60)]
    rows += [note(n, title="又来一遍") for n in range(0, 60, 11)] + ["不是 JSON"]
    made = {}
    for name, settings in {"one": "workers = 1", "four": "workers = 4\nshard_mib = 0.002"}.items():
        folder = make_project(tmp_path / name / "p", toml=f"[run]\n{settings}")
        raw = tmp_path / "raw"
        raw.mkdir(exist_ok=True)
        for number in range(3):
            (raw / f"{number}.jsonl").write_text(lines(rows[number::3]), "utf-8")
        file = folder / "cqia.toml"
        file.write_text(file.read_text("utf-8").replace("raw/*.jsonl", f"{raw}/*.jsonl"), "utf-8")
        made[name] = release(load(folder), "v1").folder
    assert len(list((tmp_path / "four/p/work/notes/filter/out").glob("*"))) > 5
    one, four = ({path.relative_to(made[name]): path.read_bytes() for path in made[name].rglob("*") if path.is_file()}
                 for name in made)  # fmt: skip
    assert one == four
