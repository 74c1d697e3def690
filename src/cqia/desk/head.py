"""How long the head of a request may be: uvicorn's fastest parser has no bound, and it is read before all else."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 << 10  # of the first line and the headers


class BoundedHead(HttpToolsProtocol):
    """uvicorn's protocol; a request whose head takes more than ``MAX_HEAD_BYTES`` is answered 400, and cut off."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._unended: int | None = 0  # bytes of a head that has not ended
        self._told = 0  # bytes of headers, and of trailers behind a body

    def on_message_begin(self) -> None:
        """A request begins."""
        self._unended, self._told = 0, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header has been read. Raising is how the parser is told to give up."""
        self._told += len(name) + len(value)
        if self._told > MAX_HEAD_BYTES:
            raise ValueError("the headers are too long")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self._unended = None
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        if self._unended is not None:
            self._unended += len(data)
        super().data_received(data)
        if self._unended is not None and self._unended > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")
