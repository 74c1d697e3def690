"""DOCX papers to text: paragraphs with their printed numbers, tables, formulas as LaTeX (extra ``exams``: python-docx).

    w:numPr                 the number that Word shows (1. / A. / 一、), which stands nowhere in the text
    m:oMath                 $LaTeX$; the place of the original is kept, see ``read_docx``
    w:object, Equation.*    ![公式](word/embeddings/oleObject1.bin): MathType, which nothing here can read
    a:blip, v:imagedata     ![](word/media/image1.png)
    w:tbl                   a | b | c; a row of options is a line of options
    w:vertAlign             H$_{2}$O

A DOCX is a zip of XML by a stranger: how large it grows, and entity declarations, are looked at before it is parsed.
"""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cqia.errors import Unreadable
from cqia.readers.docx_numbers import Numbering
from cqia.readers.omml import W, convert, name

#: The largest paper seen unpacks to some 20 MB, mostly pictures, in some 600 entries.
MAX_ENTRIES = 5_000
MAX_UNPACKED = 200_000_000
#: Of XML; a parser takes ten times as much memory.
MAX_XML = 40_000_000
#: Tables in tables, text boxes in text boxes: people go three deep.
DEEPEST = 12

R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
V = "{urn:schemas-microsoft-com:vml}"
O = "{urn:schemas-microsoft-com:office:office}"  # noqa: E741 - the prefix it has in every document

_DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_BINARY = re.compile(r"\.(?:png|jpe?g|gif|[ew]mf|bin|tiff?|bmp)$", re.IGNORECASE)
_OPTION = re.compile(r"\s*[A-H]\s*[.．、]")
_SKIPPED = frozenset({"del", "moveFrom", "instrText", "delText", "Fallback", "pPr", "rPr", "sectPr", "annotationRef"})


def read_docx(data: bytes) -> tuple[str, dict[str, list[str]]]:
    """The text, and for each formula that was transcribed (with its dollars) where its originals stand:
    ``word/document.xml#oMath=3``.

    Raises:
        Unreadable: ``bad_docx``, ``zip_bomb``, ``xml_bomb``, ``too_nested``, ``password``, ``no_reader`` without the
            extra, ``no_text``.
    """
    _refuse_bombs(data)
    try:
        from docx import Document
    except ImportError:
        raise Unreadable("no_reader", "reading DOCX needs an extra: pip install 'cqia[exams]'") from None
    try:
        document = Document(io.BytesIO(data))
        numbering = Numbering(document)
        related = {key: str(part.target_ref) for key, part in document.part.rels.items()}
        body = document.element.body
    except SyntaxError as error:  # lxml's
        reason = "too_nested" if "depth" in str(error).lower() else "bad_docx"
        raise Unreadable(reason, f"the XML of the DOCX cannot be parsed: {error}"[:300]) from None
    except (KeyError, ValueError, zipfile.BadZipFile, NotImplementedError, AttributeError, EOFError) as error:
        raise Unreadable("bad_docx", f"the file is no Word document: {error}"[:300]) from None
    except Exception as error:
        if type(error).__module__.startswith("docx"):  # its errors have no common ancestor of their own
            raise Unreadable("bad_docx", f"the file is no Word document: {error}"[:300]) from None
        raise
    if body is None:
        raise Unreadable("bad_docx", "the document has no body")
    reading = _Reading(numbering, related)
    text = "\n".join(reading.blocks(body, 0)).strip()
    if not text:
        raise Unreadable("no_text", "the document holds no text")
    return text, reading.formulas


def _refuse_bombs(data: bytes) -> None:
    """Looks at the entries before anything is parsed. What an entry claims to unpack to is what ``zipfile`` unpacks."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
            size = sum(entry.file_size for entry in entries)
            raise Unreadable("zip_bomb", f"{len(entries):,} entries that unpack to {size:,} bytes; the limits are "
                             f"{MAX_ENTRIES:,} and {MAX_UNPACKED:,}")  # fmt: skip
        if any(entry.flag_bits & 1 for entry in entries):
            raise Unreadable("password", "the entries of the DOCX are encrypted")
        if len({entry.filename for entry in entries}) < len(entries):
            raise Unreadable("bad_docx", "an entry stands in the DOCX twice")
        xml = [entry for entry in entries if not _BINARY.search(entry.filename)]
        if (size := sum(entry.file_size for entry in xml)) > MAX_XML:
            raise Unreadable("zip_bomb", f"XML of {size:,} bytes; the limit is {MAX_XML:,}")
        for entry in xml:
            part = archive.read(entry)
            # UTF-16 puts a NUL between the letters.
            if _DECLARATION.search(part if b"\0" not in part[:200] else part.replace(b"\0", b"")):
                raise Unreadable("xml_bomb", f"{entry.filename} declares entities or a type, which Word never does")
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise Unreadable("bad_docx", f"the file is no zip that can be read: {error}"[:300]) from None
    except Exception as error:
        if type(error).__name__ == "error":  # zlib.error and lzma's are Exceptions of their own
            raise Unreadable("bad_docx", f"an entry of the DOCX is damaged: {error}"[:300]) from None
        raise


@dataclass
class _Reading:
    """Reads a body; remembers where formulas stand, and what a text box said until its paragraph ends."""

    numbering: Numbering
    related: dict[str, str]
    formulas: dict[str, list[str]] = field(default_factory=dict)
    count: int = 0
    boxes: list[str] = field(default_factory=list)

    def blocks(self, parent: Any, depth: int) -> Iterator[str]:
        """The lines of a body, a cell or a text box."""
        if depth > DEEPEST:
            raise Unreadable("too_nested", f"tables or text boxes nested more than {DEEPEST} deep")
        for child in parent:
            match name(child):
                case "p":
                    yield from self.paragraph(child, depth)
                case "tbl":
                    yield from self.table(child, depth)
                case "sdt" | "sdtContent" | "ins" | "moveTo" | "customXml" | "smartTag":
                    yield from self.blocks(child, depth + 1)

    def paragraph(self, element: Any, depth: int) -> Iterator[str]:
        number = self.numbering.of(element)
        text = "".join(self.pieces(element, depth))
        boxes, self.boxes = self.boxes, []
        if text.strip() or boxes:
            yield number + text.rstrip()
        yield from boxes

    def table(self, element: Any, depth: int) -> Iterator[str]:
        for row in element.iterfind(f"{W}tr"):
            cells = [" ".join(self.blocks(cell, depth + 1)).strip() for cell in row.iterfind(f"{W}tc")]
            if any(cells):
                yield ("  " if any(map(_OPTION.match, cells)) else " | ").join(cells)

    def pieces(self, element: Any, depth: int) -> Iterator[str]:
        """The words of a paragraph or of something in it."""
        if depth > 4 * DEEPEST:
            raise Unreadable("too_nested", f"elements nested more than {4 * DEEPEST} deep in a paragraph")
        for child in element:
            tag = name(child)
            match tag:
                case _ if not tag or tag in _SKIPPED:
                    continue
                case "r":
                    yield self.run(child, depth)
                case "t":
                    yield child.text or ""
                case "tab" | "ptab":
                    yield "  "
                case "br" | "cr":
                    yield "\n"
                case "noBreakHyphen":
                    yield "-"
                case "sym":
                    yield _symbol(child)
                case "oMath" | "oMathPara":
                    yield self.formula(child)
                case "object" | "pict" | "drawing":
                    yield self.picture(child, depth)
                case _:
                    yield from self.pieces(child, depth + 1)

    def run(self, element: Any, depth: int) -> str:
        words = "".join(self.pieces(element, depth + 1))
        align = element.find(f"{W}rPr/{W}vertAlign")
        where = "" if align is None else align.get(f"{W}val") or ""
        if where in ("subscript", "superscript") and words.strip() and "$" not in words and "!" not in words:
            return f"${'_' if where == 'subscript' else '^'}{{{words.strip()}}}$"
        underlined = element.find(f"{W}rPr/{W}u")
        if underlined is not None and words and not words.strip() and underlined.get(f"{W}val") != "none":
            return "____"
        return words

    def formula(self, element: Any) -> str:
        """A formula in dollars; where a part of it does not convert, its original is listed as unread."""
        self.count += 1
        place = f"word/document.xml#oMath={self.count}"
        tex, unread = convert(element)
        if unread:
            return f"${tex}$![公式]({place}:{','.join(unread)[:80].replace(' ', '-')})" if tex else f"![公式]({place})"
        if not tex:
            return ""
        self.formulas.setdefault(f"${tex}$", []).append(place)
        return f"${tex}$"

    def picture(self, element: Any, depth: int) -> str:
        """A mark for each picture or embedded object; the words of a text box wait for the end of the paragraph."""
        for box in element.iter(f"{W}txbxContent"):
            above = list(itertools.takewhile(lambda other: other is not element, box.iterancestors()))
            if not any(name(other) in ("Fallback", "txbxContent") for other in above):
                waiting, self.boxes = self.boxes, []
                self.boxes = [*waiting, *list(self.blocks(box, depth + DEEPEST // 2))]
        for ole in element.iter(f"{O}OLEObject"):
            program, target = ole.get("ProgID") or "", self.target(ole.get(f"{R}id"))
            return f"![公式]({target})" if program.startswith(("Equation", "MathType")) else f"![附件]({target})"
        found = [node.get(f"{R}embed") or node.get(f"{R}link") for node in element.iter(f"{A}blip")]
        found += [node.get(f"{R}id") for node in element.iter(f"{V}imagedata")]
        return "".join(f"![]({self.target(key)})" for key in dict.fromkeys(found) if key)

    def target(self, key: str | None) -> str:
        target = self.related.get(key or "", key or "unknown")
        target = target if "://" in target else f"word/{target.lstrip('/').removeprefix('word/')}"
        return re.sub(r"[()\s]", "_", target)[:280]


def _symbol(element: Any) -> str:
    """A character of a symbol font; those fonts lie in the private area, at F000 over their own codes."""
    code = element.get(f"{W}char") or ""
    if not re.fullmatch("[0-9A-Fa-f]{1,6}", code):
        return ""
    number = int(code, 16) & (0xFF if int(code, 16) >= 0xF000 else 0xFFFF)
    return _SYMBOL_FONT.get(number, chr(number) if number >= 0x20 and not 0xD800 <= number < 0xE000 else "")


#: What papers use of the font Symbol.
_SYMBOL_FONT = dict(zip(b"abgdepqlmsfwDSW\xb0\xb1\xb3\xa3\xb4\xb8\xb9\xbb\xae\xa5\xc7\xc8\xce\xcf\xd0\x5e\x5c",
                        "αβγδεπθλμσφωΔΣΩ°±≥≤×÷≠≈→∞∩∪∈∉∠⊥∴", strict=True))  # fmt: skip
