"""What users found wrong in published sets, counted: empty texts, stray characters, self-repetition, hardly any
Chinese, what own rules would refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from cqia.report.makeup import share
from cqia.rules.measure import fire, measure
from cqia.rules.rule import Rule
from cqia.schema import DOCUMENT
from cqia.text.marks import repeated_ngrams

#: No text begins like this: a mark that closes or separates, a replacement or control character, a full stop that is
#: none of ".NET" and "…", an exclamation mark that begins no picture of Markdown, a bar that begins no table of it. A
#: dot stood before all questions of COIG-CQIA's digital_wiki.
STRAY = (
    r"^\s*(?:[。·,，、;；:：)）\]】」』》〉?？！\x{feff}\x{200b}\x{fffd}\x{0}-\x{8}\x{e}-\x{1f}]"
    r"|\.(?:[^A-Za-z0-9.]|$)|!(?:[^\[A-Za-z]|$)|\|[^|\n]*(?:\n|$))"
)
#: Share of the 13-character n-grams of a text that came before in it, as in ``rules.form.repeated_ngrams``.
REPEATED_GRAM, REPEATED = 13, 0.5
#: A record is hardly Chinese if less than this share is, of what it asks and of what it answers: a translation, or code
#: that was asked for in Chinese, has one side that is. Real English records have less than 0.01; Chinese ones about
#: code or formulas have more than 0.1, but for bare sums and listings.
CHINESE = 0.1
#: Japanese is written with kanji, which are Hanzi: a text that has more kana than this share of its Hanzi is Japanese.
#: Chinese that speaks about kana has fewer.
KANA = 1 / 3
SHOWN = 3
SHOWN_CHARS = 80
#: What a rule may look at when all there is is the record: the columns of a document that its texts stand for.
TEXTS = {"title": "instruction", "context": "input", "text": "output"}


def faults(table: pl.DataFrame, rules: Mapping[str, Sequence[Rule]]) -> dict[str, Any]:
    """``empty``, ``stray``, ``repetitive``, ``foreign`` and ``refused``: records and share of all, by source, and a few
    of each with ids.

    Args:
        rules: of each source.
    """
    empty = table.select(pl.any_horizontal(pl.col("instruction", "output").str.strip_chars() == "")).to_series()
    stray = table.select(pl.any_horizontal(pl.col("instruction", "output").str.contains(STRAY))).to_series()
    again = (repeated_ngrams(table["output"], REPEATED_GRAM) > REPEATED).fill_null(False)
    sides = table.select("output", asked=chinese(pl.concat_str("instruction", "input")))
    answer = pl.when((pl.col("asked") < CHINESE).fill_null(True)).then("output")  # counted only where it decides
    foreign = sides.select(pl.max_horizontal("asked", chinese(answer)) < CHINESE).to_series()
    reasons = refusals(table, rules)
    refused = _found(table, reasons.is_not_null(), "output")
    refused["reasons"] = dict(sorted(reasons.drop_nulls().value_counts().iter_rows(), key=lambda r: (-r[1], r[0])))
    at_start = pl.when(pl.col("instruction").str.contains(STRAY)).then("instruction").otherwise("output")
    shown = table.with_columns(shown=at_start)
    return {
        "empty": _found(shown, empty, "shown"),
        "stray": _found(shown, stray, "shown"),
        "repetitive": _found(table, again, "output"),
        "foreign": _found(table, foreign.fill_null(False), "instruction"),
        "refused": {**refused, "rules": sum(len(usable(each)) for each in rules.values())},
    }


def refusals(table: pl.DataFrame, rules: Mapping[str, Sequence[Rule]]) -> pl.Series:
    """For each record the first rule of its source that would refuse it, null for none.

    Only rules that look at texts alone can be asked: what else a document had (likes, say) a record does not tell. The
    instruction stands for the title, the input for the context, the output for the text.
    """
    found = [pl.DataFrame(schema={"row": pl.UInt32, "reason": pl.String})]
    numbered = table.with_row_index("row")
    for (source,), rows in numbered.partition_by("source", as_dict=True, maintain_order=True).items():
        asked = usable(rules.get(str(source), ()))
        if not asked:
            continue
        given = rows.select("row", *(pl.col(own).alias(name) for name, own in TEXTS.items()))
        blank = pl.when(pl.col("context") != "").then("context")  # a document without context has null, not nothing
        measured = measure(given.with_columns(context=blank), [rule.value for rule in asked])
        values = measured.select("row", **{rule.name: rule.value for rule in asked})
        first = pl.coalesce(*(pl.when(fire(rule)).then(pl.lit(rule.name)) for rule in asked))
        found.append(values.select("row", reason=first).drop_nulls())
    return numbered.select("row").join(pl.concat(found), on="row", how="left", maintain_order="left")["reason"]


def chinese(text: pl.Expr) -> pl.Expr:
    """The share of Hanzi in the characters of a text, 0 to 1: 0 for Japanese, null for an empty text."""
    hanzi, kana = text.str.count_matches(r"\p{Han}"), text.str.count_matches(r"[\p{Hiragana}\p{Katakana}]")
    part = pl.when(kana > KANA * hanzi).then(0.0).otherwise(hanzi / text.str.len_chars())
    return pl.when(text.str.len_bytes() > 0).then(part)


def usable(rules: Sequence[Rule]) -> list[Rule]:
    """The rules that look at texts alone."""
    plain = set(DOCUMENT.names()) | {"rank"}
    return [rule for rule in rules if not (set(rule.value.meta.root_names()) & plain) - set(TEXTS)]


def _found(table: pl.DataFrame, which: pl.Series, column: str) -> dict[str, Any]:
    """Records and share where ``which``, in all and by source, and the first few with how ``column`` begins."""
    rows = table.filter(which)
    by = dict(rows["source"].value_counts().iter_rows())
    total = dict(table["source"].value_counts().iter_rows())
    shown = rows.head(SHOWN).select("id", "source", text=pl.col(column).str.head(SHOWN_CHARS))
    return {
        "records": rows.height,
        "share": share(rows.height, table.height),
        "by_source": [
            {"source": source, "records": count, "share": share(count, total[source])}
            for source, count in sorted(by.items(), key=lambda row: (-row[1], row[0]))
        ],
        "shown": shown.to_dicts(),
    }
