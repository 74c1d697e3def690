"""One record at a time: seeing, deciding, drafts, undo; and that nothing else changes anything."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from selectolax.lexbor import LexborHTMLParser as Html
from sqlalchemy import Connection

from cqia.errors import WorkspaceError
from cqia.review import flags, history
from cqia.review.database import Database
from cqia.review.decisions import CRITERIA
from desk_at_work import HTMX, Client, Office, fields, texts
from made import note


def said(office: Office, id: str) -> list[tuple[str, str, str | None]]:
    with office.database.reading() as db:
        return [(each.reviewer, each.action, each.output) for each in history.of_record(db, id)]


def test_accepting_brings_the_next_record_and_is_stored_with_its_marks(office: Callable[..., Office]) -> None:
    desk = office(3)
    me = desk.client("甲")
    first = me.turn()
    answer = me.say("accept", first, **{f"criterion_{name}": "4" for name in CRITERIA})
    assert answer.status_code == 200
    assert fields(Html(answer.text))["id"] != first["id"]
    with desk.database.reading() as db:
        (stored,) = history.of_record(db, first["id"])
    assert (stored.action, stored.ratings) == ("accept", dict.fromkeys(CRITERIA, 4))
    assert stored.text_digest == first["text_digest"]


def test_the_judges_verdict_is_not_in_the_page_before_the_decision(office: Callable[..., Office]) -> None:
    me = office(3).client("甲")
    assert "heuristic" not in me.get("/review").text
    answer = me.say("accept")
    assert "heuristic" in Html(answer.text).css_first(".last").text()  # of the record that was decided
    assert "heuristic" not in Html(answer.text).css_first("form[data-draft] > div").text()


def test_the_project_may_show_verdicts_at_once(office: Callable[..., Office]) -> None:
    toml = '[review]\nrequire = "all"\nverdicts = "at_once"\n'
    assert "heuristic" in office(2, toml).client("甲").get("/review").text


def test_marks_may_be_pass_and_fail(office: Callable[..., Office]) -> None:
    me = office(2, '[review]\nrequire = "all"\nmarks = "pass"\n').client("甲")
    page = me.page("/review")
    assert {node.attributes["value"] for node in page.css("input[type=radio]")} == {"0", "1"}
    assert me.say("accept", criterion_useful="3").status_code == 422
    assert me.say("accept", criterion_useful="0").status_code == 200


def test_an_edit_keeps_the_original_and_stores_what_was_changed(office: Callable[..., Office]) -> None:
    desk = office(2)
    me = desk.client("甲")
    page = me.page("/review")
    turn, before = fields(page), texts(page)
    answer = me.say("edit", turn, new_instruction=before["instruction"], new_output=before["output"] + "补一句。")
    assert answer.status_code == 200
    assert said(desk, turn["id"]) == [("甲", "edit", before["output"] + "补一句。")]
    shown = me.page(f"/record?id={turn['id']}")
    assert shown.css_first(".diff ins").text() == "补一句。"


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_line_ends_of_the_browser_are_no_change(office: Callable[..., Office], end: str) -> None:
    desk = office([note(1, text="第一行说得不长。\r\n第二行也不短。")])
    me = desk.client("甲")
    turn = me.turn()
    refused = me.say("edit", turn, new_output=f"第一行说得不长。{end}第二行也不短。")
    assert refused.status_code == 422
    assert said(desk, turn["id"]) == []


@pytest.mark.parametrize(
    ("action", "more", "stored"),
    [
        ("reject", {"reason": ["wrong", "advert"]}, "reject"),
        ("reject", {"note": "答的是另一个问题"}, "reject"),
        ("skip", {}, "skip"),
        ("flag", {"note": "里面的数字对不上"}, "skip"),
    ],
)
def test_what_can_be_said(
    office: Callable[..., Office], action: str, more: dict[str, str | list[str]], stored: str
) -> None:
    desk = office(2)
    me = desk.client("甲")
    turn = me.turn()
    assert me.say(action, turn, **more).status_code == 200
    assert [each[1] for each in said(desk, turn["id"])] == [stored]
    assert me.turn()["id"] != turn["id"]
    senior = desk.client("丙", "senior")
    assert ("里面的数字对不上" in senior.get("/overview").text) is (action == "flag")


@pytest.mark.parametrize(
    ("action", "more", "status"),
    [
        ("reject", {}, 422),
        ("edit", {}, 422),
        ("flag", {}, 422),
        ("reject", {"reason": ["no such reason"]}, 422),
        ("accept", {"criterion_useful": "9"}, 422),
        ("accept", {"criterion_useful": "一"}, 422),
        ("destroy", {}, 422),
        ("", {}, 422),
        ("accept", {"text_digest": "0" * 32}, 409),
        ("accept", {"token": "forged"}, 409),
        ("accept", {"number": "999999"}, 409),
        ("accept", {"number": "-1"}, 409),
        ("accept", {"number": "1e3"}, 422),
        ("accept", {"number": "9" * 30}, 422),
        ("accept", {"key": ""}, 422),
        ("accept", {"note": "x" * 5000}, 422),
        ("edit", {"new_output": "含\x00空字符"}, 422),
        ("edit", {"new_output": "   "}, 422),
    ],
)
def test_what_cannot_be_said_changes_nothing(
    office: Callable[..., Office], action: str, more: dict[str, object], status: int
) -> None:
    desk = office(2)
    me = desk.client("甲")
    turn = me.turn()
    answer = me.post("/review/save", {**turn, "action": action, **more}, headers=HTMX)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    assert re.search("[一-鿿]{4}", answer.text), "no sentence says why"
    assert said(desk, turn["id"]) == []
    assert me.turn()["id"] == turn["id"]


def test_a_request_that_comes_twice_is_stored_once(office: Callable[..., Office]) -> None:
    desk = office(3)
    me = desk.client("甲")
    turn = me.turn()
    assert [me.say("accept", turn).status_code for _ in range(3)] == [200, 200, 200]
    assert len(said(desk, turn["id"])) == 1


def unreadable_after_writing(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the next transaction that writes on, nothing can be read."""
    real = Database.writing

    @contextmanager
    def writing(database: Database) -> Iterator[Connection]:
        with real(database) as db:
            yield db
        monkeypatch.setattr(Database, "reading", broken)

    def broken(database: Database) -> None:
        raise WorkspaceError("The database cannot be used: disk I/O error.", "")

    monkeypatch.setattr(Database, "writing", writing)


def test_what_is_stored_is_not_said_to_be_lost_where_the_next_record_cannot_be_read(
    office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office(3)
    me = desk.client("甲")
    turn = me.turn()
    with monkeypatch.context() as patch:
        unreadable_after_writing(desk, patch)
        answer = me.say("accept", turn)
    assert answer.status_code == 200
    assert "已通过" in answer.text
    assert "已经保存" in answer.text
    assert "没有保存" not in answer.text
    assert [each[1] for each in said(desk, turn["id"])] == ["accept"]
    with monkeypatch.context() as patch:
        unreadable_after_writing(desk, patch)
        answer = me.post("/review/undo", {"key": "undo-key-7"}, headers=HTMX)
    assert "已撤销" in answer.text
    assert "已经保存" in answer.text
    assert fields(me.page("/review"))["id"] == turn["id"]


def test_what_comes_twice_is_answered_with_what_was_stored(office: Callable[..., Office]) -> None:
    desk = office(3)
    me = desk.client("甲")
    turn = me.turn()
    me.say("accept", turn)
    again = Html(me.say("reject", turn, note="不好").text)
    assert "已通过" in again.css_first(".last").text()
    assert "已驳回" not in again.css_first(".last").text()
    assert [each[1] for each in said(desk, turn["id"])] == ["accept"]
    next_turn = me.turn()
    twice = [me.say("flag", next_turn, note="有疑点") for _ in range(2)]
    assert all("已标为存疑" in Html(answer.text).css_first(".last").text() for answer in twice)


def test_two_windows_cannot_decide_one_record_twice(office: Callable[..., Office]) -> None:
    desk = office(3)
    one, other = desk.client("甲"), desk.client("甲")
    turn, same = one.turn(), other.turn()
    assert turn["id"] == same["id"]
    assert one.say("accept", turn).status_code == 200
    assert other.say("reject", same, reason="wrong").status_code == 409
    assert [each[1] for each in said(desk, turn["id"])] == ["accept"]


@pytest.mark.parametrize("action", ["accept", "edit", "reject", "skip", "flag"])
def test_a_form_of_one_record_that_names_another_changes_neither(office: Callable[..., Office], action: str) -> None:
    desk = office(3)
    me = desk.client("甲")
    turn, other = me.turn(), desk.client("乙").turn()
    more = {"new_output": "换成别的。", "note": "有疑点"}
    assert me.say(action, {**turn, "id": other["id"]}, **more).status_code == 422
    assert said(desk, turn["id"]) == said(desk, other["id"]) == []
    with desk.database.reading() as db:
        assert flags.open_flags(db) == []


def test_two_people_get_two_records_and_neither_the_others(office: Callable[..., Office]) -> None:
    desk = office(3)
    one, other = desk.client("甲"), desk.client("乙")
    mine, theirs = one.turn(), other.turn()
    assert mine["id"] != theirs["id"]
    assert other.say("accept", mine).status_code == 409
    assert said(desk, mine["id"]) == []


def test_undo_shows_the_record_again(office: Callable[..., Office]) -> None:
    desk = office(3)
    me = desk.client("甲")
    turn = me.turn()
    me.say("accept", turn)
    answer = me.post("/review/undo", {"key": "undo-key-1"}, headers=HTMX)
    assert fields(Html(answer.text))["id"] == turn["id"]
    assert [each[1] for each in said(desk, turn["id"])] == ["accept", "undo"]
    assert me.post("/review/undo", {"key": "undo-key-2"}, headers=HTMX).status_code == 409


def test_undo_brings_back_what_was_said(office: Callable[..., Office]) -> None:
    me = office(3).client("甲")
    me.say("edit", new_output="改了很久的一段话。", note="查过原书", criterion_useful="4")
    page = Html(me.post("/review/undo", {"key": "undo-key-4"}, headers=HTMX).text)
    assert texts(page)["output"] == "改了很久的一段话。"
    assert "editing" in (page.css_first("form[data-draft]").attributes["class"] or "")
    assert page.css_first("textarea[name=note]").text().strip() == "查过原书"
    assert "checked" in page.css_first("input[name=criterion_useful][value='4']").attributes
    keep(me, fields(page), 2**50, new_output="接着改的。")
    again = Html(me.post("/review/undo", {"key": "undo-key-4"}, headers=HTMX).text)  # sent twice
    assert texts(again)["output"] == "接着改的。"


def test_an_undone_rejection_has_its_reasons_again(office: Callable[..., Office]) -> None:
    me = office(2).client("甲")
    me.say("reject", reason=["wrong", "advert"])
    page = Html(me.post("/review/undo", {"key": "undo-key-5"}, headers=HTMX).text)
    assert {node.attributes["value"] for node in page.css("input[name=reason][checked]")} == {"wrong", "advert"}


def test_what_a_senior_undoes_is_not_put_into_their_form(office: Callable[..., Office]) -> None:
    desk = office(1)
    turn = desk.client("甲").turn()
    desk.client("甲").say("edit", turn, new_output="甲改的。")
    with desk.database.reading() as db:
        number = history.of_record(db, turn["id"])[0].number
    form = {"key": "undo-key-6", "decision": str(number)}
    assert "甲改的" not in desk.client("丙", "senior").post("/review/undo", form, headers=HTMX).text


def test_another_persons_decision_is_not_ones_own_to_undo(office: Callable[..., Office]) -> None:
    desk = office(3)
    turn = desk.client("甲").turn()
    desk.client("甲").say("accept", turn)
    with desk.database.reading() as db:
        number = history.of_record(db, turn["id"])[0].number
    answer = desk.client("乙").post("/review/undo", {"key": "undo-key-3", "decision": str(number)}, headers=HTMX)
    assert answer.status_code == 403
    assert len(said(desk, turn["id"])) == 1


def keep(me: Client, turn: dict[str, str], revision: int, **typed: str) -> int:
    form = {**turn, "revision": str(revision), "editing": "1", **typed}
    return int(me.post("/review/draft", form, headers=HTMX).status_code)


def test_a_draft_comes_back_and_an_older_one_does_not_replace_it(office: Callable[..., Office]) -> None:
    me = office(2).client("甲")
    turn = me.turn()
    assert keep(me, turn, 2, new_output="写到一半", note="待查", criterion_useful="3") == 204
    assert keep(me, turn, 1, new_output="更早的") == 204
    page = me.page("/review")
    assert texts(page)["output"] == "写到一半"
    assert page.css_first("textarea[name=note]").text().strip() == "待查"
    assert "checked" in page.css_first("input[name=criterion_useful][value='3']").attributes
    assert "editing" in (page.css_first("form[data-draft]").attributes["class"] or "")


def test_a_draft_is_nobody_elses_and_goes_with_the_decision(office: Callable[..., Office]) -> None:
    desk = office(2)
    me = desk.client("甲")
    turn = me.turn()
    keep(me, turn, 1, new_output="只给自己看的草稿")
    assert keep(desk.client("乙"), turn, 5, new_output="别人的") == 409
    me.say("skip", turn)
    assert "只给自己看的草稿" not in desk.client("乙").get("/review").text


def test_what_is_typed_is_compared_and_checked_by_the_rules(office: Callable[..., Office]) -> None:
    me = office(2).client("甲")
    page = me.page("/review")
    turn, before = fields(page), texts(page)
    answer = Html(me.post("/review/check", {**turn, "new_output": before["output"] + "加微信看图。"}).text)
    assert answer.css_first("ins").text() == "加微信看图。"
    assert "advert" in answer.css_first("li").text()
    assert "加微信看图" in answer.css_first("li").text()
    assert not Html(me.post("/review/check", {**turn, "new_output": before["output"]}).text).css("ins, del, li")


def test_when_nothing_waits_the_page_says_so(office: Callable[..., Office]) -> None:
    me = office(1).client("甲")
    answer = me.say("accept")
    assert "没有等着你审的记录" in answer.text
    assert me.get("/review").status_code == 200


def test_it_speaks_english_too(office: Callable[..., Office]) -> None:
    me = office(1).client("甲")
    assert "Usefulness" in me.get("/review", headers={"accept-language": "en-GB,en;q=0.9"}).text
    assert "有用性" in me.get("/review", headers={"accept-language": "fr"}).text
    me.get("/language?to=en&next=/review")
    assert "Usefulness" in me.get("/review").text


def test_a_megabyte_of_output_is_shown_in_part_and_edited_whole(office: Callable[..., Office]) -> None:
    long = "".join(f"第{number}句说的是一件小事。" for number in range(30_000))  # of three bytes a character
    assert len(long.encode()) > 1_000_000
    desk = office([note(1, text=long)])
    me = desk.client("甲")
    page = me.page("/review")
    assert texts(page)["output"] == long
    assert len(page.css_first(".text.output").text()) < len(long)
    assert "编辑框里是全文" in page.body.text()
    turn = fields(page)
    assert keep(me, turn, 1, new_output=long + "草稿。") == 204
    shown = Html(me.post("/review/check", {**turn, "new_output": long + "补一句。"}, headers=HTMX).text)
    assert shown.css_first("ins").text() == "补一句。"
    assert me.say("edit", turn, new_output=long + "补一句。").status_code == 200
    assert said(desk, turn["id"]) == [("甲", "edit", long + "补一句。")]


def test_what_is_asked_for_all_the_time_is_answered_in_turn(
    office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    came: list[str] = []

    async def counted(answer: Callable[[], object]) -> object:
        came.append("in turn")
        return answer()

    monkeypatch.setattr("cqia.desk.app.in_turn", counted)
    me = office(3).client("长", "senior")
    turn = me.turn()  # GET /review
    me.say("accept", turn)
    me.get("/search")
    assert len(came) == 3
    me.get("/overview")
    me.get("/search/history")
    assert len(came) == 3
