"""Finding records on the desk: by their text, in Chinese, and by everything else that is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from cqia.review import text_index
from cqia.review.bigrams import asked, fold, has
from cqia.review.refused import Refused
from cqia.review.tables import decisions, flags, item_rules, items, lanes

STATES = ("idle", "waiting", "disagreed", "decided", "gone")
SHOWN = 160  # characters of a text in a list
LOOKED_INTO = 60_000  # characters of a record in which the words are looked for in a row
CANDIDATES = 200  # looked at at once where words may stand apart
EXAMINED = 2_000  # candidates of one page of results, whose words are perhaps not in a row
COUNTED = 1_000  # counting further takes longer than the number is worth: of a million records, longer than finding


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
        """Without what matches everything, as a bulk action remembers it."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "", False)}


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
    """A page of results, in the order in which records came in. ``after``: for the next page; None at the end."""

    hits: tuple[Hit, ...]
    after: int | None


_HIT = (
    select(
        items.c.number, items.c.id, items.c.source, lanes.c.field, items.c.state, items.c.score, items.c.reason,
        items.c.length, func.substr(items.c.instruction, 1, SHOWN).label("instruction"),
        func.substr(items.c.output, 1, SHOWN).label("output"), decisions.c.action, decisions.c.reviewer,
    )
    .select_from(items).join(lanes).join(decisions, decisions.c.number == items.c.decision, isouter=True)
)  # fmt: skip
_said = decisions.alias("said")
_TEXT = func.substr(items.c.instruction + "\n" + items.c.input + "\n" + items.c.output, 1, LOOKED_INTO)


def search(db: Connection, wanted: Filter, after: int | None = None, limit: int = 50) -> Found:
    """A page of records that match.

    Args:
        after: of the page before. limit: records of a page.

    Raises:
        Refused: ``invalid``: a text without words, a state that there is not.
    """
    found: list[Hit] = []
    start = after or 0
    # One term, or the beginning of one, is found exactly; of more the words may stand apart.
    apart = bool(wanted.text.strip()) and [fold(wanted.text).strip()] != [term for term, _ in asked(wanted.text)]
    some, number = _narrowed(db, select(items.c.number), wanted)
    shown = _HIT.add_columns(_TEXT.label("text")) if apart else _HIT
    many = max(limit + 1, CANDIDATES) if apart else limit + 1
    examined = 0
    while True:
        # First which they are, then what they say: PostgreSQL would fetch the texts of all, to show fifty.
        page = some.where(number > start).order_by(number).limit(many).subquery()
        chosen = shown.join(page, page.c.number == items.c.number).order_by(items.c.number)
        rows = db.execute(chosen).mappings().all()
        for row in rows:
            if not apart or has(row["text"], wanted.text):
                if len(found) == limit:
                    return Found(tuple(found), found[-1].number)
                found.append(Hit(**{name: row[name] for name in Hit.__dataclass_fields__}))
        if len(rows) < many:
            return Found(tuple(found), None)
        start, examined = rows[-1]["number"], examined + len(rows)
        if examined >= EXAMINED:
            return Found(tuple(found), start)


def count(db: Connection, wanted: Filter, most: int = COUNTED) -> int:
    """How many records match, counted up to ``most``; of several words also those where they stand apart."""
    some, _ = _narrowed(db, select(items.c.number), wanted)
    return int(db.execute(select(func.count()).select_from(some.limit(most).subquery())).scalar_one())


def numbers(db: Connection, wanted: Filter, most: int) -> list[int]:
    """The numbers of the records that match, for a bulk action.

    Raises:
        Refused: ``too_many``.
    """
    found: list[int] = []
    after: int | None = 0
    while after is not None:
        page = search(db, wanted, after, limit=min(1000, most + 1))
        found += [hit.number for hit in page.hits]
        after = page.after
        if len(found) > most:
            raise Refused("too_many", f"More than {most:,} records match.", "Narrow the filter, or do it in parts.")
    return found


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


def _narrowed(db: Connection, statement: Select[Any], wanted: Filter) -> tuple[Select[Any], ColumnElement[int]]:
    """A query on ``items`` with the filter, and the column that its pages go by."""
    statement = statement.where(*conditions(wanted))
    if not wanted.text.strip():
        return statement, items.c.number
    matching = text_index.matching(db.dialect.name, wanted.text)
    if matching is None:
        raise Refused("invalid", "The text has no word to look for.")
    return statement.join(text_index.TABLE, matching.on).where(matching.where), matching.number


def conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """The filter, but for its text, as conditions on ``items``."""
    found: list[Any] = []
    if wanted.state is not None and wanted.state not in STATES:
        raise Refused("invalid", f"There is no state {wanted.state!r}.", f"Known: {', '.join(STATES)}.")
    for name in ("source", "state"):
        if (value := asdict(wanted)[name]) is not None:
            found.append(items.c[name] == value)
    if wanted.state is None:
        found.append(items.c.state != "gone")
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
