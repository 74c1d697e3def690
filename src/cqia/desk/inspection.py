"""COIG's inspection of decided records: every case of a batch is checked, then a sample by experts; or it goes back."""

from __future__ import annotations

import secrets

from starlette.responses import Response

from cqia.desk.visit import Page, Stop, Visit
from cqia.review import batches

MOST = 10_000  # cases of one batch: weeks of work for one person


def show(visit: Visit) -> Response:
    """A case of a batch that this person may check; or which batches there are."""
    name = visit.text("name")
    with visit.desk.database.reading() as db:
        known = batches.names(db)
        if not name:
            every = [batches.inspection(db, each) for each in reversed(known)]
            return visit.page("inspections.html", every=every, sources=list(visit.desk.project.sources))
        if name not in known:
            raise Stop(404, "refused_unknown")
        found = batches.inspection(db, name)
        case = batches.case(db, name, visit.who.name)
    return visit.page("inspection.html", found=found, case=case)


def check(visit: Visit) -> Response:
    """Take down whether a case is correct and go on to the next."""
    said = visit.text("correct", 3)
    if said not in ("yes", "no"):
        raise Stop(422, "bad_field", "correct")
    reason = visit.text("note", 2_000).strip() or None
    if said == "no" and reason is None:
        raise Stop(422, "why_wrong")
    name = visit.text("name")
    with visit.desk.database.writing() as db:
        if name not in batches.names(db):
            raise Stop(404, "refused_unknown")
        batches.check(db, name, visit.text("id"), visit.who.name, said == "yes", visit.text("text_digest", 200), reason)
    return visit.go("/inspection", name=name)


def begin(visit: Visit) -> Response:
    """Begin the inspection of records that were decided and are in no batch."""
    name, size = visit.text("name", 60).strip(), visit.number("size") or 0
    if not name or not 0 < size <= MOST:
        raise Stop(422, "bad_field", visit.say("name") if not name else visit.say("cases"))
    source, reviewer = visit.text("source") or None, visit.text("reviewer", 60).strip() or None
    with visit.desk.database.writing() as db:
        ids = batches.decided(db, source=source, reviewer=reviewer, limit=size)
        batches.begin(db, name, ids, by=visit.who.name, seed=secrets.randbelow(2**31))
    return visit.go("/inspection", name=name)


def again(visit: Visit) -> Response:
    """Another round of a batch that failed, once its records have been decided again."""
    name = visit.text("name")
    with visit.desk.database.writing() as db:
        if name not in batches.names(db):
            raise Stop(404, "refused_unknown")
        batches.again(db, name)
    return visit.go("/inspection", name=name)


PAGES = (
    Page("GET", "/inspection", show),
    Page("POST", "/inspection", check),
    Page("POST", "/inspection/begin", begin, "senior"),
    Page("POST", "/inspection/again", again, "senior"),
)
