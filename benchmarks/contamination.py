"""Planted leaks that are found, clean records that are not taken for leaks, and the time it takes.

    python benchmarks/contamination.py [--data DIR] [--show]

Real benchmarks and real texts, from ``../shared/data``. Of each benchmark 200 items are drawn (seeded) and planted in
five ways, each as an instruction of its own (``alone``) and inside a record with an introduction and a real text after
it (``inside``). Clean are 10,000 records of sources that have nothing to do with the benchmarks; ``--show`` prints what
they are taken for. Time is measured on all clean texts there are, over and over, up to 100 MB.
"""

from __future__ import annotations

import argparse
import glob
import hashlib
import json
import random
import re
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from cqia.readers.fields import mapping
from cqia.similar.overlap import Index, index
from cqia.similar.overlap_items import Benchmark, Item, items
from cqia.text.chinese import simplified

DATA = Path(__file__).resolve().parents[2] / "shared/data"
FILES = {
    "belle": "belle/eval/eval_set.json",
    "ceval": "ceval/*/*.csv",
    "cmmlu": "cmmlu/data/*/*.csv",
    "safetybench": "safetybench/test_zh_subset.json",
    "bbh": "bbh/bbh/*.json",
    "gsm8k": "gsm8k/t*.jsonl",
    "humaneval": "humaneval/data/HumanEval.jsonl.gz",
}
PLANTED = 200
CLEAN = 10_000
SEED = 42

Record = tuple[str, str]  # instruction with input, and output


def benchmarks(data: Path) -> list[Benchmark]:
    """The real benchmarks."""
    found = []
    for name, pattern in FILES.items():
        paths = sorted(glob.glob(str(data / "benchmarks" / pattern)))  # noqa: PTH207 - FILES are relative patterns
        files = tuple((path, hashlib.sha256(Path(path).read_bytes()).hexdigest()) for path in paths)
        found.append(Benchmark(name, files))
    return found


def clean(data: Path) -> dict[str, list[Record]]:
    """Records that are no benchmark items, by source."""
    rows = [json.loads(line) for line in (data / "web/zhihu_archive/answers_dev.jsonl").open(encoding="utf-8")]
    answers = [(row["questionTitle"], re.sub("<[^>]*>", "", row["content"])) for row in rows]
    for path in sorted((data / "web/zhihu_api_rows/answers").glob("*.csv")):
        for question, text in pl.read_csv(path, infer_schema=False).select("question", "content").iter_rows():
            answers.append((str(mapping(question).get("title")), re.sub("<[^>]*>", "", text or "")))
    alpaca = [(f"{row['instruction']}\n{row['input']}", row["output"])
              for path in sorted((data / "nlp/alpaca_zh").glob("*.json"))
              for row in json.loads(path.read_text("utf-8"))]  # fmt: skip
    value = json.loads((data / "coig/human_value_alignment_instructions_part1.json").read_text("utf-8"))
    entries = [(f"介绍一下{path.parent.name if path.name == 'info.txt' else path.stem}", path.read_text("utf-8", "replace"))
               for suffix in ("txt", "md") for path in sorted((data / "encyclopedia").rglob(f"*.{suffix}"))]  # fmt: skip
    huatuo = [json.loads(line) for line in (data / "nlp/medical/huatuo/data/llama_data.json").open(encoding="utf-8")]
    return {
        "zhihu": answers,
        "alpaca_zh": alpaca,
        "coig value": [(f"{row['instruction']}\n{row['input']}", row["output"]) for row in value],
        "encyclopedia": entries,
        "medical": [(row["instruction"], row["output"]) for row in huatuo],
    }


def sampled(records: dict[str, list[Record]], rng: random.Random) -> list[tuple[str, Record]]:
    """10,000 of them, all of the small sources and as many of the large ones as there is room for."""
    left, drawn = CLEAN, []
    ordered = sorted(records.items(), key=lambda pair: len(pair[1]))
    for number, (name, rows) in enumerate(ordered):
        take = min(len(rows), left // (len(ordered) - number))
        drawn += [(name, row) for row in rng.sample(rows, take)]
        left -= take
    return drawn


def written(item: Item, options: list[str]) -> str:
    """An item as exams print it."""
    return "\n".join([item.question, *(f"{'ABCDEF'[n]}. {option}" for n, option in enumerate(options))])


def verbatim(item: Item, rng: random.Random) -> str:
    """As it is."""
    return written(item, list(item.options))


def repunctuated(item: Item, rng: random.Random) -> str:
    """Every mark becomes another or vanishes, Latin letters and digits become full-width, lines are broken."""
    text = "".join(
        rng.choice(["，", "……", " ", "\n", ""]) if unicodedata.category(c)[0] == "P" and c not in "'’"
        else chr(ord(c) + 0xFEE0) if "!" < c < "~" else c
        for c in written(item, list(item.options))
    )  # fmt: skip
    return text if " " in item.question else re.sub("(.{17})", "\\1\n", text)


def shuffled(item: Item, rng: random.Random) -> str:
    """Options in another order."""
    return written(item, rng.sample(list(item.options), len(item.options)))


def traditional(item: Item, rng: random.Random) -> str:
    """In traditional characters: the table of simplified ones, backwards."""
    return verbatim(item, rng).translate({ord(new): old for old, new in simplified().items()})


def half(item: Item, rng: random.Random) -> str:
    """The first half of the question, no options."""
    return item.question[: (len(item.question) + 1) // 2]


KINDS: tuple[Callable[[Item, random.Random], str], ...] = (verbatim, repunctuated, shuffled, traditional, half)


def leaked(found: Index, texts: list[str], name: str) -> int:
    """How many of ``texts`` leak an item of one benchmark."""
    return len({hit.row for hit in found.hits(pl.Series(texts, dtype=pl.String)) if hit.item.benchmark == name})


def recall(found: Index, each: list[Item], fillers: list[str], rng: random.Random) -> Iterator[str]:
    """Rows of the table of one benchmark."""
    drawn = rng.sample(each, min(PLANTED, len(each)))
    name = drawn[0].benchmark
    for kind in KINDS:
        texts = [kind(item, rng) for item in drawn]
        inside = [f"请先读题，再写下你的想法。\n{text}\n{rng.choice(fillers)}" for text in texts]
        alone, within = leaked(found, texts, name), leaked(found, inside, name)
        yield f"{name:12} {kind.__name__:13} {len(drawn):5} {alone / len(drawn):8.1%} {within / len(drawn):8.1%}"


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--show", action="store_true", help="print each false hit")
    asked = parser.parse_args()
    by_name = {benchmark.name: list(items(benchmark)) for benchmark in benchmarks(asked.data)}
    begun = time.perf_counter()
    found = index([item for each in by_name.values() for item in each])
    print(f"{len(found.items):,} items, ready in {time.perf_counter() - begun:.1f} s")
    rng = random.Random(SEED)
    records = clean(asked.data)
    drawn = sampled(records, rng)
    sides = pl.Series([side for _, record in drawn for side in record])
    hits = found.hits(sides)
    print(f"{len(drawn):,} clean records: {len({hit.row // 2 for hit in hits})} taken for leaks")
    for hit in hits if asked.show else ():
        print(f"  {drawn[hit.row // 2][0]}, {hit.overlap:.2f}, {hit.item}: {sides[hit.row][:60]!r}")
    fillers = [record[1][:500] for _, record in drawn if record[1]]
    print(f"{'benchmark':12} {'planted':13} {'items':>5} {'alone':>8} {'inside':>8}")
    for each in by_name.values():
        for line in recall(found, each, fillers, rng):
            print(line)
    texts = pl.Series([side for rows in records.values() for record in rows for side in record])
    texts = pl.concat([texts] * max(1, round(100e6 / texts.str.len_bytes().sum())))
    begun = time.perf_counter()
    found.hits(texts)
    seconds = time.perf_counter() - begun
    print(f"{texts.str.len_bytes().sum() / 1e6 / seconds:.0f} MB/s, {len(texts) / seconds:,.0f} texts/s")


if __name__ == "__main__":
    main()
