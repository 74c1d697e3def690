"""Tables of records that are made up for the tests of the report."""

from typing import Any

import polars as pl

from cqia.report.table import TABLE

#: Openings and subjects of made-up instructions, so that there are clusters and neighbours among them.
ASKED = (
    "怎样照料{}？",
    "请介绍一下{}。",
    "{}有哪些常见的误区？",
    "写一段关于{}的短文，不超过一百字。",
    "{}从哪里学起？",
)
SUBJECTS = (
    "多肉植物",
    "旧自行车",
    "铁锅",
    "木吉他",
    "鱼缸",
    "陶器",
    "竹篮",
    "毛笔字",
    "阳台菜园",
    "手冲咖啡",
    "羊毛衫",
    "皮鞋",
)


def row(**fields: Any) -> dict[str, Any]:
    """A row of a table; what is not given is plain."""
    plain = {
        "dataset": "试", "source": "甲", "instruction": "怎样浇花？", "input": "", "output": "早晚各一次，浇透为止。",
        "major": ["问答"], "minor": ["生活"], "domain": ["通用"], "answer_from": "human", "human_verified": True,
    }  # fmt: skip
    return plain | fields


def made(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """A table of rows, with ids where there are none."""
    return pl.DataFrame([{"id": f"r{n}", **each} for n, each in enumerate(rows)], schema=TABLE)


def many(count: int) -> list[dict[str, Any]]:
    """Rows of three sources, no two instructions alike."""
    return [
        row(
            source=("甲", "乙", "丙")[n % 3],
            instruction=ASKED[n % 5].format(SUBJECTS[n // 5 % 12]) + f"（第{n}问）",
            output=f"先看第{n * 7919 % 10007}样东西，"
            + f"再按{chr(0x4E00 + n * 37 % 20000)}字的次序慢慢来。" * (1 + n % 7),
            answer_from="llm" if n % 4 == 0 else "human",
            human_verified=n % 2 == 0,
        )
        for n in range(count)
    ]
