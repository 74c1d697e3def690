"""The index that texts are found by: FTS5 on SQLite, a tsvector with GIN on PostgreSQL; the terms are ``bigrams``' own.

Neither database cuts the text: both are handed terms. Positions are not kept; they would double the index, and whether
a candidate has the words in a row is looked up in its text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, TextClause, literal_column, table, text

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


def add(db: Connection, rows: Iterable[tuple[int, str]]) -> None:
    """Index texts by the numbers of their items."""
    if db.dialect.name == "sqlite":
        _each(db, _ADD, rows)
    else:  # a term has no quotation marks
        quoted = ((number, " ".join(f"'{term}'" for term in terms(words))) for number, words in rows)
        copy(db, "search_text", ("number", "terms"), quoted)


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


@dataclass(frozen=True)
class Matching:
    """How the records that have all terms of a query are found.

    Attributes:
        on: joins ``search_text`` to ``items``. where: which of its rows. number: its number of an item, to go on from.
    """

    on: ColumnElement[bool]
    where: TextClause
    number: ColumnElement[int]


def matching(dialect: str, query: str) -> Matching | None:
    """The records that have all terms of a query; None where the query has no terms."""
    found = asked(query)
    if not found:
        return None
    if dialect == "sqlite":
        # The plus keeps SQLite from asking the index about every single record: it walks the index, in order.
        wanted = " AND ".join(f'"{term}"' + "*" * prefix for term, prefix in found)
        on = items.c.number == literal_column("+search_text.rowid")
        where = text("search_text MATCH :asked").bindparams(asked=wanted)
        return Matching(on, where, literal_column("search_text.rowid"))
    wanted = " & ".join(f"'{term}'" + ":*" * prefix for term, prefix in found)  # a term has no quotation marks
    number: ColumnElement[int] = literal_column("search_text.number")
    where = text("search_text.terms @@ cast(:asked AS tsquery)").bindparams(asked=wanted)
    return Matching(items.c.number == number, where, number)


def _each(db: Connection, statement: str, rows: Iterable[tuple[int, str]]) -> None:
    found = [{"number": number, "terms": " ".join(terms(words))} for number, words in rows]
    if found:
        db.execute(text(statement), found)
