"""Opening the desk: where it may be reached, what it shows, and who comes first.

Everything that a request needs to know stands in the database or in a cookie that is signed or looked up there, so
several processes can answer at the same address: a Python process uses one core.
"""

from __future__ import annotations

import gc
import ipaddress
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from cqia.desk.app import application
from cqia.desk.head import BoundedHead
from cqia.desk.oidc import Issuer
from cqia.desk.security import Door, host_of
from cqia.desk.templating import templates
from cqia.desk.visit import Desk
from cqia.errors import UsageError
from cqia.pipeline import for_the_desk
from cqia.project import Project, load
from cqia.review import accounts
from cqia.review.database import Database, connected
from cqia.review.items import sync

LOOPBACK = ("127.0.0.1", "localhost", "::1")
AT_ONCE = 200  # requests; further ones are told to come again
GRACE_SECONDS = 10  # for requests under way when the desk is closed
SILENT_SECONDS = 60  # of one process of several, before it is replaced; starting takes a few on a busy machine


@dataclass(frozen=True)
class Place:
    """Where the desk listens, and how it is reached.

    Attributes:
        host, port: the address. names: of the desk, as browsers know it, beside the address itself.
        certificate, key: of TLS, as PEM files. behind_proxy: a proxy in front speaks TLS.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    names: Sequence[str] = ()
    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False


def door(place: Place) -> Door:
    """How the desk is reached.

    Raises:
        UsageError: passwords would go over a network in the clear, or the desk would not know its own name.
    """
    if (place.certificate is None) != (place.key is None):
        raise UsageError("TLS needs both a certificate and its key.", "Give --certificate FILE and --key FILE.")
    for file in (place.certificate, place.key):
        if file is not None and not file.is_file():
            raise UsageError(f"There is no file {file}.", "Look for a typing error in its name.")
    tls = place.certificate is not None or place.behind_proxy
    if not _loopback(place.host) and not tls:
        raise UsageError(
            f"{place.host} can be reached from other machines, and without TLS passwords could be read on the way.",
            "Give --certificate and --key, or --behind-proxy if a proxy in front speaks TLS; or leave --host out.",
        )
    names = {name.lower().rstrip(".") for name in place.names}
    for name in names:
        if host_of(name) != name and host_of(f"[{name}]") != name:
            raise UsageError(f"{name!r} is no name of a host.", "Write it without https:// and without a port.")
    if _everywhere(place.host):
        if not names:
            raise UsageError(
                f"{place.host} is every address, and no name.", "Say how it is reached: --name desk.example"
            )
    else:
        names.add(place.host.lower())
    if _loopback(place.host):
        names.update(LOOPBACK)
    return Door(frozenset(names), tls, place.behind_proxy)


def open_desk(project: Project, database: Database, at: Door) -> Desk:
    """The desk of a project."""
    oidc = project.settings.review.oidc
    issuer = Issuer(oidc.issuer, oidc.client_id, oidc.secret_env) if oidc else None
    titles = {name: source.title for name, source in project.sources.items()}
    return Desk(project, database, at, templates(titles), issuer)


def serve(
    project: Project,
    place: Place,
    database_url: str | None = None,
    *,
    processes: int = 1,
    first_page: str = "/",
    told: Callable[[str], None] = print,
) -> None:
    """Open the desk and keep it open until it is stopped.

    Args:
        database_url: of PostgreSQL, instead of what the project says.
        processes: that answer; one that dies is replaced.
        first_page: whose address is told. told: is given each line of what people should know.

    Raises:
        UsageError: the place is taken or may not be used.
        WorkspaceError: the database cannot be used.
    """
    at = door(place)
    _log()
    with closing(_listening(place)) as listening:
        with closing(connected(database_url or project.decisions)) as database:
            synced = sync(database, *for_the_desk(project))
            told(f"Records: {synced.new} new, {synced.changed} changed, {synced.gone} gone, {synced.same} as before.")
            config = _config(application(open_desk(project, database, at)), place)
            _load(config)
            home = _address(place, at, listening)
            with database.writing() as db:
                link = accounts.first_link(db)
            if link:
                told(f"First admin, a link that works once and for a day: {home}/invited/{link}")
            told(f"The desk is open: {home}{first_page}   (Ctrl-C closes it)")
            sys.stdout.flush()
            if processes == 1:
                _keep_for_good()
                uvicorn.Server(config).run(sockets=[listening])
        if processes > 1:  # each opens the database for itself
            answering = partial(_one_of_several, project.folder, place, database_url)
            config = _config(
                answering, place, factory=True, workers=processes, timeout_worker_healthcheck=SILENT_SECONDS
            )
            Multiprocess(config, [listening]).run()


def _one_of_several(folder: Path, place: Place, database_url: str | None) -> ASGIApp:
    """The desk in a process of its own, which ends when the one that opened the desk does, whatever ends that."""
    _log()
    project = load(folder)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()
    app = application(open_desk(project, connected(database_url or project.decisions), door(place)))
    _keep_for_good()
    return app


def _keep_for_good() -> None:
    """What is there when the desk opens stays: to look through all of it for garbage stops every request for 60 ms."""
    gc.collect()
    gc.freeze()


def _end_after(parent: Any) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _log() -> None:
    logging.basicConfig(format="%(asctime)s %(name)s: %(message)s", level=logging.WARNING)


def _config(app: Any, place: Place, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app, http=BoundedHead, log_level="warning", access_log=False, server_header=False, date_header=False,
        proxy_headers=False, limit_concurrency=AT_ONCE, timeout_graceful_shutdown=GRACE_SECONDS, lifespan="off",
        ws="none", ssl_certfile=place.certificate, ssl_keyfile=place.key, **more,
    )  # fmt: skip


def _load(config: uvicorn.Config) -> None:
    """Raises ``UsageError`` where the certificate is none."""
    try:
        config.load()
    except OSError as error:  # ssl.SSLError is one
        raise UsageError(f"The certificate or its key cannot be used: {error}.", "Both are PEM files.") from error


def _listening(place: Place) -> socket.socket:
    """A socket at the place, so that a taken port is known before anything else is done."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    # TCP by name: asyncio sends at once (TCP_NODELAY) only where it is, and else every answer waits 40 ms for an ACK.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((place.host, place.port))
        listening.listen(AT_ONCE)  # whoever comes before all is ready waits for a moment, and is not sent away
    except (OSError, OverflowError) as error:
        listening.close()
        hint = "Another program may have it: try --port 8766, or --port 0 for any that is free."
        raise UsageError(f"{place.host} port {place.port} cannot be used: {error}.", hint) from error
    return listening


def _address(place: Place, at: Door, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    if place.behind_proxy and place.names:
        return f"{at.scheme}://{place.names[0]}"
    host = place.names[0] if place.names else place.host
    return f"{at.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _everywhere(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
