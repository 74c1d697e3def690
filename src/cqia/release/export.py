"""A release in the forms that training tools read: one file for each config and split, in the release's own order.

    alpaca                  instruction, input, output; a JSON list
    sharegpt                conversations of from (human, gpt) and value; a JSON list
    messages                OpenAI's messages of role and content; JSON lines
    llama-factory           Alpaca's columns as JSON lines, and dataset_info.json
    trl-messages            messages, for TRL's SFTTrainer; JSON lines
    trl-prompt-completion   prompt and completion, each of messages; JSON lines

Earlier turns of a dialogue are turns there too: they are taken out of ``input`` again (``release.dialogue``). Alpaca
and LLaMA-Factory hold them in ``history``, a list of [instruction, output], which is there if the release has a
dialogue. A turn of the user is the instruction, then, in a new line, the input.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cqia.engine.files import explained, to_disk
from cqia.errors import ReleaseError, UsageError, nearest
from cqia.release.dialogue import has_history, unfolded
from cqia.release.layout import SPLITS
from cqia.release.register import manifest_of

ROWS = 20_000  # of a release that are read at a time

_ASKED = (
    pl.when(pl.col("input") == "").then("instruction").otherwise(pl.concat_str("instruction", "input", separator="\n"))
)
_HISTORY = pl.col("history").fill_null([])


def _messages(role: str, content: str, user: str, assistant: str) -> tuple[pl.Expr, pl.Expr]:
    """What was said before the answer, and the answer, each as a list of messages."""

    def said(who: str, text: pl.Expr) -> pl.Expr:
        return pl.struct(pl.lit(who).alias(role), text.fill_null("").alias(content))

    turn = pl.concat_list(
        said(user, pl.element().struct.field("instruction")), said(assistant, pl.element().struct.field("output"))
    )
    earlier = _HISTORY.list.eval(turn).list.eval(pl.element().explode())
    return pl.concat_list(earlier, said(user, _ASKED)), pl.concat_list(said(assistant, pl.col("output")))


def _alpaca(dialogues: bool) -> list[pl.Expr]:
    pair = pl.concat_list(
        pl.element().struct.field("instruction").fill_null(""), pl.element().struct.field("output").fill_null("")
    )
    history = [_HISTORY.list.eval(pair).alias("history")] if dialogues else []
    return [pl.col("instruction"), pl.col("input"), pl.col("output"), *history]


def _sharegpt(dialogues: bool) -> list[pl.Expr]:
    return [pl.concat_list(*_messages("from", "value", "human", "gpt")).alias("conversations")]


def _openai(dialogues: bool) -> list[pl.Expr]:
    return [pl.concat_list(*_messages("role", "content", "user", "assistant")).alias("messages")]


def _completion(dialogues: bool) -> list[pl.Expr]:
    prompt, completion = _messages("role", "content", "user", "assistant")
    return [prompt.alias("prompt"), completion.alias("completion")]


@dataclass(frozen=True)
class Format:
    """How records are written: their columns, given whether the release has dialogues; and whether as one JSON list."""

    columns: Callable[[bool], list[pl.Expr]]
    as_list: bool = False


FORMATS: Mapping[str, Format] = {
    "alpaca": Format(_alpaca, as_list=True),
    "sharegpt": Format(_sharegpt, as_list=True),
    "messages": Format(_openai),
    "llama-factory": Format(_alpaca),
    "trl-messages": Format(_openai),
    "trl-prompt-completion": Format(_completion),
}


def export(release: Path, form: str, out: Path) -> dict[str, int]:
    """Write a release in the form ``form`` into ``out``, which is new or empty.

    Returns: rows by file name.

    Raises:
        UsageError: there is no such form, or ``out`` holds something.
        ReleaseError: the release is none, or damaged.
    """
    if form not in FORMATS:
        raise UsageError(f"There is no format {form!r}.", nearest(form, FORMATS))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is there already and not empty.", "Name a new folder.")
    manifest = manifest_of(release)
    tables = sorted(name for name in manifest["files"] if name.startswith("parquet/"))
    if not tables:
        raise ReleaseError(f"{release} has no Parquet files to export.", "Is it a release of cqia?")
    draft = out.with_name(f".{out.name}.tmp")
    shutil.rmtree(draft, ignore_errors=True)
    with explained(out):
        draft.mkdir(parents=True)
        try:
            dialogues = any(_has_dialogues(release / table) for table in tables)
            rows = {}
            for table in tables:
                file = Path(table).stem + (".json" if FORMATS[form].as_list else ".jsonl")
                rows[file] = _write(release / table, draft / file, FORMATS[form], dialogues)
        except (OSError, pl.exceptions.PolarsError) as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise ReleaseError(f"{release} is damaged: {error}.", "Put it back from a copy.") from error
        if form == "llama-factory":
            info = _dataset_info(rows, dialogues)
            (draft / "dataset_info.json").write_text(json.dumps(info, ensure_ascii=False, indent=1) + "\n", "utf-8")
        if out.exists():
            out.rmdir()
        draft.rename(out)
        to_disk(out.parent)
    return rows


def _has_dialogues(table: Path) -> bool:
    return bool(pl.scan_parquet(table, glob=False).select(has_history().any()).collect().item())


def _write(table: Path, file: Path, form: Format, dialogues: bool) -> int:
    rows = 0
    with file.open("wb") as handle:
        handle.write(b"[\n" if form.as_list else b"")
        for frame in _slices(table):
            lines = io.BytesIO()
            frame.with_columns(unfolded()).select(form.columns(dialogues)).write_ndjson(lines)
            text = lines.getvalue()
            if form.as_list:  # no line break stands within a line of JSON
                text = (b",\n" if rows else b"") + text.rstrip(b"\n").replace(b"\n", b",\n")
            handle.write(text)
            rows += frame.height
        handle.write(b"\n]\n" if form.as_list else b"")
    return rows


def _slices(table: Path) -> Iterator[pl.DataFrame]:
    whole = pl.scan_parquet(table, glob=False)
    height = whole.select(pl.len()).collect().item()
    columns = whole.select("instruction", pl.col("input").fill_null(""), "output", "history")
    for start in range(0, height, ROWS):
        yield columns.slice(start, ROWS).collect()


def _dataset_info(rows: Mapping[str, int], dialogues: bool) -> dict[str, Any]:
    """LLaMA-Factory's ``dataset_info.json``: a data set for each file, called ``<config>`` or ``<config>_<split>``."""
    columns = {"prompt": "instruction", "query": "input", "response": "output"}
    if dialogues:
        columns["history"] = "history"
    info = {}
    for file in rows:
        config, _, split = file.removesuffix(".jsonl").rpartition(".")
        title = f"{config}_{split}" if config and split in SPLITS[1:] else file.removesuffix(".jsonl")
        info[title] = {"file_name": file, "formatting": "alpaca", "columns": columns}
    return info
