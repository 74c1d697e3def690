"""The index that texts are found by: FTS5 on SQLite, a tsvector with GIN on PostgreSQL; the terms are ``bigrams``' own.

Neither database cuts the text: both are handed terms. Positions are not kept; they would double the index, and whether
a candidate has the words in a row is looked up in its text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, Row, TextClause, literal_column, select, table, text

from cqia.review.bigrams import asked, terms
from cqia.review.pour import copy
from cqia.review.tables import items

TABLE = table("search_text")

INDEX_MEMORY = "512MB"  # to make the index in
_INDEX = "CREATE INDEX IF NOT EXISTS search_text_terms ON search_text USING gin (terms)"
MAKE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE search_text USING fts5 (terms, content='', detail=none, tokenize='ascii')",
    ),
    "postgresql": (
        "CREATE TABLE search_text (number BIGINT PRIMARY KEY REFERENCES items (number), terms TSVECTOR NOT NULL)",
        _INDEX,
    ),
}  # fmt: skip

_ADD = "INSERT INTO search_text (rowid, terms) VALUES (:number, :terms)"
_REMOVE = {
    "sqlite": "INSERT INTO search_text (search_text, rowid, terms) VALUES ('delete', :number, :terms)",
    "postgresql": "DELETE FROM search_text WHERE number = :number AND cast(:terms AS text) IS NOT NULL",
}


_NUMBER = {"sqlite": "search_text.rowid", "postgresql": "search_text.number"}
_MATCHES = {
    "sqlite": text("search_text MATCH :asked"),
    "postgresql": text("search_text.terms @@ cast(:asked AS tsquery)"),
}
#: The record is in the workspace; asked of an index alone, since reading its row takes longer than finding it.
_PRESENT = {
    "sqlite": text("NOT EXISTS (SELECT 1 FROM items AS gone INDEXED BY items_gone "
                   "WHERE gone.state = 'gone' AND gone.number = search_text.rowid)"),
    "postgresql": text("NOT EXISTS (SELECT 1 FROM items AS gone "
                       "WHERE gone.state = 'gone' AND gone.number = search_text.number OFFSET 0)"),
}  # fmt: skip
# PostgreSQL finds all that match before it gives the first, and to sort them it would read all their rows. In the order
# in which they are stored it reads no more than are wanted. That is the one in which they came in, but for texts that
# were changed: they go where there is room. One that is changed between two pages may come twice, or not at all.
# PostgreSQL gives them so as long as it has no other plan than a bitmap or, while there is no index, reading all from
# the beginning.
_PLACE: ColumnElement[int] = literal_column(
    "(search_text.ctid::text::point)[0]::bigint * 65536 + (search_text.ctid::text::point)[1]::bigint"
)
_AFTER = text("search_text.ctid > cast(:after AS tid)")
_PLANS = text("SELECT set_config('enable_seqscan', :on, true), set_config('enable_indexscan', :on, true), "
              "set_config('enable_tidscan', :on, true), set_config('synchronize_seqscans', :on, true)")  # fmt: skip
_LAST = 2**48 - 1  # the highest place that there can be


def add(db: Connection, rows: Iterable[tuple[int, str]]) -> None:
    """Index texts by the numbers of their items."""
    if db.dialect.name == "sqlite":
        _each(db, _ADD, rows)
    else:  # a term has no quotation marks
        quoted = ((number, " ".join(f"'{term}'" for term in terms(words))) for number, words in rows)
        copy(db, "search_text", ("number", "terms"), quoted)


def clear(db: Connection) -> None:
    """An index without a text."""
    db.execute(text("DROP TABLE search_text"))
    for statement in MAKE[db.dialect.name]:
        db.execute(text(statement))


def remove(db: Connection, rows: Iterable[tuple[int, str]]) -> None:
    """Take texts out again; they must be the very texts that were put in."""
    _each(db, _REMOVE[db.dialect.name], rows)


def drop_index(db: Connection) -> None:
    """Before a first load, PostgreSQL's index is taken away: made of all texts at once, it takes a third of the time.
    SQLite's is as fast either way."""
    if db.dialect.name == "postgresql" and not db.execute(text("SELECT 1 FROM search_text LIMIT 1")).scalar():
        db.execute(text("DROP INDEX IF EXISTS search_text_terms"))


def make_index(db: Connection) -> None:
    """After a load, whether or not one was killed before: the index is there."""
    if db.dialect.name == "postgresql":
        db.execute(text(f"SET LOCAL maintenance_work_mem = '{INDEX_MEMORY}'"))
        db.execute(text(_INDEX))


def places(
    db: Connection, query: str, limits: Sequence[ColumnElement[bool]], after: int, many: int, *, gone: bool
) -> Sequence[Row[int, int]]:  # fmt: skip
    """The first records that have all terms of a query: each with its place in the index, to go on from, and number.
    The places rise; they are the numbers, but not on PostgreSQL without ``limits``.

    Args:
        query: with at least one term. limits: further conditions on ``items``. after: the place to go on from.
        gone: whether also those that are no longer in the workspace.
    """
    dialect = db.dialect.name
    number: ColumnElement[int] = literal_column(_NUMBER[dialect])
    matching: list[ColumnElement[bool] | TextClause] = [
        _MATCHES[dialect].bindparams(asked=_asked(query, dialect)),
        *limits,
    ]
    matching += [] if gone else [_PRESENT[dialect]]
    if dialect == "postgresql" and not limits:
        last = min(max(after, 0), _LAST)
        start = _AFTER.bindparams(after=f"({last >> 16},{last & 0xFFFF})")
        stored = select(_PLACE.label("place"), number.label("number")).select_from(TABLE).where(*matching, start)
        db.execute(_PLANS, {"on": "off"})
        found = db.execute(stored.limit(many)).all()
        db.execute(_PLANS, {"on": "on"})
        return found
    sorted_ = select(number.label("place"), number.label("number")).select_from(TABLE).where(*matching, number > after)
    if limits:
        # The plus keeps SQLite from asking the index about every single record: it walks the index, in order.
        plus = "+" if dialect == "sqlite" else ""
        sorted_ = sorted_.join(items, items.c.number == literal_column(plus + _NUMBER[dialect]))
    return db.execute(sorted_.order_by(number).limit(many)).all()


def _asked(query: str, dialect: str) -> str:
    """The terms as the database wants them; a term has no quotation marks."""
    if dialect == "sqlite":
        return " AND ".join(f'"{term}"' + "*" * prefix for term, prefix in asked(query))
    return " & ".join(f"'{term}'" + ":*" * prefix for term, prefix in asked(query))


def _each(db: Connection, statement: str, rows: Iterable[tuple[int, str]]) -> None:
    found = [{"number": number, "terms": " ".join(terms(words))} for number, words in rows]
    if found:
        db.execute(text(statement), found)
