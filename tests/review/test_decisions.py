"""Saving decisions: once, about the very text, undone by a new row, and what a reviewer must not send."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, func, select, update

from cqia.review import accounts, clock, drafts, flags, front, gold, history, items, queue, store, suggestions
from cqia.review.decisions import REASONS, save, undo
from cqia.review.items import Queue
from cqia.review.refused import Refused
from cqia.review.standing import decide
from cqia.review.suggestions import Suggestion
from cqia.review.tables import decisions, turns
from desk_people import next_for, record, say, state, this_one, verdict

N0 = "notes:n0/answer"


def rows(database):
    with database.reading() as db:
        return db.execute(select(func.count()).select_from(decisions)).scalar_one()


def take_back(database, reviewer, number=None, key="undo-00001"):
    with database.writing() as db:
        return undo(db, reviewer, key, number)


def test_a_replayed_request_changes_nothing(desk):
    database = desk(2)
    turn = next_for(database, "甲")
    first = say(database, turn, "甲", key="the-same-key")
    again = say(database, turn, "甲", "reject", key="the-same-key")
    assert (again.number, again.action, again.replayed, first.replayed) == (first.number, "accept", True, False)
    assert rows(database) == 1
    with pytest.raises(Refused) as refused:  # another key: a second window
        say(database, turn, "甲", "reject")
    assert refused.value.reason == "lease_lost"
    other = next_for(database, "乙")
    assert not say(database, other, "乙", key="the-same-key").replayed  # a key is one reviewer's


def test_a_decision_holds_everything_that_was_said(desk):
    database = desk(1)
    turn = next_for(database, "甲")
    say(database, turn, "甲", "edit", reasons=(), reason="补一句", output="新的回答。",
        ratings={"useful": 5, "harmless": 1}, suggestion="changed")  # fmt: skip
    with database.reading() as db:
        (past,) = history.of_record(db, turn.item.id)
        assert items.item(db, N0).decision == past.number
    assert (past.action, past.kind, past.reviewer, past.reason) == ("edit", "review", "甲", "补一句")
    assert (past.instruction, past.input, past.output) == (None, None, "新的回答。")
    assert past.ratings == {"useful": 5, "harmless": 1}
    assert past.text_digest == turn.item.text_digest
    assert past.suggestion == "changed"
    assert past.seconds >= 0


@pytest.mark.parametrize(
    ("action", "named", "says"),
    [
        ("maybe", {}, "maybe"),
        ("reject", {"reason": " "}, "reason"),
        ("reject", {"reasons": ("boring",)}, "boring"),
        ("edit", {"output": None}, "change something"),
        ("edit", {"output": "先看看第0件，再慢慢来。"}, "change something"),
        ("edit", {"output": " \n"}, "empty"),
        ("edit", {"output": "a\0b"}, "NUL"),
        ("edit", {"output": "半个字\ud83d"}, "half"),
        ("edit", {"output": "长" * 2_000_001}, "2,000,001"),
        ("accept", {"reason": "长" * 10_001}, "10,001"),
        ("accept", {"ratings": {"pretty": 5}}, "pretty"),
        ("accept", {"ratings": {"useful": 6}}, "useful"),
        ("accept", {"ratings": {"useful": True}}, "useful"),
        ("accept", {"key": "short"}, "key"),
        ("accept", {"key": "k" * 201}, "key"),
    ],
)
def test_what_is_no_verdict_is_refused_and_stores_nothing(desk, action, named, says):
    database = desk(1)
    turn = next_for(database, "甲")
    with database.writing() as db, pytest.raises(Refused, match=says) as refused:
        save(db, verdict(turn, "甲", action, **named))
    assert refused.value.reason == "invalid"
    assert rows(database) == 0
    assert say(database, turn, "甲").state == "decided"


def test_sql_and_markup_in_every_field_are_text(desk):
    database = desk(1)
    evil = "'; DROP TABLE decisions; -- <script>alert(1)</script> \u202e%s {} \\"
    turn = next_for(database, "甲")
    say(database, turn, "甲", "edit", reason=evil, output=evil, key=f"key {evil}")
    with database.reading() as db:
        (past,) = history.of_record(db, N0)
    assert (past.reason, past.output) == (evil, evil)
    with database.reading() as db, pytest.raises(Refused):
        items.item(db, evil)


def test_a_text_that_has_changed_meanwhile_asks_again(desk, feed):
    database = desk(1)
    turn = next_for(database, "甲")
    items.sync(database, [feed([record(0, output="别的回答。")])], Queue(require="all"))
    with pytest.raises(Refused) as refused:
        say(database, turn, "甲")
    assert refused.value.reason == "text_changed"
    now = next_for(database, "甲")
    assert now.item.output == "别的回答。"
    assert say(database, now, "甲").state == "decided"


def test_a_decided_text_that_changes_waits_again_and_comes_back(desk, feed):
    database = desk(1)
    say(database, next_for(database, "甲"), "甲")
    changed = record(0, output="别的回答。")
    assert items.sync(database, [feed([changed])], Queue(require="all")).changed == 1
    assert state(database, N0) == "waiting"
    assert items.sync(database, [feed([record(0)])], Queue(require="all")).changed == 1
    assert state(database, N0) == "decided"
    assert rows(database) == 1


def test_undo_appends_and_puts_the_record_back(desk, where):
    database = desk(2)
    turn = next_for(database, "甲")
    saved = say(database, turn, "甲", "reject")
    assert store.latest(where)["action"].to_list() == ["reject"]
    undone = take_back(database, "甲")
    assert (undone.id, undone.action, undone.state) == (turn.item.id, "undo", "waiting")
    assert take_back(database, "甲").replayed
    assert rows(database) == 2
    assert store.latest(where).is_empty()
    again = next_for(database, "甲")
    assert again.item.id == turn.item.id
    assert next_for(database, "乙").item.id != turn.item.id
    say(database, again, "甲")
    assert store.latest(where)["action"].to_list() == ["accept"]
    with database.reading() as db:
        assert [(each.action, each.undone) for each in history.of_record(db, turn.item.id)] == [
            ("reject", True), ("undo", False), ("accept", False)]  # fmt: skip
    with pytest.raises(Refused) as refused:
        take_back(database, "甲", saved.number, key="undo-00002")
    assert refused.value.reason == "nothing_to_undo"


def test_undo_is_for_one_s_own_or_for_a_senior(desk):
    database = desk(2)
    with pytest.raises(Refused) as nothing:
        take_back(database, "甲")
    assert nothing.value.reason == "nothing_to_undo"
    saved = say(database, next_for(database, "甲"), "甲")
    with pytest.raises(Refused) as refused:
        take_back(database, "乙", saved.number)
    assert refused.value.reason == "forbidden"
    assert take_back(database, "长", saved.number).state == "waiting"
    assert next_for(database, "甲").item.id == saved.id


def test_undoing_a_skip_that_another_has_taken_over(desk):
    database = desk(1)
    turn = next_for(database, "甲")
    say(database, turn, "甲", "skip")
    theirs = next_for(database, "乙")
    with pytest.raises(Refused) as refused:
        take_back(database, "甲")
    assert refused.value.reason == "lease_lost"
    with database.writing() as db:
        queue.release(db, "乙", theirs.number, theirs.token)
    assert take_back(database, "甲", key="undo-00002").state == "waiting"
    assert next_for(database, "甲").item.id == turn.item.id
    assert next_for(database, "乙") is None


def test_undoing_one_vote_opens_the_disagreement_again(desk, where):
    database = desk(1, double=1.0)
    say(database, next_for(database, "甲"), "甲")
    say(database, next_for(database, "乙"), "乙", "reject")
    assert store.latest(where).is_empty()  # nobody has decided yet
    take_back(database, "乙")
    assert state(database, N0) == "waiting"
    assert next_for(database, "长", kind="adjudicate") is None
    assert say(database, next_for(database, "乙"), "乙").state == "decided"
    assert store.latest(where)["action"].to_list() == ["accept"]


def test_votes_are_hidden_until_both_are_there(desk):
    database = desk(1, double=1.0)
    say(database, next_for(database, "甲"), "甲", "edit", output="一")
    with database.reading() as db, pytest.raises(Refused):
        history.versions(db, items.item(db, N0))
    say(database, next_for(database, "乙"), "乙", "edit", output="二")
    with database.reading() as db:
        seen = history.versions(db, items.item(db, N0))
        assert [(each.reviewer, each.output) for each in seen] == [("甲", "一"), ("乙", "二")]
        assert history.looked_at(db, "甲", N0)
        assert not history.looked_at(db, "丙", N0)


def test_an_adjudication_is_what_counts(desk, where):
    database = desk(1, double=1.0)
    say(database, next_for(database, "甲"), "甲", "edit", output="一")
    say(database, next_for(database, "乙"), "乙", "edit", output="二")
    say(database, next_for(database, "长", kind="adjudicate"), "长", "edit", output="三")
    assert store.latest(where).select("reviewer", "output").rows() == [("长", "三")]
    take_back(database, "长")
    assert state(database, N0) == "disagreed"
    assert store.latest(where).is_empty()


def test_drafts_are_kept_and_go_with_the_decision(desk):
    database = desk(1)
    turn = next_for(database, "甲")

    def keep(revision, text):
        with database.writing() as db:
            return drafts.keep(db, "甲", N0, revision, {"new_output": text, "reason": ["wrong"]}, "d")

    assert keep(1, "一")
    assert keep(3, "三")
    assert not keep(2, "二")  # came late
    with database.reading() as db:
        found = drafts.draft(db, "甲", N0)
        assert (found.content["new_output"], found.revision, found.text_digest) == ("三", 3, "d")
        assert drafts.draft(db, "乙", N0) is None
    for revision, text in ((-1, "x"), (2**60, "x"), (9, "x" * 4_000_000), (9, "\0"), (9, "\ud800")):
        with pytest.raises(Refused):
            keep(revision, text)
    say(database, turn, "甲")
    with database.reading() as db:
        assert drafts.draft(db, "甲", N0) is None


def test_gold_questions_are_mixed_in_and_scored(desk, where):
    database = desk(3)
    with database.writing() as db:
        gold.put(db, "长", N0, "reject", "错的")
        gold.put(db, "长", "notes:n1/answer", "accept")
    first = next_for(database, "甲", gold_share=1.0)
    second_kind = {}
    say(database, first, "甲", "reject")
    second = next_for(database, "甲", gold_share=1.0)
    say(database, second, "甲", "reject")
    for turn in (first, second):
        second_kind[turn.item.id] = turn.kind
    assert second_kind == {N0: "gold", "notes:n1/answer": "gold"}
    assert next_for(database, "甲", gold_share=1.0).kind == "review"  # no question twice
    assert store.latest(where).is_empty()  # an answer to a gold question decides nothing
    with database.reading() as db:
        (found,) = gold.accuracy(db)
        assert (found.reviewer, found.answered, found.right) == ("甲", 2, 1)
        assert len(gold.questions(db)) == 2
    with database.writing() as db:
        gold.remove(db, N0)
    with database.reading() as db:
        assert gold.accuracy(db)[0].answered == 1
    with database.writing() as db, pytest.raises(Refused):
        gold.put(db, "长", N0, "skip")


def test_a_gold_answer_about_a_decided_record_changes_nothing_of_it(desk):
    database = desk(1)
    saved = say(database, next_for(database, "甲"), "甲")
    with database.writing() as db:
        gold.put(db, "长", N0, "accept")
    question = next_for(database, "乙", gold_share=1.0)
    assert question.kind == "gold"
    assert say(database, question, "乙", "reject").state == "decided"
    with database.reading() as db:
        assert items.item(db, N0).decision == saved.number


def test_a_gold_answer_takes_a_record_from_nobody(desk):
    database = desk(1)
    say(database, next_for(database, "甲"), "甲")
    with database.writing() as db:
        gold.put(db, "管", N0, "accept")
        turn = this_one(db, "长", N0)
    question = next_for(database, "乙", gold_share=1.0)
    with database.writing() as db:
        save(db, verdict(question, "乙", "reject"))
    assert say(database, turn, "长", "reject").state == "decided"


def test_what_is_gone_while_it_is_looked_at_stays_gone(desk, feed):
    database = desk(1)
    turn = next_for(database, "甲")
    assert items.sync(database, [feed([])], Queue(require="all")).gone == 1
    assert say(database, turn, "甲").state == "gone"


def test_when_one_is_enough_by_now_the_other_is_not_asked_any_more(desk, feed):
    database = desk(1, double=1.0)
    one, other = next_for(database, "甲"), next_for(database, "乙")
    items.sync(database, [feed([record(0)])], Queue(require="all"))
    assert say(database, one, "甲").state == "decided"
    with pytest.raises(Refused) as refused:
        say(database, other, "乙", "reject")
    assert refused.value.reason == "lease_lost"


def test_a_record_that_has_changed_since_it_was_looked_at_is_not_decided_in_passing(desk):
    database = desk(1)
    with database.writing() as db:
        item = items.item(db, N0)
        now = clock.now(db)
        assert not decide(db, item.number, item.text_digest, None, 8, now)  # somebody has a turn at it
        db.execute(update(turns).values(decision=8))
        for digest, before in ((item.text_digest, 7), ("another", None)):
            assert not decide(db, item.number, digest, before, 8, now)
        assert items.item(db, N0).state == "waiting"
        assert decide(db, item.number, item.text_digest, None, 8, now)
        assert items.item(db, N0).state == "decided"


def test_what_happened_while_a_save_waited_for_the_account_does_not_undo_it(desk, where):
    database = desk(1)
    say(database, next_for(database, "甲"), "甲")
    with database.writing() as db:
        turn = this_one(db, "长", N0)

    def overrule():
        with database.writing() as db:
            return save(db, verdict(turn, "长", "reject")).state

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as db:
            queue.worker(db, "长")  # another window of theirs
            waiting = pool.submit(overrule)
            time.sleep(0.3)
            undo(db, "甲", "undo-00001")
        assert waiting.result(30) == "decided"
    assert next_for(database, "甲") is None
    assert store.latest(where)["action"].to_list() == ["reject"]


def test_how_often_the_database_is_asked(desk):
    database = desk(3)
    turn = next_for(database, "甲")
    said = []
    event.listen(
        database.engine, "before_cursor_execute", lambda _, __, statement, *rest: said.append(statement.split()[0])
    )
    with database.looking() as db:
        assert front.held(db, "甲").item == turn.item
    assert [word for word in said if word == "SELECT"] == ["SELECT"]
    with database.reading() as db:
        account = accounts.account(db, "甲")
    said.clear()
    with database.writing() as db:
        saved = save(db, verdict(turn, "甲", ratings={"useful": 5}))
        taken = queue.take(db, account)
    with database.looking() as db:
        after, before = front.opened(db, "甲", taken, saved.id)
    assert (before.id, after.number) == (turn.item.id, taken.number)
    asked = [word for word in said if word in ("SELECT", "INSERT", "UPDATE", "DELETE")]
    assert asked == ["SELECT", "INSERT", "INSERT", "UPDATE", "UPDATE", "UPDATE", "SELECT"]


def test_flags_wait_for_a_senior(desk):
    database = desk(2)
    with database.writing() as db:
        number = flags.flag(db, "甲", N0, "题目里有电话号码")
    with database.reading() as db:
        assert [(each.id, each.reason) for each in flags.open_flags(db)] == [(N0, "题目里有电话号码")]
    with database.writing() as db:
        flags.settle(db, "长", number)
    with database.reading() as db:
        assert flags.open_flags(db) == []
    for id, reason in ((N0, " "), ("notes:none", "x")):
        with database.writing() as db, pytest.raises(Refused):
            flags.flag(db, "甲", id, reason)
    with database.writing() as db, pytest.raises(Refused):
        flags.settle(db, "长", number)


def test_a_suggestion_is_about_the_text_as_it_is(desk, feed):
    database = desk(1)
    with database.reading() as db:
        digest = items.item(db, N0).text_digest
    with database.writing() as db:
        suggestions.offer(db, Suggestion(N0, "模型", digest, "edit", output="模型的话"))
        suggestions.offer(db, Suggestion(N0, "模型", digest, "edit", output="模型后来的话"))
    with database.reading() as db:
        assert suggestions.suggestion(db, N0).output == "模型后来的话"
    items.sync(database, [feed([record(0, output="别的。")])], Queue(require="all"))
    with database.reading() as db:
        assert suggestions.suggestion(db, N0) is None


def test_an_earlier_clock_does_not_put_a_later_decision_first(desk, where, at):
    database = desk(1)
    say(database, next_for(database, "甲"), "甲")
    at(-3600)
    with database.writing() as db:
        turn = this_one(db, "长", N0)
    say(database, turn, "长", "reject")
    assert store.latest(where)["action"].to_list() == ["reject"]


def test_reasons_are_names(desk):
    assert len(REASONS) == len(set(REASONS))
    database = desk(1)
    say(database, next_for(database, "甲"), "甲", "reject", reasons=("wrong", "advert"), reason=None)
    with database.reading() as db:
        assert history.of_record(db, N0)[0].reasons == ["wrong", "advert"]
