"""Scanned papers to transcripts: each scanned page is drawn and put to a vision model, through the journal.

collect itself asks nobody. It quarantines a paper with scanned pages as ``scanned_page``; then the driver has those
papers transcribed here, writes a transcript for each paper all of whose pages were read, and collects the papers again
with it (``pipeline``). A page is asked for once: the journal knows it by its picture.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from cqia.engine.files import write_json
from cqia.errors import Unreadable
from cqia.llm.ask import Answer, Ask, Model, Unanswered
from cqia.llm.client import connect, each, run
from cqia.readers.transcript import Transcript
from cqia.schema import digest
from cqia.vision import render

VERSION = "1"  # of how pages are drawn and replies are read
#: What the prompt has the model say of a page without text.
BLANK = "（空白页）"

_FENCE = re.compile(r"\A\s*```[a-z]{0,10}\n([\s\S]*?)\n```\s*\Z")


@dataclass(frozen=True)
class Vision:
    """The model that reads scanned pages, and how many pages one run sends at the most."""

    model: Model
    max_pages: int

    def file(self, folder: Path, paper: Path) -> Path:
        """Where the transcript of a paper lies in ``folder``: another paper under its name, another model or another
        prompt has another."""
        stat = paper.stat()
        key = digest(VERSION, prompt(), self.model.digest, str(paper), str(stat.st_size), str(stat.st_mtime_ns))
        return folder / f"{key[:32]}.json"


def prompt() -> str:
    """What a vision model is asked to do with a page."""
    return (Path(__file__).parent / "prompt.md").read_text("utf-8").strip()


def waiting(collected: Path) -> list[Path]:
    """The papers that were quarantined as ``scanned_page``, by the parts of collect in that folder; sorted."""
    parts = sorted((collected / "status").glob("part-*.parquet"))
    papers: set[str] = set()
    for part in parts:
        status = pl.read_parquet(part, columns=["id", "reason"], glob=False)
        ids = status.filter(pl.col("reason") == "scanned_page")["id"]
        if len(ids):
            pages = pl.read_parquet(collected / "pages" / part.name, columns=["id", "path"], glob=False)
            papers |= set(pages.filter(pl.col("id").is_in(ids.implode()))["path"])
    return sorted(map(Path, papers))


def transcribe(papers: Sequence[Path], folder: Path, vision: Vision, journal: Path, warn: Callable[[str], None]) -> int:
    """Have scanned papers read, as many as ``vision.max_pages`` allows, in order; write their transcripts.

    Args:
        papers: PDF files with scanned pages. folder: for the transcripts. journal: of questions and replies.
        warn: told what was left, and why.

    Returns: how many papers have been transcribed whole.

    Raises:
        ModelError: the model is not to be talked to; what was received is kept.
    """
    wanted: list[tuple[Path, int]] = []
    beyond = 0
    for paper in papers:
        try:
            numbers = render.scanned(paper)
        except Unreadable as error:
            warn(f"{paper}: {error.message}")
            continue
        if len(wanted) + len(numbers) <= vision.max_pages:
            wanted += [(paper, number) for number in numbers]
        else:
            beyond += 1
    if beyond:
        warn(f"{beyond} scanned papers stay quarantined: a run sends {vision.max_pages} pages (max_pages in [vision]).")
    if not wanted:
        return 0
    read = run(_read(wanted, vision.model, journal))
    done = 0
    for paper in dict.fromkeys(paper for paper, _ in wanted):
        found = {number: said for (path, number), said in zip(wanted, read, strict=True) if path == paper}
        pages = {number: said for number, said in found.items() if isinstance(said, str)}
        if len(pages) == len(found):
            write_json(vision.file(folder, paper), Transcript(vision.model.name, pages).to_json())
            done += 1
        else:
            number, why = next((number, said) for number, said in found.items() if not isinstance(said, str))
            warn(f"{paper}: page {number} was not read: {why}; the paper stays quarantined.")
    return done


async def _read(wanted: Sequence[tuple[Path, int]], model: Model, journal: Path) -> list[str | Unanswered]:
    async with connect(model, journal) as answer:
        return await each(wanted, partial(_page, answer), model.in_flight)


async def _page(answer: Answer, place: tuple[Path, int]) -> str | Unanswered:
    """The text of one page, or why there is none."""
    paper, number = place
    try:
        picture = await asyncio.to_thread(render.picture, paper, number)
        reply = await answer(Ask(f"{paper.name}#page={number}", "transcribe", messages(picture)))
    except Unreadable as error:
        return Unanswered(error.message)
    except Unanswered as error:
        return error
    if reply.finish == "length":
        return Unanswered("the reply was cut off at max_tokens; raise it in [vision]")
    fenced = _FENCE.match(reply.text)
    text = (fenced[1] if fenced else reply.text).strip()
    return ("" if text == BLANK else text) if text else Unanswered("the reply is empty")


def messages(picture: bytes) -> list[dict[str, Any]]:
    """The question about one page: the prompt, and the picture as a data URL (OpenAI's ``image_url``)."""
    url = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    parts = [{"type": "text", "text": prompt()}, {"type": "image_url", "image_url": {"url": url}}]
    return [{"role": "user", "content": parts}]


def kept(folder: Path, papers: Sequence[Path], vision: Vision) -> dict[Path, dict[str, str]]:
    """The transcripts that are there, by paper, as collect's units name them: the file, and the digest of its bytes."""
    if not folder.is_dir():
        return {}
    files = {paper: vision.file(folder, paper) for paper in papers}
    return {
        paper: {"transcript": str(file), "transcript_digest": digest(file.read_bytes())}
        for paper, file in files.items()
        if file.is_file()
    }
