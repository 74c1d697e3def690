"""What rules are worth: measured against labels that people gave.

    audit(Path("labels/ads/train.txt"), (adverts.contact(), adverts.promotion()))

gives a row for each rule and one, ``any``, for all together: how many texts it fired on, how many of those are what it
looks for (precision), how many of what it looks for it found (recall), how many innocent texts it would drop
(over-blocking), each with a Wilson interval of 95 %; null where it is a share of nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from cqia.errors import UsageError
from cqia.rules.measure import fire, measure
from cqia.rules.rule import Rule
from cqia.schema import DOCUMENT
from cqia.stats.intervals import wilson

#: What ``audit`` returns; the three rates are followed by the ends of their intervals.
AUDIT = pl.Schema(
    {"rule": pl.String, "texts": pl.Int64, "positive": pl.Int64, "fired": pl.Int64, "right": pl.Int64}
    | {f"{rate}{end}": pl.Float64 for rate in ("precision", "recall", "over_blocking") for end in ("", "_low", "_high")}
)


def labelled(path: Path) -> pl.DataFrame:
    """Texts and labels: columns ``text`` and ``label`` (Boolean).

    Lines ``text==label``, or a CSV with the columns ``text`` and ``label`` in any case; labels are 0 and 1. Rows
    without such a label and without text are left out. Raises UsageError for a file that has no row left.
    """
    try:
        if path.suffix == ".csv":
            table = pl.read_csv(path, infer_schema=False, encoding="utf8-lossy")
            table = table.rename({name: name.lower() for name in table.columns})
            frame = table.select("text", "label")
        else:
            lines = pl.Series("line", path.read_text("utf-8-sig", "replace").split("\n")).to_frame()
            pair = pl.col("line").str.extract_groups(r"^(?<text>.*)==\s*(?<label>\d+)\s*$")
            frame = lines.select(pair.alias("pair")).unnest("pair")
    except (OSError, pl.exceptions.PolarsError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error).partition("\n")[0]
        hint = "It should have lines text==label, or be a CSV with the columns text and label."
        raise UsageError(f"{path} cannot be read as labelled texts: {said}.", hint) from error
    frame = frame.filter(pl.col("label").is_in(["0", "1"]) & (pl.col("text").str.len_chars() > 0))
    if frame.is_empty():
        raise UsageError(f"{path} has no labelled text.", "It should have lines text==0 and text==1.")
    return frame.select("text", label=pl.col("label") == "1")


def audit(labels: Path, rules: Sequence[Rule]) -> pl.DataFrame:
    """How ``rules`` agree with the labels in a file (see ``labelled``), as ``AUDIT``."""
    frame = labelled(labels)
    frame = frame.with_columns(pl.lit(None, kind).alias(name) for name, kind in DOCUMENT.items() if name != "text")
    values = measure(frame, [rule.value for rule in rules]).select(rule.value.alias(rule.name) for rule in rules)
    fired = values.select(fire(rule).alias(rule.name) for rule in rules).with_columns(any=pl.any_horizontal(pl.all()))
    label = frame["label"]
    positive = int(label.sum())
    rows: list[tuple[object, ...]] = []
    for column in fired.iter_columns():
        count, right = int(column.sum()), int((column & label).sum())
        found = (wilson(right, count), wilson(right, positive), wilson(count - right, len(label) - positive))
        rates = (number for each in found for number in each.to_dict().values())
        rows.append((column.name, len(label), positive, count, right, *rates))
    return pl.DataFrame(rows, schema=AUDIT, orient="row")
