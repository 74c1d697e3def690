"""The desk's page of traps: name it, ask, ask again, accept or rewrite; and what goes wrong is said."""

from collections.abc import Callable

import pytest

from cqia import answering, pipeline
from cqia.project import load
from desk_at_work import ALL, Client, Office
from made import note
from stub_server import error
from written_answers import Author, draft

ROWS = [note(1, text=""), note(2)]


@pytest.fixture
def desk(office: Callable[..., Office], server: Author) -> Office:
    rules = 'rules.short = {at_least = 0, missing = "keep"}\n'
    judge = "[judge]\nwait = 1\ntimeout = 5\n"
    return office(ROWS, f'{rules}[answers]\nmodel = "stub"\nbase_url = "{server.url}"\n{judge}{ALL}')


ID = {"id": "notes:n1/answer"}
ONE = "/traps/question?id=notes:n1/answer"


def hidden(me: Client) -> dict[str, str]:
    form = me.page(ONE).css_first("form[action='/traps/accept']")
    assert form is not None
    found = {node.attributes["name"]: node.attributes["value"] or "" for node in form.css("input[type=hidden]")}
    return {str(name): value for name, value in found.items() if name != "csrf"}


@pytest.mark.parametrize(("text", "who"), [(draft(2), "llm"), ("人改过的回答。", "human")])
def test_until_the_reviewer_is_satisfied(desk: Office, server: Author, text: str, who: str) -> None:
    me = desk.client("甲")
    assert "第1件小事" in me.page("/traps").body.text()
    assert me.post("/traps/ask", ID | {"trap": "把比喻当真"}).status_code == 303
    assert draft(1) in me.page(ONE).body.text()
    assert me.post("/traps/ask", ID | {"trap": "把比喻当真", "wrong": "太啰唆"}).status_code == 303
    page = me.page(ONE)
    assert "太啰唆" in page.body.text()
    assert draft(1) in page.css_first("details").text()
    assert len(server.drafts) == 2
    assert me.post("/traps/accept", hidden(me) | {"text": text}).status_code == 303
    assert "第1件小事" not in me.page("/traps").body.text()
    assert "第1件小事" in me.page("/traps?accepted=1").body.text()
    assert "甲 已采纳" in me.page(ONE).body.text()
    project = load(desk.folder)
    pipeline.run(project, until="assign")
    (row,) = answering.accepted_of(project, project.sources["notes"]).to_dicts()
    assert (row["answer"], row["answer_from"], row["by"], row["human_verified"]) == (text, who, "甲", True)


def test_a_reviewer_may_write_it_without_a_model(desk: Office, server: Author) -> None:
    me = desk.client("甲")
    assert me.post("/traps/accept", hidden(me) | {"text": "自己写的回答。"}).status_code == 303
    assert server.asked == []


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"trap": " "}, 422, "陷阱在哪里"),
        ({"trap": "长" * 2001}, 422, "陷阱"),
        ({"trap": "坑", "id": "notes:n2/answer"}, 404, "没有这条记录"),
        ({"trap": "坑", "id": "../../x"}, 404, "没有这条记录"),
        ({"trap": "坑", "id": "notes:n1' OR 1=1 --"}, 404, "没有这条记录"),
    ],
)
def test_what_cannot_be_asked(desk: Office, server: Author, form: dict[str, str], status: int, said: str) -> None:
    answer = desk.client("甲").post("/traps/ask", ID | form)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert server.asked == []


@pytest.mark.parametrize(
    ("form", "status"), [({"text": "好", "seen": "别的"}, 409), ({"text": " "}, 422), ({"text": "好", "id": "x"}, 404)]
)
def test_what_cannot_be_accepted(desk: Office, form: dict[str, str], status: int) -> None:
    me = desk.client("甲")
    assert me.post("/traps/accept", hidden(me) | form).status_code == status
    assert answering.book_of(load(desk.folder)).accepted("notes").is_empty()


def test_a_server_that_fails_costs_no_word(desk: Office, server: Author) -> None:
    assert server.stub is not None
    server.stub.answers = lambda body, seen: error(401)
    answer = desk.client("甲").post("/traps/ask", ID | {"trap": "把比喻当真，写了很久"})
    assert answer.status_code == 422
    assert "没有得到回复" in answer.text
    assert "写了很久" in answer.text


def test_only_people_with_an_account_ask(desk: Office, server: Author) -> None:
    assert desk.client().post("/traps/ask", ID | {"trap": "坑"}).status_code == 401
    me = desk.client("甲")
    assert me.post("/traps/ask", ID | {"trap": "坑"}, csrf="别的").status_code == 403
    assert server.asked == []


def test_texts_are_shown_and_not_run(desk: Office, server: Author) -> None:
    me = desk.client("甲")
    hostile = "<script>alert(1)</script></textarea><img src=x onerror=alert(1)>"
    me.post("/traps/ask", ID | {"trap": hostile})
    page = me.page(ONE)
    assert not page.css("main script, main img")
    assert page.css_first("textarea[name=trap]").text().strip() == hostile
