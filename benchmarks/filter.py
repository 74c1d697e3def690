"""The rule-based filter beside a copy of the same Parquet and beside peers, on the same corpus.

    python benchmarks/filter.py                                     400,000 documents
    python benchmarks/filter.py --peers datatrove data-juicer       and 100,000 for the peers and us
    python benchmarks/filter.py --sizes 1000000 10000000 --repeat 1 --folder DISK

``common`` are the rules that all three can express: length, likes, Han share, and four patterns. ``zhihu`` is every
rule of the Zhihu source and a list of 10,000 generated words, counted by category on the normal form. Both go the
user's way, ``cqia filter PATH``: kept, dropped with reasons, and the funnel are written, so that they write what the
copy writes. The peers write what they keep.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from beside import arguments, copy, inside, measured, rows
from corpus import LIKES, sentences

SHORTEST, LONGEST, HAN = 100, 6000, 0.6
PATTERNS = (r"(?:加|＋)(?:微信|V信|薇)", r"1[3-9]\d{9}", r"https?://[^\s]{4,}", r"(?:优惠|折扣)(?:码|券)")
WORDS = 10_000
CATEGORIES = ("abuse", "contact", "gambling", "drugs", "violence", "porn")


def common(source: Path, out: Path) -> dict[str, object]:
    """The rules that all three can express."""
    import polars as pl

    from cqia.rules import form
    from cqia.rules.rule import Rule
    from cqia.sources import SOURCES

    text = pl.col("text")
    rules = (
        Rule(name="likes", why="too few likes", value=pl.col("likes"), at_least=LIKES, missing="drop"),
        form.length(SHORTEST, LONGEST),
        form.han(HAN),
        *(
            Rule(name=f"pattern_{number}", why="a pattern", value=text.str.contains(pattern), missing="keep")
            for number, pattern in enumerate(PATTERNS)
        ),
    )
    return _filtered(replace(SOURCES["zhihu"], rules=rules), source, out)


def zhihu(source: Path, out: Path) -> dict[str, object]:
    """Every rule of the Zhihu source, and a list of 10,000 words counted by category."""
    import polars as pl

    from cqia.rules.rule import Rule
    from cqia.sources import SOURCES

    lists = sorted((source.parent / "words").glob("*.yaml"))
    generated = tuple(
        Rule(
            name=f"generated_{file.stem}",
            why="words of a list",
            value=pl.col(f"words:{file}"),
            at_most=24,
            missing="keep",
        )
        for file in lists
    )
    return _filtered(replace(SOURCES["zhihu"], rules=(*SOURCES["zhihu"].rules, *generated)), source, out)


def _filtered(rules: Any, source: Path, out: Path) -> dict[str, object]:
    from cqia.standalone import filter_path

    counts = filter_path(source, rules, out / "filtered", lambda done, of: None)
    return {"kept": counts.kept}


def datatrove(source: Path, out: Path) -> dict[str, object]:
    """A filter for each rule, with as many workers as there are threads."""
    import polars as pl
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.filters import LambdaFilter
    from datatrove.pipeline.readers import ParquetReader
    from datatrove.pipeline.writers import ParquetWriter

    steps = [
        ParquetReader(str(source), text_key="text", id_key="id"),
        LambdaFilter(lambda document: document.metadata["likes"] >= LIKES),
        LambdaFilter(lambda document: SHORTEST <= len(document.text) <= LONGEST),
        LambdaFilter(lambda document: _han(document.text) >= HAN),
        *(LambdaFilter(lambda document, at=re.compile(pattern): not at.search(document.text)) for pattern in PATTERNS),
        ParquetWriter(str(out / "kept"), compression="zstd"),
    ]
    shards = len(list(source.glob("part-*.parquet")))
    LocalPipelineExecutor(steps, tasks=shards, workers=pl.thread_pool_size(), logging_dir=str(out / "logs")).run()
    return {"kept": rows(out / "kept")}


def data_juicer(source: Path, out: Path) -> dict[str, object]:
    """Its own operators for length and likes, and one of ours in its form for Han share and patterns."""
    from data_juicer.core.data import NestedDataset
    from data_juicer.ops.base_op import Filter
    from data_juicer.ops.filter import (
        SpecifiedNumericFieldFilter,
        TextLengthFilter,
    )
    from datasets import load_dataset

    class Han(Filter):  # type: ignore[misc]
        def compute_stats_single(self, sample: Any, context: bool = False) -> Any:
            sample["__dj__stats__"]["han"] = _han(sample["text"])
            return sample

        def process_single(self, sample: Any) -> bool:
            return bool(sample["__dj__stats__"]["han"] >= HAN)

    class Pattern(Filter):  # type: ignore[misc]
        def __init__(self, pattern: str) -> None:
            super().__init__()
            self.pattern = re.compile(pattern)
            self.key = f"pattern {pattern}"

        def compute_stats_single(self, sample: Any, context: bool = False) -> Any:
            sample["__dj__stats__"][self.key] = bool(self.pattern.search(sample["text"]))
            return sample

        def process_single(self, sample: Any) -> bool:
            return not sample["__dj__stats__"][self.key]

    files = [str(shard) for shard in sorted(source.glob("part-*.parquet"))]
    dataset = load_dataset("parquet", data_files=files, split="train", cache_dir=str(out / "cache"))
    operators = [
        SpecifiedNumericFieldFilter(field_key="likes", min_value=LIKES),
        TextLengthFilter(min_len=SHORTEST, max_len=LONGEST),
        Han(),
        *(Pattern(pattern) for pattern in PATTERNS),
    ]
    kept = NestedDataset(dataset).process(operators)
    kept.to_parquet(str(out / "kept.parquet"))
    return {"kept": len(kept)}


def _han(text: str) -> float:
    return sum("\u4e00" <= character <= "\u9fff" or character in "，。！？；：、" for character in text) / max(
        1, len(text)
    )


MEASURED = {"copy": copy, "cqia": common, "cqia, every rule": zhihu, "datatrove": datatrove, "data-juicer": data_juicer}


def words(folder: Path) -> None:
    """Write 10,000 words of two to five characters, drawn from the sentences, as lists of six categories."""
    import numpy as np
    import yaml

    random = np.random.default_rng(11)
    pool, _ = sentences()
    drawn: dict[str, None] = {}
    while len(drawn) < WORDS:
        text = pool[int(random.integers(len(pool)))]
        at, size = int(random.integers(len(text))), int(random.integers(2, 6))
        word = "".join(re.findall(r"[\u4e00-\u9fff]", text[at : at + size]))
        if len(word) >= 2:  # scrambled, so that a word is as rare in the texts as a listed word is
            drawn.setdefault("".join(random.permutation(list(word))) if len(word) > 2 else word[::-1])
    folder.mkdir(parents=True)
    for number, name in enumerate(CATEGORIES):
        listed = {"title": name, "strong": list(drawn)[number : WORDS : len(CATEGORIES)]}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(listed, allow_unicode=True), "utf-8")


PEERS = {"datatrove": ("datatrove",), "data-juicer": ("data-juicer",)}


def main() -> None:
    """Parse, generate, measure, show."""
    asked = arguments(__doc__, PEERS)
    if asked.measure:
        inside(MEASURED, asked.measure)
    else:
        ours = ("copy", "cqia", "cqia, every rule")
        measured("filter", Path(__file__), ours, PEERS, asked, lambda place: words(place / "words"))


if __name__ == "__main__":
    main()
