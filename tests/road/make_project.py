"""A small project for tests of the whole road: two sources of one's own, every kind of fate, two shards each."""

from __future__ import annotations

import json
from pathlib import Path

SOURCE = """
import polars as pl

from cqia.readers.raw import Raw
from cqia.rules.rule import Rule
from cqia.sources.source import Published, Quota, Source, Task


def read(raw: Raw):
    row = raw.row
    yield {name: row.get(name) for name in ("id", "title", "text", "likes", "tags")}


def source(name, **more):
    return Source(
        name=name, title=name, kind="Yours", description="for tests", licence="written for tests", read=read,
        rules=(Rule(name="likes", why="too few likes", value=pl.col("likes"), at_least=51, missing="drop"),),
        tasks=(Task(name="answer", wordings=("{title}", "请问：{title}", "{title}请详细说说。"),
                    fields={"title": pl.col("title")},
                    output=pl.col("text"), major=("问答",), minor=("问答",), domain=("通用",)),),
        at_least=5.0, published=Published(name, {"answer": "answers"}), **more,
    )


FORUM = source("forum")
BOOK = source("book", quota=Quota(12, pl.col("tags").list.first()))
"""

TOPICS = """晒被子 磨菜刀 煮鸡蛋 种薄荷 洗毛衣 修水管 挑西瓜 泡绿茶 养绿萝 存大米 擦玻璃 补轮胎 包粽子 腌黄瓜 炒青菜
烤红薯""".split()  # noqa: SIM905 - easier to read


def answer(source: str, topic: str, number: int) -> str:
    """A text long enough to be compared and judged, unlike every other."""
    number += 40 * (source == "book")
    steps = "；".join(
        f"第{k}步要留心{topic}的第{(number * k) % 17}个细节，尤其是{TOPICS[(number + 3 * k) % 16]}时的火候"
        for k in range(1, 6)
    )
    return f"关于{topic}，我的经验有{number}条。{steps}。最后，{topic}讲究的是耐心，做完记得收拾干净，下一次会更顺手。"


def rows(source: str) -> list[dict[str, object]]:
    """Good, unpopular, duplicate, unanswered and repeated rows."""
    made: list[dict[str, object]] = []
    for number, topic in enumerate(TOPICS):
        made.append(
            {
                "id": f"{source}{number}",
                "title": f"怎么{topic}？",
                "text": answer(source, topic, number),
                "likes": 40 + 10 * (number % 4),
                "tags": [("家务", "厨房")[number % 2]],
            }
        )
    made.append({**made[3], "id": f"{source}copy"})
    made.append({**made[5], "likes": 3})
    made.append({"id": f"{source}open", "title": "没人答的问题？", "text": "", "likes": 99})
    return made


def make(folder: Path, shard_rows: int = 12) -> Path:
    """Write the project; each source has two raw files, and with ``shard_rows`` as many shards."""
    folder.mkdir(parents=True)
    (folder / "own.py").write_text(SOURCE, "utf-8")
    for source in ("forum", "book"):
        lines = [json.dumps(row, ensure_ascii=False) for row in rows(source)] + ["{broken"]
        for part in range(0, len(lines), shard_rows):
            (folder / f"{source}-{part:03d}.jsonl").write_text(
                "\n".join(lines[part : part + shard_rows]) + "\n", "utf-8"
            )
    tables = "".join(f'[sources.{s}]\npython = "own.py"\nraw = ["{s}-*.jsonl"]\n' for s in ("forum", "book"))
    (folder / "cqia.toml").write_text(
        f'name = "road"\nseed = 7\n{tables}[review]\nrequire = "undecided"\n[run]\nshard_mib = 0.006\n', "utf-8"
    )
    return folder


def release_bytes(folder: Path, version: str = "v1") -> dict[str, bytes]:
    """Every file of a release, by name."""
    root = folder / "releases" / version
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
