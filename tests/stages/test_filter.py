"""The rule-based filter: bounds are inclusive, what a missing value means is said, all that fired is recorded."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.engine.stage import Summary
from cqia.rules.rule import Rule
from cqia.schema import DOCUMENT, STATUS
from cqia.stages import filter


def documents(**columns):
    size = len(next(iter(columns.values())))
    frame = pl.DataFrame({"id": [f"n{n}" for n in range(size)], **columns}, schema_overrides=DOCUMENT)
    return frame.with_columns(
        pl.lit(None, kind).alias(name) for name, kind in DOCUMENT.items() if name not in frame.columns
    )


def likes(**bounds):
    return Rule(**{"name": "likes", "why": "", "value": pl.col("likes"), "missing": "keep"} | bounds)


@pytest.mark.parametrize(
    ("rule", "value", "kept"),
    [
        (likes(at_least=51), 51, True),
        (likes(at_least=51), 50, False),
        (likes(at_most=51), 51, True),
        (likes(at_most=51), 52, False),
        (likes(at_least=3, at_most=5), 2, False),
        (likes(at_least=3, at_most=5), 4, True),
        (likes(at_least=3, at_most=5), 6, False),
        (likes(at_least=0), 0, True),
        (likes(at_least=0), -1, False),
        (likes(at_least=2.5), 2, False),
        (likes(at_least=2**62), 2**62, True),
        (likes(at_least=51), None, True),
        (likes(at_least=51, missing="drop"), None, False),
        (likes(value=pl.col("likes") > 3), 4, False),  # a yes/no rule fires on true
        (likes(value=pl.col("likes") > 3), 3, True),
        (likes(value=pl.col("likes") > 3), None, True),
        (likes(value=pl.col("likes") > 3, missing="drop"), None, False),
    ],
)
def test_bounds_are_inclusive_and_a_missing_value_means_what_the_rule_says(rule, value, kept):
    made = filter.apply(documents(likes=[value]), pl.DataFrame(), rules=[rule])
    assert made.out.height == kept
    (row,) = made.status.to_dicts()
    assert row["status"] == ("kept" if kept else "dropped")
    assert row["reason"] == (None if kept else "likes")
    if not kept:
        expected = None if value is None else float(value) if rule.bounded else 1.0
        assert row["fired"] == [{"rule": "likes", "value": expected, "detail": None}]


RULES = (
    Rule(name="short", why="", value=pl.col("text").str.len_chars(), at_least=3, missing="drop"),
    Rule(name="likes", why="", value=pl.col("likes"), at_least=3, missing="keep"),
    Rule(name="ad", why="", value=pl.col("text").str.contains("微信"), missing="keep",
         detail=pl.col("text").str.extract("(微信.)")),
)  # fmt: skip


def test_the_first_in_the_sources_order_is_the_reason_and_all_that_fired_is_told():
    frame = documents(text=["微信", "够长的一段", "加微信甲", None], likes=[1, 9, 9, 1])
    made = filter.apply(frame, pl.DataFrame(), rules=RULES)
    assert made.status.schema == STATUS
    assert made.status["reason"].to_list() == ["short", None, "ad", "short"]
    assert made.status["fired"].to_list() == [
        [{"rule": "short", "value": 2.0, "detail": None}, {"rule": "likes", "value": 1.0, "detail": None},
         {"rule": "ad", "value": 1.0, "detail": None}],
        [],
        [{"rule": "ad", "value": 1.0, "detail": "微信甲"}],
        [{"rule": "short", "value": None, "detail": None}, {"rule": "likes", "value": 1.0, "detail": None}],
    ]  # fmt: skip
    assert filter.apply(frame, pl.DataFrame(), rules=RULES[::-1]).status["reason"].to_list() == [
        "ad",
        None,
        "ad",
        "likes",
    ]


@pytest.mark.parametrize("rules", [(), RULES])
def test_no_documents_and_no_rules(rules):
    none = filter.apply(documents(likes=[]), pl.DataFrame(), rules=rules)
    assert (none.out.height, none.status.height) == (0, 0)
    assert none.status.schema == STATUS
    some = filter.apply(documents(likes=[1, 2]), pl.DataFrame(), rules=())
    assert some.status["status"].to_list() == ["kept"] * 2
    assert some.out.equals(documents(likes=[1, 2]))


@given(st.lists(st.tuples(st.none() | st.text("微信甲", max_size=5), st.none() | st.integers(-5, 9)), max_size=20))
def test_each_document_is_judged_by_itself(rows):
    frame = documents(text=pl.Series([text for text, _ in rows], dtype=pl.String),
                      likes=pl.Series([number for _, number in rows], dtype=pl.Int64))  # fmt: skip
    made = filter.apply(frame, pl.DataFrame(), rules=RULES)
    single = [filter.apply(frame[n], pl.DataFrame(), rules=RULES) for n in range(len(rows))]
    assert made.status.to_dicts() == [row for each in single for row in each.status.to_dicts()]
    assert made.out["id"].to_list() == made.status.filter(pl.col("status") == "kept")["id"].to_list()
    assert ((made.status["fired"].list.len() == 0) == (made.status["status"] == "kept")).all()


def ranked(*shards):
    frames = [
        documents(likes=values).with_columns(id=pl.format(f"{number}-{{}}", "id"))
        for number, values in enumerate(shards)
    ]
    summaries = [
        Summary(f"s/{number}", filter.summarise(frame, by=pl.col("likes")).lazy(), frame.lazy())
        for number, frame in enumerate(frames)
    ]
    return frames, filter.decide(summaries)


def test_ranks_count_over_all_shards_the_highest_first_then_by_id():
    frames, ranks = ranked([5, None, 9], [9, 1], [])
    assert dict(ranks.select("id", "rank").iter_rows()) == {"0-n2": 1, "1-n0": 2, "0-n0": 3, "1-n1": 4}
    assert ranks.filter(id="1-n0")["shard"].to_list() == ["s/1"]
    rule = Rule(name="rank", why="", value=pl.col("rank"), at_most=2, missing="drop")
    mine = ranks.filter(shard="s/0").drop("shard")
    made = filter.apply(frames[0], mine, rules=[rule])
    assert made.out["id"].to_list() == ["0-n2"]
    assert made.status["fired"].list.first().struct.field("value").to_list() == [3.0, None, None]
    assert made.out.columns == frames[0].columns


def test_nothing_to_rank():
    assert filter.decide([]).height == 0
    assert ranked([None])[1].height == 0
