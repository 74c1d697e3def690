"""What it costs to count 10,000 words by category on the normal form, against copying the same Parquet.

    python benchmarks/words.py [--rows 200000]

The texts are generated: characters of the Chinese table in a Zipf distribution, with planted words and disguises, so
that anyone can run it. Medians of five; the copy is a streaming read and write with zstd level 1.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from cqia.text.chinese import simplified
from cqia.text.marks import repeated_ngrams
from cqia.text.words import Matcher, Word

CATEGORIES = 6


def generated(rows: int, seed: int = 7) -> tuple[pl.Series, list[Word]]:
    """Texts of about 380 characters, and 10,000 words of two to five characters, of which a few stand in them."""
    rng = np.random.default_rng(seed)
    characters = np.array(sorted(set(simplified().values()))[:3000])
    weights = 1 / np.arange(1, len(characters) + 1)
    weights /= weights.sum()
    drawn = ("".join(rng.choice(characters, size)) for size in rng.integers(2, 6, 20_000).tolist())
    words = [Word(text, f"c{at % CATEGORIES}") for at, text in enumerate(list(dict.fromkeys(drawn))[:10_000])]
    texts = []
    stream = rng.choice(characters, rows * 400, p=weights)
    for row, length in enumerate(rng.integers(50, 700, rows).tolist()):
        text = "".join(stream[row * 400 : row * 400 + min(length, 400)])
        planted = words[int(rng.integers(len(words)))].text
        texts.append(f"{text}。{'-'.join(planted) if row % 10 == 0 else ''}，{text[::-1]}\n" if length > 400 else text)
    return pl.Series("text", texts), words


def timed(name: str, megabytes: float, call: Callable[[], object]) -> float:
    """Prints the median of five runs, in seconds and MB/s."""
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    print(f"{name:32} {median:6.2f} s {megabytes / median:7.0f} MB/s")
    return median


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    texts, words = generated(parser.parse_args().rows)
    megabytes = float(texts.str.len_bytes().sum()) / 1e6
    print(f"{len(texts):,} texts, {megabytes:.0f} MB, {len(words):,} words in {CATEGORIES} categories")
    start = time.perf_counter()
    matcher = Matcher.of(words)
    print(f"{'making the words ready':32} {time.perf_counter() - start:6.2f} s (the first time compiles)")
    matcher.weigh(texts.head(1))
    repeated_ngrams(texts.head(1), 13)
    with tempfile.TemporaryDirectory() as folder:
        source, copy = Path(folder, "texts.parquet"), Path(folder, "copy.parquet")
        texts.to_frame().write_parquet(source, compression="zstd", compression_level=1)
        copied = timed(
            "copy of the Parquet",
            megabytes,
            lambda: pl.scan_parquet(source).sink_parquet(copy, compression="zstd", compression_level=1),
        )
    weighed = timed("weights by category", megabytes, lambda: matcher.weigh(texts))
    timed("repeated 13-grams", megabytes, lambda: repeated_ngrams(texts, 13))
    plain = [word.text for word in words]
    timed(
        "contains_any on the raw text",
        megabytes,
        lambda: texts.to_frame().select(pl.col("text").str.contains_any(plain)),
    )
    print(f"the words cost {weighed / copied:.2f} of the copy")


if __name__ == "__main__":
    main()
