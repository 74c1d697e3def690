"""Prompts, answers and recorded votes taken into an arena, in one transaction: all of a file, or nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from cqia.errors import UsageError, nearest
from cqia.review import tables
from cqia.review.arena import Battle, Prompt, Vote, battles, same_answers
from cqia.review.arenas import TURNED
from cqia.review.clock import now
from cqia.review.tables import decisions, items
from cqia.schema import digest


@dataclass(frozen=True)
class Taken:
    """What came of taking a file in: new prompts, battles and votes; and pairs of answers that are the same text."""

    prompts: int
    battles: int
    votes: int
    same: int


def take(
    db: Connection,
    name: str,
    given: Sequence[tuple[str, Prompt]],
    recorded: Sequence[tuple[str, Vote]],
    *,
    seed: int,
    wanted: int = 1,
    against: str | None = None,
) -> Taken:
    """Take prompts, answers and recorded votes into an arena; what is in it already is not taken twice.

    Args:
        name: of the arena, made where there is none; its seed and ``wanted`` stay as they were first.
        given, recorded: each with where it stands, as ``arena.read_file`` gives them.
        wanted: how many people are to judge each battle.
        against: make only battles with this system.

    Raises:
        UsageError: a prompt is there with another text, a vote is about a prompt or an answer that is not.
    """
    arena = db.execute(select(tables.arenas).where(tables.arenas.c.name == name)).one_or_none()
    if arena is None:
        made = insert(tables.arenas).values(name=name, seed=seed, votes=wanted, at=now(db)).returning(tables.arenas)
        arena = db.execute(made).one()
    numbers, before = _prompts(db, arena.number)
    new = [each for each in (_merged(before, where, prompt) for where, prompt in given) if each is not None]
    for prompt in new:
        if prompt.key not in numbers:
            made_prompt = insert(tables.prompts).values(
                arena=arena.number, id=prompt.key, instruction=prompt.instruction, input=prompt.input,
                category=prompt.category,
            ).returning(tables.prompts.c.number)  # fmt: skip
            numbers[prompt.key] = db.execute(made_prompt).scalar_one()
    added = [{"prompt": numbers[prompt.key], "system": system, "text": text}
             for prompt in new for system, text in prompt.answers.items()
             if prompt.key not in before or system not in before[prompt.key].answers]  # fmt: skip
    if added:
        db.execute(insert(tables.answers), added)
    whole = {**before, **{prompt.key: prompt for prompt in new}}
    known, ahead = _known(db, arena.number)
    drawn = battles(list(whole.values()), seed=arena.seed, against=against, known=known, ahead=ahead)
    drawn += _asked_for(whole, recorded, {*known, *(_key(battle) for battle in drawn)})
    if drawn:
        rows = [{"prompt": numbers[b.prompt], "first": b.first, "second": b.second, "priority": b.priority}
                for b in drawn]  # fmt: skip
        db.execute(insert(tables.battles), rows)
    told = _record(db, arena.number, recorded)
    same = same_answers([prompt for _, prompt in given])
    return Taken(len(whole) - len(before), len(drawn), told, same)


def _prompts(db: Connection, arena: int) -> tuple[dict[str, int], dict[str, Prompt]]:
    """Of an arena, the prompts' numbers and the prompts, by id."""
    asked = (
        select(tables.prompts, tables.answers.c.system, tables.answers.c.text)
        .join(tables.answers)
        .where(tables.prompts.c.arena == arena)
    )
    numbers: dict[str, int] = {}
    found: dict[str, Prompt] = {}
    texts: dict[str, dict[str, str]] = {}
    for row in db.execute(asked.order_by(tables.prompts.c.number, tables.answers.c.system)):
        numbers[row.id] = row.number
        texts.setdefault(row.id, {})[row.system] = row.text
        found.setdefault(row.id, Prompt.model_construct(
            id=row.id, instruction=row.instruction, input=row.input, category=row.category, answers=texts[row.id],
        ))  # fmt: skip
    return numbers, found


def _merged(before: dict[str, Prompt], where: str, prompt: Prompt) -> Prompt | None:
    """The prompt with the answers that were there; None if it adds nothing."""
    old = before.get(prompt.key)
    if old is None:
        return prompt
    if (old.instruction, old.input) != (prompt.instruction, prompt.input):
        raise UsageError(f"{where}: the prompt {prompt.key!r} is there with another text.", "Give it another id.")
    for system, text in prompt.answers.items():
        if old.answers.get(system, text) != text:
            hint = "Votes were for that answer. Give the new one another system's name, or take another arena: --name."
            raise UsageError(f"{where}: {system!r} has another answer to the prompt {prompt.key!r} already.", hint)
    if prompt.answers.keys() <= old.answers.keys():
        return None
    return prompt.model_copy(update={"answers": {**old.answers, **prompt.answers}})


def _key(battle: Battle) -> tuple[str, str, str]:
    return battle.prompt, min(battle.first, battle.second), max(battle.first, battle.second)


def _known(db: Connection, arena: int) -> tuple[set[tuple[str, str, str]], dict[tuple[str, str], int]]:
    """The battles there are, and of each pair how much oftener the one whose name comes first stood first."""
    asked = (
        select(tables.prompts.c.id, tables.battles.c.first, tables.battles.c.second)
        .join(tables.prompts)
        .where(tables.prompts.c.arena == arena)
    )
    known: set[tuple[str, str, str]] = set()
    ahead: dict[tuple[str, str], int] = {}
    for prompt, first, second in db.execute(asked):
        one, other = sorted((first, second))
        known.add((prompt, one, other))
        ahead[one, other] = ahead.get((one, other), 0) + (1 if first == one else -1)
    return known, ahead


def _asked_for(
    whole: dict[str, Prompt], recorded: Sequence[tuple[str, Vote]], known: set[tuple[str, str, str]]
) -> list[Battle]:
    """Battles that only recorded votes speak of."""
    made: dict[tuple[str, str, str], Battle] = {}
    for where, vote in recorded:
        prompt = whole.get(vote.prompt)
        if prompt is None:
            raise UsageError(f"{where}: there is no prompt {vote.prompt!r}.", "Take the prompts in first.")
        for system in (vote.first, vote.second):
            if system not in prompt.answers:
                raise UsageError(f"{where}: {system!r} has no answer to the prompt {vote.prompt!r}.",
                                 nearest(system, prompt.answers))  # fmt: skip
        if vote.first == vote.second:
            raise UsageError(f"{where}: first and second are both {vote.first!r}.")
        battle = Battle(vote.prompt, vote.first, vote.second, float(len(known)))
        if _key(battle) not in known:
            made.setdefault(_key(battle), battle)
    return list(made.values())


def _record(db: Connection, arena: int, recorded: Sequence[tuple[str, Vote]]) -> int:
    """Store recorded votes; one that says what the judge's latest says already is not stored again."""
    if not recorded:
        return 0
    asked = select(tables.prompts.c.id, tables.battles).join(tables.prompts).where(tables.prompts.c.arena == arena)
    of = {(row.id, *sorted((row.first, row.second))): (row.number, row.first) for row in db.execute(asked)}
    before = (
        select(tables.votes.c.battle, tables.votes.c.reviewer, tables.votes.c.turned, tables.votes.c.winner)
        .join(tables.battles, tables.battles.c.number == tables.votes.c.battle)
        .join(tables.prompts)
        .where(tables.prompts.c.arena == arena, tables.votes.c.recorded)
        .order_by(tables.votes.c.number)
    )
    latest: dict[tuple[int, str, bool], str] = {}
    count: dict[tuple[int, str, bool], int] = {}
    for number, judge, turned, winner in db.execute(before):
        latest[number, judge, turned] = winner
        count[number, judge, turned] = count.get((number, judge, turned), 0) + 1
    rows, at = [], now(db)
    for _, each in recorded:
        number, first = of[each.prompt, *sorted((each.first, each.second))]
        turned = each.first != first
        winner = TURNED[each.winner] if turned else each.winner
        place = (number, each.judge, turned)
        if latest.get(place) == winner:
            continue
        latest[place] = winner
        count[place] = count.get(place, 0) + 1
        rows.append({
            "key": digest("recorded", str(number), each.judge, str(turned), str(count[place])), "battle": number,
            "reviewer": each.judge, "winner": winner, "turned": turned, "recorded": True, "reason": each.reason,
            "at": at,
        })  # fmt: skip
    if rows:
        db.execute(insert(tables.votes), rows)
    return len(rows)


def edited(db: Connection) -> list[tuple[str, Prompt]]:
    """Records whose output an edit that counts has changed, and nothing else of them: the output as it was ("改前")
    and as it is ("改后"). Each with the record's id."""
    asked = (
        select(items.c.id, items.c.instruction, items.c.input, items.c.output, decisions.c.output.label("now"))
        .join(decisions, decisions.c.number == items.c.decision)
        .where(decisions.c.action == "edit", decisions.c.output.is_not(None))
        .where(decisions.c.instruction.is_(None), decisions.c.input.is_(None))
        .order_by(items.c.number)
    )
    return [
        (row.id, Prompt(id=f"{row.id} {digest(row.output, row.now)[:8]}", instruction=row.instruction, input=row.input,
                        answers={"改前": row.output, "改后": row.now}))
        for row in db.execute(asked)
    ]  # fmt: skip
