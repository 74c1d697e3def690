"""Pages of a PDF as pictures, drawn in a child process: a hostile PDF costs itself and never the run.

    python -m cqia.vision.render FILE           the numbers of its scanned pages, as JSON
    python -m cqia.vision.render FILE NUMBER    that page as PNG

The child has bounds on memory and time. Grey is enough for print, and a third of the bytes.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

from cqia.errors import Unreadable

#: Pixels of the longer side: an A4 page at 170 dots an inch, at which a subscript is still some ten pixels high.
LONG_SIDE = 2_000
#: A page of A4 is drawn in a tenth of a second.
SECONDS = 60
MEMORY = 4 << 30
UNDRAWN = "no_picture"


def scanned(path: Path) -> list[int]:
    """The numbers of the scanned pages of a PDF, from 1. Raises as ``picture`` does."""
    numbers: list[int] = json.loads(_child(str(path)))
    return numbers


def picture(path: Path, number: int) -> bytes:
    """Page ``number`` (from 1) as PNG, grey, ``LONG_SIDE`` pixels on its longer side.

    Raises:
        Unreadable: ``no_picture`` where the child failed or took too long.
    """
    return _child(str(path), str(number))


def _child(*arguments: str) -> bytes:
    command = [sys.executable, "-P", "-m", "cqia.vision.render", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise Unreadable(UNDRAWN, f"drawing took longer than {SECONDS} seconds") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Unreadable(UNDRAWN, f"it cannot be drawn: {said[-1][:300] if said else f'exit code {done.returncode}'}")
    return done.stdout


def png(rows: Any) -> bytes:
    """A PNG of grey pixels, a two-dimensional array of bytes. (Format: W3C, Portable Network Graphics, 11.2)"""
    height, width = rows.shape

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    lines = b"".join(b"\0" + row.tobytes() for row in rows)  # each begins with its filter: none
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(lines, 6)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in parts)


def _draw(path: str, number: int) -> bytes:
    import pypdfium2

    page = pypdfium2.PdfDocument(path)[number - 1]
    bitmap = page.render(scale=LONG_SIDE / max(*page.get_size(), 1), grayscale=True)
    return png(bitmap.to_numpy())


def _main(path: str, number: str = "") -> None:
    import resource

    from cqia.readers.pdf import pages

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if number:
        sys.stdout.buffer.write(_draw(path, int(number)))
    else:
        print(json.dumps([n for n, (_, pictured) in enumerate(pages(Path(path).read_bytes()), 1) if pictured]))


if __name__ == "__main__":
    _main(*sys.argv[1:])
