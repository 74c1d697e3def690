"""How the numbers of review are shown on a terminal: audits, inspections, agreement, arenas."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cqia.cli.app import there
from cqia.review.agreement import Agreement, PairAgreement
from cqia.review.arena_report import share_of, span_of, subject
from cqia.review.audit import QUESTIONS, Rate
from cqia.review.batches import Inspection
from cqia.review.inspection import Checks
from cqia.review.reviewers import Manner
from cqia.review.standings import Standings
from cqia.stats.intervals import Estimate

WRONG_SHOWN = 20


def show_rates(name: str, done: int, of: int, rates: Sequence[Rate]) -> None:
    """Table 10, beside the paper's."""
    words = {question.name: question.chinese for question in QUESTIONS}
    by_source = any(rate.source is not None for rate in rates)
    heads = ("source", "question", "accepted", "of", "split", "rate (95 %)", "paper")
    rows = [
        [rate.source or "all", words[rate.question], rate.accepted, rate.of, rate.split, share_of(rate.share),
         "" if rate.source else f"{rate.paper:.0%}"]
        for rate in rates
    ]  # fmt: skip
    _table(heads if by_source else heads[1:], rows if by_source else [row[1:] for row in rows], left=1 + by_source)
    print(f"{name}: {done} of {of} records answered.")


def show_inspections(found: Sequence[Inspection], *, whole: bool) -> None:
    """A row a batch; of one alone also what was found wrong."""
    rows = []
    for each in found:
        rows.append(
            [each.name, each.stage, each.round, _checks(each.first), share_of(each.first.correct),
             f"{each.pass_mark:.0%}", _checks(each.second) if each.second else "-",
             each.second.wrong if each.second else "-"]
        )  # fmt: skip
    heads = ("batch", "stage", "round", "first", "correct (95 %)", "pass mark", "second", "wrong")
    none = there("No batch has been begun. Begin one with: cqia review inspect NAME --begin 500")
    _table(heads, rows, left=2, none=none)
    wrong = found[0].wrong if whole and found else ()
    for case in wrong[:WRONG_SHOWN]:
        print(f"  wrong in the {case.stage} stage: {case.id}, says {case.reviewer}: {case.reason or '-'}")
    if len(wrong) > WRONG_SHOWN:
        print(f"  and {len(wrong) - WRONG_SHOWN} more: --json shows all.")
    if whole and found and found[0].stage == "failed":
        print("It went back: its records wait again. When they are decided, inspect it --again.")


def show_agreement(
    criteria: Sequence[Agreement],
    pairs: Sequence[PairAgreement],
    weeks: Sequence[Agreement],
    people: Sequence[Manner],
) -> None:
    """Agreement by criterion, pair and week; then a row a reviewer, and what is odd."""
    rows = [[each.criterion, each.units, each.ratings, _estimate(each.alpha), _share(each.equal)] for each in criteria]
    _table(("criterion", "texts", "ratings", "alpha (95 %)", "equal"), rows, none="Nobody has decided anything yet.")
    shown = [[each.criterion, each.first, each.second, each.units, _estimate(each.kappa), share_of(each.equal)]
             for each in pairs]  # fmt: skip
    if shown:
        print()
        _table(("criterion", "reviewer", "and", "texts", "kappa (95 %)", "equal (95 %)"), shown, left=3)
    if len({each.period for each in weeks}) > 1:
        print()
        _table(
            ("week", "criterion", "texts", "alpha (95 %)"),
            [[each.period, each.criterion, each.units, _estimate(each.alpha)] for each in weeks if each.units],
            left=2,
        )
    if people:
        print()
        _table(
            ("reviewer", "decisions", "seconds", "per hour", "gold right (95 %)", "all marks alike", "longest run"),
            [[each.reviewer, each.decisions, _number(each.seconds), _number(each.per_hour), share_of(each.gold),
              share_of(each.flat), each.longest_run] for each in people],
        )  # fmt: skip
    for each in people:
        for warning in each.warnings:
            print(f"Look at the work of {each.reviewer}: {warning}.")
    if criteria and not any(each.units for each in criteria):
        print("No text was rated by two people yet, so there is no agreement to speak of.")


def show_standings(found: Standings, of: str | None) -> None:
    """Wins, ties and losses of one system, strengths of all, and how the judges voted."""
    about = subject(found, of)
    _table(
        (f"{about} against", "battles", "win (95 %)", "tie (95 %)", "loss (95 %)"),
        [[pair.other, pair.battles, *map(share_of, pair.shares)] for pair in found.of(about)],
    )
    print()
    if found.strengths:
        _table(
            ("system", "strength", "95 %"),
            [[system, f"{each.value:+.3f}", span_of(each)] for system, each in found.strengths],
        )
    else:
        print(f"No Bradley-Terry strengths. {found.why_none}")
    print()
    _table(
        ("judge", "votes", "ties (95 %)", "first side (95 %)", "with the majority (95 %)"),
        [[each.name, each.votes, share_of(each.ties), share_of(each.first), share_of(each.agreed)]
         for each in found.judges],
    )  # fmt: skip
    if math.isfinite(found.alpha.value):
        print(f"Krippendorff's alpha of the judges: {_estimate(found.alpha)}")


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]], *, left: int = 1, none: str = "") -> None:
    """A table whose first ``left`` columns are texts and the others numbers."""
    if not rows and none:
        print(none)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for at, head in enumerate(heads):
        table.add_column(escape(head), justify="left" if at < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else 150, highlight=False).print(table)


def _checks(checks: Checks) -> str:
    return f"{checks.checked} of {checks.of}"


def _estimate(each: Estimate) -> str:
    if not math.isfinite(each.value):
        return "-"
    return str(each) if math.isfinite(each.low) else f"{each.value:.3f} (too few for an interval)"


def _share(share: float) -> str:
    return f"{share:.1%}" if math.isfinite(share) else "-"


def _number(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else "-"
