"""How long the report takes over 45,000 records of real text, and how much memory.

    python benchmarks/report.py [--no-map]

The records are made of the real Chinese texts in ``../shared/data`` (Alpaca in Chinese, a part of COIG, classical texts
with their translations, titles of papers, medicine, exams, riddles, long answers of a forum); they are not part of the
project, and without them there is nothing to measure. No text is invented. The report is made by ``cqia report`` in a
process of its own, whose peak is the resident memory that the kernel counted. Beside it, for comparison, runs one pass
of reading the same files with Python's ``json``.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
RECORDS = 45_000
#: Targets: seconds without and with the map, and bytes of the page; peak in GiB.
SECONDS, WITH_MAP, PEAK, PAGE = 20, 180, 3.0, 10_000_000
SHORTEST = 8


def main() -> int:
    """Make the records, the report without and with the map, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-map", action="store_true", help="leave the map out")
    given = parser.parse_args()
    if not DATA.is_dir():
        print(f"There is no {DATA}: nothing to measure.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        release = Path(folder) / "release"
        counts = write(release)
        print(f"{sum(counts.values()):,} records: " + ", ".join(f"{name} {n:,}" for name, n in counts.items()))
        begun = time.perf_counter()
        for file in release.rglob("*.jsonl"):
            for line in file.read_text("utf-8").splitlines():
                json.loads(line)
        reading = time.perf_counter() - begun
        print(f"reading alone with json: {reading:.2f} s; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        good = measured(release, Path(folder) / "plain", [], SECONDS, reading)
        if not given.no_map:
            good &= measured(release, Path(folder) / "map", ["--map"], WITH_MAP, reading)
    return 0 if good else 1


def measured(release: Path, out: Path, options: list[str], seconds: float, reading: float) -> bool:
    """One report in a process of its own, beside its targets."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "cqia", "report", str(release), "--out", str(out), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=out.parent)
    took = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = after.ru_maxrss / (1 << 20)
    size = (out / "index.html").stat().st_size
    what = "report with map" if options else "report"
    print(
        f"{what}: {took:.1f} s (target {seconds}), {took / reading:.0f} times reading, "
        f"{worked:.1f} s of processor time; "
        f"peak {peak:.2f} GiB (target {PEAK:g}); page {size / 1e6:.2f} MB (target {PAGE / 1e6:g})"
    )
    return took <= seconds and peak <= PEAK and size <= PAGE


def write(folder: Path) -> dict[str, int]:
    """``RECORDS`` records in COIG-CQIA's layout, a folder for each dataset; how many of each."""
    makers = (alpaca, classical, exams, idioms, medical, papers, values, zhihu)
    found = {maker.__name__: list(maker()) for maker in makers}
    counts: dict[str, int] = {}
    left = RECORDS
    for name, rows in sorted(found.items(), key=lambda item: len(item[1])):
        taken = rows[: -(-left // (len(found) - len(counts)))]
        left -= len(taken)
        (folder / name).mkdir(parents=True)
        lines = [json.dumps(record(*row), ensure_ascii=False) for row in taken]
        (folder / name / f"{name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
        counts[name] = len(taken)
    return counts


def record(instruction: str, input: str, output: str, major: str) -> dict[str, object]:
    """One line of COIG-CQIA."""
    return {
        "instruction": instruction, "input": input, "output": output,
        "task_type": {"major": [major], "minor": [major]}, "domain": ["通用"], "metadata": "", "answer_from": "human",
        "human_verified": False, "copyright": "",
    }  # fmt: skip


Row = tuple[str, str, str, str]


def alpaca() -> Iterator[Row]:
    """Alpaca in Chinese."""
    for file in sorted((DATA / "nlp/alpaca_zh").glob("*.json")):
        for row in json.loads(file.read_text("utf-8")):
            yield row["instruction"], row.get("input") or "", row["output"], "文本生成"


def classical() -> Iterator[Row]:
    """Sentences of classics with their translations, in pairs of lines."""
    for file in sorted((DATA / "nlp/classical_modern").rglob("bitext.txt")):
        lines = [line.partition("：")[2] for line in file.read_text("utf-8").splitlines() if "：" in line[:5]]
        for old, new in zip(lines[::2], lines[1::2], strict=False):
            yield f"把下面的文言文译成现代汉语：{old}", "", new, "翻译"


def medical() -> Iterator[Row]:
    """Questions of patients and answers of doctors."""
    with next((DATA / "nlp/medical/toyhom").glob("*.csv")).open(
        encoding="gb18030", errors="replace", newline=""
    ) as file:
        for row in csv.DictReader(file):
            yield str(row["title"]), str(row["ask"]), str(row["answer"]), "问答"


def zhihu() -> Iterator[Row]:
    """Long answers of a forum, with their markup taken off."""
    for path in sorted((DATA / "web/zhihu_api_rows/answers").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                asked = re.search(r"'title': '([^']+)'", row["question"])
                if asked:
                    yield asked[1], "", re.sub(r"<[^>]*>", "", row["content"]), "问答"


def papers() -> Iterator[Row]:
    """Titles of Chinese papers and their fields."""
    for file in sorted((DATA / "nlp/csl_clue/csl/benchmark/cls_ctg").glob("*.tsv")):
        for line in file.read_text("utf-8").splitlines():
            cells = line.split("\t")
            if len(cells) >= 3 and len(cells[1]) >= SHORTEST:
                yield "判断下面的论文题目属于哪个学科。", cells[1], cells[2], "分类"


def idioms() -> Iterator[Row]:
    """Riddles and their answers."""
    for row in json.loads((DATA / "nlp/idioms/xiehouyu.json").read_text("utf-8")):
        yield f"补全歇后语：{row['riddle']}", "", row["answer"], "传统文化"


def exams() -> Iterator[Row]:
    """Questions of the college entrance examination, and of other examinations with their options."""
    for file in sorted((DATA / "exams/gaokao").rglob("*.json")):
        found = json.loads(file.read_text("utf-8"))
        for row in found.get("example", []) if isinstance(found, dict) else []:
            yield str(row["question"]), "", str(row.get("analysis") or row.get("answer")), "试题"
    for file in sorted((DATA / "exams/agieval").rglob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            row = json.loads(line)
            options = "\n".join(row.get("options") or [])
            yield f"{row.get('passage') or ''}{row['question']}\n{options}", "", str(row.get("label")), "试题"


def values() -> Iterator[Row]:
    """COIG's part about values."""
    for row in json.loads((DATA / "coig/human_value_alignment_instructions_part1.json").read_text("utf-8")):
        yield row["instruction"], row.get("input") or "", row["output"], "价值观"


if __name__ == "__main__":
    raise SystemExit(main())
