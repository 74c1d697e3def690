"""Human finalisation: what people decided counts for the text they saw, and who must have been seen is seen."""

import polars as pl
import pytest

from cqia.engine.stage import Summary
from cqia.review.store import COLUMNS
from cqia.schema import RECORD, STATUS, digest
from cqia.stages import review


def record(id="notes:n0/answer", score=8.0, **named):
    row = dict.fromkeys(RECORD) | {"id": id, "instruction": "题", "input": "", "output": "答", "score": score,
           "human_verified": False, "text_digest": digest("题", "", "答")[:32]}  # fmt: skip
    return pl.DataFrame([row | named], schema=RECORD)


def decided(id="notes:n0/answer", action="accept", **named):
    row = dict.fromkeys(COLUMNS) | {
        "id": id,
        "action": action,
        "reviewer": "甲",
        "at": "2026-01-01T00:00:00+00:00",
    }
    return pl.DataFrame([row | named], schema=COLUMNS)


NONE = pl.DataFrame(schema=COLUMNS)
SEEN = digest("题", "", "答")[:32]


@pytest.mark.parametrize(
    ("score", "judged", "decisions", "require", "status", "reason", "verified"),
    [
        (8.0, True, NONE, "undecided", "kept", None, False),
        (None, True, NONE, "undecided", "pending", "needs_review", None),
        (None, False, NONE, "undecided", "kept", None, False),  # nobody was asked to score it
        (8.0, True, NONE, "all", "pending", "needs_review", None),
        (None, False, NONE, "all", "pending", "needs_review", None),
        (None, True, NONE, "none", "kept", "undecided", False),
        (8.0, True, NONE, "none", "kept", None, False),
        (8.0, True, decided(), "all", "kept", None, True),
        (None, True, decided(), "undecided", "kept", None, True),
        (8.0, True, decided(action="reject", reason="答非所问"), "none", "dropped", "rejected", None),
        (8.0, True, decided(action="edit", output="改过"), "all", "kept", None, True),
        (8.0, True, decided(text_digest=SEEN), "all", "kept", None, True),
        (8.0, True, decided(text_digest="0" * 32), "none", "pending", "changed_since_review", None),
        (8.0, True, decided(action="reject", text_digest="0" * 32), "none", "pending", "changed_since_review", None),
        (8.0, True, decided(id="notes:other"), "all", "pending", "needs_review", None),
    ],
)
def test_what_becomes_of_a_record(score, judged, decisions, require, status, reason, verified):
    made = review.apply(record(score=score), decisions, require=require, judged=judged)
    assert made.status.schema == STATUS
    assert made.out.schema == RECORD
    (row,) = made.status.to_dicts()
    assert (row["status"], row["reason"]) == (status, reason)
    assert row["score"] == score
    assert made.out["human_verified"].to_list() == ([] if verified is None else [verified])
    if status != "kept":
        assert row["fired"][0]["rule"] == reason


def test_who_rejected_and_why_is_told():
    decisions = decided(action="reject", reason="答非所问")
    row = review.apply(record(), decisions, require="none", judged=True).status.to_dicts()[0]
    assert row["by"] == "甲"
    assert row["fired"] == [{"rule": "rejected", "value": None, "detail": "答非所问"}]


def test_an_edit_changes_the_texts_it_names_and_the_digest_and_nothing_else():
    (row,) = review.apply(record(), decided(action="edit", output="改过"), require="all", judged=True).out.to_dicts()
    assert (row["instruction"], row["input"], row["output"]) == ("题", "", "改过")
    assert row["text_digest"] == digest("题", "", "改过")[:32]
    (row,) = review.apply(record(), decided(), require="all", judged=True).out.to_dicts()
    assert row["text_digest"] == SEEN
    (row,) = review.apply(
        record(input="旧"), decided(action="edit", input=""), require="all", judged=True
    ).out.to_dicts()
    assert row["input"] == ""


def test_records_keep_their_order_and_decisions_find_theirs():
    frame = pl.concat([record(id=f"notes:n{n}/answer") for n in range(5)])
    decisions = pl.concat([decided(id="notes:n3/answer", action="reject"), decided(id="notes:n1/answer")])
    made = review.apply(frame, decisions, require="none", judged=True)
    assert made.status["id"].to_list() == frame["id"].to_list()
    assert made.out["id"].to_list() == [f"notes:n{n}/answer" for n in (0, 1, 2, 4)]
    assert made.out["human_verified"].to_list() == [False, True, False, False]


@pytest.mark.parametrize("decisions", [pl.DataFrame(), NONE])
def test_no_records_and_no_decisions(decisions):
    made = review.apply(record().clear(), decisions, require="all", judged=True)
    assert (made.out.height, made.status.height) == (0, 0)
    assert made.status.schema == STATUS


def test_decisions_go_to_the_shard_of_their_record():
    frames = [record(id="a"), record(id="b"), record(id="c")]
    summaries = [Summary(f"s/{n}", frame.lazy(), frame.lazy()) for n, frame in enumerate(frames)]
    latest = pl.concat([decided(id="c"), decided(id="a", action="reject"), decided(id="gone")])
    found = review.decide(summaries, latest=latest)
    assert found.select("shard", "id", "action").rows() == [("s/0", "a", "reject"), ("s/2", "c", "accept")]
    assert review.decide([], latest=latest).height == 0
