"""A chat server on 127.0.0.1 that counts what it is asked and answers as a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, dict[str, str], str]  # status, headers, body


def completion(text: str, finish: str = "stop") -> Answer:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    body = {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "stub-7b",
        "choices": [choice],
        "usage": usage,
    }
    return 200, {}, json.dumps(body)


def error(status: int, headers: dict[str, str] | None = None) -> Answer:
    return status, headers or {}, json.dumps({"error": {"message": f"stub says {status}", "type": "stub"}})


@dataclass
class Stub:
    """``answers`` gets the request and how often it was seen, from 1. ``asked`` holds every body, in order."""

    answers: Callable[[dict[str, object], int], Answer]
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    def answer(self, body: str, headers: dict[str, str]) -> Answer:
        with self.lock:
            self.asked.append(body)
            self.headers.append(headers)
            seen = self.asked.count(body)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self.answers(json.loads(body), seen)
        finally:
            with self.lock:
                self.at_once -= 1


@contextmanager
def serving(answers: Callable[[dict[str, object], int], Answer]) -> Iterator[Stub]:
    stub = Stub(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            raw = self.rfile.read(size)
            if len(raw) < size:  # the client was killed while it was sending
                self.close_connection = True
                return
            body = raw.decode()
            status, headers, text = stub.answer(body, {name.lower(): value for name, value in self.headers.items()})
            data = text.encode()
            try:
                self.send_response(status)
                for name, value in {
                    "Content-Type": "application/json",
                    "Content-Length": str(len(data)),
                    **headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                self.close_connection = True  # the client was killed

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # a client that was killed resets its connections

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
