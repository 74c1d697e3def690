"""Deduplication beside a plain copy of the same Parquet, on a generated corpus: seconds, MB/s of text, peak memory.

    python benchmarks/dedup.py                          400,000 documents, about 450 MB of text
    python benchmarks/dedup.py --documents 10000000 --folder /big/disk
    python benchmarks/dedup.py --footer                 with one footer under every document
    python benchmarks/dedup.py --peers rensa datatrove  peers too, each installed into an environment of its own

Every measurement runs in a fresh process (so imports and loading of compiled code count), reads Parquet shards and
writes Parquet (zstd-1). Of the documents 5 % are exact and 5 % near copies of others. The generated text has the
character frequencies of a language but no meaning: it measures speed, not recall (tests/similar does that).

Peers are given the same n-grams (five characters), bands (25 of 5) and threshold, since their default, words between
spaces, takes an unspaced Chinese sentence for one word. Each first runs on a small corpus, because some install more
of themselves at their first use. What they answer differs: rensa's similarity is an estimate, and the two others
drop all but one of every chain.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
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
PACKAGES = {
    "rensa": ("rensa",),
    "datatrove": ("datatrove[processing,io]",),
    "data-juicer": ("py-data-juicer", "aiohttp"),
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
    empty = pl.DataFrame(schema=DOCUMENT)
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
        frame = pl.concat([empty, frame], how="diagonal")
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


def rensa(source: Path, out: Path) -> dict[str, object]:
    """Greedy, document after document, with the index of what was kept."""
    from rensa import RMinHash, RMinHashLSH  # type: ignore[import-not-found]

    index = RMinHashLSH(0.8, 125, 25)
    sketches: list[object] = []
    dropped = 0
    for shard in sorted(source.glob("part-*.parquet")):
        frame = pl.read_parquet(shard)
        kept = []
        for text in frame["text"]:
            sketch = RMinHash(num_perm=125, seed=42)
            sketch.update([text[i : i + 5] for i in range(len(text) - 4)])
            kept.append(all(sketches[key].jaccard(sketch) < 0.8 for key in index.query(sketch)))
            if kept[-1]:
                index.insert(len(sketches), sketch)
                sketches.append(sketch)
        frame.filter(pl.Series(kept)).write_parquet(out / shard.name, compression="zstd", compression_level=1)
        dropped += kept.count(False)
    return {"dropped": dropped}


class Characters:
    """A tokenizer for datatrove: every character is a word."""

    def word_tokenize(self, text: str) -> list[str]:
        """The characters."""
        return list(text)


def datatrove(source: Path, out: Path) -> dict[str, object]:
    """Its four steps, with as many workers as there are threads."""
    from datatrove.executor import LocalPipelineExecutor  # type: ignore[import-not-found]
    from datatrove.pipeline.dedup import minhash  # type: ignore[import-not-found]
    from datatrove.pipeline.readers import ParquetReader  # type: ignore[import-not-found]
    from datatrove.pipeline.writers import ParquetWriter  # type: ignore[import-not-found]

    minhash.load_word_tokenizer = lambda language: Characters()
    config = minhash.MinhashConfig(n_grams=5, num_buckets=25, hashes_per_bucket=5)
    read = ParquetReader(str(source), text_key="text", id_key="id")
    sign, pairs, gone, kept = (str(out / name) for name in ("sign", "pairs", "gone", "kept"))
    shards = len(list(source.glob("part-*.parquet")))
    steps = [
        (shards, [read, minhash.MinhashDedupSignature(sign, config=config)]),
        (config.num_buckets, [minhash.MinhashDedupBuckets(sign, pairs, config=config)]),
        (1, [minhash.MinhashDedupCluster(pairs, gone, config=config)]),
        (shards, [read, minhash.MinhashDedupFilter(gone), ParquetWriter(kept, compression="zstd")]),
    ]
    for number, (tasks, step) in enumerate(steps):
        logs = str(out / "logs" / str(number))
        LocalPipelineExecutor(step, tasks=tasks, workers=pl.thread_pool_size(), logging_dir=logs).run()
    return {"dropped": _rows(source) - _rows(Path(kept))}


def data_juicer(source: Path, out: Path) -> dict[str, object]:
    """The operator on a dataset read from and written to Parquet."""
    from data_juicer.core.data import NestedDataset  # type: ignore[import-not-found]
    from data_juicer.ops.deduplicator import DocumentMinhashDeduplicator  # type: ignore[import-not-found]
    from datasets import load_dataset

    operator = DocumentMinhashDeduplicator(
        tokenization="character", window_size=5, jaccard_threshold=0.8,
        num_permutations=125, num_bands=25, num_rows_per_band=5,
    )  # fmt: skip
    files = [str(shard) for shard in sorted(source.glob("part-*.parquet"))]
    dataset = load_dataset("parquet", data_files=files, split="train", cache_dir=str(out / "cache"))
    kept = NestedDataset(dataset).process([operator])
    kept.to_parquet(str(out / "kept.parquet"))
    return {"dropped": len(dataset) - len(kept)}


def _rows(folder: Path) -> int:
    return int(pl.scan_parquet(str(folder / "*.parquet")).select(pl.len()).collect().item())


def cpu() -> float:
    """Seconds of all cores in this process and those it started: less moved by what else the machine does."""
    mine, below = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(mine.ru_utime + mine.ru_stime + below.ru_utime + below.ru_stime, 2)


def peak() -> int:
    """Peak memory of this process in MB, as Linux counts it (getrusage would show the parent's as well)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return int(found[1]) // 1024 if found else 0


MEASURED: dict[str, Callable[[Path, Path], dict[str, object]]] = {
    "copy": copy,
    "cqia": dedup,
    "rensa": rensa,
    "datatrove": datatrove,
    "data-juicer": data_juicer,
}


def measure(name: str, python: str, source: Path, size: int) -> dict[str, object]:
    """Run one measurement in a fresh process of ``python``."""
    with tempfile.TemporaryDirectory(dir=source.parent) as out:
        command = [python, str(Path(__file__)), "--measure", name, str(source), out]
        start = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        seconds = time.perf_counter() - start
    told = json.loads(done.stdout.splitlines()[-1])
    return {"name": name, "seconds": round(seconds, 2), "mb_per_s": round(size / seconds / 1e6, 1), **told}


def environment(name: str, folder: Path) -> str:
    """The interpreter of a fresh environment with a peer in it."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / name)], check=True)
    python = str(folder / name / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES[name], "polars", "numpy"], check=True)
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
        print(json.dumps({**told, "cpu_s": cpu(), "peak_mb": peak()}))
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        small, source = Path(folder, "small", "corpus"), Path(folder, "all", "corpus")
        for corpus, count in ((small, 200), (source, arguments.documents)):
            corpus.mkdir(parents=True)
            size = generate(corpus, count, arguments.footer)
        pythons = {"copy": sys.executable, "cqia": sys.executable}
        pythons |= {name: environment(name, Path(folder)) for name in arguments.peers}
        rows = []
        for name, python in pythons.items():
            measure(name, python, small, size)
            tries = pl.DataFrame([measure(name, python, source, size) for _ in range(arguments.repeat)]).sort("seconds")
            rows.append(tries.row(len(tries) // 2, named=True))
    print(json.dumps({"documents": arguments.documents, "text_mb": round(size / 1e6), "footer": arguments.footer,
                      "threads": pl.thread_pool_size(), "runs": rows}, ensure_ascii=False))  # fmt: skip
    with pl.Config(tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, tbl_cols=-1, tbl_width_chars=160):
        print(pl.DataFrame(rows))


if __name__ == "__main__":
    main()
