"""The report: one page without anything from elsewhere, and the same numbers as JSON."""

import json
import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.report import lengths
from cqia.report.lengths import BINS
from made import note


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 40)), max_size=30))
def test_lengths_are_counted_in_characters_and_each_in_one_bin(tmp_path_factory, sizes):
    folder = tmp_path_factory.mktemp("parts")
    rows = {
        "instruction": ["问" * (size // 2) for size, _ in sizes],
        "input": ["入" * (size - size // 2) for size, _ in sizes],
        "output": ["答" * size for _, size in sizes],
    }
    for number in range(2):
        pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String))[number::2].write_parquet(folder / f"{number}.parquet")
    found = lengths.lengths([folder / "0.parquet", folder / "1.parquet"])
    if not sizes:
        assert found == {}
        return
    for name, column in (("instruction", [size for size, _ in sizes]), ("output", [size for _, size in sizes])):
        assert sum(found[name].counts) == len(sizes)
        assert len(found[name].counts) == len(BINS) + 1
        assert (found[name].quantiles[0], found[name].quantiles[-1]) == (min(column), max(column))
        assert list(found[name].quantiles) == sorted(found[name].quantiles)
        assert found[name].counts[0] == sum(size <= BINS[0] for size in column)


def test_no_parts():
    assert lengths.lengths([]) == {}


@pytest.mark.parametrize("until", [None, "collect", "filter", "assign", "review"])
def test_a_report_of_what_there_is(project, cqia, inline, until):
    folder = project([note(1), note(2, likes=0), "{"])
    if until:
        assert cqia("run", "-C", folder, "--until", until).code == 0
    said = cqia("report", "-C", folder)
    assert said.code == 0
    assert said.out.strip() == str(folder / "report" / "index.html")
    numbers = json.loads((folder / "report/report.json").read_text("utf-8"))
    assert numbers["judge"] == "heuristic"
    assert numbers["funnel"]["balanced"] is True
    assert bool(numbers["lengths"]) == (until in ("assign", "review"))
    page = (folder / "report/index.html").read_text("utf-8")
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", page)
    if until == "review":
        assert "笔记" in page
        assert "heuristic" in page


def test_what_a_project_is_called_cannot_break_out_of_the_page(project, cqia, inline):
    folder = project([note(1)])
    file = folder / "cqia.toml"
    file.write_text("name = '<script>alert(1)</script>'\n" + file.read_text("utf-8"), "utf-8")
    cqia("run", "-C", folder)
    assert cqia("report", "-C", folder).code == 0
    assert "<script>alert" not in (folder / "report/index.html").read_text("utf-8")


def test_the_same_workspace_gives_the_same_report(project, cqia, inline):
    folder = project([note(1), note(2)])
    cqia("run", "-C", folder)
    cqia("report", "-C", folder)
    before = (folder / "report/index.html").read_bytes()
    cqia("report", "-C", folder)
    assert (folder / "report/index.html").read_bytes() == before
