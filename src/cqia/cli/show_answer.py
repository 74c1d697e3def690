"""How questions without an answer, and what was decided about their drafts, are shown on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from cqia.acceptance import Decided, Standing, Story
from cqia.answers.book import Round
from cqia.cli.app import there
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
        print(there("No record waits for an answer. Run first: cqia run --until assign"))
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
    if not drafted and waiting:
        print(there("Name the traps: cqia answer --questions FILE, fill in, cqia answer --traps FILE; or at the desk."))
    if drafted:
        print(there("Decide: cqia answer --out FILE, fill in, cqia answer --accept FILE --by NAME; or at the desk."))
    if len(found) > len(waiting):
        print(there("What is accepted goes on with the next: cqia run"))


def show_story(found: Story) -> None:
    """Every round: the trap where it is a new one, why another draft was wanted, the draft, and what the check said."""
    print(f"{found.question.id}  {found.question.asked}")
    if found.question.original:
        _say("original", found.question.original)
    trap = None
    for number, each in enumerate(found.rounds, 1):
        if each.trap != trap:
            trap = each.trap
            _say("trap", trap or "(none named)")
        if each.wrong:
            _say("again", f"{each.by or 'the check'}: {each.wrong}")
        _say(f"draft {number}", f"by {each.model}", each.draft)
        _say("check", _checked(each))
    if found.accepted is not None:
        verb = "accepted" if found.accepted["human_verified"] else "accepted by its check"
        _say(
            verb,
            f"by {found.accepted['by']}, answer_from {found.accepted['answer_from']}",
            str(found.accepted["answer"]),
        )
    elif not found.rounds:
        print("  No draft yet.")


def _checked(each: Round) -> str:
    score = f"score {each.score:g}" if each.score is not None else each.outcome
    return ", ".join([score, *([f"by {each.checker}"] if each.checker else []), *([each.said] if each.said else [])])


def _say(name: str, *texts: str) -> None:
    lines = [line for text in texts for line in text.splitlines()]
    print("\n".join(f"  {name if at == 0 else '':<9} {line}".rstrip() for at, line in enumerate(lines)))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= CHARS else f"{line[:CHARS]}…"
