"""What the rules on words and personal data find, and what they drop that they should not, on real texts.

    python benchmarks/rules.py [--data DIR] [--show RULE]

Zhihu's pages on men and women talk of violence, sex, insults and suicide as people do who argue about them, and hold
next to no adverts: what a rule drops there is nearly all over-blocking. Counted are the answers with text, and those
of them that the rules before would let through; ``--show`` prints what a rule fires on. Then the same rules on lines
that people labelled, at the bound they have and at others, and with everyday words of dislike taken for strong ones.
The words were chosen on ``train``; ``dev``, and the lines that only the second file of adverts has, were not used for
that.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from cqia.readers.raw import Raw
from cqia.readers.zhihu import read
from cqia.rules import adverts, safety
from cqia.rules.audit import labelled
from cqia.rules.measure import fire, measure
from cqia.rules.rule import Rule
from cqia.schema import DOCUMENT
from cqia.stats.intervals import wilson

DATA = Path(__file__).resolve().parents[2] / "shared/data"
ADVERTS = (adverts.contact(), adverts.promotion())
SAFETY = (safety.personal(), *safety.all_words())
BOUNDS = (20.0, 10.0, 4.0)  # one strong word in 250, 500, 1,250 characters
DISLIKE = r"恶心|垃圾|歧视|不要脸|智商|素质"


def documents(texts: pl.Series) -> pl.DataFrame:
    """Texts as documents of which nothing else is known."""
    frame = pl.DataFrame({name: texts if name == "text" else None for name in DOCUMENT})
    return frame.select(pl.col(name).cast(kind) for name, kind in DOCUMENT.items())


def answers(data: Path) -> pl.DataFrame:
    """The answers of the saved pages that have text, as the reader of Zhihu gives them."""
    path = data / "web/zhihu_archive/answers_dev.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    found = [each for n, row in enumerate(rows) for each in read(Raw(str(path), "", f"row={n}", 0, row=row))]
    frame = pl.DataFrame([{name: each.get(name) for name in DOCUMENT} for each in found], schema=DOCUMENT)
    return frame.filter(pl.col("text").str.strip_chars().str.len_chars() > 0)


def fired(frame: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """For each rule, and for ``any`` of them, the documents on which it fires."""
    values = measure(frame, [rule.value for rule in rules]).select(rule.value.alias(rule.name) for rule in rules)
    return values.select(fire(rule).alias(rule.name) for rule in rules).with_columns(any=pl.any_horizontal(pl.all()))


def bounded(rules: Sequence[Rule], bound: float) -> list[Rule]:
    """The rules on words with another bound."""
    return [replace(rule, at_most=bound) for rule in rules if rule.name != "personal"]


def share(hits: pl.Series, among: pl.Series) -> str:
    """How many of ``among`` are hits, and their share with its interval in percent."""
    number = int((hits & among).sum())
    found = wilson(number, int(among.sum()))
    return f"{number:>5}  {100 * found.value:6.2f} ({100 * found.low:.2f} to {100 * found.high:.2f})"


def overblocked(frame: pl.DataFrame) -> None:
    """A line for each rule: how many of the answers it would drop."""
    chars = frame["text"].str.len_chars()
    past = ((frame["likes"] > 50) & (chars >= 200) & (chars <= 6000)).fill_null(value=False)
    every = pl.repeat(value=True, n=frame.height, eager=True)
    print(f"{frame.height} answers; {past.sum()} of them have over 50 votes and 200 to 6,000 characters\n")
    for name, hits in fired(frame, (*ADVERTS, *SAFETY)).to_dict().items():
        print(f"{name:10} {share(hits, every):32} {share(hits, past)}")
    for bound in BOUNDS[1:]:
        print(
            f"any, with the bound {bound:g}: {share(fired(frame, bounded((*ADVERTS, *SAFETY), bound))['any'], every)}"
        )
    dislike = frame["text"].str.contains(DISLIKE) & (chars < 250)
    print(f"words of dislike as strong ones: {share(dislike, every)}")


def show(frame: pl.DataFrame, rule: Rule) -> None:
    """The answers on which a rule fires, and what is behind it."""
    hit = frame.filter(fired(frame, [rule])[rule.name])
    wanted = [each for each in (rule.value, rule.detail) if each is not None]
    for row in measure(hit, wanted).select("id", *(e.alias(str(n)) for n, e in enumerate(wanted))).iter_rows():
        print(*row, sep="\t")


def audited(title: str, frame: pl.DataFrame, hits: pl.Series) -> None:
    """A line: how many fired, precision, recall, over-blocking."""
    label = frame["label"]
    print(f"{title:34} {share(label, hits):32} {share(hits, label):32} {share(hits, ~label)}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--show", choices=[rule.name for rule in (*ADVERTS, *SAFETY)], metavar="RULE")
    asked = parser.parse_args()
    zhihu = answers(asked.data)
    if asked.show:
        show(zhihu, next(rule for rule in (*ADVERTS, *SAFETY) if rule.name == asked.show))
        return
    overblocked(zhihu)
    print(f"\n{'':34} {'right, precision':32} {'right, recall':32} over-blocked")
    labels = asked.data / "labels"
    train, second = labelled(labels / "ads/train.txt"), labelled(labels / "ads/mc_qq_group.txt")
    plain = [pl.col("text").str.to_lowercase().str.replace_all(r"\W", "")]
    fresh = second.join(train.select(plain), left_on=plain[0], right_on="text", how="anti")
    for title, frame in (("adverts, train", train), ("adverts, lines not in train", fresh)):
        for bound in BOUNDS:
            audited(f"{title}, {bound:g}", frame, fired(documents(frame["text"]), bounded(ADVERTS, bound))["any"])
    for title in ("train", "dev"):
        frame = labelled(labels / f"cold/{title}.csv")
        for bound in BOUNDS:
            audited(f"cold, {title}, {bound:g}", frame, fired(documents(frame["text"]), bounded(SAFETY, bound))["any"])
        hits = fired(documents(frame["text"]), SAFETY)["any"] | frame["text"].str.contains(DISLIKE)
        audited(f"cold, {title}, with dislike", frame, hits)


if __name__ == "__main__":
    main()
