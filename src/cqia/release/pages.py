"""What people read of a release: card, datasheet, licences, citation, changelog; from the templates beside it.

Names and statements may hold anything: in tables they are made one line without bars, and in YAML they are written as
JSON strings, which YAML reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from cqia.release.datasheet import QUESTIONS
from cqia.release.facts import Facts
from cqia.release.layout import SPLITS

#: Files and their templates.
PAGES = {
    "README.md": "README.md.j2",
    "DATASHEET.md": "DATASHEET.md.j2",
    "DATASHEET.zh.md": "DATASHEET.zh.md.j2",
    "LICENSES.md": "LICENSES.md.j2",
    "CITATION.cff": "CITATION.cff.j2",
}

#: The Hub's classes of size: the upper bound of each.
SIZES = (
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"),
)  # fmt: skip


def pages(facts: Facts) -> dict[str, str]:
    """The pages of a release by file name."""
    size = next((name for bound, name in SIZES if facts.total < bound), "10M<n<100M")
    return {
        file: _template(template, facts=facts, splits=SPLITS, size=size, questions=QUESTIONS)
        for file, template in PAGES.items()
    }


def changelog(changes: Mapping[str, Any]) -> str:
    """``CHANGES.md``, from what ``changes.summary`` gives."""
    return _template("CHANGES.md.j2", **changes)


def licences(facts: Facts) -> dict[str, Any]:
    """``licences.json``: the sources with their licences, for programs."""
    return {
        "dataset": {"name": facts.name, "version": facts.version, "licence": facts.licence},
        "sources": [
            {
                "source": source.name,
                "title": source.title,
                "records": source.records,
                **source.terms.to_dict(),
                "copyright": [{"note": note, "records": number} for note, number in source.copyrights],
            }
            for source in facts.sources
        ],
    }


def _template(name: str, **values: Any) -> str:
    page = Environment(loader=PackageLoader("cqia.release", "templates"), undefined=StrictUndefined, trim_blocks=True,
                       lstrip_blocks=True, keep_trailing_newline=True, autoescape=False)  # fmt: skip  # noqa: S701 - Markdown and YAML
    page.filters["line"] = _line
    page.filters["code"] = lambda name: f"`{name}`".replace("|", "\\|")
    page.filters["yaml"] = lambda value: json.dumps(value, ensure_ascii=False)
    return page.get_template(name).render(**values)


def _line(text: str) -> str:
    """Text as one line of a table, without what Markdown or HTML would act on."""
    plain = " ".join(str(text).split())
    return re.sub(r"([\\|`*_\[\]])", r"\\\1", plain).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
