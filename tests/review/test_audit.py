"""The audit of Table 10: the draw, the answers, the rates; at the desk, by lines, and on the command line."""

import json
from collections import Counter

import polars as pl
import pytest

from cqia.errors import UsageError
from cqia.review import audits
from cqia.review.audit import ANSWERS, QUESTIONS, draw, results
from cqia.review.lines import write
from cqia.review.refused import Refused
from desk_people import record
from made import note

NAMES = [question.name for question in QUESTIONS]
YES = dict.fromkeys(NAMES, True)


@pytest.fixture
def parts(tmp_path):
    """Records of two sources, 300 and 100, in two files."""
    files = []
    for source, count in (("大", 300), ("小", 100)):
        rows = pl.DataFrame([{name: value for name, value in record(n, source).items() if name != "domain"}
                             for n in range(count)])  # fmt: skip
        files.append(tmp_path / f"{source}.parquet")
        rows.write_parquet(files[-1])
    return files


def test_the_draw_is_seeded_and_without_repeats(parts):
    drawn = draw(parts, 100, seed=1, by_source=False)
    assert drawn["id"].n_unique() == 100
    assert drawn["nth"].to_list() == list(range(1, 101))
    assert drawn.equals(draw(parts[::-1], 100, seed=1, by_source=False))
    assert not drawn.equals(draw(parts, 100, seed=2, by_source=False))


@pytest.mark.parametrize(
    ("size", "shares"),
    [(100, {"大": 75, "小": 25}), (10, {"大": 8, "小": 2}), (1, {"大": 1}), (9999, {"大": 300, "小": 100})],
)
def test_by_source_each_gives_its_share(parts, size, shares):
    assert Counter(draw(parts, size, seed=1, by_source=True)["source"]) == shares


def test_a_plain_draw_is_as_likely_to_take_any_record(parts):
    """Over 200 draws of 10 from 400 each record is expected 5 times; three quarters come from the larger source."""
    taken = Counter(id for seed in range(200) for id in draw(parts, 10, seed=seed, by_source=False)["id"])
    large = sum(count for id, count in taken.items() if id.startswith("大"))
    assert 1400 < large < 1600  # 1500, standard deviation 19
    assert max(taken.values()) < 16


def test_nothing_to_draw_from():
    with pytest.raises(UsageError, match="no record to draw from"):
        draw([], 10, seed=1, by_source=False)


def told(rows):
    """(id, source, question, yes, reviewer) as a frame."""
    return pl.DataFrame(rows, schema=ANSWERS, orient="row")


def test_the_papers_table_10():
    """98, 96, 95 and 99 of 100; of 100 records 98 % may be anything from 93 % to 99.4 %."""
    rows = [(f"n{n}", "s", question.name, n < round(question.paper * 100), "甲")
            for question in QUESTIONS for n in range(100)]  # fmt: skip
    rates = results(told(rows))
    assert [rate.share.value for rate in rates] == [rate.paper for rate in rates] == [0.98, 0.96, 0.95, 0.99]
    assert rates[0].share.low == pytest.approx(0.930, abs=0.001)
    assert rates[0].share.high == pytest.approx(0.9945, abs=0.001)


def test_several_auditors_have_one_say_and_a_split_is_no_acceptance():
    rows = [("n1", "s", "correct", True, "甲"), ("n1", "s", "correct", False, "乙"), ("n1", "s", "correct", True, "丙"),
            ("n2", "s", "correct", True, "甲"), ("n2", "s", "correct", False, "乙"),
            ("n3", "s", "correct", True, "甲"), ("n3", "s", "correct", False, "甲")]  # fmt: skip
    rate = results(told(rows))[0]
    assert (rate.accepted, rate.split, rate.of) == (1, 1, 3)


def test_without_answers_there_is_no_rate():
    rates = results(told([]), by_source=True)
    assert [rate.of for rate in rates] == [0, 0, 0, 0]
    assert rates[0].to_dict()["share"] == {"value": None, "low": None, "high": None}


def test_rates_by_source_add_up():
    rows = [(f"{source}{n}", source, name, n > limit, "甲") for source, limit in (("大", 0), ("小", 4))
            for n in range(10) for name in NAMES]  # fmt: skip
    rates = results(told(rows), by_source=True)
    assert [(rate.source, rate.accepted, rate.of) for rate in rates if rate.question == "correct"] == [
        (None, 14, 20), ("大", 9, 10), ("小", 5, 10),
    ]  # fmt: skip


@pytest.fixture
def audit(database, parts):
    """An audit of ten records."""
    with database.writing() as db:
        audits.begin(db, "一", draw(parts, 10, seed=1, by_source=True), seed=1, by_source=True)
    return database


def test_ten_records_answered_at_the_desk(audit):
    seen = []
    with audit.writing() as db:
        while (case := audits.case(db, "一", "甲")) is not None:
            seen.append(case.nth)
            assert audits.answer(db, "一", case.id, "甲", YES | {"complete": case.nth > 1}, f"k{case.nth}")
        assert audits.progress(db, "一") == (10, 10)
        assert audits.case(db, "一", "甲", nth=1).given == YES | {"complete": False}
        assert audits.case(db, "一", "乙").nth == 1  # everybody may answer them all
        rates = results(audits.answers(db, "一"))
    assert seen == list(range(1, 11))
    assert [(rate.accepted, rate.of) for rate in rates] == [(10, 10), (10, 10), (9, 10), (10, 10)]


def test_an_answer_may_be_changed_and_a_request_comes_once(audit):
    with audit.writing() as db:
        id = audits.case(db, "一", "甲").id
        assert audits.answer(db, "一", id, "甲", YES, "k1")
        assert not audits.answer(db, "一", id, "甲", YES | {"correct": False}, "k1")
        assert results(audits.answers(db, "一"))[0].accepted == 1
        assert audits.answer(db, "一", id, "甲", YES | {"correct": False}, "k2")
        assert results(audits.answers(db, "一"))[0].accepted == 0


@pytest.mark.parametrize(
    ("id", "yes", "reason"),
    [("nobody", YES, "unknown"), ("'; DROP TABLE audits; --", YES, "unknown"), (None, {"correct": True}, "invalid"),
     (None, YES | {"more": True}, "invalid")],
)  # fmt: skip
def test_forged_answers_are_refused(audit, id, yes, reason):
    with audit.writing() as db:
        there = audits.case(db, "一", "甲").id
        with pytest.raises(Refused) as refused:
            audits.answer(db, "一", id or there, "甲", yes, "k")
        assert refused.value.reason == reason
        assert audits.progress(db, "一") == (0, 10)


def sheet(audit):
    with audit.reading() as db:
        return audits.sheet(db, "一")


def took(audit, path):
    with audit.writing() as db:
        return audits.take(db, path)


FILLED = {"reviewer": "丁", "correct": True, "instruction_met": True, "complete": True, "harmless": True}


def test_without_the_desk_by_lines(audit, tmp_path):
    file = tmp_path / "audit.jsonl"
    rows = sheet(audit)
    write(file, [rows[0] | FILLED | {"harmless": False}, *rows[1:]])
    assert [took(audit, file), took(audit, file)] == [1, 0]
    write(file, [rows[0] | FILLED, *(row | FILLED for row in rows[1:])])  # a changed mind, and the rest
    assert took(audit, file) == 10
    write(file, [rows[0] | FILLED | {"harmless": False}])  # and changed back
    assert took(audit, file) == 1
    with audit.reading() as db:
        assert [rate.accepted for rate in results(audits.answers(db, "一"))] == [10, 10, 10, 9]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"correct": 1}, "line 2: correct is 1: .*valid boolean"),
        ({"reviewer": None}, "line 2: reviewer is missing"),
        ({"complete": None}, "line 2: complete is null"),
        ({"audit": "二"}, "line 2: there is no audit '二'"),
        ({"record": "n"}, "line 2: the audit '一' has no record 'n'"),
        ({"note": ""}, "line 2: unknown key 'note'"),
    ],
)
def test_a_wrong_line_refuses_the_whole_sheet(audit, tmp_path, change, message):
    one, other, *_ = sheet(audit)
    write(tmp_path / "a.jsonl", [one | FILLED, other | FILLED | change])
    with pytest.raises(UsageError, match=message):
        took(audit, tmp_path / "a.jsonl")
    with audit.reading() as db:
        assert audits.progress(db, "一") == (0, 10)


def test_the_report_takes_the_newest_audit_that_was_answered(audit, where, parts, tmp_path):
    assert audits.latest_results(tmp_path / "none.sqlite") is None
    assert not (tmp_path / "none.sqlite").exists()
    assert audits.latest_results(where) is None
    with audit.writing() as db:
        audits.begin(db, "二", draw(parts, 5, seed=2, by_source=False), seed=2, by_source=False)
        audits.answer(db, "一", audits.case(db, "一", "甲").id, "甲", YES, "k")
    name, rates = audits.latest_results(where)
    assert (name, rates[0].of) == ("一", 1)


def test_on_the_command_line(project, run, cqia):
    folder = project([note(n) for n in range(30)])
    run(folder)
    file = folder / "audit.jsonl"
    assert cqia("review", "audit", "-C", folder).code == 2
    said = cqia("review", "audit", "--draw", 12, "--by-source", "--out", file, "-C", folder)
    assert "0 of 12 records answered" in said.out
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    write(file, [row | FILLED for row in rows])
    told = json.loads(cqia("review", "audit", "--take", file, "--json", "-C", folder).out)
    assert (told["answered"], told["of"], told["rates"][0]["share"]["value"]) == (12, 12, 1.0)
    again = cqia("review", "audit", "--draw", 12, "-C", folder)
    assert (again.code, "There is an audit 'audit' already" in again.err) == (2, True)
    assert "75.8%" in cqia("review", "audit", "-C", folder).out  # Wilson's lower end of 12 of 12
