"""Rules of worth: the bound itself is in, and unknown is not zero."""

from datetime import UTC, date, datetime

import pytest

from cqia.rules import worth


@pytest.mark.parametrize(
    ("rule", "columns", "drops"),
    [
        (worth.likes(51), {"likes": 50}, True),
        (worth.likes(51), {"likes": 51}, False),
        (worth.likes(51), {"likes": None}, True),
        (worth.likes(51, missing="keep"), {"likes": None}, False),
        (worth.likes(0), {"likes": 0}, False),
        (worth.comments(3), {"comments": 2}, True),
        (worth.accepted(), {"accepted": True}, False),
        (worth.accepted(), {"accepted": False}, True),
        (worth.accepted(), {"accepted": None}, True),
        (worth.accepted("keep"), {"accepted": None}, False),
        (worth.rating(8.0), {"rating": 7.9}, True),
        (worth.rating(8.0), {"rating": 8.0}, False),
        (worth.rank(500), {"rank": 500}, False),
        (worth.rank(500), {"rank": 501}, True),
        (worth.since(date(2018, 1, 1)), {"created": datetime(2017, 12, 31, 23, 59, tzinfo=UTC)}, True),
        (worth.since(date(2018, 1, 1)), {"created": datetime(2018, 1, 1, tzinfo=UTC)}, False),
        (worth.since(date(2020, 3, 1)), {"created": datetime(2020, 2, 29, 23, tzinfo=UTC)}, True),
        (worth.since(date(2018, 1, 1)), {"created": None}, True),
    ],
)
def test_worth(fired, rule, columns, drops) -> None:  # type: ignore[no-untyped-def]
    assert fired(rule, text="字", **columns) is drops
