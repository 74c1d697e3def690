"""The deduplication beside a copy of the same Parquet and beside peers, on the same corpus.

    python benchmarks/dedup.py                                        400,000 documents
    python benchmarks/dedup.py --sizes 1000000 10000000 --repeat 1 --folder DISK
    python benchmarks/dedup.py --peers rensa datatrove data-juicer    and 100,000 for the peers and us
    python benchmarks/dedup.py --footer                               one footer under every document

Ours goes the user's way, ``cqia dedup PATH``: what is kept, what is dropped for what, and the funnel are written. The
peers write what they keep. All are given the same n-grams (five characters), bands (25 of 5) and threshold (0.8): their
default, words between spaces, takes an unspaced Chinese sentence for one word. What they answer differs: rensa's
similarity is an estimate, and datatrove and Data-Juicer drop all but one of every chain.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from beside import arguments, copy, inside, measured, rows

GRAM, BANDS, ROWS, THRESHOLD = 5, 25, 5, 0.8


def cqia(source: Path, out: Path) -> dict[str, object]:
    """``cqia dedup``."""
    from cqia.standalone import dedup_path

    counts = dedup_path(source, out / "deduplicated", lambda done, of: None)
    return {"dropped": sum(counts.dropped.values())}


def rensa(source: Path, out: Path) -> dict[str, object]:
    """Greedy, document after document, with the index of what was kept; it hashes the n-grams itself."""
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(THRESHOLD, BANDS * ROWS, BANDS)
    sketches: list[Any] = []
    dropped = 0
    for shard in sorted(source.glob("part-*.parquet")):
        frame = pl.read_parquet(shard)
        kept = []
        for text in frame["text"]:
            sketch = RMinHash(num_perm=BANDS * ROWS, seed=42)
            sketch.update([text[i : i + GRAM] for i in range(len(text) - GRAM + 1)])
            kept.append(all(sketches[key].jaccard(sketch) < THRESHOLD for key in index.query(sketch)))
            if kept[-1]:
                index.insert(len(sketches), sketch)
                sketches.append(sketch)
        frame.filter(pl.Series(kept)).write_parquet(out / shard.name, compression="zstd", compression_level=1)
        dropped += kept.count(False)
    return {"dropped": dropped}


def rensa_hashed(source: Path, out: Path) -> dict[str, object]:
    """Its quickest way: hashes of all n-grams of a shard by NumPy, a matrix of sketches, and a flag for every row that
    shares a band with another. Nothing is compared, and both of a pair are flagged."""
    import numpy as np
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(THRESHOLD, BANDS * ROWS, BANDS)
    dropped = start = 0
    for shard in sorted(source.glob("part-*.parquet")):
        frame = pl.read_parquet(shard)
        points = np.frombuffer("".join(frame["text"]).encode("utf-32-le"), np.uint32).astype(np.uint64)
        hashes = np.zeros(len(points) - GRAM + 1, np.uint64)
        for at in range(GRAM):
            hashes = (hashes + points[at : at + len(hashes)]) * np.uint64(0x9E3779B97F4A7C15)
        lengths = frame["text"].str.len_chars().to_numpy().astype(np.int64)
        grams = np.maximum(lengths - GRAM + 1, 0)
        ends = np.cumsum(grams)
        places = np.arange(ends[-1]) + np.repeat(np.cumsum(lengths) - lengths - (ends - grams), grams)
        rows = np.concatenate([[0], ends]).astype(np.uint64)
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(hashes[places], rows, BANDS * ROWS, 42)
        again = pl.Series(index.insert_matrix_and_query_duplicate_flags(matrix, start))
        frame.filter(~again).write_parquet(out / shard.name, compression="zstd", compression_level=1)
        start += frame.height
        dropped += int(again.sum())
    return {"dropped": dropped}


class Characters:
    """A tokenizer for datatrove: every character is a word."""

    def word_tokenize(self, text: str) -> list[str]:
        """The characters."""
        return list(text)


def datatrove(source: Path, out: Path) -> dict[str, object]:
    """Its four steps, with as many workers as there are threads."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import minhash
    from datatrove.pipeline.readers import ParquetReader
    from datatrove.pipeline.writers import ParquetWriter

    minhash.load_word_tokenizer = lambda language: Characters()
    config = minhash.MinhashConfig(n_grams=GRAM, num_buckets=BANDS, hashes_per_bucket=ROWS)
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
    return {"dropped": rows(source) - rows(Path(kept))}


def data_juicer(source: Path, out: Path) -> dict[str, object]:
    """The operator on a dataset read from and written to Parquet."""
    from data_juicer.core.data import NestedDataset
    from data_juicer.ops.deduplicator import DocumentMinhashDeduplicator
    from datasets import load_dataset

    operator = DocumentMinhashDeduplicator(
        tokenization="character", window_size=GRAM, jaccard_threshold=THRESHOLD,
        num_permutations=BANDS * ROWS, num_bands=BANDS, num_rows_per_band=ROWS,
    )  # fmt: skip
    files = [str(shard) for shard in sorted(source.glob("part-*.parquet"))]
    dataset = load_dataset("parquet", data_files=files, split="train", cache_dir=str(out / "cache"))
    kept = NestedDataset(dataset).process([operator])
    kept.to_parquet(str(out / "kept.parquet"))
    return {"dropped": len(dataset) - len(kept)}


MEASURED = {
    "copy": copy,
    "cqia": cqia,
    "rensa": rensa,
    "rensa, hashed": rensa_hashed,
    "datatrove": datatrove,
    "data-juicer": data_juicer,
}
PEERS = {"rensa": ("rensa", "rensa, hashed"), "datatrove": ("datatrove",), "data-juicer": ("data-juicer",)}


def main() -> None:
    """Parse, generate, measure, show."""
    asked = arguments(__doc__, PEERS, footer=True)
    if asked.measure:
        inside(MEASURED, asked.measure)
    else:
        measured("dedup", Path(__file__), ("copy", "cqia"), PEERS, asked)


if __name__ == "__main__":
    main()
