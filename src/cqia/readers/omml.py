r"""OMML, the formulas of Word, to LaTeX: ``convert(element)``.

    m:f          \frac{a}{b}, {a \choose b} without a bar      m:rad      \sqrt{x}, \sqrt[n]{x}
    m:sSup ...   {x}^{2}, {x}_{i}, {x}_{i}^{2}                 m:nary     \sum_{i=1}^{n}{x}, \int
    m:d          \left( x \right), \left\{ ... \right.         m:m        \begin{matrix} a & b \\ c & d \end{matrix}
    m:eqArr      \begin{array}{l} ... \end{array}              m:func     \sin{x}, \lim_{x \to 0}
    m:acc, m:bar, m:groupChr   \hat{x}, \overline{x}, \overbrace{x}

What does not convert is named, and its words are kept in place.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
#: People nest formulas some ten deep.
DEEPEST = 40

SYMBOLS = {
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\varepsilon", "ϵ": r"\epsilon", "ζ": r"\zeta",
    "η": r"\eta", "θ": r"\theta", "ϑ": r"\vartheta", "ι": r"\iota", "κ": r"\kappa", "λ": r"\lambda", "μ": r"\mu",
    "ν": r"\nu", "ξ": r"\xi", "π": r"\pi", "ρ": r"\rho", "σ": r"\sigma", "τ": r"\tau", "υ": r"\upsilon",
    "φ": r"\varphi", "ϕ": r"\phi", "χ": r"\chi", "ψ": r"\psi", "ω": r"\omega",
    "Γ": r"\Gamma", "Δ": r"\Delta", "Θ": r"\Theta",
    "Λ": r"\Lambda", "Ξ": r"\Xi", "Π": r"\Pi", "Σ": r"\Sigma", "Φ": r"\Phi", "Ψ": r"\Psi", "Ω": r"\Omega",
    "×": r"\times", "÷": r"\div", "±": r"\pm", "∓": r"\mp", "·": r"\cdot", "⋅": r"\cdot", "∙": r"\cdot", "∗": "*",
    "≤": r"\leq", "≥": r"\geq", "⩽": r"\leq", "⩾": r"\geq", "≠": r"\neq", "≈": r"\approx", "≡": r"\equiv", "∼": r"\sim",
    "≅": r"\cong", "∝": r"\propto", "≪": r"\ll", "≫": r"\gg", "∞": r"\infty", "∂": r"\partial", "∇": r"\nabla",
    "∈": r"\in", "∉": r"\notin", "∋": r"\ni", "⊂": r"\subset", "⊆": r"\subseteq", "⊃": r"\supset", "⊇": r"\supseteq",
    "⊊": r"\subsetneq", "∪": r"\cup", "∩": r"\cap", "∅": r"\varnothing", "∁": r"\complement", "∖": r"\setminus",
    "∀": r"\forall", "∃": r"\exists", "¬": r"\neg", "∧": r"\land", "∨": r"\lor", "⊕": r"\oplus", "⊗": r"\otimes",
    "→": r"\to", "←": r"\leftarrow", "↔": r"\leftrightarrow", "⇒": r"\Rightarrow", "⇐": r"\Leftarrow",
    "⇔": r"\Leftrightarrow", "⇌": r"\rightleftharpoons", "↑": r"\uparrow", "↓": r"\downarrow", "↦": r"\mapsto",
    "∑": r"\sum", "∏": r"\prod", "∐": r"\coprod", "∫": r"\int", "∬": r"\iint", "∭": r"\iiint", "∮": r"\oint",
    "⋃": r"\bigcup", "⋂": r"\bigcap", "⋁": r"\bigvee", "⋀": r"\bigwedge", "∠": r"\angle", "△": r"\triangle",
    "⊥": r"\perp", "∥": r"\parallel", "∵": r"\because", "∴": r"\therefore", "°": r"^{\circ}", "∘": r"\circ", "′": "'",
    "″": "''", "…": r"\ldots", "⋯": r"\cdots", "⋮": r"\vdots", "⋱": r"\ddots", "∣": r"\mid", "ℎ": "h", "ℏ": r"\hbar",
    "\u2061": "", "\u2062": "", "\u2063": "", "−": "-", "\u00a0": " ", "√": r"\surd", "ℝ": r"\mathbb{R}",
    "ℕ": r"\mathbb{N}", "ℤ": r"\mathbb{Z}", "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}", "％": r"\%",
}  # fmt: skip
ESCAPES = {"%": r"\%", "#": r"\#", "&": r"\&", "_": r"\_", "{": r"\{", "}": r"\}", "$": r"\$", "\\": r"\backslash",
           "~": r"\sim", "^": r"\hat{}"}  # fmt: skip
ACCENTS = {
    "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "overline", "\u0307": "dot", "\u0308": "ddot",
    "\u030c": "check", "\u0301": "acute", "\u0300": "grave", "\u20d7": "vec", "\u20d1": "vec", "¯": "bar", "→": "vec",
    "^": "hat", "~": "tilde", "\u20db": "dddot", "\u0306": "breve",
}  # fmt: skip
FUNCTIONS = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "arcsin",
        "arccos",
        "arctan",
        "sinh",
        "cosh",
        "tanh",
        "log",
        "ln",
        "lg",
        "exp",
        "lim",
        "max",
        "min",
        "sup",
        "inf",
        "det",
        "dim",
        "gcd",
    ]
)
FENCES = {
    "{": r"\{", "}": r"\}", "|": "|", "‖": r"\|", "⟨": r"\langle", "⟩": r"\rangle", "⌊": r"\lfloor",
    "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "": ".", "∥": r"\|", "〈": r"\langle", "〉": r"\rangle", "∣": "|",
}  # fmt: skip
GROUPS = {"⏞": "overbrace", "⏟": "underbrace", "→": "xrightarrow", "⇌": "overset{\\rightleftharpoons}"}
#: Properties, and elements of Word inside formulas, which say nothing of what stands there.
SILENT = frozenset({"ctrlPr", "rPr", "oMathParaPr", "bookmarkStart", "bookmarkEnd", "proofErr", "permStart", "permEnd"})
#: Elements that add nothing to what they hold.
THROUGH = frozenset(
    {"oMath", "oMathPara", "e", "num", "den", "sub", "sup", "deg", "fName", "lim", "box", "borderBox", "phant"}
    | {"ins", "smartTag", "sdt", "sdtContent", "hyperlink"}
)


@dataclass
class _Writing:
    """What did not convert so far."""

    unread: list[str] = field(default_factory=list)


def convert(element: Any) -> tuple[str, list[str]]:
    """The LaTeX of an ``m:oMath`` or ``m:oMathPara`` (no dollars), and the names of the elements in it that do not
    convert; their words are in the LaTeX all the same."""
    state = _Writing()
    tex = _all(element, state, 0)
    return " ".join(tex.split()), list(dict.fromkeys(state.unread))


def name(element: Any) -> str:
    """The name of an element without its namespace; "" for a comment."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _children(element: Any) -> Iterator[Any]:
    return (child for child in element if name(child) and name(child) not in SILENT and not name(child).endswith("Pr"))


def _all(element: Any | None, state: _Writing, depth: int) -> str:
    if element is None:
        return ""
    if depth > DEEPEST:
        state.unread.append("too deep")
        return ""
    return "".join(_one(child, state, depth + 1) for child in _children(element))


def _one(element: Any, state: _Writing, depth: int) -> str:
    tag = name(element)
    if convert := CONVERTERS.get(tag):
        return convert(element, state, depth)
    if tag in THROUGH:
        return _all(element, state, depth)
    if tag in ("r", "t"):
        return _run(element)
    if tag in ("del", "moveFrom"):
        return ""
    state.unread.append(tag)
    return _all(element, state, depth)


def _run(element: Any) -> str:
    words = "".join(node.text or "" for node in element.iter(f"{M}t", f"{W}t"))
    if words.strip() in FUNCTIONS:
        return f"\\{words.strip()} "
    out: list[str] = []
    for character in words:
        plain = character if character in SYMBOLS else unicodedata.normalize("NFKC", character)
        for each in plain if len(plain) <= 3 else character:
            tex = SYMBOLS.get(each, ESCAPES.get(each, each))
            out.append(f"{tex} " if tex.startswith("\\") and tex[-1:].isalpha() else tex)
    return "".join(out)


def _get(element: Any, path: str) -> str | None:
    """A value among the properties, "" where it is set to nothing, None where it is not set."""
    found = element.find("/".join(f"{M}{part}" for part in path.split("/")))
    return None if found is None else found.get(f"{M}val") or ""


def _part(element: Any, tag: str, state: _Writing, depth: int) -> str:
    return _all(element.find(f"{M}{tag}"), state, depth).strip()


def _fraction(element: Any, state: _Writing, depth: int) -> str:
    above, below = _part(element, "num", state, depth), _part(element, "den", state, depth)
    match _get(element, "fPr/type"):
        case "noBar":
            return f"{{{above} \\atop {below}}}"
        case "lin" | "skw":
            return f"{{{above}}}/{{{below}}}"
    return f"\\frac{{{above}}}{{{below}}}"


def _script(element: Any, state: _Writing, depth: int) -> str:
    base, sub, sup = (_part(element, tag, state, depth) for tag in ("e", "sub", "sup"))
    low = f"_{{{sub}}}" if sub else ""
    high = f"^{{{sup}}}" if sup else ""
    if name(element) == "sPre":
        return f"{{}}{low}{high}{{{base}}}"
    return f"{base}{low}{high}" if len(base) == 1 else f"{{{base}}}{low}{high}"


def _root(element: Any, state: _Writing, depth: int) -> str:
    degree, base = _part(element, "deg", state, depth), _part(element, "e", state, depth)
    return f"\\sqrt[{degree}]{{{base}}}" if degree else f"\\sqrt{{{base}}}"


def _nary(element: Any, state: _Writing, depth: int) -> str:
    sign = _get(element, "naryPr/chr")
    sub, sup, base = (_part(element, tag, state, depth) for tag in ("sub", "sup", "e"))
    sign = SYMBOLS.get(sign, sign) if sign else r"\int"
    return sign + (f"_{{{sub}}}" if sub else "") + (f"^{{{sup}}}" if sup else "") + f" {base}"


def _delimited(element: Any, state: _Writing, depth: int) -> str:
    begin, end, between = (_get(element, f"dPr/{tag}") for tag in ("begChr", "endChr", "sepChr"))
    begin, end = "(" if begin is None else begin, ")" if end is None else end
    inner = f" {FENCES.get(between or '|', between or '|')} ".join(
        _all(child, state, depth).strip() for child in element.findall(f"{M}e")
    )
    if (begin, end) in (("(", ")"), ("[", "]")) and len(inner) < 12 and "\\" not in inner:
        return f"{begin}{inner}{end}"
    return f"\\left{FENCES.get(begin, begin)} {inner} \\right{FENCES.get(end, end)} "


def _matrix(element: Any, state: _Writing, depth: int) -> str:
    rows = [[_all(cell, state, depth).strip() for cell in row.findall(f"{M}e")] for row in element.findall(f"{M}mr")]
    return "\\begin{matrix} " + r" \\ ".join(" & ".join(row) for row in rows) + " \\end{matrix}"


def _rows(element: Any, state: _Writing, depth: int) -> str:
    rows = [_all(row, state, depth).strip() for row in element.findall(f"{M}e")]
    return "\\begin{array}{l} " + r" \\ ".join(row.replace(r"\&", "") for row in rows) + " \\end{array}"


def _function(element: Any, state: _Writing, depth: int) -> str:
    function, base = _part(element, "fName", state, depth), _part(element, "e", state, depth)
    return f"{function} {base}" if function.startswith("\\") else f"\\operatorname{{{function}}} {base}"


def _limit(element: Any, state: _Writing, depth: int) -> str:
    base, limit = _part(element, "e", state, depth), _part(element, "lim", state, depth)
    if name(element) == "limLow":
        return f"{base}_{{{limit}}}" if base.startswith("\\") else f"\\underset{{{limit}}}{{{base}}}"
    return f"\\overset{{{limit}}}{{{base}}}"


def _accent(element: Any, state: _Writing, depth: int) -> str:
    sign = _get(element, "accPr/chr")
    accent = ACCENTS.get("\u0302" if sign is None else sign)
    base = _part(element, "e", state, depth)
    if accent is None:
        state.unread.append(f"accent {sign}")
        return base
    wide = {"hat": "widehat", "vec": "overrightarrow", "bar": "overline", "tilde": "widetilde"}
    return f"\\{wide.get(accent, accent) if len(base) > 1 else accent}{{{base}}}"


def _bar(element: Any, state: _Writing, depth: int) -> str:
    where = "overline" if _get(element, "barPr/pos") == "top" else "underline"
    return f"\\{where}{{{_part(element, 'e', state, depth)}}}"


def _group(element: Any, state: _Writing, depth: int) -> str:
    sign = _get(element, "groupChrPr/chr")
    command = GROUPS.get("⏟" if sign is None else sign)
    base = _part(element, "e", state, depth)
    if command is None:
        state.unread.append(f"group {sign}")
        return base
    return f"\\{command}{{{base}}}"


CONVERTERS: dict[str, Callable[[Any, _Writing, int], str]] = {
    "f": _fraction, "sSup": _script, "sSub": _script, "sSubSup": _script, "sPre": _script, "rad": _root, "nary": _nary,
    "d": _delimited, "m": _matrix, "eqArr": _rows, "func": _function, "limLow": _limit, "limUpp": _limit,
    "acc": _accent, "bar": _bar, "groupChr": _group,
}  # fmt: skip
