"""The pictures of the report and of a comparison in docs/images, taken in a real browser by ``make screenshots``.

Of the sample project every section; of real data, where they lie beside the project, the sections whose pictures a
sample is too small for. None of these shows a text of the data.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SHOTS = os.environ.get("CQIA_SCREENSHOTS")  # a folder; set by `make screenshots`
BENCHMARKS = {"ceval": "benchmarks/ceval/**/*.csv", "belle": "benchmarks/belle/**/*.json*"}
TALLEST = 1700  # of a picture, in pixels
COMPARED = ("coig_cqia_sample", "coig", "nlp/alpaca_zh", "nlp/firefly_moss")

pytestmark = [
    pytest.mark.skipif(not SHOTS, reason="takes the pictures of docs/images: make screenshots"),
    pytest.mark.timeout(1800),
]


def cqia(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "cqia", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def taken(page: Any, address: Path, name: str, sections: Sequence[str]) -> None:
    """A picture of each section, of a long one where it begins; ``top`` is the page where it begins."""
    page.goto(address.as_uri())
    for section in sections:
        file = str(Path(str(SHOTS)) / f"{name}-{section}.png")
        if section == "top":
            page.screenshot(path=file)
            continue
        box = page.locator(f"#{section}").bounding_box()  # nothing is scrolled
        page.screenshot(path=file, full_page=True, clip=box | {"height": min(box["height"], TALLEST)}, timeout=120_000)
    assert page.said == []


def test_of_the_sample_project(page, tmp_path):
    folder = tmp_path / "demo"
    shutil.copytree(ROOT / "demo", folder, ignore=shutil.ignore_patterns("work", "releases", "report"))
    cqia("run", "--until", "judge", "-C", str(folder))
    cqia("review", "import", str(folder / "decisions.jsonl"), "-C", str(folder))
    cqia("release", "v1", "-C", str(folder))
    cqia("report", "-C", str(folder))
    of_all = ("top", "funnel", "rules", "judging", "variety", "faults", "people", "beside", "samples")
    taken(page, folder / "report/index.html", "report", of_all)


def test_of_a_project_over_real_data(page, tmp_path, real_data):
    folder = tmp_path / "everything"
    script = [sys.executable, str(ROOT / "benchmarks/everything.py"), "--data", str(real_data), "--out", str(folder)]
    done = subprocess.run(script, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    beside = {"alpaca_zh": [str(real_data / "nlp/alpaca_zh/llamafactory/alpaca*.json")],
              "coig": [str(real_data / "coig/*.json")]}  # fmt: skip
    table = "".join(f"{name} = {json.dumps(globs)}\n" for name, globs in beside.items())
    with (folder / "cqia.toml").open("a", encoding="utf-8") as file:
        file.write(f"[report.beside]\n{table}")
    cqia("report", "--map", "-C", str(folder))
    taken(page, folder / "report/index.html", "report", ("sources", "lengths", "tasks", "map"))


def test_of_a_comparison(page, tmp_path, real_data):
    named = [part for name, glob in BENCHMARKS.items() for part in ("--benchmarks", f"{name}={real_data / glob}")]
    datasets = [str(real_data / each) for each in COMPARED]
    cqia("compare", *datasets, "--map", *named, "--out", str(tmp_path / "compared"))
    taken(page, tmp_path / "compared/index.html", "compare", ("top", "lengths", "overlap", "map", "faults"))
