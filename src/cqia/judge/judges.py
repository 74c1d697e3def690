"""The judges by name: ``heuristic``, ``replay``, or a model on a server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cqia.errors import UsageError
from cqia.judge.heuristic import Heuristic
from cqia.judge.model import ModelJudge, Recorded, Served
from cqia.judge.rubric import load
from cqia.judge.verdict import Judge
from cqia.llm.ask import OPENAI, Model
from cqia.llm.prices import FREE, Price
from cqia.llm.replay import replay


@dataclass(frozen=True, kw_only=True)
class JudgeSettings:
    """Who judges one source, and by what.

    Attributes:
        model: "heuristic" (embedded, no network), "replay" (recorded replies), or a model as its server knows it.
        rubric: a file ``rubrics/<rubric>.md``.
        journal: file of the journal; a model on a server needs it.
        replay: file of recorded replies; ``replay`` needs it.
        revision, base_url, key_env, temperature, max_tokens, in_flight, timeout, retries, wait, requests_per_minute,
            tokens_per_minute, price, calls, cost: see ``llm.ask.Model``.
    """

    model: str = "heuristic"
    rubric: str = "general"
    journal: Path | None = None
    replay: Path | None = None
    revision: str = ""
    base_url: str = OPENAI
    key_env: str = ""
    temperature: float | None = 0.0
    max_tokens: int = 1024
    in_flight: int = 8
    timeout: float = 120.0
    retries: int = 4
    wait: float = 600.0
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    price: Price = FREE
    calls: int | None = None
    cost: float | None = None


def judge_from(settings: JudgeSettings) -> Judge:
    """The judge that ``settings`` describe. Raises ``UsageError`` or ``ModelError`` where they do not describe one."""
    rubric = load(settings.rubric)
    if settings.model == "heuristic":
        return Heuristic(settings.rubric)
    if settings.model == "replay":
        if settings.replay is None:
            raise UsageError("the judge 'replay' needs recorded replies", "Name their file: replay = 'replies.jsonl'.")
        return ModelJudge(Recorded(replay(settings.replay)), rubric)
    return served(settings)


def served(settings: JudgeSettings) -> ModelJudge:
    """The judge that asks the model on a server that ``settings`` name. Raises ``UsageError`` where they name none."""
    if settings.model in ("heuristic", "replay"):
        raise UsageError(f"the judge '{settings.model}' asks no model.", "Name one in [judge]: model, base_url.")
    if settings.journal is None:
        raise UsageError(
            f"the judge '{settings.model}' needs a journal", "Name its file: journal = 'work/journal.sqlite'."
        )
    return ModelJudge(Served(model_from(settings), settings.journal), load(settings.rubric))


def model_from(settings: JudgeSettings) -> Model:
    """The model on a server that ``settings`` name."""
    return Model(
        name=settings.model,
        revision=settings.revision,
        base_url=settings.base_url.rstrip("/"),
        key_env=settings.key_env,
        temperature=settings.temperature,
        max_tokens=settings.max_tokens,
        in_flight=settings.in_flight,
        timeout=settings.timeout,
        retries=settings.retries,
        wait=settings.wait,
        requests_per_minute=settings.requests_per_minute,
        tokens_per_minute=settings.tokens_per_minute,
        price=settings.price,
        calls=settings.calls,
        cost=settings.cost,
    )
