"""What is entered into the journal, and what each entry does to its tables; see ``journal``."""

from __future__ import annotations

import os
import platform
import sqlite3
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cqia.llm.ask import Ask, Model, Reply
from cqia.llm.prices import Charge

# An owner is host, process and token: the first two say whether a claimant lives, the token tells it from an earlier
# process of the same number.
TOKEN = uuid.uuid4().hex
BATCH = "batch|"  # begins the owner of questions that are out in a provider's batch file; the file's name ends it

REPLY = "reply, served, finish, prompt_tokens, completion_tokens"
INSERT = f"""insert into replies (key, about, purpose, attempt, model, revision, received, {REPLY})
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""  # noqa: S608 - of constants

#: Of a claim: "yours" to send and then to record or settle; "taken" by another, who is at it; "batched": out in a file;
#: "spent": the budget does not allow it.
Claimed = Literal["yours", "taken", "batched", "spent"]


@dataclass(frozen=True)
class Claim:
    """Give me this question, unless there is a reply."""

    key: str
    ask: Ask
    model: Model
    most: Charge
    owner: str | None = None  # None: this journal


@dataclass(frozen=True)
class Record:
    """This is the reply, and what it cost; None: as much as it could."""

    key: str
    ask: Ask
    model: Model
    reply: Reply
    cost: Charge | None = None


@dataclass(frozen=True)
class Settle:
    """There is no reply. ``lost``: the server may have made one all the same, so the call is charged."""

    key: str
    lost: bool


Entry = Claim | Record | Settle


class Book:
    """The tables, within one transaction."""

    def __init__(self, db: sqlite3.Connection, owner: str, lease: float) -> None:
        self.db, self.owner, self.lease = db, owner, lease
        self.held: dict[str, tuple[int, float]] = {}  # by currency, once looked up: calls and cost, as ``_held`` says

    def make(self, entry: Entry) -> Reply | Claimed | None:
        """One entry, as ``Journal.write`` says."""
        match entry:
            case Claim():
                return self.claim(entry)
            case Record():
                return self.record(entry)
            case Settle(key, lost):
                self.free(key, lost=lost)
                return None

    def claim(self, entry: Claim) -> Reply | Claimed:
        key, model, most, owner = entry.key, entry.model, entry.most, entry.owner or self.owner
        if reply := self._reply(key):
            return reply
        row = self.db.execute("select owner, claimed from claims where key = ?", [key]).fetchone()
        if row and row[0].startswith(BATCH):
            return "batched"
        if row and self._lives(*row):
            return "taken"
        if row:
            self.free(key, lost=True)  # who had it is dead, and nobody knows how far it came
        if not self._affordable(model, most):
            return "spent"
        self.db.execute(
            "insert into claims values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [key, *_about(entry.ask, model), owner, time.time(), most.prompt_tokens, most.completion_tokens, most.cost,
             most.currency],
        )  # fmt: skip
        self._count(1, most.cost, most.currency)
        return "yours"

    def record(self, entry: Record) -> Reply:
        key, reply, cost = entry.key, entry.reply, entry.cost or entry.ask.most(entry.model)
        known = self._reply(key)
        # The lease may have run out, and the claim with it: then the call is charged already, as one whose fate is
        # unknown, and a second time here; rather too much than too little.
        self.free(key, lost=False)
        self._spend([entry.model.name, entry.model.revision, entry.ask.purpose], cost, lost=False)
        if known:
            return known
        row = [reply.text, reply.model, reply.finish, reply.prompt_tokens, reply.completion_tokens]
        self.db.execute(INSERT, [key, *_about(entry.ask, entry.model), time.time(), *row])
        return reply

    def free(self, key: str, *, lost: bool) -> None:
        """End a claim; where it is ``lost``, charge it."""
        row = self.db.execute(
            "delete from claims where key = ? returning model, revision, purpose, prompt_tokens, completion_tokens,"
            " cost, currency",
            [key],
        ).fetchone()
        if not row:
            return
        self._count(-1, -row[5], row[6])
        if lost:
            self._spend(row[:3], Charge(*row[3:]), lost=True)

    def _spend(self, who: Sequence[str], cost: Charge, *, lost: bool) -> None:
        self._count(1, cost.cost, cost.currency)
        self.db.execute(
            "insert into spend values (?, ?, ?, ?, 1, ?, ?, ?, ?) on conflict do update set calls = calls + 1,"
            " lost = lost + excluded.lost, prompt_tokens = prompt_tokens + excluded.prompt_tokens,"
            " completion_tokens = completion_tokens + excluded.completion_tokens, cost = cost + excluded.cost",
            [*who, cost.currency, int(lost), cost.prompt_tokens, cost.completion_tokens, cost.cost],
        )

    def _affordable(self, model: Model, most: Charge) -> bool:
        if model.calls is None and model.cost is None:
            return True
        currency = model.price.currency
        if currency not in self.held:
            self.held[currency] = self._held(currency)
        calls, cost = self.held[currency]
        over = model.calls is not None and calls + 1 > model.calls
        return not over and not (model.cost is not None and cost + most.cost > model.cost)

    def _count(self, calls: int, cost: float, currency: str) -> None:
        for each, held in self.held.items():
            self.held[each] = held[0] + calls, held[1] + (cost if each == currency else 0.0)

    def _held(self, currency: str) -> tuple[int, float]:
        """Calls made and under way, and what they cost or may cost in ``currency``."""
        calls, cost = self.db.execute(
            "select sum(calls), sum(cost) from (select calls, iif(currency = ?, cost, 0) as cost from spend union all"
            " select 1, iif(currency = ?, cost, 0) from claims)",
            [currency, currency],
        ).fetchone()
        return calls or 0, cost or 0.0

    def _reply(self, key: str) -> Reply | None:
        row = self.db.execute(f"select {REPLY} from replies where key = ?", [key]).fetchone()  # noqa: S608
        return Reply(*row) if row else None

    def _lives(self, owner: str, claimed: float) -> bool:
        return time.time() - claimed < self.lease and lives(owner)


def lives(owner: str) -> bool:
    """Whether the process that a claim names runs, as far as can be seen from here: not so for another machine's."""
    host, process, token = owner.rsplit("|", 2)
    if host != platform.node():
        return True
    if int(process) == os.getpid():
        return token.startswith(TOKEN)  # else an earlier process had our number
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _about(ask: Ask, model: Model) -> list[str | int]:
    return [ask.about, ask.purpose, ask.attempt, model.name, model.revision]
