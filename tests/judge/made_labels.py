"""Texts and labels of our own making, for the tests of what is fitted to people."""

from __future__ import annotations

import random

import numpy as np
import polars as pl

from cqia.judge.labels import LABELS

GOOD = ("先说结论", "具体步骤如下", "原因有三", "需要注意的是", "举例来说", "建议先备份", "一共分四步", "数据来自年鉴")
POOR = ("哈哈哈", "沙发", "同问", "顶一下", "不知道啊", "楼主好人", "加微信领取", "随便看看")
FILL = "天地人和风雨春秋山水花草鱼鸟日月星云东南西北中上下左右大小多少长短高低"


def texts(number: int, seed: int = 0, slips: float = 0.0) -> tuple[pl.Series, np.ndarray]:
    """Short texts in which a phrase tells good from poor, but for a share of ``slips``; and whether each is good."""
    rand = random.Random(seed)
    rows, good = [], []
    for _ in range(number):
        is_good = rand.random() < 0.5
        shown = is_good if rand.random() >= slips else not is_good
        filling = "".join(rand.choices(FILL, k=rand.randint(10, 40)))
        cut = rand.randint(0, len(filling))
        rows.append(filling[:cut] + rand.choice(GOOD if shown else POOR) + filling[cut:])
        good.append(is_good)
    return pl.Series("text", rows), np.array(good)


def judged(ids: list[str], scores: list[float | None], **columns: object) -> pl.DataFrame:
    """``LABELS`` of a judge who gave these scores; None is a failure."""
    frame = pl.DataFrame({"id": ids, "score": scores, **columns}, schema_overrides={"score": pl.Float64})
    outcome = pl.when(pl.col("score").is_null()).then(pl.lit("failed")).otherwise(pl.lit("scored"))
    frame = frame.with_columns(outcome=outcome, row=pl.int_range(1, pl.len() + 1))
    missing = [pl.lit(None).alias(name) for name in LABELS if name not in frame.columns]
    return frame.with_columns(missing).select(LABELS.names()).cast(pl.Schema(LABELS))
