"""Label Studio: tasks to import with a labelling interface, and its export called JSON taken back.

    FOLDER/tasks.json        a list of tasks; what is shown stands in ``data``
    FOLDER/interface.xml     the project's labelling interface: paste it under Settings, Labeling Interface

Whoever annotates writes their name into the interface; where they leave it out, the e-mail address or the number that
Label Studio knows them by is taken. The texts to be edited stand in the boxes; one that comes back as it was is no
edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from cqia.engine.files import write_bytes
from cqia.review.lists import read_list, write_list
from cqia.review.sheets import ACTIONS, CRITERIA, FIELDS, Given, checked

SHOWN = ("source", "text_digest", "history", *FIELDS)
_MARKS = "\n".join(
    f'    <Header value="{title}"/><Rating name="{name}" toName="output" maxRating="5"/>'
    for name, title in CRITERIA.items()
)
_CHOICES = "".join(f'<Choice alias="{name}" value="{title}"/>' for name, title in ACTIONS.items())
_BOXES = "\n".join(
    f'    <Header value="修改后的{title}"/>'
    f'<TextArea name="new_{name}" toName="output" value="${name}" maxSubmissions="1" rows="{rows}" editable="true"/>'
    for name, title, rows in (("instruction", "指令", 3), ("input", "输入", 3), ("output", "回答", 12))
)
INTERFACE = f"""<View>
    <Header value="此前的对话"/><Text name="history" value="$history"/>
    <Header value="指令"/><Text name="instruction" value="$instruction"/>
    <Header value="输入"/><Text name="input" value="$input"/>
    <Header value="回答"/><Text name="output" value="$output"/>
    <Header value="结论"/><Choices name="action" toName="output" choice="single" required="true">{_CHOICES}</Choices>
{_BOXES}
    <Header value="理由"/><TextArea name="reason" toName="output" maxSubmissions="1"/>
{_MARKS}
    <Header value="审核人"/><TextArea name="reviewer" toName="output" maxSubmissions="1"/>
</View>
"""


class Region(BaseModel):
    """One control's answer."""

    model_config = ConfigDict(extra="ignore")

    from_name: str = ""
    value: dict[str, Any] = {}


class Annotation(BaseModel):
    """One person's answers to a task."""

    model_config = ConfigDict(extra="ignore")

    result: list[Region] = []
    was_cancelled: bool | None = False
    completed_by: int | str | dict[str, Any] | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Data(BaseModel):
    """What a task showed."""

    model_config = ConfigDict(extra="ignore")

    record: Annotated[str, Field(min_length=1)]
    text_digest: str | None = None
    instruction: str = ""
    input: str | None = None
    output: str = ""


class Task(BaseModel):
    """A task as Label Studio exports it; what else it holds is passed over."""

    model_config = ConfigDict(extra="ignore")

    data: Data
    annotations: list[Annotation]


def write(folder: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write records (rows of ``records.waiting``) as tasks, and the interface; returns how many."""
    write_bytes(folder / "interface.xml", INTERFACE.encode())
    tasks = ({"data": {"record": row["id"], **{name: row[name] or "" for name in SHOWN}}} for row in rows)
    return write_list(folder / "tasks.json", tasks)


def read(path: Path) -> list[Given]:
    """The decisions in an export, one for each annotation; skipped tasks have none.

    Raises:
        UsageError: the file or a task is wrong; the message says where and how.
    """
    return [
        _given(where, task.data, annotation)
        for where, task in read_list(path, Task)
        for annotation in task.annotations
        if not annotation.was_cancelled
    ]


def _given(where: str, data: Data, annotation: Annotation) -> Given:
    said = {region.from_name: _value(region.value) for region in annotation.result}
    before = data.model_dump()
    now = {name: said[f"new_{name}"] for name in FIELDS if f"new_{name}" in said}
    edited = {name: str(text) for name, text in now.items() if str(text).strip() != (before[name] or "").strip()}
    titles = {title: name for name, title in ACTIONS.items()}
    action = titles.get(str(said.get("action", "")), str(said.get("action", "")))
    return checked(Given(
        where, data.record, "edit" if action == "accept" and edited else action,
        str(said.get("reviewer") or "").strip() or _person(annotation.completed_by),
        annotation.updated_at or annotation.created_at, str(said.get("reason") or "").strip() or None,
        data.text_digest or None, edited if action != "reject" else {},
        {name: value for name in CRITERIA if isinstance(value := said.get(name), int)},
    ))  # fmt: skip


def _value(value: Mapping[str, Any]) -> str | int:
    """What a control says: ``choices`` of one, ``text`` (a list of paragraphs or one), ``rating``."""
    for name in ("choices", "text"):
        if isinstance(found := value.get(name), list):
            return "\n".join(str(each) for each in found)
        if isinstance(found, str):
            return found
    rating = value.get("rating")
    return rating if isinstance(rating, int) else ""


def _person(completed_by: int | str | Mapping[str, Any] | None) -> str:
    if isinstance(completed_by, Mapping):
        completed_by = completed_by.get("email") or completed_by.get("id")
    return f"label-studio:{completed_by}" if completed_by not in (None, "") else ""
