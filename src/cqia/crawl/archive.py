"""The WARC files of a crawl: ``crawl-00001.warc.gz`` and on, a gzip member a record, on disk before it counts."""

from __future__ import annotations

import hashlib
import io
import os
from datetime import UTC, datetime
from pathlib import Path

from cqia import __version__
from cqia.crawl.fetch import Fetched
from cqia.crawl.ledger import Answer, Ledger, Place
from cqia.crawl.settings import Settings
from cqia.engine.files import explained, to_disk
from cqia.errors import WorkspaceError
from cqia.readers import http_message
from cqia.readers.warc_rows import records

#: Of the connection, not of the page: the body is stored without chunks.
HOP_BY_HOP = frozenset({"transfer-encoding", "connection", "keep-alive", "content-length"})


def digest(body: bytes) -> str:
    """What tells whether a page has changed."""
    return hashlib.sha256(body).hexdigest()


def answer_of(fetched: Fetched) -> Answer:
    """What the next request for the same address will want to know."""
    headers = fetched.headers
    return Answer(
        fetched.status,
        stamp(fetched.at),
        headers.get("etag"),
        headers.get("last-modified"),
        digest(fetched.body or b""),
    )


def stamp(at: datetime) -> str:
    """A time as WARC writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Archive:
    """The WARC files in a folder; only the owner of the folder's lock may open one.

    Opening settles what a kill left behind: a whole record that the ledger does not know is written down there, and a
    torn one is cut off.
    """

    def __init__(self, folder: Path, ledger: Ledger, settings: Settings) -> None:
        self.folder, self.settings = folder, settings
        self.adopted = self.cut_off = 0
        known = ledger.files()
        names = sorted({path.name for path in folder.glob("crawl-*.warc.gz")} | set(known))
        for name in names:
            self._settle(folder / name, known.get(name, 0), ledger)
        self.name = names[-1] if names else ""

    def _settle(self, path: Path, known: int, ledger: Ledger) -> None:
        size = path.stat().st_size if path.exists() else -1
        if size < known:
            raise WorkspaceError(
                f"{path} has {max(size, 0):,} bytes, but {known:,} were written to it.",
                "Put the file back, or crawl into a new folder.",
            )
        end = known
        with path.open("rb") as file:
            for record in records(file, known, size, 4 * self.settings.page_bytes):
                if record.trouble is not None:
                    break
                end = record.end
                if record.headers.get("warc-type") == "response" and record.block is not None:
                    status, headers, body = http_message.split(record.block)
                    answer = Answer(status, record.headers.get("warc-date", ""), headers.get("etag"),
                                    headers.get("last-modified"), digest(body))  # fmt: skip
                    place = Place(path.name, record.offset, record.end - record.offset)
                    ledger.adopt(record.headers.get("warc-target-uri", ""), answer, place)
                    self.adopted += 1
        if end < size:
            with explained(path), path.open("r+b") as file:
                file.truncate(end)
                os.fsync(file.fileno())
            self.cut_off += size - end

    def write(self, page: Fetched) -> Place:
        """Append a page; when this returns, it is on disk. Raises ``WorkspaceError`` on a full disk."""
        path = self.folder / self.name
        new = not self.name or path.stat().st_size >= self.settings.warc_bytes
        if new:
            self.name = f"crawl-{int(self.name[6:11] or 0) + 1:05d}.warc.gz" if self.name else "crawl-00001.warc.gz"
            path = self.folder / self.name
        data = _response(page)
        with explained(path), path.open("ab") as file:
            offset = file.tell()
            if new:
                head = _warcinfo(self.name, self.settings)
                file.write(head)
                offset += len(head)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if new:
            to_disk(self.folder)
        return Place(self.name, offset, len(data))


def _response(page: Fetched) -> bytes:
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    body = page.body or b""
    pairs = [(name, value) for name, value in page.pairs if name.lower() not in HOP_BY_HOP]
    http = StatusAndHeaders(
        f"{page.status} {page.phrase}".strip(), [*pairs, ("Content-Length", str(len(body)))], protocol="HTTP/1.1"
    )
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    about = {"WARC-Date": stamp(page.at), "WARC-IP-Address": page.ip}
    writer.write_record(
        writer.create_warc_record(
            page.url, "response", io.BytesIO(body), len(body), http_headers=http, warc_headers_dict=about
        )
    )
    return out.getvalue()


def _warcinfo(name: str, settings: Settings) -> bytes:
    from warcio.warcwriter import WARCWriter

    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    about = {"software": f"cqia/{__version__}", "format": "WARC File Format 1.1", "robots": "RFC 9309",
             "http-header-user-agent": settings.user_agent}  # fmt: skip
    writer.write_record(writer.create_warcinfo_record(name, about))
    return out.getvalue()
