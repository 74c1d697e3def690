"""Raw: one page as it comes from a file, before anything is understood of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from cqia.errors import NotADocument, Unreadable
from cqia.readers.transcript import Transcript

_NOTE = re.compile(r"(?:LICEN[CS]E|COPYING|NOTICE|README|CHANGELOG)(?:[._-]\w+)*", re.IGNORECASE)


@dataclass(frozen=True)
class Raw:
    """One page: a whole file as ``data``, or one row of a table as ``row``.

    Attributes:
        path: the file.
        digest: sha256 of the whole file.
        locator: "" for a whole file, "bytes=START-END" for a line, "row=N" for a row or an element, "warc=OFFSET"
            for a record of a WARC file.
        size: bytes of the page, as far as known.
        data: the bytes of a whole-file page.
        row: the row of a table; for CSV every value is a string, for JSON lines any JSON value.
        trouble: why the page could not even be cut out of its file (a broken JSON line, a line of 50 MB), or why it is
            none (a 404 in an archive).
        url: its address, where the file says it: in a WARC.
        fetched: when it was fetched, where the file says it.
        charset: what the server declared, where the file says it; the bytes may know better (``charset.decode``).
        transcript: what a vision model read on its scanned pages, where it was asked to.
    """

    path: str
    digest: str
    locator: str
    size: int
    data: bytes | None = None
    row: Mapping[str, object] | None = None
    trouble: Unreadable | NotADocument | None = None
    url: str | None = None
    fetched: datetime | None = None
    charset: str | None = None
    transcript: Transcript | None = None

    @property
    def name(self) -> str:
        """The file's name; of a page in an archive, the last part of its address."""
        return PurePath(self.path if self.url is None else re.split("[?#]", self.url, maxsplit=1)[0]).name

    def refuse_note(self) -> None:
        """Raises ``NotADocument``: ``not_data`` for a licence or a read-me file that lies beside the data."""
        if self.row is None and self.url is None and _NOTE.fullmatch(self.name):
            raise NotADocument("not_data", f"{self.name} tells of the data")
