"""What the tables of the desk are made of: times, numbers, and references to other tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Column, Dialect, ForeignKey, Integer, MetaData, TypeDecorator

metadata = MetaData()

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """A time with its zone, stored as microseconds since 1970 in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """A time without a zone is refused by the subtraction."""
        return None if value is None else (value - BEGINNING) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """In UTC."""
        return None if value is None else BEGINNING + timedelta(microseconds=value)


def number() -> Column[int]:
    """SQLite counts by itself only in a column of type INTEGER."""
    return Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def to(column: str, *, primary_key: bool = False, nullable: bool = False) -> Column[int]:
    """A column that names a row of another table: ``to("items.number")`` is called item."""
    table, _, _ = column.partition(".")
    name = {"batches": "batch", "turns": "turn", "lanes": "lane"}.get(table, table.removesuffix("s"))
    return Column(name, BigInteger, ForeignKey(column), primary_key=primary_key, nullable=nullable)
