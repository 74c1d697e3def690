"""Formulas in pages, back to the LaTeX they were written in.

Pages carry a formula as a picture, as SVG or as a heap of spans, and its LaTeX beside it:

    Zhihu        <span class="ztext-math" data-tex="x^2">, <img eeimg="1" alt="x^2" src=".../equation?tex=x%5E2">
    MathJax      <span class="MathJax_Preview">, <span class="MathJax">, then <script type="math/tex; mode=display">
    KaTeX        <span class="katex"> with <annotation encoding="application/x-tex"> inside
    MathML       <math alttext="..."> or <math> with an annotation
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborNode

#: Elements that may be formulas; nothing else needs its attributes looked at.
TAGS = frozenset({"span", "div", "img", "script", "math", "mjx-container", "mjx-math"})

_SHOWN = re.compile(r"\b(MathJax\w*|mjx-chtml)\b")
_DISPLAYSTYLE = re.compile(r"\{\\displaystyle\s(.*)\}", re.S)
_DELIMITERS = (("$$", "$$", True), (r"\[", r"\]", True), ("$", "$", False), (r"\(", r"\)", False))


def formula(node: LexborNode) -> str | None:
    """``$LaTeX$`` or ``$$LaTeX$$`` where the element is a formula, "" where it only shows one whose LaTeX stands
    elsewhere or was lost, and None where it is none."""
    attributes = node.attributes
    if not attributes and node.tag != "math":
        return None
    match node.tag:
        case "img":
            return _picture(attributes)
        case "script":
            kind = attributes.get("type") or ""
            return dollars(node.text(), "mode=display" in kind) if kind.startswith("math/tex") else None
        case "math":
            tex = attributes.get("alttext") or _annotation(node)
            return None if tex is None else dollars(tex, attributes.get("display") == "block")
    tex = attributes.get("data-tex") or attributes.get("data-latex")
    if tex is not None:
        return dollars(tex, attributes.get("data-eeimg") == "2" or attributes.get("display") == "true")
    classes = attributes.get("class") or ""
    if "katex" in classes.split() and (tex := _annotation(node)) is not None:
        parent = node.parent
        return dollars(tex, parent is not None and "katex-display" in ((parent.attributes.get("class")) or ""))
    return "" if _SHOWN.search(classes) and _script_follows(node) else None


def dollars(tex: str, display: bool) -> str:
    """LaTeX in dollars; delimiters it came with are taken off. Zhihu marks a displayed formula by a last ``\\\\``."""
    tex = tex.strip()
    for opening, closing, displayed in _DELIMITERS:
        if len(tex) > len(opening) + len(closing) and tex.startswith(opening) and tex.endswith(closing):
            tex, display = tex[len(opening) : -len(closing)].strip(), display or displayed
            break
    if tex.endswith("\\\\"):
        tex, display = tex[:-2].strip(), True
    if whole := _DISPLAYSTYLE.fullmatch(tex):
        tex = whole[1].strip()
    if not tex:
        return ""
    return f"$${tex}$$" if display else f"${tex}$"


def _picture(attributes: Mapping[str, str | None]) -> str | None:
    """The LaTeX of a formula shown as a picture."""
    source = attributes.get("src") or ""
    if "eeimg" not in attributes and "/equation?tex=" not in source:
        return None
    tex = attributes.get("alt") or attributes.get("data-formula")
    if not tex:
        try:
            tex = "".join(parse_qs(urlsplit(source).query).get("tex", []))
        except ValueError:  # an address that is none
            tex = ""
    return dollars(tex, attributes.get("eeimg") == "2")


def _annotation(node: LexborNode) -> str | None:
    annotation = node.css_first('annotation[encoding="application/x-tex"], annotation[encoding="TeX"]')
    return None if annotation is None else annotation.text()


def _script_follows(node: LexborNode) -> bool:
    """Whether the next element, or the one after, is the script that holds the LaTeX."""
    following = node.next
    for _ in range(4):
        if following is None:
            return False
        if following.tag == "script":
            return (following.attributes.get("type") or "").startswith("math/tex")
        following = following.next
    return False
