"""Deduplication beside a plain copy of the same Parquet, on a generated corpus: seconds, MB/s of text, peak memory.

    python benchmarks/dedup.py                          400,000 documents, about 450 MB of text
    python benchmarks/dedup.py --documents 10000000 --folder /big/disk
    python benchmarks/dedup.py --footer                 with one footer under every document
    python benchmarks/dedup.py --peers datatrove rensa  peers too, each installed into an environment of its own

Every measurement runs in a fresh process (so imports and loading of compiled code count), reads Parquet shards and
writes Parquet (zstd-1). Of the documents 5 % are exact and 5 % near copies of others. The generated text has the
character frequencies of a language but no meaning: it measures speed, not recall (tests/similar does that).
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

SHARD = 50_000  # documents in a shard: about 57 MB of text
FOOTER = "本文首发于某某专栏，未经作者本人书面许可，任何人不得以任何形式转载、摘编或者镜像，违者必究；转载请联系。"
PEERS = Path(__file__).with_name("dedup_peers.py")
PACKAGES = {
    "datatrove": "datatrove[processing,io]",
    "data-juicer": "py-data-juicer",
    "rensa": "rensa",
}


def generate(folder: Path, documents: int, footer: bool) -> int:
    """Write the corpus as shards into ``folder``; returns its bytes of text."""
    from cqia.schema import DOCUMENT

    random = np.random.default_rng(7)
    hanzi = np.arange(0x4E00, 0x4E00 + 3500, dtype=np.uint32)
    random.shuffle(hanzi)
    share = 1.0 / (np.arange(len(hanzi)) + 30.0)
    table = np.repeat(hanzi, np.maximum(1, (share / share.sum() * 65536).astype(int)))
    table = np.concatenate([table, np.full(len(table) // 12, ord("，")), np.full(len(table) // 30, ord("。"))])
    total = 0
    for number, start in enumerate(range(0, documents, SHARD)):
        count = min(SHARD, documents - start)
        lengths = np.clip(random.lognormal(5.65, 0.75, count).astype(int), 20, 6000)
        characters = table[random.integers(0, len(table), int(lengths.sum()))].astype("<u4")
        whole = characters.tobytes().decode("utf-32-le")
        ends = np.cumsum(lengths).tolist()
        texts = [whole[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True)]
        for i in range(count // 10):  # the last tenth copies the first: every other one with a character changed
            copy = texts[i] if i % 2 else texts[i][: len(texts[i]) // 2] + "改" + texts[i][len(texts[i]) // 2 + 1 :]
            texts[count - 1 - i] = copy
        if footer:
            texts = [text + FOOTER for text in texts]
        frame = pl.DataFrame(
            {
                "id": [f"made:{start + i:09d}" for i in range(count)],
                "source": ["made"] * count,
                "text": texts,
                "likes": random.integers(0, 2000, count),
            }
        )
        total += int(frame["text"].str.len_bytes().sum())
        frame = pl.concat([pl.DataFrame(schema=DOCUMENT), frame], how="diagonal")
        frame.write_parquet(folder / f"part-{number:05d}.parquet", compression="zstd", compression_level=1)
    return total


def copy(source: Path, out: Path) -> dict[str, object]:
    """Read every shard and write it again."""
    for shard in sorted(source.glob("part-*.parquet")):
        pl.scan_parquet(shard).sink_parquet(out / shard.name, compression="zstd", compression_level=1)
    return {}


def dedup(source: Path, out: Path) -> dict[str, object]:
    """The stage, as the engine runs it: summarise every shard, decide, apply to every shard."""
    from cqia.engine.stage import Summary
    from cqia.stages import dedup as stage

    def write(frame: pl.DataFrame, kind: str, name: str) -> None:
        (out / kind).mkdir(exist_ok=True)
        frame.write_parquet(out / kind / name, compression="zstd", compression_level=1)

    shards = sorted(source.glob("part-*.parquet"))
    clock = [time.perf_counter()]
    for shard in shards:
        write(stage.summarise(pl.read_parquet(shard)), "summary", shard.name)
    clock.append(time.perf_counter())
    summaries = [
        Summary(shard.stem, pl.scan_parquet(out / "summary" / shard.name), pl.scan_parquet(shard)) for shard in shards
    ]
    decisions = stage.decide(summaries)
    clock.append(time.perf_counter())
    for shard in shards:
        mine = decisions.filter(pl.col("shard") == shard.stem).drop("shard")
        outcome = stage.apply(pl.read_parquet(shard), mine)
        write(outcome.out, "out", shard.name)
        write(outcome.status, "status", shard.name)
    clock.append(time.perf_counter())
    steps = dict(zip(("summarise", "decide", "apply"), np.diff(clock).round(2).tolist(), strict=True))
    return {"dropped": len(decisions), **steps}


def peak() -> int:
    """Peak memory of this process in MB, as Linux counts it (getrusage would show the parent's as well)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return int(found[1]) // 1024 if found else 0


MEASURED: dict[str, Callable[[Path, Path], dict[str, object]]] = {"copy": copy, "cqia": dedup}


def measure(name: str, python: str, script: Path, source: Path, size: int) -> dict[str, object]:
    """Run one measurement in a fresh process of ``python``."""
    with tempfile.TemporaryDirectory(dir=source.parent) as out:
        command = [python, str(script), "--measure", name, str(source), out]
        start = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        seconds = time.perf_counter() - start
    told = json.loads(done.stdout.splitlines()[-1])
    return {"name": name, "seconds": round(seconds, 2), "mb_per_s": round(size / seconds / 1e6, 1), **told}


def environment(name: str, folder: Path) -> str:
    """The interpreter of a fresh environment with a peer in it."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / name)], check=True)
    python = str(folder / name / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", PACKAGES[name], "polars"], check=True)
    return python


def main() -> None:
    """Parse, generate, measure, show."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=400_000)
    parser.add_argument("--footer", action="store_true")
    parser.add_argument("--repeat", type=int, default=1, help="the median of so many runs is shown")
    parser.add_argument("--folder", type=Path, help="where the corpus is put; it is removed afterwards")
    parser.add_argument("--peers", nargs="*", default=[], choices=sorted(PACKAGES))
    parser.add_argument("--measure", nargs=3, metavar=("NAME", "IN", "OUT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        name, source, out = arguments.measure
        told = MEASURED[name](Path(source), Path(out))
        print(json.dumps({**told, "peak_mb": peak()}))
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        source = Path(folder, "corpus")
        source.mkdir()
        size = generate(source, arguments.documents, arguments.footer)
        runs = [(name, sys.executable, Path(__file__)) for name in MEASURED]
        runs += [(name, environment(name, Path(folder)), PEERS) for name in arguments.peers]
        rows = []
        for run in runs:
            tries = pl.DataFrame([measure(*run, source, size) for _ in range(arguments.repeat)]).sort("seconds")
            rows.append(tries.row(len(tries) // 2, named=True))
    print(json.dumps({"documents": arguments.documents, "text_mb": round(size / 1e6), "footer": arguments.footer,
                      "threads": pl.thread_pool_size(), "runs": rows}, ensure_ascii=False))  # fmt: skip
    with pl.Config(tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, tbl_cols=-1, tbl_width_chars=160):
        print(pl.DataFrame(rows))


if __name__ == "__main__":
    main()
