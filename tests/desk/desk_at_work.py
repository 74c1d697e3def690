"""A desk of a small project, opened for a test: its database, its people, and browsers without a screen."""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser as Html
from starlette.testclient import TestClient

from cqia import pipeline
from cqia.desk.app import application
from cqia.desk.security import Door, csrf_of
from cqia.desk.serve import open_desk
from cqia.desk.visit import Desk
from cqia.pipeline import for_the_desk
from cqia.project import load
from cqia.review import accounts, sessions
from cqia.review.database import Database, connected
from cqia.review.items import sync
from made import Inline, make_project, note

HERE = "http://127.0.0.1:8765"
DOOR = Door(frozenset({"127.0.0.1", "localhost"}))
ALL = '[review]\nrequire = "all"\n'
PASSWORD = "一个够长的密码，别人猜不到"


#: Thirteen notes; the first four have what the desk must show: lists, formulas, a table, code.
_WRITTEN = Path(__file__).resolve().parents[1] / "data" / "desk" / "notes.jsonl"
DESK_ROWS = [json.loads(line) for line in _WRITTEN.read_text("utf-8").splitlines()]
DESK_ROWS += [note(number) for number in range(5, 14)]


@dataclass
class Client:
    """A browser of one person, or of a visitor. Answers are checked for their headers as they come."""

    http: TestClient
    cookie: str = ""

    def get(self, path: str, **named: Any) -> Any:
        return self.seen(self.http.get(path, follow_redirects=False, **named))

    def post(self, path: str, form: dict[str, Any] | None = None, *, csrf: str | None = None, **named: Any) -> Any:
        """Send a form with the token that belongs to this browser's cookie, or with another."""
        sent = {"csrf": csrf_of(self.cookie) if csrf is None else csrf} | (form or {})
        return self.seen(self.http.post(path, data=sent, follow_redirects=False, **named))

    def page(self, path: str, **named: Any) -> Html:
        answer = self.get(path, **named)
        assert answer.status_code == 200, answer.text
        return Html(answer.text)

    def turn(self, path: str = "/review") -> dict[str, str]:
        """The hidden fields of the record in front of this person."""
        return fields(self.page(path))

    def say(self, action: str, turn: dict[str, str] | None = None, **more: Any) -> Any:
        """Decide on the record in front of this person."""
        return self.post("/review/save", {**(turn or self.turn()), "action": action, **more}, headers=HTMX)

    @staticmethod
    def seen(answer: Any) -> Any:
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "Traceback" not in answer.text
        assert "sqlite" not in answer.text.lower()
        return answer


HTMX = {"HX-Request": "true"}


def fields(page: Html) -> dict[str, str]:
    """What the hidden fields of the record's form hold."""
    form = page.css_first("form[data-draft]")
    assert form is not None, page.body.text() if page.body else ""
    hidden = {node.attributes["name"]: node.attributes["value"] or "" for node in form.css("input[type=hidden]")}
    return {name: value for name, value in hidden.items() if name and name != "csrf"}


def texts(page: Html) -> dict[str, str]:
    """What stands in the editor."""
    return {
        re.sub("^new_", "", str(node.attributes["name"])): node.text().removeprefix("\n")
        for node in page.css("textarea[name^=new_]")
    }


@dataclass
class Office:
    """A desk with its people."""

    folder: Path
    desk: Desk
    database: Database
    clients: list[TestClient] = field(default_factory=list)

    def client(self, name: str = "", role: accounts.Role = "reviewer") -> Client:
        """A browser of ``name``, who is given an account, or of a visitor."""
        http = TestClient(application(self.desk), base_url=HERE)
        self.clients.append(http)
        if not name:
            return Client(http)
        with self.database.writing() as db:
            if name not in {each.name for each in accounts.everyone(db)}:
                accounts.add(db, name, role, None)
            cookie = sessions.open(db, name)
        http.cookies.set(self.desk.door.cookie("session"), cookie)
        return Client(http, cookie)


@pytest.fixture(scope="session")
def roads(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Projects whose records are on the desk, by what they were made of: each goes the road once."""
    return {}


@pytest.fixture
def office(
    tmp_path: Path, inline: Inline, roads: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Office]]:
    """Makes a desk over notes that have gone the road as far as judge."""
    made: list[Office] = []

    def open_office(rows: Sequence[object] | int = 3, toml: str = ALL, door: Door = DOOR) -> Office:
        notes = [note(number) for number in range(rows)] if isinstance(rows, int) else rows
        key = repr((notes, toml))
        if key not in roads:
            roads[key] = make_project(tmp_path_factory.mktemp("road") / "p", notes, toml=toml)
            project = load(roads[key])
            pipeline.run(project, until="judge")
            database = connected(project.decisions)
            sync(database, *for_the_desk(project))
            database.close()
        folder = tmp_path / f"p{len(made)}"
        shutil.copytree(roads[key], folder)
        project = load(folder)
        database = connected(project.decisions)
        made.append(Office(folder, open_desk(project, database, door), database))
        return made[-1]

    yield open_office
    for each in made:
        for client in each.clients:
            client.close()
        each.database.close()
