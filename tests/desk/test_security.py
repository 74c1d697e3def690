"""What stands between the network and every page: names, origins, tokens, sizes, headers, roles."""

from collections.abc import Callable

import pytest
from starlette.datastructures import Headers

from cqia.desk import security
from cqia.desk.app import PAGES
from cqia.desk.security import MAX_BODY_BYTES, Door, host_of, same_origin
from cqia.review import history
from desk_at_work import DOOR, HERE, HTMX, Office

EVERY = [page for table in PAGES for page in table]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("127.0.0.1:8765", "127.0.0.1"),
        ("LocalHost", "localhost"),
        ("[::1]:80", "::1"),
        ("a@127.0.0.1", None),
        ("127.0.0.1/x", None),
        ("127.0.0.1:x", None),
        ("127.0.0.1:99999", None),
        ("[::1", None),
        ("", None),
    ],
)
def test_the_name_in_a_host_header(header: str, name: str | None) -> None:
    assert host_of(header) == name


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "169.254.1.1", "", "127.0.0.1@evil.example"]
)
def test_a_host_of_another_name_gets_nothing(office: Callable[..., Office], host: str) -> None:
    answer = office(1).client("甲").get("/review", headers={"host": host})
    assert answer.status_code == 421
    assert "第" not in answer.text


@pytest.mark.parametrize(
    ("given", "tls", "same"),
    [
        ({"origin": "http://127.0.0.1:8765"}, False, True),
        ({"origin": "https://127.0.0.1:8765"}, True, True),
        ({"origin": "http://127.0.0.1:8765"}, True, False),
        ({"origin": "http://127.0.0.1:9"}, False, False),
        ({"origin": "null"}, False, False),
        ({"origin": "http://evil.example"}, False, False),
        ({"sec-fetch-site": "cross-site"}, False, False),
        ({"sec-fetch-site": "same-site"}, False, False),
        ({"sec-fetch-site": "same-origin"}, False, True),
        ({}, False, True),  # no browser: the token in the form decides
    ],
)
def test_where_a_request_comes_from(given: dict[str, str], tls: bool, same: bool) -> None:
    assert same_origin(Headers({"host": "127.0.0.1:8765", **given}), Door(frozenset(), tls)) is same


@pytest.mark.parametrize(
    ("csrf", "headers", "status"),
    [
        ("", {}, 403),
        ("0" * 64, {}, 403),
        ("字", {}, 403),
        (None, {"origin": "http://evil.example"}, 403),
        (None, {"sec-fetch-site": "cross-site"}, 403),
        (None, {"origin": HERE}, 200),
    ],
)
def test_a_forged_request_changes_nothing(
    office: Callable[..., Office], csrf: str | None, headers: dict[str, str], status: int
) -> None:
    desk = office(2)
    me = desk.client("甲")
    turn = me.turn()
    answer = me.post("/review/save", {**turn, "action": "accept"}, csrf=csrf, headers=HTMX | headers)
    assert answer.status_code == status
    with desk.database.reading() as db:
        assert len(history.of_record(db, turn["id"])) == (status == 200)


def test_one_persons_token_is_not_anothers(office: Callable[..., Office]) -> None:
    desk = office(2)
    me, other = desk.client("甲"), desk.client("乙")
    answer = me.post("/review/save", {**me.turn(), "action": "accept"}, csrf=security.csrf_of(other.cookie))
    assert answer.status_code == 403


@pytest.mark.parametrize("page", EVERY, ids=lambda page: f"{page.method} {page.path}")
def test_every_page_is_closed_to_those_it_is_not_for(office: Callable[..., Office], page: object) -> None:
    desk = office(1)
    path = page.path.replace("{link}", "none")  # type: ignore[attr-defined]
    for name, role in (("", None), ("甲", "reviewer"), ("丙", "senior")):
        order = {None: 0, "reviewer": 1, "senior": 2, "admin": 3}
        if order[role] >= order[page.role]:  # type: ignore[attr-defined]
            continue
        client = desk.client(name, role or "reviewer")
        answer = client.get(path) if page.method == "GET" else client.post(path, csrf=None)  # type: ignore[attr-defined]
        sent_away = answer.status_code == 303 and answer.headers["location"].startswith("/login")
        assert answer.status_code in (401, 403) or sent_away


def test_nothing_changes_by_looking() -> None:
    looked = {page.path for page in EVERY if page.method == "GET"}
    assert not looked & {"/review/save", "/review/undo", "/logout", "/search/undo", "/accounts/invite"}


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_not_read(office: Callable[..., Office], size: int, chunked: bool) -> None:
    me = office(1).client("甲")
    data = b"a" * size
    content = (data[at : at + 65536] for at in range(0, size, 65536)) if chunked else data
    answer = me.seen(me.http.post("/review/save", content=content))
    assert answer.status_code == 413
    assert "没有保存" in answer.text


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"a=%FF%FE", "application/x-www-form-urlencoded", 422),
        ("a=é".encode("latin-1"), "application/x-www-form-urlencoded", 422),
        (b"&".join(b"a=1" for _ in range(2000)), "application/x-www-form-urlencoded", 422),
        (b'{"action": "accept"}', "application/json", 415),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415),
    ],
)
def test_a_body_that_is_no_form(office: Callable[..., Office], content: bytes, kind: str, status: int) -> None:
    me = office(1).client("甲")
    answer = me.seen(me.http.post("/review/save", content=content, headers={"content-type": kind}))
    assert answer.status_code == status


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/vendor/../../visit.py", "/static/",
     "/static/%00", "/nothing", "/review/../../etc/passwd", "/record/page?id=x&page=../../1"],
)  # fmt: skip
def test_paths_lead_nowhere(office: Callable[..., Office], path: str) -> None:
    answer = office(1).client("甲").get(path)
    assert answer.status_code in (404, 422)
    assert "import" not in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nothing"), ("GET", "/review/save"), ("DELETE", "/accounts"), ("TRACE", "/review"), ("GET", "/a%0Ab")],
)
@pytest.mark.parametrize(("language", "said"), [("zh", "没有这个页面"), ("en", "no such page")])
def test_a_page_that_is_not_there_is_said(
    office: Callable[..., Office], method: str, path: str, language: str, said: str
) -> None:
    for client in (office(1).client("甲"), office(1).client()):
        answer = client.seen(client.http.request(method, path, headers={"accept-language": language}))
        assert (answer.status_code, said in answer.text) == (404, True)
        assert "<h1>" in answer.text


def test_own_files_are_served_whole_and_may_be_kept(office: Callable[..., Office]) -> None:
    answer = office(1).client().get("/static/vendor/katex/fonts/KaTeX_Main-Regular.woff2")
    assert answer.status_code == 200
    assert answer.content.startswith(b"wOF2")
    assert "immutable" in answer.headers["cache-control"]


def test_a_fault_of_our_own_shows_nothing(office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch) -> None:
    desk = office(1)
    me = desk.client("甲")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr("cqia.review.queue.take", broken)
    answer = me.get("/review")
    assert (answer.status_code, "secret" in answer.text) == (500, False)


@pytest.mark.parametrize(("tls", "name"), [(False, "session"), (True, "__Host-session")])
def test_cookies_are_for_this_desk_alone(tls: bool, name: str) -> None:
    assert Door(DOOR.names, tls).cookie("session") == name


@pytest.mark.parametrize(
    ("proxied", "forwarded", "address"),
    [
        (False, "1.2.3.4", "9.9.9.9"),
        (True, "1.2.3.4", "1.2.3.4"),
        (True, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (True, "", "9.9.9.9"),
    ],
)
def test_who_asks_is_the_peer_or_whom_the_proxy_names_last(proxied: bool, forwarded: str, address: str) -> None:
    headers = Headers({"x-forwarded-for": forwarded} if forwarded else {})
    assert Door(frozenset(), True, proxied).address(headers, "9.9.9.9") == address


FIELDS = (
    "id", "name", "text", "source", "state", "rule", "reviewer", "field", "action", "note", "to", "key",
    "token", "text_digest", "number", "scope", "answer_correct", "winner", "battle", "correct", "bulk", "flag",
    "role", "password", "again", "old", "next", "state", "code", "nth", "page", "after", "at_least", "shortest",
    "new_output", "criterion_useful", "reason", "decision", "suggestion", "revision", "do", "sure",
)  # fmt: skip
HOSTILE = "'; DROP TABLE decisions; -- \" OR 1=1 <script>alert(1)</script> %00 ‮ ../../etc/passwd"


@pytest.mark.parametrize("page", EVERY, ids=lambda page: f"{page.method} {page.path}")
def test_sql_and_scripts_in_every_field_do_nothing(office: Callable[..., Office], page: object) -> None:
    desk = office(2)
    me = desk.client("丁", "admin")
    me.turn()
    form = dict.fromkeys(FIELDS, HOSTILE)
    path = page.path.replace("{link}", "x")  # type: ignore[attr-defined]
    answer = me.get(path, params=form) if page.method == "GET" else me.post(path, form)  # type: ignore[attr-defined]
    assert answer.status_code < 500
    assert "<script>alert" not in answer.text
    with desk.database.reading() as db:
        assert history.of_bulk(db) == []
    assert me.get("/login").status_code == 200
