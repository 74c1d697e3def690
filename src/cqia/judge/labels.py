"""What people or judges said of texts, as files: CSV, JSON lines or Parquet.

    {"id": "zhihu:answer-101/answer", "score": 8.5, "group": "question-7", "source": "zhihu", "position": 1}
    {"text": "……", "label": 1}

Columns are known by name in any case; others are passed over. A row says ``label`` (1 for good, 0 for not) or
``score``, or of a judge also ``outcome`` (scored, abstained, failed); it is about an ``id``, or about a ``text``, which
may also stand as ``instruction``, ``input`` and ``output``. ``group``, ``source`` and ``position`` are what it is
looked at by.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from cqia.errors import UsageError

#: What ``read`` returns; null where a file does not say. ``row`` counts from 1: the line of JSON lines, else the row.
LABELS = pl.Schema(
    {"row": pl.Int64, "id": pl.String, "text": pl.String, "length": pl.Int64, "label": pl.Boolean, "score": pl.Float64}
    | {"outcome": pl.String, "by": pl.String, "detail": pl.String}
    | {"group": pl.String, "source": pl.String, "position": pl.Float64}
)
READ = ("id", "text", "instruction", "input", "output", "label", "score", "outcome", "by", "detail", "group", "source",
        "position")  # fmt: skip
OUTCOMES = ("scored", "abstained", "failed")
YES, NO = ("1", "1.0", "true", "yes", "是"), ("0", "0.0", "false", "no", "否")


def read(path: Path) -> pl.DataFrame:
    """The rows of a file, as ``LABELS``.

    ``text`` is that of the file, else its instruction, input and output; ``length`` counts the characters of the
    output, else of the text. A row with a score is scored; one of a judge without score and outcome has failed.

    Raises:
        UsageError: the file cannot be read, or a row says something that cannot be; the message names the row.
    """
    raw = _raw(path)
    plain = {name: pl.col(name).str.strip_chars().str.to_lowercase().replace("", None) for name in READ}
    read = raw.select(
        "row",
        *(pl.col(name) for name in READ),
        yes=plain["label"].is_in(YES),
        no=plain["label"].is_in(NO),
        number=plain["score"].cast(pl.Float64, strict=False),
        place=plain["position"].cast(pl.Float64, strict=False),
        said=plain["outcome"],
    )
    number = pl.col("number")
    said, scored = pl.col("said"), number.is_finite().fill_null(False)
    for column, wrong, what in (
        ("label", plain["label"].is_not_null() & ~pl.col("yes") & ~pl.col("no"), "a label is 1 or 0, not"),
        ("score", plain["score"].is_not_null() & ~scored, "a score is a number, not"),
        ("outcome", said.is_not_null() & ~said.is_in(OUTCOMES), "an outcome is scored, abstained or failed, not"),
        ("outcome", said.is_not_null() & (said.eq("scored") != scored), "the score, or none, contradicts the outcome"),
    ):
        found = read.filter(wrong.fill_null(False)).head(1)
        if not found.is_empty():
            raise UsageError(f"{path}, row {found['row'][0]}: {what} {str(found[column][0])[:80]!r}.")
    parts = pl.concat_str("instruction", "input", "output", separator="\n", ignore_nulls=True).replace("", None)
    return read.select(
        "row",
        "id",
        text=pl.coalesce("text", parts),
        length=pl.coalesce("output", "text").str.len_chars(),
        label=pl.when(plain["label"].is_not_null()).then("yes"),
        score="number",
        outcome=pl.coalesce("said", pl.when(number.is_not_null()).then(pl.lit("scored")).otherwise(pl.lit("failed"))),
        by="by", detail="detail", group="group", source="source", position="place",
    ).cast(pl.Schema(LABELS))  # fmt: skip


def by_id(path: Path) -> pl.DataFrame:
    """``read`` for rows that are about ids. Raises ``UsageError`` also where an id is missing or stands twice."""
    rows = read(path)
    nameless = rows.filter(pl.col("id").is_null())
    if not nameless.is_empty():
        raise UsageError(f"{path}, row {nameless['row'][0]}: there is no id.", "Each row needs the id of its record.")
    twice = rows.filter(pl.col("id").is_duplicated() & ~pl.col("id").is_first_distinct())
    if not twice.is_empty():
        raise UsageError(f"{path}, row {twice['row'][0]}: a second row about {twice['id'][0]}.", "Keep one of the two.")
    return rows


def judged(source: str, status: Sequence[Path], records: Sequence[Path]) -> pl.DataFrame:
    """The verdicts of a judge's stage, as ``LABELS``.

    Args:
        status: the parts of its statuses. records: the parts it judged; ``position`` is the place in one.
    """
    if not status:
        return pl.DataFrame(schema=LABELS)
    texts = [pl.scan_parquet(path, glob=False).with_row_index("position", 1).select(
        "id", "position", text=pl.concat_str("instruction", "input", "output", separator="\n", ignore_nulls=True),
        length=pl.col("output").str.len_chars(),
    ) for path in records]  # fmt: skip
    rules = pl.col("fired").list.eval(pl.element().struct.field("rule"))
    scored = pl.col("score").is_not_null()
    said = pl.scan_parquet(list(status), glob=False).select(
        "id", "score", "by", detail=pl.col("fired").list.first().struct.field("detail"),
        outcome=pl.when(scored).then(pl.lit("scored")).when(rules.list.contains("abstained"))
        .then(pl.lit("abstained")).otherwise(pl.lit("failed")),
    )  # fmt: skip
    both = said.join(pl.concat(texts), on="id", maintain_order="left").with_columns(
        source=pl.lit(source), row=pl.int_range(1, pl.len() + 1), label=pl.lit(None), group=pl.lit(None)
    )
    return both.select(LABELS.names()).cast(pl.Schema(LABELS)).collect()


def _raw(path: Path) -> pl.DataFrame:
    """The columns ``READ`` as strings, and ``row``."""
    hint = "It should be CSV, JSON lines (.jsonl) or Parquet, with columns such as id, text, label, score."
    try:
        if path.suffix == ".parquet":
            table = pl.read_parquet(path, glob=False)
        elif path.suffix == ".csv":
            table = pl.read_csv(path, infer_schema=False, encoding="utf8-lossy", glob=False)
        else:
            table = pl.DataFrame(list(_lines(path)), schema=dict.fromkeys(("row", *READ), pl.String), strict=False)
        table = table.rename({name: name.strip().lower() for name in table.columns})
        table = table if "row" in table.columns else table.with_row_index("row", 1)
        there = [pl.col(name).cast(pl.String) for name in READ if name in table.columns]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}", hint) from error
    except (ValueError, pl.exceptions.PolarsError) as error:
        raise UsageError(f"{path} cannot be read as labels: {str(error)[:200]}", hint) from error
    if not there:
        raise UsageError(f"{path} has none of the columns {', '.join(READ)}.", hint)
    missing = [pl.lit(None, pl.String).alias(name) for name in READ if name not in table.columns]
    try:
        return table.select(pl.col("row").cast(pl.Int64), *there, *missing)
    except pl.exceptions.PolarsError as error:
        raise UsageError(
            f"{path} has a column of another kind than text and numbers: {str(error)[:200]}", hint
        ) from None


def _lines(path: Path) -> Iterator[dict[str, str | None]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                found = json.loads(line.decode("utf-8-sig", "replace"))
                if not isinstance(found, dict):
                    raise ValueError("it is no object")
            except (ValueError, RecursionError) as error:
                raise UsageError(f"{path}, row {number} is no JSON object: {error}") from None
            named = {str(name).lower(): value for name, value in found.items()}
            yield {"row": str(number), **{name: _text(path, number, name, named.get(name)) for name in READ}}


def _text(path: Path, row: int, name: str, value: object) -> str | None:
    if isinstance(value, dict | list):
        raise UsageError(f"{path}, row {row}: {name} should be text or a number.")
    return None if value is None else str(value).encode("utf-8", "replace").decode()
