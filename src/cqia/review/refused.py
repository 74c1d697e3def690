"""What the desk refuses: one exception, with a name for each reason that the pages translate."""

from __future__ import annotations

from typing import Literal

from cqia.errors import CqiaError

Reason = Literal[
    "unknown",  # there is no such record, turn, account, …
    "forbidden",  # the reviewer's role does not allow it
    "lease_lost",  # somebody else has the record now, or it was decided meanwhile
    "text_changed",  # the text is another than the one that was shown
    "nothing_to_undo",
    "too_many",  # more records than one bulk action may change
    "invalid",  # a field has a value that cannot be
    "name_taken",
    "wrong_password",  # or no such account: nobody is told which
    "throttled",  # too many failed log-ins
    "link_void",  # a one-time link that was used, has run out, or never was
]


class Refused(CqiaError):
    """The desk does not do this; nothing was changed.

    Attributes:
        reason: see ``Reason``. seconds: of ``throttled``, how long to wait.
    """

    def __init__(self, reason: Reason, message: str, hint: str = "", seconds: int = 0) -> None:
        super().__init__(message, hint)
        self.reason: Reason = reason
        self.seconds = seconds
