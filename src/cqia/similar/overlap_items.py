"""The items of benchmarks: rows of their own files to questions with options.

    {"question": "声音在哪种介质中传播最快？", "A": "空气", "B": "水", "C": "钢铁", "D": "真空", "answer": "C"}
        ->  Item("ceval", "physics_val.csv row=3", "声音在哪种介质中传播最快？", ("空气", "水", "钢铁", "真空"))

Which field is the question is looked up in one table, ``SHAPES``, and never guessed: a file of another shape is an
error that names it. Answers are not read: a leak is known by its question.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cqia.errors import RawError
from cqia.readers.json_rows import parse_json
from cqia.readers.slices import MAX_JSON_BYTES, cut, pages

#: Fields of the question (joined by lines), and of the options: one list, or a field for each. The first shape of which
#: a row has all question fields and the first option field is the row's.
SHAPES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("question",), ("A", "B", "C", "D", "E", "F")),  # C-Eval, M3KE
    (("Question",), ("A", "B", "C", "D", "E", "F")),  # CMMLU
    (("question",), ("options",)),  # SafetyBench, AGIEval
    (("question",), ("choices",)),  # MMLU, ARC
    (("question",), ()),  # BELLE, GSM8K, AlignBench
    (("question_text",), ()),  # TyDi QA
    (("goal",), ("sol1", "sol2")),  # PIQA
    (("instruction", "input"), ()),
    (("instruction",), ()),  # IFEval and evaluation sets in the form of instructions
    (("prompt",), ()),  # HumanEval, CValues
    (("problem",), ()),  # MATH
    (("input",), ()),  # BBH
)
#: A letter before an option is not the option's: it changes when options are shuffled.
LABEL = re.compile(r"\s*[(（]?[A-Fa-f][)）.．、:：]\s*")


@dataclass(frozen=True)
class Benchmark:
    """A benchmark: its name, its files, and the sources that are its origin and so are not checked against it.

    Attributes:
        files: path and sha256 of each.
    """

    name: str
    files: tuple[tuple[str, str], ...]
    exempt: tuple[str, ...] = ()


def benchmark(name: str, paths: Sequence[Path], exempt: tuple[str, ...] = ()) -> Benchmark:
    """A benchmark of these files.

    Raises:
        RawError: a file cannot be read.
    """
    files = []
    for path in paths:
        try:
            with path.open("rb") as file:
                files.append((str(path), hashlib.file_digest(file, "sha256").hexdigest()))
        except OSError as error:
            raise RawError(f"Benchmark {name}: {path} cannot be read: {error.strerror}.") from error
    return Benchmark(name, tuple(files), exempt)


@dataclass(frozen=True)
class Item:
    """One item; ``locator`` is the file's name and the place in it."""

    benchmark: str
    locator: str
    question: str
    options: tuple[str, ...] = ()


def items(benchmark: Benchmark) -> Iterator[Item]:
    """The items of a benchmark, in the order of its files.

    Raises:
        RawError: a file cannot be read, has changed since its digest was taken, or has rows of no known shape.
    """
    for name, digest in benchmark.files:
        path = Path(name)
        for locator, row in _rows(path, digest, benchmark.name):
            question, options = _read(row, f"Benchmark {benchmark.name}: {path}, {locator}")
            yield Item(benchmark.name, f"{path.name} {locator}".strip(), question, options)


def _rows(path: Path, digest: str, name: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    try:
        slices = cut(path, slice_bytes=1 << 40, whole=())
        if any(each.digest != digest for each in slices):
            raise RawError(f"Benchmark {name}: {path} has changed while it was being used.", "Run it again.")
        if path.suffix == ".gz":
            yield from _packed(path, name)
            return
        for raw in (raw for each in slices for raw in pages(each)):
            if raw.trouble is not None:
                raise RawError(f"Benchmark {name}: {raw.trouble.message}.")
            if raw.row is None:
                hint = "Read are JSON, JSON lines (also as .gz), CSV and Parquet."
                raise RawError(f"Benchmark {name}: {path} is no table.", hint)
            yield raw.locator, raw.row
    except OSError as error:
        raise RawError(f"Benchmark {name}: {path} cannot be read: {error.strerror}.") from error


def _packed(path: Path, name: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """JSON lines in gzip, as HumanEval comes; never more than the limit of a JSON file is unpacked."""
    try:
        with gzip.open(path) as file:
            data = file.read(MAX_JSON_BYTES + 1)
        if len(data) > MAX_JSON_BYTES:
            raise RawError(f"Benchmark {name}: {path} unpacks to more than {MAX_JSON_BYTES:,} bytes.")
        for number, line in enumerate(data.decode("utf-8").splitlines()):
            if line.strip():
                row = parse_json(line)
                if not isinstance(row, dict):
                    raise RawError(f"Benchmark {name}: line {number} of {path} is not an object.")
                yield f"line={number}", row
    except (EOFError, gzip.BadGzipFile, ValueError) as error:
        raise RawError(f"Benchmark {name}: {path} is no JSON lines in gzip: {error}.") from error


def _read(row: Mapping[str, object], where: str) -> tuple[str, tuple[str, ...]]:
    for fields, options in SHAPES:
        if all(isinstance(row.get(field), str) for field in fields) and (not options or row.get(options[0])):
            return "\n".join(str(row[field]) for field in fields), _options(row, options)
    known = ", ".join(dict.fromkeys(field for fields, _ in SHAPES for field in fields))
    has = ", ".join(map(str, row))[:400]
    hint = f"It has: {has}. A question is one of: {known}. Name only files that hold questions."
    raise RawError(f"{where}: no question in a field that is known.", hint)


def _options(row: Mapping[str, object], fields: tuple[str, ...]) -> tuple[str, ...]:
    found = [row.get(field) for field in fields]
    if len(fields) == 1:
        (listed,) = found
        if isinstance(listed, Mapping):  # ARC: {"text": [...], "label": [...]}
            listed = listed.get("text")
        found = list(listed) if isinstance(listed, list | tuple) else []
    return tuple(LABEL.sub("", text, count=1) if LABEL.match(text) else text
                 for text in found if isinstance(text, str) and text.strip())  # fmt: skip
