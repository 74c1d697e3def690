"""HTML to Markdown, character for character, and the pictures and videos that stand in it.

A walk over the parse tree, because converters escape what they should not (``\\(``, ``_``, ``*``), turn links and icons
into Markdown of their own, and cannot be told what is a formula. Here:

- prose is copied exactly: nothing is escaped, full-width spaces and zero-width characters stay (a disguised advert must
  be seen), white space that a browser would not show is folded;
- links keep their text, and long addresses that a site shows shortened are whole again;
- headings, lists, quotes, tables, code, bold and italic become Markdown; formulas become ``$LaTeX$``;
- pictures and videos are listed, and leave nothing behind in the text; buttons, icons, scripts and styles are gone.

The walk keeps its own stack, so nesting costs no recursion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from cqia.readers import math
from cqia.readers.blocks import BOLD, ITALIC, STRUCK, Writer, clean
from cqia.readers.tree import parse
from cqia.schema import Medium

MARKS = {"b": BOLD, "strong": BOLD, "i": ITALIC, "em": ITALIC, "s": STRUCK, "del": STRUCK, "strike": STRUCK}

#: Elements whose insides are no text of the author's.
GONE = frozenset(
    {"script", "style", "svg", "button", "noscript", "template", "head", "title", "select", "option", "textarea"}
    | {"input", "object", "canvas", "rp"}
)
BLOCKS = frozenset(
    {"address", "article", "aside", "body", "center", "dd", "details", "dialog", "div", "dl", "dt", "fieldset"}
    | {"figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "html"}
    | {"main", "nav", "p", "section", "summary"}
    | {"table", "caption", "tbody", "td", "tfoot", "th", "thead", "tr"}
)
HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
PLAYERS = {"video": "video", "iframe": "video", "embed": "video", "audio": "attachment"}

#: A table with more columns is not one to read; it also bounds what colspan can ask for.
WIDEST = 60

_ZERO_WIDTH = re.compile("[\u200b\u200c\u200d\u2060\ufeff]+")
#: Glyphs of a site's own font, which are its icons.
_ICON = re.compile("[\ue000-\uf8ff\\s]*[\ue000-\uf8ff][\ue000-\uf8ff\\s]*")
_LANGUAGE = re.compile(r"\b(?:language|lang|highlight-source)-([\w+#.-]{1,30})")
_SUPER = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_SUB = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")


@dataclass(frozen=True)
class Prose:
    """What an element says, as Markdown, and what it shows."""

    text: str
    media: tuple[Medium, ...]


def markdown(html: str) -> Prose:
    """A fragment of HTML as Markdown. Raises ``Unreadable`` as ``parse`` does."""
    return prose(parse(html)) if html else Prose("", ())


def prose(node: LexborNode) -> Prose:
    """One element of a parsed page as Markdown."""
    writer = Writer()
    _walk(node, writer, cell=False)
    return Prose(clean("".join(writer.out)), tuple({"kind": k, "url": u} for u, k in writer.media.items()))


def _walk(root: LexborNode, writer: Writer, cell: bool) -> None:
    """Writes what ``root`` holds. In a ``cell`` of a table, bars are escaped and inner tables are not tables."""
    todo: list[tuple[LexborNode | None, str, int]] = [(root, "", 0)]  # a node with its marks, or what to do on leaving
    linked = 0
    while todo:
        node, leave, marks = todo.pop()
        if node is None:
            if leave == "a":
                linked -= 1
            else:
                _leave(writer, leave, marks)
            continue
        tag = node.tag or ""
        if tag == "-text":
            text = node.text_content or ""
            # Zero width stands beside the icons of links.
            if not (linked and _ZERO_WIDTH.fullmatch(text)) and not _ICON.fullmatch(text):
                writer.text(text.replace("|", "\\|") if cell else text, marks)
            continue
        if tag in math.TAGS and (tex := math.formula(node)) is not None:
            _formula(writer, node, tex, marks)
            continue
        if tag in GONE or tag.startswith("-"):
            if tag == "noscript":  # what a browser with scripts loads later stands in it
                for image in node.css("img"):
                    _image(writer, image)
            continue
        match tag:
            case "img":
                _image(writer, node)
                continue
            case "br":
                writer.newline()
                continue
            case "hr":
                writer.flush()
                writer.block("---")
                continue
            case "pre":
                writer.flush()
                _code_block(writer, node)
                continue
            case "code" | "kbd" | "samp" | "tt":
                _code(writer, node, marks, cell)
                continue
            case "sup" | "sub":
                writer.text(_raised(node, tag), marks)
                continue
            case "table" if not cell and _tabular(node):
                writer.flush()
                _table(node, writer)
                continue
            case "a":
                linked += 1
                todo.append((None, "a", 0))
            case "rt":
                writer.exact("(", marks)
                todo.append((None, "rt", marks))
            case "ul" | "ol":
                _enter_list(writer, node, tag)
                todo.append((None, tag, 0))
            case "li" | "blockquote":
                writer.flush()
                first, rest = _item(writer) if tag == "li" else ("> ", "> ")
                todo.append((None, "around" if writer.enter(first, rest) else "p", 0))
            case _ if tag in PLAYERS:
                for player in (node, *node.css("source")):
                    writer.medium(PLAYERS[tag], player.attributes.get("src"))
                continue
            case _ if tag in BLOCKS:
                writer.flush()
                todo.append((None, tag, 0))
        marks |= MARKS.get(tag, 0)
        todo.extend([(child, "", marks) for child in node.iter(include_text=True)][::-1])
    writer.flush()


def _leave(writer: Writer, what: str, marks: int) -> None:
    if what == "rt":
        writer.exact(")", marks)
        return
    writer.flush(HEADINGS.get(what, ""))
    if what == "around":
        writer.around.pop()
    elif what in ("ul", "ol"):
        writer.lists.pop()


def _enter_list(writer: Writer, node: LexborNode, tag: str) -> None:
    writer.flush()
    if not writer.lists:
        writer.nth_list += 1
    start = (node.attributes.get("start") or "1") if tag == "ol" else ""
    number = int(start) if start.isdecimal() and len(start) < 6 else 1
    writer.lists.append(number if tag == "ol" else None)


def _item(writer: Writer) -> tuple[str, str]:
    """The marker of the next item, and the indent of its other lines."""
    number = writer.lists[-1] if writer.lists else None
    if number is None:
        return "- ", "  "
    writer.lists[-1] = number + 1
    marker = f"{number}. "
    return marker, " " * len(marker)


def _formula(writer: Writer, node: LexborNode, tex: str, marks: int) -> None:
    if not tex and node.tag == "img":
        writer.medium("formula", node.attributes.get("src"))
    if tex.startswith("$$"):
        writer.newline()
        writer.exact(tex, marks)
        writer.newline()
    else:
        writer.exact(tex, marks)


def _image(writer: Writer, node: LexborNode) -> None:
    attributes = node.attributes
    names = ("data-original", "data-actualsrc", "data-src", "data-lazy-src", "src")
    writer.medium("image", next((url for name in names if (url := attributes.get(name)) and url[:5] != "data:"), None))


def _code(writer: Writer, node: LexborNode, marks: int, cell: bool) -> None:
    """Code in a line."""
    text = _plain(node).replace("\n", " ")
    fence = "``" if "`" in text else "`"
    space = " " if "`" in (text[:1], text[-1:]) else ""
    if text.strip():
        text = text.replace("|", "\\|") if cell else text
        writer.exact(f"{fence}{space}{text}{space}{fence}", marks)


def _code_block(writer: Writer, node: LexborNode) -> None:
    """Code in lines of its own, in a fence longer than any within it."""
    text = clean(_plain(node).replace("\r\n", "\n")).strip("\n")
    if not text.strip():
        return
    inner = node.css_first("code")
    classes = " ".join(n.attributes.get("class") or "" for n in (node, inner) if n is not None)
    named = _LANGUAGE.search(classes)
    language = named[1] if named and named[1] not in ("text", "plain", "plaintext", "none") else ""
    fence = "`" * max(3, 1 + max((len(ticks) for ticks in re.findall("`+", text)), default=0))
    writer.block(f"{fence}{language}\n{text}\n{fence}")


def _plain(node: LexborNode) -> str:
    """The text of code, with line breaks, without icons and buttons."""
    out: list[str] = []
    todo = [node]
    while todo:
        node = todo.pop()
        tag = node.tag or ""
        if tag == "-text":
            out.append(node.text_content or "")
        elif tag == "br":
            out.append("\n")
        elif tag not in GONE and not tag.startswith("-"):
            todo.extend([*node.iter(include_text=True)][::-1])
    return "".join(out)


def _raised(node: LexborNode, tag: str) -> str:
    """Superscripts and subscripts in Unicode's own characters where it has them: 10⁶ must not become 106."""
    text = _plain(node)
    table = _SUPER if tag == "sup" else _SUB
    if text.strip() and all(ord(c) in table for c in text.strip()):
        return text.translate(table)
    return text if tag == "sub" or not text.isalnum() else f"^{text}"


def _table(node: LexborNode, writer: Writer) -> None:
    """A table, its first row as the head; its caption is a paragraph before it."""
    for caption in (part for part in node.iter() if part.tag == "caption"):
        writer.text(_plain(caption), 0)
        writer.flush()
    rows = [cells for cells in _rows(node, writer) if any(cells)]
    width = max((len(cells) for cells in rows), default=0)
    lines = ["| " + " | ".join(cells + [""] * (width - len(cells))) + " |" for cells in rows]
    if lines:
        writer.block("\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]))


def _tabular(table: LexborNode) -> bool:
    """Whether it is a table to a reader: one of a single column is only layout."""
    cells = [sum(td.tag in ("td", "th") for td in tr.iter()) for tr in _tr(table)]
    return 2 <= max(cells, default=0) <= WIDEST


def _tr(table: LexborNode) -> Iterator[LexborNode]:
    for part in table.iter():
        if part.tag == "tr":
            yield part
        elif part.tag in ("tbody", "thead", "tfoot"):
            yield from (tr for tr in part.iter() if tr.tag == "tr")


def _rows(table: LexborNode, writer: Writer) -> Iterator[list[str]]:
    """The cells of each row; a cell that spans several places stands in the first of them."""
    below: dict[int, int] = {}  # column -> rows that a cell above still covers
    for tr in _tr(table):
        cells: list[str] = []
        for td in tr.iter():
            if td.tag not in ("td", "th"):
                continue
            while len(cells) < WIDEST and below.get(len(cells), 0) > 0:
                below[len(cells)] -= 1
                cells.append("")
            columns = min(_span(td, "colspan"), max(1, WIDEST - len(cells)))
            below.update(dict.fromkeys(range(len(cells), len(cells) + columns), _span(td, "rowspan") - 1))
            cells += [_cell(td, writer), *[""] * (columns - 1)]
        yield cells


def _span(td: LexborNode, name: str) -> int:
    value = td.attributes.get(name) or "1"
    return max(int(value), 1) if value.isdecimal() and len(value) < 6 else 1


def _cell(td: LexborNode, writer: Writer) -> str:
    inner = Writer()
    inner.media = writer.media
    _walk(td, inner, cell=True)
    return re.sub(r"\s*\n\s*", "<br>", "".join(inner.out).strip())
