"""Rows that are added all at once are there afterwards, or it is said why not."""

import pytest
from sqlalchemy import select

from cqia.errors import WorkspaceError
from cqia.review.pour import pour
from cqia.review.tables import lanes

ROW = {"source": "notes", "field": "医学"}


def there(database):
    with database.reading() as db:
        return [dict(row) for row in db.execute(select(lanes.c.source, lanes.c.field)).mappings()]


def test_rows_are_there_where_nothing_else_was_done_in_the_transaction(database):
    with database.writing() as db:
        pour(db, lanes, [ROW])
    assert there(database) == [ROW]


def test_no_rows_are_no_rows(database):
    with database.writing() as db:
        pour(db, lanes, [])
    assert there(database) == []


def test_rows_that_cannot_be_added_are_told_of_and_none_is_there(database):
    with pytest.raises(WorkspaceError, match="cannot be used"), database.writing() as db:
        pour(db, lanes, [ROW, ROW])
    assert there(database) == []
    with database.writing() as db:
        pour(db, lanes, [ROW])
    assert there(database) == [ROW]
