"""The results of an arena as files: ``arena.json``, ``arena.md`` with its tables, and two pictures."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from cqia.engine.files import write_bytes, write_json
from cqia.errors import UsageError, nearest
from cqia.review.arena_chart import bars, dots
from cqia.review.standings import Standings
from cqia.stats.intervals import Estimate


def subject(found: Standings, of: str | None) -> str:
    """The system that the bars are about: ``of``, else the one compared with most others, the strongest of them.

    Raises:
        UsageError: no vote is about ``of``, or there is none at all.
    """
    systems = found.systems
    if not systems:
        raise UsageError("Nothing has been judged yet.", "People judge with: cqia arena serve")
    if of is None:
        return max(systems, key=lambda system: len(found.of(system)))
    if of not in systems:
        raise UsageError(f"No vote is about {of!r}.", nearest(of, systems))
    return of


def numbers(found: Standings) -> dict[str, Any]:
    """All results, for JSON; shares and strengths with their 95 % intervals."""
    return {
        "votes": found.votes,
        "strengths": [{"system": name, **each.to_dict()} for name, each in found.strengths],
        "why_no_strengths": found.why_none or None,
        "pairs": [
            {
                "system": pair.system, "other": pair.other, "battles": pair.battles,
                "won": pair.won, "tied": pair.tied, "lost": pair.lost,
                **{f"{name}_share": share.to_dict()
                   for name, share in zip(("won", "tied", "lost"), pair.shares, strict=True)},
            }
            for pair in found.pairs
        ],
        "judges": [
            {"judge": each.name, "votes": each.votes, "ties": each.ties.to_dict(), "first": each.first.to_dict(),
             "agreed": each.agreed.to_dict()}
            for each in found.judges
        ],
        "alpha": found.alpha.to_dict(),
    }  # fmt: skip


def write(folder: Path, name: str, found: Standings, of: str | None = None) -> Path:
    """Write the files into ``folder``; returns the page."""
    about = subject(found, of)
    write_json(folder / "arena.json", {"name": name, "of": about, **numbers(found)})
    write_bytes(folder / "bars.svg", bars(found.of(about)).encode())
    if found.strengths:
        write_bytes(folder / "strengths.svg", dots(found.strengths).encode())
    else:
        (folder / "strengths.svg").unlink(missing_ok=True)  # of another time, when there were some
    write_bytes(folder / "arena.md", _page(name, found, about).encode())
    return folder / "arena.md"


def _page(name: str, found: Standings, about: str) -> str:
    rows = [
        [pair.other, str(pair.battles), *(share_of(each) for each in pair.shares)] for pair in found.of(about)
    ]  # fmt: skip
    said = [f"# {_cell(name)}", "", f"## {_cell(about)} 对其余各方 against the others", "", "![](bars.svg)", ""]
    said += _table(["对手 other", "场数 battles", "胜 win", "平 tie", "负 loss"], rows)
    said += ["", "## Bradley–Terry", ""]
    if found.strengths:
        said += ["![](strengths.svg)", ""]
        said += _table(
            ["", "强度 strength", "95 %"],
            [[system, f"{each.value:+.3f}", span_of(each)] for system, each in found.strengths],
        )
    else:
        said += [_cell(found.why_none)]
    said += ["", "## 评判 judges", ""]
    said += _table(
        ["", "票数 votes", "平局 ties", "选左边 first side", "与多数一致 agreed"],
        [[each.name, str(each.votes), share_of(each.ties), share_of(each.first), share_of(each.agreed)]
         for each in found.judges],
    )  # fmt: skip
    said += ["", f"Krippendorff α: {found.alpha}" if math.isfinite(found.alpha.low) else "", ""]
    return "\n".join(said)


def share_of(each: Estimate) -> str:
    """A share with its interval, in per cent."""
    if math.isnan(each.value):
        return "-"
    return f"{each.value:.1%} ({each.low:.1%}–{each.high:.1%})"


def span_of(each: Estimate) -> str:
    """An interval alone; where too many draws were separated there is none."""
    return f"{each.low:+.3f} – {each.high:+.3f}" if math.isfinite(each.low) else "-"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    lines = [head, ["---", *(["---:"] * (len(head) - 1))], *([_cell(each) for each in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def _cell(text: str) -> str:
    """Text that is nothing but text in Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>#|!~&])", r"\\\1", " ".join(text.split()))
