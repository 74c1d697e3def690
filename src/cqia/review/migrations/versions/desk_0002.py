"""The commonest Hanzi are terms by themselves: the index of texts is made anew."""

from __future__ import annotations

revision = "desk_0002"
down_revision = "desk_0001"


def upgrade() -> None:
    """Every text is put into a new index; of a million this takes some minutes."""
    from alembic import op

    from cqia.review.items import index_texts

    index_texts(op.get_bind())
