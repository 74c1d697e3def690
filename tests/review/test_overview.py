"""Numbers about the work, and the frames that the statistics are made of."""

from cqia.review import frames, gold, overview
from cqia.review.agreement import RATINGS
from cqia.review.reviewers import GOLD, WORK
from desk_people import next_for, say


def test_progress(desk, at):
    database = desk(6, double=0.0)
    with database.reading() as db:
        empty = overview.progress(db)
    assert (empty.waiting, empty.decided, empty.left, empty.share) == (6, 0, None, 0.0)
    say(database, next_for(database, "甲"), "甲")
    say(database, next_for(database, "甲"), "甲", "reject")
    next_for(database, "乙")
    with database.reading() as db:
        found = overview.progress(db)
    assert (found.waiting, found.decided, found.held, found.wanted) == (4, 2, 1, 4)
    assert found.states == {"notes": {"waiting": 4, "decided": 2}}
    assert (found.last_hour, found.last_day) == (2, 2)
    assert found.left.total_seconds() == 2 * 3600
    at(5 * 3600)
    with database.reading() as db:
        later = overview.progress(db)
    assert (later.last_hour, later.last_day) == (0, 2)
    assert later.left == found.left  # at the pace of the last hour in which anybody worked


def test_of_two_votes_both_are_counted_as_work(desk):
    database = desk(3, double=1.0)
    with database.reading() as db:
        assert overview.progress(db).wanted == 6
    say(database, next_for(database, "甲"), "甲")
    with database.reading() as db:
        assert overview.progress(db).wanted == 5


def test_nothing_to_do(database):
    with database.reading() as db:
        found = overview.progress(db)
        assert (found.share, found.left, found.states) == (1.0, None, {})
        assert overview.speed(db) == []


def test_who_does_what(desk):
    database = desk(5)
    for action in ("accept", "edit", "reject", "skip"):
        say(database, next_for(database, "甲"), "甲", action)
    with database.reading() as db:
        (found,) = overview.speed(db)
        assert overview.speed(db, found.last.replace(year=found.last.year + 1)) == []
    assert (found.decided, found.accepted, found.edited, found.rejected, found.skipped) == (3, 1, 1, 1, 1)
    assert found.seconds >= 0


def test_frames_have_the_columns_that_the_statistics_want(desk):
    database = desk(4, double=1.0)
    with database.writing() as db:
        gold.put(db, "长", "notes:n3/answer", "accept")
    marks = {"useful": 5, "harmless": 5}
    say(database, next_for(database, "甲", gold_share=1.0), "甲", ratings=marks)
    for name in ("甲", "乙"):
        say(database, next_for(database, name), name, ratings=marks | {"useful": 4 if name == "乙" else 5})
    with database.reading() as db:
        rated, work, answered = frames.rated(db), frames.work(db), frames.gold_answers(db)
    assert dict(rated.schema) == dict(RATINGS)
    assert dict(work.schema) == dict(WORK)
    assert dict(answered.schema) == dict(GOLD)
    assert rated["criterion"].value_counts().rows_by_key("criterion")["useful"] == [(2,)]
    assert rated["unit"].n_unique() >= 1
    assert "甲" in set(work.filter("flat")["reviewer"])
    assert work.filter(~work["flat"])["reviewer"].to_list() == ["乙"]
    assert work["answer"].to_list()[0] == "accept 5 5"
    assert answered.rows() == [("甲", "notes:n3/answer", True)]
