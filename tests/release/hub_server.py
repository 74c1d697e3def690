"""A stand-in for the Hub's HTTP API, in memory: repositories, files (in the commit, or by git-lfs), tags."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_test"


@dataclass
class Hub:
    """What the server holds, and what it was asked; ``refuse`` answers every write with that status."""

    url: str = ""
    repos: dict[str, dict[str, bytes]] = field(default_factory=dict)
    private: set[str] = field(default_factory=set)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    commits: list[str] = field(default_factory=lambda: ["0" * 40])
    lfs: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refuse: int = 0


class Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, *args: object) -> None:
        pass

    def answer(self, body: Any, status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            data = b""
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_GET(self) -> None:
        hub, path = self.hub, self.path.split("?")[0]
        hub.asked.append(f"GET {path}")
        if not any(f"/{name}" in path for name in hub.repos):
            self.answer({"error": "Repository not found"}, 404)
        elif match := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)/tree/main", path):
            rows = [
                {"type": "file", "path": name, "size": len(data), "oid": _oid(data)}
                for name, data in hub.repos[match[1]].items()
            ]
            self.answer(rows)
        elif match := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)(?:/revision/main)?", path):
            siblings = [{"rfilename": name} for name in hub.repos[match[1]]]
            self.answer({"id": match[1], "sha": hub.commits[-1], "private": False, "tags": [], "siblings": siblings})
        else:
            self.answer({"error": f"unknown {path}"}, 404)

    def do_PUT(self) -> None:
        data = self.body()
        assert hashlib.sha256(data).hexdigest() == self.path.rpartition("/")[2]
        self.hub.lfs[self.path.rpartition("/")[2]] = data
        self.answer({})

    def do_POST(self) -> None:
        hub, path, data = self.hub, self.path.split("?")[0], self.body()
        hub.asked.append(f"POST {path}")
        if path == "/api/validate-yaml":
            self.answer({"errors": [], "warnings": []})
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.answer({"error": "Invalid username or password."}, 401)
        elif hub.refuse:
            self.answer({"error": "You don't have the rights."}, hub.refuse)
        elif path == "/api/repos/create":
            asked = json.loads(data)
            name = f"{asked['organization']}/{asked['name']}"
            assert asked["type"] == "dataset"
            known = name in hub.repos
            hub.repos.setdefault(name, {".gitattributes": b"*.parquet filter=lfs\n"})
            if (asked.get("private") or asked.get("visibility") == "private") and not known:
                hub.private.add(name)
            url = f"{hub.url}/datasets/{name}"
            self.answer({"url": url, "name": name}, 409 if known else 200)
        elif match := re.fullmatch(r"/api/datasets/(.+)/preupload/main", path):
            files = [
                {
                    "path": each["path"],
                    "uploadMode": "lfs" if each["path"].endswith(".parquet") else "regular",
                    "shouldIgnore": False,
                    "oid": self.known(match[1], each["path"]),
                }
                for each in json.loads(data)["files"]
            ]
            self.answer({"files": files})
        elif path.endswith("/info/lfs/objects/batch"):
            objects = [
                {**each, "actions": {"upload": {"href": f"{hub.url}/lfs/{each['oid']}"}}}
                for each in json.loads(data)["objects"]
            ]
            self.answer({"transfer": "basic", "objects": objects})
        elif match := re.fullmatch(r"/api/datasets/(.+)/commit/main", path):
            self.commit(match[1], [json.loads(line) for line in data.decode().splitlines()])
        elif match := re.fullmatch(r"/api/datasets/(.+)/tag/(.+)", path):
            tags = hub.tags.setdefault(match[1], {})
            if json.loads(data)["tag"] in tags:
                self.answer({"error": "the tag exists"}, 409)
                return
            tags[json.loads(data)["tag"]] = match[2]
            self.answer({})
        else:
            self.answer({"error": f"unknown {path}"}, 404)

    def known(self, repo: str, path: str) -> str | None:
        data = self.hub.repos[repo].get(path)
        if data is None:
            return None
        return hashlib.sha256(data).hexdigest() if path.endswith(".parquet") else _oid(data)

    def commit(self, repo: str, lines: list[dict[str, Any]]) -> None:
        hub = self.hub
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                hub.repos[repo][value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                hub.repos[repo][value["path"]] = hub.lfs[value["oid"]]
            elif line["key"] == "deletedFile":
                del hub.repos[repo][value["path"]]
        hub.commits.append(hashlib.sha1(json.dumps(lines).encode() + hub.commits[-1].encode()).hexdigest())
        self.answer({"commitUrl": f"{hub.url}/datasets/{repo}/commit/{hub.commits[-1]}", "commitOid": hub.commits[-1]})


def _oid(data: bytes) -> str:
    return hashlib.sha1(f"blob {len(data)}\0".encode() + data).hexdigest()


@contextmanager
def serving() -> Iterator[Hub]:
    """The server, on a port of its own."""
    hub = Hub()
    handler = type("Handler", (Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
