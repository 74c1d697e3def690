"""The desk's application: the tables of its pages, its own files, and the door in front of both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from importlib.resources.abc import Traversable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router, request_response
from starlette.types import ASGIApp

from cqia.desk import (
    accounts,
    adjudication,
    arena,
    audit,
    inspection,
    overview,
    pictures,
    record,
    search,
    sign_in,
    traps,
)
from cqia.desk.in_turn import in_turn
from cqia.desk.security import Outer
from cqia.desk.templating import STATIC
from cqia.desk.visit import Desk, Page, Stop, Visit, serve

PAGES: tuple[Sequence[Page], ...] = (
    sign_in.PAGES,
    record.PAGES,
    pictures.PAGES,
    search.PAGES,
    adjudication.PAGES,
    overview.PAGES,
    inspection.PAGES,
    audit.PAGES,
    arena.PAGES,
    traps.PAGES,
    accounts.PAGES,
)
KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2",
         ".svg": "image/svg+xml"}  # fmt: skip
FOR_EVER = "public, max-age=31536000, immutable"  # an address of one of these holds the digest of what it gives


def application(desk: Desk) -> ASGIApp:
    """The desk, ready for a server."""
    files = dict(_own_files(STATIC, ""))

    async def own_file(request: Request) -> Response:
        """One of the desk's own files: a name in a table, never a path."""
        name = str(request.path_params["name"])
        if name not in files:
            return PlainTextResponse("404", 404)
        return Response(files[name], media_type=KINDS[_ending(name)], headers={"cache-control": FOR_EVER})

    pages = [Route(page.path, _endpoint(desk, page), methods=[page.method]) for table in PAGES for page in table]
    nowhere = request_response(_endpoint(desk, Page("GET", "", _nowhere, None)))
    # Mounted, it answers every method; the rest (an address with a line end) is the default's.
    routes = [*pages, Route("/static/{name:path}", own_file), Mount("", nowhere)]
    return Outer(Router(routes, redirect_slashes=False, default=nowhere), desk.door)


def _endpoint(desk: Desk, page: Page) -> Callable[[Request], Awaitable[Response]]:
    run = in_turn if page.often else run_in_threadpool

    async def endpoint(request: Request) -> Response:
        return await run(partial(serve, desk, page, request, await request.body()))

    return endpoint


def _nowhere(visit: Visit) -> Response:
    """There is no page of this address, or it is none to look at."""
    raise Stop(404, "not_found")


def _own_files(folder: Traversable, prefix: str) -> Sequence[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _own_files(entry, f"{prefix}{entry.name}/")
        elif _ending(entry.name) in KINDS:
            found.append((f"{prefix}{entry.name}", entry.read_bytes()))
    return found


def _ending(name: str) -> str:
    return name[name.rfind(".") :]
