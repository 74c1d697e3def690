"""How questions without an answer, and what was decided about their drafts, are shown on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from cqia.acceptance import Decided, Standing
from cqia.cli.show_rules import show, table

SHOWN = 40  # questions; the rest is a number
CHARS = 60  # of a text


def show_decided(found: Decided) -> None:
    """One line."""
    print(f"Accepted: {found.accepted} as drafted, {found.rewritten} rewritten; to be drafted again: "
          f"{len(found.again)}; decided so before: {found.before}.")  # fmt: skip


def show_standings(found: Sequence[Standing]) -> None:
    """A row for each question that is not accepted yet, those with a draft first; and what to do next."""
    if not found:
        print("No record waits for an answer. Run first: cqia run --until assign")
        return
    waiting = sorted((each for each in found if not each.accepted), key=lambda each: each.last is None)
    made = table("record", "question", "rounds", "score", "what the check says", right=("rounds", "score"))
    for each in waiting[:SHOWN]:
        last = each.last
        score = "" if last is None else f"{last.score:g}" if last.score is not None else last.outcome
        made.add_row(each.question.id, _short(each.question.asked), str(each.rounds or ""), score,
                     _short(last.said if last else ""))  # fmt: skip
    if waiting:
        show(made)
    if len(waiting) > SHOWN:
        print(f"… and {len(waiting) - SHOWN:,} more; --json shows all.")
    drafted = sum(each.last is not None for each in waiting)
    print(f"{len(found):,} questions: {len(found) - len(waiting):,} accepted, {drafted:,} drafted and waiting for a "
          f"decision, {len(waiting) - drafted:,} without a draft.")  # fmt: skip
    if drafted:
        print("Decide: cqia answer --out FILE, fill in, cqia answer --accept FILE --by NAME; or at the desk.")
    if len(found) > len(waiting):
        print("What is accepted goes on with the next: cqia run")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= CHARS else f"{line[:CHARS]}…"
