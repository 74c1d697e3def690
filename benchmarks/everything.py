"""All the real data in one project: every file is read, the funnel balances, and what is quarantined is shown.

    python benchmarks/everything.py [--data DIR] [--out DIR]

Licences and read-me files that lie beside tables are no raw files. Prints the files that no source reads, the funnel,
the quarantined pages, and how the instructions of each source begin. Exit code 1 where the funnel does not balance or
more pages are quarantined than are broken in the data itself.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import polars as pl

from cqia.cli.show import progress, show_funnel, show_items, warn
from cqia.ledger.counts import funnel
from cqia.ledger.items import items
from cqia.pipeline import run
from cqia.project import load

DATA = Path(__file__).resolve().parents[2] / "shared/data"
FOLDERS = ("web", "encyclopedia", "ruozhiba", "exams", "nlp", "coig", "coig_cqia_sample")
#: Broken in the data: an empty Markdown file, and a CSV row in which a quote opens in one record and ends in another.
BROKEN = 2

#: Source, its raw files, and what else its table in cqia.toml says.
SOURCES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("zhihu", ("web/zhihu_*/**/*",), ""),
    ("douban", ("web/douban/**/*",), ""),
    ("xiaohongshu", ("web/xiaohongshu/**/*",), ""),
    ("ruozhiba", ("web/tieba/**/*", "ruozhiba/**/*"), ""),
    ("segmentfault", ("web/devforum_lists/**/*", "encyclopedia/tech_qa_markdown/**/*"), ""),
    ("baike", ("web/news/**/*", "web/blogs/**/*", "encyclopedia/baike/**/*", "nlp/firefly_moss/**/pretrain/*"), ""),
    ("wikihow", ("encyclopedia/howto_markdown/**/*",), ""),
    ("medical", ("nlp/medical/toyhom/**/*",), ""),
    ("gaokao", ("exams/gaokao/*/*.json", "exams/gaokao/LICENSE", "exams/agieval/**/*", "exams/tal_scq5k/**/*"), ""),
    ("kaoyan", ("exams/m3ke/**/*",), ""),
    ("logic", ("exams/logiqa/**/*", "exams/agieval/**/logiqa*.jsonl"), ""),
    ("law", ("exams/lawbench/**/*", "exams/agieval/**/jec*.jsonl"), ""),
    ("coig_pc", ("nlp/csl_clue/**/*.json", "nlp/csl_clue/**/*.tsv"), ""),
    ("traditional", ("nlp/classical_modern/**/*", "nlp/poetry/**/*", "nlp/idioms/**/*"), ""),
    ("finance", ("nlp/fincuge/**/*",), ""),
    ("coig_cqia", ("coig_cqia_sample/**/*",), ""),
    ("coig", ("coig/*",), ""),
    ("alpaca", ("nlp/alpaca_zh/**/*data*.json", "nlp/alpaca_zh/**/alpaca*.json", "nlp/medical/huatuo/**/*.json"),
     'table = "alpaca"\nanswer_from = "llm"'),
    ("preferred", ("nlp/alpaca_zh/**/dpo*.json",), 'table = "sharegpt"'),
    ("sharegpt", ("nlp/medical/medicalgpt/**/*.jsonl",), 'table = "sharegpt"'),
    ("firefly", ("nlp/firefly_moss/**/dummy_data.jsonl",), 'table = "firefly"'),
    ("chosen", ("nlp/firefly_moss/**/dummy_dpo.jsonl",), 'columns = {dialogue = "chosen"}'),
    ("headlines", ("nlp/csl_clue/**/*.csv",), 'columns = {instruction = "headlines", output = "text"}'),
)  # fmt: skip
#: What lies beside tables and is no data.
NOTES = ("LICENSE", "README.md", ".DS_Store")


def written(data: Path, folder: Path) -> list[Path]:
    """Write the project; returns the files of the data that no source reads."""
    lines = ['name = "everything"']
    read: set[Path] = set()
    for name, globs, more in SOURCES:
        raw = [str(data / glob) for glob in globs]
        lines += [f"[sources.{name}]", f"raw = {json.dumps(raw, ensure_ascii=False)}", more]
        read.update(path for glob in globs for path in data.glob(glob) if path.is_file())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cqia.toml").write_text("\n".join(lines) + "\n", "utf-8")
    every = {path for top in FOLDERS for path in (data / top).rglob("*") if path.is_file()}
    print(f"{len(every)} files, {len(every & read)} of them raw files of a source")
    return sorted(every - read)


def begin_alike(work: Path, name: str) -> str:
    """The commonest beginnings of a source's instructions, four characters long, with their shares."""
    parts = sorted((work / name / "assign/out").glob("part-*.parquet"))
    rows = pl.concat([pl.read_parquet(part, columns=["instruction"], glob=False) for part in parts])
    if rows.is_empty():
        return "no records"
    counted = rows["instruction"].str.slice(0, 4).alias("begin").value_counts(sort=True).head(2)
    return f"{rows.height} records; " + ", ".join(f"{word!r} {n / rows.height:.0%}" for word, n in counted.iter_rows())


def main() -> None:
    """Makes the project and walks it up to the judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with web, exams and the others")
    parser.add_argument("--out", type=Path, help="the project's folder; else a temporary one")
    args = parser.parse_args()
    if not (args.data / "web").is_dir():
        sys.exit(f"no web in {args.data}: name the folder with --data")
    folder = args.out or Path(tempfile.mkdtemp(prefix="cqia-everything-"))
    left = written(args.data, folder)
    for path in left:
        print(f"  not read: {path}")
    project = load(folder)
    with progress() as told:
        run(project, until="judge", progress=told, warn=warn)
    stages = {name: source.stages for name, source in project.sources.items()}
    found = funnel(project.work, stages)
    show_funnel(found)
    quarantined = list(items(project.work, stages, status="quarantined"))
    show_items(quarantined, None)
    for name in project.sources:
        print(f"{name}: {begin_alike(project.work, name)}")
    data_left = [path for path in left if path.name not in NOTES]
    sys.exit(0 if found.balanced and len(quarantined) <= BROKEN and not data_left else 1)


if __name__ == "__main__":
    main()
