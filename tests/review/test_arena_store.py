"""An arena in the database: taken in once, handed out blind, votes kept; on SQLite and PostgreSQL."""

from collections import Counter

import pytest

from cqia.errors import UsageError
from cqia.review import arenas
from cqia.review.arena import Prompt, Vote
from cqia.review.arena_intake import edited, take
from cqia.review.refused import Refused
from cqia.review.standings import standings
from desk_people import next_for, say


def prompt(n, **answers):
    return f"a.jsonl, line {n}", Prompt(
        id=f"p{n}", instruction=f"第{n}问", answers=answers or {"甲": f"一{n}", "乙": f"二{n}"}
    )


def recorded(n, first, second, winner, judge="gpt-4o"):
    return f"v.jsonl, line {n}", Vote(prompt=f"p{n}", first=first, second=second, winner=winner, judge=judge)


def took(database, prompts=(), votes=(), **named):
    with database.writing() as db:
        return take(db, "arena", prompts, votes, **({"seed": 1} | named))


def judge_all(database, judge, choose):
    """Judge until nothing is left; what was shown."""
    shown = []
    with database.writing() as db:
        while (battle := arenas.next_battle(db, "arena", judge)) is not None:
            arenas.vote(db, battle.number, judge, choose(battle), f"{judge} {battle.number}")
            shown.append(battle)
    return shown


def ballots(database):
    with database.reading() as db:
        return arenas.ballots(db, "arena")


def test_judged_blind_and_told_apart_afterwards(database):
    taken = took(database, [prompt(n) for n in range(20)])
    assert (taken.prompts, taken.battles) == (20, 20)
    shown = judge_all(database, "人", lambda battle: "first" if battle.first.startswith("一") else "second")
    assert len(shown) == 20
    assert 4 <= sum(each.first.startswith("一") for each in shown) <= 16
    assert not any("甲" in each.__repr__() or "乙" in each.__repr__() for each in shown)
    (pair,) = standings(ballots(database), draws=20).of("甲")
    assert (pair.won, pair.tied, pair.lost) == (20, 0, 0)


def test_taking_the_same_in_twice_adds_nothing(database):
    given, votes = [prompt(n) for n in range(3)], [recorded(0, "乙", "甲", "first")]
    assert took(database, given, votes).votes == 1
    again = took(database, given, votes)
    assert (again.prompts, again.battles, again.votes) == (0, 0, 0)


def test_a_recorded_vote_keeps_the_order_in_which_it_was_given(database):
    """The judge saw both orders, and each time took the first: it likes a side, and neither system won."""
    took(database, [prompt(0)], [recorded(0, "甲", "乙", "first"), recorded(0, "乙", "甲", "first")])
    found = standings(ballots(database), draws=20)
    (pair,) = found.pairs
    assert (pair.won, pair.tied, pair.lost) == (0, 1, 0)
    assert found.judges[0].first.value == 1.0


def test_a_recorded_vote_may_be_changed_and_changed_back(database):
    for winner in ("first", "second", "first"):
        took(database, [prompt(0)], [recorded(0, "甲", "乙", winner)])
    assert ballots(database)["winner"].len() == 3
    (pair,) = standings(ballots(database), draws=20).of("甲")
    assert (pair.won, pair.lost) == (1, 0)


def test_a_new_system_is_compared_with_the_old_ones(database):
    took(database, [prompt(n) for n in range(4)])
    judge_all(database, "人", lambda battle: "tie")
    taken = took(database, [prompt(n, 甲=f"一{n}", 丙=f"三{n}") for n in range(4)])
    assert (taken.prompts, taken.battles) == (0, 8)  # 丙 against 甲 and against 乙
    assert len(judge_all(database, "人", lambda battle: "tie")) == 8


def test_as_many_people_judge_as_are_wanted_and_nobody_twice(database):
    took(database, [prompt(n) for n in range(5)], wanted=2)
    counts = [len(judge_all(database, person, lambda battle: "tie")) for person in ("子", "丑", "寅")]
    assert counts == [5, 5, 0]
    with database.reading() as db:
        assert arenas.progress(db, "arena") == arenas.Progress(5, 5, 10)


def test_recorded_votes_leave_the_battles_to_people(database):
    took(database, [prompt(0)], [recorded(0, "甲", "乙", "first")])
    assert len(judge_all(database, "人", lambda battle: "tie")) == 1


def test_two_people_who_begin_together_see_different_battles(database):
    took(database, [prompt(n) for n in range(40)])
    with database.reading() as db:
        seen = Counter(arenas.next_battle(db, "arena", person).number for person in "子丑寅卯辰巳午未")
    assert len(seen) > 3


def test_a_vote_sent_twice_is_stored_once_and_may_be_changed(database):
    took(database, [prompt(0)])
    with database.writing() as db:
        number = arenas.next_battle(db, "arena", "人").number
        assert arenas.last_battle(db, "arena", "人") is None
        assert arenas.vote(db, number, "人", "first", "k1")
        assert not arenas.vote(db, number, "人", "second", "k1")
        assert arenas.last_battle(db, "arena", "人").winner == "first"
        assert arenas.vote(db, number, "人", "second", "k2", "看错了")
        assert arenas.last_battle(db, "arena", "人").winner == "second"
    assert standings(ballots(database), draws=20).votes == 1


@pytest.mark.parametrize(("number", "winner", "reason"), [(99, "first", "unknown"), (None, "both", "invalid"),
                                                          (None, "'; DROP TABLE votes", "invalid")])  # fmt: skip
def test_a_forged_vote_is_refused(database, number, winner, reason):
    took(database, [prompt(0)])
    with database.writing() as db:
        there = arenas.next_battle(db, "arena", "人").number
        with pytest.raises(Refused) as refused:
            arenas.vote(db, number or there, "人", winner, "k")
    assert refused.value.reason == reason
    assert ballots(database).is_empty()


@pytest.mark.parametrize(
    ("prompts", "votes", "message"),
    [
        ([("x, line 9", Prompt(id="p0", instruction="别的", answers={"甲": "一", "乙": "二"}))], [],
         "x, line 9: the prompt 'p0' is there with another text"),
        ([prompt(0, 甲="改了", 乙="二0")], [], "'甲' has another answer to the prompt 'p0' already"),
        ([], [recorded(7, "甲", "乙", "tie")], "v.jsonl, line 7: there is no prompt 'p7'"),
        ([], [recorded(0, "甲", "丙", "tie")], "'丙' has no answer to the prompt 'p0'"),
        ([], [recorded(0, "甲", "甲", "tie")], "first and second are both '甲'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_whole(database, prompts, votes, message):
    took(database, [prompt(0)])
    with pytest.raises(UsageError, match=message):
        took(database, [prompt(1), *prompts], votes)
    assert took(database, [prompt(1)]).prompts == 1  # so it had not been taken in


def test_an_unknown_arena_names_the_known(database):
    took(database, [prompt(0)])
    with database.reading() as db, pytest.raises(UsageError, match="There is no arena 'arenna'") as error:
        arenas.next_battle(db, "arenna", "人")
    assert "Did you mean 'arena'?" in error.value.hint


def test_hostile_text_is_only_text(database):
    nasty = "<script>alert(1)</script>'; DROP TABLE votes; --\u202e"
    took(database, [prompt(0, **{nasty: nasty + "1", "乙": nasty + "2"})])
    (shown,) = judge_all(database, nasty, lambda battle: "tie")
    assert {shown.first, shown.second} == {nasty + "1", nasty + "2"}
    assert standings(ballots(database), draws=20).systems == sorted(["乙", nasty])


def test_two_states_of_an_edit(desk):
    database = desk(3)
    for action, texts in (("edit", {"output": "改好了。"}), ("accept", {}), ("edit", {"instruction": "换个问法？"})):
        say(database, next_for(database, "甲"), "甲", action, **({"output": None} | texts if action == "edit" else {}))
    with database.reading() as db:
        ((where, asked),) = edited(db)
    assert where.startswith("notes:n")
    assert asked.answers["改后"] == "改好了。"
    assert asked.answers["改前"].startswith("先看看")
