"""The dataset's card: README.md with the metadata that ``datasets.load_dataset`` and the Hub read."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined

from cqia.sources.source import Source


def card(name: str, version: str, rows: Mapping[str, int], sources: Mapping[str, Source], judge: str) -> str:
    """The card.

    Args:
        name: of the dataset. version: of the release.
        rows: rows by file, as ``release.files.write`` gives them. Configs name the JSON lines alone, so that loading
            does not double the rows.
        sources: that have records in the release.
        judge: who scored.
    """
    lines = {file: count for file, count in rows.items() if file.endswith(".jsonl")}
    configs: dict[str, int] = {}
    for file, count in lines.items():
        config = file.split("/")[0]
        configs[config] = configs.get(config, 0) + count
    loader = PackageLoader("cqia.release", "templates")
    page = Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                       keep_trailing_newline=True, autoescape=False)  # fmt: skip  # noqa: S701 - Markdown, not HTML
    return page.get_template("README.md.j2").render(
        name=name, version=version, files=lines, configs=configs, sources=sources, judge=judge,
        total=sum(lines.values()),
    )  # fmt: skip
