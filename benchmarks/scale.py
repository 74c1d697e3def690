"""The road on ten times as many documents: time and peak memory of ``cqia release`` on generated documents.

    python benchmarks/scale.py [--sizes 100000 1000000] [--out FILE.json]

Documents are generated (about 380 characters, half with enough likes, one in twenty a near duplicate of an earlier
one), written as JSON lines in files of 50,000, and go through collect, filter, dedup, assign, judge (heuristic),
review and release of a source of one's own. Memory is the sum over the process and its workers, sampled.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

FILE_ROWS = 50_000
SOURCE = """
import polars as pl

from cqia.rules.rule import Rule
from cqia.sources.source import Published, Source, Task


def read(raw):
    row = raw.row
    yield {"id": row["id"], "title": row["title"], "text": row["text"], "likes": row["likes"]}


GENERATED = Source(
    name="generated", title="生成", kind="Yours", description="generated for a benchmark", licence="none needed",
    read=read, rules=(Rule(name="likes", why="too few likes", value=pl.col("likes"), at_least=51, missing="drop"),),
    tasks=(Task(name="answer", wordings=("{title}", "请问：{title}"), fields={"title": pl.col("title")},
                output=pl.col("text"), major=("问答",), minor=("问答",), domain=("通用",)),),
    at_least=1.0, published=Published("generated", {"answer": "answers"}),
)
"""


def generate(folder: Path, documents: int) -> None:
    """Write a project with so many documents."""
    folder.mkdir(parents=True)
    (folder / "own.py").write_text(SOURCE, "utf-8")
    (folder / "cqia.toml").write_text(
        '[sources.generated]\npython = "own.py"\nraw = ["raw-*.jsonl"]\n[review]\nrequire = "none"\n', "utf-8"
    )
    common = np.array([chr(code) for code in range(0x4E00, 0x4E00 + 3000)])
    for start in range(0, documents, FILE_ROWS):
        rng = np.random.default_rng(start)
        earlier: list[str] = []
        with (folder / f"raw-{start:09d}.jsonl").open("w", encoding="utf-8") as file:
            for number in range(start, min(start + FILE_ROWS, documents)):
                if number % 20 == 19:
                    text = earlier[int(rng.integers(len(earlier)))] + "又及。"
                else:
                    marks = "".join(common[rng.integers(0, len(common), 380)])
                    text = "。".join(marks[at : at + 19] for at in range(0, 380, 19)) + "。"
                    earlier = [*earlier[-500:], text]
                row = {
                    "id": str(number),
                    "title": f"第{number}个问题是什么？",
                    "text": text,
                    "likes": int(rng.integers(0, 102)),
                }
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def measured(folder: Path) -> dict[str, float]:
    """Run the road to a release: seconds, and peak resident memory of all its processes in MB."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "cqia", "release", "v1", "-C", str(folder)], stderr=subprocess.DEVNULL
    )
    watched = psutil.Process(process.pid)
    peak = 0
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            peak = max(peak, sum(each.memory_info().rss for each in (watched, *watched.children(recursive=True))))
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"the run ended with {process.returncode}")
    return {"seconds": round(time.monotonic() - begun, 1), "peak_mb": round(peak / 1e6)}


def main() -> None:
    """Print a table, and JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--folder", type=Path, default=None, help="where to work; else a temporary folder")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    root = options.folder or Path(tempfile.mkdtemp(prefix="cqia-scale-"))
    rows = []
    for size in options.sizes:
        folder = root / str(size)
        shutil.rmtree(folder, ignore_errors=True)
        generate(folder, size)
        rows.append({"documents": size, **measured(folder)})
        shutil.rmtree(folder)
        time_ratio, memory_ratio = (rows[-1][name] / rows[0][name] for name in ("seconds", "peak_mb"))
        print(
            f"{size:>11,} documents {rows[-1]['seconds']:>8} s {rows[-1]['peak_mb']:>6} MB"
            f"   time x {time_ratio:.2f}, memory x {memory_ratio:.2f}",
            flush=True,
        )
    result = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "rows": rows,
    }
    print(json.dumps(result))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
