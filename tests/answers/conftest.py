from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from made import Inline, make_project, note
from written_answers import Author, author


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stub server is on this machine; a proxy of the environment must not stand between."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[Author]:
    with author() as found:
        yield found


@pytest.fixture
def asking(tmp_path: Path, server: Author, inline: Inline) -> Callable[..., Path]:
    """Makes a project with two notes that nobody has answered and one that somebody has; it asks ``server``."""

    def make(answers: str = "", more: str = "") -> Path:
        rows = [note(1, text=""), note(2, text=None), note(3)]
        rules = 'rules.short = {at_least = 0, missing = "keep"}\n'
        toml = f'{rules}[answers]\nmodel = "stub"\nbase_url = "{server.url}"\n{answers}\n{more}'
        return make_project(tmp_path / "p", rows, toml=toml)

    return make
