"""Pages of raw files as pictures, to hold a transcription against."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from starlette.responses import Response

from cqia.desk.originals import originals
from cqia.desk.visit import Page, Stop, Visit
from cqia.errors import Unreadable
from cqia.review import items
from cqia.vision.render import picture

PICTURES = 32  # of pages that are remembered, some hundred KiB each


def page(visit: Visit) -> Response:
    """A page of the raw file of a record, as a picture; only pages that the record was transcribed from, and only as
    long as the file is the one that was read."""
    number = visit.number("page")
    with visit.desk.database.reading() as db:
        item = items.item(db, visit.text("id"))
    raw = item.facts.get("raw") or {}
    known = {original.place for original in originals(item)}
    if number is None or f"page={number}" not in known or not raw.get("path"):
        raise Stop(404, "refused_unknown")
    path = visit.desk.project.folder / str(raw["path"])
    try:
        if _digest(path, path.stat().st_mtime_ns) != raw.get("digest"):
            raise Stop(409, "original_changed")
        drawn = _picture(path, number, str(raw["digest"]))
    except (OSError, Unreadable) as error:
        raise Stop(404, "no_original") from error
    return Response(drawn, media_type="image/png", headers={"cache-control": "private, max-age=3600"})


@lru_cache(maxsize=256)
def _digest(path: Path, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=PICTURES)
def _picture(path: Path, number: int, digest: str) -> bytes:
    return picture(path, number)


PAGES = (Page("GET", "/record/page", page),)
