"""COIG-PC: task files become examples; short outputs are announced and capped."""

import polars as pl
import pytest
from samples import collected, made, of_file, reasons, row

from cqia.errors import NotADocument, Unreadable
from cqia.sources.coig_pc import COIG_PC, SHORT, read

ROW = {
    "instruction": "判断两句话的意思是否相同。", "input": "今天下雨了。\n今天是雨天。", "output": "相同",
    "split": "train", "task_type": {"major": ["分类"], "minor": ["语义相似"]}, "domain": ["通用"],
    "task_name_in_eng": "same",
}  # fmt: skip
LONG = "这篇文章讲了怎样在阳台上种番茄，以及怎样给它们搭架子。"


def test_a_row_with_a_short_output():
    (record,) = made(COIG_PC, row(**ROW))
    assert record["task"] == "short"
    assert ROW["instruction"] in record["instruction"]
    assert (record["input"], record["output"]) == (ROW["input"], "相同")
    assert (record["task_type"]["minor"], record["domain"]) == (["分类", "语义相似"], ["通用"])
    assert record["metadata"].startswith("task:same, id:")


def test_a_row_with_sentences_is_another_task():
    (record,) = made(COIG_PC, row(**ROW | {"output": LONG}))
    assert record["task"] == "sentences"


def test_a_row_of_pclue_ends_in_no_call_for_an_answer():
    (record,) = made(
        COIG_PC, row("p/pCLUE_train_9.json", input="天会下雨吗？选项：会，不会\n答案：", target="会", type="nli")
    )
    assert record["task_type"]["minor"] == ["自然语言推断"]
    assert "答案：" not in record["instruction"]


def test_csl_comes_without_a_header_and_without_instructions(tmp_path):
    lines = [
        'to title\t本文研究阳台番茄的"搭架"方法，比较了三种架子。\t阳台番茄搭架方法研究',
        "to keywords\t本文研究阳台番茄的搭架方法，比较了三种架子的用料与产量. 阳台番茄搭架方法研究\t番茄_阳台_搭架",
        "to category\t阳台番茄搭架研究\t农学",
    ]
    (tmp_path / "dev.tsv").write_text("\n".join(lines), "utf-8")
    title, words, kind = made(COIG_PC, *of_file(COIG_PC, tmp_path / "dev.tsv"))
    assert (title["input"], title["output"]) == (lines[0].split("\t")[1], "阳台番茄搭架方法研究")
    assert "标题" in title["instruction"]
    assert words["input"] == "标题：阳台番茄搭架方法研究\n摘要：本文研究阳台番茄的搭架方法，比较了三种架子的用料与产量."
    assert words["output"] == "番茄、阳台、搭架"
    assert (kind["output"], kind["task_type"]["minor"], kind["domain"]) == ("农学", ["分类"], ["学术论文"])
    (tmp_path / "test.tsv").write_text(lines[0], "utf-8")
    _, status = collected(COIG_PC, of_file(COIG_PC, tmp_path / "test.tsv"))
    assert status["reason"].to_list() == ["test_split"]


@pytest.mark.parametrize("split", ["test", "Testing"])
def test_rows_for_tests_are_not_for_training(split):
    with pytest.raises(NotADocument) as raised:
        list(read(row(**ROW | {"split": split})))
    assert raised.value.reason == "test_split"


@pytest.mark.parametrize("fields", [{}, {"instruction": "一"}, {"instruction": 1, "output": "一"}, {"input": "一"}])
def test_another_row_is_unreadable(fields):
    with pytest.raises(Unreadable):
        list(read(row(**fields)))


def test_only_chinese_passes():
    english = ROW | {"instruction": "Are they the same?", "input": "It rains.\nIt is a rainy day.", "output": "same"}
    documents, _ = collected(COIG_PC, [row(**ROW), row(**english)])
    assert reasons(COIG_PC, documents) == [None, "han"]


def test_short_outputs_are_capped_and_long_ones_are_not():
    raws = [row(**ROW | {"input": f"第{n}句。\n第{n * 7}句。", "output": "不同" if n % 3 else LONG}) for n in range(30)]
    documents, _ = collected(COIG_PC, raws)
    ranked = documents.select(rank=COIG_PC.rank)["rank"]
    assert ranked.null_count() == 10, "what is in sentences has no rank"
    (cap,) = [rule for rule in COIG_PC.rules if rule.name == "short_outputs"]
    assert (cap.at_most, cap.missing) == (1000, "keep")
    assert reasons(COIG_PC, documents) == [None] * 30
    tight = pl.DataFrame({"rank": [1, 1001, None]})
    assert tight.select(cap.value > cap.at_most).to_series().to_list() == [False, True, None]


def test_the_wordings_of_short_answers_differ():
    for task in COIG_PC.tasks:
        assert len(set(task.wordings)) >= 10
        assert all(wording.count("{instruction}") == 1 for wording in task.wordings)
    assert SHORT < 20
