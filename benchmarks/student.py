"""How well and how fast a student learns what people said.

    python benchmarks/student.py [--texts 25000] [--labels train.csv dev.csv]

Speed is measured on generated texts, so that anyone can run it: sentences of 50 characters and answers of 350, beside
scikit-learn's own hashing of the same character n-grams and the same linear model, in one run; medians of five. With
--labels, two files with the columns text and label, it also learns from the first and is tried on the second.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.feature_extraction.text import HashingVectorizer

from cqia.judge import ngrams
from cqia.judge.distil import taught, tried
from cqia.judge.labels import read
from cqia.text.chinese import simplified

WANTED = {50: 20_000, 350: 4_000}  # texts a second


def generated(rows: int, length: int, seed: int = 7) -> pl.Series:
    """Texts of ``length`` characters, Zipf distributed."""
    rng = np.random.default_rng(seed)
    characters = np.array(sorted(set(simplified().values()))[:3000])
    weights = 1 / np.arange(1, len(characters) + 1)
    drawn = rng.choice(characters, (rows, length), p=weights / weights.sum())
    return pl.Series("text", ["".join(row) for row in drawn])


def rate(texts: pl.Series, call: Callable[[pl.Series], object], times: int = 5) -> float:
    """Texts a second, the median."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call(texts)
        seconds.append(time.perf_counter() - start)
    return len(texts) / statistics.median(seconds)


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=25_000)
    parser.add_argument("--labels", type=Path, nargs=2)
    arguments = parser.parse_args()
    weights = np.random.default_rng(1).normal(size=ngrams.BUCKETS).astype(np.float32)
    hashing = HashingVectorizer(analyzer="char", ngram_range=(1, ngrams.GRAM), n_features=ngrams.BUCKETS, binary=True)
    ngrams.margins(pl.Series(["先编译"]), weights, 0.0)
    for length, wanted in WANTED.items():
        texts = generated(arguments.texts, length)
        ours = rate(texts, lambda each: ngrams.margins(each, weights, 0.0))
        theirs = rate(texts.head(2000), lambda each: hashing.transform(each.to_list()) @ weights, 3)
        print(f"texts of {length} characters: {ours:,.0f} a second ({ours / wanted:.1f} times the {wanted:,} wanted, "
              f"{ours / theirs:.0f} times scikit-learn's {theirs:,.0f})")  # fmt: skip
    if arguments.labels:
        learned, other = (read(path) for path in arguments.labels)
        start = time.perf_counter()
        student = taught(learned, 8.0)
        seconds = time.perf_counter() - start
        found = tried(student, other, learned, 8.0)
        for name, right in (("all", found["accuracy"]), ("without texts it learned from", found["new"])):
            print(f"accuracy on {arguments.labels[1].name}, {name}: {right['value']:.4f} "
                  f"({right['low']:.4f} to {right['high']:.4f})")  # fmt: skip
        print(f"learned {learned.height:,} texts in {seconds:.0f} s; tried on {found['texts']:,}")


if __name__ == "__main__":
    main()
