"""Bounds that a project sets on its dataset, held against the report's numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cqia.report.monotony import ENOUGH, most_alike


@dataclass(frozen=True)
class Measure:
    """A number that can be bounded.

    Attributes:
        title, english: what it is.
        of: the number from the report's numbers, and where it is worst; None where it was not measured.
        hint: what to do where it was not. share: whether it is a share, from 0 to 1.
    """

    title: str
    english: str
    of: Callable[[Mapping[str, Any]], tuple[float, str] | None]
    hint: str = ""
    share: bool = True


def _share(*path: str) -> Callable[[Mapping[str, Any]], tuple[float, str] | None]:
    def found(numbers: Mapping[str, Any]) -> tuple[float, str] | None:
        value: Any = numbers
        for name in path:
            value = value[name] if value is not None else None
        return None if value is None else (float(value), "")

    return found


#: By the key of ``[report]`` without its ``at_least_`` or ``at_most_``.
MEASURES: Mapping[str, Measure] = {
    "records": Measure("记录数", "records", _share("records"), share=False),
    "verified": Measure("经人审核的份额", "share verified by people", _share("written", "verified")),
    "by_machine": Measure("机器所写的份额", "share written by machines", _share("written", "machine")),
    "copies": Measure("剩余近重复的份额", "share of near duplicates left", _share("copies", "share")),
    "begin_alike": Measure(
        "同一来源中开头相同的最高份额", "highest share in a source that begins alike",
        lambda numbers: most_alike(numbers["beginnings"]), f"No source has {ENOUGH} records.",
    ),
    "stray": Measure(
        "开头有杂字符的份额", "share that begins with a stray character", _share("faults", "stray", "share")
    ),
    "repetitive": Measure("自我重复的份额", "share that repeats itself", _share("faults", "repetitive", "share")),
    "refused": Measure(
        "不合来源自身规则的份额", "share its own rules would refuse", _share("faults", "refused", "share")
    ),
    "leaks": Measure(
        "与评测集重合的份额", "share that overlaps a benchmark", _share("leaks", "share"),
        "Name some: [benchmarks.NAME]",
    ),
}  # fmt: skip


def check(numbers: Mapping[str, Any], bounds: Mapping[str, float]) -> list[dict[str, Any]]:
    """Each bound with the number it is about and whether it holds; what was not measured does not.

    Args:
        bounds: by key of ``[report]``: ``at_most_copies``.
    """
    rows = []
    for key, bound in bounds.items():
        least = key.startswith("at_least_")
        measure = MEASURES[key.removeprefix("at_least_" if least else "at_most_")]
        found = measure.of(numbers)
        value, where = found if found is not None else (None, "")
        holds = value is not None and (value >= bound if least else value <= bound)
        rows.append({
            "key": key, "title": measure.title, "english": measure.english, "bound": bound, "value": value,
            "share": measure.share, "where": where, "holds": holds, "hint": measure.hint if value is None else "",
        })  # fmt: skip
    return rows
