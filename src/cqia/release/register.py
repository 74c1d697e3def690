"""The register of a release: one row a record, ``register.parquet``. It says where each record comes from and stands,
what is known of its author, and in which split it is for ever; later releases, changelogs and lawyers read it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from cqia.errors import ReleaseError
from cqia.schema import RECORD

FILE = "register.parquet"

#: ``file`` is relative to the release; ``text_digest`` is of instruction, input, output and earlier turns.
SCHEMA: pl.Schema = pl.Schema(
    {
        "id": pl.String,
        "document_id": pl.String,
        "source": pl.String,
        "task": pl.String,
        "template": pl.String,
        "file": pl.String,
        "split": pl.String,
        "text_digest": pl.String,
        "answer_from": pl.String,
        "human_verified": pl.Boolean,
        "score": pl.Float64,
        "copyright": pl.String,
    }
)
assert all(RECORD.get(name, kind) == kind for name, kind in SCHEMA.items())

#: The id at the end of the published ``metadata``.
ID = pl.col("metadata").str.extract(r"(?:^|[\s,])id:(\S+)$").alias("id")


def manifest_of(release: Path) -> dict[str, Any]:
    """The manifest of a release.

    Raises:
        ReleaseError: there is none, or it is no manifest.
    """
    hint = f"Releases here: {', '.join(path.name for path in releases(release.parent)) or 'none'}."
    try:
        manifest = json.loads((release / "manifest.json").read_text("utf-8"))
    except OSError as error:
        raise ReleaseError(f"{release} is no release: it has no manifest.json that can be read.", hint) from error
    except (ValueError, RecursionError) as error:
        raise ReleaseError(f"{release / 'manifest.json'} is damaged: {error}.", hint) from error
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, Mapping) or not all(isinstance(facts, Mapping) for facts in files.values()):
        raise ReleaseError(f"{release / 'manifest.json'} is no manifest of a release.", hint)
    return dict(manifest)


def releases(folder: Path) -> list[Path]:
    """The releases in ``folder``, by name."""
    return sorted(path.parent for path in folder.glob("[!.]*/manifest.json"))


def file_digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def register(release: Path) -> pl.LazyFrame:
    """The register of a release, checked against its manifest.

    Raises:
        ReleaseError: it is missing, or not as it was written.
    """
    facts = manifest_of(release)["files"].get(FILE)
    path = release / FILE
    if facts is None:
        raise ReleaseError(f"{release} has no {FILE}: an earlier cqia made it, before there were registers.",
                           "Move it away; what stood in it is then unknown to new releases.")  # fmt: skip
    try:
        found = file_digest(path)
    except OSError as error:
        raise ReleaseError(f"{path} cannot be read: {error.strerror}.", "Put it back from a copy.") from error
    if found != facts.get("sha256"):
        raise ReleaseError(f"{path} is not as it was written: its digest differs from the manifest's.",
                           "Put it back from a copy.")  # fmt: skip
    return pl.scan_parquet(path, glob=False)
