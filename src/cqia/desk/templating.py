"""The pages' templates, and what all of them may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cqia.desk.diff import difference
from cqia.desk.originals import originals, transcribed
from cqia.desk.rendering import link, rendered, seen
from cqia.desk.security import csrf_of, token
from cqia.desk.wordings import wording

if TYPE_CHECKING:
    from cqia.desk.visit import Visit

STATIC = files("cqia.desk") / "static"


@dataclass(frozen=True)
class Templates:
    """Jinja's environment: everything is escaped, and a name that is not there is an error."""

    environment: Environment

    def render(self, name: str, visit: Visit, values: Mapping[str, object]) -> str:
        """A template filled in for a visitor."""
        return self.environment.get_template(name).render(
            t=partial(wording, language=visit.language),
            visit=visit,
            who=visit.account,
            language=visit.language,
            csrf=csrf_of(visit.cookie) if visit.cookie else "",
            path=visit.request.url.path,
            **values,
        )


def templates(titles: Mapping[str, str]) -> Templates:
    """The desk's templates.

    Args:
        titles: of the sources, by name.
    """
    environment = Environment(
        loader=PackageLoader("cqia.desk", "templates"), autoescape=True, undefined=StrictUndefined, auto_reload=False,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "rendered": rendered, "seen": seen, "link": link, "share": share, "number": number, "when": when, "span": span,
    }  # fmt: skip
    environment.globals |= {
        "static": static, "difference": marked, "new_key": token, "originals": originals,
        "transcribed": transcribed, "source_title": lambda name: titles.get(name, name),
    }  # fmt: skip
    return Templates(environment)


def static(path: str) -> str:
    """The address of one of the desk's own files; it changes with the file, so that it may be kept for ever."""
    return f"/static/{path}?{_digest(path)}"


_DIGESTS: dict[str, str] = {}


def _digest(path: str) -> str:
    if path not in _DIGESTS:
        _DIGESTS[path] = sha256(STATIC.joinpath(path).read_bytes()).hexdigest()[:12]
    return _DIGESTS[path]


def marked(before: str, after: str) -> Markup:
    """Two texts as one, with what went and what came marked."""
    tags = {"same": "{}", "removed": "<del>{}</del>", "added": "<ins>{}</ins>"}
    return Markup("").join(Markup(tags[kind]).format(seen(text)) for kind, text in difference(before, after))  # noqa: S704


def share(value: float | None) -> str:
    """0.973 as 97.3 %; nothing where there is no number."""
    return "–" if value is None or value != value else f"{value:.1%}"


def number(value: Any, digits: int = 0) -> str:
    """A number with thousands apart; nothing where there is none."""
    return "–" if value is None or value != value else f"{value:,.{digits}f}"


def when(moment: datetime | None) -> str:
    """A time, to the minute, in UTC."""
    return "–" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def span(seconds: float | None) -> str:
    """A time span in two units: 3 h 20 min."""
    if seconds is None or seconds != seconds:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    shown = [f"{value} {unit}" for value, unit in parts if value]
    return " ".join(shown[:2]) or "0 s"
