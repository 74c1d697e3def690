"""The keys of ``[release]`` in cqia.toml: what a release and its papers say that the road cannot know."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Shares(_Table):
    """``[release] splits``: the share of each split among new records."""

    train: float = Field(gt=0, le=1)
    validation: float = Field(0.0, ge=0, lt=1)
    test: float = Field(0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _whole(self) -> Shares:
        if abs(self.train + self.validation + self.test - 1) > 1e-9:
            raise ValueError("train, validation and test must be 1 together")
        return self


class ReleaseTable(_Table):
    """``[release]``: what a release and its papers say that the road cannot know."""

    splits: Shares | None = None
    authors: list[str] = []
    url: str = ""
    date: str = Field("", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    datasheet: dict[str, str] = {}
