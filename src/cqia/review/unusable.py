"""What is said of a database that failed, SQLite or PostgreSQL."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from cqia.errors import WorkspaceError


def unusable(shown: str, error: BaseException | None) -> WorkspaceError:
    """The error for whoever asked.

    Args:
        shown: the database's place, without a password. error: what its driver said.
    """
    said = str(error.orig if isinstance(error, DBAPIError) else error).strip() or type(error).__name__
    hint = "Nothing of this change was stored; mend what is said here and try again."
    return WorkspaceError(f"{shown} cannot be used: {said.splitlines()[0]}.", hint)
