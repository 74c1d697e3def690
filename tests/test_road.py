"""The whole road over the bundled sample, as ``make demo`` goes it: what each trouble comes to, and each life."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).parents[1]
Run = Callable[..., str]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample project, released."""
    folder = tmp_path_factory.mktemp("road") / "demo"
    ignored = shutil.ignore_patterns("work", "releases", "report")
    shutil.copytree(ROOT / "demo", folder, ignore=ignored)
    for command in (
        ("run", "--until", "judge"),
        ("review", "import", str(folder / "decisions.jsonl")),
        ("release", "v1"),
    ):
        cqia(folder, *command)
    return folder


def cqia(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "cqia", *arguments, "-C", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def status(folder: Path) -> dict[tuple[str, str], dict[str, object]]:
    found = json.loads(cqia(folder, "status", "--json"))
    assert found["balanced"], found["faults"]
    return {(row["source"], row["stage"]): row for row in found["stages"]}


def test_it_balances_and_the_next_in_is_this_out(demo: Path) -> None:
    rows = status(demo)
    stages = ("collect", "filter", "dedup", "assign", "judge", "review", "release")
    for source in ("zhihu", "ruozhiba", "gaokao"):
        for before, after in itertools.pairwise(stages):
            assert rows[source, before]["out"] == rows[source, after]["in"]
    raw = sum(int(str(rows[source, "collect"]["in"])) for source in ("zhihu", "ruozhiba", "gaokao"))
    documents = sum(int(str(rows[source, "collect"]["out"])) for source in ("zhihu", "ruozhiba", "gaokao"))
    assert raw >= 120
    assert documents >= 150


@pytest.mark.parametrize(
    ("source", "stage", "kind", "reasons"),
    [
        ("zhihu", "collect", "quarantined_by", {"unreadable_encoding", "empty_file", "truncated", "bad_row"}),
        ("zhihu", "collect", "dropped", {"login_wall", "removed", "same_id"}),
        ("zhihu", "filter", "dropped", {"likes", "short", "media_only", "contact", "personal", "no_question"}),
        ("zhihu", "dedup", "dropped", {"exact_duplicate", "near_duplicate"}),
        ("zhihu", "judge", "dropped", {"score"}),
        ("zhihu", "review", "dropped", {"rejected"}),
        ("ruozhiba", "filter", "dropped", {"not_a_question"}),
        ("ruozhiba", "assign", "pending_by", {"needs_answer"}),
        ("gaokao", "filter", "dropped", {"no_answer", "needs_picture"}),
    ],
)
def test_every_kind_of_trouble_ends_with_its_reason(
    demo: Path, source: str, stage: str, kind: str, reasons: set[str]
) -> None:
    found = status(demo)[source, stage][kind]
    assert isinstance(found, dict)
    assert reasons <= found.keys()


def test_sensitive_words_in_innocent_use_are_released(demo: Path) -> None:
    texts = "".join(path.read_text("utf-8") for path in (demo / "releases/v1").rglob("*.jsonl"))
    assert "毒品" in texts
    assert "炸弹" in texts


def test_no_number_of_a_person_is_released(demo: Path) -> None:
    from cqia.text import pii

    records = pl.read_parquet(demo / "work/*/release/out/*.parquet")
    found = [span.kind for text in records["output"] for span in pii.spans(text)]
    assert set(found) <= {"landline"}, found


@pytest.mark.parametrize(
    ("source", "stage", "where", "told"),
    [
        ("zhihu", "release", pl.col("status") == "kept", ["raw file", "collect", "judge", "released"]),
        ("zhihu", "filter", pl.col("reason") == "likes", ["raw file", "likes = "]),
        ("zhihu", "dedup", pl.col("reason") == "near_duplicate", ["near_duplicate = 0.", "zhihu:answer-"]),
        ("zhihu", "judge", pl.col("reason") == "score", ["score = ", "by heuristic"]),
        ("ruozhiba", "assign", pl.col("status") == "pending", ["needs_answer"]),
        ("zhihu", "collect", pl.col("reason") == "unreadable_encoding", ["raw file", "charset"]),
        ("zhihu", "collect", pl.col("reason") == "same_id", ["same_id", "zhihu:answer-"]),
        ("zhihu", "review", pl.col("reason") == "rejected", ["rejected", "演示审核员"]),
    ],
)
def test_why_tells_the_whole_life(demo: Path, source: str, stage: str, where: pl.Expr, told: list[str]) -> None:
    found = pl.read_parquet(demo / f"work/{source}/{stage}/status/*.parquet").filter(where)["id"]
    life = cqia(demo, "why", found[0])
    for each in (*told, str(demo / "raw")):
        assert each in life
    steps = json.loads(cqia(demo, "why", found[0], "--json"))["steps"]
    assert next(step["stage"] for step in steps) == "collect"
    if "same_id" not in told:  # the document itself goes on, from the page that has its fullest version
        assert steps[-1]["stage"] == stage


def test_the_release_loads_as_a_dataset(demo: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    manifest = json.loads((demo / "releases/v1/manifest.json").read_text("utf-8"))
    for config in ("zhihu", "exam"):
        rows = sum(f["rows"] for name, f in manifest["files"].items() if name.startswith(f"{config}/"))
        loaded = datasets.load_dataset(str(demo / "releases/v1"), config, split="train", cache_dir=str(tmp_path))
        assert len(loaded) == rows > 0
        assert loaded.column_names == [
            "instruction", "input", "output", "task_type", "domain", "metadata", "answer_from", "human_verified",
            "copyright",
        ]  # fmt: skip
        assert all(row["human_verified"] for row in loaded)
        parquet = pl.read_parquet(demo / f"releases/v1/parquet/{config}.parquet")
        assert sorted(parquet["metadata"]) == sorted(loaded["metadata"])


def test_releasing_again_changes_nothing_and_a_taken_down_record_goes(demo: Path, tmp_path: Path) -> None:
    assert "unchanged" in cqia(demo, "release", "v1")
    folder = tmp_path / "demo"
    shutil.copytree(demo, folder)
    record = pl.read_parquet(folder / "work/zhihu/release/out/*.parquet")["id"][0]
    listed = cqia(folder, "takedown", "--id", record, "--apply")
    assert record in listed
    cqia(folder, "release", "v2")
    for path in (folder / "releases/v2").rglob("*.jsonl"):
        assert f"id:{record}" not in path.read_text("utf-8")
    assert "takedown" in cqia(folder, "why", record)
