"""What a dataset is made of: its sources (paper, Tables 1 and 8), task types and domains, who wrote and who checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl

from cqia.report.paper import SUBSET

MOST = 30  # names that a list shows; what comes after is summed up


@dataclass(frozen=True)
class Facts:
    """What is known of a source: a row of the paper's Table 1. ``quantity`` is the paper's, None where it has none;
    ``english`` is the title in English, "" where it is the same."""

    title: str
    kind: str
    description: str
    quantity: int | None
    stages: tuple[str, ...]
    english: str = ""


def sources(table: pl.DataFrame, facts: Mapping[str, Facts]) -> list[dict[str, Any]]:
    """Table 1: a row for each of ``facts`` and each source of ``table``, in that order.

    Returns: source, the facts, records, share of all, ``subset`` (Table 8's quantity).
    """
    counted = dict(table["source"].value_counts().iter_rows())
    names = [*facts, *sorted(name for name in counted if name not in facts)]
    unknown = Facts("", "Yours", "", None, ())
    return [
        {
            "source": name,
            **_said(facts.get(name, replace(unknown, title=name))),
            "records": counted.get(name, 0),
            "share": share(counted.get(name, 0), table.height),
            "subset": SUBSET.get(name),
        }
        for name in names
    ]


def _said(facts: Facts) -> dict[str, Any]:
    return {**asdict(facts), "english": facts.english or facts.title}


def kinds(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Task types in two levels: major with its records, and under it the minors. A record counts once at each level
    for every name it has; one without is under ""."""
    rows = (
        table.select("major", "minor").explode("major", empty_as_null=True).with_columns(pl.col("major").fill_null(""))
    )
    majors = _counts(rows["major"])
    minors = rows.explode("minor").filter(pl.col("minor").is_not_null())
    return [
        {**each, "minor": _counts(minors.filter(pl.col("major") == each["name"])["minor"])} for each in majors[:MOST]
    ]


def domains(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Domains with their records; a record counts once for every domain it has, one without is under ""."""
    return _counts(table["domain"].explode(empty_as_null=True).fill_null(""))


def written(table: pl.DataFrame) -> dict[str, Any]:
    """Who answered and whether a person saw it: records, of all and by source.

    ``machine`` and ``verified`` are shares of the records that say; null where none says.
    """
    return {**_written(table), "by_source": [
        {"source": source, **_written(rows)}
        for (source,), rows in table.partition_by("source", as_dict=True, maintain_order=True).items()
    ]}  # fmt: skip


def _written(table: pl.DataFrame) -> dict[str, Any]:
    by = dict(table["answer_from"].fill_null("unknown").value_counts().iter_rows())
    seen = table["human_verified"]
    says = table.height - int(by.get("unknown", 0))
    known = seen.drop_nulls()
    return {
        "records": table.height,
        "answer_from": {name: by[name] for name in sorted(by)},
        "machine": share(int(by.get("llm", 0)), says) if says else None,
        "human_verified": {"true": int(seen.sum() or 0), "false": int((~known).sum()), "unknown": seen.null_count()},
        "verified": share(int(known.sum() or 0), known.len()) if known.len() else None,
    }


def _counts(names: pl.Series) -> list[dict[str, Any]]:
    found = sorted(names.value_counts().iter_rows(), key=lambda row: (-row[1], row[0]))
    shown = [{"name": name, "records": count} for name, count in found[:MOST]]
    rest = sum(count for _, count in found[MOST:])
    return [*shown, {"name": "…", "records": rest}] if rest else shown


def share(part: int, whole: int) -> float:
    """A share, to four places; of nothing it is 0."""
    return round(part / whole, 4) if whole else 0.0


def titles(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """The title of each source in Chinese and English, from rows of ``sources``."""
    return {row["source"]: (row["title"], row["english"]) for row in rows}
