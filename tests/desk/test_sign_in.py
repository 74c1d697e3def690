"""In and out: passwords, links, sessions, languages; nothing that leads elsewhere."""

from collections.abc import Callable

import pytest
from selectolax.lexbor import LexborHTMLParser as Html

from cqia.desk.security import Door
from cqia.review import accounts, sessions
from desk_at_work import DOOR, HERE, PASSWORD, Client, Office


def with_password(desk: Office, name: str, role: accounts.Role = "reviewer") -> Client:
    hashed = accounts.hashed(PASSWORD)
    with desk.database.writing() as db:
        accounts.add(db, name, role, hashed)
    return desk.client()


def log_in(client: Client, name: str, password: str, next: str = "/") -> object:
    page = client.page(f"/login?next={next}")
    csrf = page.css_first("form[action='/login'] input[name=csrf]").attributes["value"]
    return client.post("/login", {"name": name, "password": password, "next": next}, csrf=csrf)


def test_the_right_password_opens_a_session(office: Callable[..., Office]) -> None:
    client = with_password(office(1), "林")
    answer = log_in(client, "林", PASSWORD, "/overview")
    assert (answer.status_code, answer.headers["location"]) == (303, "/overview")
    cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith("session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.http.get("/overview").status_code == 200


def test_under_tls_cookies_are_secure_and_the_browser_is_told_to_stay(office: Callable[..., Office]) -> None:
    desk = office(1, door=Door(DOOR.names, tls=True))
    client = desk.client("林")
    assert client.cookie
    answer = client.get("/review")
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    answer = desk.client().get("/login")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["set-cookie"].startswith("__Host-visitor=")


@pytest.mark.parametrize(
    ("name", "password"), [("林", "不对的密码，差一点"), ("没有这人", PASSWORD), ("", ""), ("林", "")]
)
def test_a_wrong_password_says_the_same_whatever_is_wrong(
    office: Callable[..., Office], name: str, password: str
) -> None:
    answer = log_in(with_password(office(1), "林"), name, password)
    assert answer.status_code == 422
    assert "名字或密码不对" in answer.text
    assert "session" not in answer.headers.get("set-cookie", "")


def test_guessing_is_slowed_down(office: Callable[..., Office]) -> None:
    client = with_password(office(1), "林")
    said = [log_in(client, "林", f"猜的密码第{n}个") for n in range(12)]
    assert "试的次数太多" in said[-1].text
    assert "试的次数太多" in log_in(client, "林", PASSWORD).text


def test_logging_in_needs_the_pages_own_token(office: Callable[..., Office]) -> None:
    client = with_password(office(1), "林")
    client.page("/login")
    assert client.post("/login", {"name": "林", "password": PASSWORD}, csrf="0" * 64).status_code == 403


@pytest.mark.parametrize(
    "next",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "/a\nb", "evil"],
)
def test_logging_in_leads_nowhere_else(office: Callable[..., Office], next: str) -> None:
    client = with_password(office(1), "林")
    page = client.page("/login")
    csrf = page.css_first("form[action='/login'] input[name=csrf]").attributes["value"]
    answer = client.post("/login", {"name": "林", "password": PASSWORD, "next": next}, csrf=csrf)
    assert answer.headers["location"] == "/"
    assert client.get("/language", params={"to": "en", "next": next}).headers["location"] == "/"


def test_logging_out_ends_the_session_at_the_server(office: Callable[..., Office]) -> None:
    desk = office(1)
    me = desk.client("甲")
    stolen = me.cookie
    answer = me.post("/logout")
    assert answer.headers["location"] == "/login"
    assert answer.headers["clear-site-data"] == '"storage"'
    with desk.database.reading() as db:
        assert sessions.reviewer_of(db, stolen) is None


def test_a_session_that_ended_is_said_and_the_text_stays_in_the_page(office: Callable[..., Office]) -> None:
    desk = office(1)
    me = desk.client("甲")
    turn = me.turn()
    with desk.database.writing() as db:
        sessions.close(db, me.cookie)
    assert me.get("/review").headers["location"] == "/login?next=%2Freview"
    answer = me.say("accept", turn)
    assert answer.status_code == 401
    assert "文字还在这里" in answer.text


def test_a_closed_account_is_out_at_once(office: Callable[..., Office]) -> None:
    desk = office(1)
    me, admin = desk.client("甲"), desk.client("丁", "admin")
    assert me.get("/review").status_code == 200
    admin.post("/accounts", {"name": "甲", "role": "reviewer"})
    assert me.get("/review").status_code == 303


def test_an_admin_invites_and_the_link_works_once(office: Callable[..., Office]) -> None:
    desk = office(1)
    page = Html(desk.client("丁", "admin").post("/accounts/invite", {"role": "senior"}).text)
    path = page.css_first(".notice code").text().partition("8765")[2]
    client = desk.client()
    csrf = client.page(path).css_first("main input[name=csrf]").attributes["value"]
    form = {"name": "新来的", "password": PASSWORD, "again": PASSWORD}
    assert "两遍密码不一样" in client.post(path, form | {"again": "x"}, csrf=csrf).text
    assert client.post(path, form | {"name": "丁"}, csrf=csrf).status_code == 422
    assert client.post(path, form | {"password": "短", "again": "短"}, csrf=csrf).status_code == 422
    assert client.post(path, form, csrf=csrf).headers["location"] == "/review"
    assert "资深审核员" in client.http.get("/review").text
    assert desk.client().get(path).status_code == 410
    assert desk.client().get("/invited/forged").status_code == 410


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(office: Callable[..., Office]) -> None:
    desk = office(1)
    one, other = with_password(desk, "林"), desk.client("林")
    log_in(one, "林", PASSWORD)
    csrf = Html(one.http.get("/me").text).css_first("form[action='/me'] input[name=csrf]").attributes["value"]
    form = {"password": "另一个足够长的新密码", "again": "另一个足够长的新密码"}
    assert one.post("/me", form | {"old": "不是这个密码的"}, csrf=csrf).status_code == 422
    assert one.post("/me", form | {"old": PASSWORD}, csrf=csrf).headers["location"] == "/me"
    assert one.http.get("/me").status_code == 200
    assert other.get("/me").status_code == 303


def test_the_last_admin_stays(office: Callable[..., Office]) -> None:
    desk = office(1)
    admin = desk.client("丁", "admin")
    assert admin.post("/accounts", {"name": "丁", "role": "reviewer", "active": "1"}).status_code == 403
    assert admin.get("/accounts").status_code == 200


def test_logging_in_and_the_other_language_lead_back_to_the_very_page(office: Callable[..., Office]) -> None:
    desk = office(2)
    address = "/record?id=notes%3An1%2Fanswer"
    sent = desk.client().get(address).headers["location"]
    visitor = with_password(desk, "林")
    page = visitor.page(sent)
    form = {
        node.attributes["name"]: node.attributes["value"] for node in page.css("form[action='/login'] [type=hidden]")
    }
    csrf = form.pop("csrf")
    answer = visitor.post("/login", {**form, "name": "林", "password": PASSWORD}, csrf=csrf)
    assert answer.headers["location"] == address
    me = desk.client("甲")
    switch = me.page(address).css_first("a[hreflang]").attributes["href"]
    assert me.get(switch).headers["location"] == address
    again = {"referer": f"{HERE}{address}"}  # a page that answers a form cannot be asked for again
    failed = me.post("/record/gold", {"id": "notes:n1/answer"}, headers=again)
    assert me.get(Html(failed.text).css_first("a[hreflang]").attributes["href"]).headers["location"] == address
    elsewhere = me.post("/record/gold", {}, headers={"referer": "http://evil.example/x"})
    assert me.get(Html(elsewhere.text).css_first("a[hreflang]").attributes["href"]).headers["location"] == "/"
