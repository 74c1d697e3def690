"""The published datasets' own files: rows of COIG-CQIA and of each part of COIG, into records.

    COIG-CQIA        instruction, input, output, task_type, domain, metadata, answer_from, human_verified, copyright;
                     task_type is an object, or that object as a string
    translated       trans_instruction, trans_input, trans_output beside the English originals
    exam, value 2    textbox_q_instruction, textbox_q_context, textbox_question, textbox_answer,
                     textbox_answer_analysis ("" or [] where there is none), subject
    value 1          instruction, input, output
    chat             entity, round_0, round_1, …: each with a ``response``, a string that holds {"Q": …, "A": …},
                     at times in a code fence
    leetcode         instruction, input, output, task_type, program_lang; a text may end in a Python list of strings

The loader on the Hub drops the short answer of an exam question that has an analysis; here both stay. ``records``
makes a frame of ``schema.RECORD`` of such rows, to audit, compare and mix them without a project.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypedDict

import polars as pl

from cqia.errors import Unreadable
from cqia.readers.examples import Turn
from cqia.readers.fields import LONGEST_CELL, Row, json_in, mapping
from cqia.schema import RECORD, digest, frame

Part = Literal["cqia", "translated", "exam", "value", "chat", "leetcode"]

#: COIG's README: people wrote the exams, and the explanations on LeetCode; models the rest.
WRITTEN_BY = {"translated": "llm", "exam": "human", "value": "llm", "chat": "llm", "leetcode": "human"}
KINDS = {
    "translated": ("文本生成", "翻译指令"), "exam": ("试题", "考试"), "value": ("文本生成", "价值观对齐"),
    "chat": ("对话", "反事实纠正"), "leetcode": ("代码", "编程"),
}  # fmt: skip
#: Rounds of a dialogue: published are 5, and readers allow 10; a file that claims more is read up to here.
MAX_ROUNDS = 100
#: A Python list in a text is read up to this length; solutions with explanations have up to 30,000.
LONGEST_LIST = 200_000

_FENCE = re.compile(r"```[a-zA-Z]{0,10}")
_ROUND = re.compile(r"round_(\d{1,4})\Z")
_LETTERS = re.compile(r"[A-G](?:[、,，\s]*[A-G]){0,6}")
_CHOSEN = re.compile(r"(?:选(?:择|项)?|答案)[为是:：\s]{0,3}([A-G]{1,7})(?![A-Za-z])")
_NO_METADATA = "暂无元数据信息"


class Example(TypedDict):
    """The published fields of a record, its earlier turns, and which part of which dataset it is of."""

    part: Part
    instruction: str
    input: str
    output: str
    history: list[Turn]
    major: list[str]
    minor: list[str]
    domain: list[str]
    metadata: str
    answer_from: str
    human_verified: bool
    copyright: str | None


def example(row: Row) -> Example:
    """One row of any of the files.

    Raises:
        Unreadable: ``unknown_shape``; ``bad_round`` for a round of a dialogue that cannot be read.
    """
    if "trans_instruction" in row:
        return _translated(row)
    if "textbox_question" in row:
        return _exam(row)
    if any(_ROUND.match(str(key)) for key in row):
        return _chat(row)
    if "program_lang" in row and "instruction" in row:
        return _leetcode(row)
    if "instruction" in row and "output" in row:
        return _cqia(row) if "task_type" in row else _made("value", row["instruction"], row.get("input"), row["output"])
    raise Unreadable("unknown_shape", f"a row of COIG or COIG-CQIA has none of these fields alone: "
                     f"{', '.join(sorted(map(str, row)))[:300] or 'nothing'}")  # fmt: skip


def records(rows: Iterable[Row], source: str) -> pl.DataFrame:
    """Rows as ``schema.RECORD``; ids are digests of the text, for these files have none. Raises as ``example``."""
    made: list[dict[str, Any]] = []
    for row in rows:
        found = example(row)
        text = digest(found["instruction"], found["input"], found["output"])[:32]
        kept = {key: value for key, value in found.items() if key in RECORD}
        kind = {"major": found["major"], "minor": found["minor"]}
        id = f"{source}:{text[:16]}"
        made.append({**kept, "task_type": kind, "id": f"{id}/{found['part']}", "document_id": id, "source": source,
                     "task": found["part"], "text_digest": text, "edits": []})  # fmt: skip
    return frame(made, RECORD)


def _made(part: Part, instruction: object, input: object, output: object, **more: Any) -> Example:
    major, minor = KINDS.get(part, ("", ""))
    made: Example = {
        "part": part, "instruction": _text(instruction), "input": _text(input), "output": _text(output), "history": [],
        "major": [major] if major else [], "minor": [minor] if minor else [], "domain": [], "metadata": "",
        "answer_from": WRITTEN_BY.get(part, ""), "human_verified": False, "copyright": None,
    }  # fmt: skip
    made.update(more)  # type: ignore[typeddict-item]
    return made


def _cqia(row: Row) -> Example:
    kind = mapping(row.get("task_type"))
    metadata = _text(row.get("metadata"))
    return _made(
        "cqia", row["instruction"], row.get("input"), row["output"],
        major=_strings(kind.get("major")), minor=_strings(kind.get("minor")), domain=_strings(row.get("domain")),
        metadata="" if metadata == _NO_METADATA else metadata, answer_from=_text(row.get("answer_from")),
        human_verified=str(row.get("human_verified")).lower() == "true",
        copyright=_text(row.get("copyright")) or None,
    )  # fmt: skip


def _translated(row: Row) -> Example:
    return _made("translated", row["trans_instruction"], row.get("trans_input"), row.get("trans_output"))


def _exam(row: Row) -> Example:
    asked = "\n".join(text for text in (_text(row.get("textbox_q_context")), _text(row["textbox_question"])) if text)
    subject = _text(row.get("subject"))
    answer, analysis = _text(row.get("textbox_answer")), _text(row.get("textbox_answer_analysis"))
    return _made("exam", row.get("textbox_q_instruction"), asked, solution(answer, analysis),
                 domain=[subject] if subject else [])  # fmt: skip


def _chat(row: Row) -> Example:
    numbers = sorted(int(found[1]) for key in row if (found := _ROUND.match(str(key))))[:MAX_ROUNDS]
    said = [_round(row, number) for number in numbers]
    entity = _text(row.get("entity"))
    return _made("chat", said[-1]["instruction"], "", said[-1]["output"], history=said[:-1],
                 metadata=f"entity:{entity}" if entity else "")  # fmt: skip


def _round(row: Row, number: int) -> Turn:
    value = row.get(f"round_{number}")
    response = value.get("response") if isinstance(value, Mapping) else value
    if isinstance(response, str):
        response = response.strip()
        if (fence := _FENCE.match(response)) and response.endswith("```"):
            response = response[fence.end() : -3]
        response = json_in(response)
    if isinstance(response, Mapping):
        asked, answered = response.get("Q"), response.get("A")
        if isinstance(asked, str) and isinstance(answered, str) and asked.strip() and answered.strip():
            return {"instruction": asked.strip(), "output": answered.strip()}
    raise Unreadable("bad_round", f"round_{number}: the response does not hold Q and A as texts")


def _leetcode(row: Row) -> Example:
    language = _text(row["program_lang"])
    return _made("leetcode", row["instruction"], unlisted(_text(row.get("input"))), unlisted(_text(row.get("output"))),
                 domain=["计算机", *([language] if language else [])])  # fmt: skip


def solution(answer: str, analysis: str) -> str:
    """Analysis and answer as one: the letters of a choice at the end, any other answer first; neither is lost.

    >>> solution("B", "甲不对，乙对。")
    '甲不对，乙对。\\n故选B。'
    """
    if not answer or not analysis:
        return answer or analysis
    if _LETTERS.fullmatch(answer):
        letters = re.sub(r"[^A-G]", "", answer)
        said = _CHOSEN.findall(analysis[-40:])
        return analysis if said and said[-1] == letters else f"{analysis}\n故选{letters}。"
    return analysis if _bare(answer) in _bare(analysis) else f"{answer}\n\n解析：{analysis}"


def unlisted(text: str) -> str:
    """A text that ends in a Python list of strings, as its items on lines of their own; any other as it is.

    >>> unlisted("示例：['输入 1', '输出 2']")
    '示例：\\n输入 1\\n输出 2'
    """
    start = text.find("[")
    prefix = text[:start].rstrip()
    if start < 0 or not text.endswith("]") or (prefix and prefix[-1] not in ":：") or len(text) > LONGEST_LIST:
        return text
    items = _literal(text[start:])
    if not isinstance(items, list) or not items or not all(isinstance(item, str) for item in items):
        return text
    return "\n".join([*([prefix] if prefix else []), *(item.strip() for item in items)])


def _literal(text: str) -> object:
    try:
        with warnings.catch_warnings():  # of odd escapes in what others wrote
            warnings.simplefilter("ignore")
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _strings(value: object) -> list[str]:
    """A list of strings, or one that a cell holds in JSON or in Python's notation; a string by itself is one."""
    if isinstance(value, str) and value.strip().startswith("[") and len(value) <= LONGEST_CELL:
        found = json_in(value)
        value = _literal(value.strip()) if found is None else found
    if isinstance(value, str):
        return [value.strip()] if value.strip() else []
    if isinstance(value, Sequence):
        return [item.strip() for item in value if isinstance(item, str) and item.strip()]
    return []


def _text(value: object) -> str:
    """A text; a list of texts joined, a number as it is written, anything else nothing."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Sequence):
        return "、".join(item.strip() for item in value if isinstance(item, str) and item.strip())
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _bare(text: str) -> str:
    return re.sub(r"[\s，。、；：,.;:．（）()]+", "", text)
