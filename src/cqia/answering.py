"""The project's questions without an answer, and outputs to be rewritten: what waits, who drafts, what is accepted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import polars as pl

from cqia.answers.book import Book, Round
from cqia.answers.prompts import Mode, Question
from cqia.answers.rounds import LONGEST, Writers, about, once, until_passed, wants_more
from cqia.errors import UsageError
from cqia.judge.judges import model_from
from cqia.judging import judge_settings
from cqia.llm.ask import Model, Unanswered
from cqia.llm.client import connect, each, run
from cqia.llm.prices import Price
from cqia.project import Project
from cqia.sources.source import Source
from cqia.stages.assign import questions as records_of

EMBEDDED = ("heuristic", "replay")  # judges that ask no model on a server
HERE_WAIT = 20.0  # seconds that somebody at the desk waits for a server that is away


@dataclass(frozen=True)
class Drafted:
    """What came of asking about one question: its new rounds, and why there are no more where no reply came."""

    question: Question
    rounds: tuple[Round, ...]
    fault: str = ""


@dataclass(frozen=True)
class Task:
    """A question to be drafted about, with its trap; ``again`` with what a person says was wrong."""

    question: Question
    trap: str = ""
    wrong: str = ""
    by: str = ""


def book_of(project: Project) -> Book:
    """Rounds and acceptances of the project."""
    return Book(project.work / "answers.sqlite")


def accepted_of(project: Project, source: Source) -> pl.DataFrame:
    """What assign puts in the place of a source's outputs, as ``ACCEPTED``: all that people accepted, and what the
    check did where the project asks for it today."""
    table = project.settings.answers
    by_check = (
        (pl.col("mode") == table.mode) & (pl.col("score") >= table.at_least)
        if source.name in table.sources
        else pl.lit(False)
    )
    return book_of(project).accepted(source.name).filter(pl.col("human_verified") | by_check)


def questions(
    project: Project, source: Source, mode: Mode = "answer", only: Collection[str] = ()
) -> Iterator[Question]:
    """The records of a source that have no output of their own, or those to be rewritten, in the road's order.

    Args:
        only: these documents; none for all.
    """
    work = project.work / source.name
    before = source.stages[source.stages.index("assign") - 1]
    for status in sorted((work / "assign/status").glob("part-*.parquet")):
        part = work / before / "out" / status.name
        if not part.exists():
            continue
        gone = pl.scan_parquet(status, glob=False).filter(pl.col("status") == "dropped").select("id")
        documents = pl.scan_parquet(part, glob=False).join(gone, on="id", how="anti", maintain_order="left")
        if only:
            documents = documents.filter(pl.col("id").is_in(list(only)))
        records = records_of(
            documents.collect(), tasks=source.tasks, edits=source.edits, seed=project.settings.seed, mask=source.mask,
            answered=mode == "rewrite",
        )  # fmt: skip
        for row in records.iter_rows(named=True):
            texts = {name: row[name] for name in ("instruction", "input", "output", "history")}
            yield Question(row["id"], row["document_id"], row["source"], mode, row["text_digest"], texts)


def question(project: Project, id: str, mode: Mode = "answer") -> Question | None:
    """The question of a record, or of a document that has one; None where there is none."""
    return named(project, {id}, mode).get(id)


def named(project: Project, ids: Collection[str], mode: Mode = "answer") -> dict[str, Question]:
    """The questions of records, or of documents that have one, by the ids that name them."""
    found: dict[str, Question] = {}
    for name, source in project.sources.items():
        here = {id for id in ids if id.partition(":")[0] == name}
        documents = here | {id.rpartition("/")[0] for id in here} - {""}
        for asked in questions(project, source, mode, documents) if here else ():
            for id in here & {asked.id, asked.document_id}:
                found.setdefault(id, asked)
    return found


def draft(
    project: Project,
    tasks: Sequence[Task],
    *,
    told: Callable[[int], None] = lambda done: None,
    one: bool = False,
) -> list[Drafted]:
    """Have drafts written and checked, several at once; every round is in the book when it has come.

    Args:
        told: how many tasks are done, after each. one: a single new draft for each, for somebody who waits.

    Raises:
        UsageError: the project names no model.
        ModelError: the server, its key or the budget; what was received is kept, and not asked for again.
    """
    return run(_draft(project, tasks, told, one))


def accept_by_check(project: Project, told: Callable[[str, int, int], None]) -> list[str]:
    """Draft what waits in the sources that ``[answers]`` names, and accept what passes the check; those sources of
    which something was accepted.

    Args:
        told: the source, how many there are to do, how many are done.
    """
    table, book, found = project.settings.answers, book_of(project), []
    for name in table.sources:
        if tasks := to_draft(project, name):
            draft(project, tasks, told=partial(told, name, len(tasks)))
        passed = 0
        for asked in _open(project, name):
            last = next(reversed(about(book.rounds(asked), "")), None)
            if last is not None and last.passes(table.at_least):
                book.accept(asked, last.draft, answer_from="llm", verified=False, by=last.checker, score=last.score)
                passed += 1
        found += [name] if passed else []
    return found


def to_draft(project: Project, name: str) -> list[Task]:
    """What a run would have drafted now in a source that ``[answers]`` names."""
    table, book = project.settings.answers, book_of(project)
    return [
        Task(asked) for asked in _open(project, name)
        if wants_more(about(book.rounds(asked), ""), table.at_least, table.rounds)
    ]  # fmt: skip


def _open(project: Project, name: str) -> list[Question]:
    """The questions of a source, of the kind that ``[answers]`` wants, of which nothing is accepted."""
    source = project.sources[name]
    done = set(accepted_of(project, source).select("record", "seen").iter_rows())
    found = questions(project, source, project.settings.answers.mode)
    return [asked for asked in found if (asked.id, asked.seen) not in done]


def models(project: Project) -> tuple[Model, Model]:
    """Who drafts and who checks: ``[answers]`` and ``[judge]``, or the one of them that names a model.

    Raises:
        UsageError: neither does.
    """
    table = project.settings.answers
    judge = model_from(judge_settings(project, next(iter(project.sources.values()))))
    if judge.name in EMBEDDED and table.model is None:
        hint = 'Name one in cqia.toml: [answers] model = "…", base_url = "…"; or a judge that is a model.'
        raise UsageError("The project names no model that could write an answer.", hint)
    drafts = judge
    if table.model is not None:
        drafts = replace(
            judge, name=table.model, revision=table.revision, base_url=table.base_url.rstrip("/"),
            key_env=table.key_env, price=Price(table.price_in, table.price_out, judge.price.currency),
        )  # fmt: skip
    checks = drafts if judge.name in EMBEDDED else judge
    return (
        replace(drafts, temperature=table.temperature, max_tokens=table.max_tokens),
        replace(checks, temperature=project.settings.judge.temperature),
    )


async def _draft(project: Project, tasks: Sequence[Task], told: Callable[[int], None], one: bool) -> list[Drafted]:
    book, most, done = book_of(project), project.settings.answers.rounds, 0
    async with _writers(project, hurried=one) as (writers, in_flight):

        async def work(task: Task) -> Drafted:
            nonlocal done
            before = about(book.rounds(task.question), task.trap)
            made: list[Round] = []
            length, fault = task.question.length, ""
            try:
                if length > LONGEST:
                    raise Unanswered(f"too long to be sent: {length:,} characters")
                if one or task.wrong:
                    wrong = task.wrong or (before[-1].said if before else "")
                    made.append(await once(task.question, task.trap, wrong, task.by, writers, book, before))
                if not one:
                    made += await until_passed(task.question, task.trap, writers, book, most)
            except Unanswered as error:
                fault = str(error)
                made = about(book.rounds(task.question), task.trap)[len(before) :]
            done += 1
            told(done)
            return Drafted(task.question, tuple(made), fault)

        return await each(tasks, work, in_flight)


@asynccontextmanager
async def _writers(project: Project, hurried: bool) -> AsyncIterator[tuple[Writers, int]]:
    drafter, checker = models(project)
    if hurried:
        drafter, checker = (replace(model, wait=min(model.wait, HERE_WAIT)) for model in (drafter, checker))
    journal, at_least = project.work / "journal.sqlite", project.settings.answers.at_least
    async with connect(drafter, journal) as drafts, connect(checker, journal) as checks:
        yield Writers(drafts, checks, drafter.name, checker.name, at_least), drafter.in_flight
