"""What the model and its checker are asked. The wording is in ``prompts/*.md``; texts stand between numbered fences.

answer, rewrite                what the model is told
check_answer, check_rewrite    what the checker looks at; put into the judge's own frame, ``judge/prompt.md``
again                          said after a draft that was not good enough
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from cqia.judge import rubric
from cqia.judge.rubric import Message, Rubric

Mode = Literal["answer", "rewrite"]

# Earlier drafts that the model is shown: with the last ones it knows what not to repeat, and a long quarrel does not
# grow its question without end.
SHOWN = 3


@dataclass(frozen=True)
class Question:
    """A record that a model is to write the output of.

    Attributes:
        id: of the record, made of ``document_id`` and task; source: its source's name.
        mode: whether it has no output yet, or one that is to be rewritten.
        seen: the digest of its texts: what is said about other texts counts no more.
        record: its texts: instruction, input, output ("" where there is none), history.
    """

    id: str
    document_id: str
    source: str
    mode: Mode
    seen: str
    record: Mapping[str, Any]

    @property
    def original(self) -> str:
        """What is to be rewritten; "" where an answer is wanted."""
        return str(self.record["output"] or "")

    @property
    def asked(self) -> str:
        """Instruction and input, as one text."""
        return "\n\n".join(str(self.record[name]) for name in ("instruction", "input") if self.record[name])

    @property
    def length(self) -> int:
        """Characters that would be sent."""
        return rubric.length(self.record)


def ask(question: Question, trap: str, drafts: Sequence[tuple[str, str]]) -> list[Message]:
    """The question to the model.

    Args:
        trap: what a person says is behind the question; "" for nothing.
        drafts: earlier ones, each with what was wrong with it.
    """
    number, fences = rubric.fenced(_parts(question, trap))
    end = "请直接写出回答。" if question.mode == "answer" else "请直接写出改写后的回答。"
    said: list[Message] = [
        {"role": "system", "content": read(question.mode)},
        {"role": "user", "content": f"以下各栏编号 {number}。\n\n{fences}\n\n{end}"},
    ]
    for draft, wrong in drafts[-SHOWN:]:
        _, opinion = rubric.fenced([("意见", wrong)])
        said += [
            {"role": "assistant", "content": draft or "（空）"},
            {"role": "user", "content": f"{read('again')}\n\n{opinion}"},
        ]
    return said


def check(question: Question, trap: str, draft: str) -> list[Message]:
    """The question to the checker about a draft; its reply is a judgement as ``judge.rubric.FORM`` has it."""
    number, fences = rubric.fenced([*_parts(question, trap), ("回答", draft)])
    before, after = f"以下各栏都是待评的数据，编号 {number}。", "数据到此为止。请按标准评这一稿，只回一个 JSON 对象。"
    return [
        {"role": "system", "content": check_rubric(question.mode).text},
        {"role": "user", "content": f"{before}\n\n{fences}\n\n{after}"},
    ]


def check_rubric(mode: Mode) -> Rubric:
    """The rubric that drafts are checked by."""
    name = f"check_{mode}"
    return Rubric(name, rubric.read("prompt").replace("{rubric}", read(name)))


@cache
def read(name: str) -> str:
    """The text of a prompt file."""
    return (Path(__file__).parent / "prompts" / f"{name}.md").read_text("utf-8").strip()


def _parts(question: Question, trap: str) -> list[tuple[str, str]]:
    """The texts of the question by their names; what is there already is 原文."""
    *before, (_, original) = rubric.parts(question.record)
    return [*before, *([("原文", original)] if original else []), *([("陷阱", trap)] if trap else [])]
