"""The report as one HTML file that asks for nothing from elsewhere, and the same numbers as JSON."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from cqia.engine.files import write_bytes, write_json
from cqia.report import paper
from cqia.report.charts import scatter, svg
from cqia.report.charts.sankey import STAGES
from cqia.report.demand import SIGNS
from cqia.report.drawn import drawn
from cqia.report.makeup import titles
from cqia.report.words import chinese
from cqia.review.audit import QUESTIONS
from cqia.stats.intervals import wilson

#: What HTML cannot hold, however written: control characters, halves of pairs, code points that are no characters.
UNFIT = (
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)


def write(folder: Path, numbers: Mapping[str, Any]) -> Path:
    """Write ``index.html`` and ``report.json`` into ``folder``; returns the page's path."""
    write_json(folder / "report.json", numbers)
    write_bytes(folder / "index.html", html(numbers).encode("utf-8", "replace"))
    return folder / "index.html"


def html(numbers: Mapping[str, Any]) -> str:
    """The page: ``report.numbers.numbers``, drawn and told."""
    names = titles(numbers["sources"])
    return rendered(
        "report.html.j2", numbers, titles={source: both(*name) for source, name in names.items()},
        pictures=drawn(numbers), paper=paper,
        questions=[{**vars(question), "paper": _of_paper(question.paper)} for question in QUESTIONS],
        signs=SIGNS,
        texts=_texts(numbers["map"], names),
    )  # fmt: skip


def both(zh: str, en: str) -> Markup:
    """A text in both languages, of which the page shows one."""
    two = '<span class="zh" lang="zh">{}</span><span class="en" lang="en">{}</span>'
    return Markup(two).format(zh, en) if zh != en else escape(zh)  # noqa: S704 - our own


def _texts(map: Mapping[str, Any] | None, names: Mapping[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """What the map's script tells: of each series its name in both languages, and the texts of its points."""
    series = map["series"] if map else ()
    known = names if map and map["by"] == "source" else {}
    called = [known.get(each["name"], (each["name"],) * 2) for each in series]
    return [{"name": zh, "english": en, "texts": each["texts"]} for (zh, en), each in zip(called, series, strict=True)]


def rendered(template: str, numbers: Mapping[str, Any], **more: Any) -> str:
    """A template of this package with the house's style and script, allowed by their digests and nothing else."""
    page = Environment(
        loader=PackageLoader("cqia.report", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    page.filters |= {"share": svg.percent, "data": data, "thousands": svg.thousands, "chinese": chinese, "stage": stage}
    style, script = (
        files("cqia.report").joinpath("templates", name).read_text("utf-8") for name in ("style.css", "map.js")
    )
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; script-src 'sha256-{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    made = page.get_template(template).render(
        **numbers, **more, policy=policy, style=Markup(style), script=Markup(script),  # noqa: S704 - our own files
        kind_colour=svg.KIND, series_colour=scatter.colour,
    )  # fmt: skip
    return re.sub(UNFIT, "\ufffd", made)


def stage(name: str) -> Markup:
    """A stage's name in both languages."""
    return both(STAGES.get(name, name), name)


def data(value: object) -> Markup:
    """JSON for a script element: no character in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - all that could be markup is escaped above


def _of_paper(share: float) -> dict[str, float | None]:
    """A share of the paper's Table 10 with the interval that it does not print."""
    return wilson(round(share * paper.AUDITED), paper.AUDITED).to_dict()


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
