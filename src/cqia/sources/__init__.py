"""Table 1 of the paper: the sources, one file each, in its order; and behind them the published datasets themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from cqia.sources.source import Source

#: In which file each is, under its own name in capitals.
FILES = {
    # Social media and forums
    "zhihu": "zhihu",
    "segmentfault": "segmentfault",
    "douban": "douban",
    "xiaohongshu": "xiaohongshu",
    "ruozhiba": "ruozhiba",
    # World knowledge
    "baike": "baike",
    "zgbk": "zgbk",
    "wikihow": "wikihow",
    "medical": "medical",
    # Exams
    "gaokao": "gaokao",
    "kaoyan": "kaoyan",
    "logic": "logic",
    "law": "law",
    # NLP datasets
    "coig_pc": "coig_pc",
    "coig_value": "coig_value",
    "cvalues": "cvalues",
    "traditional": "traditional",
    "finance": "finance",
    # The published datasets, to be audited, compared and mixed
    "coig_cqia": "published",
    "coig": "published",
}


class _Sources(Mapping[str, Source]):
    """The sources by name. Each is imported when it is asked for: all together take as long as Polars."""

    def __getitem__(self, name: str) -> Source:
        source: Source = getattr(import_module(f"cqia.sources.{FILES[name]}"), name.upper())
        return source

    def __iter__(self) -> Iterator[str]:
        return iter(FILES)

    def __len__(self) -> int:
        return len(FILES)


SOURCES: Mapping[str, Source] = _Sources()
