"""The commonest Hanzi are terms by themselves: the index of texts is made anew. Leases are found by when they end, and
what is gone by its number."""

from __future__ import annotations

revision = "desk_0002"
down_revision = "desk_0001"


def upgrade() -> None:
    """Every text is put into a new index; of a million this takes some minutes."""
    from alembic import op

    from cqia.review.items import index_texts
    from cqia.review.tables import items, turns

    db = op.get_bind()
    index_texts(db)
    op.drop_index("turns_held", "turns")
    for index in (*items.indexes, *turns.indexes):
        if index.name in ("items_gone", "turns_expiring", "turns_held"):  # a new database has them from its first step
            index.create(db, checkfirst=True)
