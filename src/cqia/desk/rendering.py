"""Hostile text as safe HTML: Markdown with tables, code and formulas, without anything that runs, loads or misleads.

Three fences, one behind the other: the Markdown parser passes no HTML through, nh3 keeps only the tags and attributes
named here, and the page's Content-Security-Policy lets nothing run that has come through both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.dollarmath import dollarmath_plugin

#: Longer texts are shown as they are. The worst Markdown of this length takes half a second, ten times of it a minute.
MARKDOWN_CHARS = 20_000
#: The most that is shown of one text; the rest is there to be edited, and the page says how long it is.
SHOWN_CHARS = 200_000
KEPT = 256  # texts whose HTML is remembered: 20 people at work, going back and forth

TAGS = {
    "p", "br", "hr", "em", "strong", "del", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "span", "div",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "mark",
}  # fmt: skip
#: Characters that turn the direction of what follows, or are not seen at all: with them a text reads otherwise than it
#: is stored. The joiner of emoji (U+200D) and the presentation selectors are left alone.
UNSEEN = re.compile("[\u00ad\u061c\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
                    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # fmt: skip

_CLEAN = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href"}, "ol": {"start"}},
    allowed_classes={"span": {"math"}, "div": {"math"}, "mark": {"unseen"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


def _formula(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    inline = "inline" in tokens[at].type
    tag = "span" if inline else "div"
    return f'<{tag} class="math">{escapeHtml(tokens[at].content.strip())}</{tag}>'


def _picture(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    """A picture would be fetched from a server outside: its address is shown instead."""
    address = escapeHtml(str(tokens[at].attrs.get("src", "")))
    return f'<a href="{address}">〔图〕{escapeHtml(tokens[at].content)} {address}</a>'


def _in_line(state: StateInline, silent: bool) -> bool:
    r"""``\(formula\)`` in a line. The plugin for it searches with a pattern, in time that grows with the square."""
    if not state.src.startswith(("\\(", "\\["), state.pos):
        return False
    end = state.src.find("\\)" if state.src[state.pos + 1] == "(" else "\\]", state.pos + 2, state.posMax)
    if end < 0:
        return False
    if not silent:
        state.push("math_inline", "span", 0).content = state.src[state.pos + 2 : end]
    state.pos = end + 2
    return True


def _of_its_own(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    r"""``\[formula\]`` on lines of its own."""
    start = state.bMarks[first] + state.tShift[first]
    if state.is_code_block(first) or not state.src.startswith("\\[", start):
        return False
    end = state.src.find("\\]", start, state.eMarks[last - 1])
    after = next((line for line in range(first, last) if state.eMarks[line] >= end + 2), last)
    if end < 0 or state.src[end + 2 : state.eMarks[after]].strip():
        return False
    if not silent:
        token = state.push("math_block", "div", 0)
        token.block, token.map, token.content = True, [first, after + 1], state.src[start + 2 : end]
        state.line = after + 1
    return True


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20})
    parser.enable(["table", "strikethrough"])
    parser.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True)
    parser.inline.ruler.before("escape", "bracket_math", _in_line)
    parser.block.ruler.before("fence", "bracket_math", _of_its_own, {"alt": ["paragraph"]})
    for name in ("math_inline", "math_inline_double", "math_block"):
        parser.add_render_rule(name, _formula)
    parser.add_render_rule("image", _picture)
    return parser


_MARKDOWN = _parser()


def seen(text: str) -> Markup:
    """Plain text, escaped, with the characters nobody sees made visible."""
    return Markup(_marked(escapeHtml(text)))  # noqa: S704 - escaped in this line


@lru_cache(maxsize=KEPT)
def rendered(text: str) -> Markup:
    """Markdown as HTML that is safe to stand in a page; a text too long for that, as plain text."""
    if len(text) > MARKDOWN_CHARS:
        return Markup('<div class="plain">{}</div>').format(seen(text[:SHOWN_CHARS]))
    # What cannot be seen is marked after cleaning, and outside of tags: an address keeps its characters.
    cleaned = _CLEAN.clean(_MARKDOWN.render(text))
    return Markup("".join(  # noqa: S704 - cleaned
        part if part.startswith("<") else _marked(part) for part in re.split("(<[^>]*>)", cleaned)
    ))  # fmt: skip


def _marked(escaped: str) -> str:
    return UNSEEN.sub(lambda found: f'<mark class="unseen">U+{ord(found[0]):04X}</mark>', escaped)


def link(address: str | None) -> str | None:
    """An address that may be a link: http or https, with nothing in it that is not seen; else None."""
    if not address or not re.fullmatch(r"https?://[^\s\"'<>\\]+", address, re.IGNORECASE) or UNSEEN.search(address):
        return None
    return address
