"""The client before a server that misbehaves in every way: what fails, what is waited for, and what it costs."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from pathlib import Path

import pytest

from cqia.errors import ModelError
from cqia.llm.ask import Ask, Form, Model, Reply
from cqia.llm.client import connect
from cqia.llm.prices import Price
from cqia.llm.spend import spend
from fault_server import FAULTS, Fault, FaultServer, running
from stub_server import Answer, completion, error, serving
from test_client import ask, ask_all


def model(server: FaultServer, **settings: object) -> Model:
    usual: dict[str, object] = {"name": "stub", "base_url": server.url, "timeout": 1.0, "retries": 2, "in_flight": 8}
    return Model(**usual | settings)  # type: ignore[arg-type]


#: Whether the server may have done the work: then the call is charged.
CHARGED: dict[Fault, bool] = {
    "429": False, "429 seconds": False, "429 date": False, "503": False,
    "500": True, "hang": True, "drip": True, "truncated": True, "html": True, "reset": True, "no choices": True,
}  # fmt: skip


@pytest.mark.parametrize("fault", CHARGED)
def test_a_passing_fault_is_tried_again(tmp_path: Path, fault: Fault) -> None:
    server = FaultServer(lambda text: "好", lambda text, seen: fault if seen == 1 else None)
    with running(server):
        (reply,) = ask_all(model(server), tmp_path / "j.sqlite", [ask("x")])
    assert reply == Reply("好", "stub-7b", "stop", 11, 7)
    assert server.asked.total() == 2
    total = spend(tmp_path / "j.sqlite")
    assert (total.calls, total.unknown) == ((2, 1) if CHARGED[fault] else (1, 0))


def test_every_fault_is_tried() -> None:
    assert {*CHARGED, "no usage"} == set(FAULTS)


@pytest.mark.parametrize("fault", [fault for fault, charged in CHARGED.items() if charged])
def test_a_lasting_fault_of_one_question_fails_it_and_no_other(tmp_path: Path, fault: Fault) -> None:
    server = FaultServer(lambda text: "好", lambda text, seen: fault if text == "坏" else None)
    with running(server):
        asks = [ask("1"), ask("坏"), ask("2"), ask("3")]
        said = ask_all(model(server, retries=1), tmp_path / "j.sqlite", asks)
    assert [isinstance(one, Reply) for one in said] == [True, False, True, True]
    assert server.asked["坏"] == 2
    assert spend(tmp_path / "j.sqlite").unknown == 2


def test_without_usage_a_call_is_charged_at_the_most(tmp_path: Path) -> None:
    server = FaultServer(lambda text: "好", lambda text, seen: "no usage")
    with running(server):
        (reply,) = ask_all(model(server), tmp_path / "j.sqlite", [ask("x")])
    assert reply == Reply("好", "stub-7b", "stop", None, None)
    total = spend(tmp_path / "j.sqlite")
    assert (total.calls, total.unknown, total.completion_tokens) == (1, 0, 1024)


def test_while_the_server_asks_for_a_pause_nobody_asks(tmp_path: Path) -> None:
    times: list[float] = []

    def schedule(text: str, seen: int) -> Fault | None:
        times.append(time.monotonic())
        return "429 seconds" if len(times) == 1 else None

    server = FaultServer(lambda text: "好", schedule)
    with running(server):
        said = ask_all(model(server, in_flight=1), tmp_path / "j.sqlite", [ask(str(n)) for n in range(5)])
    assert all(isinstance(one, Reply) for one in said)
    assert min(times[1:]) - times[0] >= 1.0


def test_a_pause_longer_than_one_waits_stops_the_run(tmp_path: Path) -> None:
    server = FaultServer(lambda text: "好", lambda text, seen: "429 seconds", retry_after=3600)
    with running(server), pytest.raises(ModelError, match="asks for a pause of 3,600 s"):
        ask_all(model(server), tmp_path / "j.sqlite", [ask("x")])
    assert spend(tmp_path / "j.sqlite").calls == 0


def test_a_server_that_only_refuses_stops_the_run(tmp_path: Path) -> None:
    server = FaultServer(lambda text: "好", lambda text, seen: "429")
    with running(server), pytest.raises(ModelError, match="refused every question"):
        ask_all(model(server, wait=1.0), tmp_path / "j.sqlite", [ask(str(n)) for n in range(20)])


def test_a_server_that_refuses_one_question_for_ever_fails_that_one(tmp_path: Path) -> None:
    server = FaultServer(lambda text: "好", lambda text, seen: "429" if text == "坏" else None, delay=0.05)
    asks = [ask("坏"), *(ask(str(n)) for n in range(150))]
    with running(server):
        said = ask_all(model(server, wait=0.6, in_flight=2), tmp_path / "j.sqlite", asks)
    assert [isinstance(one, Reply) for one in said] == [False, *[True] * 150]


def test_a_dead_server_is_waited_for_said_once_and_the_run_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = FaultServer(lambda text: "好", delay=0.02)
    asks = [ask(str(n)) for n in range(200)]
    with running(server) as power:
        done: list[object] = []
        patient = model(server, timeout=10.0)
        run = threading.Thread(target=lambda: done.extend(ask_all(patient, tmp_path / "j.sqlite", asks)))
        with caplog.at_level(logging.WARNING, "cqia"):
            run.start()
            while server.answered.total() < 50:
                time.sleep(0.01)
            power.down()
            time.sleep(2.5)
            there = server.asked.total()
            assert run.is_alive()
            power.up()
            run.join(60)
    assert there < 80  # nobody hammers on a closed door
    assert [isinstance(one, Reply) for one in done] == [True] * 200
    said = [record.getMessage() for record in caplog.records]
    assert ["waiting up to" in said[0], "is back after" in said[1]] == [True, True]
    assert len(said) == 2
    # Twice only what was on its way to us when the server went.
    answered = [server.answered[one.messages[0]["content"]] for one in asks]
    assert min(answered) == 1
    assert sum(answered) - len(asks) <= patient.in_flight


def test_a_sick_server_is_waited_for_too_and_no_question_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sick = threading.Event()
    server = FaultServer(lambda text: "好", lambda text, seen: "500" if sick.is_set() else None, delay=0.01)
    sick.set()
    threading.Timer(3.0, sick.clear).start()
    with running(server), caplog.at_level(logging.WARNING, "cqia"):
        said = ask_all(model(server), tmp_path / "j.sqlite", [ask(str(n)) for n in range(60)])
    assert all(isinstance(one, Reply) for one in said)
    assert len(caplog.records) == 2


def test_waiting_has_an_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = FaultServer(lambda text: "好")
    with running(server) as power:
        power.down()
        start = time.monotonic()
        with pytest.raises(ModelError, match="cannot be reached") as raised:
            ask_all(model(server, wait=2.0), tmp_path / "j.sqlite", [ask(str(n)) for n in range(20)])
        power.up()
    assert 1.9 < time.monotonic() - start < 10
    assert "[judge] wait" in raised.value.hint
    assert len(caplog.records) == 1
    assert spend(tmp_path / "j.sqlite").calls == 0  # nothing was sent


def test_what_is_under_way_when_the_budget_ends_is_kept(tmp_path: Path) -> None:
    server = FaultServer(lambda text: "好", delay=0.1)
    asks = [ask(str(n)) for n in range(30)]
    with running(server), pytest.raises(ModelError, match="budget of 10 calls"):
        ask_all(model(server, calls=10), tmp_path / "j.sqlite", asks)
    assert server.asked.total() == 10
    total = spend(tmp_path / "j.sqlite")
    assert (total.calls, total.unknown, total.prompt_tokens) == (10, 0, 110)


@pytest.mark.parametrize("in_flight", [1, 8])  # what is set aside for those under way is not lost
def test_a_budget_of_money(tmp_path: Path, in_flight: int) -> None:
    server = FaultServer(lambda text: "好")
    price = Price(input=1000.0, output=10_000.0, currency="CNY")  # 0.081 for a reply of the stub
    bound = ask("0").most(model(server, price=price)).cost
    with running(server):
        priced = model(server, price=price, cost=bound + 1.0, in_flight=in_flight)
        with pytest.raises(ModelError, match="CNY allows no"):
            ask_all(priced, tmp_path / "j.sqlite", [ask(str(n)) for n in range(100)])
    total = spend(tmp_path / "j.sqlite")
    assert total.cost["CNY"] == pytest.approx(0.081 * server.asked.total())
    assert server.asked.total() == 13  # 12 leave room for what the next may cost at the most; 13 do not


def test_a_question_that_is_given_up_stays_charged_and_is_free_at_once(tmp_path: Path) -> None:
    server = FaultServer(lambda text: "好", lambda text, seen: "hang" if seen == 1 else None)

    async def stopped() -> None:
        async with connect(model(server, timeout=60.0), tmp_path / "j.sqlite") as client:
            await asyncio.wait_for(client(ask("x")), 0.5)

    with running(server):
        with pytest.raises(TimeoutError):
            asyncio.run(stopped())
        total = spend(tmp_path / "j.sqlite")
        assert (total.calls, total.unknown) == (1, 1)
        start = time.monotonic()
        (reply,) = ask_all(model(server), tmp_path / "j.sqlite", [ask("x")])  # in the same process, as in a notebook
    assert isinstance(reply, Reply)
    assert time.monotonic() - start < 20  # the claim would have held for a minute


@pytest.mark.parametrize(("code", "message"), [("insufficient_quota", "no credit"), ("rate_limit_exceeded", "refused")])
def test_no_credit_is_not_waited_for(tmp_path: Path, code: str, message: str) -> None:
    body = json.dumps({"error": {"message": "…", "code": code}})
    with serving(lambda _, __: (429, {}, body)) as stub, pytest.raises(ModelError, match=message):
        ask_all(Model(name="x", base_url=stub.url, wait=0.5), tmp_path / "j.sqlite", [ask("x")])


def test_settings_that_no_question_survives_stop_the_run(tmp_path: Path) -> None:
    with (
        serving(lambda _, __: error(400)) as stub,
        pytest.raises(ModelError, match=r"refuses every question.*stub says"),
    ):
        ask_all(Model(name="x", base_url=stub.url), tmp_path / "j.sqlite", [ask(str(n)) for n in range(40)])
    assert len(stub.asked) < 40


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("in_flight", [1, 8])
def test_a_row_of_questions_at_fault_does_not_stop_the_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int, in_flight: int
) -> None:
    """As when a run resumes, and meets first all that failed before."""

    def answers(body: object, _: int) -> Answer:
        return error(status) if "坏" in str(body) else completion("好")

    asks = [*(ask(f"坏{n}") for n in range(30)), ask("1"), ask("2")]
    with serving(answers) as stub:
        model = Model(name="x", base_url=stub.url, retries=1, in_flight=in_flight)
        said = ask_all(model, tmp_path / "j.sqlite", asks)
    assert [isinstance(one, Reply) for one in said] == [False] * 30 + [True] * 2
    assert not caplog.records  # nobody was away


FORM = Form("judgement", {"type": "object", "properties": {"总分": {"type": "number"}}})


def formed(text: str) -> Ask:
    return Ask(text, "judge/general", [{"role": "user", "content": text}], form=FORM)


def test_a_form_is_asked_for(tmp_path: Path) -> None:
    server = FaultServer(lambda text: "好")
    with running(server):
        ask_all(model(server), tmp_path / "j.sqlite", [formed("x")])
    assert server.bodies[0]["response_format"] == {
        "type": "json_schema", "json_schema": {"name": "judgement", "strict": True, "schema": FORM.schema}
    }  # fmt: skip


def test_a_server_that_refuses_forms_is_asked_without(tmp_path: Path) -> None:
    with serving(lambda body, _: error(400) if "response_format" in body else completion("好")) as stub:
        asks = [formed(str(n)) for n in range(10)]
        said = ask_all(Model(name="x", base_url=stub.url, in_flight=1), tmp_path / "j.sqlite", asks)
    assert all(isinstance(one, Reply) for one in said)
    assert len(stub.asked) == 11  # it is told once


def test_a_reply_without_an_end_meets_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cqia.llm.lines.LARGEST", 1000)
    server = FaultServer(lambda text: "长" * 2000)
    with running(server):
        (said,) = ask_all(model(server, retries=0), tmp_path / "j.sqlite", [ask("x")])
    assert "larger than" in str(said)
