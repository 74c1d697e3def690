from __future__ import annotations

import asyncio
import builtins
import threading
import time
from pathlib import Path

import pytest

from cqia.errors import ModelError
from cqia.llm.ask import OPENAI, Ask, Model, Reply, Unanswered
from cqia.llm.client import Client, connect, each, run
from cqia.llm.send import request
from stub_server import Answer, Stub, completion, error, serving

Said = Reply | str


def ask(text: str, attempt: int = 1) -> Ask:
    return Ask(f"r:{text}", "judge/general", [{"role": "user", "content": text}], attempt)


def model(stub: Stub, **settings: object) -> Model:
    return Model(**{"name": "stub", "base_url": stub.url, "timeout": 5.0, "retries": 1, **settings})  # type: ignore[arg-type]


def ask_all(model: Model, journal: Path, asks: list[Ask]) -> list[Said]:
    """Replies, or why there is none."""

    async def one(client: Client, ask: Ask) -> Said:
        try:
            return await client(ask)
        except Unanswered as why:
            return str(why)

    async def run() -> list[Said]:
        async with connect(model, journal) as client:
            return await each(asks, lambda ask: one(client, ask), model.in_flight)

    return asyncio.run(run())


def test_a_reply_comes_back_with_what_the_server_said_of_it(tmp_path: Path) -> None:
    with serving(lambda _, __: completion("好的", "length")) as stub:
        assert ask_all(model(stub), tmp_path / "j.sqlite", [ask("你好")]) == [Reply("好的", "stub-7b", "length", 11, 7)]


def test_nothing_received_is_asked_for_again(tmp_path: Path) -> None:
    asks = [ask(str(n)) for n in range(20)]
    with serving(lambda request, _: completion(str(request["messages"]))) as stub:
        first = ask_all(model(stub), tmp_path / "j.sqlite", asks)
        again = ask_all(model(stub), tmp_path / "j.sqlite", asks)
    assert first == again
    assert len(stub.asked) == 20


def test_equal_questions_under_way_at_once_are_asked_once(tmp_path: Path) -> None:
    with serving(lambda _, __: completion("好")) as stub:
        replies = ask_all(model(stub), tmp_path / "j.sqlite", [ask("同一个问题")] * 8)
    assert len(stub.asked) == 1
    assert len(set(replies)) == 1


@pytest.mark.parametrize(
    "other",
    [{"name": "another"}, {"revision": "2"}, {"temperature": 0.5}, {"temperature": None}, {"max_tokens": 9}],
)
def test_another_model_or_setting_is_asked_anew(tmp_path: Path, other: dict[str, object]) -> None:
    with serving(lambda _, __: completion("好")) as stub:
        ask_all(model(stub), tmp_path / "j.sqlite", [ask("x")])
        ask_all(model(stub, **other), tmp_path / "j.sqlite", [ask("x")])
    assert len(stub.asked) == 2


def test_never_more_in_flight_than_said(tmp_path: Path) -> None:
    def slow(_: object, __: int) -> Answer:
        time.sleep(0.02)
        return completion("好")

    with serving(slow) as stub:
        ask_all(model(stub, in_flight=3), tmp_path / "j.sqlite", [ask(str(n)) for n in range(30)])
    assert stub.most_at_once == 3


def test_retry_after_is_waited_for(tmp_path: Path) -> None:
    with serving(lambda _, seen: completion("好") if seen > 1 else error(429, {"Retry-After": "1"})) as stub:
        start = time.monotonic()
        (reply,) = ask_all(model(stub), tmp_path / "j.sqlite", [ask("x")])
    assert reply == Reply("好", "stub-7b", "stop", 11, 7)
    assert time.monotonic() - start >= 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (error(400), "400"),
        (error(500), "500"),
        ((200, {}, "<html>login</html>"), "JSONDecodeError"),
        ((200, {}, '{"choices": []}'), "no choice"),
        ((200, {}, '{"choices": [{"message": 3}]}'), "no chat completion"),
        ((200, {}, "[" * 100_000), "RecursionError"),
    ],
)
def test_one_question_fails_and_is_asked_anew_next_time(tmp_path: Path, answer: Answer, why: str) -> None:
    bad = ask("坏")
    with serving(lambda request, _: answer if "坏" in str(request) else completion("好")) as stub:
        said = ask_all(model(stub, retries=0), tmp_path / "j.sqlite", [ask("1"), bad, ask("2")])
        assert why in str(said[1])
        assert [isinstance(one, Reply) for one in said] == [True, False, True]
        before = len(stub.asked)
        ask_all(model(stub, retries=0), tmp_path / "j.sqlite", [ask("1"), bad, ask("2")])
        assert len(stub.asked) == before + 1


def test_a_reply_without_content_is_an_empty_text(tmp_path: Path) -> None:
    with serving(lambda _, __: (200, {}, '{"choices": [{"message": {"content": null}}]}')) as stub:
        assert ask_all(model(stub), tmp_path / "j.sqlite", [ask("x")]) == [Reply("")]


def test_lone_surrogates_do_not_reach_the_disk(tmp_path: Path) -> None:
    with serving(lambda _, __: (200, {}, '{"choices": [{"message": {"content": "a\\ud800b"}}]}')) as stub:
        (reply,) = ask_all(model(stub), tmp_path / "j.sqlite", [ask("x")])
        assert isinstance(reply, Reply)
        reply.text.encode()


def test_a_slow_server_meets_the_time_limit(tmp_path: Path) -> None:
    done = threading.Event()

    def never(_: object, __: int) -> Answer:
        done.wait(20)
        return completion("晚了")

    with serving(never) as stub:
        start = time.monotonic()
        (why,) = ask_all(model(stub, timeout=0.3, retries=0), tmp_path / "j.sqlite", [ask("x")])
        done.set()
    assert "0.3 s" in str(why) or "imed out" in str(why)
    assert time.monotonic() - start < 10


def test_a_server_that_is_gone_stops_the_run(tmp_path: Path) -> None:
    with serving(lambda _, __: completion("好")) as stub:
        gone = model(stub, retries=0, in_flight=2, wait=0.0)
    with pytest.raises(ModelError, match="cannot be reached"):
        ask_all(gone, tmp_path / "j.sqlite", [ask(str(n)) for n in range(50)])


@pytest.mark.parametrize(("status", "hint"), [(401, "key"), (403, "key"), (404, "base_url")])
def test_what_a_person_must_put_right_stops_the_run(tmp_path: Path, status: int, hint: str) -> None:
    with serving(lambda _, __: error(status)) as stub, pytest.raises(ModelError) as raised:
        ask_all(model(stub), tmp_path / "j.sqlite", [ask("x")])
    assert hint in raised.value.hint


def test_the_key_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _, __: completion("好")) as stub:
        with pytest.raises(ModelError, match="STUB_KEY is not set"):
            ask_all(model(stub, key_env="STUB_KEY"), tmp_path / "j.sqlite", [ask("x")])
        monkeypatch.setenv("STUB_KEY", "s3cret")
        ask_all(model(stub, key_env="STUB_KEY"), tmp_path / "j.sqlite", [ask("x")])
    assert stub.headers[0]["authorization"] == "Bearer s3cret"


def test_without_the_sdk_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name == "openai":
            raise ImportError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModelError, match="openai") as raised:
        ask_all(Model(name="x", base_url="http://127.0.0.1:9/v1"), tmp_path / "j.sqlite", [ask("x")])
    assert "cqia[llm]" in raised.value.hint


@pytest.mark.parametrize(
    ("base_url", "limit"), [(OPENAI, "max_completion_tokens"), ("http://127.0.0.1/v1", "max_tokens")]
)
def test_the_limit_is_called_what_the_server_calls_it(base_url: str, limit: str) -> None:
    body = request(ask("x"), Model(name="x", base_url=base_url, temperature=None), formed=True)
    assert body[limit] == 1024
    assert "temperature" not in body
    assert "response_format" not in body  # the question has no form


def test_each_keeps_the_order_and_raises_the_first_error() -> None:
    async def backwards(number: int) -> int:
        await asyncio.sleep((10 - number) / 1000)
        return number

    async def breaks(number: int) -> int:
        if number == 3:
            raise ValueError("three")
        return await backwards(number)

    assert asyncio.run(each(range(10), backwards, 4)) == list(range(10))
    assert asyncio.run(each([], backwards, 4)) == []
    with pytest.raises(ValueError, match="three"):
        asyncio.run(each(range(10), breaks, 4))


def test_the_budget_stops_the_run_and_what_was_received_stays(tmp_path: Path) -> None:
    asks = [ask(str(n)) for n in range(10)]
    with serving(lambda _, __: completion("好")) as stub:
        with pytest.raises(ModelError, match="budget of 4 calls"):
            ask_all(model(stub, calls=4, in_flight=1), tmp_path / "j.sqlite", asks)
        assert len(stub.asked) == 4
        with pytest.raises(ModelError, match="budget of 4 calls"):
            ask_all(model(stub, calls=4, in_flight=1), tmp_path / "j.sqlite", asks)
        assert len(stub.asked) == 4
        assert len(ask_all(model(stub, calls=10), tmp_path / "j.sqlite", asks)) == 10
    assert len(stub.asked) == 10


def test_in_a_notebook_where_a_loop_runs_already() -> None:
    async def cell() -> int:
        return await asyncio.sleep(0, run(asyncio.sleep(0, 7)))

    assert asyncio.run(cell()) == 7
