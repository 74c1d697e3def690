"""``[dedup]``: what counts as a near duplicate is the project's to say."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from cqia import pipeline, project
from cqia.errors import ProjectError
from cqia.project import DedupTable
from cqia.similar.settings import Settings

TEXT = "".join(chr(0x4E00 + n * 7) for n in range(200))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    texts = {1: TEXT, 2: TEXT[:172] + "".join(chr(0x6E00 + n * 5) for n in range(28))}  # Jaccard 168 / 224
    rows = [
        {"id": n, "type": "answer", "voteup_count": 90 - n, "question": {"id": n, "title": f"问{n}"}, "content": text}
        for n, text in texts.items()
    ]
    (tmp_path / "raw.jsonl").write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return tmp_path


def dropped(folder: Path, table: str = "") -> list[str]:
    """What goes, with the similarity, under a ``[dedup]`` table."""
    toml = f'[sources.zhihu]\nraw = ["raw.jsonl"]\nrules.short.at_least = 1\n{table}'
    (folder / "cqia.toml").write_text(toml, "utf-8")
    pipeline.run(project.load(folder), until="dedup")
    status = pl.read_parquet(folder / "work/zhihu/dedup/status/*.parquet").filter(pl.col("status") == "dropped")
    return [f"{row['id']} {row['fired'][0]['value']:.2f}" for row in status.rows(named=True)]


def test_the_table_says_what_the_settings_say() -> None:
    assert Settings(**DedupTable().model_dump()) == Settings()


def test_another_threshold_is_another_stage(folder: Path) -> None:
    assert dropped(folder) == []
    assert dropped(folder, "[dedup]\nthreshold = 0.7\n") == ["zhihu:answer-2 0.75"]
    assert dropped(folder, "[dedup]\nthreshold = 0.76\n") == []
    assert dropped(folder, "[dedup]\ngram = 1\nthreshold = 0.751\n") == ["zhihu:answer-2 0.75"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("bands = 30\nrows = 5", "30 bands of 5 need 150 values"),
        ("threshold = 2", "threshold"),
        ("gram = 0", "gram"),
        ("treshold = 0.7", "Did you mean 'threshold'"),
    ],
)
def test_what_cannot_be_is_said(folder: Path, table: str, said: str) -> None:
    with pytest.raises(ProjectError) as caught:
        dropped(folder, f"[dedup]\n{table}\n")
    assert said in str(caught.value)
