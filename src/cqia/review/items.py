"""The records of the workspace as the desk shows them, and how they come into its database.

``sync`` is run again whenever the workspace has changed. It reads the parts that are new or other than last time, a
thousand records a transaction, so that people go on working meanwhile; killed, it is run again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from cqia.engine.task import read_part
from cqia.review import text_index
from cqia.review.database import Database, alone
from cqia.review.pour import pour
from cqia.review.refused import Refused
from cqia.review.standing import CHUNK, chunks, settle
from cqia.review.tables import item_rules, items, lanes, parts, turns
from cqia.schema import STATUS, digest

#: What ``Item.facts`` holds. Of the record and of its document; ``media`` holds the originals of what was transcribed
#: (kind formula or table, url the place), ``raw`` the file that they lie in.
FACTS = ("title", "url", "author", "metadata", "task_type", "domain", "answer_from", "copyright", "media", "raw",
         "at_least", "edits")  # fmt: skip
BANDS = ("undecided", "near", "audit", "rest")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Queue:
    """Who must be seen, and in which order.

    Attributes:
        require: whom a person must have seen before release: those without a verdict, all, or nobody.
        near: records up to so many points above the threshold are looked at, the nearest first.
        audit: the share of all others that is looked at.
        double: the share of all that two people see.
        seed: of the shares and of the order.
    """

    require: Literal["undecided", "all", "none"] = "undecided"
    near: float = 0.0
    audit: float = 0.0
    double: float = 0.0
    seed: int = 42


@dataclass(frozen=True)
class Feed:
    """Where the records of a source stand.

    Attributes:
        source: its name. records: the folder of parts that the review stage reads.
        statuses: the folder of the judge's statuses; None where nobody judged.
        documents: the folder of the documents that the records were made of.
        at_least: the judge's threshold.
    """

    source: str
    records: Path
    statuses: Path | None
    documents: Path
    at_least: float


@dataclass(frozen=True)
class Synced:
    """How many records were new, changed, gone, and left as they were."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    same: int = 0


@dataclass(frozen=True)
class Item:
    """A record on the desk. ``band``: one of ``BANDS``; ``facts``: see ``FACTS``; ``need``: by how many it must be
    seen; ``decision``: the number of the decision that counts."""

    number: int
    id: str
    document_id: str
    source: str
    field: str
    task: str
    instruction: str
    input: str
    output: str
    history: list[dict[str, str]]
    text_digest: str
    length: int
    facts: dict[str, Any]
    score: float | None
    reason: str | None
    by: str | None
    fired: list[dict[str, Any]]
    priority: float
    need: int
    state: str
    decision: int | None

    @property
    def band(self) -> str:
        """Why it is where it is in the queue."""
        return BANDS[int(self.priority)]


# Statements of every request are made once: making one takes longer than running it.
COLUMNS = (*(items.c[name] for name in Item.__dataclass_fields__ if name != "field"), lanes.c.field)
_BY_ID = select(*COLUMNS).join(lanes).where(items.c.id == bindparam("what"))


def item(db: Connection, id: str) -> Item:
    """The record with this id. Raises ``Refused`` (unknown)."""
    row = db.execute(_BY_ID, {"what": id}).mappings().one_or_none()
    if row is None:
        raise Refused("unknown", f"There is no record {id!r} on the desk.")
    return Item(**row)


def sync(
    database: Database,
    feeds: Sequence[Feed],
    queue: Queue,
    progress: Progress = lambda source, done, total: None,
) -> Synced:
    """Bring the workspace's records onto the desk; records that are no longer there are marked as gone.

    Args:
        feeds: all sources with a review stage.
        progress: told of the source, the parts done and the parts in all.
    """
    counts = {"new": 0, "changed": 0, "gone": 0, "same": 0}
    with database.reading() as db:
        known = {(row.source, row.name): row for row in db.execute(select(parts))}
    with database.writing() as db:
        alone(db, "parts")  # two servers that start together
        text_index.drop_index(db)
    for feed in feeds:
        files = sorted(feed.records.glob("part-*.parquet"))
        for done, file in enumerate(files):
            progress(feed.source, done, len(files))
            row = known.pop((feed.source, file.name), None)
            settings = repr((feed.at_least, feed.statuses is not None, queue))
            seen = digest(settings, *(_file_digest(each) for each in _files(feed, file.name)))
            if row is not None and row.digest == seen:
                counts["same"] += _count(database, row.number)
                continue
            number = row.number if row is not None else _add_part(database, feed.source, file.name)
            for what, count in _read(database, number, _rows(feed, file.name, queue)).items():
                counts[what] += count
            with database.writing() as db:  # last, so that a part that was read by half is read again
                db.execute(update(parts).where(parts.c.number == number).values(digest=seen))
        progress(feed.source, len(files), len(files))
    for row in known.values():
        counts["gone"] += _read(database, row.number, ())["gone"]
        with database.writing() as db:
            db.execute(update(parts).where(parts.c.number == row.number).values(digest=""))
    with database.writing() as db:
        alone(db, "parts")  # else both make it, and one of them fails
        text_index.make_index(db)
    return Synced(**counts)


def index_texts(db: Connection) -> None:
    """Make the index of texts anew, from the texts."""
    text_index.clear(db)
    text_index.drop_index(db)
    some = (
        select(items.c.number, items.c.instruction, items.c.input, items.c.output)
        .where(items.c.number > bindparam("after")).order_by(items.c.number).limit(CHUNK)
    )  # fmt: skip
    after = 0
    while rows := db.execute(some, {"after": after}).all():
        text_index.add(db, [(row.number, _text(row._mapping)) for row in rows])
        after = rows[-1].number
    text_index.make_index(db)


def _count(database: Database, part: int) -> int:
    """How many records of a part are on the desk."""
    there = select(func.count()).where(items.c.part == part, items.c.state != "gone")
    with database.reading() as db:
        return int(db.execute(there).scalar_one())


def _files(feed: Feed, name: str) -> list[Path]:
    folders = (feed.records, feed.statuses, feed.documents)
    return [folder / name for folder in folders if folder is not None and (folder / name).exists()]


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add_part(database: Database, source: str, name: str) -> int:
    with database.writing() as db:
        alone(db, "parts")
        there = select(parts.c.number).where(parts.c.source == source, parts.c.name == name)
        made = insert(parts).values(source=source, name=name, digest="").returning(parts.c.number)
        return int(db.execute(there).scalar() or db.execute(made).scalar_one())


def _rows(feed: Feed, name: str, queue: Queue) -> Iterable[dict[str, Any]]:
    """The records of a part as rows of ``items``, with ``field`` instead of ``lane``."""
    frame = read_part(feed.records / name)
    if feed.statuses is not None and (feed.statuses / name).exists():
        status = read_part(feed.statuses / name).select("id", "reason", "by", "fired")
    else:
        status = STATUS.to_frame().select("id", "reason", "by", "fired")
    columns = ["id", "title", "url", "author", "media", "raw"]
    document = (feed.documents / name).exists()
    documents = read_part(feed.documents / name).select(columns) if document else pl.DataFrame({"id": []})
    joined = frame.join(status, on="id", how="left", maintain_order="left").join(
        documents.cast({"id": pl.String}), left_on="document_id", right_on="id", how="left", maintain_order="left"
    )
    for row in joined.iter_rows(named=True):
        yield _row(row, feed, queue)


def _row(row: Mapping[str, Any], feed: Feed, queue: Queue) -> dict[str, Any]:
    facts = {name: row.get(name) for name in FACTS} | {"at_least": feed.at_least}
    undecided = feed.statuses is not None and row["score"] is None
    score = 10.0 if row["score"] is None else row["score"]  # where nobody judges, nothing is near the threshold
    priority = _priority(row["id"], None if undecided else score - feed.at_least, queue)
    must = queue.require == "all" or priority < BANDS.index("rest")
    twice = _draw(queue.seed, "double", row["id"]) < queue.double
    clean: dict[str, Any] = _clean({
        "id": row["id"], "document_id": row["document_id"], "source": feed.source, "task": row["task"],
        "instruction": row["instruction"] or "", "input": row["input"] or "", "output": row["output"] or "",
        "history": row["history"] or [], "text_digest": row["text_digest"], "length": len(row["output"] or ""),
        "facts": facts, "score": row["score"], "reason": row["reason"], "by": row["by"], "fired": row["fired"] or [],
        "field": next(iter(row["domain"] or ()), ""),
    })  # fmt: skip
    return clean | {"priority": priority, "need": (1 + twice) * must}


def _priority(id: str, above: float | None, queue: Queue) -> float:
    """Of a record ``above`` points over the threshold, None for no verdict: the band, and in it the place. One below,
    which the judge kept because a person had accepted its answer, is as near as can be."""
    chance = _draw(queue.seed, "order", id)
    if above is None:
        return chance
    if (distance := max(0.0, above)) < queue.near:
        return 1 + 0.999 * distance / queue.near + 0.001 * chance
    return (2 if _draw(queue.seed, "audit", id) < queue.audit else 3) + chance


def _draw(seed: int, what: str, id: str) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    return int(digest(str(seed), what, id)[:13], 16) / 16**13


def _clean(value: Any) -> Any:
    """Without NUL, which PostgreSQL does not store; the digest of the text remains that of the record."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, Mapping):
        return {key: _clean(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_clean(each) for each in value]
    return value


def _read(database: Database, part: int, rows: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Store the rows of a part, a chunk a transaction; what was in the part and is no more is gone."""
    counts = {"new": 0, "changed": 0, "gone": 0, "same": 0}
    ids: set[str] = set()
    some: list[dict[str, Any]] = []

    def flush() -> None:
        with database.writing() as db:
            alone(db, "parts")
            for what, count in _store(db, part, some).items():
                counts[what] += count
        some.clear()

    for row in rows:
        ids.add(row["id"])
        some.append(row)
        if len(some) == CHUNK:
            flush()
    if some:
        flush()
    with database.writing() as db:
        there = db.execute(select(items.c.number, items.c.id).where(items.c.part == part, items.c.state != "gone"))
        gone = [row.number for row in there if row.id not in ids]
        for each in chunks(gone):
            db.execute(update(items).where(items.c.number.in_(each)).values(state="gone"))
        settle(db, gone)
    return counts | {"gone": len(gone)}


def _store(db: Connection, part: int, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    of_field = {field: _lane(db, rows[0]["source"], field) for field in {row["field"] for row in rows}}
    there = {
        row.id: row
        for row in db.execute(
            select(items.c.number, items.c.id, items.c.text_digest, items.c.instruction, items.c.input, items.c.output)
            .where(items.c.id.in_([row["id"] for row in rows]))
        )
    }  # fmt: skip
    ready = [
        {name: value for name, value in row.items() if name != "field"}
        | {"part": part, "lane": of_field[row["field"]], "state": "waiting" if row["need"] else "idle"}
        for row in rows
    ]
    new, old = [row for row in ready if row["id"] not in there], [row for row in ready if row["id"] in there]
    pour(db, items, new)
    if old:
        # "n" and not "number": the names of columns are taken by their values.
        db.execute(
            update(items).where(items.c.number == bindparam("n")),
            [{**row, "n": there[row["id"]].number} for row in old],
        )
    numbers = dict(db.execute(select(items.c.id, items.c.number).where(items.c.id.in_([r["id"] for r in rows]))).all())
    was = list(there.values())
    now = {row["id"]: _text(row) for row in ready}
    retexted = [row for row in was if _text(row._mapping) != now[row.id]]
    text_index.remove(db, [(row.number, _text(row._mapping)) for row in retexted])
    other = {row.id for row in retexted} | {row["id"] for row in new}
    text_index.add(db, [(numbers[id], now[id]) for id in numbers if id in other])
    if old:
        db.execute(delete(item_rules).where(item_rules.c.item.in_([row.number for row in was])))
        # A free turn knows its lane and place, which may be others now; settle makes it anew.
        db.execute(delete(turns).where(turns.c.item.in_([row.number for row in was]), turns.c.holder.is_(None),
                                       turns.c.decision.is_(None), turns.c.assigned.is_(None)))  # fmt: skip
    fired = [{"item": numbers[row["id"]], "rule": rule} for row in ready
             for rule in {each["rule"] for each in row["fired"]} | {row["reason"]} if rule]  # fmt: skip
    pour(db, item_rules, fired)
    settle(db, list(numbers.values()))
    changed = sum(there[row["id"]].text_digest != row["text_digest"] for row in old)
    return {"new": len(new), "changed": changed, "same": len(old) - changed, "gone": 0}


def _text(row: Mapping[Any, Any]) -> str:
    return "\n".join((row["instruction"], row["input"], row["output"]))


def _lane(db: Connection, source: str, field: str) -> int:
    where = select(lanes.c.number).where(lanes.c.source == source, lanes.c.field == field)
    found = db.execute(where).scalar()
    if found is None:
        found = db.execute(insert(lanes).values(source=source, field=field).returning(lanes.c.number)).scalar_one()
    return int(found)
