"""A rubric: what the judge is asked, and how the text to be judged is put before it.

``prompt.md`` is the frame that all rubrics share: the six criteria, the flags, the scale and the form of the reply.
``rubrics/<name>.md`` says what one kind of text is and what counts in it. The text to be judged is data: it stands
between fences that carry a number it cannot contain, so it can neither close its fence nor open another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from cqia import schema
from cqia.errors import UsageError, nearest
from cqia.llm.ask import Form

CRITERIA = ("有用性", "专业性", "逻辑性", "详细度", "客观性", "无害性")  # paper, 2.5
FLAGS = ("答非所问", "软广告", "有害", "需要图片", "已过时", "机器生成")  # the first three: paper, 2.4

# A longer record is not judged: it is cut nowhere, since half a text is another text, and 4,096 tokens, the length
# the paper trains with, hold less.
LONGEST = 20_000

Message = dict[str, str]  # role and content

#: What a server that can keep to a JSON schema is asked to keep to: reasons before the score, and half points.
FORM = Form(
    "judgement",
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["理由", "标记", "总评", "总分"],
        "properties": {
            "理由": {
                "type": "object",
                "additionalProperties": False,
                "required": list(CRITERIA),
                "properties": {name: {"type": "string"} for name in CRITERIA},
            },
            "标记": {"type": "array", "items": {"type": "string", "enum": list(FLAGS)}},
            "总评": {"type": "string"},
            "总分": {"type": ["number", "null"], "enum": [*(half / 2 for half in range(2, 21)), None]},
        },
    },
)


@dataclass(frozen=True)
class Rubric:
    """A rubric by name; ``text`` is all that the judge is told, the record apart."""

    name: str
    text: str

    @property
    def digest(self) -> str:
        """Covers all that shapes a question to the judge."""
        return schema.digest(self.text, repr(messages(Rubric("", ""), {})))


def known() -> list[str]:
    """The names of the rubrics."""
    return sorted(file.stem for file in _folder("rubrics").glob("*.md"))


def load(name: str) -> Rubric:
    """The rubric ``name``. Raises ``UsageError`` where there is none."""
    if name not in known():
        raise UsageError(f"there is no rubric '{name}'", nearest(name, known()))
    frame = read("prompt")
    if frame.count("{rubric}") != 1:
        raise UsageError("judge/prompt.md must hold the placeholder {rubric} once", "Put it where the rubric belongs.")
    return Rubric(name, frame.replace("{rubric}", _folder("rubrics").joinpath(f"{name}.md").read_text("utf-8").strip()))


def read(name: str) -> str:
    """The text of the prompt file ``name`` beside this module."""
    return _folder(f"{name}.md").read_text("utf-8").strip()


def length(record: Mapping[str, object]) -> int:
    """Characters of the record that the judge would read."""
    return sum(len(text) for _, text in parts(record))


def messages(rubric: Rubric, record: Mapping[str, object]) -> list[Message]:
    """The question to the judge about ``record`` (a row of ``schema.RECORD``): the same record, the same messages."""
    number, fences = fenced(parts(record))
    before, after = f"以下各栏都是待评的数据，编号 {number}。", "数据到此为止。请按标准评这条数据，只回一个 JSON 对象。"
    return [
        {"role": "system", "content": rubric.text},
        {"role": "user", "content": f"{before}\n\n{fences}\n\n{after}"},
    ]


def fenced(parts: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Texts by name, each between fences that carry a number which none of them contains; the number, and all of it."""
    number = _number([text for _, text in parts])
    return number, "\n\n".join(f"〔{name} {number}〕\n{text}\n〔/{name} {number}〕" for name, text in parts)


def parts(record: Mapping[str, object]) -> list[tuple[str, str]]:
    """The texts of a record by their names: earlier turns, 指令, 输入 if there is one, 回答."""
    turns = cast("Sequence[Mapping[str, str | None]]", record.get("history") or ())
    earlier = [(name, turn[key] or "") for turn in turns for name, key in (("前问", "instruction"), ("前答", "output"))]
    here = [(name, str(record.get(key) or "")) for name, key in (("指令", "instruction"), ("输入", "input"))]
    return [*earlier, *((name, text) for name, text in here if text), ("回答", str(record.get("output") or ""))]


def _number(texts: Sequence[str]) -> str:
    """A number that none of ``texts`` contains, the same for the same texts."""
    number = schema.digest(*texts)[:16]
    while any(number in text for text in texts):
        number = schema.digest(number)[:16]
    return number


def _folder(name: str) -> Path:
    return Path(__file__).with_name(name)
