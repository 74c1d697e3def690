"""Measurements that no Polars expression makes: columns that rules name, added before the rules are evaluated.

A rule's value is a plain expression, so that it can be written down and compared. Where it needs a word list or the
personal data of a text it names a column that says what to measure:

    words:<list>       Int32    weights of the words of a list (one of ours, or a path to a .yaml) in the reading
    found:<list>       String   the words that are behind it, as they are written, with their places
    pii:<kind>         UInt32   spans of one kind of personal data in the reading
    found:pii          String   their kinds and places (not the data)
    repeated:<n>       Float64  share of the n-grams of n characters of ``text`` that came before in it
    marks:reading      UInt16   what the reading bears (``text.marks``)
    repeated:lines     Float64  share of the lines of ``text`` that stood before in it

The reading is title, context and text. In a stage:

    values = [rule.value for rule in source.rules]
    frame = measure(frame, values)          # one pass over the texts for all lists together
    frame.select(values)

and again with the details, for the few documents on which a rule fired. ``digest(values)`` covers the lists that are
read, for the stage's digest.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from cqia import schema
from cqia.errors import UsageError
from cqia.rules import lists
from cqia.rules.rule import Rule
from cqia.text import pii
from cqia.text.chinese import simplified
from cqia.text.reading import joined, measured
from cqia.text.words import Hit

READING = ("title", "context", "text")
#: Of a reading what stands before the text, which is long and need not be copied for it.
_ABOVE = pl.concat_str(READING[:-1], separator="\n", ignore_nulls=True)
_BREAK = pl.any_horizontal(pl.col(READING[:-1]).is_not_null()) & pl.col("text").is_not_null()
_HEAD = pl.when(_BREAK).then(_ABOVE + "\n").otherwise(_ABOVE)
#: What the columns hold, by the kind before the colon.
TYPES = {"words": pl.Int32, "found": pl.String, "pii": pl.UInt32, "repeated": pl.Float64, "marks": pl.UInt16}
SHOWN = 20  # hits that a detail shows; more tell a reader nothing new
LOOKED_AT = 200  # hits among which they are looked for
_VERSION = "2"  # of what the columns mean; part of every digest


def columns(expressions: Iterable[pl.Expr]) -> list[str]:
    """The columns to be measured that ``expressions`` name, each once, in order."""
    roots = (root for expression in expressions for root in expression.meta.root_names())
    return sorted({root for root in roots if root.partition(":")[1]})


def digest(expressions: Iterable[pl.Expr]) -> str:
    """What the measurements of ``expressions`` depend on besides the frame: the contents of their word lists."""
    named = [column.partition(":") for column in columns(expressions)]
    read = sorted({name for kind, _, name in named if kind in ("words", "found") and name != "pii"})
    table = "".join(simplified()) + "".join(simplified().values())
    return schema.digest(_VERSION, table, *(part for name in read for part in (name, lists.content(name))))


def fire(rule: Rule) -> pl.Expr:
    """Whether a rule fires, over the column of its values that carries its name. Never null."""
    value = pl.col(rule.name)
    outside = pl.lit(False) if rule.bounded else value.cast(pl.Boolean)
    if rule.at_least is not None:
        outside = outside | (value < rule.at_least)
    if rule.at_most is not None:
        outside = outside | (value > rule.at_most)
    return outside.fill_null(rule.missing == "drop")


def measure(frame: pl.DataFrame, expressions: Iterable[pl.Expr]) -> pl.DataFrame:
    """``frame`` (``schema.DOCUMENT``) with the measured columns that ``expressions`` name."""
    wanted = [column.partition(":") for column in columns(expressions)]
    if not wanted:
        return frame
    by_kind = {kind: [name for k, _, name in wanted if k == kind] for kind, _, _ in wanted}
    unknown = by_kind.keys() - TYPES.keys()
    if unknown:
        raise UsageError(
            f"A rule names the column '{unknown.pop()}:…', which nothing measures.", f"Known: {', '.join(TYPES)}."
        )
    found = [_personal(frame) if name == "pii" else _listed(frame, name) for name in by_kind.pop("found", [])]
    return frame.with_columns([*(_counted(frame, by_kind) if by_kind else []), *found])


def _counted(frame: pl.DataFrame, by_kind: dict[str, list[str]]) -> list[pl.Series]:
    """The columns that hold numbers: all of one pass over the texts."""
    matcher = lists.matcher(by_kind["words"]) if "words" in by_kind else None
    lines = "lines" in by_kind.get("repeated", [])
    sizes = [name for name in by_kind.get("repeated", []) if name != "lines"]
    seen = measured(
        joined(frame["text"]),
        heads=joined(frame.select(_HEAD).to_series()),
        marks=bool(by_kind.keys() & {"marks", "pii"}),
        lines=lines,
        grams=[int(size) for size in sizes],
        tables=matcher.tables if matcher else None,
    )
    added = [pl.Series(f"repeated:{size}", shares) for size, shares in zip(sizes, seen.grams, strict=True)]
    if lines:
        added.append(seen.lines.alias("repeated:lines"))
    if "marks" in by_kind:
        added.append(seen.marks.alias("marks:reading"))
    if matcher:
        weights = {name: seen.sums[:, at] for at, name in enumerate(matcher.categories)}
        added += [pl.Series(f"words:{name}", weights[name]) for name in by_kind["words"]]
    if "pii" in by_kind:
        bearing = ((seen.marks & pii.MARKS) > 0).arg_true()
        counted = pii.counts(_reading(frame[bearing]), seen.marks[bearing])
        none = pl.zeros(frame.height, pl.UInt32, eager=True)
        added += [none.clone().scatter(bearing, counted[kind]).alias(f"pii:{kind}") for kind in by_kind["pii"]]
    return added


def _reading(frame: pl.DataFrame) -> pl.Series:
    return frame.select(pl.concat_str(READING, separator="\n", ignore_nulls=True)).to_series()


def _listed(frame: pl.DataFrame, name: str) -> pl.Series:
    """The words of a list in each document: "微-信@12, 加微@title 3"; null where there is none."""
    matcher = lists.matcher([name])
    found: list[list[Hit]] = [[] for _ in range(frame.height)]
    for hit in matcher.find(_reading(frame), LOOKED_AT):
        found[hit.row].append(hit)
    shown = []
    for row, hits in zip(frame.select(READING).rows(), found, strict=True):
        words = [hit for hit in hits if not any(_inside(hit, other) for other in hits)]
        words = [hit for hit in words if hit.word not in matcher.excuses]
        shown.append(_show(row, [(hit.start, hit.end) for hit in words[:SHOWN]]))
    return pl.Series(f"found:{name}", shown, dtype=pl.String)


def _inside(hit: Hit, other: Hit) -> bool:
    return other.start <= hit.start and hit.end <= other.end and len(hit.word) < len(other.word)


def _personal(frame: pl.DataFrame) -> pl.Series:
    """The kinds and places of personal data in each document: "mobile@12"; null where there is none."""
    shown = []
    for row in frame.select(READING).rows():
        at = [
            f"{span.kind}@{_place(field, span.start)}"
            for field, text in zip(READING, row, strict=True)
            for span in pii.spans(text or "")
        ]
        shown.append(", ".join(at[:SHOWN]) or None)
    return pl.Series("found:pii", shown, dtype=pl.String)


def _show(row: tuple[str | None, ...], hits: list[tuple[int, int]]) -> str | None:
    """The hits of one reading, as they are written, with their places in its fields."""
    shown = []
    begin = 0
    for field, text in zip(READING, row, strict=True):
        if text is None:
            continue
        inside = [(a - begin, b - begin) for a, b in hits if begin <= a < begin + len(text)]
        shown += [f"{text[a:b]}@{_place(field, a)}" for a, b in inside]
        begin += len(text) + 1
    return ", ".join(shown) or None


def _place(field: str, start: int) -> str:
    return str(start) if field == "text" else f"{field} {start}"
