"""Dialogues in the shapes that datasets have, as turns.

    ShareGPT           [{"from": "human", "value": "…"}, {"from": "gpt", "value": "…"}]
    OpenAI messages    [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]
    Firefly            [{"human": "…", "assistant": "…"}]
    LLaMA-Factory      [["…", "…"]]   (the history of an Alpaca row)
    marked text        <user>: … <bot>: … <user>: …   (an instruction that holds what was said before)

The items are told apart one by one, and a cell of a table may hold the list as JSON text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cqia.errors import NotADocument, Unreadable
from cqia.readers.examples import Turn
from cqia.readers.fields import json_in

#: Who speaks, by the names that datasets use.
SPEAKERS = {
    "system": "system", "developer": "system",
    "user": "user", "human": "user", "prompter": "user", "question": "user",
    "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "chatgpt": "assistant", "model": "assistant",
    "bard": "assistant", "bing": "assistant", "answer": "assistant",
    "tool": "tool", "function": "tool", "function_call": "tool", "observation": "tool", "ipython": "tool",
}  # fmt: skip
#: A dialogue in a cell of a table is read up to this length.
LONGEST_DIALOGUE = 2_000_000
#: A dialogue of people has some hundred messages; one of more than this is no dialogue.
MOST_MESSAGES = 5_000

_MARK = re.compile(r"<(user|human|bot|assistant)>\s*[:：]", re.IGNORECASE)
_MARKED = re.compile(r"\s*<(?:user|human)>\s*[:：]", re.IGNORECASE)


def turns(value: object, last: object = None) -> list[Turn]:
    """The turns of a dialogue, up to the last answer; what the system says comes before the first question.

    Neighbouring messages of one speaker count as one.

    Args:
        value: the messages. last: one more, where a table holds the answer that people preferred beside them.

    Raises:
        Unreadable: ``unknown_shape`` for what is no list of messages, ``too_large`` for too many of them.
        NotADocument: ``no_assistant`` where nobody answers, ``tool_calls`` where a program is called.
    """
    if isinstance(value, str) and len(value) <= LONGEST_DIALOGUE:
        value = json_in(value)
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise Unreadable("unknown_shape", f"a dialogue is a list of messages, not {type(value).__name__}")
    if len(value) > MOST_MESSAGES:
        raise Unreadable("too_large", f"a dialogue of {len(value):,} messages; the limit is {MOST_MESSAGES:,}")
    system, asked, found = "", "", list[Turn]()
    items = value if last is None else [*value, last]
    for speaker, text in (message for item in items for message in _messages(item)):
        if speaker == "tool":
            raise NotADocument("tool_calls", "a program is called in the dialogue")
        if speaker == "system":
            system = _joined(system, text)
        elif speaker == "user":
            asked = _joined(asked, text)
        elif asked:
            found.append({"instruction": asked, "output": text})
            asked = ""
        elif found:
            found[-1]["output"] = _joined(found[-1]["output"], text)
        # else: a greeting before anybody asked
    found = [turn for turn in found if turn["output"]]
    if not found:
        raise NotADocument("no_assistant", "nobody answers in the dialogue")
    if system and system != found[0]["instruction"]:
        found[0]["instruction"] = f"{system}\n\n{found[0]['instruction']}"
    return found


def marked(text: str) -> tuple[list[Turn], str]:
    """What was said before, and the last question, of an instruction in which marks tell who speaks; another text is
    itself the question."""
    if not _MARKED.match(text):
        return [], text
    parts = [part.strip() for part in _MARK.split(text)[1:]]
    said = list(zip(parts[::2], parts[1::2], strict=True))
    if said[-1][0].lower() not in ("user", "human") or not said[-1][1]:
        return [], text
    before: list[object] = [{"role": mark, "content": words} for mark, words in said[:-1]]
    return (turns(before) if any(mark.lower() in ("bot", "assistant") for mark, _ in said) else []), said[-1][1]


def _messages(item: object) -> list[tuple[str, str]]:
    """The messages of one item: one, or for a pair two."""
    if isinstance(item, Mapping):
        if "assistant" in item:
            return [("user", _content(item.get("human", item.get("user")))), ("assistant", _content(item["assistant"]))]
        said_by = str(item.get("role", item.get("from")))
        if (speaker := SPEAKERS.get(said_by.lower())) is not None:
            tools = any(item.get(key) for key in ("tool_calls", "function_call"))
            return [("tool" if tools else speaker, _content(item.get("content", item.get("value"))))]
        raise Unreadable("unknown_shape", f"a message of {said_by[:40]!r}; known are {', '.join(SPEAKERS)}")
    if isinstance(item, Sequence) and not isinstance(item, str) and len(item) == 2:
        return [("user", _content(item[0])), ("assistant", _content(item[1]))]
    raise Unreadable("unknown_shape", "a message is neither an object nor a pair of question and answer")


def _content(value: object) -> str:
    """The text of a message; a list of parts is its texts, and a picture in it is a reason to stop."""
    if value is None or isinstance(value, str):
        return (value or "").strip()
    if isinstance(value, Sequence):
        parts = [part for part in value if isinstance(part, Mapping)]
        if any(part.get("type", "text") != "text" for part in parts):
            raise NotADocument("not_text", "the dialogue holds a picture, a sound or a file")
        return "\n".join(part["text"].strip() for part in parts if isinstance(part.get("text"), str))
    raise Unreadable("unknown_shape", f"the content of a message is {type(value).__name__}, not text")


def _joined(before: str, text: str) -> str:
    """Two messages of one speaker as one; what was sent twice was said once."""
    return f"{before}\n{text}" if before and text and before != text else before or text
