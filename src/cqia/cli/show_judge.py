"""How what is known of a judge is shown on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from cqia.judge.calibrate import Calibration, Check
    from cqia.judge.compare import Agreement
    from cqia.judge.consistency import Consistency
    from cqia.stats.intervals import Estimate

SHOWN = 48  # characters of a judge's reason


def show_calibration(found: Calibration) -> None:
    """The threshold or why there is none, then the curve, then where the judge is biased."""
    print(f"{found.labels} records with a label and a score, {found.good} of them good" + _unscored(found.unscored))
    if found.threshold is None:
        print(f"No threshold is named. {found.refused}")
    else:
        at = found.threshold
        print(f"Threshold {at.score:g}: of the {at.above} records from there on {at.precision} are good,")
        print(f"  which are {at.recall} of the good ones. In cqia.toml: at_least = {at.score:g}")
    if found.elsewhere:
        print(f"In a source that is not among these, expect {found.elsewhere}: label some of each source.")
    print(f"Rank correlation with people {found.rank}")
    if found.agreement:
        print(f"Agreement of the scores (weighted kappa) {found.agreement}")
    if found.decisions:
        print(f"Agreement of keep and drop (kappa) {found.decisions}")
    print()
    _show(
        ("score", "labels", "good", "from here on", "precision", "recall"),
        [(f"{p.score:g}", p.labels, str(p.good), p.above, str(p.precision), str(p.recall))
         for p in found.curve],
    )  # fmt: skip
    if found.by_source:
        print()
        _show(("source", "precision at the threshold"), [(name, str(each)) for name, each in found.by_source])
    if found.bias:
        print("\nOverrated by (share of good records; below 0: underrated):")
        _show(
            ("by", "part", "labels", "overrated by", ""),
            [(b.by, b.part, b.labels, _signed(b.overrates), "" if b.overrates.low <= 0 <= b.overrates.high else "!")
             for b in found.bias],
        )  # fmt: skip


def show_check(tried: Check) -> None:
    """What a threshold did on other labels."""
    said = "as was claimed" if tried.claimed else "NOT as was claimed"
    print(
        f"\nOn the other labels: precision {tried.precision}, {said}: {tried.claim.low:.3f} to {tried.claim.high:.3f}"
    )
    _show(
        ("source", "precision", "as claimed"),
        [(name, str(each), "yes" if claimed else "no") for name, each, claimed in tried.sources],
    )


def show_agreement(found: Agreement) -> None:
    """Numbers, outcomes, then what the two differ most on."""
    print(f"{found.records} records in common; only the first has {found.only_first} more, "
          f"only the second {found.only_second}.")  # fmt: skip
    print("Outcomes: " + ", ".join(f"{pair} {count}" for pair, count in found.outcomes.items()))
    if not found.both:
        print("No record was scored by both.")
        return
    print(f"Both scored {found.both}:")
    rows: list[tuple[str, str]] = [
        ("rank correlation (Spearman)", str(found.rank)),
        ("agreement (weighted kappa)", str(found.agreement)),
        ("second less first, the mean", str(found.difference)),
        ("the same score", str(found.same)),
        ("at most one point apart", str(found.near)),
    ]
    if found.decisions:
        rows.append(("agreement of keep and drop (kappa)", str(found.decisions)))
    _show(("", ""), rows)
    if found.apart:
        print("\nFurthest apart:")
        _show(
            ("id", "first", "second", "the first's reason", "the second's reason"),
            [(row["id"], f"{row['first']:g}", f"{row['second']:g}", _cut(row["first_detail"]),
              _cut(row["second_detail"])) for row in found.apart],
        )  # fmt: skip


def show_consistency(found: Consistency) -> None:
    """How a judge agrees with itself, and where it does not."""
    print(f"{found.records} records, judged {found.times} times each; {found.unscored} verdicts were no score.")
    if not found.both:
        print("No record was scored twice.")
        return
    _show(
        ("", ""),
        [
            ("agreement with itself (Krippendorff's alpha)", str(found.alpha)),
            ("mean distance of two scores of a record", str(found.spread)),
            ("records always kept or always dropped", str(found.decided)),
        ],
    )
    if found.unsteady:
        print("\nLeast steady:")
        _show(("id", "scores"), [(row["id"], ", ".join(f"{s:g}" for s in row["scores"])) for row in found.unsteady])


def show_student(facts: Mapping[str, Any]) -> None:
    """How good the student is on what it had not seen, and what it costs to ask less."""
    print(f"Wrote {facts['folder']}: {facts['name']}, from {facts['texts']} texts, {facts['good']} of them good.")
    for name, told in (("texts it had not seen", facts["unseen"]), ("the other labels", facts.get("dev"))):
        if told:
            print(f"On {name} ({told['texts']}): right {_of(told['accuracy'])}, where always saying the same is right "
                  f"{told['always']:.3f}; its probabilities are off by {told['calibration_error']:.3f}.")  # fmt: skip
            if told.get("also_learned"):
                print(f"  {told['also_learned']} of them it had learned from; without these {_of(told['new'])}.")
    print("\nIf the judge is asked about the share it is least sure of, and the student decides on the rest:")
    _show(
        ("asked", "good records kept (recall)", "kept records that are good (precision)"),
        [(f"{row['share']:g}", _of(row["recall"]), _of(row["precision"])) for row in facts["unseen"]["costs"]],
    )


def _show(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False, show_header=any(names))
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else 150, highlight=False).print(table)


def _unscored(counts: Mapping[str, int]) -> str:
    return "; no score: " + ", ".join(f"{outcome} {count}" for outcome, count in counts.items()) if counts else ""


def _signed(found: Estimate) -> str:
    return f"{found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


def _of(told: Mapping[str, float | None]) -> str:
    if told["value"] is None:
        return "-"
    return f"{told['value']:.3f} ({told['low']:.3f} to {told['high']:.3f})"


def _cut(text: str | None) -> str:
    line = " ".join((text or "").split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"
