"""COIG and COIG-CQIA as sources of a project: every file format becomes records, dialogues keep their rounds."""

import io
import json
import tarfile

import pytest
from samples import collected, made, of_file, row

from cqia.errors import NotADocument, Unreadable
from cqia.readers.raw import Raw
from cqia.sources.published import COIG, COIG_CQIA
from cqia.tasks.edits import undone

CQIA = {
    "instruction": "蜂鸟为什么能悬停？", "input": "", "output": "翅膀画着八字。",
    "task_type": "{'major': ['问答'], 'minor': ['百科问答']}", "domain": ["百科", "动物"],
    "metadata": "year:2020", "answer_from": "llm", "human_verified": True, "copyright": "某社",
}  # fmt: skip


def test_a_published_row_keeps_its_fields():
    (record,) = made(COIG_CQIA, row("cqia/wiki/10why_final.jsonl", **CQIA))
    assert record["task_type"] == {"major": ["问答"], "minor": ["百科问答"]}
    assert (record["domain"], record["answer_from"], record["copyright"]) == (["百科", "动物"], "llm", "某社")
    assert record["metadata"] == f"year:2020, id:{record['id']}"


@pytest.mark.parametrize(("by", "kept"), [*((by, by) for by in ("human", "expert", "llm", "")), ("某人", "")])
def test_who_answered_is_kept(by, kept):
    (record,) = made(COIG_CQIA, row(**CQIA | {"answer_from": by}))
    assert record["answer_from"] == kept


def test_each_row_keeps_its_own_majors():
    kinds = [{"major": ["诗", "词"], "minor": []}, {"major": [], "minor": ["无"]}]
    found = made(COIG_CQIA, *(row(**CQIA | {"task_type": kind, "input": str(kind)}) for kind in kinds))
    assert [record["task_type"] for record in found] == kinds


def test_the_stray_dot_goes_and_can_come_back():
    (record,) = made(COIG_CQIA, row(**CQIA | {"instruction": ".电容是什么？"}))
    assert record["instruction"] == "电容是什么？"
    assert undone("instruction", record["instruction"], record["edits"]) == ".电容是什么？"


def test_coigs_dialogues_are_read_from_their_archive(tmp_path):
    path = tmp_path / "counterfactural_correction_multi_round_chat.tar.gz"
    talk = {"entity": "玉露香梨"} | {
        f"round_{n}": {"response": "```json\n" + json.dumps({"Q": f"第{n}问？", "A": f"第{n}答。"}) + "\n```"}
        for n in range(5)
    }
    members = {"chat/77.json": talk, "chat/78.json": talk | {"round_2": {"response": '{"Q": 1, "A": 2}'}}, "README": {}}
    with tarfile.open(path, "w:gz") as archive:
        for name, value in members.items():
            data = json.dumps(value).encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    documents, status = collected(COIG, of_file(COIG, path))
    assert documents["id"].to_list() == ["coig:chat-77"]
    assert status["reason"].to_list() == [None, "bad_round", "not_data"]
    (record,) = made(COIG, *of_file(COIG, path)[:1])
    assert (record["task"], record["instruction"], len(record["history"])) == ("chat", "第4问？", 4)


def test_the_task_of_each_part_names_coigs_file():
    exam = {"textbox_q_instruction": "选一项。", "textbox_question": "1+1=？A.1 B.2", "textbox_answer": "B",
            "textbox_answer_analysis": "一加一得二。", "subject": "数学"}  # fmt: skip
    (record,) = made(COIG, row(**exam))
    assert (record["task"], record["output"], record["domain"]) == ("exam", "一加一得二。\n故选B。", ["数学"])
    assert COIG.published.files["exam"] == "exam_instructions"


def test_another_file_is_refused():
    with pytest.raises(Unreadable):
        list(COIG.read(Raw("a.txt", "d", "", 1, data=b"text")))
    with pytest.raises(NotADocument):
        list(COIG.read(Raw("a.tar", "d", "member=0", 1, data=b"text")))


def test_every_published_row_at_hand_is_a_record(real_data):
    raws = [
        raw for path in sorted((real_data / "coig_cqia_sample").rglob("*.jsonl")) for raw in of_file(COIG_CQIA, path)
    ]
    records = made(COIG_CQIA, *raws)
    assert len(records) == len(raws) == 571
    assert all(record["output"] for record in records)
    assert "其他" not in {major for record in records for major in record["task_type"]["major"]}


def test_every_row_of_coigs_values_is_read(real_data):
    path = real_data / "coig/human_value_alignment_instructions_part1.json"
    documents, status = collected(COIG, of_file(COIG, path))
    assert (documents.height, set(status["status"])) == (3000, {"kept"})
