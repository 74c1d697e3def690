"""A real server and a real browser: Debian's Chromium, driven by Playwright, and nothing of either is pretended."""

import contextlib
import os
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from cqia.desk.app import application
from cqia.desk.security import Door
from cqia.review import accounts
from desk_at_work import PASSWORD, Office

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
ENABLE = "wants a browser: apt-get install chromium fonts-noto-cjk (Debian's packages)"
SHOTS = os.environ.get("CQIA_SCREENSHOTS")  # a folder; set by `make screenshots`
SECONDS = 15_000  # ms that a page may take on a busy machine


@dataclass
class Served:
    """A desk that listens."""

    office: Office
    address: str
    contexts: list[Any] = field(default_factory=list)


@pytest.fixture(scope="module")  # Playwright's loop runs in this thread until it is closed
def chromium() -> Iterator[Any]:
    """The browser, started once a module."""
    if not Path(CHROMIUM).exists():
        pytest.skip(ENABLE)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def served(office: Callable[..., Office]) -> Iterator[Callable[..., Served]]:
    """Opens a desk at a free port."""
    running: list[tuple[uvicorn.Server, threading.Thread, socket.socket]] = []

    def serve(*arguments: Any, **named: Any) -> Served:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.bind(("127.0.0.1", 0))
        made = office(*arguments, **named, door=Door(frozenset({"127.0.0.1"})))
        config = uvicorn.Config(application(made.desk), log_level="error", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        running.append((server, thread, listening))
        return Served(made, f"http://127.0.0.1:{listening.getsockname()[1]}")

    yield serve
    for server, thread, listening in running:
        server.should_exit = True
        thread.join(10)
        listening.close()


@dataclass
class Seat:
    """A person at a browser. Whatever the page logs as an error, or asks of another host, fails the test."""

    page: Any
    context: Any
    address: str
    faults: list[str] = field(default_factory=list)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def id(self) -> str:
        """The record in front of this person."""
        return str(self.page.locator("form[data-draft] input[name=id]").get_attribute("value"))

    def decide(self, *keys: str) -> str:
        """Press keys that decide, and wait for the next record. Returns the one that was decided."""
        before = self.id()
        self.press(*keys)
        self.page.wait_for_function(
            "id => document.querySelector('form[data-draft] input[name=id]')?.value !== id", arg=before
        )
        return before

    def shot(self, name: str) -> None:
        """A picture for the documentation, where they are asked for."""
        if SHOTS:
            self.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


@pytest.fixture
def seat(chromium: Any) -> Iterator[Callable[..., Seat]]:
    """Sits somebody down at a desk, logged in by name and password."""
    contexts: list[tuple[Any, Seat]] = []

    def sit(served: Served, name: str, role: accounts.Role = "reviewer", *, dark: bool = False) -> Seat:
        with served.office.database.writing() as db:
            if name not in {each.name for each in accounts.everyone(db)}:
                accounts.add(db, name, role, accounts.hashed(PASSWORD))
        context = chromium.new_context(
            viewport={"width": 1360, "height": 860}, locale="zh-CN", color_scheme="dark" if dark else "light"
        )
        context.set_default_timeout(SECONDS)
        page = context.new_page()
        sat = Seat(page, context, served.address)
        contexts.append((context, sat))
        page.on("pageerror", lambda error: sat.faults.append(str(error)))
        page.on("console", lambda told: sat.faults.append(told.text) if told.type == "error" else None)
        page.on("request", lambda asked: _here(asked.url, served.address) or sat.faults.append(asked.url))
        page.goto(served.address)
        page.fill("[name=name]", name)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_selector("#desk")
        return sat

    yield sit
    for context, _ in contexts:
        with contextlib.suppress(Exception):
            context.close()
    faults = [fault for _, sat in contexts for fault in sat.faults]
    assert not faults, faults


def _here(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:", "about:")) or bool(re.match("chrome", url))
