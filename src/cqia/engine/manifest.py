"""The manifest of a stage run: what it read, with which code and settings, and what came of it.

``work/<source>/<stage>/manifest.json`` is written by the driver alone. It is sealed with its own digest, so that one
edited by hand is noticed; the stage is then made again rather than believed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from cqia.engine.files import Written, write_json
from cqia.schema import digest


@dataclass(frozen=True)
class Counts:
    """What became of the inputs of a shard or of a stage; ``out`` counts outputs."""

    inputs: int = 0
    kept: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    fired: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    pending: dict[str, int] = field(default_factory=dict)
    undecided: int = 0
    out: int = 0

    def __add__(self, other: Counts) -> Counts:
        def merged(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
            return {name: a.get(name, 0) + b.get(name, 0) for name in sorted(a.keys() | b.keys())}

        return Counts(
            self.inputs + other.inputs,
            self.kept + other.kept,
            merged(self.dropped, other.dropped),
            merged(self.fired, other.fired),
            merged(self.quarantined, other.quarantined),
            merged(self.pending, other.pending),
            self.undecided + other.undecided,
            self.out + other.out,
        )

    def to_dict(self) -> dict[str, Any]:
        """As ``cqia status --json`` shows them."""
        return {
            "in": self.inputs, "kept": self.kept, "dropped": self.dropped, "fired": self.fired,
            "quarantined": sum(self.quarantined.values()), "quarantined_by": self.quarantined,
            "pending": sum(self.pending.values()), "pending_by": self.pending, "undecided": self.undecided,
            "out": self.out,
        }  # fmt: skip


@dataclass(frozen=True)
class Made:
    """One shard as it was made.

    Attributes:
        inputs: digest of what went in. stage: digest of the stage. decisions: digest of the decisions that concern it.
        parts: folder ("out", "status", "pages", "summary", "draft/out" …) to the part in it.
        counts: what became of the inputs.
        seconds: how long it took.
    """

    inputs: str
    stage: str
    decisions: str
    parts: dict[str, Written]
    counts: Counts
    seconds: float


KINDS = ("shards", "drafts", "summaries")


@dataclass(frozen=True)
class Manifest:
    """All shards of one stage of one source, by shard name; ``drafts`` and ``summaries`` belong to group work, and
    ``key`` is the column of the outputs that names the input."""

    shards: dict[str, Made] = field(default_factory=dict)
    drafts: dict[str, Made] = field(default_factory=dict)
    summaries: dict[str, Made] = field(default_factory=dict)
    key: str = "id"

    def counts(self) -> Counts:
        """Counts of all shards."""
        total = Counts()
        for made in self.shards.values():
            total += made.counts
        return total

    def pruned(self, names: set[str]) -> Manifest:
        """The manifest without shards that are no longer part of the plan."""
        return replace(
            self,
            shards={name: made for name, made in self.shards.items() if name in names},
            drafts={name: made for name, made in self.drafts.items() if name in names},
            summaries={name: made for name, made in self.summaries.items() if name in names},
        )


def load(folder: Path) -> Manifest | None:
    """The manifest in ``folder``: an empty one where there is none, None where it was edited or is damaged."""
    path = folder / "manifest.json"
    try:
        sealed = json.loads(path.read_text("utf-8"))
        body = sealed["stage"]
        if sealed["seal"] != seal(body):
            return None
        made = {kind: {name: _made(row) for name, row in body[kind].items()} for kind in KINDS}
        return Manifest(**made, key=body["key"])
    except FileNotFoundError:
        return Manifest()
    except (ValueError, KeyError, TypeError):
        return None


def save(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, sealed."""
    body = asdict(manifest)
    ordered = {"key": manifest.key, **{kind: dict(sorted(body[kind].items())) for kind in KINDS}}
    write_json(folder / "manifest.json", {"seal": seal(ordered), "stage": ordered})


def seal(body: dict[str, Any]) -> str:
    """The digest of a manifest's body, independent of how the JSON is laid out."""
    return digest(json.dumps(body, sort_keys=True, ensure_ascii=False))


def _made(row: dict[str, Any]) -> Made:
    parts = {folder: Written(**part) for folder, part in row["parts"].items()}
    return Made(**{**row, "parts": parts, "counts": Counts(**row["counts"])})


def whole(folder: Path, name: str, made: Made) -> bool:
    """Whether every part that ``made`` speaks of stands on disk with the bytes it was written with, by size."""
    for where, written in made.parts.items():
        try:
            if (folder / where / f"{name}.parquet").stat().st_size != written.size:
                return False
        except OSError:
            return False
    return True
