"""Finding records in Chinese, and by everything else that is known of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cqia.review import bulk, flags, items, search, store, text_index
from cqia.review.bigrams import asked, fold, has, terms
from cqia.review.items import Queue
from cqia.review.refused import Refused
from cqia.review.search import Filter
from desk_people import next_for, record, say

TEXTS = {
    0: "搜索引擎怎样建立索引？",
    1: "引擎盖打不开，先别搜索。",
    2: "繁體中文的檢索也要能找到",
    3: "用ＰＹＴＨＯＮ写 C++ 的绑定，版本 3.11",
    4: "只有一个猫字",
    5: "𠮷野家的牛肉饭",
    6: "It's \"quoted\" AND (NEAR) * ^ - : 'x'",
}


def found(database, **named):
    with database.reading() as db:
        return {int(hit.id.removeprefix("notes:n").removesuffix("/answer")) for hit in
                search.search(db, Filter(**named)).hits}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("搜索", {0, 1}), ("搜索引擎", {0}), ("引擎 搜索", {0, 1}), ("引擎盖", {1}), ("擎盖打不", {1}),
        ("繁体中文", {2}), ("檢索", {2}), ("python", {3}), ("PYTH", {3}), ("ython", set()), ("c++", {3}), ("3.11", {3}),
        ("猫", {4}), ("字", {4}), ("𠮷野", {5}), ("quoted", {6}), ("it's", {6}), ("索搜", set()),
        ('" OR "', set()), ("猫*", set()), ("'x'", {6}), ("near", {6}), ("搜索引擎怎样建立索引？", {0}),
        ("有", {4}), ("的", {2, 3, 5}), ("要 到", {2}), ("的绑", {3}), ("樣", {0}),
    ],
)  # fmt: skip
def test_words_are_found(database, feed, text, wanted):
    items.sync(database, [feed([record(n, output=each) for n, each in TEXTS.items()])], Queue(require="all"))
    assert found(database, text=text) == wanted


@pytest.mark.parametrize("text", ["？！", "…… ——", "\u202e"])
def test_what_has_no_word_is_refused(desk, text):
    database = desk(1)
    with database.reading() as db, pytest.raises(Refused) as refused:
        search.search(db, Filter(text=text))
    assert refused.value.reason == "invalid"


HAN = st.text(st.sampled_from("的一是不搜索引擎汉字簡體ａＢ1 ，。'\"*"), max_size=30)


@given(HAN, st.integers(0, 29), st.integers(1, 6))
@settings(max_examples=300)
def test_every_stretch_of_a_text_finds_it(text, start, size):
    query = text[start : start + size]
    words = [word for word in fold(query).split() if asked(word)]
    han = all("\u4e00" <= character <= "\u9fff" for word in words for character in word)
    if words and han:
        assert all(
            term in terms(text) or (begins and any(each.startswith(term) for each in terms(text)))
            for term, begins in asked(query)
        )
    if has(text, query) and query.strip():
        assert fold(query.split()[0]) in fold(text) if query.split() else True


def test_words_far_apart_are_candidates_and_no_results(database, feed):
    rows = [record(n, output="引擎与搜索；索引") for n in range(300)] + [record(301, output="搜索引擎")]
    items.sync(database, [feed(rows)], Queue(require="all"))
    assert found(database, text="搜索引擎") == {301}


def test_pages_follow_one_another_and_leave_nothing_out(database, feed, monkeypatch):
    items.sync(database, [feed([record(n, output=f"同样的话{n}") for n in range(120)])], Queue(require="all"))
    seen, after = [], None
    with database.reading() as db:
        while True:
            page = search.search(db, Filter(text="同样的话"), after, limit=50)
            seen += [hit.id for hit in page.hits]
            if page.after is None:
                break
            after = page.after
        assert len(seen) == len(set(seen)) == 120
        assert page.count == 120
        assert len(search.search(db, Filter(text="同样的话"), -1, limit=200).hits) == 120
        assert search.search(db, Filter(text="同样的话"), 2**62).hits == ()
        monkeypatch.setattr(search, "COUNTED", 10)
        assert search.search(db, Filter()).count == 10
        assert len(search.numbers(db, Filter(), 120)) == len(search.numbers(db, Filter(text="话"), 120)) == 120


def test_a_record_whose_text_is_changed_meanwhile_is_taken_once(database, feed, monkeypatch):
    rows = [record(n, output=f"同样的话{n}") for n in range(12)]
    items.sync(database, [feed(rows)], Queue(require="all"))
    places, looked = text_index.places, []

    def looked_up(*args, **named):
        looked.append(places(*args, **named))
        if len(looked) == 1:
            items.sync(database, [feed([record(0, output="同样的话，改了"), *rows[1:]])], Queue(require="all"))
        return looked[-1]

    monkeypatch.setattr(search, "COUNTED", 5)
    monkeypatch.setattr(text_index, "places", looked_up)
    with database.reading() as db:
        numbers = search.numbers(db, Filter(text="同样的话"), 12)
    assert len(looked) > 1
    assert len(numbers) == len(set(numbers)) == 12


def test_a_filter_remembers_all_that_it_asks_for():
    wanted = {"at_least": 0.0, "at_most": 0.0, "shortest": 0, "longest": 0, "text": "0"}
    assert Filter(**wanted, flagged=False, source=None).to_dict() == wanted
    assert Filter(text="", flagged=True).to_dict() == {"flagged": True}


@pytest.fixture
def mixed(desk):
    rows = [record(n, score=8 + n / 4, output="长" * (n + 1), domain=["医学" if n % 2 else "法律"]) for n in range(6)]
    database = desk(records=[*rows, record(0, "law")])
    say(database, next_for(database, "甲"), "甲", "reject")
    with database.writing() as db:
        flags.flag(db, "乙", "notes:n3/answer", "看看")
    return database


@pytest.mark.parametrize(
    ("wanted", "many"),
    [
        ({}, 7), ({"source": "law"}, 1), ({"source": "nowhere"}, 0), ({"field": "医学"}, 3),
        ({"at_least": 9.0}, 3), ({"at_most": 8.5}, 3), ({"at_least": 8.25, "at_most": 8.75}, 3),
        ({"shortest": 4, "longest": 5}, 2), ({"state": "decided"}, 1), ({"state": "waiting"}, 6),
        ({"reviewer": "甲"}, 1), ({"reviewer": "乙"}, 0), ({"action": "reject"}, 1), ({"action": "accept"}, 0),
        ({"flagged": True}, 1), ({"rule": "undecided"}, 0), ({"text": "长长", "field": "法律"}, 2),
    ],
)  # fmt: skip
def test_filters(mixed, wanted, many):
    with mixed.reading() as db:
        page = search.search(db, Filter(**wanted))
    hits, counted = page.hits, page.count
    many -= any(hit.source == "law" for hit in hits) and "at_least" in wanted
    assert counted == len(hits)
    assert len(hits) in (many, many + 1)


def test_what_can_be_chosen(mixed):
    with mixed.reading() as db:
        facets = search.facets(db)
        assert facets["source"] == ["law", "notes"]
        assert facets["field"] == ["医学", "法律", "通用"] or set(facets["field"]) == {"医学", "法律", "通用"}
        assert facets["reviewer"] == ["甲"]
        with pytest.raises(Refused):
            search.search(db, Filter(state="lost"))


def act(database, who, what, *args, key="bulk-key-1", **named):
    with database.writing() as db:
        return what(db, who, key, *args, **named)


def test_many_at_once_are_one_line_and_can_be_undone(mixed, where):
    number = act(mixed, "长", bulk.decide, "accept", Filter(source="notes"))
    assert act(mixed, "长", bulk.decide, "reject", Filter(), "后来的请求") == number  # the same key
    with mixed.reading() as db:
        (line,) = search_history(db)
        counted = search.search(db, Filter(source="notes", state="decided")).count
    assert (line.action, line.reviewer, line.filter, line.count) == ("accept", "长", {"source": "notes"}, 6)
    assert counted == 6
    assert set(store.latest(where)["action"]) <= {"accept", "reject"}
    act(mixed, "长", bulk.undo, number, key="bulk-key-2")
    with mixed.reading() as db:
        assert len(search_history(db)) == 2
        rejected = search.search(db, Filter(state="decided")).hits
    assert [hit.action for hit in rejected] == ["reject"]  # what had been said before counts again
    with pytest.raises(Refused) as refused:
        act(mixed, "长", bulk.undo, number, key="bulk-key-3")
    assert refused.value.reason == "nothing_to_undo"


def search_history(db):
    from cqia.review import history

    return history.of_bulk(db)


def test_a_record_that_is_taken_from_somebody_in_the_middle(mixed):
    turn = next_for(mixed, "乙")
    act(mixed, "长", bulk.decide, "reject", [turn.item.id], "整批不要")
    with pytest.raises(Refused) as refused:
        say(mixed, turn, "乙")
    assert refused.value.reason == "lease_lost"


@pytest.mark.parametrize(
    ("who", "args", "reason"),
    [
        ("甲", ("accept", Filter()), "forbidden"),
        ("长", ("edit", Filter()), "invalid"),
        ("长", ("reject", Filter()), "invalid"),
        ("长", ("accept", ["notes:none"]), "unknown"),
        ("长", ("accept", ["x"] * 10_001), "too_many"),
        ("长", ("accept", Filter(text="？")), "invalid"),
    ],
)
def test_what_cannot_be_done_to_many(mixed, who, args, reason):
    with pytest.raises(Refused) as refused:
        act(mixed, who, bulk.decide, *args)
    assert refused.value.reason == reason
    with mixed.reading() as db:
        assert search_history(db) == []


@pytest.mark.parametrize("what", ["accept", "reject", "assign"])
def test_an_action_is_about_what_was_agreed_to_or_is_not_done(mixed, what):
    wanted = Filter(source="notes", state="waiting")

    def do(agreed):
        if what == "assign":
            return act(mixed, "长", bulk.assign, wanted, "丙", agreed=agreed)
        return act(mixed, "长", bulk.decide, what, wanted, "整批", agreed=agreed)

    with mixed.reading() as db:
        count, agreed = bulk.about(db, what, wanted)
    assert count == 5
    say(mixed, next_for(mixed, "乙"), "乙")
    with pytest.raises(bulk.Changed):
        do(agreed)
    with mixed.reading() as db:
        assert search_history(db) == []
        count, agreed = bulk.about(db, what, wanted)
    assert count == 4
    number = do(agreed)
    assert do("of another time") == number  # the same key: it is done already
    with mixed.reading() as db:
        assert [line.count for line in search_history(db)] == [4]


def test_what_an_action_is_about_is_counted_without_what_is_so_already(mixed):
    with mixed.reading() as db:
        assert bulk.about(db, "reject", Filter())[0] == bulk.about(db, "accept", Filter())[0] - 1 == 6
        ids = ["notes:n3/answer", "notes:n3/answer"]
        assert bulk.about(db, "accept", ids)[0] == bulk.about(db, "assign", ids)[0] == 1


def test_more_than_may_be_changed_at_once(mixed, monkeypatch):
    monkeypatch.setattr(bulk, "MOST", 3)
    with pytest.raises(Refused) as refused:
        act(mixed, "长", bulk.decide, "accept", Filter())
    assert refused.value.reason == "too_many"


def test_records_are_kept_for_somebody(desk):
    database = desk(4)
    wanted = ["notes:n2/answer", "notes:n3/answer"]
    number = act(database, "长", bulk.assign, wanted, "丙")
    assert number == 1
    others = {next_for(database, name).item.id for name in ("甲", "乙")}
    assert not others & set(wanted)
    assert next_for(database, "管") is None
    assert next_for(database, "丙").item.id in wanted
    act(database, "长", bulk.assign, wanted, None, key="bulk-key-2")
    assert next_for(database, "管").item.id in wanted
    with pytest.raises(Refused):
        act(database, "长", bulk.assign, wanted, "无名", key="bulk-key-3")


def test_of_a_record_that_two_must_see_one_vote_is_assigned(desk):
    database = desk(1, double=1.0)
    act(database, "长", bulk.assign, Filter(), "丙")
    say(database, next_for(database, "丙"), "丙")
    assert next_for(database, "丙") is None
    assert next_for(database, "甲") is not None
