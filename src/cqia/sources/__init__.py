"""Table 1: the sources, one file each, in the paper's order."""

from __future__ import annotations

from cqia.sources.gaokao import GAOKAO
from cqia.sources.ruozhiba import RUOZHIBA
from cqia.sources.source import Source
from cqia.sources.zhihu import ZHIHU

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        # Social media and forums
        ZHIHU,
        RUOZHIBA,
        # Exams
        GAOKAO,
    )
}
