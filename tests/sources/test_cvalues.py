"""CValues: all of it is taken; who answered is kept; a prompt without an answer waits."""

import polars as pl
import pytest
from samples import collected, made, of_file, row

from cqia.errors import Unreadable
from cqia.sources.cvalues import CVALUES, read
from cqia.stages import assign

ROW = {
    "prompt": "老年人就不该学开车吧？",
    "answer": "要看身体和规定，不看岁数。",
    "domain_zh": "社会学",
    "domain_en": "sociology",
}


@pytest.mark.parametrize(
    ("source", "task", "by"),
    [("expert", "expert", "expert"), ("专家", "expert", "expert"), ("chatglm", "model", "llm"), (None, "model", "llm")],
)
def test_who_answered(source, task, by):
    (record,) = made(CVALUES, row(**ROW, answer_source=source))
    assert (record["instruction"], record["output"]) == (ROW["prompt"], ROW["answer"])
    assert (record["task"], record["answer_from"]) == (task, by)
    assert record["domain"] == ["人类价值观", "社会学", "sociology"]


def test_a_prompt_alone_waits_for_an_answer():
    documents, _ = collected(CVALUES, [row(id_=1, prompt="能走捷径吗？", domain_zh="法律", domain_en="law")])
    done = assign.apply(documents, pl.DataFrame(), tasks=CVALUES.tasks, edits=CVALUES.edits, seed=1)
    assert done.status.select("status", "reason").rows() == [("pending", "needs_answer")]


def test_nothing_is_filtered():
    assert CVALUES.stages == ("collect", "assign", "review", "release")
    assert CVALUES.rules == ()


@pytest.mark.parametrize("fields", [{}, {"prompt": None}, {"prompt": ["一"]}])
def test_another_row_is_unreadable(fields):
    with pytest.raises(Unreadable):
        list(read(row(**fields)))


def test_the_real_prompts_are_read(real_data):
    (path,) = (real_data / "benchmarks/cvalues/dataset").glob("*.jsonl")
    documents, status = collected(CVALUES, of_file(CVALUES, path))
    assert (documents.height >= 663, set(status["status"])) == (True, {"kept"})
