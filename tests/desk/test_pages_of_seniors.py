"""Search, bulk actions, one record's page, overview, agreement, inspection, audit: as seniors and others use them."""

from collections.abc import Callable

import pytest
from selectolax.lexbor import LexborHTMLParser as Html

from cqia.desk import search as pages
from cqia.desk.templating import span
from cqia.review import audits, bulk, history, search, suggestions
from cqia.review.audit import DRAWN
from cqia.review.decisions import CRITERIA
from cqia.review.items import item
from cqia.review.suggestions import Suggestion
from cqia.schema import frame
from desk_at_work import ALL, HTMX, Office
from made import note

KEY = {"key": "one-key-of-a-form"}


def found(page: Html) -> list[str]:
    return [node.text() for node in page.css("tbody th a")]


def sent(page: Html) -> dict[str, str]:
    """What the button of the page that asks whether one is sure sends."""
    form = {node.attributes["name"]: node.attributes["value"] or "" for node in page.css("main [name]")}
    return {str(name): value for name, value in form.items() if name != "csrf"}


def test_chinese_words_are_found(office: Callable[..., Office]) -> None:
    rows = [note(1, text="砂锅第一次用要先煮淘米水。"), note(2, text="电饭煲不用开锅，洗净就行。")]
    me = office(rows).client("甲")
    assert found(me.page("/search?text=砂锅")) == ["notes:n1/answer"]
    assert found(me.page("/search?text=开锅&shortest=5")) == ["notes:n2/answer"]
    assert found(me.page("/search?text=微波炉")) == []
    assert len(found(me.page("/search?state=waiting"))) == 2


@pytest.mark.parametrize(
    ("query", "named"),
    [("state=none", ""), ("at_least=x", "评分不低于"), ("shortest=1.5", "字数不少于"), ("after=x", "after"),
     ("text=" + "长" * 300, "text")],
)  # fmt: skip
def test_a_filter_that_cannot_be_is_said(office: Callable[..., Office], query: str, named: str) -> None:
    answer = office(1).client("甲").get(f"/search?{query}")
    assert (answer.status_code, named in answer.text) == (422, True)


@pytest.mark.parametrize("query", [{"longest": "0"}, {"at_most": "0.0"}])
def test_nought_is_asked_for_too(office: Callable[..., Office], query: dict[str, str]) -> None:
    page = office(2).client("丙", "senior").page("/search", params=query)
    assert "找到 0 条" in page.body.text()
    name, value = query.popitem()
    assert page.css_first(f"form.filters [name={name}]").attributes["value"] == value


#: Eight in which the words stand apart, and the ninth has them in a row.
APART = [note(n, text=f"搜索一下，再用索引，快引擎第{n}种，洗净就行。") for n in range(8)]
APART += [note(9, text="搜索引擎很好用，洗净就行。")]


def test_words_that_stand_apart_are_counted_as_at_most(
    office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*APART, note(10, text="又一个搜索引擎，洗净就行。")]
    me = office(rows).client("甲")
    assert "找到 2 条" in me.page("/search?text=搜索引擎").body.text()
    monkeypatch.setattr(pages, "PAGE", 1)
    first = me.page("/search?text=搜索引擎")
    assert "找到至多 10 条" in first.body.text()
    assert "找到 10 条" in me.page("/search?text=搜索").body.text()  # one term: it is found as it stands
    english = {"accept-language": "en"}
    assert "At most 10 found" in me.get("/search?text=搜索引擎", headers=english).text
    last = first.css_first("p > a.button[href*=after]").attributes["href"]
    assert "找到至多 10 条" in me.page(last).body.text()
    monkeypatch.setattr(search, "COUNTED", 3)
    assert "可能有 3 条以上" in me.page("/search?text=搜索引擎").body.text()


def test_a_page_on_which_nothing_matched_leads_on(
    office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"COUNTED": 5, "EXAMINED": 4, "CANDIDATES": 2}.items():
        monkeypatch.setattr(search, name, value)
    me = office(APART).client("甲")
    page, seen = me.page("/search?text=搜索引擎"), []
    assert "后面可能还有" in page.body.text()
    while links := page.css("p > a.button[href*=after]"):
        assert len(seen) < 9
        page = me.page(links[0].attributes["href"])
        seen += found(page)
    assert seen == ["notes:n9/answer"]
    assert "后面可能还有" not in me.page("/search?text=没有这话").body.text()


@pytest.mark.parametrize("text", ['"', "*", "，。！"])
def test_a_search_without_a_word_is_said(office: Callable[..., Office], text: str) -> None:
    answer = office(1).client("甲").get("/search", params={"text": text})
    assert (answer.status_code, "没有字词" in answer.text) == (422, True)


def test_a_reviewer_does_not_find_by_the_judges_verdict(office: Callable[..., Office]) -> None:
    desk = office(2)
    me, senior = desk.client("甲"), desk.client("丙", "senior")
    names = {node.attributes["name"] for node in me.page("/search").css("form.filters [name]")}
    assert not names & {"rule", "at_least", "at_most"}
    for query in ("at_least=9.9", "at_most=1", "rule=undecided"):
        assert len(found(me.page(f"/search?{query}"))) == 2
    assert found(senior.page("/search?at_most=1")) == []
    blind = office(2, ALL + 'verdicts = "at_once"\n').client("甲")
    assert found(blind.page("/search?at_most=1")) == []


def test_bulk_actions_are_one_line_each_and_can_be_undone(office: Callable[..., Office]) -> None:
    desk = office(4)
    senior = desk.client("丙", "senior")
    ids = found(senior.page("/search"))
    refused = senior.post("/search", {**KEY, "do": "accept", "scope": "ticked"})
    assert "一条也没有勾选" in refused.text
    assert senior.post("/search", {**KEY, "do": "reject", "scope": "ticked", "id": ids[:2]}).status_code == 422
    form = {**KEY, "do": "reject", "scope": "ticked", "id": ids[:2], "note": "整批离题"}
    asked = Html(senior.post("/search", form).text)
    assert "共 2 条，确定全部驳回吗" in asked.body.text()
    assert senior.page("/search/history").css("tbody tr") == []
    assert "原因：整批离题" in asked.body.text()
    form |= {"sure": sent(asked)["sure"]}
    assert [senior.post("/search", form).status_code for _ in range(2)] == [303, 303]  # sent twice, done once
    page = senior.page("/search/history")
    assert len(page.css("tbody tr")) == 1
    assert "整批离题" in page.body.text()
    undone = {"key": "another-key-of-a-form", "bulk": page.css_first("input[name=bulk]").attributes["value"]}
    assert senior.post("/search/undo", undone).status_code == 303
    with desk.database.reading() as db:
        assert [each.action for each in history.of_record(db, ids[0])] == ["reject", "undo"]
    everything = {"key": "a-third-key-of-a-form", "do": "accept", "scope": "all", "source": "notes"}
    assert "共 4 条" in senior.post("/search", everything).text
    assert senior.post("/search", sent(Html(senior.post("/search", everything).text))).status_code == 303
    assert len(found(senior.page("/search?state=decided"))) == 4
    assert len(senior.page("/search/history").css("tbody tr")) == 3  # of ticked ones, of an undo, of all that was found


def test_bulk_actions_are_not_for_reviewers(office: Callable[..., Office]) -> None:
    desk = office(2)
    me = desk.client("甲")
    assert not me.page("/search").css("input[name=id]")
    assert me.post("/search", {**KEY, "do": "accept", "scope": "all"}).status_code == 403
    assert len(found(me.page("/search?state=waiting"))) == 2


def test_records_are_assigned(office: Callable[..., Office]) -> None:
    desk = office(3)
    senior, me = desk.client("丙", "senior"), desk.client("甲")
    id = found(senior.page("/search"))[2]
    form = {**KEY, "do": "assign", "scope": "ticked", "id": [id, id], "to": "没有这人"}
    refused = senior.post("/search", form)
    assert (refused.status_code, "没有叫这个名字的审核员" in refused.text) == (404, True)
    asked = Html(senior.post("/search", form | {"to": "甲"}).text)
    assert "共 1 条，把其中待审的分配给 甲？" in asked.body.text()  # ticked twice, counted once
    assert senior.post("/search", sent(asked)).status_code == 303
    assert me.turn()["id"] == id
    english = senior.post("/search", form | {"to": ""}, headers={"accept-language": "en"}).text
    assert "1 found. Let everybody take those still waiting?" in english


def test_what_a_senior_agreed_to_is_done_and_nothing_else(office: Callable[..., Office]) -> None:
    desk = office(4)
    one, other = desk.client("丙", "senior"), desk.client("丁", "senior")
    ids = found(one.page("/search"))
    everything = {**KEY, "do": "accept", "scope": "all", "state": "waiting"}
    asked = Html(one.post("/search", everything).text)
    assert "共 4 条，确定全部通过吗" in asked.body.text()
    other.say("accept")
    again = one.post("/search", sent(asked))
    page = Html(again.text)
    assert (again.status_code, "共 3 条" in page.body.text(), "刚才有了变动" in page.body.text()) == (409, True, True)
    assert one.page("/search/history").css("tbody tr") == []
    assert one.post("/search", sent(page)).status_code == 303
    with desk.database.reading() as db:
        assert [each.count for each in history.of_bulk(db)] == [3]
    for done in ({"scope": "all"}, {"scope": "ticked", "id": ids}, {"scope": "all", "text": "没有这话"}):
        nothing = one.post("/search", {"key": "another-key-of-a-form", "do": "accept", **done})
        assert (nothing.status_code, "没有改动" in nothing.text) == (422, True)
    unknown = {**KEY, "do": "accept", "scope": "ticked", "id": [*ids, "notes:none"]}
    assert one.post("/search", unknown).status_code == 404


def test_double_review_is_blind_on_the_records_page_too(office: Callable[..., Office]) -> None:
    desk = office(1, ALL + "double = 1.0\n")
    one, other = desk.client("甲"), desk.client("乙")
    turn = one.turn()
    one.say("accept", turn, note="只给自己看")
    assert "只给自己看" in one.page(f"/record?id={turn['id']}").body.text()
    page = other.page(f"/record?id={turn['id']}").body.text()
    assert "只给自己看" not in page
    assert "heuristic" not in page


def test_a_gold_question_is_made_and_no_more(office: Callable[..., Office]) -> None:
    desk = office(2, ALL + "gold = 1.0\n")
    senior = desk.client("丙", "senior")
    id = found(senior.page("/search"))[0]
    senior.post("/record/gold", {"id": id, "action": "reject"})
    assert "驳回" in senior.page(f"/record?id={id}").css_first("details summary .badge").text()
    senior.post("/record/gold", {"id": id, "action": "none"})
    assert not senior.page(f"/record?id={id}").css("details summary .badge")
    assert "gold" not in desk.client("甲").get(f"/record?id={id}").text


def test_a_senior_is_told_how_many_would_be_acted_on(
    office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office(5)
    senior = desk.client("丙", "senior")
    assert "找到 5 条" in senior.get("/search").text
    monkeypatch.setattr(search, "COUNTED", 2)
    assert "找到 5 条" in senior.get("/search").text  # all are on the page
    monkeypatch.setattr(pages, "PAGE", 1)
    assert "找到 2 条以上" in senior.get("/search").text
    assert "2 or more found" in senior.get("/search", headers={"accept-language": "en"}).text
    everything = {"do": "accept", "scope": "all", "key": "bulk-key-9"}
    assert "共 5 条" in senior.post("/search", everything).text
    monkeypatch.setattr(bulk, "MOST", 4)
    assert senior.post("/search", everything).status_code == 422


def test_a_suggestion_is_marked_and_whether_it_was_taken_is_kept(office: Callable[..., Office]) -> None:
    desk = office(3)
    me = desk.client("甲")
    for said, edited, kept in (
        ("taken", "模型的句子。", "taken"),
        ("taken", "模型的句子，我再改改。", "changed"),
        ("refused", "", "refused"),
    ):
        id = me.turn()["id"]
        with desk.database.writing() as db:
            offered = Suggestion(id, "some-model", item(db, id).text_digest, "edit", "更清楚", output="模型的句子。")
            suggestions.offer(db, offered)
        page = me.page("/review")
        assert "由模型 some-model 给出" in page.body.text()
        assert page.css_first("[data-suggested=output]").attributes["data-text"] == "模型的句子。"
        action = {"new_output": edited} if edited else {}
        assert me.say("edit" if edited else "accept", suggestion=said, **action).status_code == 200
        with desk.database.reading() as db:
            assert history.of_record(db, id)[0].suggestion == kept


def test_the_overview_counts_and_warns(office: Callable[..., Office]) -> None:
    desk = office(3)
    me, senior = desk.client("甲"), desk.client("丙", "senior")
    me.say("accept")
    numbers = [node.text().strip() for node in senior.page("/overview").css(".numbers dd")]
    assert {"33.3%", "1", "2"} <= set(numbers)
    assert "甲" in senior.page("/overview").body.text()
    rows = desk.client("乙").page("/overview").css("table")[-1].text()
    assert "甲" not in rows  # how others work is for seniors


def test_who_always_says_the_same_is_named_to_seniors(office: Callable[..., Office]) -> None:
    desk = office(21, ALL + "double = 1.0\n")
    one, other, senior = desk.client("甲"), desk.client("乙"), desk.client("丙", "senior")
    marks = {f"criterion_{name}": "4" for name in CRITERIA}
    for number in range(21):
        assert one.say("accept", **marks).status_code == 200
        assert other.say("reject" if number % 2 else "accept", note="不好", **marks).status_code == 200
    said = [node.text() for node in senior.page("/overview").css("td .badge.bad")]
    assert said == ["连续 21 条都是同一个答案（通过 4 4 4 4 4 4）"]


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0, "0 秒", "0 s"),
        (59.6, "1 分", "1 min"),
        (3450, "57 分 30 秒", "57 min 30 s"),
        (90_061, "1 天 1 小时", "1 d 1 h"),
    ],
)
def test_a_time_span_is_said_in_the_visitors_language(seconds: float, zh: str, en: str) -> None:
    assert (span(seconds, "zh"), span(seconds, "en")) == (zh, en)


def test_agreement_is_shown_with_intervals(office: Callable[..., Office]) -> None:
    desk = office(4, ALL + "double = 1.0\n")
    one, other, senior = desk.client("甲"), desk.client("乙"), desk.client("丙", "senior")
    assert "还没有" in senior.page("/overview/agreement").body.text()
    for number in range(4):
        marks = {f"criterion_{name}": str(1 + number % 5) for name in CRITERIA}
        assert one.say("accept", **marks).status_code == 200
        assert other.say("accept", **marks).status_code == 200
    text = senior.page("/overview/agreement").body.text()
    assert "有用性" in text
    assert "1.00" in text
    assert "乙 · 甲" in text
    shown = [node.text() for node in senior.page("/overview/agreement").css("table")[0].css("tbody th")]
    assert shown == ["去留", "有用性", "专业性", "逻辑性", "详细度", "客观性", "无害性"]


def test_a_batch_is_inspected_and_goes_back(office: Callable[..., Office]) -> None:
    desk = office(3)
    me, inspector, senior = desk.client("甲"), desk.client("乙"), desk.client("丙", "senior")
    assert senior.post("/inspection/begin", {"name": "空的", "size": "5"}).status_code == 422
    for _ in range(3):
        me.say("accept")
    assert senior.post("/inspection/begin", {"name": "第一批", "size": "3"}).status_code == 303
    assert inspector.post("/inspection/begin", {"name": "不许", "size": "3"}).status_code == 403

    def check(said: str, note: str = "") -> int:
        form = inspector.page("/inspection?name=第一批").css_first("form.desk")
        hidden = {node.attributes["name"]: node.attributes["value"] for node in form.css("input[type=hidden]")}
        hidden.pop("csrf")
        return int(inspector.post("/inspection", {**hidden, "correct": said, "note": note}).status_code)

    assert check("no") == 422  # what is wrong must be said
    assert [check("yes"), check("yes"), check("no", "答非所问")] == [303, 303, 303]
    page = inspector.page("/inspection?name=第一批").body.text()
    assert "退回" in page
    assert "答非所问" in page
    assert len(found(me.page("/search?state=waiting"))) == 3
    assert senior.post("/inspection/again", {"name": "第一批"}).status_code == 422  # not all are decided again


def test_an_audit_is_answered_and_counted(office: Callable[..., Office]) -> None:
    desk = office(2)
    me, senior = desk.client("甲"), desk.client("丙", "senior")
    assert "还没有抽查" in me.page("/audit").body.text()
    row = {"nth": 1, "id": "x", "source": "notes", "instruction": "问", "input": "", "output": "答", "text_digest": "0"}
    with desk.database.writing() as db:
        audits.begin(db, "一月", frame([row], DRAWN), seed=1, by_source=False)
    hidden = {"name": "一月", "id": "x", **KEY}
    assert me.post("/audit", {**hidden, "answer_correct": "yes"}).status_code == 422
    answers = {f"answer_{name}": "yes" for name in ("correct", "instruction", "complete")} | {"answer_harmless": "no"}
    assert me.post("/audit", {**hidden, **answers}).status_code == 303
    assert "你都查完了" in me.page("/audit?name=一月").body.text()
    assert me.get("/audit/table?name=一月").status_code == 403
    table = senior.page("/audit/table?name=一月").body.text()
    assert "100.0%" in table
    assert "0.0%" in table
    assert me.post("/audit", {**hidden, "id": "forged", "key": "other-key-1", **answers}).status_code == 404


def test_a_record_opened_from_search_is_claimed(office: Callable[..., Office]) -> None:
    desk = office(3)
    me, other = desk.client("甲"), desk.client("乙")
    id = found(me.page("/search"))[2]
    turn = me.turn(f"/review?id={id}")
    assert turn["id"] == id
    assert other.get(f"/review?id={id}").status_code == 409
    assert me.get("/review?id=no:such/record").status_code == 404
    assert me.say("accept", turn).status_code == 200
    assert other.get(f"/review?id={id}").status_code == 403


def test_adjudication_is_a_seniors_and_final(office: Callable[..., Office]) -> None:
    desk = office(1, ALL + "double = 1.0\n")
    one, other, senior = desk.client("周一"), desk.client("郑二"), desk.client("吴三", "senior")
    id = one.turn()["id"]
    one.say("accept")
    other.say("reject", reason="wrong", note="事实有误")
    page = senior.page("/adjudicate")
    assert "事实有误" in page.body.text()
    assert "郑二" not in page.body.text()
    form = {
        node.attributes["name"]: node.attributes["value"] for node in page.css("form[data-draft] input[type=hidden]")
    }
    form.pop("csrf")
    assert senior.post("/review/save", {**form, "action": "accept"}, headers=HTMX).status_code == 303
    with desk.database.reading() as db:
        assert history.of_record(db, id)[-1].kind == "adjudicate"
        assert item(db, id).state == "decided"
