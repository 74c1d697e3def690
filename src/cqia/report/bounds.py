"""``[report]`` of cqia.toml: what the map stands beside, and the bounds that ``cqia report --check`` holds."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ReportTable(BaseModel):
    """``[report]``. A key after its ``at_least_`` or ``at_most_`` is one of ``report.checks.MEASURES``; None is no
    bound. ``beside`` are patterns of files by the name of a dataset."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    beside: dict[str, list[str]] = {}
    at_least_records: int | None = Field(None, ge=0)
    at_least_verified: float | None = Field(None, ge=0, le=1)
    at_most_by_machine: float | None = Field(None, ge=0, le=1)
    at_most_copies: float | None = Field(None, ge=0, le=1)
    at_most_begin_alike: float | None = Field(None, ge=0, le=1)
    at_most_stray: float | None = Field(None, ge=0, le=1)
    at_most_repetitive: float | None = Field(None, ge=0, le=1)
    at_most_refused: float | None = Field(None, ge=0, le=1)
    at_most_leaks: float | None = Field(None, ge=0, le=1)
