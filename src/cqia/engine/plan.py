"""Which raw file lies in which shard, remembered: new files add shards and never move old ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cqia.engine.files import write_json
from cqia.engine.manifest import seal
from cqia.errors import RawError
from cqia.schema import digest

#: A stretch of a raw file: at least ``path``, ``digest`` and ``size`` (bytes), all JSON values.
Unit = Mapping[str, Any]


@dataclass(frozen=True)
class Shard:
    """The unit of work, retry and resume: one Parquet part, or for collect the raw units that make one."""

    source: str
    name: str
    digest: str
    path: Path | None = None
    units: tuple[Unit, ...] = ()

    @property
    def title(self) -> str:
        """The name that ``decide`` knows the shard by."""
        return f"{self.source}/{self.name}"


def plan(
    source: str,
    file: Path,
    raw: Iterable[Path],
    cut: Callable[[Path], Iterable[Unit]],
    shard_bytes: int,
    how: Callable[[Path], str] = lambda path: "",
) -> list[Shard]:
    """The shards of a source's raw files, remembered in ``file``.

    A file is read again only when its size or its time of change differs from what is remembered, or ``how``, which
    says how ``cut`` cuts it. One that has changed leaves its old shard and joins a new one; one that is gone leaves.
    """
    files, shards, following = _remembered(file)
    present = {str(path): path for path in raw}
    stamps = {name: [*_stamp(path), how(path)] for name, path in present.items()}
    stay = {name for name in present if files.get(name) == stamps[name]}
    shards = {name: [unit for unit in units if unit["path"] in stay] for name, units in shards.items()}
    shards = {name: units for name, units in shards.items() if units}
    room: list[Unit] = []
    filled = 0
    for name in sorted(present.keys() - stay):
        for unit in _cut(present[name], cut):
            if room and filled + unit["size"] > shard_bytes:
                shards[f"part-{following:05d}"] = room
                room, filled, following = [], 0, following + 1
            room.append(unit)
            filled += unit["size"]
    if room:
        shards[f"part-{following:05d}"] = room
        following += 1
    remembered = {"files": stamps, "next": following, "shards": shards}
    if remembered != _read(file):
        write_json(file, {"seal": seal(remembered), "plan": remembered})
    return _shards(source, shards)


def planned(source: str, file: Path) -> list[Shard]:
    """The shards as they were last planned; none where there is no plan, or one edited by hand."""
    return _shards(source, _remembered(file)[1])


def _shards(source: str, shards: Mapping[str, list[Unit]]) -> list[Shard]:
    return [
        Shard(source, name, digest(json.dumps(units, sort_keys=True)), units=tuple(units))
        for name, units in sorted(shards.items())
    ]


def _cut(path: Path, cut: Callable[[Path], Iterable[Unit]]) -> list[Unit]:
    try:
        return list(cut(path))
    except OSError as error:
        raise RawError(f"The raw file {path} cannot be read: {error.strerror}.") from error


def _stamp(path: Path) -> list[int]:
    try:
        stat = path.stat()
    except OSError as error:
        raise RawError(f"The raw file {path} cannot be read: {error.strerror}.") from error
    return [stat.st_size, stat.st_mtime_ns]


def _read(file: Path) -> dict[str, Any] | None:
    """What is remembered; None where there is nothing, or where it was edited: pages would be lost in silence."""
    try:
        sealed = json.loads(file.read_text("utf-8"))
        plan: dict[str, Any] = sealed["plan"]
        return plan if sealed["seal"] == seal(plan) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remembered(file: Path) -> tuple[dict[str, Any], dict[str, list[Unit]], int]:
    value = _read(file)
    return ({}, {}, 0) if value is None else (value["files"], value["shards"], value["next"])
