"""PDF papers to text, page by page, with the tables in them left as text (extra ``exams``: pypdfium2).

A page without text but with a picture was scanned: reading it is a vision model's work (``cqia.vision``). Where there
is no transcript of it the paper is quarantined as ``scanned_page``, with its page numbers, rather than read in part.
"""

from __future__ import annotations

from collections.abc import Mapping

from cqia.errors import Unreadable

#: Books of papers have some 500 pages.
MAX_PAGES = 2_000
#: A scanned page may carry a page number or a stamp as text.
FEW_CHARS = 20


def read_pdf(data: bytes, transcribed: Mapping[int, str] | None = None) -> str:
    """The text of a PDF.

    Args:
        data: the file. transcribed: the text of scanned pages, by number from 1.

    Raises:
        Unreadable: ``scanned_page``, ``no_text``, and what ``pages`` raises.
    """
    known = transcribed or {}
    found = pages(data)
    missing = [number for number, (_, scanned) in enumerate(found, 1) if scanned and number not in known]
    if missing:
        shown = ", ".join(map(str, missing[:10]))
        raise Unreadable("scanned_page", f"{len(missing)} of {len(found)} pages are pictures: {shown}; a vision model "
                         "can read them ([vision] in cqia.toml)")  # fmt: skip
    texts = [known[number] if scanned else text for number, (text, scanned) in enumerate(found, 1)]
    if not "".join(texts).strip():
        raise Unreadable("no_text", f"the {len(texts)} pages of the PDF hold no text")
    return "\n".join(texts)


def pages(data: bytes) -> list[tuple[str, bool]]:
    """The text of each page, and whether it is a picture.

    Raises:
        Unreadable: ``password``, ``bad_pdf``, ``too_large``, ``no_reader`` without the extra.
    """
    try:
        import pypdfium2
        import pypdfium2.raw as raw
    except ImportError:
        raise Unreadable("no_reader", "reading PDF needs an extra: pip install 'cqia[exams]'") from None
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        reason = "password" if "assword" in str(error) else "bad_pdf"
        raise Unreadable(reason, f"the PDF cannot be opened: {error}") from None
    try:
        if len(pdf) > MAX_PAGES:
            raise Unreadable("too_large", f"a PDF of {len(pdf):,} pages; the limit is {MAX_PAGES:,}")
        found = []
        for page in pdf:
            text = page.get_textpage().get_text_bounded()
            pictures = page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)
            scanned = len(text.strip()) < FEW_CHARS and any(True for _ in pictures)
            found.append((text.replace("\r\n", "\n").replace("\x02", "").replace("\ufffe", ""), scanned))
    except pypdfium2.PdfiumError as error:
        raise Unreadable("bad_pdf", f"a page of the PDF cannot be read: {error}") from None
    finally:
        pdf.close()
    return found
