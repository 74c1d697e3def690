"""Table 1: the sources, one file each."""

from __future__ import annotations

from cqia.sources.ruozhiba import RUOZHIBA
from cqia.sources.source import Source

SOURCES: dict[str, Source] = {source.name: source for source in (RUOZHIBA,)}
