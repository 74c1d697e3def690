"""COIG's inspection: the two stages by themselves, then batches in the database, and what goes back."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.errors import UsageError
from cqia.review import batch_sheets, batches, history, store
from cqia.review.holding import holding
from cqia.review.inspection import Checks, after, sample
from cqia.review.lines import write
from cqia.review.refused import Refused
from desk_people import next_for, say, state
from made import note


@pytest.mark.parametrize(
    ("stage", "checks", "then"),
    [
        ("first", Checks(100, 99, 0), "first"),  # every case, or it has not ended
        ("first", Checks(100, 100, 5), "second"),
        ("first", Checks(100, 100, 6), "failed"),
        ("first", Checks(20, 20, 1), "second"),  # 19 of 20 is 95 % exactly
        ("first", Checks(1, 1, 1), "failed"),
        ("second", Checks(200, 199, 0), "second"),
        ("second", Checks(200, 200, 0), "passed"),
        ("second", Checks(200, 1, 1), "failed"),  # all must be right: one that is not decides it
        ("passed", Checks(200, 200, 0), "passed"),
        ("failed", Checks(100, 100, 100), "failed"),
    ],
)
def test_the_two_stages(stage, checks, then):
    assert after(stage, checks) == then


@given(st.integers(1, 300), st.integers(0, 300))
def test_the_pass_mark_is_exact(of, wrong):
    wrong = min(wrong, of)
    assert (after("first", Checks(of, of, wrong)) == "second") == (20 * (of - wrong) >= 19 * of)


def test_the_sample_is_drawn_by_seed_and_round():
    ids = [f"n{n}" for n in range(1000)]
    drawn = sample(ids, 200, seed=1, round=1)
    assert len(set(drawn)) == 200
    assert drawn == sample(ids[::-1], 200, seed=1, round=1)
    assert drawn != sample(ids, 200, seed=1, round=2)
    assert set(sample(ids[:7], 200, seed=1, round=1)) == set(ids[:7])


@pytest.fixture
def decided(desk):
    """A desk with so many records that 甲 has accepted, the first of them edited."""

    def make(count, **named):
        database = desk(count, **named)
        while (turn := next_for(database, "甲")) is not None:
            say(database, turn, "甲", "edit" if turn.item.id == "notes:n0/answer" else "accept")
        return database

    return make


def begun(database, name="一批", **named):
    with database.writing() as db:
        ids = batches.decided(db, limit=1000)
        batches.begin(db, name, ids, by="管", **({"seed": 1} | named))
    return ids


def checked(database, who, wrong=(), most=1000, name="一批"):
    """Check what this person may check; the ids."""
    seen = []
    while len(seen) < most:
        with database.writing() as db:
            case = batches.case(db, name, who)
            if case is None:
                break
            right = case.id not in wrong
            batches.check(db, name, case.id, who, right, case.text_digest, None if right else "不对")
        seen.append(case.id)
    return seen


def found(database, name="一批"):
    with database.reading() as db:
        return batches.inspection(db, name)


def test_a_batch_passes_both_stages(decided):
    database = decided(12)
    ids = begun(database, size=5)
    assert sorted(checked(database, "乙")) == sorted(ids)
    assert (found(database).stage, found(database).first) == ("second", Checks(12, 12, 0))
    assert checked(database, "丙") == []  # experts check the sample
    assert len(checked(database, "长")) == 5
    assert (found(database).stage, found(database).second) == ("passed", Checks(5, 5, 0))


def test_what_is_checked_is_the_text_as_it_was_left(decided):
    database = decided(1)
    begun(database)
    with database.reading() as db:
        case = batches.case(db, "一批", "乙")
    assert (case.action, case.reviewer, case.output) == ("edit", "甲", "改过的回答。")


def test_a_failed_first_stage_sends_everything_back_to_who_decided(decided):
    database = decided(10)
    ids = begun(database)
    checked(database, "乙", wrong=ids[:1])  # 90 %
    assert found(database).stage == "failed"
    assert [(each.id, each.reviewer, each.reason) for each in found(database).wrong] == [(ids[0], "乙", "不对")]
    assert {state(database, id) for id in ids} == {"waiting"}
    assert next_for(database, "乙") is None  # they are kept for 甲
    turn = next_for(database, "甲")
    assert turn.item.id in ids
    with database.reading() as db:
        told = [(past.action, past.reason) for past in history.of_record(db, ids[0])]
    assert ("undo", "inspection 一批, round 1") in told


def test_a_failed_batch_comes_again_once_it_is_decided_again(decided):
    database = decided(10)
    ids = begun(database, size=3)
    checked(database, "乙", wrong=ids)
    with pytest.raises(UsageError, match="10 records of the batch are not decided"), database.writing() as db:
        batches.again(db, "一批")
    while (turn := next_for(database, "甲")) is not None:
        say(database, turn, "甲")
    with database.writing() as db:
        assert batches.again(db, "一批") == 2
    assert (found(database).stage, found(database).round, found(database).wrong) == ("first", 2, ())
    checked(database, "乙")
    checked(database, "长")
    assert found(database).stage == "passed"
    with pytest.raises(UsageError, match="has passed"), database.writing() as db:
        batches.again(db, "一批")


def test_records_that_nobody_had_to_see_must_be_seen_once_their_batch_failed(decided, feed):
    database = decided(4, require="none", audit=1.0)
    ids = begun(database)
    checked(database, "乙", wrong=ids)
    assert {state(database, id) for id in ids} == {"waiting"}


def test_one_wrong_case_of_the_sample_fails_the_batch_at_once(decided):
    database = decided(20)
    ids = begun(database, size=10)
    checked(database, "乙")
    assert len(checked(database, "长", wrong=ids)) == 1
    assert found(database).stage == "failed"


def test_experts_do_not_check_what_they_checked_before(decided):
    database = decided(4)
    begun(database)
    mine = checked(database, "长", most=1)
    checked(database, "乙")
    assert sorted(checked(database, "长")) == sorted({f"notes:n{n}/answer" for n in range(4)} - set(mine))
    assert found(database).stage == "second"
    assert checked(database, "管") == mine
    assert found(database).stage == "passed"


def test_two_who_begin_together_see_different_cases(decided):
    database = decided(30)
    begun(database)
    with database.reading() as db:
        seen = Counter(batches.case(db, "一批", person).id for person in ("乙", "丙", "长", "管"))
    assert len(seen) > 1


def test_who_checked_may_change_their_mind_and_nobody_else_may(decided):
    database = decided(3)
    begun(database)
    with database.writing() as db:
        case = batches.case(db, "一批", "乙")
        for right in (True, False, True):
            batches.check(db, "一批", case.id, "乙", right, case.text_digest)
        with pytest.raises(Refused, match="乙 has checked") as refused:
            batches.check(db, "一批", case.id, "丙", True, case.text_digest)
    assert refused.value.reason == "lease_lost"
    assert found(database).first == Checks(3, 1, 0)


@pytest.mark.parametrize(
    ("id", "digest", "reason"),
    [("notes:n9/answer", None, "unknown"), ("'; DROP TABLE batches; --", None, "unknown"),
     (None, "00", "text_changed")],
)  # fmt: skip
def test_a_forged_or_stale_check_is_refused(decided, id, digest, reason):
    database = decided(2)
    begun(database)
    with database.writing() as db:
        case = batches.case(db, "一批", "乙")
        with pytest.raises(Refused) as refused:
            batches.check(db, "一批", id or case.id, "乙", True, digest or case.text_digest)
    assert refused.value.reason == reason
    assert found(database).first.checked == 0


def test_no_reviewer_checks_the_experts_sample(decided):
    database = decided(2)
    begun(database)
    checked(database, "乙")
    with database.writing() as db:
        case = batches.case(db, "一批", "长")
        with pytest.raises(Refused, match="no senior"):
            batches.check(db, "一批", case.id, "丙", True, case.text_digest)


def test_a_batch_wants_decided_records_and_a_name_of_its_own(decided):
    database = decided(3)
    ids = begun(database)
    with database.reading() as db:
        assert batches.decided(db, limit=10) == []  # all are in a batch
    for name, some, message in (("一批", ids, "There is a batch"), ("二批", [], "No decided record is left"),
                                ("三批", ["notes:n9/answer"], "not decided")):  # fmt: skip
        with pytest.raises(UsageError, match=message), database.writing() as db:
            batches.begin(db, name, some, by="管", seed=1)


def test_a_batch_of_one_source_and_one_reviewer(decided):
    database = decided(3)
    with database.reading() as db:
        assert batches.decided(db, source="notes", reviewer="甲", limit=2) != []
        assert batches.decided(db, source="zhihu", limit=2) == []
        assert batches.decided(db, reviewer="乙", limit=2) == []


def filled(rows, wrong=(), reviewer="丁"):
    return [row | {"correct": row["record"] not in wrong, "reviewer": reviewer} for row in rows]


def sheet(database):
    with database.reading() as db:
        return batch_sheets.sheet(db, "一批")


def took(database, path):
    with database.writing() as db:
        return batch_sheets.take(db, path)


def test_without_the_desk_by_lines(decided, tmp_path):
    """A sheet for each stage; one wrong case of the second fails the batch, and the rest of the file is taken too."""
    database, file = decided(8), tmp_path / "sheet.jsonl"
    ids = begun(database, size=4)
    assert write(file, filled(sheet(database)[:3]) + sheet(database)[3:]) == 8
    assert (took(database, file), found(database).stage) == (3, "first")
    write(file, filled(sheet(database)))
    assert (took(database, file), found(database).stage) == (5, "second")
    write(file, filled(sheet(database), wrong=ids, reviewer="专家"))
    assert (took(database, file), found(database).stage) == (4, "failed")
    assert found(database).second == Checks(4, 4, 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"correct": "yes"}, "line 2: correct is 'yes': .*valid boolean"),
        ({"correct": True}, "line 2: reviewer is missing"),
        ({"correct": True, "reviewer": " "}, "line 2: reviewer is missing"),
        ({"correct": True, "reviewer": "丁", "batch": "二批"}, "line 2: there is no batch '二批'"),
        ({"correct": True, "reviewer": "丁", "record": "n"}, "line 2: The batch '一批' has no case 'n'"),
        ({"correct": True, "reviewer": "丁", "text_digest": "0"}, "line 2: .* decided otherwise since"),
        ({"right": True}, "line 2: unknown key 'right'"),
    ],
)
def test_a_wrong_line_refuses_the_whole_sheet(decided, tmp_path, change, message):
    database, file = decided(2), tmp_path / "sheet.jsonl"
    begun(database)
    one, other = sheet(database)
    write(file, [*filled([one]), other | change])
    with pytest.raises(UsageError, match=message):
        took(database, file)
    assert found(database).first.checked == 0


def test_numbers_for_programs(decided):
    database = decided(2)
    begun(database)
    checked(database, "乙", most=1)
    told = json.loads(json.dumps(found(database).to_dict(), ensure_ascii=False))
    assert told["first"] == {"of": 2, "checked": 1, "wrong": 0, "correct": told["first"]["correct"]}
    assert told["second"] is None


def test_a_batch_holds_its_records_back_until_it_has_passed(where, decided):
    database = decided(3)
    ids = begun(database, size=2)

    def actions():
        return set(holding(store.latest(where), where)["action"])

    assert actions() == {"in_inspection"}
    checked(database, "乙", wrong=ids[:1])
    assert (found(database).stage, actions()) == ("failed", {"needs_review"})
    while (turn := next_for(database, "甲")) is not None:
        say(database, turn, "甲")
    assert actions() == {"in_inspection"}
    with database.writing() as db:
        batches.again(db, "一批")
    checked(database, "乙")
    checked(database, "长")
    assert actions() == {"accept"}


def test_on_the_command_line(project, run, cqia, tmp_path):
    """All is decided, a batch of it fails, is decided again and passes; the release waits for it."""
    folder = project([note(n) for n in range(5)], toml='[review]\nrequire = "none"')
    run(folder)
    file, checks = tmp_path / "decisions.jsonl", tmp_path / "checks.jsonl"

    def decide(day):
        write(file, [{"record": f"notes:n{n}/answer", "action": "accept", "reviewer": "甲", "at": f"2026-03-0{day}"}
                     for n in range(5)])  # fmt: skip
        assert cqia("review", "import", file, "-C", folder).code == 0

    def check(correct, who):
        assert cqia("review", "inspect", "一批", "--out", checks, "-C", folder).code == 0
        rows = [json.loads(line) for line in checks.read_text("utf-8").splitlines()]
        write(checks, filled(rows, [] if correct else [rows[0]["record"]], who))
        return json.loads(cqia("review", "inspect", "一批", "--take", checks, "--json", "-C", folder).out)[0]

    decide(1)
    assert cqia("review", "inspect", "一批", "-C", folder).code == 2
    assert "0 of 5" in cqia("review", "inspect", "一批", "--begin", 10, "--sample", 2, "-C", folder).out
    assert run(folder).rows[-1].counts.pending == {"in_inspection": 5}
    assert "0 records that wait" in cqia("review", "export", file, "-C", folder).out
    assert check(False, "乙")["stage"] == "failed"
    assert run(folder).rows[-1].counts.pending == {"needs_review": 5}
    assert "5 records that wait" in cqia("review", "export", file, "-C", folder).out
    assert "not decided" in cqia("review", "inspect", "一批", "--again", "-C", folder).err
    decide(2)
    assert cqia("review", "inspect", "一批", "--again", "-C", folder).code == 0
    assert check(True, "乙")["stage"] == "second"
    assert check(True, "专家")["stage"] == "passed"
    assert run(folder).rows[-1].counts.kept == 5
    said = cqia("review", "inspect", "-C", folder).out
    assert "passed" in said
    assert "2 of 2" in said
