"""A web server on loopback that behaves as badly as a test tells it to, and remembers who asked for what."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Page = Callable[["Asked"], None]


@dataclass
class Asked:
    """One request: its path, its headers, and how often the path was asked for, from 1."""

    path: str
    headers: dict[str, str]
    nth: int
    at: float
    handler: BaseHTTPRequestHandler

    def answer(self, body: bytes | str = b"", status: int = 200, *, length: int | None = None, **headers: str) -> None:
        """Answer as servers do; ``headers`` with _ for -."""
        body = body.encode() if isinstance(body, str) else body
        length = len(body) if length is None else length
        sent = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(length)}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.handler.send_response(status)
        for name, value in sent.items():
            if value:
                self.handler.send_header(name, value)
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def write(self, data: bytes) -> None:
        """Bytes as they are, head and all."""
        self.handler.wfile.write(data)
        self.handler.wfile.flush()


@dataclass
class Site:
    """What a server has, and what it was asked for. Without a page of its own, robots.txt is a 404."""

    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    def paths(self) -> list[str]:
        """What was asked for, in order, robots.txt left out."""
        return [each.path for each in self.asked if each.path != "/robots.txt"]

    def times(self, path: str) -> list[float]:
        return [each.at for each in self.asked if each.path == path]


def text(body: str, **headers: str) -> Page:
    """A page that is always the same."""
    return lambda asked: asked.answer(f"<html><body><p>{body}</p></body></html>", **headers)


def to(where: str, status: int = 302) -> Page:
    """A redirect; beyond ASCII as bytes of UTF-8, as servers send them."""
    return lambda asked: asked.answer(b"", status, Location=where.encode().decode("latin-1"))


@contextmanager
def serving(site: Site, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            with site.lock:
                nth = 1 + sum(each.path == self.path for each in site.asked)
                asked = Asked(self.path, headers, nth, time.monotonic(), self)
                site.asked.append(asked)
                site.at_once += 1
                site.most_at_once = max(site.most_at_once, site.at_once)
            self.close_connection = True
            page = site.pages.get(self.path) or site.pages.get("*")
            try:
                if page is None or (self.path == "/robots.txt" and "/robots.txt" not in site.pages):
                    asked.answer("nothing here", 404)
                else:
                    page(asked)
            except OSError:
                pass  # the crawler had enough
            finally:
                with site.lock:
                    site.at_once -= 1

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    server = Server((host, 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site.url = f"{'https' if tls else 'http'}://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
