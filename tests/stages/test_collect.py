"""Collecting: every page ends as one thing; of one id the fullest stays; what was taken down goes."""

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest

from cqia.engine.stage import Summary
from cqia.errors import NotADocument, Unreadable
from cqia.readers.raw import Raw
from cqia.schema import DOCUMENT, PAGE, STATUS
from cqia.stages import collect

NOTHING = pl.DataFrame(schema={"field": pl.String, "value": pl.String})


def raw(number, row=None, path="a.jsonl", trouble=None):
    return Raw(path=path, digest="d" * 64, locator=f"row={number}", size=10, row=row or {}, trouble=trouble)


def drafted(raws, read):
    return collect.draft(raws, pl.DataFrame(), source="notes", copyright="无", read=read)


def row_of(raw):
    return [dict(raw.row)]


def reads(*documents):
    return lambda raw: [dict(document) for document in documents]


def raises(error):
    def read(raw):
        raise error

    return read


@pytest.mark.parametrize(
    ("read", "status", "reason", "detail"),
    [
        (reads({"text": "文"}), "kept", None, None),
        (reads({"text": "一"}, {"text": "二"}), "kept", None, None),
        (reads(), "dropped", "nothing_found", None),
        (raises(NotADocument("login_wall", "只有登录框")), "dropped", "login_wall", "只有登录框"),
        (raises(NotADocument("list_page")), "dropped", "list_page", None),
        (raises(Unreadable("bad_html", "读不懂")), "quarantined", "bad_html", "读不懂"),
        (raises(KeyError("likes")), "quarantined", "reader_error", "KeyError: 'likes'"),
        (raises(RecursionError("太深")), "quarantined", "reader_error", "RecursionError: 太深"),
        (lambda raw: None, "quarantined", "reader_error", "NoneType"),
        (lambda raw: 3, "quarantined", "reader_error", "int"),
        (reads({"likes": "9"}), "quarantined", "bad_document", "likes as str, not int"),
        (reads({"votes": 9}), "quarantined", "bad_document", "'votes'"),
        (reads({"likes": True}), "quarantined", "bad_document", "likes as bool"),
        (reads({"likes": 2**63}), "quarantined", "bad_document", "64-bit"),
        (reads({"text": "好"}, {"text": 3}), "quarantined", "bad_document", "text as int"),
    ],
)
def test_a_page_ends_as_one_thing(read, status, reason, detail):
    made = drafted([raw(0)], read)
    assert made.status.schema == STATUS
    assert made.out.schema == DOCUMENT
    assert made.inputs.schema == PAGE
    (row,) = made.status.to_dicts()
    assert (row["status"], row["reason"]) == (status, reason)
    assert (made.out.height > 0) == (status == "kept")
    if detail is not None:
        assert detail in row["fired"][0]["detail"]


def test_a_page_that_could_not_be_cut_out_says_why():
    made = drafted([raw(0, trouble=Unreadable("too_large", "太大"))], row_of)
    assert made.status.row(0)[:3] == (made.inputs["id"][0], "quarantined", "too_large")


def test_what_a_document_gets_beside_what_its_reader_says():
    made = drafted([raw(3, {"id": "answer-1", "text": "文"}), raw(4, {"text": "文", "copyright": "甲所有"})], row_of)
    first, second = made.out.to_dicts()
    assert first["id"] == "notes:answer-1"
    assert (first["source"], first["copyright"]) == ("notes", "无")
    assert first["raw"] == {"path": "a.jsonl", "digest": "d" * 64, "locator": "row=3"}
    assert first["page"] == made.inputs["id"][0]
    assert first["likes"] is None
    assert second["id"].startswith("notes:")
    assert second["copyright"] == "甲所有"


def test_texts_without_an_id_are_two_documents_though_they_are_equal():
    made = drafted([raw(0), raw(1)], reads({"text": "文"}, {"text": "文"}))
    assert made.out["id"].n_unique() == 4


@pytest.mark.parametrize(
    ("value", "stands"),
    [
        ("a\x00b\x07c\td\ne\r\n", "abc\td\ne\n"),
        ("半个\ud83d字符", "半个?字符"),
        ("\ufeff文", "\ufeff文"),
        ("", ""),
    ],
)
def test_texts_are_such_as_can_be_written(value, stands):
    made = drafted([raw(0)], reads({"id": "x", "text": value, "tags": [value]}))
    assert made.out["text"].to_list() == [stands]
    assert made.out["tags"].to_list() == [[stands]]


def test_times_are_utc():
    beijing = datetime(2020, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    made = drafted([raw(0)], reads({"created": beijing}, {"created": datetime(2020, 1, 1)}))
    assert made.out["created"].to_list() == [datetime(2020, 1, 1, tzinfo=UTC)] * 2


def decided(takedown, *shards):
    made = [drafted([raw(n, row, path=f"{number}.jsonl") for n, row in enumerate(rows)], row_of)
            for number, rows in enumerate(shards)]  # fmt: skip
    summaries = [
        Summary(f"notes/{n}", collect.summarise(each.out).lazy(), each.out.lazy()) for n, each in enumerate(made)
    ]
    decisions = collect.decide(summaries, takedown=takedown)
    backwards = collect.decide(summaries[::-1], takedown=takedown)
    assert decisions.sort("shard", "row").equals(backwards.sort("shard", "row"))
    return [collect.apply(each, decisions.filter(shard=f"notes/{n}").drop("shard")) for n, each in enumerate(made)]


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ({"text": "短"}, {"text": "长一些"}, 1),
        ({"text": "长一些"}, {"text": "短"}, 0),
        ({"text": "同样"}, {"text": "同样", "likes": 1}, 1),
        ({"text": "同样", "likes": 5}, {"text": "同样", "likes": 1}, 0),
        ({"text": None}, {"text": ""}, None),
        ({"text": "短", "likes": 99}, {"text": "长一些"}, 1),
    ],
)
@pytest.mark.parametrize("apart", [True, False])
def test_of_one_id_the_fullest_stays(first, second, kept, apart):
    rows = [{"id": "x"} | first, {"id": "x"} | second]
    made = decided(NOTHING, *([row] for row in rows)) if apart else decided(NOTHING, rows)
    statuses = [row for each in made for row in each.status.to_dicts()]
    assert sorted(row["status"] for row in statuses) == ["dropped", "kept"]
    if kept is not None:
        assert statuses[kept]["status"] == "kept"
    loser = next(row for row in statuses if row["status"] == "dropped")
    winner = next(row for row in statuses if row["status"] == "kept")
    assert loser["reason"] == "same_id"
    assert winner["id"] in loser["fired"][0]["detail"]
    assert sum(each.out.height for each in made) == 1


def test_a_page_with_another_document_is_kept_without_the_repeated_one():
    def read(raw):
        return [{"id": "x", "text": "短" * raw.row["n"]}, {"id": f"own-{raw.row['n']}", "text": "自己的"}]

    made = drafted([raw(0, {"n": 1}), raw(1, {"n": 2})], read)
    decisions = collect.decide([Summary("s", collect.summarise(made.out).lazy(), made.out.lazy())], takedown=NOTHING)
    found = collect.apply(made, decisions.drop("shard"))
    assert found.out["id"].to_list() == ["notes:own-1", "notes:x", "notes:own-2"]
    assert found.status["status"].to_list() == ["kept", "kept"]
    assert found.status["fired"].to_list()[0][0]["rule"] == "same_id"


@pytest.mark.parametrize(
    ("field", "value", "gone"),
    [
        ("id", "notes:b", ["b"]),
        ("author", "甲", ["a", "c"]),
        ("url", "https://x/2", ["b"]),
        ("id", "notes:d", []),
        ("author", "", []),
    ],
)
def test_what_was_taken_down_is_dropped_and_told(field, value, gone):
    rows = [{"id": "a", "text": "一", "author": "甲"}, {"id": "b", "text": "二", "url": "https://x/2"},
            {"id": "c", "text": "三", "author": "甲"}]  # fmt: skip
    takedown = pl.DataFrame({"field": [field], "value": [value]})
    (made,) = decided(takedown, rows)
    assert made.out["id"].to_list() == [f"notes:{name}" for name in "abc" if name not in gone]
    told = [row for row in made.status.to_dicts() if row["status"] == "dropped"]
    assert [row["reason"] for row in told] == ["takedown"] * len(gone)


def test_a_repeated_id_does_not_survive_the_takedown_of_it():
    rows = [{"id": "x", "text": "短"}, {"id": "x", "text": "长一些"}]
    (made,) = decided(pl.DataFrame({"field": ["id"], "value": ["notes:x"]}), rows)
    assert made.out.height == 0
    assert made.status["reason"].to_list() == ["takedown", "takedown"]


def test_no_pages():
    made = drafted([], row_of)
    assert (made.out.height, made.status.height, made.inputs.height) == (0, 0, 0)
    assert collect.decide([], takedown=NOTHING).height == 0
