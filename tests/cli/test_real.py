"""The road on real input, where the folder of real data is there: everything is accounted for, twice is the same."""

import json

import pytest

from cqia.sources import SOURCES

RAW = {
    "ruozhiba": "ruozhiba/leymore/**/*.json",
    "gaokao": "exams/gaokao/**/*.json",
    "zhihu": "web/zhihu_archive/pages_dev/*1.html",
}


@pytest.mark.parametrize("source", [name for name in RAW if name in SOURCES])
def test_a_source_on_real_input(real_data, tmp_path, cqia, source):
    said = cqia("init", tmp_path / "p", "--raw", f"{source}={real_data}/{RAW[source]}")
    assert said.code == 0, said
    assert cqia("run", "-C", tmp_path / "p").code == 0
    status = json.loads(cqia("status", "--json", "-C", tmp_path / "p").out)
    assert status["balanced"]
    collect = status["stages"][0]
    assert collect["out"] > 0
    assert collect["quarantined_by"].get("reader_error", 0) == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "p/work").rglob("*.parquet")}
    assert cqia("run", "-C", tmp_path / "p").code == 0
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "p/work").rglob("*.parquet")}
