"""How things are shown on a terminal: tables, lives, progress."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from cqia.cli.app import there
from cqia.engine.run import Progress as Told
from cqia.ledger.counts import Funnel
from cqia.ledger.takedown import Affected
from cqia.ledger.why import Life

if TYPE_CHECKING:
    from cqia.publish import Reported
    from cqia.rules.rule import Rule

LINE_SECONDS = 5.0
EDIT_SHOWN = 40  # characters
#: What takes on the items that wait, by their reason.
NEXT = {
    "needs_answer": "cqia answer",
    "needs_review": "cqia review serve",
    "changed_since_review": "cqia review serve",
    "in_inspection": "cqia review inspect",
    "judge_failed": "cqia run",
}


def show_json(value: object) -> None:
    """JSON for programs."""
    print(json.dumps(value, ensure_ascii=False, indent=1))


def warn(message: str) -> None:
    """A warning, to standard error."""
    print(f"cqia: {there(message)}", file=sys.stderr)


def show_funnel(found: Funnel) -> None:
    """A row per source and stage, then the reasons, then whether it balances."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("source", "stage"):
        table.add_column(name)
    for name in ("in", "kept", "dropped", "quarantined", "pending", "out"):
        table.add_column(name, justify="right")
    table.add_column("reasons", overflow="fold")
    last = None
    for row in found.rows:
        c = row.counts
        reasons = {**c.dropped, **c.quarantined, **c.pending} | ({"undecided": c.undecided} if c.undecided else {})
        ordered = [*sorted(reasons.items(), key=lambda r: -r[1]), *row.verdicts.items()]
        told = ", ".join(f"{reason} {number}" for reason, number in ordered)
        numbers = (
            c.inputs,
            c.kept,
            sum(c.dropped.values()),
            sum(c.quarantined.values()),
            sum(c.pending.values()),
            c.out,
        )
        table.add_row(row.source if row.source != last else "", row.stage + (" (stale)" if row.stale else ""),
                      *map(str, numbers), escape(told))  # fmt: skip
        last = row.source
    width = None if sys.stdout.isatty() else 150
    console = Console(width=width, highlight=False, soft_wrap=False)
    console.print(table if found.rows else there("Nothing has been run yet. Begin with: cqia run"))
    if any(row.stale for row in found.rows):
        print(there("stale: what the stage was made from has changed since; cqia run makes it again "
                    "(release: cqia release VERSION)."))  # fmt: skip
    if not found.balanced:
        print("NOT BALANCED:")
    elif found.complete:
        print("Balanced: every input of every stage is accounted for.")
    elif found.rows:
        print("Balanced as far as it could be checked: some sources or stages are yet to be run.")
    for fault in found.faults:
        print(f"  {fault}")
    if found.faults:
        print(there("cqia run makes again what is missing or was edited; what is damaged, once you have deleted it."))


def waiting(pending: Mapping[str, int]) -> str:
    """How many items wait, each reason with the command that takes them on."""
    told = (
        f"{number} {reason} ({NEXT.get(reason, 'cqia list --status pending')})" for reason, number in pending.items()
    )
    return ", ".join(told)


def show_life(found: Life, rules: Sequence[Rule] = ()) -> None:
    """One line for where it comes from, one for each step, one for where it went; ``rules`` say what they are about."""
    about = {rule.name: _about(rule) for rule in rules}
    place = found.page
    print(found.id + (f"  {found.title}" if found.title else ""))
    if found.url:
        print(f"  address   {found.url}")
    print(f"  raw file  {place['path']}" + (f", {place['locator']}" if place["locator"] else ""))
    print(f"            sha256 {place['digest'][:16]}…, page {place['id']}")
    for step in found.steps:
        told = f": {step.reason}" if step.reason else ""
        score = f", score {step.score:g}" if step.score is not None else ""
        by = f", by {step.by}" if step.by else ""
        print(f"  {step.stage:<9} {step.status}{told}{score}{by}  [{step.id}]")
        for fired in step.fired:
            unknown = " = unknown" if step.stage == "filter" else ""
            value = unknown if fired["value"] is None else f" = {fired['value']:g}"
            detail = f"  {fired['detail']}" if fired["detail"] else ""
            meaning = about.get(fired["rule"], "") if step.stage == "filter" else ""
            if value or detail or meaning or fired["rule"] != step.reason:
                print(f"            {fired['rule']}{value}{meaning}{detail}")
    for edit in found.edits:
        change = f"{_short(edit['was'])} -> {_short(edit['now'])}"
        print(f"  edited    {edit['field']} by {edit['name']}: {change}  [{edit['id']}]")
    for record in found.records:
        if record != found.id:
            print(f"  record    {record}")
    for file in found.releases:
        print(f"  released  {file}")


def _about(rule: Rule) -> str:
    """The bounds of a rule as they are now, and what it is about."""
    bounds = (("at least", rule.at_least), ("at most", rule.at_most))
    told = ", ".join(f"{side} {bound:g}" for side, bound in bounds if bound is not None)
    return f" ({told}): {rule.why}" if told else f": {rule.why}"


def _short(text: str) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text.split())
    return f"「{line[:EDIT_SHOWN]}…」" if len(line) > EDIT_SHOWN else f"「{line}」"


def show_items(rows: Sequence[dict[str, Any]], limit: int | None, none: str = "There is no such item.") -> None:
    """A line for each item, and below it where it stands and what there is to say."""
    for row in rows:
        print(f"{row['id']}  {row['stage']} {row['status']}" + (f" {row['reason']}" if row["reason"] else ""))
        if row.get("path"):
            print(f"    {row['path']}" + (f", {row['locator']}" if row["locator"] else ""))
        if row["detail"]:
            print(f"    {row['detail']}")
    if not rows:
        print(none)
    elif len(rows) == limit:
        print(there(f"These are the first {limit}; --limit shows more. What became of one: cqia why ID"))


def show_affected(found: Affected) -> None:
    """What a takedown touches."""
    for what, ids in (("document", found.documents), ("copy", found.copies), ("record", found.records)):
        for id in ids:
            print(f"{what:<9} {id}")
    if not found.documents:
        print("Nothing in the workspace matches.")


def show_broken(made: Reported) -> None:
    """Each bound that a dataset breaks, and what does not balance."""
    for row in made.broken:
        side = "below" if row["key"].startswith("at_least") else "above"
        said = f"{row['value']:g} is {side} {row['bound']:g}" if row["value"] is not None else "was not measured"
        where = f" (source {row['where']})" if row["where"] else ""
        warn(f"{row['key']}: {row['english']}{where}: {said}." + (f" {row['hint']}" if row["hint"] else ""))
    for fault in made.faults:
        warn(f"the accounts do not balance: {fault}")


def show_sources(rows: Sequence[dict[str, Any]]) -> None:
    """Table 1, and where some source has been run, what came of it; on a narrow terminal a few lines a source."""
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    ran = any(row["last_run"] for row in rows)
    if console.width < (140 if ran else 100):
        for row in rows:
            console.print("\n".join(_told_of(row)), markup=False)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    counts = ("pages", "documents", "records", "after") if ran else ()
    for name in ("name", "title", "kind", "quantity", *counts, "stages", "exercised on", "description"):
        number = name in ("quantity", *counts[:3])
        folds = name in ("title", "stages", "exercised on", "description")
        table.add_column(name, justify="right" if number else "left", overflow="fold", no_wrap=not folds)
    for row in rows:
        last = row["last_run"] or {}
        told = ["" if last.get(name) is None else str(last[name]) for name in counts]
        table.add_row(row["name"], row["title"], row["kind"], str(row["quantity"] or ""), *told,
                      " ".join(row["stages"]), row["exercised_on"], row["description"])  # fmt: skip
    console.print(table)


def _told_of(row: dict[str, Any]) -> list[str]:
    last = row["last_run"] or {}
    paper = f"{row['quantity']} in the paper; " if row["quantity"] else ""
    lines = [
        f"{row['name']}  {row['title']}",
        f"    {row['description']}",
        f"    {row['kind']}; {paper}exercised on {row['exercised_on']}",
        f"    {' '.join(row['stages'])}",
    ]
    counts = [f"{last[name]} {name}" for name in ("pages", "documents", "records") if last.get(name) is not None]
    if counts:
        lines.append(f"    {', '.join(counts)}" + (f" after {last['after']}" if last.get("after") else ""))
    return lines


@contextmanager
def progress() -> Iterator[Told]:
    """A bar with rate and time left on a terminal, plain lines elsewhere; both on standard error."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    columns = (
        TextColumn("{task.description:<26}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, tuple[TaskID, float]] = {}

        def told(what: str, done: int, total: int, inputs: int) -> None:
            if what not in tasks or done == 1:
                tasks[what] = (bars.add_task(what, total=total, rate=""), time.monotonic())
            task, begun = tasks[what]
            rate = inputs / max(time.monotonic() - begun, 0.001)
            bars.update(task, completed=done, total=total, rate=f"{rate:,.0f}/s" if inputs else "")

        yield told


def _lines() -> Told:
    shown, at = "", 0.0

    def told(what: str, done: int, total: int, inputs: int) -> None:
        nonlocal shown, at
        if done == total or what != shown or time.monotonic() - at > LINE_SECONDS:
            print(f"{what}: {done}/{total}" + (f" shards, {inputs} items" if inputs else ""), file=sys.stderr)
            shown, at = what, time.monotonic()

    return told
