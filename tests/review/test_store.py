"""People's decisions as the road reads them: never overwritten, the latest counts; files of the old layout."""

import json
import sqlite3

import pytest
from sqlalchemy import func, select

from cqia.errors import WorkspaceError
from cqia.review import store
from cqia.review.refused import Refused
from cqia.review.standing import CHUNK
from cqia.review.store import Decision
from cqia.review.tables import decisions, ratings
from desk_people import next_for, say, state
from made import lines, note

T1, T2, T3 = (f"2026-01-0{day}T00:00:00+00:00" for day in (1, 2, 3))


def decision(id="notes:n1/answer", action="accept", reviewer="甲", at=T1, **named):
    return Decision(id, action, reviewer, at, **named)


def counts(where):
    return dict(store.latest(where).select("id", "action").iter_rows())


def test_none_yet(tmp_path):
    assert store.latest(tmp_path / "work/review.sqlite").height == 0
    assert not (tmp_path / "work").exists()


def test_the_latest_by_time_counts_whatever_the_order_of_arrival(where):
    store.add(where, [decision(action="reject", at=T2), decision(at=T1), decision(id="b", at=T1)])
    assert counts(where) == {"notes:n1/answer": "reject", "b": "accept"}
    store.add(where, [decision(action="accept", at=T3)])
    assert counts(where)["notes:n1/answer"] == "accept"


def test_at_the_same_time_the_last_to_arrive_counts(where):
    store.add(where, [decision(action="reject"), decision(reviewer="乙")])
    assert counts(where) == {"notes:n1/answer": "accept"}


def test_the_same_decision_is_stored_once_and_nothing_is_overwritten(where):
    assert store.add(where, [decision(), decision(action="reject", at=T2)]) == 2
    assert store.add(where, [decision(), decision(at=T3)]) == 1
    assert store.add(where, []) == 0
    with store.opened(where) as database, database.reading() as db:
        assert db.execute(select(func.count()).select_from(decisions)).scalar_one() == 3


def test_what_cannot_be_stored_stores_nothing(where):
    store.add(where, [decision()])
    with pytest.raises(WorkspaceError):
        store.add(where, [decision(id="b"), decision(id=None)])
    assert counts(where) == {"notes:n1/answer": "accept"}


def test_many_are_stored_in_pieces_and_what_is_cut_off_goes_on(where, monkeypatch):
    many = [decision(id=f"r{n}") for n in range(2 * CHUNK + 5)]
    marks = {each: {"useful": 4} for each in many}
    real, calls = store.settle, []

    def dies(db, numbers):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(db, numbers)

    with monkeypatch.context() as cut_off:
        cut_off.setattr(store, "settle", dies)
        with pytest.raises(KeyboardInterrupt):
            store.add(where, many, marks)
    assert len(counts(where)) == marked(where) == CHUNK  # a piece, whole; people are let in before the next
    assert store.add(where, many, marks) == CHUNK + 5
    assert len(counts(where)) == marked(where) == len(many)


def test_how_many_are_stored_is_said_where_the_rest_cannot_be(where):
    many = [decision(id=f"r{n}") for n in range(CHUNK)]
    with pytest.raises(WorkspaceError) as said:
        store.add(where, [*many, decision(id=None)])
    assert "1,000 decisions are stored" in said.value.message
    assert "the rest" in said.value.hint
    assert len(counts(where)) == CHUNK


def marked(where):
    with store.opened(where) as database, database.reading() as db:
        return db.execute(select(func.count()).select_from(ratings)).scalar_one()


@pytest.mark.parametrize("data", [b"no database" * 200, b"SQLite format 3\x00" + b"\xff" * 200])
def test_a_damaged_store_is_named(data, project, cqia):
    folder = project([note(1)])
    (folder / "work").mkdir()
    (folder / "work/review.sqlite").write_bytes(data)
    said = cqia("run", "-C", folder)
    assert said.code == 1
    assert "review.sqlite" in said.err
    assert (folder / "work/review.sqlite").read_bytes() == data


def test_times_of_all_zones_are_compared_as_one(tmp_path):
    file = tmp_path / "d.jsonl"
    base = {"record": "a", "action": "accept", "reviewer": "甲"}
    times = ["2026-01-02T03:04:05Z", "2026-01-02T11:04:05+08:00", "2026-01-02T03:04:05", "2026-01-02 03:04:05"]
    file.write_text(lines(base | {"at": at} for at in times), "utf-8")
    assert {each.at for each in store.read_file(file)} == {"2026-01-02T03:04:05+00:00"}


def test_decisions_from_a_file_through_the_road(project, cqia, inline, tmp_path):
    folder = project([note(1), note(2), note(3), note(4)], toml="[review]\nrequire = 'all'")
    cqia("run", "-C", folder)
    status = json.loads(cqia("status", "--json", "-C", folder).out)["stages"][-1]
    assert status["pending_by"] == {"needs_review": 4}
    file = tmp_path / "decisions.jsonl"
    base = {"reviewer": "甲", "at": "2026-01-02T03:04:05Z"}
    file.write_text(
        lines([
            base | {"record": "notes:n1/answer", "action": "accept"},
            base | {"record": "notes:n2/answer", "action": "edit", "edited": {"output": "人改过的答案。"}},
            base | {"record": "notes:n3/answer", "action": "reject", "reason": "答非所问"},
            base | {"record": "notes:gone/answer", "action": "accept"},
        ]) + "\n\n", "utf-8",
    )  # fmt: skip
    assert "4 decisions read, 4 new" in cqia("review", "import", file, "-C", folder).out
    assert "4 decisions read, 0 new" in cqia("review", "import", file, "-C", folder).out
    inline.taken()
    assert cqia("run", "-C", folder).code == 0
    assert inline.taken() == ["review apply notes/part-00000"]
    status = json.loads(cqia("status", "--json", "-C", folder).out)
    assert status["balanced"]
    row = status["stages"][-1]
    assert (row["kept"], row["dropped"], row["pending_by"]) == (2, {"rejected": 1}, {"needs_review": 1})
    assert cqia("release", "v1", "-C", folder).code == 0
    released = [
        json.loads(line) for line in (folder / "releases/v1/notes/answers.jsonl").read_text("utf-8").splitlines()
    ]
    assert "人改过的答案。" in {row["output"] for row in released if row["human_verified"]}
    assert all(row["human_verified"] for row in released)
    assert len(released) == 2
    assert "by 甲" in cqia("why", "notes:n3", "-C", folder).out


OLD = """
CREATE TABLE decision (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
    id TEXT NOT NULL, action TEXT NOT NULL, reviewer TEXT NOT NULL, at TEXT NOT NULL, reason TEXT,
    instruction TEXT, input TEXT, output TEXT, text_digest TEXT
) STRICT
"""


def test_a_file_of_the_old_layout_is_taken_over(tmp_path):
    path = tmp_path / "review.sqlite"
    given = [decision(), decision(id="b", action="edit", at=T2, output="改"), decision(action="reject", at=T2)]
    with sqlite3.connect(path) as old:
        old.execute(OLD)
        for each in given:
            values = (store.digest(repr(each)), *(getattr(each, name) for name in store.COLUMNS))
            old.execute(f"INSERT INTO decision VALUES (NULL, {', '.join('?' * len(values))})", values)
    old.close()
    assert counts(path) == {"notes:n1/answer": "reject", "b": "edit"}
    found = store.latest(path)
    assert found["at"].to_list() == [T2, T2]
    assert found["output"].to_list() == ["改", None]
    assert store.add(path, given) == 0  # known by their keys
    with sqlite3.connect(path) as new:
        assert new.execute("SELECT name FROM sqlite_master WHERE name = 'decision'").fetchone() is None
    new.close()


def test_a_decision_from_a_file_settles_a_record_on_the_desk(desk, where):
    database = desk(2, double=1.0)
    turn = next_for(database, "甲")
    assert store.add(where, [decision(id=turn.item.id, action="reject", at=T3)]) == 1
    assert state(database, turn.item.id) == "decided"
    with pytest.raises(Refused):
        say(database, turn, "甲")
    assert counts(where) == {turn.item.id: "reject"}
