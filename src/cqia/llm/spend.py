"""What has been asked and spent, from the journal: for ``cqia run``, the report and the card."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cqia.errors import WorkspaceError
from cqia.llm.journal_layout import LAYOUT


@dataclass(frozen=True)
class Spend:
    """What a journal holds.

    Attributes:
        calls: that were answered, or may have been; a refused one (the server was busy, say) is none.
        prompt_tokens, completion_tokens: as the server counted them; of calls of unknown fate, at the most.
        cost: by currency; empty where no price was given.
        unknown: of the calls those of unknown fate: a run was killed, a reply never came or could not be read. Their
            tokens and cost are counted at the most that they can be.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Mapping[str, float] = field(default_factory=dict)
    unknown: int = 0

    def __str__(self) -> str:
        """In one line, for people."""
        money = "".join(f", {cost:,.2f} {currency}" for currency, cost in self.cost.items())
        said = f"{self.calls:,} calls, {self.prompt_tokens:,} tokens read, {self.completion_tokens:,} written{money}"
        return f"{said} ({self.unknown:,} calls of unknown fate, counted at the most)" if self.unknown else said


def spend(journal: Path) -> Spend:
    """The sum over a journal, with what is under way; nothing where there is no journal yet.

    Raises:
        WorkspaceError: the file is no journal.
    """
    if not journal.exists():
        return Spend()
    try:
        db = sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True, timeout=10)
        try:
            if db.execute("pragma user_version").fetchone()[0] < LAYOUT:
                return Spend()  # of an earlier version: made anew when it is next written
            rows = db.execute(
                "select currency, calls, lost, prompt_tokens, completion_tokens, cost from spend union all"
                " select currency, 1, 1, prompt_tokens, completion_tokens, cost from claims"
            ).fetchall()
        finally:
            db.close()
    except sqlite3.Error as error:
        raise WorkspaceError(f"the journal {journal} cannot be read: {error}", "It must be cqia's own.") from error
    cost: dict[str, float] = {}
    for currency, *_, money in rows:
        if currency:
            cost[currency] = cost.get(currency, 0.0) + money
    calls, unknown, prompt, completion = (sum(row[column] for row in rows) for column in (1, 2, 3, 4))
    return Spend(calls, prompt, completion, dict(sorted(cost.items())), unknown)
