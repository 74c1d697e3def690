"""Measured columns: named by the rules, added in one pass, part of the digest."""

import polars as pl
import pytest

from cqia.errors import UsageError
from cqia.rules import adverts, form, safety, worth
from cqia.rules.measure import columns, digest, fire, measure
from cqia.rules.rule import Rule
from cqia.schema import DOCUMENT

RULES = (*safety.all_words(), safety.personal(), adverts.contact(), form.repeated_ngrams(), worth.likes(51))


def values(*rules: Rule) -> list[pl.Expr]:
    return [rule.value for rule in rules]


def test_rules_name_what_they_need_once() -> None:
    assert columns(values(worth.likes(51))) == []
    assert columns(values(safety.words("porn"), safety.words("porn"), form.repeated_ngrams())) == [
        "repeated:13",
        "words:porn",
    ]


def test_an_empty_frame_and_a_frame_without_measurements() -> None:
    frame = pl.DataFrame(schema=DOCUMENT)
    assert measure(frame, values(*RULES)).height == 0
    assert measure(frame, values(worth.likes(51))).equals(frame)


def test_values_of_rules_can_be_written_down_and_read_again() -> None:
    for rule in RULES:
        assert pl.Expr.deserialize(rule.value.meta.serialize()).meta.eq(rule.value)


def test_a_column_that_nothing_measures_is_an_error() -> None:
    with pytest.raises(UsageError, match="magic"):
        measure(pl.DataFrame(schema=DOCUMENT), [pl.col("magic:x")])


def test_the_digest_covers_the_contents_of_lists(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "own.yaml"
    path.write_text("mild: [甲乙]\n", "utf-8")
    rule = safety.words(str(path))
    before = digest(values(rule))
    assert before == digest(values(rule)) != digest(values(worth.likes(51)))
    path.write_text("mild: [丙丁]\n", "utf-8")
    assert digest(values(rule)) != before


@pytest.mark.parametrize(
    ("value", "at_least", "at_most", "missing", "fires"),
    [
        (5.0, 5, None, "drop", False),
        (4.9, 5, None, "drop", True),
        (5.0, None, 5, "drop", False),
        (5.1, None, 5, "drop", True),
        (3.0, 1, 5, "keep", False),
        (None, 1, 5, "keep", False),
        (None, 1, 5, "drop", True),
        (True, None, None, "keep", True),
        (False, None, None, "drop", False),
        (None, None, None, "drop", True),
    ],
)
def test_fire(value, at_least, at_most, missing, fires) -> None:  # type: ignore[no-untyped-def]
    rule = Rule(name="r", why="", value=pl.col("x"), at_least=at_least, at_most=at_most, missing=missing)
    assert pl.DataFrame({"r": [value]}).select(fire(rule)).item() is fires
