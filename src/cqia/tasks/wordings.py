"""Wordings of an instruction: which one a document gets, and how it is filled in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from string import Formatter

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cqia.schema import digest


def name_of(wording: str) -> str:
    """The name a record carries as its ``template``: short, and the same as long as the wording is."""
    return digest(wording)[:8]


def choose(ids: pl.Series, wordings: Sequence[str], seed: int) -> NDArray[np.int64]:
    """For each id the number of its wording, by rendezvous hashing: an added wording moves only its own share.

    Each wording scores each id by a hash of both, and the highest score wins (Thaler and Ravishankar, 1998).
    """
    keys = np.fromiter((_key(f"{seed}\0{id}") for id in ids), np.uint64, len(ids))
    scores = np.stack([_mixed(keys ^ np.uint64(_key(wording))) for wording in wordings])
    best: NDArray[np.int64] = scores.argmax(axis=0)
    return best


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea and Flood, 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def placeholders(wording: str) -> list[str]:
    """The names in braces in a wording."""
    return [name for _, name, _, _ in Formatter().parse(wording) if name is not None]


def check(task: str, wordings: Sequence[str], fields: Mapping[str, object]) -> None:
    """See that every placeholder of every wording has a field.

    Raises:
        ValueError: one has not; or there are no wordings, or two that are the same.
    """
    if not wordings:
        raise ValueError(f"task {task}: there are no wordings")
    if len(set(wordings)) < len(wordings):
        raise ValueError(f"task {task}: the same wording stands there twice")
    for wording in wordings:
        try:
            names = placeholders(wording)
        except ValueError as error:
            raise ValueError(f"task {task}: the wording {wording!r} has an odd brace") from error
        for name in names:
            if name not in fields:
                raise ValueError(f"task {task}: no field {name!r} for the wording {wording!r}; there are "
                                 f"{', '.join(sorted(fields))}")  # fmt: skip


def filled(wording: str, fields: Mapping[str, pl.Expr]) -> pl.Expr:
    """The wording with its placeholders filled in; a null field counts as nothing, and outer space goes."""
    pieces: list[pl.Expr] = []
    for literal, name, _, _ in Formatter().parse(wording):
        if literal:
            pieces.append(pl.lit(literal))
        if name is not None:
            pieces.append(fields[name].cast(pl.String).fill_null(""))
    return pl.concat_str(pieces).str.strip_chars()
