"""How far the work is, how it goes, and whether people agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from cqia.desk.visit import Page, Visit
from cqia.review import clock, flags, frames, overview
from cqia.review.agreement import Agreement, by_criterion, by_pair, by_week
from cqia.review.reviewers import manners

LATELY = timedelta(days=28)  # what the manner of working is judged by
WIDTH, HEIGHT, EDGE = 640, 200, 36  # of the chart, in its own units


@dataclass(frozen=True)
class Chart:
    """Alpha by week as points of an SVG: ``line`` and ``band`` are lists of points, ``dots`` have a week each."""

    line: str
    band: str
    dots: tuple[tuple[float, float, str], ...]
    zero: float


def show(visit: Visit) -> Response:
    """Progress for everybody; for seniors also how each works, and what was flagged."""
    senior = visit.who.senior
    with visit.desk.database.reading() as db:
        progress = overview.progress(db)
        speeds = [each for each in overview.speed(db) if senior or each.reviewer == visit.who.name]
        since = clock.now(db) - LATELY
        found = manners(frames.work(db, since), frames.gold_answers(db)) if senior else []
        open_flags = flags.open_flags(db) if senior else []
    return visit.page(
        "overview.html", progress=progress, speeds=speeds, flags=open_flags,
        manners={each.reviewer: each for each in found}, sources=visit.desk.project.sources,
    )  # fmt: skip


def agreement(visit: Visit) -> Response:
    """Krippendorff's alpha by criterion and by week, kappa by pair, all with intervals."""
    with visit.desk.database.reading() as db:
        ratings = frames.rated(db)
    criteria = by_criterion(ratings)
    weekly = by_week(ratings)
    charts = {each.criterion: chart([w for w in weekly if w.criterion == each.criterion]) for each in criteria}
    return visit.page("agreement.html", criteria=criteria, pairs=by_pair(ratings), charts=charts)


def chart(weeks: Sequence[Agreement]) -> Chart | None:
    """The weeks with an alpha, as a line between -0.2 and 1; None where fewer than two have one."""
    known = [each for each in weeks if each.alpha.value == each.alpha.value]
    if len(known) < 2:
        return None

    def down(value: float) -> float:
        return round(EDGE + (1 - max(-0.2, min(1.0, value))) / 1.2 * (HEIGHT - 2 * EDGE), 1)

    step = (WIDTH - 2 * EDGE) / (len(known) - 1)
    across = [round(EDGE + number * step, 1) for number in range(len(known))]
    points = list(zip(across, known, strict=True))
    high = [(x, down(each.alpha.high)) for x, each in points]
    low = [(x, down(each.alpha.low)) for x, each in points]
    return Chart(
        " ".join(f"{x},{down(each.alpha.value)}" for x, each in points),
        " ".join(f"{x},{y}" for x, y in [*high, *reversed(low)]),
        tuple((x, down(each.alpha.value), each.period or "") for x, each in points),
        down(0),
    )


PAGES = (
    Page("GET", "/overview", show),
    Page("GET", "/overview/agreement", agreement, "senior"),
)
