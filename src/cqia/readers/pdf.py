"""PDF papers to text, page by page, with the tables in them left as text (extra ``exams``: pypdfium2).

A page without text but with a picture was scanned: reading it is a vision model's work, and the paper is quarantined
as ``scanned_page``, with its page numbers, rather than read in part.
"""

from __future__ import annotations

from cqia.errors import Unreadable

#: Books of papers have some 500 pages.
MAX_PAGES = 2_000
#: A scanned page may carry a page number or a stamp as text.
FEW_CHARS = 20


def read_pdf(data: bytes) -> str:
    """The text of a PDF.

    Raises:
        Unreadable: ``password``, ``scanned_page``, ``bad_pdf``, ``too_large``, ``no_reader`` without the extra.
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
        texts, scanned = [], []
        for number, page in enumerate(pdf, 1):
            text = page.get_textpage().get_text_bounded()
            if len(text.strip()) < FEW_CHARS and any(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)):
                scanned.append(number)
            texts.append(text.replace("\r\n", "\n").replace("\x02", "").replace("\ufffe", ""))
    except pypdfium2.PdfiumError as error:
        raise Unreadable("bad_pdf", f"a page of the PDF cannot be read: {error}") from None
    finally:
        pdf.close()
    if scanned:
        shown = ", ".join(map(str, scanned[:10]))
        raise Unreadable("scanned_page", f"{len(scanned)} of {len(texts)} pages are pictures: {shown}; a vision model "
                         "can read them")  # fmt: skip
    if not "".join(texts).strip():
        raise Unreadable("no_text", f"the {len(texts)} pages of the PDF hold no text")
    return "\n".join(texts)
