"""The report as one HTML file, offline, and the same numbers as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from cqia.engine.files import write_bytes, write_json
from cqia.report.lengths import BINS, QUANTILES, Lengths


def write(folder: Path, numbers: Mapping[str, Any]) -> Path:
    """Write ``index.html`` and ``report.json`` into ``folder``; returns the page's path."""
    page = Environment(
        loader=PackageLoader("cqia.report", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    ).get_template("report.html.j2")  # fmt: skip
    write_json(folder / "report.json", numbers)
    write_bytes(folder / "index.html", page.render(**numbers).encode())
    return folder / "index.html"


def numbers(
    name: str, judge: str, funnel: Mapping[str, Any], titles: Mapping[str, str], lengths: Mapping[str, Lengths]
) -> dict[str, Any]:
    """Everything the report shows.

    Args:
        name: of the project. judge: who scored.
        funnel: as ``Funnel.to_dict`` gives it. titles: of the sources.
        lengths: of the records.
    """
    return {
        "name": name,
        "judge": judge,
        "funnel": dict(funnel),
        "titles": dict(titles),
        "lengths": {text: asdict(each) for text, each in lengths.items()},
        "quantiles": list(QUANTILES),
        "bins": list(BINS),
    }
