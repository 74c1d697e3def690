"""Wordings: which one a document gets, and how it is filled in."""

import string

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.tasks.wordings import check, choose, filled, name_of, placeholders

IDS = pl.Series([f"notes:n{number}" for number in range(20_000)])


@pytest.mark.parametrize("wordings", [2, 3, 9])
def test_an_added_wording_moves_its_share_and_only_to_itself(wordings):
    before = [f"第{number}种说法：{{title}}" for number in range(wordings)]
    old, new = choose(IDS, before, 42), choose(IDS, [*before, "新的说法：{title}"], 42)
    moved = old != new
    assert (new[moved] == wordings).all()
    assert moved.mean() == pytest.approx(1 / (wordings + 1), abs=0.015)


def test_a_wording_taken_away_moves_only_its_own():
    before = [f"第{number}种说法：{{title}}" for number in range(5)]
    old, new = choose(IDS, before, 42), choose(IDS, before[:-1], 42)
    assert (old[old != new] == 4).all()


def test_the_shares_are_even_and_the_order_of_wordings_does_not_matter():
    wordings = [f"第{number}种说法：{{title}}" for number in range(4)]
    chosen = choose(IDS, wordings, 42)
    for number in range(4):
        assert (chosen == number).mean() == pytest.approx(0.25, abs=0.02)
    assert (3 - choose(IDS, wordings[::-1], 42) == chosen).all()
    assert (choose(IDS, wordings, 43) != chosen).mean() > 0.6
    assert (choose(IDS[:7], wordings, 42) == chosen[:7]).all()


def test_a_name_is_the_same_as_long_as_the_wording_is():
    assert name_of("{title}") == name_of("{title}") != name_of("{title}？")
    assert len(name_of("{title}")) == 8


@pytest.mark.parametrize(
    ("wording", "names"),
    [
        ("{title}", ["title"]),
        ("", []),
        ("没有", []),
        ("{a}{b}和{a}", ["a", "b", "a"]),
        ("{{花括号}}", []),
        ("{{{a}}}", ["a"]),
    ],
)
def test_placeholders(wording, names):
    assert placeholders(wording) == names


@pytest.mark.parametrize(
    ("wordings", "words"),
    [
        ((), "no wordings"),
        (("{title}", "{title}"), "twice"),
        (("{title}", "{titel}？"), r"'titel'.*\{titel\}？.*context, title"),
        (("{",), "odd brace"),
        (("}",), "odd brace"),
        (("{}",), "no field ''"),
    ],
)
def test_what_is_wrong_with_wordings_is_named(wordings, words):
    with pytest.raises(ValueError, match=words) as raised:
        check("answer", wordings, {"title": 1, "context": 1})
    assert "task answer" in str(raised.value)


def test_good_wordings_pass():
    check("answer", ("{title}", "{title}{context}", "{{}}"), {"title": 1, "context": 1})


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(texts, texts, st.none() | texts, st.none() | texts)
def test_a_wording_is_filled_in_as_it_says(before, between, title, context):
    wording = "{title}".join(
        [before.replace("{", "{{").replace("}", "}}"), between.replace("{", "{{").replace("}", "}}")]
    )
    wording += "{context}"
    row = pl.DataFrame({"title": [title], "context": [context]}, schema={"title": pl.String, "context": pl.String})
    got = row.select(filled(wording, {"title": pl.col("title"), "context": pl.col("context")})).item()
    wanted = before + (title or "") + between + (context or "")
    spaces = (
        string.whitespace + "\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    )
    assert got.strip(spaces + "\u200a\u2028\u2029\u202f\u205f\u3000") == wanted.strip(
        spaces + "\u200a\u2028\u2029\u202f\u205f\u3000"
    )
