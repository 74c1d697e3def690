"""The tables beside the desk's own: inspection and audit, and two answers to one prompt.

batches, batch_items, audits, audit_items, audit_answers     inspection and audit
arenas, prompts, answers, battles, votes                     two answers to one prompt, compared
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from cqia.review.columns import Moment, metadata, number, to

# -- inspection and audit ---------------------------------------------------------------------------------------------

#: COIG's inspection. ``stage``: first (every case), second (experts' sample), passed, failed.
batches = Table(
    "batches",
    metadata,
    number(),
    Column("name", Text, nullable=False, unique=True),
    Column("stage", Text, CheckConstraint("stage IN ('first','second','passed','failed')"), nullable=False),
    Column("pass_mark", Float, nullable=False),  # share of correct cases, 0.95
    Column("sample", Integer, nullable=False),  # cases of the second stage, 200
    Column("seed", BigInteger, nullable=False),
    Column("round", Integer, nullable=False, default=1),  # a failed batch goes back and comes again
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

#: One check of one case. A row without ``correct`` waits.
batch_items = Table(
    "batch_items",
    metadata,
    to("batches.number", primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("stage", Text, primary_key=True),  # first, second
    Column("id", Text, primary_key=True),  # the record
    Column("text_digest", Text),
    Column("correct", Boolean),
    Column("reason", Text),
    Column("reviewer", Text),
    Column("at", Moment),
)

#: The audit of the paper's Table 10.
audits = Table(
    "audits",
    metadata,
    number(),
    Column("name", Text, nullable=False, unique=True),
    Column("size", Integer, nullable=False),
    Column("by_source", Boolean, nullable=False),  # stratified
    Column("seed", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
)
audit_items = Table(
    "audit_items",
    metadata,
    to("audits.number", primary_key=True),
    Column("id", Text, primary_key=True),
    Column("nth", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("instruction", Text, nullable=False),
    Column("input", Text, nullable=False),
    Column("output", Text, nullable=False),
    Column("text_digest", Text, nullable=False),
)
#: Four yes/no questions; a later answer of the same reviewer is a further row, and counts.
audit_answers = Table(
    "audit_answers",
    metadata,
    number(),
    Column("key", Text, nullable=False, unique=True),
    to("audits.number"),
    Column("id", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("yes", Boolean, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("audit_answers_audit", "audit", "id"),
)

# -- two answers to one prompt ----------------------------------------------------------------------------------------

arenas = Table(
    "arenas",
    metadata,
    number(),
    Column("name", Text, nullable=False, unique=True),
    Column("seed", BigInteger, nullable=False),
    Column("votes", Integer, nullable=False, default=1),  # wanted for each battle
    Column("at", Moment, nullable=False),
)
prompts = Table(
    "prompts",
    metadata,
    number(),
    to("arenas.number"),
    Column("id", Text, nullable=False),
    Column("instruction", Text, nullable=False),
    Column("input", Text, nullable=False, default=""),
    Column("category", Text),
    UniqueConstraint("arena", "id"),
)
answers = Table(
    "answers",
    metadata,
    to("prompts.number", primary_key=True),
    Column("system", Text, primary_key=True),
    Column("text", Text, nullable=False),
)
#: ``first`` and ``second`` are the systems as shown, left and right: blinded, balanced, seeded.
battles = Table(
    "battles",
    metadata,
    number(),
    to("prompts.number"),
    Column("first", Text, nullable=False),
    Column("second", Text, nullable=False),
    Column("priority", Float, nullable=False),
    Index("battles_prompt", "prompt"),
    Index("battles_priority", "priority"),
)
votes = Table(
    "votes",
    metadata,
    number(),
    Column("key", Text, nullable=False, unique=True),
    to("battles.number"),
    Column("reviewer", Text, nullable=False),
    Column("winner", Text, CheckConstraint("winner IN ('first','second','tie')"), nullable=False),
    Column("turned", Boolean, nullable=False, default=False),  # this judge saw the two answers the other way round
    Column("recorded", Boolean, nullable=False, default=False),  # given elsewhere, by a model or on paper
    Column("reason", Text),
    Column("at", Moment, nullable=False),
    Index("votes_battle", "battle"),
)
