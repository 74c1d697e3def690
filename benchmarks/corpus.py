"""Documents for the benchmarks: sentences of real text put together anew, about 380 characters a document.

Sentences come from ``../shared/data`` where it is there (answers, encyclopedia entries, cases, poetry, news), else
from the pages of ``demo/raw``; which it was is printed with every figure. One document in two has enough likes. Of the
documents one in twenty is an exact and one in twenty a near copy of another, for the deduplication.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
FROM = ("nlp/alpaca_zh/*.json", "nlp/medical/**/*.json", "nlp/csl_clue/**/*.tsv", "nlp/fincuge/**/*.json",
        "encyclopedia/**/*.json", "web/zhihu_api_rows/**/*.csv", "nlp/firefly_moss/**/*.jsonl")  # fmt: skip
SHARD = 50_000  # documents in a shard: about 57 MB of text
AVERAGE = 380  # characters of a document
LIKES = 51  # what half of the documents have
LARGEST = 4 << 20  # bytes read of one file
FOOTER = "本文首发于某某专栏，未经作者本人书面许可，任何人不得以任何形式转载、摘编或者镜像，违者必究；转载请联系。"


@cache
def sentences() -> tuple[pl.Series, str]:
    """Distinct sentences of 8 to 120 characters, mostly Chinese, and where they are from."""
    files = sorted(file for pattern in FROM for file in DATA.glob(pattern) if file.is_file())
    place = "../shared/data" if files else "demo/raw"
    if not files:
        files = sorted(file for file in (ROOT / "demo" / "raw").rglob("*") if file.is_file())
    found: dict[str, None] = {}
    for file in files:
        text = file.read_bytes()[:LARGEST].decode("utf-8", "ignore")
        if file.suffix in (".json", ".jsonl"):
            text = re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), text)
            text = re.sub(r"[\ud800-\udfff]|\\[a-z\"/\\]", "", text)
        for each in re.findall(r"[^。！？；\n\"<>]{7,119}[。！？；]", text):
            if sum("一" <= character <= "鿿" for character in each) > len(each) // 2:
                found.setdefault(each)
    return pl.Series("sentence", list(found), dtype=pl.String), place


def shards(documents: int, footer: bool = False) -> Iterator[pl.DataFrame]:
    """``documents`` documents with all columns of ``schema.DOCUMENT``, ``SHARD`` at a time; the same every time."""
    from cqia.schema import DOCUMENT

    pool, _ = sentences()
    each = float(pool.str.len_chars().to_numpy().mean())
    empty = pl.DataFrame(schema=DOCUMENT)
    for start in range(0, documents, SHARD):
        count = min(SHARD, documents - start)
        random = np.random.default_rng((7, start))
        sizes = np.maximum(1, np.round(random.lognormal(np.log(AVERAGE / each) - 0.2, 0.63, count))).astype(np.int64)
        chosen = pl.DataFrame({
            "row": np.repeat(np.arange(count), sizes),
            "text": pool.gather(random.integers(0, len(pool), int(sizes.sum()))),
        })  # fmt: skip
        texts = chosen.group_by("row", maintain_order=True).agg(pl.col("text").str.join(""))["text"].to_list()
        for i in range(count // 10):  # the last tenth copies the first: every other one with a character changed
            half = len(texts[i]) // 2
            texts[count - 1 - i] = texts[i] if i % 2 else f"{texts[i][:half]}改{texts[i][half + 1 :]}"
        frame = pl.DataFrame({
            "id": [f"made:{start + i:09d}" for i in range(count)],
            "source": ["made"] * count,
            "title": pool.gather(random.integers(0, len(pool), count)),
            "text": [text + FOOTER for text in texts] if footer else texts,
            "likes": random.integers(0, 2 * LIKES, count),
        })  # fmt: skip
        yield pl.concat([empty, frame], how="diagonal")


def generate(folder: Path, documents: int, footer: bool = False) -> int:
    """Write the corpus into ``folder`` as Parquet shards (zstd-1); returns its bytes of text."""
    total = 0
    folder.mkdir(parents=True)
    for number, frame in enumerate(shards(documents, footer)):
        total += int(frame["text"].str.len_bytes().sum())
        frame.write_parquet(folder / f"part-{number:05d}.parquet", compression="zstd", compression_level=1)
    return total
