"""What stands around a judge on the road: probes and anchors that watch it, and a student that spares it questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from cqia.errors import UsageError
from cqia.judge import anchors, student
from cqia.judge.anchors import Anchored
from cqia.judge.consistency import shuffled
from cqia.judge.heuristic import Heuristic
from cqia.judge.model import ModelJudge
from cqia.judge.probes import Probed
from cqia.judge.student import Prefiltered
from cqia.judge.verdict import Judge
from cqia.judge.watch import Watch


@dataclass(frozen=True, kw_only=True)
class Guards:
    """What stands around the judge of one source.

    Attributes:
        probes: share of records beside which a probe is put.
        anchors: file of the anchors; None for none.
        student: folder of the student; None for none. asks: share of the records that the judge is asked about then.
        watch: file of what probes and anchors showed.
        at_least: the lowest score that the source keeps.
        seed: by which probes are drawn.
    """

    probes: float
    anchors: Path | None
    student: Path | None
    asks: float
    watch: Path
    at_least: float
    seed: int


def guarded(judge: Judge, guards: Guards) -> Judge:
    """The judge with its guards. The heuristic is not watched: it reads no instructions and does not change.

    Raises ``UsageError`` where anchors or student cannot be had, or the student was taught another bound than the
    source keeps.
    """
    watched = judge
    watch = Watch(guards.watch)
    if not isinstance(judge, Heuristic):
        if guards.probes:
            watched = Probed(watched, guards.probes, guards.at_least, watch, guards.seed)
        if guards.anchors is not None:
            watched = Anchored(watched, anchors.read(guards.anchors), again(judge), watch)
    if guards.student is None:
        return watched
    taught = student.load(guards.student)
    if taught.at_least != guards.at_least:
        kept = f"scores from {guards.at_least:g} on are kept"
        known = "yes and no" if taught.at_least is None else f"good from {taught.at_least:g} on"
        raise UsageError(
            f"The student in {guards.student} was taught {known}, but {kept}.",
            f"Teach one for that: cqia judge distil --at-least {guards.at_least:g}",
        )
    return Prefiltered(taught, watched, guards.asks)


def again(judge: Judge) -> Callable[[str], Judge]:
    """From a purpose to the judge asking under it, so that what it answered before is really asked again."""
    return lambda purpose: replace(judge, purpose=purpose) if isinstance(judge, ModelJudge) else judge


def reordered(judge: Judge, number: int) -> Judge:
    """The judge for a round of repeats: asked anew, its criteria in another order."""
    if not isinstance(judge, ModelJudge):
        return judge
    return replace(judge, rubric=shuffled(judge.rubric, number), purpose=f"repeat/{number}")
