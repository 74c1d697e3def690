"""The fixtures of the desk's tests; what they are made of stands in ``desk_at_work``."""

from collections.abc import Iterator

import pytest

from browser_at_work import *  # noqa: F403 - fixtures are found by name
from desk_at_work import *  # noqa: F403
from report.conftest import axe  # noqa: F401
from written_answers import Author, author


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Author]:
    """A model that drafts; no proxy of the environment stands before it."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with author() as found:
        yield found
