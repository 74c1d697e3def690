"""One request to an OpenAI-compatible server, and what its failure means for the question, the money and the run.

    kind      the server                                          charged  then
    away      is not there: no connection                         no       wait for it
    busy      takes nothing now: 429, 503                         no       again, after the pause it asks for
    failed    broke off, ran out of time, or sent nonsense        yes      again, up to ``retries`` times
    refused   will not answer this question: 400, 413, 422        no       the question has failed
    stop      must not be asked: no such model, key or credit     no       the run stops

A call is charged unless the server has said that it did nothing: what timed out here may have been answered there.
"""

from __future__ import annotations

import asyncio
import json
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ValidationError

from cqia.errors import ModelError
from cqia.llm.ask import OPENAI, Ask, Model, Reply

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

MOST_TOKENS = 1 << 32  # in one call, whatever a server says

BUSY = {408, 409, 425, 429, 503, 529}
KEY = {401, 403}
CREDIT = {402}
BROKEN = 500  # and above, but for the busy ones: it is unknown how far the server came

Kind = Literal["away", "busy", "failed", "refused", "stop"]


class Trouble(Exception):
    """There is no reply. ``pause``: seconds that the server asks to wait; ``error``: what a run stops for."""

    def __init__(self, kind: Kind, why: str, pause: float | None = None, error: ModelError | None = None) -> None:
        super().__init__(why)
        self.kind, self.why, self.pause, self.error = kind, why, pause, error


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    """The part of a chat completion that we read; servers differ in the rest."""

    choices: list[_Choice]
    model: str | None = None
    usage: Any = None


async def send(sdk: AsyncOpenAI, ask: Ask, model: Model, *, formed: bool) -> Reply:
    """Ask once. Raises ``Trouble``.

    Args:
        formed: ask for the question's form, where it has one.
    """
    import openai
    from httpx2 import ConnectError, ConnectTimeout, PoolTimeout, Response

    try:
        async with asyncio.timeout(model.timeout):  # the SDK's own begins anew with every byte
            # Not by chat.completions, which goes through messages and schema and reply three times: half of all work.
            response = await sdk.post("/chat/completions", cast_to=Response, body=request(ask, model, formed=formed))
        return read(response.content)
    except openai.APIStatusError as error:
        raise _status(error, model) from error
    except openai.APIConnectionError as error:
        away = isinstance(error.__cause__, ConnectError | ConnectTimeout | PoolTimeout)
        raise Trouble("away" if away else "failed", _said(error.__cause__ or error)) from error
    except TimeoutError as error:
        raise Trouble("failed", f"no reply within {model.timeout:g} s") from error
    except (openai.OpenAIError, OSError, ValueError) as error:
        raise Trouble("failed", _said(error)) from error


def request(ask: Ask, model: Model, *, formed: bool) -> dict[str, Any]:
    """The body of a chat completion."""
    # OpenAI's newer models refuse max_tokens, other servers do not know its successor.
    limit = "max_completion_tokens" if model.base_url == OPENAI else "max_tokens"
    body: dict[str, Any] = {"model": model.name, "messages": list(ask.messages), limit: model.max_tokens}
    if model.temperature is not None:
        body["temperature"] = model.temperature
    if formed and ask.form is not None:
        schema = {"name": ask.form.name, "strict": True, "schema": ask.form.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def read(body: bytes | str) -> Reply:
    """The reply in a chat completion. Raises ``Trouble`` where it is none."""
    try:
        # By way of Python's reader: pydantic's refuses lone surrogates, and a reply that was paid for would be lost.
        whole = json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
        completion = _Completion.model_validate_json(whole)
    except (ValueError, RecursionError) as error:
        raise Trouble("failed", _said(error)) from error
    if not completion.choices:
        raise Trouble("failed", "the server sent no choice")
    choice = completion.choices[0]
    return Reply(
        text=choice.message.content or "",
        model=completion.model,
        finish=choice.finish_reason,
        prompt_tokens=_count(completion.usage, "prompt_tokens"),
        completion_tokens=_count(completion.usage, "completion_tokens"),
    )


def _count(usage: Any, name: str) -> int | None:
    """A number of tokens; None where it is none that a server could have counted, so that the call costs the most."""
    found = usage.get(name) if isinstance(usage, dict) else None
    return found if type(found) is int and 0 <= found < MOST_TOKENS else None


def _status(error: APIStatusError, model: Model) -> Trouble:
    status, said, where = error.status_code, _said(error), model.base_url
    if status in KEY:
        hint = (
            f"Put a valid key into the environment variable {model.key_env}."
            if model.key_env
            else "Name the environment variable that holds the key (key_env)."
        )
        return Trouble("stop", said, error=ModelError(f"{where} refuses the key: {said}", hint))
    if status in CREDIT or error.code == "insufficient_quota":  # OpenAI says 429 to those who cannot pay
        hint = "What was received is kept. Run again when there is."
        return Trouble("stop", said, error=ModelError(f"{where} says that there is no credit left: {said}", hint))
    if status == 404:
        hint = "Check model and base_url; the latter usually ends in /v1."
        return Trouble("stop", said, error=ModelError(f"{where} knows no model '{model.name}': {said}", hint))
    if status in BUSY:
        return Trouble("busy", said, pause_of(error.response.headers.get("retry-after"), time.time()))
    return Trouble("failed" if status >= BROKEN else "refused", said)


def pause_of(retry_after: str | None, now: float) -> float | None:
    """Seconds that a Retry-After asks for: a number of them, or a date; None where it says neither.

    Args:
        now: seconds since 1970.
    """
    if retry_after is None:
        return None
    try:
        pause = float(retry_after)
    except ValueError:
        try:
            pause = parsedate_to_datetime(retry_after).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return max(pause, 0.0) if pause == pause else None  # a NaN is not itself


def _said(error: BaseException) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"the reply is no chat completion: {'.'.join(map(str, first['loc']))}: {first['msg']}"
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:300]}" if words else type(error).__name__
