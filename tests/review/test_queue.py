"""Whose turn it is: the order, the leases, two people and never twice, whatever the clock does."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from cqia.review import accounts, items, queue
from cqia.review.decisions import save
from cqia.review.items import Queue
from cqia.review.refused import Refused
from cqia.review.tables import reviewers
from desk_people import next_for, record, say, state, this_one, verdict


def walk(database, reviewer, **named):
    """Accept record after record until there is none; their ids."""
    found = []
    while (turn := next_for(database, reviewer, **named)) is not None:
        say(database, turn, reviewer)
        found.append(turn.item.id)
    return found


def test_undecided_first_then_near_the_threshold_then_the_audit_share(desk):
    scores = [None, 8.1, 8.4, 9.9, None, 8.2, 10.0]
    database = desk(records=[record(n, score=score) for n, score in enumerate(scores)],
                    require="undecided", near=0.5, audit=1.0)  # fmt: skip
    order = walk(database, "甲")
    assert set(order[:2]) == {"notes:n0/answer", "notes:n4/answer"}
    assert order[2:5] == ["notes:n1/answer", "notes:n5/answer", "notes:n2/answer"]
    assert set(order[5:]) == {"notes:n3/answer", "notes:n6/answer"}


@pytest.mark.parametrize(("require", "handed"), [("all", 7), ("undecided", 2), ("none", 2)])
def test_who_must_be_seen(desk, require, handed):
    scores = [None, 8.1, 8.4, 9.9, None, 8.2, 10.0]
    database = desk(records=[record(n, score=score) for n, score in enumerate(scores)], require=require)
    assert len(walk(database, "甲")) == handed


def test_the_audit_share_is_about_what_was_asked_and_seeded(desk, feed):
    database = desk(300, require="none", audit=0.25, seed=1)
    first = walk(database, "甲")
    assert 50 < len(first) < 100
    assert first == sorted(first, key=first.index)
    with database.reading() as db:
        assert {items.item(db, id).band for id in first} == {"audit"}


def test_the_one_in_hand_comes_again_until_it_is_decided(desk):
    database = desk(3)
    first = next_for(database, "甲")
    again = next_for(database, "甲")
    assert (again.item, again.token, again.claimed) == (first.item, first.token, first.claimed)
    say(database, first, "甲")
    assert next_for(database, "甲").item.id != first.item.id


def test_two_people_never_have_the_same_record(desk):
    database = desk(4)
    held = [next_for(database, name) for name in ("甲", "乙", "丙", "长")]
    assert len({turn.item.id for turn in held}) == 4
    assert next_for(database, "管") is None


def test_many_at_once_and_nobody_gets_what_another_has(desk):
    database = desk(60)
    with database.writing() as db:
        for n in range(8):
            accounts.add(db, f"r{n}", "reviewer", None)
    done, wrong = Counter(), []

    def work(name):
        try:
            while (turn := next_for(database, name)) is not None:
                done[say(database, turn, name).id] += 1
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(f"r{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert len(done) == 60
    assert set(done.values()) == {1}


def test_what_is_handed_back_goes_to_the_next(desk):
    database = desk(1)
    turn = next_for(database, "甲")
    assert next_for(database, "乙") is None
    with database.writing() as db:
        queue.release(db, "乙", turn.number, turn.token)  # not theirs: nothing happens
    assert next_for(database, "乙") is None
    with database.writing() as db:
        queue.release(db, "甲", turn.number, turn.token)
    other = next_for(database, "乙")
    assert other.item.id == turn.item.id
    with pytest.raises(Refused, match="handed to somebody else"):
        say(database, turn, "甲")


def test_a_lease_that_has_run_out_is_another_s_and_the_first_cannot_save_any_more(desk, at):
    database = desk(1)
    mine = next_for(database, "甲", lease=timedelta(minutes=5))
    at(6 * 60)
    theirs = next_for(database, "乙")
    assert theirs.item.id == mine.item.id
    with pytest.raises(Refused) as refused:
        say(database, mine, "甲")
    assert refused.value.reason == "lease_lost"
    assert say(database, theirs, "乙").state == "decided"


def test_what_another_has_by_now_is_not_taken_from_them(desk, at, monkeypatch):
    database = desk(1)
    mine = next_for(database, "甲", lease=timedelta(minutes=5))
    at(6 * 60)
    theirs = next_for(database, "乙")
    assert theirs.number == mine.number
    real, looked = queue._look, []

    def as_it_was(*asked):
        looked.append(real(*asked))
        return (
            SimpleNamespace(held=mine.number, run_out=False, kept=False, lane=None) if len(looked) == 1 else looked[-1]
        )

    monkeypatch.setattr(queue, "_look", as_it_was)
    assert next_for(database, "甲") is None
    assert len(looked) == 2
    assert say(database, theirs, "乙").state == "decided"


def test_what_has_run_out_comes_before_what_is_less_urgent(desk, at):
    database = desk(2)
    first = next_for(database, "甲")
    at(31 * 60)
    assert next_for(database, "乙").item.id == first.item.id


def test_a_lease_that_has_run_out_and_that_nobody_took_still_saves(desk, at):
    database = desk(2)
    mine = next_for(database, "甲", lease=timedelta(minutes=5))
    at(600)
    other = next_for(database, "乙")  # frees the lease of 甲, and gets one of the two
    if other.item.id == mine.item.id:
        with database.writing() as db:
            queue.release(db, "乙", other.number, other.token)
        with pytest.raises(Refused):
            say(database, mine, "甲")
    else:
        assert say(database, mine, "甲").state == "decided"


def test_a_lease_is_renewed_while_one_types(desk, at):
    database = desk(1)
    mine = next_for(database, "甲", lease=timedelta(minutes=5))
    at(240)
    with database.writing() as db:
        queue.renew(db, "甲", mine.number, mine.token, lease=timedelta(minutes=5))
    at(480)
    assert next_for(database, "乙") is None
    with database.writing() as db, pytest.raises(Refused):
        queue.renew(db, "乙", mine.number, mine.token)


@pytest.mark.parametrize("jump", [-7 * 24 * 3600, 7 * 24 * 3600])
def test_a_clock_that_jumps_loses_nothing_and_decides_nothing_twice(desk, at, jump):
    database = desk(2)
    mine = next_for(database, "甲")
    at(jump)
    other = next_for(database, "乙")
    again = next_for(database, "甲")
    assert other.item.id != again.item.id
    saved = [say(database, other, "乙"), say(database, again, "甲")]
    assert {each.state for each in saved} == {"decided"}
    with pytest.raises(Refused):
        say(database, mine, "甲")
    at(0)
    assert next_for(database, "丙") is None


def test_a_lease_from_the_future_is_void(desk, at):
    database = desk(1)
    next_for(database, "甲")
    assert next_for(database, "乙") is None
    at(-7 * 24 * 3600)
    assert next_for(database, "乙") is not None


def test_by_source_and_by_a_reviewer_s_fields(desk):
    rows = [record(n, source) for source in ("notes", "law") for n in range(3)]
    rows += [record(n, "law", domain=["医学"]) for n in range(3, 6)]
    database = desk(records=rows)
    with database.writing() as db:
        db.execute(update(reviewers).where(reviewers.c.name == "甲").values(sources=["law"]))
        db.execute(update(reviewers).where(reviewers.c.name == "乙").values(fields=["医学"]))
        db.execute(update(reviewers).where(reviewers.c.name == "丙").values(sources=["notes"], fields=["医学"]))
    assert next_for(database, "丙") is None
    theirs = walk(database, "乙")
    assert len(theirs) == 3
    assert len(walk(database, "甲")) == 3
    assert len(walk(database, "长")) == 3


def test_whom_nobody_knows_and_whose_account_is_closed(desk):
    database = desk(1)
    with database.writing() as db, pytest.raises(Refused) as unknown:
        queue.worker(db, "无名")
    assert unknown.value.reason == "unknown"
    with database.writing() as db:
        accounts.change(db, "甲", active=False)
    with database.writing() as db, pytest.raises(Refused) as closed:
        queue.worker(db, "甲")
    assert closed.value.reason == "forbidden"


def test_an_account_that_is_closed_meanwhile_saves_nothing(desk):
    database = desk(1)
    turn = next_for(database, "甲")
    with database.writing() as db:
        accounts.change(db, "甲", active=False)
    with pytest.raises(Refused) as closed:
        say(database, turn, "甲")
    assert closed.value.reason == "forbidden"


def test_two_windows_of_one_person_save_one_after_the_other(desk):
    database = desk(3)
    first, saved = next_for(database, "甲"), threading.Event()
    with database.writing() as db:
        second = this_one(db, "甲", next(id for id in (f"notes:n{n}/answer" for n in range(3)) if id != first.item.id))

    def other_window():
        with database.writing() as db:
            save(db, verdict(second, "甲"))
            saved.set()
            return queue.take(db, queue.worker(db, "甲"))

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as db:
            save(db, verdict(first, "甲"))
            waiting = pool.submit(other_window)
            assert not saved.wait(0.3)
            assert queue.take(db, queue.worker(db, "甲")).number == second.number  # it is still in their hands
        last = waiting.result(30)
    assert last.item not in (first.item.number, second.item.number)


def test_a_skipped_record_goes_to_another_and_does_not_come_back(desk):
    database = desk(2)
    turn = next_for(database, "甲")
    assert say(database, turn, "甲", "skip").state == "waiting"
    assert len(walk(database, "甲")) == 1
    assert walk(database, "乙") == [turn.item.id]


def test_double_review_is_blind_and_by_two(desk):
    database = desk(3, double=1.0)
    mine = walk(database, "甲")
    assert len(mine) == 3
    assert {state(database, id) for id in mine} == {"waiting"}
    theirs = walk(database, "乙")
    assert set(theirs) == set(mine)
    assert {state(database, id) for id in mine} == {"decided"}
    assert next_for(database, "丙") is None


def test_a_share_is_seen_by_two(desk):
    database = desk(120, double=0.25)
    assert len(walk(database, "甲")) == 120
    assert 15 < len(walk(database, "乙")) < 45


def test_two_votes_at_the_same_time_are_counted_once_each(desk):
    database = desk(40, double=1.0)
    with database.writing() as db:
        for n in range(6):
            accounts.add(db, f"r{n}", "reviewer", None)
    wrong = []

    def work(name):
        try:
            walk(database, name)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(f"r{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert {state(database, f"notes:n{n}/answer") for n in range(40)} == {"decided"}
    assert next_for(database, "甲") is None


def test_disagreements_go_to_a_senior_who_has_not_voted(desk):
    database = desk(1, double=1.0)
    say(database, next_for(database, "甲"), "甲", "accept")
    assert say(database, next_for(database, "乙"), "乙", "reject").state == "disagreed"
    assert next_for(database, "丙") is None
    with pytest.raises(Refused, match="no senior"):
        next_for(database, "丙", kind="adjudicate")
    turn = next_for(database, "长", kind="adjudicate")
    assert next_for(database, "管", kind="adjudicate") is None
    assert say(database, turn, "长", "edit").state == "decided"
    assert next_for(database, "长", kind="adjudicate") is None


def test_a_very_record_is_claimed(desk):
    database = desk(3)
    turn = next_for(database, "甲")
    with database.writing() as db:
        assert this_one(db, "甲", turn.item.id).token == turn.token
    with database.writing() as db, pytest.raises(Refused) as taken:
        this_one(db, "乙", turn.item.id)
    assert taken.value.reason == "lease_lost"
    say(database, turn, "甲")
    with database.writing() as db, pytest.raises(Refused) as decided:
        this_one(db, "乙", turn.item.id)
    assert decided.value.reason == "forbidden"
    with database.writing() as db:
        again = this_one(db, "长", turn.item.id)
    assert say(database, again, "长", "reject").state == "decided"
    with database.reading() as db:
        assert items.item(db, turn.item.id).decision is not None
    with database.writing() as db, pytest.raises(Refused):
        this_one(db, "长", "notes:none")


def test_the_second_vote_cannot_be_the_same_person_s(desk):
    database = desk(1, double=1.0)
    turn = next_for(database, "甲")
    say(database, turn, "甲")
    with database.writing() as db, pytest.raises(Refused) as refused:
        this_one(db, "甲", turn.item.id)
    assert refused.value.reason == "forbidden"


def test_a_forged_token_and_another_s_lease(desk):
    database = desk(2)
    turn = next_for(database, "甲")
    for reviewer, changes in (("甲", {"token": "forged"}), ("乙", {}), ("甲", {"turn": 10**6})):
        with database.writing() as db, pytest.raises(Refused) as refused:
            save(db, verdict(turn, reviewer).__class__(**{**verdict(turn, reviewer).__dict__, **changes}))
        assert refused.value.reason == "lease_lost"
    assert state(database, turn.item.id) == "waiting"


def test_settings_that_change_reorder_what_waits(desk, tmp_path):
    database = desk(4, require="all")
    held = next_for(database, "甲")
    feeds = [items.Feed("notes", tmp_path / "work/notes/judge/out", tmp_path / "work/notes/judge/status",
                        tmp_path / "work/notes/dedup/out", 8.0)]  # fmt: skip
    items.sync(database, feeds, Queue(require="none"))
    assert next_for(database, "乙") is None
    assert say(database, held, "甲").state == "decided"
