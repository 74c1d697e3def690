"""Argilla (2.x): a dataset on disk, as ``argilla.Dataset.from_disk`` reads it and ``to_disk`` writes it.

    FOLDER/records.json              a list of records: id, fields, metadata, suggestions, responses, vectors, …
    FOLDER/.argilla/settings.json    fields, questions, metadata
    FOLDER/.argilla/dataset.json     name and status

The texts to be edited are offered as suggestions, so that annotators change them where they stand; one that comes back
as it was is no edit. Argilla gives a response no time, and names who gave it by a number of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from cqia.engine.files import write_json
from cqia.review.lists import read_list, write_list
from cqia.review.sheets import ACTIONS, CRITERIA, FIELDS, Given, checked

NEW = {f"new_{name}": name for name in FIELDS}  # no question may have the name of a field
TITLES = {"history": "此前的对话", "instruction": "指令", "input": "输入", "output": "回答"}
AGENT = "cqia"
GUIDELINES = (
    "请逐条审核：可用则“通过”；文字有错或不妥，直接在“修改后”的框里改好并选“修改”；不可用则“驳回”并写明理由。"
    "六项标准按 1 到 5 打分，不熟悉的领域请跳过。"
)


class Response(BaseModel):
    """One person's answer to one question."""

    value: str | int | None = None
    user_id: str | None = None


class Record(BaseModel):
    """A record as Argilla writes it; what else it holds is passed over."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[str, Field(min_length=1)]
    fields: dict[str, Any]
    metadata: dict[str, Any] = {}
    responses: dict[str, list[Response]] = {}


def write(folder: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write records (rows of ``records.waiting``) as a dataset on disk; returns how many."""
    write_json(folder / ".argilla" / "settings.json", settings())
    about = {"name": "cqia-review", "status": "draft", "guidelines": GUIDELINES, "allow_extra_metadata": True}
    write_json(folder / ".argilla" / "dataset.json", about)
    return write_list(folder / "records.json", map(_record, rows))


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: row[name] for name in FIELDS if row[name]}
    before = {"history": row["history"]} if row["history"] else {}
    facts = {"source": row["source"], "text_digest": row["text_digest"], "why": row["reason"], "score": row["score"]}
    return {
        "id": row["id"],
        "fields": {**before, **texts},
        "metadata": {name: value for name, value in facts.items() if value is not None},
        "suggestions": {f"new_{name}": {"value": text, "score": None, "agent": AGENT} for name, text in texts.items()},
        "responses": {},
        "vectors": {},
        "status": "pending",
        "_server_id": None,
    }


def settings() -> dict[str, Any]:
    """The dataset's settings: its fields; what is asked; what is known of a record."""
    action = {"type": "label_selection", "visible_options": 3,
              "options": [{"value": name, "text": text} for name, text in ACTIONS.items()]}  # fmt: skip
    scale = {"type": "rating", "options": [{"value": value} for value in range(1, 6)]}
    text = {"type": "text", "use_markdown": False}
    return {
        "guidelines": GUIDELINES,
        "questions": [
            {"name": "action", "title": "结论", "required": True, "settings": action},
            *({"name": new, "title": f"修改后的{TITLES[name]}", "required": False, "settings": text}
              for new, name in NEW.items()),
            {"name": "reason", "title": "理由", "required": False, "settings": text},
            *({"name": name, "title": title, "required": False, "settings": scale}
              for name, title in CRITERIA.items()),
        ],
        "fields": [
            {"name": name, "title": title, "required": name in ("instruction", "output"), "settings": text}
            for name, title in TITLES.items()
        ],
        "vectors": [],
        "metadata": [
            *({"name": name, "title": title, "settings": {"type": "terms", "visible_for_annotators": name == "source"}}
              for name, title in (("source", "来源"), ("text_digest", "文字摘要"), ("why", "缘由"))),
            {"name": "score", "title": "评委分数", "settings": {"type": "float", "visible_for_annotators": False}},
        ],
        "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
        "mapping": None,
    }  # fmt: skip


def read(path: Path) -> list[Given]:
    """The decisions in a dataset on disk (its folder, or its ``records.json``), one for each person and record.

    Raises:
        UsageError: the file or a record is wrong; the message says where and how.
    """
    found = []
    for where, record in read_list(path / "records.json" if path.is_dir() else path, Record):
        said: dict[str, dict[str, str | int]] = {}
        for question, responses in record.responses.items():
            for response in responses:
                if response.value is not None:
                    said.setdefault(response.user_id or "", {})[question] = response.value
        found += [_given(where, record, person, answers) for person, answers in said.items()]
    return found


def _given(where: str, record: Record, person: str, said: Mapping[str, str | int]) -> Given:
    now = {name: str(said[new]) for new, name in NEW.items() if new in said}
    edited = {name: text for name, text in now.items() if text.strip() != str(record.fields.get(name) or "").strip()}
    action = str(said.get("action", ""))
    seen = record.metadata.get("text_digest")
    return checked(Given(
        where, record.id, "edit" if action == "accept" and edited else action, f"argilla:{person}" if person else "",
        reason=str(said["reason"]).strip() or None if "reason" in said else None,
        text_digest=seen if isinstance(seen, str) else None, edited=edited if action != "reject" else {},
        marks={name: value for name in CRITERIA if isinstance(value := said.get(name), int)},
    ))  # fmt: skip
