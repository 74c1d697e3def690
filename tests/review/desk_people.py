"""What the desk's tests share: a database on SQLite and on a real PostgreSQL, records, people, and what they do."""

import itertools
import threading
from datetime import timedelta

import polars as pl
import pytest
from sqlalchemy import insert, select

from cqia.review import accounts, clock, front, items, queue
from cqia.review.database import connected
from cqia.review.decisions import Verdict, save
from cqia.review.items import Feed, Queue
from cqia.review.standing import settle
from cqia.review.tables import items as items_table
from cqia.review.tables import reviewers, turns
from cqia.schema import RECORD, digest, frame
from postgres_server import ENABLE, binaries, server

STATUS = {"id": pl.String, "reason": pl.String, "by": pl.String, "fired": pl.List(pl.Struct(
    {"rule": pl.String, "value": pl.Float64, "detail": pl.String}))}  # fmt: skip
DOCUMENT = {"id": pl.String, "title": pl.String, "url": pl.String, "author": pl.String,
            "media": pl.List(pl.Struct({"kind": pl.String, "url": pl.String})),
            "raw": pl.Struct({"path": pl.String, "digest": pl.String, "locator": pl.String})}  # fmt: skip
_names = itertools.count()


@pytest.fixture(scope="session")
def postgres():
    """The URL of a server that these tests may fill."""
    if binaries() is None:
        pytest.skip(ENABLE)
    # Nothing here pulls a plug: a server that does not sync is several times as fast.
    with server("-c", "fsync=off", "-c", "full_page_writes=off") as url:
        connected(url).close()
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    """Where a new database may be: a path, or a URL."""
    if request.param == "sqlite":
        return tmp_path / "work" / "review.sqlite"
    import psycopg

    url = request.getfixturevalue("postgres")
    name = f"test_{next(_names)}"
    base, _, made = url.rpartition("/")
    with psycopg.connect(f"{base}/template1", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {made}")  # with the tables: far faster than making them
    return f"{base}/{name}"


@pytest.fixture
def database(where):
    """A new database."""
    made = connected(where)
    yield made
    made.close()


def record(n, source="notes", **fields):
    """A record whose score is 9 unless it is said."""
    texts = {"instruction": f"第{n}个问题怎么办？", "input": "", "output": f"先看看第{n}件，再慢慢来。"}
    texts |= {name: fields.pop(name) for name in list(fields) if name in texts}
    return {"id": f"{source}:n{n}/answer", "document_id": f"{source}:n{n}", "source": source, "task": "answer",
            "template": "t", "domain": ["通用"], "score": 9.0, "human_verified": False, "metadata": "",
            "text_digest": digest(*texts.values())[:32]} | texts | fields  # fmt: skip


@pytest.fixture
def feed(tmp_path):
    """Write records as a source's part, as the judge leaves them; the feed of it."""

    def write(records, source="notes", part=0, at_least=8.0, statuses=(), documents=(), judged=True):
        folder = tmp_path / "work" / source
        rows = frame(records, RECORD)
        for name, data in (
            ("judge/out", rows), ("judge/status", pl.DataFrame(list(statuses), schema=STATUS)),
            ("dedup/out", pl.DataFrame(list(documents), schema=DOCUMENT)),
        ):  # fmt: skip
            (folder / name).mkdir(parents=True, exist_ok=True)
            data.write_parquet(folder / name / f"part-{part:05}.parquet")
        return Feed(source, folder / "judge/out", folder / "judge/status" if judged else None, folder / "dedup/out",
                    at_least)  # fmt: skip

    return write


@pytest.fixture
def desk(database, feed):
    """A desk with so many records and some people: 甲, 乙 and 丙 review, 长 is a senior, 管 an admin."""

    def make(count=5, *, require="all", records=None, **queue_settings):
        rows = [record(n) for n in range(count)] if records is None else records
        feeds = [feed([row for row in rows if row["source"] == source], source) for source in
                 dict.fromkeys(row["source"] for row in rows)]  # fmt: skip
        items.sync(database, feeds, Queue(require=require, **queue_settings))
        with database.writing() as db:
            for name, role in (("甲", "reviewer"), ("乙", "reviewer"), ("丙", "reviewer"), ("长", "senior"),
                               ("管", "admin")):  # fmt: skip
                db.execute(insert(reviewers).values(name=name, role=role, sources=[], fields=[], language="zh",
                                                    active=True, created=clock.now(db)))  # fmt: skip
        return database

    return make


@pytest.fixture
def at(monkeypatch):
    """Turn the clock: seconds from now."""
    real = clock.now

    def turn(seconds):
        monkeypatch.setattr(clock, "now", lambda db: real(db) + timedelta(seconds=seconds))

    return turn


def next_for(database, reviewer, **named):
    """Take the next record."""
    with database.writing() as db:
        return front.opened(db, reviewer, queue.take(db, queue.worker(db, reviewer), **named))[0]


def this_one(db, reviewer, id):
    """Take a record by its id."""
    return front.opened(db, reviewer, queue.take_item(db, reviewer, id))[0]


def verdict(turn, reviewer, action="accept", key=None, **named):
    """A verdict on a turn; each has a key of its own."""
    if action == "reject":
        named = {"reason": "不好"} | named
    if action == "edit":
        named = {"output": "改过的回答。"} | named
    named = {"text_digest": turn.item.text_digest} | named
    return Verdict(reviewer, turn.number, turn.token, key or f"key-{next(_names):06}", action, **named)


def say(database, turn, reviewer, action="accept", **named):
    """Save a verdict on a turn. What it leaves is what the one rule of ``standing`` makes of all that was said."""
    with database.writing() as db:
        saved = save(db, verdict(turn, reviewer, action, **named))
        if threading.current_thread() is not threading.main_thread():  # others say something meanwhile
            return saved
        left = _left(db, turn.item.number)
        settle(db, [turn.item.number])
        assert _left(db, turn.item.number) == left
        return saved


def _left(db, number):
    found = [select(items_table.c.state, items_table.c.decision, items_table.c.decided_at).where(
        items_table.c.number == number)]  # fmt: skip
    found += [select(turns.c.kind, turns.c.holder, turns.c.decision).where(turns.c.item == number)]
    return [sorted(map(repr, db.execute(each))) for each in found]


def state(database, id):
    """The state of a record."""
    with database.reading() as db:
        return items.item(db, id).state


PASSWORD = "一二三四五六七八九十"


def account(database, name, role="reviewer", password=PASSWORD):
    """An account with a password."""
    hashed = accounts.hashed(password)
    with database.writing() as db:
        return accounts.add(db, name, role, hashed)
