"""The desk. Decisions of files from before it (one table, ``decision``) are taken over."""

from __future__ import annotations

from datetime import datetime

revision = "desk_0001"
down_revision = None


def upgrade() -> None:
    """From nothing, or from the one table."""
    from alembic import op
    from sqlalchemy import inspect, text

    from cqia.review.tables import decisions, metadata
    from cqia.review.text_index import MAKE

    db = op.get_bind()
    old = inspect(db).has_table("decision")
    metadata.create_all(db)
    for statement in MAKE[db.dialect.name]:
        db.execute(text(statement))
    if old:
        found = db.execute(text("SELECT * FROM decision ORDER BY number")).mappings()
        rows = [
            {**row, "at": datetime.fromisoformat(row["at"]), "kind": "import", "reasons": []} for row in found
        ]  # fmt: skip
        if rows:
            db.execute(decisions.insert(), rows)
        db.execute(text("DROP TABLE decision"))
