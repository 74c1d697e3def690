"""How alike the instructions are: how they begin, how many wordings a task has, how rich the language is.

Users found every instruction of one source of COIG-CQIA to begin in the same way (github.com/paralym/COIG-CQIA,
issue 2). The entropy of the beginnings, 2 to whose power is the number of equally frequent beginnings that would be as
varied, says it in one number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from cqia.report.makeup import share

BEGINNING = 4  # characters: about two words, enough for 推荐一部 and 如何评价
TWO_WORDS = r"^([A-Za-z'’]{1,20} +[A-Za-z'’]{1,20})"  # of English, where four characters say little
SHOWN = 5
#: Distinct n-grams grow with the text, so every text is measured on as many characters.
CHARACTERS = 100_000
#: A source of fewer records says little about variety and is not held to a bound.
ENOUGH = 50


def beginnings(table: pl.DataFrame) -> dict[str, Any]:
    """How instructions begin, of all and by source: in which four characters, or in which two words of English.

    Returns: of each ``records``, ``distinct`` beginnings, the share of the ``alike``, that begin in the most frequent
        way, ``entropy`` in bits and ``top`` (beginning and records).
    """
    asked = pl.col("instruction").str.strip_chars()
    begun = table.select("source", beginning=pl.coalesce(asked.str.extract(TWO_WORDS), asked.str.head(BEGINNING)))
    return {**_spread(begun["beginning"]), "by_source": [
        {"source": source, **_spread(rows["beginning"])}
        for (source,), rows in begun.partition_by("source", as_dict=True, maintain_order=True).items()
    ]}  # fmt: skip


def most_alike(found: dict[str, Any]) -> tuple[float, str] | None:
    """The highest share of one beginning in a source of at least ``ENOUGH`` records, and that source; None if there is
    no such source."""
    rows = [(row["alike"], row["source"]) for row in found["by_source"] if row["records"] >= ENOUGH]
    return max(rows, default=None)


def wordings(table: pl.DataFrame) -> list[dict[str, Any]]:
    """By source and task: records, distinct wordings, their entropy in bits, the share of the most frequent; for
    records whose wording is known."""
    known = table.filter(pl.col("template").is_not_null()).with_columns(pl.col("task").fill_null(""))
    return [
        {"source": source, "task": task, **_spread(rows["template"], top=False)}
        for (source, task), rows in known.partition_by("source", "task", as_dict=True, maintain_order=True).items()
    ]


def richness(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Distinct pairs of characters by pairs, over the first ``CHARACTERS`` of the instructions and of the outputs.

    Of all (source "") and by source; the characters that were looked at are given, for a text that has fewer always
    looks richer.
    """
    parts = {"": table} | {
        str(source): rows for (source,), rows in table.partition_by("source", as_dict=True, maintain_order=True).items()
    }
    return [
        {"source": source, **{name: _distinct(rows[name]) for name in ("instruction", "output")}}
        for source, rows in parts.items()
    ]


def _spread(values: pl.Series, *, top: bool = True) -> dict[str, Any]:
    counts = sorted(values.value_counts().iter_rows(), key=lambda row: (-row[1], row[0]))
    number = np.array([count for _, count in counts], dtype=float)
    parts = number / max(number.sum(), 1)
    entropy = round(float(-(parts * np.log2(parts)).sum()) + 0.0, 3) if len(parts) else 0.0
    spread = {
        "records": values.len(),
        "distinct": len(counts),
        "alike": share(counts[0][1], values.len()) if counts else 0.0,
        "entropy": entropy,
    }
    shown = [{"text": text, "records": count} for text, count in counts[:SHOWN]]
    return {**spread, "top": shown} if top else spread


def _distinct(texts: pl.Series) -> dict[str, Any]:
    """Texts are taken in a seeded order, so that one source at the front does not speak for all."""
    order = texts.hash(0).arg_sort()
    lengths = texts.gather(order).str.len_chars().cum_sum()
    taken = texts.gather(order).head(int((lengths < CHARACTERS).sum()) + 1)
    codes = np.frombuffer("".join(taken.to_list())[:CHARACTERS].encode("utf-32-le", "replace"), dtype=np.uint32)
    pairs = codes[:-1].astype(np.uint64) << np.uint64(32) | codes[1:]
    return {"characters": len(codes), "distinct": share(len(np.unique(pairs)), len(pairs))}
