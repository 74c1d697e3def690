"""``cqia release`` of many records: time and peak memory, of the release alone and of writing the same rows without it.

    python benchmarks/release.py [--sizes 100000 1000000] [--splits] [--folder DIR] [--out FILE.json]

Records (about 380 characters of output) are generated for five sources, a config each. The road up to the release is
gone before, and not measured. ``--splits`` has shares in cqia.toml, so that near duplicates are looked for. Beside it,
Polars alone: the same parts as one file of JSON lines and one of Parquet, each with its sha256, in no order.
Memory is the sum over the process and its children, sampled.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
import psutil

SOURCES = 5
FILE_ROWS = 50_000
SOURCE = """
import polars as pl

from cqia.sources.source import Published, Source, Task


def read(raw):
    yield {name: raw.row[name] for name in ("id", "title", "text")}


def source(name):
    return Source(
        name=name, title=name, kind="Yours", description="generated for a benchmark", licence="CC0", read=read,
        stages=("collect", "assign", "release"),
        tasks=(Task(name="answer", wordings=("{title}", "请问：{title}"), fields={"title": pl.col("title")},
                    output=pl.col("text"), major=("问答",), minor=("问答",), domain=("通用",)),),
        published=Published(name, {"answer": "answers"}),
    )


ALL = [source(f"generated{number}") for number in range(5)]
for each in ALL:
    globals()[each.name] = each
"""


def generate(folder: Path, records: int, splits: bool) -> None:
    """Write a project with so many records."""
    folder.mkdir(parents=True)
    (folder / "own.py").write_text(SOURCE, "utf-8")
    toml = "".join(
        f'[sources.generated{number}]\npython = "own.py"\nraw = ["raw-{number}-*.jsonl"]\n' for number in range(SOURCES)
    )
    if splits:
        toml += "[release]\nsplits = {train = 0.9, validation = 0.05, test = 0.05}\n"
    (folder / "cqia.toml").write_text(toml, "utf-8")
    common = np.array([chr(code) for code in range(0x4E00, 0x4E00 + 3000)])
    each = records // SOURCES
    for number in range(SOURCES):
        for start in range(0, each, FILE_ROWS):
            rng = np.random.default_rng([number, start])
            with (folder / f"raw-{number}-{start:09d}.jsonl").open("w", encoding="utf-8") as file:
                for at in range(start, min(start + FILE_ROWS, each)):
                    marks = "".join(common[rng.integers(0, len(common), 380)])
                    text = "。".join(marks[k : k + 19] for k in range(0, 380, 19)) + "。"
                    row = {"id": str(at), "title": f"第{at}个问题是什么？", "text": text}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")


def measured(command: list[str]) -> dict[str, float]:
    """Run a command: seconds, seconds of processor time, and peak resident memory of all its processes in MB."""
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    watched = psutil.Process(process.pid)
    peak = 0
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            peak = max(peak, sum(each.memory_info().rss for each in (watched, *watched.children(recursive=True))))
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": round(time.monotonic() - begun, 1), "cpu": round(worked, 1), "peak_mb": round(peak / 1e6)}


def plain(folder: Path) -> float:
    """Seconds for Polars alone to write the same rows, and to hash what it wrote."""
    begun = time.monotonic()
    parts = sorted(folder.glob("work/*/release/out/part-*.parquet"))
    names = (
        "instruction",
        "input",
        "output",
        "task_type",
        "domain",
        "metadata",
        "answer_from",
        "human_verified",
        "copyright",
    )
    files = [folder / "plain.jsonl", folder / "plain.parquet"]
    with files[0].open("wb") as handle:
        for part in parts:
            pl.read_parquet(part).select(names).write_ndjson(handle)
    pl.scan_parquet(parts).select(names).sink_parquet(files[1], compression="zstd", compression_level=3)
    for file in files:
        with file.open("rb") as reader:
            hashlib.file_digest(reader, "sha256")
    return round(time.monotonic() - begun, 1)


def main() -> None:
    """Print a table, and JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--splits", action="store_true")
    parser.add_argument("--folder", type=Path, default=None, help="where to work; else a temporary folder")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    root = options.folder or Path(tempfile.mkdtemp(prefix="cqia-release-"))
    rows = []
    for size in options.sizes:
        folder = root / str(size)
        shutil.rmtree(folder, ignore_errors=True)
        generate(folder, size, options.splits)
        cqia = [sys.executable, "-m", "cqia"]
        subprocess.run([*cqia, "run", "--until", "review", "-C", str(folder)], check=True, capture_output=True)
        row = {"records": size, **measured([*cqia, "release", "v1", "-C", str(folder)])}
        rows.append(
            row | {"again": measured([*cqia, "release", "v1", "-C", str(folder)])["seconds"], "plain": plain(folder)}
        )
        print(json.dumps(rows[-1]), flush=True)
        shutil.rmtree(folder)
    result = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "splits": options.splits,
        "rows": rows,
    }
    print(json.dumps(result))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
