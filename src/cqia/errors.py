"""Errors a user can act on. Each says what is wrong, where, what exists and what to do.

    CqiaError                   exit code 1
    ├── UsageError              exit code 2: the command line or an argument is wrong
    │   └── ProjectError        cqia.toml or a source file named in it is wrong
    ├── RawError                the raw files are not what the project says
    ├── WorkspaceError          the workspace cannot be used: locked, read-only, full, edited by hand
    ├── AccountingError         a stage lost or invented an item; the run stops rather than go on
    ├── ModelError              a model's server, its key, or the budget
    └── ReleaseError            a release cannot be made, or exists and differs

Two more are raised by readers and never reach a user as errors. They end as the status of a page:

    Unreadable                  the page is quarantined, with a reason and a message
    NotADocument                the page is readable but holds no document (a login wall): dropped with a reason
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CqiaError(Exception):
    """What is wrong, in one sentence, and in ``hint`` what to do about it."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class UsageError(CqiaError):
    """The command line or an argument is wrong."""

    exit_code = 2


class ProjectError(UsageError):
    """cqia.toml, or a source file named in it, is wrong."""


class RawError(CqiaError):
    """The raw files are not what the project says."""


class WorkspaceError(CqiaError):
    """The workspace cannot be used: locked, read-only, full, or edited by hand."""


class AccountingError(CqiaError):
    """A stage lost or invented an item."""


class ModelError(CqiaError):
    """A model's server, its key, or the budget."""


class ReleaseError(CqiaError):
    """A release cannot be made, or exists and differs."""


class Unreadable(Exception):
    """A page cannot be read. ``reason`` is a short name (``bad_json``), ``message`` says what and where."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message


class NotADocument(Exception):
    """A page can be read but holds no document: a login wall, a removed answer, a list page."""

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known name, or lists what exists."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    listed = ", ".join(names) if names else "none"
    return f"Did you mean '{close[0]}'? Known: {listed}." if close else f"Known: {listed}."
