"""A comparison as one HTML file that asks for nothing from elsewhere, and the same numbers as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cqia.compare.numbers import EQUAL
from cqia.compare.pictures import pictures
from cqia.engine.files import write_bytes, write_json
from cqia.report import paper
from cqia.report.demand import SIGNS
from cqia.report.page import rendered

SIDES = {"whole": ("整条记录（指令、输入、回答）", "Whole records (instruction, input, output)"),
         "asked": ("只看所问（指令与输入）", "What is asked alone (instruction and input)")}  # fmt: skip
FAULTS = {"empty": ("空白", "empty"), "stray": ("开头的杂字符", "stray start"),
          "repetitive": ("自我重复", "repetition"), "foreign": ("几乎没有中文", "hardly Chinese"),
          "refused": ("不合自身规则", "own rules refuse")}  # fmt: skip


def write(folder: Path, numbers: Mapping[str, Any]) -> Path:
    """Write ``index.html`` and ``report.json`` into ``folder``; returns the page's path.

    Raises:
        WorkspaceError: the folder cannot be written.
    """
    write_json(folder / "report.json", numbers)
    write_bytes(folder / "index.html", html(numbers).encode("utf-8", "replace"))
    return folder / "index.html"


def html(numbers: Mapping[str, Any]) -> str:
    """The page: ``compare.numbers.numbers``, drawn and told."""
    drawn = numbers["map"] or {"series": ()}
    return rendered(
        "compare.html.j2", numbers, pictures=pictures(numbers), paper=paper, signs=SIGNS, sides=SIDES,
        fault_names=FAULTS, equal=EQUAL,
        names=[each["name"] for each in numbers["datasets"]],
        texts=[{"name": each["name"], "texts": each["texts"]} for each in drawn["series"]],
    )  # fmt: skip
