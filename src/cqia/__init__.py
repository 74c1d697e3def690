"""From raw Chinese pages to a small, excellent instruction-tuning dataset, with every record accounted for.

Everything the command line does can be done from Python with the names below. They are imported when first used, so
that ``import cqia`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "begin": "cqia.begin",  # cqia init
    "load": "cqia.project",  # a Project from its folder
    "run": "cqia.pipeline",
    "analysed": "cqia.pipeline",  # cqia analyse
    "release": "cqia.publish",
    "report": "cqia.publish",
    "funnel": "cqia.ledger.counts",  # cqia status
    "life": "cqia.ledger.why",  # cqia why
    "items": "cqia.ledger.items",  # cqia list
    "filter_path": "cqia.standalone",
    "dedup_path": "cqia.standalone",
    "SOURCES": "cqia.sources",
    "Source": "cqia.sources.source",
    "Task": "cqia.sources.source",
    "Quota": "cqia.sources.source",
    "Edit": "cqia.sources.source",
    "Published": "cqia.sources.source",
    "Rule": "cqia.rules.rule",
    "Raw": "cqia.readers.raw",
    "Unreadable": "cqia.errors",
    "NotADocument": "cqia.errors",
    "CqiaError": "cqia.errors",
}
__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'cqia' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)
