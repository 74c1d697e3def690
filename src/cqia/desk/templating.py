"""The pages' templates, and what all of them may use.

A record's page is asked for with every decision, and most of it is the same each time. So what is known beforehand is
put in beforehand: a wording that a template names outright (``{{ t("accept") }}``) when the template is compiled, once
for each language; and a part that depends on a few values alone (``fixed``) the first time that it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup, escape

from cqia.desk.diff import difference
from cqia.desk.originals import originals, transcribed
from cqia.desk.rendering import link, rendered, seen
from cqia.desk.security import csrf_of, token
from cqia.desk.wordings import LANGUAGES, Language, wording
from cqia.report.words import chinese

if TYPE_CHECKING:
    from cqia.desk.visit import Visit

STATIC = files("cqia.desk") / "static"


MARKS = {"zh": {"colon": "：", "comma": "、"}, "en": {"colon": ": ", "comma": ", "}}
UNITS = {"zh": ("天", "小时", "分", "秒"), "en": ("d", "h", "min", "s")}
PARTS = 512  # that are remembered, of each language

#: What ``{{ name("…") }}`` is, as tokens.
_CALL = ("variable_begin", "name", "lparen", "string", "rparen", "variable_end")


class _Beforehand(Extension):
    """Puts in, when a template is compiled, what calls with one text give that depend on nothing else."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """The tokens, with every such call replaced by the text that it stands for."""
        known: Any = self.environment.globals["beforehand"]
        waiting: list[Token] = []
        for each in stream:
            waiting.append(each)
            while waiting and not _begins(waiting):
                yield waiting.pop(0)
            if len(waiting) == len(_CALL):
                name, given = waiting[1].value, waiting[3].value
                if name in known:
                    yield Token(each.lineno, "data", str(escape(known[name](given))))
                else:
                    yield from waiting
                waiting.clear()
        yield from waiting


def _begins(tokens: list[Token]) -> bool:
    return all(each.type == kind for each, kind in zip(tokens, _CALL, strict=False))


@dataclass(frozen=True)
class Templates:
    """Jinja's environments, one for each language: everything is escaped, and a name that is not there is an error."""

    environments: Mapping[Language, Environment]

    def render(self, name: str, visit: Visit, values: Mapping[str, object]) -> str:
        """A template filled in for a visitor."""
        return self.environments[visit.language].get_template(name).render(
            visit=visit,
            who=visit.account,
            csrf=csrf_of(visit.cookie) if visit.cookie else "",
            path=visit.request.url.path,
            **values,
        )  # fmt: skip


def templates(titles: Mapping[str, str]) -> Templates:
    """The desk's templates.

    Args:
        titles: of the sources, by name.
    """
    return Templates({language: _environment(language, titles) for language in LANGUAGES})


def _environment(language: Language, titles: Mapping[str, str]) -> Environment:
    environment = Environment(
        loader=PackageLoader("cqia.desk", "templates"), autoescape=True, undefined=StrictUndefined, auto_reload=False,
        trim_blocks=True, lstrip_blocks=True, extensions=[_Beforehand],
    )  # fmt: skip
    say = partial(wording, language=language)

    @lru_cache(maxsize=PARTS)
    def fixed(name: str, **values: object) -> Markup:
        return Markup(environment.get_template(name).render(**values))  # noqa: S704 - a template, which escapes

    environment.filters |= {
        "rendered": rendered, "seen": seen, "link": link, "share": share, "number": number, "when": when,
        "span": partial(span, language=language), "why": chinese if language == "zh" else str,
    }  # fmt: skip
    environment.globals |= {
        "t": say, "language": language, "static": static, "fixed": fixed, "difference": marked, "new_key": token,
        "originals": originals, "transcribed": transcribed, "source_title": lambda name: titles.get(name, name),
        "beforehand": {"t": say, "static": static}, **MARKS[language],
    }  # fmt: skip
    return environment


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


def span(seconds: float | None, language: Language) -> str:
    """A time span in two units: 3 h 20 min."""
    if seconds is None or seconds != seconds:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    shown = [
        f"{value} {unit}" for value, unit in zip((days, hours, minutes, rest), UNITS[language], strict=True) if value
    ]
    return " ".join(shown[:2]) or f"0 {UNITS[language][-1]}"
