from __future__ import annotations

import re
from pathlib import Path

import pytest

from cqia.errors import WorkspaceError
from cqia.llm.ask import Ask, Model, Reply
from cqia.llm.book import Claim, Record
from cqia.llm.journal import Journal
from cqia.llm.prices import Charge, Price
from cqia.llm.spend import Spend, spend

MODEL = Model(name="m", max_tokens=100, price=Price(1000.0, 1000.0, "CNY"))


def test_where_nothing_was_asked_nothing_was_spent(tmp_path: Path) -> None:
    assert spend(tmp_path / "none.sqlite") == Spend()


def test_what_is_settled_and_what_is_under_way_are_summed(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    asks = [Ask(f"r:{n}", f"judge/{n % 2}", [{"role": "user", "content": str(n)}]) for n in range(4)]
    with Journal(path, lease=60) as journal:
        journal.write([Claim(ask.key(MODEL), ask, MODEL, ask.most(MODEL)) for ask in asks])
        journal.write([Record(a.key(MODEL), a, MODEL, Reply("好"), Charge(10, 5, 0.25, "CNY")) for a in asks[:3]])
        total = spend(path)
    bound = asks[3].most(MODEL)
    assert (total.calls, total.unknown) == (4, 1)
    assert total.prompt_tokens == 30 + bound.prompt_tokens
    assert total.completion_tokens == 15 + 100
    assert total.cost["CNY"] == pytest.approx(0.75 + bound.cost)
    assert re.fullmatch(r"4 calls, \d+ tokens read, 115 written, 0\.\d\d CNY \(1 calls of unknown .*\)", str(total))


def test_a_file_that_is_no_journal_is_named(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    path.write_text("no database, and long enough to be taken for one " * 50)
    with pytest.raises(WorkspaceError, match=re.escape(str(path))):
        spend(path)
