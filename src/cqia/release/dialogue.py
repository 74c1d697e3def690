"""Dialogues: COIG-CQIA's nine fields have no place for earlier turns, so ``input`` carries them and can give them back.

The earlier turns stand at the head of ``input`` as a person would write them down, so that nobody who trains on the
nine fields alone loses what a "那第二种呢？" is about. The Parquet files hold them as data too, in the column
``history`` (``schema.TURNS``), and ``unfolded`` takes them out of ``input`` again: exports use that.

    此前的对话：
    用户：煎鸡蛋用什么锅？
    助手：不粘锅最省心，铁锅也行。
"""

from __future__ import annotations

import polars as pl

OPENING = "此前的对话：\n"
USER, ASSISTANT = "用户：", "助手："
BREAK = "\n\n"  # between the earlier turns and an input of the record's own


def _turn(field: str) -> pl.Expr:
    return pl.element().struct.field(field).fill_null("")


def has_history() -> pl.Expr:
    """Whether a record has earlier turns."""
    return (pl.col("history").list.len() > 0).fill_null(False)


def before() -> pl.Expr:
    """The earlier turns as text; "" where there are none."""
    said = pl.concat_str(
        pl.lit(USER), _turn("instruction"), pl.lit(f"\n{ASSISTANT}"), _turn("output")
    )  # fmt: skip
    turns = pl.col("history").list.eval(said).list.join("\n")
    return pl.when(has_history()).then(pl.lit(OPENING) + turns).otherwise(pl.lit(""))


def folded() -> pl.Expr:
    """``input`` with the earlier turns at its head."""
    own = pl.when(pl.col("input").fill_null("") == "").then(pl.lit("")).otherwise(pl.lit(BREAK) + pl.col("input"))
    return pl.when(has_history()).then(before() + own).otherwise(pl.col("input")).alias("input")


def unfolded() -> pl.Expr:
    """``input`` as it was before ``folded``."""
    own = pl.col("input").str.slice(before().str.len_chars()).str.strip_prefix(BREAK)
    return pl.when(has_history()).then(own).otherwise(pl.col("input")).alias("input")
