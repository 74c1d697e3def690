"""Planted leaks that are found, clean records that are not taken for leaks, and the time it takes.

    python benchmarks/contamination.py [--data DIR] [--show | --sweep]

Real benchmarks and real texts, from ``../shared/data``. Of each benchmark 200 items are drawn (seeded) and planted in
five ways, each as an instruction of its own (``alone``), in an instruction with an introduction and a real text after
it (``inside``), and in an answer between real texts (``answered``). Clean are 10,000 records of sources that have
nothing to do with the benchmarks, and then all 42,444 that there are; ``--show`` prints what they are taken for. Time
is measured on all clean texts, four times over.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from cqia.readers.fields import mapping
from cqia.schema import RECORD, Fired
from cqia.similar.overlap import index_of
from cqia.similar.overlap_items import Benchmark, Item, benchmark, items
from cqia.stages import release
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
TRIED: dict[str, tuple[Any, ...]] = {
    "share": (0.35, 0.4, 0.45, 0.5),
    "least": (50, 55, 60, 64, 70, 80),
    "together": (0.4, 0.5, 0.6),
    "run": (30, 40, 50),
    "alone": (0.7, 0.8, 0.9),
    "alone_least": (25, 30, 40),
    "phrase": (2, 4, 8, 16, 32, 256),
    "quoted": (0.5, 0.6, 0.7, 0.8, 0.9),
}

Record = tuple[str, str]  # instruction with input, and output


def benchmarks(data: Path) -> tuple[Benchmark, ...]:
    """The real benchmarks."""
    folder = data / "benchmarks"
    return tuple(benchmark(name, sorted(folder.glob(pattern))) for name, pattern in FILES.items())


def lines(path: Path) -> list[dict[str, Any]]:
    """The rows of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def clean(data: Path) -> dict[str, list[Record]]:
    """Records that are no benchmark items, by source."""
    archive = lines(data / "web/zhihu_archive/answers_dev.jsonl")
    answers = [(row["questionTitle"], re.sub("<[^>]*>", "", row["content"])) for row in archive]
    for path in sorted((data / "web/zhihu_api_rows/answers").glob("*.csv")):
        for question, text in pl.read_csv(path, infer_schema=False).select("question", "content").iter_rows():
            answers.append((str(mapping(question).get("title")), re.sub("<[^>]*>", "", text or "")))
    alpaca = [(f"{row['instruction']}\n{row['input']}", row["output"])
              for path in sorted((data / "nlp/alpaca_zh").glob("*.json"))
              for row in json.loads(path.read_text("utf-8"))]  # fmt: skip
    value = json.loads((data / "coig/human_value_alignment_instructions_part1.json").read_text("utf-8"))
    paths = [path for suffix in ("txt", "md") for path in sorted((data / "encyclopedia").rglob(f"*.{suffix}"))]
    entries = [(f"介绍一下{path.parent.name if path.name == 'info.txt' else path.stem}",
                path.read_text("utf-8", "replace")) for path in paths]  # fmt: skip
    huatuo = lines(data / "nlp/medical/huatuo/data/llama_data.json")
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


def leaks(records: list[Record], against: tuple[Benchmark, ...]) -> dict[int, list[Fired]]:
    """What the release stage takes records for, by row."""
    asked, answers = zip(*records, strict=True)
    ids = [str(row) for row in range(len(records))]
    given = {"instruction": asked, "output": answers, "input": [""] * len(records), "id": ids}
    frame = pl.DataFrame(given).select(
        pl.col(name).cast(kind) if name in given else pl.lit(None, kind).alias(name) for name, kind in RECORD.items()
    )
    status = release.apply(frame, pl.DataFrame(), benchmarks=against).status
    return {row: fired for row, fired in enumerate(status["fired"].to_list())
            if any(each["rule"].startswith("benchmark:") for each in fired)}  # fmt: skip


def recall(each: list[Item], against: tuple[Benchmark, ...], fillers: list[str], rng: random.Random) -> Iterator[str]:
    """Rows of the table of one benchmark."""
    drawn = rng.sample(each, min(PLANTED, len(each)))
    for kind in KINDS:
        texts = [kind(item, rng) for item in drawn]
        around = [rng.choice(fillers) for _ in texts]
        planted: dict[str, list[Record]] = {
            "alone": [(text, "略。") for text in texts],
            "inside": [(f"请先读题，再写下你的想法。\n{text}\n{filler}", "略。")
                       for text, filler in zip(texts, around, strict=True)],
            "answered": [("今天读到什么？", f"{filler}\n{text}\n{filler}")
                         for text, filler in zip(texts, around, strict=True)],
        }  # fmt: skip
        shares, name = [], f"benchmark:{drawn[0].benchmark}"
        for records in planted.values():
            found = leaks(records, against).values()
            shares.append(sum(any(each["rule"] == name for each in fired) for fired in found) / len(drawn))
        yield f"{name[10:]:12} {kind.__name__:13} {len(drawn):5}" + "".join(f"{s:9.1%}" for s in shares)


def sweep(against: tuple[Benchmark, ...], every: list[Record], fillers: list[str]) -> Iterator[str]:
    """Rows of the table by which the settings were chosen."""
    rng = random.Random(SEED)
    asked, answers = (pl.Series(side) for side in zip(*every, strict=True))
    drawn = [item for each in against for item in rng.sample(list(items(each)), 160)]
    alone = pl.Series([half(item, rng) for item in drawn])
    inside = pl.Series([f"请先读题，再写下你的想法。\n{text}\n{rng.choice(fillers)}" for text in alone])
    index = index_of(against)
    for name, values in TRIED.items():
        for value in values:
            tried = replace(index, settings=replace(index.settings, **{name: value}))
            false = {hit.row for hit in tried.hits(asked)} | {hit.row for hit in tried.hits(answers, answers=True)}
            shares = [len({hit.row for hit in tried.hits(texts)}) / len(drawn) for texts in (alone, inside)]
            yield f"{name} = {value:<8} {len(false):6}" + "".join(f"{share:9.1%}" for share in shares)


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--show", action="store_true", help="print each false hit")
    parser.add_argument("--sweep", action="store_true", help="print false hits and halves found by other settings")
    asked = parser.parse_args()
    against = benchmarks(asked.data)
    begun = time.perf_counter()
    index = index_of(against)
    print(f"{len(index.items):,} different items, ready in {time.perf_counter() - begun:.1f} s")
    rng = random.Random(SEED)
    records = clean(asked.data)
    drawn = sampled(records, rng)
    found = leaks([record for _, record in drawn], against)
    print(f"{len(drawn):,} clean records ({dict(Counter(name for name, _ in drawn))}): {len(found)} taken for leaks")
    for row, fired in found.items() if asked.show else ():
        print(f"  {drawn[row][0]}: {drawn[row][1][0][:60]!r} {fired}")
    every = [record for rows in records.values() for record in rows]
    print(f"all {len(every):,} clean records: {len(leaks(every, against))} taken for leaks")
    fillers = [record[1][:500] for _, record in drawn if record[1]]
    if asked.sweep:
        print(f"{'setting':18} {'false':>6}{'alone':>9}{'inside':>9}", *sweep(against, every, fillers), sep="\n")
        return
    print(f"{'benchmark':12} {'planted':13} {'items':>5}{'alone':>9}{'inside':>9}{'answered':>9}")
    for each in against:
        for line in recall(list(items(each)), against, fillers, rng):
            print(line)
    texts = pl.Series([side for record in every * 4 for side in record])
    megabytes = float(texts.str.len_bytes().sum()) / 1e6
    begun = time.perf_counter()
    index.hits(texts)
    seconds = time.perf_counter() - begun
    print(f"{megabytes:.0f} MB: {megabytes / seconds:.0f} MB/s, {len(texts) / seconds:,.0f} texts/s")


if __name__ == "__main__":
    main()
