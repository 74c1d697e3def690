"""The tables of the journal, and how those of an earlier version become today's."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from cqia.errors import WorkspaceError

LAYOUT = 2  # PRAGMA user_version

# ``replies`` only grows, in the order of coming. ``claims`` holds what is under way, with what it may cost at the most
# and so is small. ``spend`` sums what is settled; ``lost`` calls, a part of ``calls``, are those of unknown fate, with
# what they may have cost at the most.
TABLES = """
create table replies (
    id integer primary key, key text not null unique,
    about text not null, purpose text not null, attempt integer not null, model text not null, revision text not null,
    received real not null, reply text not null, served text, finish text, prompt_tokens integer,
    completion_tokens integer
);
create table claims (
    key text primary key,
    about text not null, purpose text not null, attempt integer not null, model text not null, revision text not null,
    owner text not null, claimed real not null,
    prompt_tokens integer not null, completion_tokens integer not null, cost real not null, currency text not null
) without rowid;
create table spend (
    model text not null, revision text not null, purpose text not null, currency text not null,
    calls integer not null, lost integer not null, prompt_tokens integer not null, completion_tokens integer not null,
    cost real not null, primary key (model, revision, purpose, currency)
) without rowid;
"""

# Layout 1 had one table and no prices. A question that it holds without a reply was under way when a run was killed.
FROM_1 = """
insert into replies (key, about, purpose, attempt, model, revision, received, reply, served, finish, prompt_tokens,
        completion_tokens)
    select key, about, purpose, attempt, model, revision, received, reply, served, finish, prompt_tokens,
        completion_tokens from asks where reply is not null order by received;
insert into spend
    select model, revision, purpose, '', count(*), sum(reply is null), coalesce(sum(prompt_tokens), 0),
        coalesce(sum(completion_tokens), 0), 0 from asks group by model, revision, purpose;
drop table asks;
"""


def prepare(db: sqlite3.Connection, path: Path) -> None:
    """Make the tables where there are none, within the caller's transaction. Raises ``WorkspaceError`` where the file
    is of a later version, or another program's."""
    layout = db.execute("pragma user_version").fetchone()[0]
    if layout == LAYOUT:
        return
    if layout > LAYOUT:
        raise WorkspaceError(f"{path} has layout {layout}, this version reads {LAYOUT}", "Use a newer cqia.")
    statements = TABLES + (FROM_1 if layout == 1 else "")
    for statement in statements.split(";"):
        db.execute(statement)
    db.execute(f"pragma user_version = {LAYOUT}")
