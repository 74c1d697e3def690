"""The tables of the review desk: the same on SQLite and on PostgreSQL.

    reviewers, identities, invitations, sessions, attempts       who may do what
    parts, lanes, items, item_rules, search_text                 what there is to look at
    turns, drafts                                                who looks at what now
    decisions, ratings, bulk_actions                             what was said: append-only, nothing is ever overwritten
    gold, suggestions, flags                                     beside an item
    batches, batch_items, audits, audit_items, audit_answers     inspection and audit
    arenas, prompts, answers, battles, votes                     two answers to one prompt, compared

A **turn** is one look that one person is to take at an item; an item that two people must see has two. A claimed turn
is a lease: it has a holder, a token and an end. A **lane** is a pair of source and field, the unit in which people are
handed work.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from cqia.review.columns import BEGINNING as BEGINNING
from cqia.review.columns import Moment as Moment
from cqia.review.columns import metadata as metadata
from cqia.review.columns import number, to
from cqia.review.side_tables import answers as answers
from cqia.review.side_tables import arenas as arenas
from cqia.review.side_tables import audit_answers as audit_answers
from cqia.review.side_tables import audit_items as audit_items
from cqia.review.side_tables import audits as audits
from cqia.review.side_tables import batch_items as batch_items
from cqia.review.side_tables import batches as batches
from cqia.review.side_tables import battles as battles
from cqia.review.side_tables import prompts as prompts
from cqia.review.side_tables import votes as votes

# -- who may do what --------------------------------------------------------------------------------------------------

#: ``name`` is what decisions are signed with and never changes. Empty ``sources`` and ``fields`` mean all.
reviewers = Table(
    "reviewers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, CheckConstraint("role IN ('reviewer', 'senior', 'admin')"), nullable=False),
    Column("password", Text),  # argon2id, encoded; null: logs in by OIDC alone
    Column("sources", JSON, nullable=False, default=list),
    Column("fields", JSON, nullable=False, default=list),
    Column("language", Text, nullable=False, default="zh"),
    Column("active", Boolean, nullable=False, default=True),
    Column("created", Moment, nullable=False),
)

#: A person at an OIDC issuer.
identities = Table(
    "identities",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("reviewer", Text, ForeignKey("reviewers.name"), nullable=False),
)

#: One-time links that make an account.
invitations = Table(
    "invitations",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("by", Text),  # null: printed in the terminal
    Column("created", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("used_by", Text),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),  # of the token in the cookie, which is stored nowhere
    Column("reviewer", Text, ForeignKey("reviewers.name"), nullable=False, index=True),
    Column("created", Moment, nullable=False),
    Column("seen", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
)

#: Failed log-ins, for the limit of them. ``who`` is "name:…" or "address:…".
attempts = Table(
    "attempts",
    metadata,
    number(),
    Column("who", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("attempts_who", "who", "at"),
)

# -- what there is to look at -----------------------------------------------------------------------------------------

#: The workspace's parts as they were last read, so that reading again costs nothing.
parts = Table(
    "parts",
    metadata,
    number(),
    Column("source", Text, nullable=False),
    Column("name", Text, nullable=False),  # part-00000
    Column("digest", Text, nullable=False),  # of the part, its status, its documents and the settings of the queue
    UniqueConstraint("source", "name"),
)

lanes = Table(
    "lanes",
    metadata,
    number(),
    Column("source", Text, nullable=False),
    Column("field", Text, nullable=False),  # the record's first domain; "" where it has none
    UniqueConstraint("source", "field"),
)

#: A record as it stands in the workspace. ``state``: idle (nobody need look), waiting (for people), disagreed (for a
#: senior), decided, gone (no longer in the workspace).
items = Table(
    "items",
    metadata,
    number(),
    Column("id", Text, nullable=False, unique=True),
    Column("document_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    to("parts.number"),
    to("lanes.number"),
    Column("task", Text, nullable=False),
    Column("instruction", Text, nullable=False),
    Column("input", Text, nullable=False),
    Column("output", Text, nullable=False),
    Column("history", JSON, nullable=False),  # [{instruction, output}]
    Column("text_digest", Text, nullable=False),
    Column("length", Integer, nullable=False),  # characters of the output
    Column("facts", JSON, nullable=False),  # see items.FACTS: title, url, metadata, media, originals, …
    Column("score", Float),
    Column("reason", Text),  # of the last stage: undecided, …
    Column("by", Text),  # who scored
    Column("fired", JSON, nullable=False),  # [{rule, value, detail}]
    Column(
        "priority", Float, nullable=False
    ),  # lower first: 0.… undecided, 1.… near the threshold, 2.… audit, 3.… rest
    Column("need", Integer, nullable=False),  # by how many people it must be seen: 0, 1 or 2
    Column("state", Text, CheckConstraint("state IN ('idle','waiting','disagreed','decided','gone')"), nullable=False),
    Column("decision", BigInteger),  # the number of the decision that counts
    Column("decided_at", Moment),
    Index("items_source", "source", "state", "number"),
    Index("items_state", "state", "number"),
    Index("items_part", "part"),
    Index("items_score", "score"),
    Index("items_length", "length"),
    Index("items_decided", "decided_at"),
)
GONE = items.c.state == literal_column("'gone'")
Index("items_gone", items.c.number, sqlite_where=GONE, postgresql_where=GONE)

#: Which rules fired about which item, to look for.
item_rules = Table(
    "item_rules",
    metadata,
    Column("rule", Text, primary_key=True),
    to("items.number", primary_key=True),
    Index("item_rules_item", "item"),
)

# -- who looks at what now --------------------------------------------------------------------------------------------

#: ``kind``: review, adjudicate, gold. Free: no holder, no decision. Held: a lease. Lower ``priority`` comes first.
turns = Table(
    "turns",
    metadata,
    number(),
    to("items.number"),
    to("lanes.number"),
    Column("kind", Text, CheckConstraint("kind IN ('review','adjudicate','gold')"), nullable=False),
    Column("priority", Float, nullable=False),
    Column("assigned", Text),  # kept for this reviewer
    Column("holder", Text),
    Column("token", Text),  # stays after the lease has run out, until somebody else claims the turn
    Column("claimed", Moment),
    Column("expires", Moment),
    Column("decision", BigInteger),
    Index("turns_item", "item"),
)
FREE = turns.c.holder.is_(None) & turns.c.decision.is_(None) & turns.c.assigned.is_(None)
KEPT = turns.c.holder.is_(None) & turns.c.decision.is_(None) & turns.c.assigned.is_not(None)
HELD = turns.c.holder.is_not(None) & turns.c.decision.is_(None)
for _name, _columns, _where in (
    ("turns_free", ("lane", "kind", "priority"), FREE),
    ("turns_kept", ("assigned", "priority"), KEPT),
    ("turns_held", ("holder", "claimed"), HELD),
    ("turns_expiring", ("expires",), HELD),
):
    Index(_name, *(turns.c[column] for column in _columns), sqlite_where=_where, postgresql_where=_where)

#: What a reviewer has typed and not yet sent. ``revision`` counts up in the browser: an older one changes nothing.
drafts = Table(
    "drafts",
    metadata,
    Column("reviewer", Text, primary_key=True),
    to("items.number", primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("content", JSON, nullable=False),
    Column("text_digest", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

# -- what was said ----------------------------------------------------------------------------------------------------

#: Append-only. ``action``: accept, edit, reject decide; skip and undo do not. ``kind``: review, adjudicate, gold, bulk,
#: import. ``id`` is the record's, so that a decision may be about one that is not (yet) in ``items``.
decisions = Table(
    "decisions",
    metadata,
    number(),
    Column("key", Text, nullable=False, unique=True),  # a request that comes twice is stored once
    Column("id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("action", Text, CheckConstraint("action IN ('accept','edit','reject','skip','undo')"), nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("seconds", Float),  # from the claim of the turn
    Column("reasons", JSON, nullable=False, default=list),  # names of reasons, as ticked
    Column("reason", Text),  # in the reviewer's words
    Column("instruction", Text),
    Column("input", Text),
    Column("output", Text),
    Column("text_digest", Text),  # of the text decided on; null: any
    Column("suggestion", Text),  # taken, changed, refused; null: none was shown
    Column("turn", BigInteger),  # no foreign key: a turn that nobody takes any more is deleted
    Column("bulk", BigInteger),
    Column("undoes", BigInteger),  # of an undo
    Index("decisions_id", "id"),
    Index("decisions_reviewer", "reviewer", "at"),
    Index("decisions_at", "at"),
)
Index("decisions_undoes", decisions.c.undoes, unique=True, sqlite_where=decisions.c.undoes.is_not(None),
      postgresql_where=decisions.c.undoes.is_not(None))  # fmt: skip
Index("decisions_bulk", decisions.c.bulk, sqlite_where=decisions.c.bulk.is_not(None),
      postgresql_where=decisions.c.bulk.is_not(None))  # fmt: skip

#: The six criteria of a decision: 有用性、专业性、逻辑性、详细度、客观性、无害性; 1 to 5, or 0 and 1 for pass and fail.
ratings = Table(
    "ratings",
    metadata,
    to("decisions.number", primary_key=True),
    Column("criterion", Text, primary_key=True),
    Column("value", Integer, nullable=False),
)

bulk_actions = Table(
    "bulk_actions",
    metadata,
    number(),
    Column("key", Text, nullable=False, unique=True),
    Column("action", Text, nullable=False),  # accept, reject, assign, undo
    Column("reviewer", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("filter", JSON, nullable=False),  # what was asked for
    Column("reason", Text),
    Column("to", Text),  # of assign: for whom
    Column("undoes", BigInteger),  # of undo: which bulk action
    Column("count", Integer, nullable=False),  # items it changed
)

# -- beside an item ---------------------------------------------------------------------------------------------------

#: Questions whose answer is known; handed out now and then to see how well people judge.
gold = Table(
    "gold",
    metadata,
    to("items.number", primary_key=True),
    Column("action", Text, CheckConstraint("action IN ('accept','edit','reject')"), nullable=False),
    Column("reason", Text),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

#: What a model suggests.
suggestions = Table(
    "suggestions",
    metadata,
    to("items.number", primary_key=True),
    Column("by", Text, nullable=False),  # the model
    Column("at", Moment, nullable=False),
    Column("text_digest", Text, nullable=False),
    Column("action", Text),
    Column("reason", Text),
    Column("instruction", Text),
    Column("input", Text),
    Column("output", Text),
)

flags = Table(
    "flags",
    metadata,
    number(),
    to("items.number"),
    Column("reviewer", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    Column("settled_by", Text),
    Column("settled_at", Moment),
    Index("flags_item", "item"),
)
