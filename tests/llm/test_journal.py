from __future__ import annotations

import multiprocessing
import os
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cqia.errors import WorkspaceError
from cqia.llm.ask import Ask, Form, Model, Reply
from cqia.llm.book import BATCH, Claim, Claimed, Record, Settle
from cqia.llm.journal import Journal
from cqia.llm.journal_layout import LAYOUT
from cqia.llm.prices import Charge, Price
from cqia.llm.spend import Spend, spend

MODEL = Model(name="m", max_tokens=100, price=Price(1.0, 2.0, "CNY"))
ASK = Ask("r", "judge/general", [{"role": "user", "content": "题"}])
GOOD = Reply("好", "m-1", "stop", 3, 4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work" / "journal.sqlite"


def about(text: str) -> Ask:
    return Ask(text, "judge/general", [{"role": "user", "content": text}])


def claim(journal: Journal, ask: Ask = ASK, model: Model = MODEL) -> Reply | Claimed | None:
    return journal.write([Claim(ask.key(model), ask, model, ask.most(model))])[0]


def record(journal: Journal, reply: Reply = GOOD, ask: Ask = ASK, cost: Charge | None = None) -> Reply | Claimed | None:
    return journal.write([Record(ask.key(MODEL), ask, MODEL, reply, cost)])[0]


def settle(journal: Journal, *, lost: bool, ask: Ask = ASK) -> None:
    journal.write([Settle(ask.key(MODEL), lost)])


def test_claim_record_read(path: Path) -> None:
    with Journal(path, lease=60) as journal:
        assert claim(journal) == "yours"
        assert claim(journal) == "taken"
        assert record(journal) == GOOD
        assert claim(journal) == GOOD
    with Journal(path, lease=60) as journal:
        assert claim(journal) == GOOD
        assert journal.replies([about("x").key(MODEL), ASK.key(MODEL)]) == [None, GOOD]


def test_an_empty_reply_is_a_reply(path: Path) -> None:
    with Journal(path, lease=60) as journal:
        claim(journal)
        record(journal, Reply(""))
        assert claim(journal) == Reply("")


@pytest.mark.parametrize("lost", [True, False])
def test_a_settled_claim_is_free_and_charged_if_it_is_lost(path: Path, lost: bool) -> None:
    with Journal(path, lease=60) as journal:
        claim(journal)
        settle(journal, lost=lost)
        assert spend(path) == (Spend(1, ASK.most(MODEL).prompt_tokens, 100, {"CNY": ASK.most(MODEL).cost}, 1)
                               if lost else Spend())  # fmt: skip
        assert claim(journal) == "yours"


def test_settling_loses_no_reply(path: Path) -> None:
    with Journal(path, lease=60) as journal:
        claim(journal)
        record(journal)
        settle(journal, lost=True)
        assert claim(journal) == GOOD


def test_the_first_reply_stays(path: Path) -> None:
    with Journal(path, lease=60) as journal:
        claim(journal)
        record(journal, Reply("先"))
        assert record(journal, Reply("后")) == Reply("先")


def test_a_reply_without_its_claim_is_kept_all_the_same(path: Path) -> None:
    with Journal(path, lease=60) as journal:
        record(journal)
        assert claim(journal) == GOOD


def test_a_batch_is_made_in_its_order(path: Path) -> None:
    key = ASK.key(MODEL)
    with Journal(path, lease=60) as journal:
        asked = Claim(key, ASK, MODEL, ASK.most(MODEL))
        made = journal.write([asked, asked, Settle(key, lost=False), asked, Record(key, ASK, MODEL, GOOD), asked])
        assert made == ["yours", "taken", None, "yours", GOOD, GOOD]


def _claim_and_die(path: Path) -> None:
    claim(Journal(path, lease=600))
    os._exit(1)


def test_the_claim_of_a_dead_process_is_free_at_once_and_stays_charged(path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_claim_and_die, args=[path])
    process.start()
    process.join()
    assert spend(path).unknown == 1
    with Journal(path, lease=600) as journal:
        assert claim(journal) == "yours"
        record(journal, cost=Charge(3, 4, 0.5, "CNY"))
    total = spend(path)
    assert (total.calls, total.unknown) == (2, 1)
    assert total.cost["CNY"] == pytest.approx(0.5 + ASK.most(MODEL).cost)


def test_two_journals_of_one_process_do_not_free_each_others_claims(path: Path) -> None:
    with Journal(path, lease=600) as one, Journal(path, lease=600) as other:
        assert claim(one) == "yours"
        assert claim(other) == "taken"
        assert other.abandon() == 0
        assert claim(other) == "taken"
        assert one.abandon() == 1
        assert claim(other) == "yours"


TOKEN = "0" * 32


@pytest.mark.parametrize(
    ("owner", "age", "expected"),
    [
        (f"elsewhere|1|{TOKEN}", 10.0, "taken"),  # another machine's, fresh
        (f"elsewhere|1|{TOKEN}", 700.0, "yours"),  # another machine's, older than the lease
        (f"{os.uname().nodename}|{os.getpid()}|{TOKEN}", 10.0, "yours"),  # an earlier process with our number
        (f"{os.uname().nodename}|{os.getppid()}|{TOKEN}", 10.0, "taken"),  # lives
        (f"{BATCH}x.jsonl", 1e9, "batched"),  # out in a file, for as long as it takes
    ],
    ids=["elsewhere, fresh", "elsewhere, past the lease", "our number before", "alive", "in a batch"],
)
def test_whose_claim_holds(path: Path, owner: str, age: float, expected: str) -> None:
    with Journal(path, lease=600) as journal:
        claim(journal)
        journal.db.execute("update claims set owner = ?, claimed = ?", [owner, time.time() - age])
        assert claim(journal) == expected


@pytest.mark.parametrize(
    ("bounds", "allowed"),
    [({}, 5), ({"calls": 3}, 3), ({"calls": 0}, 0), ({"cost": 2.5 * ASK.most(MODEL).cost}, 2), ({"cost": 0.0}, 0),
     ({"calls": 1, "cost": 1e9}, 1)],
)  # fmt: skip
def test_the_budget_is_never_passed(path: Path, bounds: dict[str, float], allowed: int) -> None:
    model = replace(MODEL, **bounds)  # type: ignore[arg-type]
    asks = [about(text) for text in "甲乙丙丁戊"]
    with Journal(path, lease=60) as journal:
        made = journal.write([Claim(ask.key(model), ask, model, ASK.most(model)) for ask in asks])
        assert made == ["yours"] * allowed + ["spent"] * (5 - allowed)
        for ask in asks[:allowed]:
            settle(journal, lost=True, ask=ask)  # unknown, so nothing has come free
        if allowed < 5:
            assert claim(journal, asks[4], model) == "spent"


def test_what_was_cheaper_than_feared_leaves_room(path: Path) -> None:
    model = replace(MODEL, cost=1.5 * ASK.most(MODEL).cost)
    with Journal(path, lease=60) as journal:
        assert claim(journal, ASK, model) == "yours"
        assert claim(journal, about("乙"), model) == "spent"
        record(journal, cost=MODEL.charge(3, 4))
        assert claim(journal, about("乙"), model) == "yours"


def test_another_currency_is_counted_apart(path: Path) -> None:
    dollars = replace(MODEL, price=Price(1.0, 2.0, "USD"), cost=ASK.most(MODEL).cost)
    with Journal(path, lease=60) as journal:
        claim(journal)
        assert claim(journal, about("乙"), dollars) == "yours"
    assert set(spend(path).cost) == {"CNY", "USD"}


def test_it_is_durable(path: Path) -> None:
    with Journal(path, lease=60) as journal:
        assert journal.db.execute("pragma journal_mode").fetchone() == ("wal",)
        assert journal.db.execute("pragma synchronous").fetchone() == (2,)  # full


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.sqlite"
    text.write_text("not a database, and long enough to be taken for one " * 20)
    later = tmp_path / "later.sqlite"
    db = sqlite3.connect(later)
    db.execute("pragma user_version = 99")
    db.close()
    for path in (text, later, tmp_path):
        with pytest.raises(WorkspaceError, match=str(path)):
            Journal(path, lease=60)


def test_a_journal_of_the_first_layout_is_taken_over(path: Path) -> None:
    path.parent.mkdir()
    db = sqlite3.connect(path)
    db.executescript(
        """create table asks (key text primary key, about text not null, purpose text not null,
        attempt integer not null, model text not null, revision text not null, owner text not null,
        claimed real not null, received real, reply text, served text, finish text, prompt_tokens integer,
        completion_tokens integer) without rowid;
        create index asks_received on asks (received);
        insert into asks values
        ('k1', 'r1', 'judge/exam', 1, 'm', '', 'h|1|t', 1.0, 2.0, '总分：8', 'm-1', 'stop', 9, 5),
        ('k2', 'r2', 'judge/exam', 1, 'm', '', 'h|1|t', 1.0, null, null, null, null, null, null);
        pragma user_version = 1;"""
    )
    db.close()
    assert spend(path) == Spend()
    with Journal(path, lease=60) as journal:
        assert journal.replies(["k1", "k2"]) == [Reply("总分：8", "m-1", "stop", 9, 5), None]
        assert journal.db.execute("pragma user_version").fetchone() == (LAYOUT,)
    assert spend(path) == Spend(2, 9, 5, {}, 1)
    Journal(path, lease=60).db.close()  # and once more


def test_the_key_covers_every_part_of_the_question() -> None:
    long = "长" * 300
    questions = [
        ASK.key(MODEL),
        ASK.key(Model(name="n")),
        ASK.key(replace(MODEL, revision="2")),
        ASK.key(replace(MODEL, max_tokens=3)),
        replace(ASK, purpose="judge/exam").key(MODEL),
        replace(ASK, attempt=2).key(MODEL),
        replace(ASK, form=Form("f", {})).key(MODEL),
        replace(ASK, form=Form("f", {"type": "object"})).key(MODEL),
        replace(ASK, messages=[{"role": "system", "content": "题"}]).key(MODEL),
        replace(ASK, messages=[*ASK.messages, *ASK.messages]).key(MODEL),
        replace(ASK, messages=[{"role": "user", "content": long}]).key(MODEL),
        replace(ASK, messages=[{"role": "user", "content": long + "。"}]).key(MODEL),
        replace(ASK, messages=[{"role": "user", "content": [{"type": "text", "text": "题"}]}]).key(MODEL),
    ]
    assert len(set(questions)) == len(questions)
    assert replace(ASK, about="other").key(MODEL) == ASK.key(MODEL)
    elsewhere = replace(MODEL, base_url="http://127.0.0.1/v1", in_flight=1, retries=0, wait=1.0, price=Price(), calls=1)
    assert ASK.key(elsewhere) == ASK.key(MODEL)
