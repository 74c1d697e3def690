"""Finding records on the desk: by their text, in Chinese, and by everything else that is known of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, RowMapping, Select, bindparam, exists, func, select

from cqia.review import text_index
from cqia.review.bigrams import asked, fold, has
from cqia.review.refused import Refused
from cqia.review.tables import decisions, flags, item_rules, items, lanes

STATES = ("idle", "waiting", "disagreed", "decided", "gone")
SHOWN = 160  # characters of a text in a list
LOOKED_INTO = 60_000  # characters of a record in which the words are looked for in a row
CANDIDATES = 200  # looked at at once where words stood apart
EXAMINED = 2_000  # candidates of one page of results, whose words are perhaps not in a row
COUNTED = 1_000  # counting further takes longer than finding

Places = Sequence[Row[int, int]]  # place and number


@dataclass(frozen=True)
class Filter:
    """What to find; what is None, or empty, matches everything.

    Attributes:
        text: words, all of them, each in a row; in the instruction, the input or the output as they came in.
        source, field, state, rule: the very name. reviewer: who decided. action: what was decided.
        at_least, at_most: score. shortest, longest: characters of the output.
        flagged: with a flag that nobody has seen to.
    """

    text: str = ""
    source: str | None = None
    field: str | None = None
    state: str | None = None
    rule: str | None = None
    reviewer: str | None = None
    action: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    shortest: int | None = None
    longest: int | None = None
    flagged: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Without what matches everything, as a bulk action remembers it; 0 does not."""
        asked = asdict(self).items()
        return {name: value for name, value in asked if value not in (None, "") and value is not False}


@dataclass(frozen=True)
class Hit:
    """A record in a list: the beginnings of its texts."""

    number: int
    id: str
    source: str
    field: str
    state: str
    score: float | None
    reason: str | None
    length: int
    instruction: str
    output: str
    action: str | None
    reviewer: str | None


@dataclass(frozen=True)
class Found:
    """A page of results, in the order in which records came in; on PostgreSQL, where nothing but words is asked for, in
    the one in which their texts are stored: a record whose text was changed since stands elsewhere.

    Attributes:
        after: for the next page; None at the end.
        count: how many there are, counted up to ``COUNTED``; if not all are on this page, those too that have the terms
            but not in a row.
        counted: what that means: they are ``all``; there may be more, ``at_least`` so many; some may not match,
            ``at_most`` so many; or both, ``perhaps`` so many.
    """

    hits: tuple[Hit, ...]
    after: int | None
    count: int
    counted: Literal["all", "at_least", "at_most", "perhaps"]


_HIT = (
    select(
        items.c.number, items.c.id, items.c.source, lanes.c.field, items.c.state, items.c.score, items.c.reason,
        items.c.length, func.substr(items.c.instruction, 1, SHOWN).label("instruction"),
        func.substr(items.c.output, 1, SHOWN).label("output"), decisions.c.action, decisions.c.reviewer,
    )
    .select_from(items).join(lanes).join(decisions, decisions.c.number == items.c.decision, isouter=True)
    .where(items.c.number.in_(bindparam("some", expanding=True)))
)  # fmt: skip
_said = decisions.alias("said")
_TEXT = func.substr(items.c.instruction + "\n" + items.c.input + "\n" + items.c.output, 1, LOOKED_INTO)
_HIT_AND_TEXT = _HIT.add_columns(_TEXT.label("text"))


def search(db: Connection, wanted: Filter, after: int | None = None, limit: int = 50) -> Found:
    """A page of records that match.

    Args:
        after: of the page before. limit: records of a page.

    Raises:
        Refused: ``invalid``: a text without words, a state that there is not.
    """
    first = _places(db, wanted, 0)
    hits, further = _page(db, wanted, _places(db, wanted, after) if after else first, limit)
    if not after and further is None:
        return Found(hits, None, len(hits), "all")
    more = len(first) == COUNTED
    if _apart(wanted):
        return Found(hits, further, len(first), "perhaps" if more else "at_most")
    return Found(hits, further, len(first), "at_least" if more else "all")


def _page(db: Connection, wanted: Filter, places: Places, limit: int) -> tuple[tuple[Hit, ...], int | None]:
    """The records of a page that begins with these places, and the place after which the next one begins."""
    found: list[Hit] = []
    examined = last = 0
    for some in _batches(db, wanted, places, limit + 1):
        for place, row in _fitting(db, wanted, some):
            if len(found) == limit:
                return tuple(found), last
            found.append(Hit(**{name: row[name] for name in Hit.__dataclass_fields__}))
            last = place
        examined += len(some)
        if examined >= EXAMINED:
            return tuple(found), some[-1].place
    return tuple(found), None


def numbers(db: Connection, wanted: Filter, most: int) -> list[int]:
    """The numbers of the records that match, each once, for a bulk action.

    Raises:
        Refused: ``too_many``.
    """
    found: dict[int, None] = {}  # one whose text is changed meanwhile may come again, at its new place in the index
    for some in _batches(db, wanted, _places(db, wanted, 0), CANDIDATES):
        found |= dict.fromkeys(row["number"] for _, row in _fitting(db, wanted, some))
        if len(found) > most:
            raise Refused("too_many", f"More than {most:,} records match.", "Narrow the filter, or do it in parts.")
    return list(found)


def _batches(db: Connection, wanted: Filter, places: Places, many: int) -> Iterator[Places]:
    """Places, and those that follow them: ``many``, and then ``CANDIDATES`` at a time."""
    while places:
        last = places[-1].place if len(places) == COUNTED else None  # of fewer there are no more
        while places:
            yield places[:many]
            places, many = places[many:], CANDIDATES
        places = _places(db, wanted, last) if last is not None else ()


def _fitting(db: Connection, wanted: Filter, some: Places) -> Iterator[tuple[int, RowMapping]]:
    """What is shown of those that have the words in a row, and their places."""
    apart = _apart(wanted)
    rows = db.execute(_HIT_AND_TEXT if apart else _HIT, {"some": [each.number for each in some]}).mappings().all()
    by_number = {row["number"]: row for row in rows}
    for each in some:
        row = by_number[each.number]
        if not apart or has(row["text"], wanted.text):
            yield each.place, row


def _apart(wanted: Filter) -> bool:
    """Whether words may stand apart in what the index finds: one term, or the beginning of one, is found exactly."""
    return bool(wanted.text.strip()) and [fold(wanted.text).strip()] != [term for term, _ in asked(wanted.text)]


def _places(db: Connection, wanted: Filter, after: int) -> Places:
    """The first records that match, without regard to whether their words stand apart: each with its number, and its
    place in the order by which pages go on."""
    limits, gone = conditions(wanted), wanted.state is not None
    if wanted.text.strip():
        if not asked(wanted.text):
            raise Refused("invalid", "The text has no word to look for.")
        return text_index.places(db, wanted.text, limits, after, COUNTED, gone=gone)
    number = items.c.number
    found = select(number.label("place"), number).where(
        number > after, *limits, *() if gone else (items.c.state != "gone",)
    )
    return db.execute(found.order_by(number).limit(COUNTED)).all()


def facets(db: Connection) -> dict[str, Sequence[str]]:
    """What can be chosen: ``source``, ``field``, ``rule``, ``reviewer`` and ``state``."""
    pairs = db.execute(_PAIRS).all()
    return {
        "source": sorted({row.source for row in pairs}),
        "field": sorted({row.field for row in pairs} - {""}),
        "rule": list(db.execute(_RULES).scalars()),
        "reviewer": list(db.execute(_REVIEWERS).scalars()),
        "state": STATES,
    }


def _distinct(column: Any) -> Select[Any]:
    """The values of an indexed column, one seek each: they are far fewer than rows."""
    values = select(func.min(column).label("value")).cte("distinct_values", recursive=True)
    following = select(func.min(column)).where(column > values.c.value).scalar_subquery()
    values = values.union_all(select(following).where(values.c.value.is_not(None)))
    return select(values.c.value).where(values.c.value.is_not(None))


# Made once: making a statement takes longer than running it.
_PAIRS = select(lanes.c.source, lanes.c.field)
_RULES = _distinct(item_rules.c.rule)
_REVIEWERS = _distinct(decisions.c.reviewer)


def conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """The filter, but for its text and for what is gone, as conditions on ``items``."""
    found: list[Any] = []
    if wanted.state is not None and wanted.state not in STATES:
        raise Refused("invalid", f"There is no state {wanted.state!r}.", f"Known: {', '.join(STATES)}.")
    for name in ("source", "state"):
        if (value := asdict(wanted)[name]) is not None:
            found.append(items.c[name] == value)
    if wanted.field is not None:
        found.append(items.c.lane.in_(select(lanes.c.number).where(lanes.c.field == wanted.field)))
    if wanted.rule is not None:
        found.append(items.c.number.in_(select(item_rules.c.item).where(item_rules.c.rule == wanted.rule)))
    if wanted.reviewer is not None:
        found.append(items.c.id.in_(select(decisions.c.id).where(decisions.c.reviewer == wanted.reviewer)))
    if wanted.action is not None:
        found.append(exists().where(_said.c.number == items.c.decision, _said.c.action == wanted.action))
    for column, low, high in (
        (items.c.score, wanted.at_least, wanted.at_most),
        (items.c.length, wanted.shortest, wanted.longest),
    ):
        found += [column >= low] if low is not None else []
        found += [column <= high] if high is not None else []
    if wanted.flagged:
        found.append(items.c.number.in_(select(flags.c.item).where(flags.c.settled_by.is_(None))))
    return found
