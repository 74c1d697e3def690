"""Records that speak to the judge: they ask for points, give orders, forge a reply, or hide text.

Finding one drops nothing; the status says what was found (``to_the_judge`` in ``fired``), and people and the report see
it. A text about such tricks is found too.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

RULE = "to_the_judge"

HIDDEN = "\u200b-\u200f\u2060-\u2064\ufeff\U000e0000-\U000e007f"  # zero-width and tag characters
PATTERNS = (
    r"(?:请|务必|麻烦|恳请|拜托)[^。！？\n]{0,8}[给打评][^。！？\n]{0,8}(?:满分|高分|10 ?分|十分(?:[。！，]|$))",
    r"给(?:这|本|此|该)(?:条|个|篇|份)?(?:回答|答案|文章|数据|内容)?[打评] ?(?:满分|高分|10 ?分|１０ ?分|十分)",
    r"<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|>|\[/?INST\]|<</?SYS>>",
    r"[\"“”']总分[\"“”'] ?[:：] ?[0-9０-９]",  # the form of a reply
    r"(?:总分|评分)(?:固定|一律|直接|只)?(?:为|填|写|给|输出) ?(?:10|１０|十|满)",
    r"〔/?(?:指令|输入|回答)[^〕\n]{0,40}〕",  # the fences of the prompt
    rf"(?:[^{HIDDEN}][{HIDDEN}]){{6,}}|[\U000e0000-\U000e007f]{{4,}}",  # a hidden text; emoji have single joiners
)
LONGEST = 200_000  # characters of a record that are looked at
SHOWN = 60  # characters of what was found


def found() -> pl.Expr:
    """What in a record (``schema.RECORD``) speaks to the judge; null where nothing does."""
    text = pl.concat_str("instruction", "input", "output", separator="\n", ignore_nulls=True).str.slice(0, LONGEST)
    seen = text.str.replace_all(f"[{HIDDEN}]", "")
    words = seen.str.extract_many(_words(), ascii_case_insensitive=True).list.first()
    patterns = [(text if HIDDEN in pattern else seen).str.extract(f"({pattern})") for pattern in PATTERNS]
    return pl.coalesce(words, *patterns).str.slice(0, SHOWN)


def _words() -> list[str]:
    lines = Path(__file__).parent.joinpath("words", "to_the_judge.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("# ")]
