"""One question through its rounds: a draft, a check, and again with what was wrong, until the check is passed.

Whether a draft is used is not decided here: a person accepts it, or for sources that ``[answers]`` names the check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cqia.answers import prompts
from cqia.answers.book import Book, Outcome, Round
from cqia.answers.prompts import Question
from cqia.judge import rubric
from cqia.judge.model import verdict_of
from cqia.llm.ask import Answer, Ask, Reply

LONGEST = rubric.LONGEST  # characters of a draft, and of what is sent about a record
UNSAID = "不够好，请换一种写法，说得更准、更清楚。"  # to the model, where nobody says what was wrong


@dataclass(frozen=True)
class Writers:
    """Who drafts and who checks.

    Attributes:
        drafts, checks: answer questions. drafter, checker: their names.
        at_least: the lowest score of the check that passes.
    """

    drafts: Answer
    checks: Answer
    drafter: str
    checker: str
    at_least: float


async def until_passed(question: Question, trap: str, writers: Writers, book: Book, most: int) -> list[Round]:
    """Draft until the check is passed, ``most`` drafts since a person last spoke, or until the check cannot say.

    Rounds that are in the book count: what was done is not done again.

    Raises:
        Unanswered: a question got no reply.
        ModelError: no more questions can be asked.
    """
    told = about(book.rounds(question), trap)
    made: list[Round] = []
    while wants_more(told, writers.at_least, most):
        made.append(await once(question, trap, told[-1].said if told else "", "", writers, book, told))
        told.append(made[-1])
    return made


async def once(
    question: Question, trap: str, wrong: str, by: str, writers: Writers, book: Book, told: Sequence[Round]
) -> Round:
    """One round, in the book when this returns.

    Args:
        wrong: what was wrong with the last draft; by: the person who said so, "" for the checker.
        told: the rounds so far about the same question and trap.
    """
    drafts = [(each.draft, after.wrong) for each, after in pairwise(told)]
    drafts += [(told[-1].draft, wrong or UNSAID)] if told else []
    asked = Ask(question.id, f"answer/{question.mode}", prompts.ask(question, trap, drafts), attempt=len(told) + 1)
    reply = await writers.drafts(asked)
    draft, fault = written(reply)
    outcome: Outcome = "unusable"
    score, said, checker = None, fault, ""
    if not fault:
        verdict = verdict_of(await _checked(question, trap, draft, writers))
        outcome, score, said, checker = verdict.outcome, verdict.score, verdict.detail, writers.checker
    made = Round(question.id, question.seen, trap, (wrong or UNSAID) if told else "", by, draft, writers.drafter,
                 outcome, score, said, checker)  # fmt: skip
    book.add(made)
    return made


def about(rounds: Sequence[Round], trap: str) -> list[Round]:
    """The rounds with a trap: with another one it is another conversation."""
    return [each for each in rounds if each.trap == trap]


def written(reply: Reply) -> tuple[str, str]:
    """The draft that a reply holds, and what makes it unusable ("" for nothing)."""
    text = reply.text.rpartition("</think>")[2].encode("utf-8", "replace").decode().replace("\x00", "").strip()
    if "<think>" in text:
        return "", "回复在思考中截断。"
    if not text:
        return "", "回复是空的。"
    if len(text) > LONGEST:
        return text[:LONGEST], f"写得太长：{len(text)} 字。"
    return text, "回复没有写完就被截断，请写得短一些。" if reply.finish == "length" else ""


def wants_more(told: Sequence[Round], at_least: float, most: int) -> bool:
    """Whether another draft is to be asked for, after these: see ``until_passed``."""
    if not told:
        return True
    last = told[-1]
    spoken = max((number for number, each in enumerate(told) if each.by), default=0)
    return not last.passes(at_least) and last.outcome in ("scored", "unusable") and len(told) - spoken < most


async def _checked(question: Question, trap: str, draft: str, writers: Writers) -> Reply:
    """The checker's reply, asked for once more where it cannot be read."""
    purpose, asked = f"answer-check/{question.mode}", prompts.check(question, trap, draft)
    first = await writers.checks(Ask(question.id, purpose, asked, form=rubric.FORM))
    if verdict_of(first).outcome != "failed":
        return first
    again = [*asked, {"role": "assistant", "content": first.text[:LONGEST] or "（空）"},
             {"role": "user", "content": rubric.read("again")}]  # fmt: skip
    return await writers.checks(Ask(question.id, purpose, again, attempt=2, form=rubric.FORM))
