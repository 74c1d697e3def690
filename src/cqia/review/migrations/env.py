"""What Alembic runs to migrate: over the connection that ``upgrade`` has opened."""

from __future__ import annotations


def _run() -> None:
    from alembic import context

    context.configure(connection=context.config.attributes["connection"])
    context.run_migrations()


_run()
