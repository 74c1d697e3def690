r"""LaTeX source and Mathpix Markdown to the lines of a paper: formulas kept, markup gone, items numbered as printed.

\section*{一、选择题}   # 一、选择题                         一、选择题
\begin{enumerate} \item 题 ... (again, within)               1. 题 ... （1）
\begin{choices} \choice 甲 \choice 乙                        A. 甲 / B. 乙
\begin{solution} ... \end{solution}                          【解析】...
\includegraphics{a.png}                                      ![](a.png)
\underline{\hspace{2cm}}, \fillin, \blank                    ____
\( x \), \[ x \], \begin{equation} x \end{equation}          $x$, $$x$$
"""

from __future__ import annotations

import re

_OPENING = re.compile(r"(?<!\\)\$\$?|\\\(|\\\[|\\begin\{(equation|align|gather|multline|displaymath|math)\*?\}")
_CLOSING = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}
#: A longer formula is an opening mark that is none.
LONGEST_FORMULA = 8_000
_MASK = "\ue001"
_TOKEN = re.compile(
    r"\\(begin|end)\{(\w{1,30})\*?\}(?:\[[^\]\n]{0,80}\])?(?:\(\d\))?"
    r"|\\(item|choice|CorrectChoice|question|task)\b\*? ?(?:\[([^\]\n]{0,20})\])?"
)
_LISTS = frozenset({"enumerate", "questions", "parts", "subparts", "problems", "exercises"})
_CHOICES = frozenset({"choices", "oneparchoices", "tasks", "checkboxes", "oneparcheckboxes", "xx", "fourchoices"})
_MARKS = {"solution": "【解析】", "solutions": "【解析】", "analysis": "【解析】", "answer": "【答案】"}
#: People nest no deeper; what is deeper counts as part of what it stands in.
_DEEPEST = 12

_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_OPTIONAL = r"(?:\[[^\]\n]{0,200}\])?"
_SPACE = r"(?:\s|~|\\hspace\*?\{[^{}\n]{0,20}\}|\\q?quad|\\[ ,;!])"
_KEPT = (
    "textbf|textit|emph|text|textrm|textsf|texttt|underline|uline|dotuline|CJKunderdot|mbox|hbox|heiti|songti|kaishu"
)
_DROPPED = (
    "documentclass|usepackage|geometry|setlength|addtolength|renewcommand|newcommand|pagestyle|thispagestyle|label|"
    r"vspace\*?|hspace\*?|author|date|fontsize|linespread|caption|score|points|zihao"
)
_BARE = (
    "maketitle|newpage|clearpage|noindent|indent|centering|par|bigskip|medskip|smallskip|hfill|vfill|dotfill|"
    "tableofcontents|bfseries|itshape|Large|large|LARGE|small|normalsize|heiti|songti|kaishu|selectfont"
)
_SWAPS = tuple(
    (re.compile(pattern, re.MULTILINE), now)
    for pattern, now in (
        (rf"\\(?:underline|uline)\{{{_SPACE}{{0,80}}\}}|\\(?:fillin|blank)\b{_OPTIONAL}(?:\{{\s*\}})?", "____"),
        (rf"\\(?:paren|pickout|xz|choicebox)\b{_OPTIONAL}(?:\{{\s*\}})?", "（）"),
        (rf"\\includegraphics\*?{_OPTIONAL}\{{([^{{}}\n]{{1,300}})\}}", r"![](\1)"),
        (r"\\(?:part|chapter|(?:sub){0,2}section|paragraph|title|subtitle)\*?\{([^{}\n]{1,300})\}", r"\n\1\n"),
        (r"^#{1,6}[ \t]+(.{1,300})$", r"\1"),
        (rf"\\(?:{_KEPT})\{{([^{{}}\n]{{0,500}})\}}", r"\1"),
        (rf"\\(?:{_DROPPED})(?![a-zA-Z]){_OPTIONAL}(?:\{{[^{{}}\n]{{0,300}}\}}){{0,3}}", ""),
        (rf"\\(?:{_BARE})\b ?", ""),
        (r"\\q?quad\b ?|\\[ ;,]", " "),
        (r"\\(?:ldots|dots|cdots)\b(?:\{\})?", "……"),
        (r"\\\\(?:\[[^\]\n]{0,20}\])?[ \t]*", "\n"),
        (r"\\([%#&_{}])", r"\1"),
        (r"``|''", '"'),
        (r"\n{3,}", "\n\n"),
    )
)


def plain(source: str) -> str:
    """The lines of a paper; text that has no LaTeX or Markdown in it stays as it is."""
    source = source.replace("\r\n", "\n").replace(_MASK, "")
    begin = source.find("\\begin{document}")
    if begin >= 0:
        titles = "\n".join(re.findall(r"\\title\{[^{}\n]{1,300}\}", source[:begin]))
        source = titles + source[begin + len("\\begin{document}") :].split("\\end{document}")[0]
    if "\\" not in source and "#" not in source:
        return source
    if begin >= 0:  # in Markdown a % is a percentage and a ~ a range
        source = _COMMENT.sub("", source).replace("~", " ")
    formulas: list[str] = []

    text = _tables(_masked(source, formulas), formulas)
    text = _environments(text)
    for pattern, now in _SWAPS:
        text = pattern.sub(now, text)
    pieces = text.split(_MASK)
    return pieces[0] + "".join(tex + piece for tex, piece in zip(formulas, pieces[1:], strict=True))


def _masked(source: str, formulas: list[str]) -> str:
    """The text with a mark for every formula; ``formulas`` gets them, in dollars. ``find`` keeps it linear."""
    out: list[str] = []
    at = 0
    ends: dict[str, int] = {}  # of each closing mark the next place, so that a page of opening ones stays linear
    while found := _OPENING.search(source, at):
        opening = found[0]
        closing = opening.replace("begin", "end") if found[1] else _CLOSING[opening]
        end = ends.get(closing, 0)
        while end >= 0 and (end < found.end() or (closing == "$" and source[end - 1] == "\\")):
            end = source.find(closing, max(end + 1, found.end()))
        ends[closing] = end
        if end > found.end() + LONGEST_FORMULA:
            end = -1
        if end < 0 or not source[found.end() : end].strip():
            out.append(source[at : found.end()])
            at = found.end()
            continue
        body = source[found.end() : end].strip()
        if found[1] in ("align", "gather", "multline"):
            body = f"\\begin{{aligned}}{body}\\end{{aligned}}"
        formulas.append(f"${body}$" if opening in ("$", r"\(") else f"$${body}$$")
        out += [source[at : found.start()], _MASK]
        at = end + len(closing)
    return "".join([*out, source[at:]])


def _tables(text: str, formulas: list[str]) -> str:
    """Tables stay as they are written: masked, with the formulas in them put back."""
    kept: list[str] = []
    out: list[str] = []
    at = used = 0
    for found in re.finditer(r"\\begin\{(tabular|array|tabularx|longtable)\}.{0,20000}?\\end\{\1\}", text, re.DOTALL):
        before = text[at : found.start()]
        inside = found[0].count(_MASK)
        n = used + before.count(_MASK)
        kept += formulas[used:n]
        pieces = found[0].split(_MASK)
        kept.append(pieces[0] + "".join(f + p for f, p in zip(formulas[n : n + inside], pieces[1:], strict=True)))
        out += [before, _MASK]
        at, used = found.end(), n + inside
    if out:
        formulas[:] = kept + formulas[used:]
    return "".join([*out, text[at:]])


def _environments(text: str) -> str:
    """Lists with their numbers, choices with their letters, solutions with their marks."""
    out: list[str] = []
    stack: list[list[object]] = []  # kind ("list", "choices", "other"), the next number
    at = 0
    for found in _TOKEN.finditer(text):
        out.append(text[at : found.start()])
        at = found.end()
        edge, name, item, label = found.groups()
        if edge == "begin":
            kind = "list" if name in _LISTS else "choices" if name in _CHOICES else "other"
            if len(stack) < _DEEPEST:
                stack.append([kind, 0, name])
            out.append(f"\n{_MARKS[name]}" if name in _MARKS else "\n")
        elif edge == "end":
            if stack and stack[-1][2] == name:
                stack.pop()
            out.append("\n")
        else:
            out.append(_item(stack, item, label))
    return "".join([*out, text[at:]])


def _item(stack: list[list[object]], item: str, label: str | None) -> str:
    place = next((entry for entry in reversed(stack) if entry[0] != "other"), None)
    if label:
        return f"\n{label.strip('.．、')}. " if label.strip(".．、").isalnum() else f"\n{label} "
    if place is None:
        return "\n"
    number = int(str(place[1])) + 1
    place[1] = number
    if place[0] == "choices" or item in ("choice", "CorrectChoice"):
        return f"\n{'ABCDEFGH'[min(number, 8) - 1]}. "
    depth = sum(entry[0] == "list" for entry in stack)
    return f"\n{number}. " if depth == 1 else f"\n（{number}）"
