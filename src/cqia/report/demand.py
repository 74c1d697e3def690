"""Signs of difficulty: what instructions ask and answers show, as shares; no model is asked."""

from __future__ import annotations

from typing import Any

import polars as pl

from cqia.report.makeup import share

_ASKED = pl.concat_str("instruction", "input", separator="\n")
_ANSWER = pl.col("output")
_WHOLE = pl.concat_str(_ASKED, _ANSWER)
#: The start of a line that is a step: a heading, a number in digits or Hanzi, 第一步.
STEP = r"(?m)^\s*(?:#{1,4}\s|\*{0,2}(?:\d+[.、)）]|[（(]?[一二三四五六七八九十]+[)）、.])|第[一二三四五六]步)"
#: Each sign with its name in Chinese and English.
SIGNS: dict[str, tuple[str, str, pl.Expr]] = {
    "questions": ("一问多题", "several questions", _ASKED.str.count_matches("[?？]") >= 2),
    "constraints": (
        "有明确要求", "explicit constraints",
        _ASKED.str.contains(r"不超过|不少于|不得|必须|至少|至多|控制在|(?:^|[^第\d\s])\s*\d+\s*[字条个句步]|要求[：:]|格式"),
    ),
    "reading": (
        "附有材料", "material to read", (pl.col("input") != "") | (pl.col("instruction").str.len_chars() > 200)
    ),
    "formulas": ("含公式", "formulas", _WHOLE.str.contains(r"\$[^$\n]+\$|\\\(|\\frac|\\sqrt")),
    "code": ("含代码", "code", _WHOLE.str.contains(r"```|;\s*\n\s*\}|</\w+>|\bdef \w+\(|#include")),
    "steps": ("分步作答", "answered in steps", _ANSWER.str.count_matches(STEP) >= 3),
    "long": ("回答超过千字", "over 1,000 characters", _ANSWER.str.len_chars() > 1000),
}  # fmt: skip


def demand(table: pl.DataFrame) -> list[dict[str, Any]]:
    """The share of records with each of ``SIGNS``, of all (source "") and by source."""
    signs = table.select("source", **{name: sign for name, (_, _, sign) in SIGNS.items()})
    parts = {"": signs} | {
        str(source): rows for (source,), rows in signs.partition_by("source", as_dict=True, maintain_order=True).items()
    }
    return [
        {
            "source": source,
            "records": rows.height,
            **{name: share(int(rows[name].sum()), rows.height) for name in SIGNS},
        }
        for source, rows in parts.items()
    ]
