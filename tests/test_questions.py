"""What the judge would ask: counted, written to a batch file, and answered from one; by the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cqia.llm.spend import spend
from made import Inline, Said, note

COMMAND = Callable[..., Said]
PRICED = "price_in = 1000.0\nprice_out = 2000.0\ncurrency = 'CNY'\n"
NOBODY = "base_url = 'http://127.0.0.1:9/v1'\nwait = 0\n"  # asking it would fail


@pytest.fixture
def folder(project: Callable[..., Path], inline: Inline) -> Callable[..., Path]:
    """A project of ten notes whose judge is a model that nobody serves."""

    def make(judge: str = "", budget: str = "") -> Path:
        toml = f"[judge]\nmodel = 'm'\nmax_tokens = 100\n{NOBODY}{judge}\n[budget]\n{budget}"
        return project([note(n) for n in range(10)], toml=toml)

    return make


def answered(export: Path, replies: Path, how: Callable[[int, str], dict[str, object]]) -> Path:
    """A provider's file of replies to an exported one."""
    keys = [json.loads(line)["custom_id"] for line in export.read_text("utf-8").splitlines()]
    lines = [json.dumps({"id": f"b{n}", "custom_id": key} | how(n, key)) for n, key in enumerate(keys)]
    replies.write_text("\n".join(lines) + "\n", "utf-8")
    return replies


def said(text: str, **more: object) -> dict[str, object]:
    body = {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}], "model": "m-1"}
    usage = {"prompt_tokens": 1000, "completion_tokens": 500}
    return {"response": {"status_code": 200, "body": body | {"usage": usage} | more}, "error": None}


def good(number: int, key: str) -> dict[str, object]:
    return said('{"总分": 8.5}')


def test_a_dry_run_counts_and_sends_nothing(cqia: COMMAND, folder: Callable[..., Path]) -> None:
    made = cqia("run", "--dry-run", "-C", folder(PRICED))
    assert made.code == 0
    assert "notes" in made.out
    assert "1,000" in made.out  # ten replies of a hundred tokens at the most
    assert "CNY" in made.out
    assert made.out.endswith("Nothing was sent.\n")


@pytest.mark.parametrize("command", [["run", "--dry-run"], ["judge", "export-batch", "batch.jsonl"]])
def test_on_the_way_to_the_judge_nobody_is_asked_for_drafts(
    cqia: COMMAND, folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    home = folder()
    file = home / "cqia.toml"
    answers = "[answers]\nsources = ['notes']\nmode = 'rewrite'\nmodel = 'w'\nbase_url = 'http://127.0.0.1:9/v1'\n"
    file.write_text(file.read_text("utf-8") + answers, "utf-8")
    made = cqia(*command, "-C", home)
    assert made.code == 0, made.err
    assert spend(home / "work" / "journal.sqlite").unknown == (0 if command[0] == "run" else 10)
    assert not (home / "work" / "answers.sqlite").exists()
    if command[0] == "run":
        assert "the drafts of 10 records ([answers]): up to 6 calls each" in made.out
    assert cqia("run", "-C", home).code == 1  # which does ask


@pytest.mark.parametrize(
    ("budget", "said"),
    [("calls = 9", "budget of 9 calls leaves 9: the run will stop"), ("calls = 10", ""),
     ("cost = 0.5", "leaves 0.50: the run will stop"), ("cost = 1000", "")],
)  # fmt: skip
def test_a_dry_run_says_whether_the_budget_is_enough(
    cqia: COMMAND, folder: Callable[..., Path], budget: str, said: str
) -> None:
    made = cqia("run", "--dry-run", "-C", folder(PRICED, budget))
    assert said in made.out
    assert ("will stop" in made.out) is bool(said)


def test_a_batch_there_and_back(cqia: COMMAND, folder: Callable[..., Path], tmp_path: Path) -> None:
    home, out = folder(PRICED), tmp_path / "out.jsonl"
    assert "10 questions" in cqia("judge", "export-batch", out, "-C", home).out
    line = json.loads(out.read_text("utf-8").splitlines()[0])
    assert (line["method"], line["url"], line["body"]["model"]) == ("POST", "/v1/chat/completions", "m")
    assert line["body"]["response_format"]["type"] == "json_schema"
    assert len(line["custom_id"]) == 64
    # While they are out nobody asks again, neither a run nor another file.
    stopped = cqia("run", "-C", home)
    assert stopped.code == 1
    assert "is out in a batch file" in stopped.err
    assert "10 questions are out" in cqia("judge", "export-batch", tmp_path / "more.jsonl", "-C", home).out
    assert not (tmp_path / "more.jsonl").exists()
    taken = cqia("judge", "import-batch", answered(out, tmp_path / "in.jsonl", good), "-C", home)
    assert "10 replies taken, 0 failed, 0 unknown" in taken.out
    run = cqia("run", "--until", "judge", "-C", home)  # without a server
    assert run.code == 0
    assert "Asked in all: 10 calls, 10,000 tokens read, 5,000 written, 20.00 CNY." in run.out
    assert "10 unknown" in cqia("judge", "import-batch", tmp_path / "in.jsonl", "-C", home).out


def test_what_failed_in_a_batch_has_no_reply_and_may_be_asked_again(
    cqia: COMMAND, folder: Callable[..., Path], tmp_path: Path
) -> None:
    def how(number: int, key: str) -> dict[str, object]:
        return {
            0: {"response": {"status_code": 400, "body": {"error": {"message": "forbidden"}}}, "error": None},
            1: {"response": None, "error": {"code": "batch_expired"}},
            2: said("x", choices=[]),
            3: said("我看不错"),  # a reply, and no score
        }.get(number, good(number, key))

    home, out = folder(), tmp_path / "out.jsonl"
    cqia("judge", "export-batch", out, "-C", home)
    taken = cqia("judge", "import-batch", answered(out, tmp_path / "in.jsonl", how), "-C", home).out
    assert "7 replies taken, 3 failed" in taken
    assert all(why in taken for why in ("forbidden", "batch_expired", "no choice"))
    total = spend(home / "work" / "journal.sqlite")
    assert (total.calls, total.unknown) == (8, 1)  # what a provider refuses it does not charge; the empty one it may
    again = tmp_path / "again.jsonl"
    assert "4 questions" in cqia("judge", "export-batch", again, "-C", home).out
    lengths = [len(json.loads(line)["body"]["messages"]) for line in again.read_text("utf-8").splitlines()]
    assert sorted(lengths) == [2, 2, 2, 4]  # the reply that could not be read is asked about once more


def test_a_batch_keeps_to_the_budget(cqia: COMMAND, folder: Callable[..., Path], tmp_path: Path) -> None:
    home, out = folder(budget="calls = 6"), tmp_path / "out.jsonl"
    made = cqia("judge", "export-batch", out, "-C", home).out
    assert "6 questions" in made
    assert "4 questions would exceed the budget" in made
    assert spend(home / "work" / "journal.sqlite").calls == 6


def test_a_batch_that_is_given_up_stays_charged_and_one_that_was_never_sent_does_not(
    cqia: COMMAND, folder: Callable[..., Path], tmp_path: Path
) -> None:
    home, out = folder(), tmp_path / "out.jsonl"
    cqia("judge", "export-batch", out, "-C", home)
    assert "10 questions came back unsent" in cqia("judge", "import-batch", out, "-C", home).out
    assert spend(home / "work" / "journal.sqlite").calls == 0
    cqia("judge", "export-batch", tmp_path / "b.jsonl", "-C", home)
    assert "10 questions given up" in cqia("judge", "import-batch", "--give-up", "-C", home).out
    assert spend(home / "work" / "journal.sqlite").unknown == 10


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.jsonl"
    path.write_text('{"custom_id": "x", "response": {"status_code": 200, "body": 3}}\n{"custom_id": 7}\n', "utf-8")
    return path


def test_what_is_wrong_is_said(cqia: COMMAND, folder: Callable[..., Path], tmp_path: Path, wrong: Path) -> None:
    home = folder()
    for arguments, message in (
        (["judge", "import-batch"], "Name the files"),
        (["judge", "import-batch", tmp_path / "none.jsonl"], "No such file"),
        (["judge", "import-batch", wrong], "line 2"),
        (["judge", "export-batch", wrong], "exists already"),
    ):
        done = cqia(*arguments, "-C", home)
        assert done.code != 0
        assert message in done.err


def test_who_asks_no_model_has_nothing_to_count(cqia: COMMAND, project: Callable[..., Path], inline: Inline) -> None:
    home = project([note(1)])
    for arguments in (["run", "--dry-run"], ["judge", "export-batch", "x.jsonl"], ["judge", "import-batch", "x"]):
        done = cqia(*arguments, "-C", home)
        assert done.code == 2
        assert "asks no model" in done.err


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[judge]\nmodel = 'm'\nprice_in = 1.0", "need their currency"),
        ("[judge]\nmodel = 'm'\n[budget]\ncost = 5", "[budget] cost needs prices"),
        ("[judge]\nwait = -1", "judge.wait"),
    ],
)
def test_prices_and_budgets_that_do_not_fit_are_refused(
    cqia: COMMAND, project: Callable[..., Path], toml: str, message: str
) -> None:
    done = cqia("status", "-C", project([note(1)], toml=toml))
    assert done.code == 2
    assert message in done.err


@pytest.mark.parametrize("before", ["the file has its name", "the file is there"])
def test_a_kill_while_exporting_neither_loses_nor_repeats(
    cqia: COMMAND, folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    from cqia.llm.journal import Journal

    home, out = folder(), tmp_path / "out.jsonl"

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    target = (Path, "rename") if before == "the file has its name" else (Journal, "hand_over")
    with monkeypatch.context() as patch:
        patch.setattr(*target, die)
        with pytest.raises(Killed):
            cqia("judge", "export-batch", out, "-C", home)
    if out.exists():
        assert "exists already" in cqia("judge", "export-batch", out, "-C", home).err
    else:
        assert "10 questions" in cqia("judge", "export-batch", out, "-C", home).out
    taken = cqia("judge", "import-batch", answered(out, tmp_path / "in.jsonl", good), "-C", home)
    assert "10 replies taken" in taken.out
    assert spend(home / "work" / "journal.sqlite").calls == 10
