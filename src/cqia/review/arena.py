"""Two answers to one prompt: what is compared, which battles that makes, and on which side an answer stands.

A file of prompts is JSON lines, one prompt a line with its answers by system; votes given elsewhere (by a model, or by
people on paper) are lines of the same file or of another:

    {"id": "p1", "instruction": "砂锅第一次用要注意什么？", "answers": {"甲": "先用淘米水煮。", "乙": "随便用。"}}
    {"prompt": "p1", "first": "甲", "second": "乙", "winner": "first", "judge": "gpt-4o"}

A system may be a model, a dataset, or a state of a text (before an edit, after it).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, TypeAdapter

from cqia.errors import UsageError, nearest
from cqia.review.lines import Line, read
from cqia.schema import digest

Text = Annotated[str, Field(min_length=1)]


class Prompt(Line):
    """What was asked, and each system's answer. Without an ``id`` the prompt is known by its text."""

    id: Text | None = None
    instruction: Text
    input: str = ""
    category: str | None = None
    answers: Annotated[dict[Text, str], Field(min_length=2)]

    @property
    def key(self) -> str:
        """The prompt's id."""
        return self.id or digest(self.instruction, self.input)[:16]


class Vote(Line):
    """One judge's choice. ``first`` and ``second`` are the systems as the judge saw their answers."""

    prompt: Text
    first: Text
    second: Text
    winner: Literal["first", "second", "tie"]
    judge: Text
    reason: str | None = None


class Example(Line):
    """A record of a dataset, or a model's answer to one; other keys are passed over."""

    model_config = ConfigDict(extra="ignore")

    instruction: Text
    input: str | None = None
    output: str


@dataclass(frozen=True)
class Battle:
    """Two systems' answers to a prompt, as they stand side by side. Lower ``priority`` is seen sooner."""

    prompt: str
    first: str
    second: str
    priority: float


_KIND: TypeAdapter[Prompt | Vote] = TypeAdapter(
    Annotated[
        Annotated[Prompt, Tag("prompt")] | Annotated[Vote, Tag("vote")],
        Discriminator(lambda line: "vote" if isinstance(line, dict) and "winner" in line else "prompt"),
    ]
)


def read_file(path: Path) -> tuple[list[tuple[str, Prompt]], list[tuple[str, Vote]]]:
    """The prompts and the recorded votes of a file, each with where it stands.

    Raises:
        UsageError: a line is wrong, or two prompts share an id; nothing is taken of such a file.
    """
    lines = read(path, _KIND)
    prompts = [(where, line) for where, line in lines if isinstance(line, Prompt)]
    before: dict[str, str] = {}
    for where, prompt in prompts:
        if prompt.key in before:
            hint = "Put all answers to a prompt on one line, or give the prompts ids."
            raise UsageError(f"{where}: the prompt {prompt.key!r} stands at {before[prompt.key]} already.", hint)
        before[prompt.key] = where
    return prompts, [(where, line) for where, line in lines if isinstance(line, Vote)]


def joined(files: Mapping[str, Path]) -> list[tuple[str, Prompt]]:
    """The prompts that two or more systems answered, in the order of the first file.

    Args:
        files: by the system's name: JSON lines with instruction, input and output. Of two lines with the same
            instruction and input the first counts.

    Raises:
        UsageError: a line is wrong, or no prompt stands in two files.
    """
    found: dict[tuple[str, str], tuple[str, dict[str, str]]] = {}
    for system, path in files.items():
        for where, line in read(path, Example):
            asked = (line.instruction, line.input or "")
            found.setdefault(asked, (where, {}))[1].setdefault(system, line.output)
    prompts = [(where, Prompt(instruction=asked[0], input=asked[1], answers=answers))
               for asked, (where, answers) in found.items() if len(answers) > 1]  # fmt: skip
    if not prompts:
        hint = "Instruction and input must be the same in both, letter by letter."
        raise UsageError(f"No prompt stands in two of {', '.join(map(str, files.values()))}.", hint)
    return prompts


def battles(
    prompts: Sequence[Prompt],
    *,
    seed: int,
    against: str | None = None,
    known: Collection[tuple[str, str, str]] = (),
    ahead: Mapping[tuple[str, str], int] | None = None,
) -> list[Battle]:
    """Every pair of systems over every prompt that both answered, unless their answers are the same text.

    Sides are balanced: within a pair of systems each stands first in half of its battles (one more or less), and which
    prompts those are is drawn by ``seed``. The order goes round the pairs, so that however early people stop, all pairs
    have been judged about equally often.

    Args:
        against: only pairs with this system.
        known: prompts with two systems, in the order of names, whose battles there are already: not made again.
        ahead: of pairs (in the order of names) with battles from before, how much oftener the one stood first.

    Raises:
        UsageError: no prompt has an answer of ``against``.
    """
    systems = sorted({name for prompt in prompts for name in prompt.answers})
    if against is not None and against not in systems:
        raise UsageError(f"No prompt has an answer of {against!r}.", nearest(against, systems))
    pairs: dict[tuple[str, str], list[Prompt]] = {}
    for prompt in prompts:
        for one, other in combinations(sorted(prompt.answers), 2):
            wanted = against in (None, one, other) and (prompt.key, one, other) not in known
            if wanted and prompt.answers[one] != prompt.answers[other]:
                pairs.setdefault((one, other), []).append(prompt)
    drawn = []
    for pair, having in pairs.items():
        lots = sorted(((digest(str(seed), each.key, *pair), each.key) for each in having), key=lambda lot: lot[0])
        excess = (ahead or {}).get(pair, 0)
        for nth, (lot, key) in enumerate(lots):
            kept = excess < 0 or (excess == 0 and int(lot[-1], 16) % 2 == 0)
            excess += 1 if kept else -1
            first, second = pair if kept else pair[::-1]
            drawn.append(Battle(key, first, second, nth + int(lot[:13], 16) / 16**13))
    return sorted(drawn, key=lambda battle: battle.priority)


def same_answers(prompts: Sequence[Prompt]) -> int:
    """How many pairs of answers are the same text, so that there is nothing to choose between."""
    return sum(one == other for prompt in prompts for one, other in combinations(prompt.answers.values(), 2))
