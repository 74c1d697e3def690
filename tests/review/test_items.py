"""Records come from the workspace: again and again, and only what has changed."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import inspect

from cqia.review import items, overview, search, text_index
from cqia.review.database import connected
from cqia.review.items import Feed, Queue
from cqia.review.refused import Refused
from cqia.review.search import Filter
from desk_people import next_for, record, say, state, this_one

ALL = Queue(require="all")


def find(database, text):
    with database.reading() as db:
        return [hit.id for hit in search.search(db, Filter(text=text)).hits]


def test_a_record_with_all_that_is_known_of_it(database, feed):
    media = [{"kind": "formula", "url": "https://pic.example/1.png"}]
    document = {"id": "notes:n1", "title": "标题", "url": "https://a.example/1", "author": "某人", "media": media,
                "raw": {"path": "raw/a.jsonl", "digest": "d", "locator": "row=1"}}  # fmt: skip
    fired = [{"rule": "undecided", "value": None, "detail": "没有把握"}]
    status = {"id": "notes:n1/answer", "reason": "undecided", "by": "heuristic", "fired": fired}
    row = record(1, score=None, domain=["医学", "法律"], history=[{"instruction": "问", "output": "答"}],
                 task_type={"major": ["问答"], "minor": ["医学"]}, output="四个汉字")  # fmt: skip
    items.sync(database, [feed([row], statuses=[status], documents=[document], at_least=8.5)], Queue())
    with database.reading() as db:
        found = items.item(db, "notes:n1/answer")
    assert (found.source, found.field, found.document_id, found.task) == ("notes", "医学", "notes:n1", "answer")
    assert (found.output, found.length, found.history) == ("四个汉字", 4, [{"instruction": "问", "output": "答"}])
    assert (found.score, found.reason, found.by, found.fired) == (None, "undecided", "heuristic", fired)
    assert (found.band, found.need, found.state) == ("undecided", 1, "waiting")
    facts = found.facts
    assert (facts["title"], facts["url"], facts["author"]) == ("标题", "https://a.example/1", "某人")
    assert (facts["media"], facts["raw"]["locator"], facts["at_least"]) == (media, "row=1", 8.5)
    assert facts["task_type"] == {"major": ["问答"], "minor": ["医学"]}
    assert set(facts) == set(items.FACTS)


def test_reading_again_reads_nothing(database, feed):
    feeds = [feed([record(n) for n in range(5)])]
    assert items.sync(database, feeds, ALL).new == 5
    again = items.sync(database, feeds, ALL)
    assert (again.new, again.changed, again.gone) == (0, 0, 0)
    assert again.same == 5


@pytest.mark.parametrize(("near", "band"), [(0.0, "rest"), (0.5, "near")])
@pytest.mark.parametrize("score", [0.0, 3.5])
def test_an_accepted_answer_that_the_judge_scored_low_comes_onto_the_desk(database, feed, near, band, score):
    low = feed([record(1, score=score)], at_least=8.0)
    assert items.sync(database, [low], Queue(require="all", near=near)).new == 1
    with database.reading() as db:
        assert items.item(db, "notes:n1/answer").band == band


def test_what_is_new_what_changes_and_what_goes(database, feed):
    items.sync(database, [feed([record(n, output=f"原文{n}") for n in range(4)])], ALL)
    rows = [record(0, output="原文0"), record(1, output="改过了"), record(4, output="新来的")]
    done = items.sync(database, [feed(rows)], ALL)
    assert (done.new, done.changed, done.gone) == (1, 1, 2)
    assert state(database, "notes:n2/answer") == "gone"
    assert find(database, "改过") == ["notes:n1/answer"]
    assert find(database, "新来") == ["notes:n4/answer"]
    assert find(database, "原文") == ["notes:n0/answer"]  # what has gone is not found
    back = items.sync(database, [feed([record(n, output=f"原文{n}") for n in range(4)])], ALL)
    assert (back.new, back.changed, back.gone, back.same) == (0, 1, 1, 3)
    assert state(database, "notes:n2/answer") == "waiting"


def test_a_part_that_is_gone_and_a_source_that_is_gone(database, feed):
    first, second = feed([record(1)], part=0), feed([record(2)], part=1)
    law = feed([record(1, "law")], source="law")
    items.sync(database, [first, law], ALL)
    (second.records / "part-00001.parquet").unlink()
    assert items.sync(database, [first], ALL).gone == 2
    assert state(database, "law:n1/answer") == state(database, "notes:n2/answer") == "gone"
    assert items.sync(database, [first], ALL).gone == 0
    assert items.sync(database, [first, law], ALL).new == 0
    assert state(database, "law:n1/answer") == "waiting"


def test_a_record_that_moves_to_another_part_stays(database, feed):
    feeds = [feed([record(1), record(2)], part=0)]
    feed([record(3)], part=1)
    items.sync(database, feeds, ALL)
    feed([record(1)], part=0)
    feed([record(2), record(3)], part=1)
    items.sync(database, feeds, ALL)
    assert {state(database, f"notes:n{n}/answer") for n in (1, 2, 3)} == {"waiting"}


def test_what_was_held_and_decided_stays_so(desk, feed):
    database = desk(3)
    held, other = next_for(database, "甲"), next_for(database, "乙")
    say(database, other, "乙")
    items.sync(database, [feed([record(n, score=9.5) for n in range(3)])], ALL)
    assert next_for(database, "甲").item.id == held.item.id
    assert state(database, other.item.id) == "decided"
    assert say(database, held, "甲").state == "decided"


def test_no_one_is_asked_about_what_has_gone(desk, feed):
    database = desk(2)
    turn = next_for(database, "甲")
    items.sync(database, [feed([record(9)])], ALL)
    assert next_for(database, "乙").item.id == "notes:n9/answer"
    assert next_for(database, "丙") is None
    with database.writing() as db, pytest.raises(Refused):
        this_one(db, "长", turn.item.id)


def test_hostile_texts_come_in_as_they_are(database, feed):
    evil = "<script>alert(1)</script>'; DROP TABLE items;-- \u202e\u2066 %s %(x)s :name \\ \" * AND NEAR("
    items.sync(database, [feed([record(1, output=evil), record(2, output="有\0空"), record(3, instruction="")])], ALL)
    with database.reading() as db:
        assert items.item(db, "notes:n1/answer").output == evil
        assert items.item(db, "notes:n2/answer").output == "有\ufffd空"
    with database.reading() as db, pytest.raises(Refused):
        items.item(db, "notes:none")


def test_a_text_of_a_megabyte(database, feed):
    items.sync(database, [feed([record(1, output="很长。" * 350_000 + "结尾词")])], ALL)
    assert find(database, "很长") == ["notes:n1/answer"]
    assert find(database, "结尾词") == []  # beyond what is indexed: said in the docs


def test_without_a_judge_nothing_is_undecided(database, feed):
    source = feed([record(1, score=None)], judged=False)
    items.sync(database, [source], Queue())
    assert state(database, "notes:n1/answer") == "idle"


def test_a_workspace_without_parts(database, tmp_path):
    empty = Feed("none", tmp_path / "none", None, tmp_path / "none", 8.0)
    assert items.sync(database, [empty], ALL) == items.Synced()


def test_two_servers_that_start_together(where, feed):
    source = feed([record(n) for n in range(50)])
    wrong, done = [], []

    def serve():
        database = connected(where)
        try:
            done.append(items.sync(database, [source], ALL))
        except Exception as error:
            wrong.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=serve) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert sum(each.new for each in done) == 50
    database = connected(where)
    with database.reading() as db:
        assert overview.progress(db).wanted == 50
    database.close()


def test_two_servers_that_make_the_index_at_the_same_moment(where, feed, monkeypatch):
    feeds = [feed([record(n) for n in range(5)])]
    both, make = threading.Barrier(2), text_index.make_index

    def slowly(db):
        make(db)
        time.sleep(0.5)  # the other one is at it meanwhile, or waits

    monkeypatch.setattr(text_index, "make_index", slowly)

    def serve():
        database = connected(where)
        try:
            return items.sync(database, feeds, ALL, lambda _, done, total: both.wait(60) if done == total else None)
        finally:
            database.close()

    with ThreadPoolExecutor(2) as pool:
        servers = [pool.submit(serve) for _ in range(2)]
        assert sum(server.result(60).new for server in servers) == 5


def test_a_first_load_that_is_killed_before_the_index_is_made(database, feed, monkeypatch):
    feeds = [feed([record(n) for n in range(5)])]

    def killed(db):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(text_index, "make_index", killed)
        with pytest.raises(KeyboardInterrupt):
            items.sync(database, feeds, ALL)
    assert items.sync(database, feeds, ALL).same == 5
    assert find(database, "第3个") == ["notes:n3/answer"]
    if database.engine.dialect.name == "postgresql":
        with database.reading() as db:
            names = [each["name"] for each in inspect(db).get_indexes("search_text")]
        assert names == ["search_text_terms"]
