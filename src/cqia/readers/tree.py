"""A page as a tree, without the few shapes that cost a parser time or memory out of all proportion."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from cqia.errors import Unreadable

#: A page with no more tags than this is parsed without a look at its nesting: the worst it can do is a second.
FEW_TAGS = 3_000
#: Parsing takes about a nanosecond per tag and open element around it: quadratic in the depth of nesting.
MOST_STEPS = 2_000_000_000
#: A parser repeats every formatting element left open in every paragraph that follows, at 500 bytes each.
MOST_COPIES = 3_000_000

#: Elements that cannot hold one another for long: void ones, and those whose end tag may be left out.
FLAT = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
    | {"path", "use", "rect", "circle", "p", "li", "dt", "dd", "option", "td", "th", "tr", "tbody", "thead", "tfoot"}
    | {"html", "head", "body"}
)
#: Elements that a parser reopens; a link is one too, but a second one ends the first.
FORMATTING = frozenset({"b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"})

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,20})")


def parse(html: str | bytes) -> LexborNode:
    """The root element of a page or fragment; bytes are UTF-8, and save the parser the encoding.

    Raises:
        Unreadable: ``too_nested`` for the few shapes that cost a parser time or memory out of proportion.
    """
    if (html.count("<") if isinstance(html, str) else html.count(b"<")) > FEW_TAGS:
        _refuse_bombs(html if isinstance(html, str) else html.decode("utf-8", "replace"))
    root = LexborHTMLParser(html).root
    if root is None:
        raise Unreadable("not_html", "the parser made nothing of it")
    return root


def _refuse_bombs(html: str) -> None:
    """Counts what is open, name by name: an upper bound that needs no tree."""
    opened: dict[str, int] = {}
    tags = deep = deepest = formatting = most = 0
    for closing, tag in _TAG.findall(html):
        name = tag.lower()
        tags += 1
        if name in FLAT:
            continue
        step = -1 if closing else 1
        if closing and not opened.get(name):
            continue
        opened[name] = opened.get(name, 0) + step
        deep += step
        deepest = max(deepest, deep)
        if name in FORMATTING:
            formatting += step
            most = max(most, formatting)
    if deepest * tags > MOST_STEPS or most * tags > MOST_COPIES:
        raise Unreadable(
            "too_nested", f"{tags:,} tags nested up to {deepest:,} deep, {most:,} formatting ones left open"
        )
