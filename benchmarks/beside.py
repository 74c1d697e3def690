"""Measurements side by side: each in a fresh process, ours and the peers' in environments of their own.

A benchmark names its measurements in a table ``{name: function(source folder, out folder)}`` and calls ``main``; a
function returns what it counted. Imports and loading of compiled code count. Every measurement first runs on a small
corpus, because some peers install more of themselves at their first use, and our kernels are compiled once a machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import corpus
import polars as pl

PACKAGES: dict[str, tuple[str, ...]] = {
    "cqia": ("--editable", str(Path(__file__).resolve().parents[1])),  # without extras, as a user begins
    "rensa": ("rensa",),
    "datatrove": ("datatrove[processing,io]",),
    "data-juicer": ("py-data-juicer", "aiohttp"),
}
ENVIRONMENTS = Path.home() / ".cache" / "cqia-benchmarks"
Measured = Mapping[str, Callable[[Path, Path], dict[str, object]]]
PEERS_DOCUMENTS = 100_000  # two shards: each core has one


def copy(source: Path, out: Path) -> dict[str, object]:
    """Read every shard and write it again with the same settings."""
    for shard in sorted(source.glob("part-*.parquet")):
        pl.scan_parquet(shard).sink_parquet(out / shard.name, compression="zstd", compression_level=1)
    return {}


def rows(folder: Path) -> int:
    """Rows of the Parquet files in a folder."""
    return int(pl.scan_parquet(str(folder / "*.parquet")).select(pl.len()).collect().item())


def cpu() -> float:
    """Seconds of all cores in this process and those it started: less moved by what else the machine does."""
    mine, below = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(mine.ru_utime + mine.ru_stime + below.ru_utime + below.ru_stime, 2)


def peak() -> int:
    """Peak memory of this process in MB, as Linux counts it (getrusage would show the parent's as well)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return int(found[1]) // 1024 if found else 0


def inside(measured: Measured, arguments: Sequence[str]) -> None:
    """The fresh process: run one measurement and print what it told as one line of JSON."""
    name, source, out = arguments
    told = measured[name](Path(source), Path(out))
    print(json.dumps({**told, "cpu_s": cpu(), "peak_mb": peak()}))


def once(script: Path, name: str, python: str, source: Path) -> dict[str, float]:
    """One measurement in a fresh process of ``python``: seconds and what it told."""
    with tempfile.TemporaryDirectory(dir=source.parent) as out:
        start = time.perf_counter()
        command = [python, str(script), "--measure", name, str(source), out]
        kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}  # as a user's is
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=kept)
        return {"seconds": round(time.perf_counter() - start, 2), **json.loads(done.stdout.splitlines()[-1])}


def environment(measurement: str) -> str:
    """The interpreter of an environment with what is measured in it, whose name may be followed by a comma and how it
    is run; this one for the copy."""
    name = measurement.partition(",")[0]
    if name not in PACKAGES:
        return sys.executable
    folder = ENVIRONMENTS / name
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "install", "-q"]
        if name == "data-juicer":  # it may drag torch along, of which the CPU's build will do
            subprocess.run([*pip, "torch==2.13.0"], check=False)
        subprocess.run([*pip, *PACKAGES[name], "polars", "numpy"], check=True)
        (folder / "ready").touch()
    return str(python)


def run(
    script: Path, names: Sequence[str], small: Path, source: Path, documents: int, repeat: int
) -> list[dict[str, object]]:
    """The medians of so many runs of each, one after the other in turn, with time per document beside the copy's."""
    pythons = {name: environment(name) for name in names}
    for name, python in pythons.items():
        once(script, name, python, small)
    tries: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(repeat):
        for name, python in pythons.items():
            tries[name].append(once(script, name, python, source))
    found: list[dict[str, object]] = []
    copied = 0.0
    for name, each in tries.items():
        seconds = statistics.median(one["seconds"] for one in each)
        copied = seconds if name == "copy" else copied
        row = next(one for one in each if one["seconds"] == seconds) if repeat % 2 else each[0]
        found.append({"name": name, "documents": documents, **row, "seconds": seconds,
                      "us_per_document": round(seconds / documents * 1e6, 2),
                      "times_copy": round(seconds / copied, 2) if copied else None})  # fmt: skip
    return found


def arguments(about: str | None, peers: Mapping[str, Sequence[str]], footer: bool = False) -> argparse.Namespace:
    """The command line of a benchmark: ``sizes``, ``repeat``, ``folder``, ``peers``, ``measure``, and ``footer``."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="*", type=int, default=[400_000], help="documents")
    parser.add_argument("--repeat", type=int, default=3, help="the median of so many runs is shown")
    parser.add_argument("--folder", type=Path, help="where the corpus is put; it is removed afterwards")
    parser.add_argument("--peers", nargs="*", default=[], choices=list(peers), help="installed at their first use")
    parser.add_argument("--measure", nargs=3, metavar=("NAME", "IN", "OUT"), help=argparse.SUPPRESS)
    if footer:
        parser.add_argument("--footer", action="store_true", help="one footer under every document")
    return parser.parse_args()


def measured(
    title: str,
    script: Path,
    ours: Sequence[str],
    peers: Mapping[str, Sequence[str]],
    asked: argparse.Namespace,
    beside: Callable[[Path], None] = lambda folder: None,
) -> None:
    """Run a benchmark as it was asked for, and show it: ours at every size, then the peers with what they are held
    against.

    Args:
        peers: the measurements of each. beside: puts into a folder what a measurement reads besides the corpus.
    """
    found: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        small = Path(folder, "small")
        corpus.generate(small / "corpus", 200, vars(asked).get("footer", False))
        beside(small)
        rounds = [(size, list(ours), asked.repeat) for size in asked.sizes]
        if asked.peers:
            rounds.append((PEERS_DOCUMENTS, [*ours[:2], *(each for name in asked.peers for each in peers[name])], 1))
        for size, names, repeat in rounds:
            place = Path(folder, f"all-{size}")
            corpus.generate(place / "corpus", size, vars(asked).get("footer", False))
            beside(place)
            found += run(script, names, small / "corpus", place / "corpus", size, repeat)
            shutil.rmtree(place)
    show(f"{title}, sentences of {corpus.sentences()[1]}", found)


def show(title: str, found: Sequence[Mapping[str, object]]) -> None:
    """Print the figures as one line of JSON and as a table."""
    machine = {"machine": platform.machine(), "threads": pl.thread_pool_size(), "python": platform.python_version()}
    print(json.dumps({"benchmark": title, **machine, "runs": list(found)}, ensure_ascii=False))
    with pl.Config(tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, tbl_cols=-1, tbl_width_chars=170,
                   tbl_rows=-1):  # fmt: skip
        print(pl.DataFrame(list(found), infer_schema_length=None))
