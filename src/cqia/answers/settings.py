"""``[answers]`` of cqia.toml."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from cqia.llm.ask import OPENAI


class AnswersTable(BaseModel):
    """``[answers]``: the model that drafts answers and rewritings, and the sources whose drafts the check accepts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sources: list[str] = []
    mode: Literal["answer", "rewrite"] = "answer"
    model: str | None = Field(None, min_length=1)
    revision: str = ""
    base_url: str = OPENAI
    key_env: str = ""
    temperature: float = Field(0.7, ge=0, le=2)
    max_tokens: int = Field(2048, ge=1)
    price_in: float = Field(0.0, ge=0)
    price_out: float = Field(0.0, ge=0)
    at_least: float = Field(8.0, ge=1, le=10)
    rounds: int = Field(3, ge=1, le=20)
