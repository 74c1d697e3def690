"""Beginning a project: a commented cqia.toml."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Sequence
from pathlib import Path

from cqia.engine.files import explained, write_bytes
from cqia.errors import UsageError, nearest
from cqia.project import FILE, raw_files
from cqia.sources import SOURCES

TAIL = """
# Any bound of any rule can be set otherwise than the source has it (cqia sources, docs/sources.md):
# [sources.zhihu.rules.likes]
# at_least = 31

# A source of your own: a Python file with a Source named like the table (docs/your-source.md):
# [sources.mine]
# python = "mine.py"
# raw = ["pages/*.jsonl"]

[judge]
model = "heuristic"        # embedded, offline: it scores form, not truth. Or the name of a model, with:
# base_url = "http://127.0.0.1:8000/v1"   # any OpenAI-compatible server
# key_env = "OPENAI_API_KEY"              # the environment variable that holds the key
# in_flight = 8
# retry_failed = false     # true: failed judgements wait and are asked again; false: people look at them

[review]
require = "undecided"      # who must be seen by a person before release: undecided, all or none

[run]
runner = "local"           # or ray, with: address = "auto"
# workers = 2              # processes for reading pages; one for each core if not set
shard_mib = 16             # bytes of raw input to a shard: the unit of work, retry and resume

# [budget]
# calls = 10000            # the most that the judge's model is asked
"""


def begin(folder: Path, raw: Sequence[str]) -> Path:
    """Write ``folder/cqia.toml``; globs are relative to where one stands, and stored absolute.

    Args:
        raw: ``SOURCE=GLOB``, as on the command line.

    Raises:
        UsageError: an argument has no ``=``, names no source, or a project is there already.
        RawError: a glob matches no file.
    """
    file = folder / FILE
    with explained(file):
        there = file.exists()
    if there:
        raise UsageError(f"{file} exists already.", "Edit it, or begin in another folder.")
    globs: dict[str, list[str]] = {}
    for each in raw:
        source, equals, pattern = each.partition("=")
        if not (source and equals and pattern):
            raise UsageError(f"--raw {each!r} is not SOURCE=GLOB.", "Like: --raw zhihu='pages/*.html'")
        if source not in SOURCES:
            raise UsageError(f"There is no source {source!r}.", nearest(source, SOURCES))
        here = "" if Path(pattern).is_absolute() else glob.escape(str(Path.cwd())) + "/"
        globs.setdefault(source, []).append(os.path.normpath(here + pattern))
    lines = [f"name = {json.dumps(folder.absolute().name, ensure_ascii=False)}", "seed = 42"]
    for source, patterns in globs.items():
        raw_files(source, patterns, folder)
        listed = ",\n  ".join(json.dumps(pattern, ensure_ascii=False) for pattern in patterns)
        lines += ["", f"[sources.{source}]  # {SOURCES[source].title}", f"raw = [\n  {listed},\n]"]
    write_bytes(file, ("\n".join(lines) + "\n" + TAIL).encode())
    return file
