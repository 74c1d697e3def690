"""Tables of one's own: any file of instruction examples is a source, by naming its shape or its columns in cqia.toml.

    [sources.mine]
    raw = ["data/*.jsonl"]            # JSON, JSON lines, CSV, TSV, Parquet, XLSX
    table = "alpaca"                  # or sharegpt, messages, firefly; or, instead of table:
    columns = {instruction = "问题", output = "回答"}
    licence = "CC-BY-4.0"

    alpaca      instruction, input, output, and history as pairs
    sharegpt    conversations: [{"from": "human", "value": …}, {"from": "gpt", "value": …}], and where there is a
                preferred last answer, chosen
    messages    messages: [{"role": "user", "content": …}, {"role": "assistant", "content": …}]
    firefly     conversation: [{"human": …, "assistant": …}], or kind, input, target

Columns that can be named: instruction, input, output, history, dialogue (in any of the three ways above), kind.

Licence: what ``licence`` says; without it the source says that none was given.

Worked example: the line

    {"conversations": [{"from": "human", "value": "蚂蚁会睡觉吗？"}, {"from": "gpt", "value": "会，每次很短。"},
     {"from": "human", "value": "多短？"}, {"from": "gpt", "value": "大约一分钟。"}]}

becomes one record: the instruction 多短？, the output 大约一分钟。, and the first exchange as its history. A dialogue
in which nobody answers is dropped as ``no_assistant``, one that calls a program as ``tool_calls``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial

import polars as pl

from cqia.errors import Unreadable
from cqia.readers.dialogues import marked, turns
from cqia.readers.examples import Turn, document
from cqia.readers.raw import Raw
from cqia.schema import Document
from cqia.sources.examples import AS_WRITTEN, HISTORY, INPUT, INSTRUCTION, OUTPUT, WHOLE
from cqia.sources.source import AnswerFrom, Published, Source, Task

NO_LICENCE = "none given in cqia.toml; ask whoever made the table"


@dataclass(frozen=True)
class Columns:
    """What the columns of a table are called; None is a part it does not have."""

    instruction: str | None = None
    input: str | None = None
    output: str | None = None
    history: str | None = None
    dialogue: str | None = None
    kind: str | None = None
    chosen: str | None = None

    def __post_init__(self) -> None:
        if not self.dialogue and not (self.instruction and self.output):
            raise ValueError("name the columns of instruction and output, or that of dialogue")

    def needed(self) -> list[str]:
        """The columns without which a row is none of this table."""
        return [self.dialogue] if self.dialogue else [name for name in (self.instruction, self.output) if name]


#: The shapes by name; of several ways to write one, the first whose columns a row has.
SHAPES: Mapping[str, tuple[Columns, ...]] = {
    "alpaca": (Columns("instruction", "input", "output", "history"),),
    "sharegpt": (Columns(dialogue="conversations", chosen="chosen"), Columns(dialogue="conversation")),
    "messages": (Columns(dialogue="messages"),),
    "firefly": (Columns(dialogue="conversation", kind="category"), Columns("input", None, "target", kind="kind")),
}


def read_table(raw: Raw, ways: Sequence[Columns]) -> Iterable[Document]:
    """One row.

    Raises:
        Unreadable: ``unknown_shape`` for a row that has not the columns, or a file that is no table.
        NotADocument: a dialogue without an answer, or with more than text in it.
    """
    row = raw.row
    wanted = " or ".join(", ".join(way.needed()) for way in ways)
    if row is None:
        raise Unreadable("unknown_shape", f"{raw.path} is no table of rows with {wanted}; "
                         "name JSON, JSON lines, CSV, TSV, Parquet or XLSX files")  # fmt: skip
    way = next((way for way in ways if all(name in row for name in way.needed())), None)
    if way is None:
        raise Unreadable("unknown_shape", f"{raw.path}: a row has {wanted}; this one has "
                         f"{', '.join(sorted(map(str, row)))[:300] or 'nothing'}")  # fmt: skip
    if way.dialogue:
        preferred = row.get(way.chosen) if way.chosen else None
        said = turns(row[way.dialogue], preferred if isinstance(preferred, Mapping) else None)
    else:
        before: list[Turn] = turns(row[way.history]) if way.history and row.get(way.history) else []
        earlier, asked = marked(_cell(row, way.instruction))
        said = [*before, *earlier, {"instruction": asked, "output": _cell(row, way.output)}]
    kind = _cell(row, way.kind)
    yield document(
        said[-1]["instruction"],
        "" if way.dialogue else _cell(row, way.input),
        said[-1]["output"],
        history=said[:-1],
        tags=[kind] if kind else None,
    )


def _cell(row: Mapping[str, object], name: str | None) -> str:
    """A cell as text: a number as it is written, an empty cell as nothing."""
    value = row.get(name) if name else None
    if value is None or isinstance(value, str):
        return (value or "").strip()
    if isinstance(value, bool | int | float):
        return str(value)
    raise Unreadable("unknown_shape", f"the column {name} holds {type(value).__name__}, not text")


def table_source(
    name: str, table: str | Columns, licence: str = "", header: bool = True, answer_from: AnswerFrom = ""
) -> Source:
    """The source of a table.

    Args:
        name: of the source.
        table: a shape (a key of ``SHAPES``), or what the columns are called.
        licence: of the texts, in words.
        header: whether CSV and TSV files begin with the names of their columns; else these are "1", "2" and so on.
        answer_from: who wrote the outputs; "" where nobody says.
    """
    ways = (table,) if isinstance(table, Columns) else SHAPES[table]
    shown = table if isinstance(table, str) else ", ".join(
        f"{field.name} = {value}" for field in fields(table) if (value := vars(table)[field.name])
    )  # fmt: skip
    return Source(
        name=name,
        title=name,
        kind="Yours",
        description=f"A table of instruction examples ({shown})",
        licence=licence or NO_LICENCE,
        exercised_on="real rows",
        read=partial(read_table, ways=ways),
        headless=() if header else ("*",),
        rules=WHOLE,
        tasks=(
            Task(
                name="example",
                wordings=AS_WRITTEN,
                fields={"instruction": INSTRUCTION},
                input=INPUT,
                output=OUTPUT,
                major=("文本生成",),
                minor=pl.col("tags").fill_null(pl.lit([], pl.List(pl.String))),
                domain=("通用",),
                answer_from=answer_from,
                history=HISTORY,
            ),
        ),
        published=Published(name, {"example": name}),
    )
