"""What the rules do: which fires, which decides, what each alone removes, and which go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import polars as pl

SHOWN_OVERLAP = 10  # rules of a picture of overlaps, the most frequent


def rules(parts: Mapping[str, Sequence[Path]], whys: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """By source, what its rules did.

    Args:
        parts: of each source the status parts of its filter.
        whys: of each source and rule the reason in words.

    Returns: ``source``, ``inputs``, ``removed`` and ``rules``: of each how many it ``fires`` on, is the ``first`` to
        fire on and ``alone`` fires on; ``overlap``: the names of the most frequent and a square of how many documents
        both fire on, each rule with itself on the diagonal.
    """
    return [_rules(source, _fired(files), whys.get(source, {})) for source, files in parts.items() if files]


def _fired(parts: Sequence[Path]) -> list[tuple[tuple[str, ...], int]]:
    """Sets of rules that fired together, in the order of the source, with the documents they fired on."""
    names = pl.col("fired").list.eval(pl.element().struct.field("rule"))
    found = pl.scan_parquet(list(parts), glob=False).select(names.list.join("\n").alias("rules"))
    counted = found.group_by("rules").len().sort("rules").collect()
    return [(tuple(rules.split("\n")) if rules else (), number) for rules, number in counted.iter_rows()]


def _rules(source: str, fired: list[tuple[tuple[str, ...], int]], whys: Mapping[str, str]) -> dict[str, Any]:
    names = [*whys, *sorted({rule for rules, _ in fired for rule in rules} - set(whys))]
    both: dict[tuple[str, str], int] = {}
    for together, number in fired:
        for one, other in combinations(sorted(set(together)), 2):
            both[one, other] = both.get((one, other), 0) + number
    rows: list[dict[str, Any]] = [
        {
            "rule": rule,
            "why": whys.get(rule, ""),
            "fires": sum(number for rules, number in fired if rule in rules),
            "first": sum(number for rules, number in fired if rules[:1] == (rule,)),
            "alone": sum(number for rules, number in fired if rules == (rule,)),
        }
        for rule in names
    ]
    shown: list[str] = [row["rule"] for row in sorted(rows, key=lambda row: -row["fires"]) if row["fires"]]
    shown = shown[:SHOWN_OVERLAP]
    fires = {row["rule"]: row["fires"] for row in rows}
    square = [[fires[a] if a == b else both.get((min(a, b), max(a, b)), 0) for b in shown] for a in shown]
    return {
        "source": source,
        "inputs": sum(number for _, number in fired),
        "removed": sum(number for rules, number in fired if rules),
        "rules": rows,
        "overlap": {"rules": shown, "both": square},
    }


def waiting(stages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What waits and where, from the rows of a funnel."""
    return [
        {"source": row["source"], "stage": row["stage"], "reason": reason, "items": number}
        for row in stages
        for reason, number in row["pending_by"].items()
    ]
