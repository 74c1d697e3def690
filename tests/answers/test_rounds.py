"""A question through its rounds: drafts are checked, asked for again, kept, and never paid for twice."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cqia import answering, pipeline
from cqia.answering import Task
from cqia.answers.rounds import UNSAID, written
from cqia.llm.ask import Reply
from cqia.project import Project, load
from stub_server import Answer, completion, error
from written_answers import Author, draft, judgement


def first(folder: Path) -> tuple[Project, Task]:
    project = load(folder)
    pipeline.run(project, until="assign")
    found = answering.question(project, "notes:n1")
    assert found is not None
    return project, Task(found, "水壶不是茶壶", by="王芳")


@pytest.mark.parametrize(("good", "rounds"), [(1, 1), (2, 2), (3, 3), (9, 3)])
def test_it_is_asked_again_until_the_check_is_passed(
    asking: Callable[..., Path], server: Author, good: int, rounds: int
) -> None:
    server.good = good
    project, task = first(asking())
    (done,) = answering.draft(project, [task])
    assert [each.draft for each in done.rounds] == [draft(n) for n in range(1, rounds + 1)]
    assert [each.score for each in done.rounds] == [9 if n >= good else 4 for n in range(1, rounds + 1)]
    assert len(server.asked) == 2 * rounds
    assert answering.book_of(project).rounds(task.question) == list(done.rounds)
    if rounds > 1:
        assert "没有点破" in server.drafts[1][-1]["content"]
    (again,) = answering.draft(project, [task])  # nothing is left to do
    assert again.rounds == ()
    assert len(server.asked) == 2 * rounds


def test_a_check_overrules_no_person(asking: Callable[..., Path], server: Author) -> None:
    project, task = first(asking())
    book = answering.book_of(project)
    book.accept(task.question, "人写的", answer_from="human", verified=True, by="王芳")
    book.accept(task.question, "模型写的", answer_from="llm", verified=False, by="checker", score=9.0)
    assert book.accepted("notes")["answer"].to_list() == ["人写的"]
    book.accept(task.question, "又改了", answer_from="human", verified=True, by="李明")
    assert book.accepted("notes")["answer"].to_list() == ["又改了"]


def test_what_a_person_says_gives_new_rounds(asking: Callable[..., Path], server: Author) -> None:
    server.good = 9
    project, task = first(asking("rounds = 2"))
    answering.draft(project, [task])
    (done,) = answering.draft(project, [Task(task.question, task.trap, "太啰唆", "王芳")])
    assert [(each.wrong, each.by) for each in done.rounds] == [("太啰唆", "王芳"), ("没有点破；逻辑性：前后一致", "")]
    assert "太啰唆" in server.drafts[2][-1]["content"]


def test_another_trap_is_another_conversation(asking: Callable[..., Path], server: Author) -> None:
    project, task = first(asking())
    answering.draft(project, [task])
    (done,) = answering.draft(project, [Task(task.question, "其实问的是水壶")])
    assert [each.draft for each in done.rounds] == [draft(1)]
    assert len(answering.book_of(project).rounds(task.question)) == 2


def test_a_lost_book_costs_nothing(asking: Callable[..., Path], server: Author) -> None:
    server.good = 3
    project, task = first(asking())
    answering.draft(project, [task])
    before = answering.book_of(project).rounds(task.question)
    answering.book_of(project).path.unlink()
    answering.draft(project, [task])
    assert answering.book_of(project).rounds(task.question) == before
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    ("reply", "draft", "fault"),
    [
        (Reply("  好。\n"), "好。", False),
        (Reply("<think>想想</think>好。"), "好。", False),
        (Reply("<think>想想"), "", True),
        (Reply(" \n "), "", True),
        (Reply("说到一半", finish="length"), "说到一半", True),
        (Reply("长" * 30_000), "长" * 20_000, True),
        (Reply("坏\ud800字\x00"), "坏?字", False),
    ],
)
def test_what_a_draft_is(reply: Reply, draft: str, fault: bool) -> None:
    text, why = written(reply)
    assert (text, bool(why)) == (draft, fault)


def test_an_unusable_draft_is_kept_and_asked_for_again(asking: Callable[..., Path], server: Author) -> None:
    server.instead = lambda role, nth: completion("") if (role, nth) == ("draft", 1) else None
    project, task = first(asking())
    (done,) = answering.draft(project, [task])
    assert [(each.outcome, each.draft) for each in done.rounds] == [("unusable", ""), ("scored", draft(2))]


@pytest.mark.parametrize(("reply", "outcome"), [(judgement(None), "abstained"), ("看着还行", "failed")])
def test_a_check_that_cannot_say_leaves_it_to_people(
    asking: Callable[..., Path], server: Author, reply: str, outcome: str
) -> None:
    server.instead = lambda role, nth: completion(reply) if role == "check" else None
    project, task = first(asking())
    (done,) = answering.draft(project, [task])
    assert [(each.outcome, each.score) for each in done.rounds] == [(outcome, None)]


def test_a_question_without_a_reply_does_not_hold_up_the_others(asking: Callable[..., Path], server: Author) -> None:
    project, task = first(asking(more="[judge]\ntimeout = 5\n"))
    other = answering.question(project, "notes:n2/answer")
    assert other is not None

    def refused(body: dict[str, object], seen: int) -> Answer:
        return error(400) if "第1件" in str(body) else server.answer(body, seen)

    assert server.stub is not None
    server.stub.answers = refused
    faulty, fine = answering.draft(project, [task, Task(other, "水壶不是茶壶")])
    assert faulty.rounds == ()
    assert "400" in faulty.fault
    assert [each.score for each in fine.rounds] == [9]


def test_where_nobody_says_what_is_wrong_something_is_said(asking: Callable[..., Path], server: Author) -> None:
    server.instead = lambda role, nth: completion('{"总分": 3}') if role == "check" else None
    project, task = first(asking("rounds = 2"))
    (done,) = answering.draft(project, [task])
    assert done.rounds[1].wrong == UNSAID
