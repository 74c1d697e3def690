"""Task assignment: documents become records of every task that applies; what has no answer waits."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.engine.stage import Summary
from cqia.schema import DOCUMENT, PUBLISHED, RECORD, STATUS, digest
from cqia.sources.source import Edit, Quota, Task
from cqia.stages import assign
from cqia.tasks.edits import undone
from cqia.tasks.wordings import name_of


def documents(*rows):
    base = {"source": "notes", "copyright": "无"}
    return pl.DataFrame([base | {"id": f"notes:n{n}"} | row for n, row in enumerate(rows)], schema=DOCUMENT)


def task(**named):
    return Task(
        **{
            "name": "answer",
            "wordings": ("{title}",),
            "fields": {"title": pl.col("title")},
            "output": pl.col("text"),
            "major": ("问答",),
            "minor": ("生活",),
            "domain": ("通用",),
        }
        | named
    )


def made(frame, *tasks, edits=(), decisions=None, seed=42):
    return assign.apply(frame, pl.DataFrame() if decisions is None else decisions, tasks=tasks, edits=edits, seed=seed)


def test_a_record_has_all_that_is_published_of_it():
    frame = documents({"title": " 怎么除垢？ ", "text": "用小苏打。\n", "context": None})
    found = made(frame, task(metadata=pl.lit("答主:甲"), input=pl.col("context")))
    assert found.out.schema == RECORD
    (row,) = found.out.to_dicts()
    assert {name: row[name] for name in PUBLISHED} == {
        "instruction": "怎么除垢？",
        "input": "",
        "output": "用小苏打。",
        "task_type": {"major": ["问答"], "minor": ["生活"]},
        "domain": ["通用"],
        "metadata": "答主:甲, id:notes:n0/answer",
        "answer_from": "human",
        "human_verified": False,
        "copyright": "无",
    }
    assert (row["id"], row["document_id"], row["task"]) == ("notes:n0/answer", "notes:n0", "answer")
    assert row["template"] == name_of("{title}")
    assert row["text_digest"] == digest("怎么除垢？", "", "用小苏打。")[:32]
    assert row["score"] is None
    assert found.status.to_dicts() == [
        {"id": "notes:n0", "status": "kept", "reason": None, "fired": [], "by": None, "score": None}
    ]


def test_metadata_without_anything_else_is_the_id():
    assert made(documents({"text": "答"}), task()).out["metadata"].to_list() == ["id:notes:n0/answer"]


@pytest.mark.parametrize(
    ("text", "when", "over", "status", "reason"),
    [
        ("答", True, False, "kept", None),
        (None, True, False, "pending", "needs_answer"),
        ("", True, False, "pending", "needs_answer"),
        (" \n\u3000", True, False, "pending", "needs_answer"),
        ("答", False, False, "dropped", "no_task"),
        (None, False, False, "dropped", "no_task"),
        ("答", True, True, "dropped", "quota"),
    ],
)
def test_what_becomes_of_a_document(text, when, over, status, reason):
    decisions = pl.DataFrame({"id": ["notes:n0"] if over else []}, schema={"id": pl.String})
    found = made(documents({"text": text}, {"text": "另一个"}), task(when=pl.lit(when)), decisions=decisions)
    assert found.status.schema == STATUS
    assert found.status.row(0)[:3] == ("notes:n0", status, reason)
    assert found.out.filter(document_id="notes:n0").height == (status == "kept")


def test_a_document_becomes_a_record_of_every_task_that_applies():
    tasks = (
        task(name="answer", when=pl.col("text").str.len_chars() > 2),
        task(
            name="title", wordings=("给下文起个标题：{text}",), fields={"text": pl.col("text")}, output=pl.col("title")
        ),
    )
    found = made(
        documents({"text": "长的正文", "title": "题"}, {"text": "短", "title": "题"}, {"text": "长的正文"}), *tasks
    )
    assert found.out["id"].to_list() == ["notes:n0/answer", "notes:n0/title", "notes:n1/title", "notes:n2/answer"]
    assert found.status["status"].to_list() == ["kept"] * 3


def test_columns_that_depend_on_the_document_and_the_dialogue_before_it():
    turns = pl.concat_list(pl.struct(instruction="title", output=pl.lit("先前的回答")))
    dialogue = task(
        minor=pl.concat_list(pl.lit("甲"), "title"), domain=pl.col("tags"), history=turns, answer_from="llm"
    )
    found = made(
        documents({"text": "答", "title": "题一", "tags": ["茶"]}, {"text": "答", "title": "题二", "tags": []}),
        dialogue,
    )
    assert found.out["task_type"].struct.field("minor").to_list() == [["甲", "题一"], ["甲", "题二"]]
    assert found.out["domain"].to_list() == [["茶"], []]
    assert found.out["history"].to_list()[0] == [{"instruction": "题一", "output": "先前的回答"}]
    assert found.out["answer_from"].to_list() == ["llm"] * 2


def test_the_wording_is_chosen_by_id_and_seed_and_neither_by_order_nor_by_neighbours():
    frame = documents(*({"text": "答", "title": f"题{n}"} for n in range(60)))
    tasks = task(wordings=("{title}", "问：{title}", "请答：{title}"))
    whole = made(frame, tasks).out
    assert whole["template"].n_unique() == 3
    assert dict(made(frame.reverse(), tasks).out.select("id", "instruction").iter_rows()) == dict(
        whole.select("id", "instruction").iter_rows()
    )
    assert made(frame[7:9], tasks).out.equals(whole[7:9])
    assert not made(frame, tasks, seed=1).out["template"].equals(whole["template"])


COURTESY, PHONE = (
    Edit("courtesy", "^谢邀[，。]?", ""),
    Edit("phone", "1[0-9]{10}", "〔电话〕", ("output", "instruction")),
)


def test_edits_are_recorded_and_can_be_undone():
    frame = documents(
        {"title": "打13800000000？", "text": "谢邀，打13900000000。"}, {"title": "题", "text": "没有什么可改的"}
    )
    found = made(frame, task(), edits=(COURTESY, PHONE))
    assert found.out["output"].to_list() == ["打〔电话〕。", "没有什么可改的"]
    assert found.out["instruction"].to_list() == ["打〔电话〕？", "题"]
    first, second = found.out["edits"].to_list()
    assert [(span["field"], span["name"]) for span in first] == [
        ("instruction", "phone"),
        ("output", "courtesy"),
        ("output", "phone"),
    ]
    assert second == []
    assert undone("output", "打〔电话〕。", first) == "谢邀，打13900000000。"
    assert undone("instruction", "打〔电话〕？", first) == "打13800000000？"
    assert found.out["text_digest"][0] == digest("打〔电话〕？", "", "打〔电话〕。")[:32]


@given(st.lists(st.text("谢邀，。12345678900 文", min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=5))
def test_every_edited_output_can_be_undone(texts):
    found = made(documents(*({"title": "题", "text": text} for text in texts)), task(), edits=(COURTESY, PHONE))
    for text, row in zip(texts, found.out.to_dicts(), strict=True):
        assert undone("output", row["output"], row["edits"]).strip() == text.strip()


def test_the_quota_is_drawn_from_those_that_would_become_a_record():
    quota = Quota(4, by=pl.col("tags").list.first())
    frames = [
        documents(*({"text": "答", "tags": ["甲"]} for _ in range(6)), {"text": None, "tags": ["甲"]}),
        documents(*({"text": "答", "tags": ["乙"]} for _ in range(6)), {"text": "答"}).with_columns(
            id=pl.format("{}-2", "id")
        ),
    ]
    summaries = [
        Summary(f"s/{n}", assign.summarise(frame, tasks=(task(),), quota=quota).lazy(), frame.lazy())
        for n, frame in enumerate(frames)
    ]
    gone = assign.decide(summaries, quota=quota, seed=42)
    assert gone.columns == ["shard", "id"]
    assert gone.height == 13 - 4
    assert assign.decide(summaries[::-1], quota=quota, seed=42).equals(gone)
    records = [
        made(frame, task(), decisions=gone.filter(shard=f"s/{n}").drop("shard")) for n, frame in enumerate(frames)
    ]
    assert sum(found.out.height for found in records) == 4
    assert records[0].status["reason"].to_list()[6] == "needs_answer"
    assert 1 <= records[0].out.height <= 2


def test_nothing_to_assign():
    found = made(documents(), task())
    assert (found.out.height, found.status.height) == (0, 0)
    assert assign.decide([], quota=Quota(3, by=pl.col("id")), seed=1).height == 0
