"""What stands between the network and every page, as plain ASGI: names, sizes, headers, and no traceback.

    Outer(app, Door(...))

1. A request must name a host that this desk answers to: a page elsewhere whose name was pointed at 127.0.0.1 (DNS
   rebinding) names its own.
2. A body is read whole before anything else, and never more than ``MAX_BODY_BYTES`` of it; what stands before it is
   bounded in ``head``.
3. What changes something must come from a page of this desk: by Origin, or by Sec-Fetch-Site where a browser leaves
   Origin out. The token in the form is checked with the session, in ``visit``.
4. Every answer, of errors too, carries the headers below; a fault ends as one sentence.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: A form with a text of a megabyte: three bytes a character, each byte written as three.
MAX_BODY_BYTES = 12 << 20
SAFE = ("GET", "HEAD", "OPTIONS")

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}
YEAR = 365 * 24 * 3600
_LOG = logging.getLogger("cqia.desk")


@dataclass(frozen=True)
class Door:
    """How the desk is reached.

    Attributes:
        names: of hosts, without port, in lower case: what a request may call this desk.
        tls: whether browsers reach it by https: here, or at the proxy in front.
        proxied: whether a proxy stands in front, which says for whom it asks (X-Forwarded-For).
    """

    names: frozenset[str]
    tls: bool = False
    proxied: bool = False

    def cookie(self, name: str) -> str:
        """The name of a cookie; under TLS with the prefix by which browsers keep others from setting it."""
        return f"__Host-{name}" if self.tls else name

    @property
    def scheme(self) -> str:
        """http or https, as the browser sees it."""
        return "https" if self.tls else "http"

    def address(self, headers: Headers, peer: str) -> str:
        """Who asks: the peer, or whom the proxy names last."""
        forwarded = headers.get("x-forwarded-for", "") if self.proxied else ""
        return forwarded.rpartition(",")[2].strip() or peer


def host_of(value: str) -> str | None:
    """The name in a Host header, without port; None if it is no host."""
    try:
        parts = urlsplit(f"//{value}")
        _ = parts.port  # a port that is no number raises
    except ValueError:
        return None
    clean = parts.netloc == value and not (parts.username or parts.password or parts.path)
    return parts.hostname if clean else None


def same_origin(headers: Headers, door: Door) -> bool:
    """Whether a request that changes something comes from a page of this desk."""
    origin = headers.get("origin")
    if origin is not None:
        return origin.lower() == f"{door.scheme}://{headers.get('host', '')}".lower()
    return headers.get("sec-fetch-site", "same-origin") == "same-origin"


def token() -> str:
    """A new secret, for a cookie."""
    return secrets.token_urlsafe(32)


def csrf_of(cookie: str) -> str:
    """The token that forms carry: it can be made of the cookie, and the cookie not of it."""
    return hmac.new(cookie.encode(), b"cqia desk form", sha256).hexdigest()


def csrf_fits(cookie: str, given: str) -> bool:
    """Whether a form's token belongs to the cookie."""
    return bool(cookie) and hmac.compare_digest(csrf_of(cookie).encode(), given.encode("utf-8", "replace"))


class Outer:
    """The desk's app with all of the above around it."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # a WebSocket: the desk has none
            return
        begun = False

        async def dressed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(raw=message["headers"])
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if self.door.tls:
                    headers.setdefault("strict-transport-security", f"max-age={YEAR}")
            await send(message)

        refusal = self._refused(scope)
        body = None if refusal else await _body(receive, Headers(scope=scope))
        if refusal or body is None:
            await _answer(dressed, *(refusal or (413, "太大了，没有保存。 Too large: nothing was saved.")))
            return
        try:
            await self.app(scope, _replayed(body), dressed)
        except Exception:  # noqa: BLE001 - whatever it is, no reader of the page gets to see it
            _LOG.exception("%s %s", scope["method"], scope["path"])
            if not begun:
                await _answer(dressed, 500, "出错了，没有保存。 A fault of the desk itself: nothing was saved.")

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        if host_of(headers.get("host", "")) not in self.door.names:
            return 421, "这个审核台不叫这个名字。 This desk is not called by that name."
        if scope["method"] not in SAFE and not same_origin(headers, self.door):
            return 403, "请求不是从审核台的页面发来的。 The request did not come from a page of this desk."
        return None


async def _body(receive: Receive, headers: Headers) -> bytes | None:
    """The whole body; None if it is too large."""
    length = headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > len(str(MAX_BODY_BYTES)) or int(length) > MAX_BODY_BYTES:
        return None
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


def _replayed(body: bytes) -> Receive:
    messages: Iterable[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    waiting = iter(messages)

    async def receive() -> Message:
        return next(waiting, {"type": "http.disconnect"})

    return receive


async def _answer(send: Send, status: int, text: str) -> None:
    data = text.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data})
