"""Scanned pages are drawn as pictures in a child process, whatever the PDF is."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from cqia.errors import Unreadable
from cqia.vision import render

pytest.importorskip("pypdfium2", reason="wants the extra: pip install 'cqia[exams]'")

from paper_pdf import PAPER, pdf


def pixels(data: bytes) -> np.ndarray:
    """A grey PNG whose lines have no filter, as an array: written apart from what is tested."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size]) == (zlib.crc32(name + body),)
        chunks[name], at = body, at + 12 + size
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, width + 1)
    assert not lines[:, 0].any()
    return lines[:, 1:]


def test_a_png_holds_the_pixels():
    given = np.arange(35, dtype=np.uint8).reshape(5, 7)
    assert (pixels(render.png(given)) == given).all()


def test_scanned_pages_are_found_and_drawn(tmp_path: Path):
    paper = tmp_path / "a.pdf"
    paper.write_bytes(pdf(PAPER, [], [], image=True))
    assert render.scanned(paper) == [2, 3]
    drawn = pixels(render.picture(paper, 2))
    assert max(drawn.shape) == render.LONG_SIDE
    assert drawn[-1, 0] == 0, "the black picture begins at the bottom left"
    assert drawn[0, -1] == 255, "and leaves a margin of paper"


@pytest.mark.parametrize("data", [b"", b"%PDF-1.5\nnothing", pdf(PAPER)[:400]])
def test_a_broken_pdf_is_an_answer_and_no_crash(tmp_path: Path, data: bytes):
    paper = tmp_path / "a.pdf"
    paper.write_bytes(data)
    for ask in (lambda: render.scanned(paper), lambda: render.picture(paper, 1)):
        with pytest.raises(Unreadable) as raised:
            ask()
        assert raised.value.reason == "no_picture"


def test_a_page_that_takes_too_long_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    paper = tmp_path / "a.pdf"
    paper.write_bytes(pdf(PAPER))
    monkeypatch.setattr(render, "SECONDS", 0.001)
    with pytest.raises(Unreadable, match="longer than"):
        render.picture(paper, 1)
