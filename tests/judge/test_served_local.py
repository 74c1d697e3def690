"""A real server: ``transformers serve`` with a tiny model of random weights, built here.

It babbles and ignores ``response_format``, so its replies cannot be read, and every judgement has honestly failed.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from cqia.errors import ModelError
from cqia.judge.judges import JudgeSettings, judge_from
from cqia.llm.prices import Price
from cqia.llm.spend import spend
from cqia.schema import RECORD

pytestmark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("torch", "transformers"))),
    reason="wants torch and transformers to serve a model on this machine: make local",
)

CHAT = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}<|assistant|>"

# In a process of its own: torch takes a second and a few hundred MB, and warns of this and that.
BUILD = """
import sys
from pathlib import Path
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

folder, chat = Path(sys.argv[1]), sys.argv[2]
marks = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
letters = sorted(pre_tokenizers.ByteLevel.alphabet())
tokenizer = Tokenizer(models.BPE({token: n for n, token in enumerate(marks + letters)}, []))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|end|>",
                               additional_special_tokens=marks[1:])
fast.chat_template = chat
fast.save_pretrained(folder)
torch.manual_seed(7)
config = Qwen2Config(vocab_size=len(fast), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
                     num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=16384, eos_token_id=0)
Qwen2ForCausalLM(config).save_pretrained(folder)
"""

OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of the server, and the model's name."""
    folder = tmp_path_factory.mktemp("local") / "tiny-qwen2"
    environment = {**os.environ, **OFFLINE, "HF_HOME": str(folder.parent)}
    subprocess.run([sys.executable, "-c", BUILD, str(folder), CHAT], check=True, env=environment, timeout=120)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (folder.parent / "serve.log").open("wb")
    program = Path(sys.executable).with_name("transformers")
    process = subprocess.Popen(
        [program, "serve", folder, "--host", "127.0.0.1", "--port", str(port)], env=environment, stdout=log, stderr=log
    )
    try:
        open_ = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for _ in range(600):
            assert process.poll() is None, (folder.parent / "serve.log").read_text()[-2000:]
            try:
                open_.open(f"http://127.0.0.1:{port}/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/v1", str(folder)
    finally:
        process.kill()
        process.wait()
        log.close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def settings(served: tuple[str, str], journal: Path) -> JudgeSettings:
    url, name = served
    return JudgeSettings(model=name, base_url=url, journal=journal, rubric="howto", max_tokens=24, in_flight=2,
                         timeout=60.0, price=Price(1.0, 2.0, "CNY"))  # fmt: skip


def records(*outputs: str) -> pl.DataFrame:
    rows = [{"id": f"r:{n}", "instruction": "怎样存米？", "input": "", "output": o} for n, o in enumerate(outputs)]
    return pl.DataFrame(rows, schema=RECORD)


@pytest.mark.timeout(240)
def test_what_babbles_is_asked_again_and_has_failed(served: tuple[str, str], tmp_path: Path) -> None:
    judge = judge_from(settings(served, tmp_path / "journal.sqlite"))
    verdicts = judge(records("放在阴凉干燥处。", "装进密封的桶里。"))
    assert verdicts["outcome"].to_list() == ["failed", "failed"]
    assert verdicts["score"].to_list() == [None, None]
    db = sqlite3.connect(tmp_path / "journal.sqlite")
    rows = db.execute("select attempt, served, finish, prompt_tokens, completion_tokens from replies").fetchall()
    db.close()
    assert sorted(row[0] for row in rows) == [1, 1, 2, 2]  # each was asked twice, and both replies are kept
    assert all(prompt > 0 and 0 < completion <= 24 for *_, prompt, completion in rows)
    total = spend(tmp_path / "journal.sqlite")
    assert (total.calls, total.unknown) == (4, 0)
    assert total.prompt_tokens == sum(row[3] for row in rows)
    assert judge(records("放在阴凉干燥处。", "装进密封的桶里。")).equals(verdicts)
    assert spend(tmp_path / "journal.sqlite") == total  # and not a third time


@pytest.mark.timeout(240)
def test_the_bound_on_tokens_holds_with_a_real_tokenizer(served: tuple[str, str], tmp_path: Path) -> None:
    """A tokenizer of single bytes makes as many tokens as there can be."""
    from cqia.judge.judges import served as judge_of

    judge = judge_of(settings(served, tmp_path / "journal.sqlite"))
    frame = records("一步一步来：先量、再装、后封口。🍚")
    judge(frame)
    bound = judge.ask(frame.row(0, named=True)).most(judge.voice.model).prompt_tokens  # type: ignore[attr-defined]
    db = sqlite3.connect(tmp_path / "journal.sqlite")
    (counted,) = db.execute("select prompt_tokens from replies where attempt = 1").fetchone()
    db.close()
    assert 0.5 * bound < counted <= bound


def test_an_unknown_model_stops_the_run(served: tuple[str, str], tmp_path: Path) -> None:
    url, _ = served
    other = settings((url, "nobody/knows-this"), tmp_path / "journal.sqlite")
    with pytest.raises(ModelError):
        judge_from(other)(records(*"一二三四五六七八九十" * 3))
