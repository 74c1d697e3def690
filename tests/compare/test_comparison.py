"""cqia compare from the command line: every shape, bad input, and numbers that another way of counting gives."""

import json
import re
from collections import Counter

import pytest

from made import lines, note

OURS = {
    "instruction": "怎样挑一口好铁锅？", "input": "", "output": "看锅底厚薄是否均匀，敲一敲声音清亮的好。",
    "task_type": {"major": ["问答"], "minor": ["生活"]}, "domain": ["通用"], "metadata": "", "answer_from": "human",
    "human_verified": True, "copyright": "",
}  # fmt: skip
ALPACA = {"instruction": "列出三种常见的茶。", "input": "", "output": "绿茶、红茶、乌龙茶。"}
#: One row of each shape, and the instruction in it.
SHAPES = {
    "cqia": (OURS, OURS["instruction"]),
    "coig": (
        {"textbox_q_instruction": "选出正确的一项。", "textbox_q_context": "", "textbox_question": "一加一得几？",
         "textbox_answer": "二", "textbox_answer_analysis": "", "subject": "数学"}, "选出正确的一项。",
    ),
    "translated": ({"trans_instruction": "写一句问候。", "trans_input": "", "trans_output": "您好。"}, "写一句问候。"),
    "alpaca": (ALPACA, ALPACA["instruction"]),
    "firefly": ({"kind": "作诗", "input": "写一句咏梅的诗。", "target": "疏枝横玉瘦。"}, "写一句咏梅的诗。"),
    "firefly chat": (
        {"conversation": [{"human": "锅粘底怎么办？", "assistant": "热锅凉油。"}], "category": "生活"},
        "锅粘底怎么办？",
    ),
    "sharegpt": (
        {"conversations": [{"from": "human", "value": "蚂蚁睡觉吗？"}, {"from": "gpt", "value": "睡。"},
                           {"from": "human", "value": "睡多久？"}, {"from": "gpt", "value": "一分钟。"}]}, "睡多久？",
    ),
    "messages": (
        {"messages": [{"role": "user", "content": "雪是什么颜色？"}, {"role": "assistant", "content": "白的。"}]},
        "雪是什么颜色？",
    ),
}  # fmt: skip


def numbers(folder):
    return json.loads((folder / "report.json").read_text("utf-8"))


@pytest.fixture
def write(tmp_path):
    def make(name, *rows):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(row if isinstance(row, str) else lines([row]) for row in rows), "utf-8")
        return path

    return make


def test_every_shape_is_known_by_itself(cqia, write, tmp_path):
    named = [f"{name}={write(name, row)}" for name, (row, _) in SHAPES.items()]
    said = cqia("compare", *named, "--out", tmp_path / "c")
    assert (said.code, said.err) == (0, "")
    assert said.out.strip() == str(tmp_path / "c" / "index.html")
    found = numbers(tmp_path / "c")
    assert [each["name"] for each in found["datasets"]] == list(SHAPES)
    assert [each["records"] for each in found["datasets"]] == [1] * len(SHAPES)
    asked = [each["samples"][0]["asked"].partition("\n")[0] for each in found["datasets"]]
    assert asked == [instruction for _, instruction in SHAPES.values()]


def test_the_numbers_are_those_of_another_count(cqia, write, tmp_path):
    one = [OURS | {"instruction": f"第{n}问：{OURS['instruction']}", "human_verified": n % 4 == 0,
                   "answer_from": "llm" if n < 3 else "human"} for n in range(8)]  # fmt: skip
    other = [ALPACA | {"output": f"{n}、{ALPACA['output']}"} for n in range(5)] + [one[0]]
    cqia("compare", f"甲={write('a', *one)}", f"乙={write('b', *other)}", "--out", tmp_path / "c")
    found = numbers(tmp_path / "c")
    a, b = found["datasets"]
    assert (found["records"], a["records"], b["records"]) == (14, 8, 6)
    assert (a["written"]["verified"], a["written"]["machine"]) == (2 / 8, 0.375)
    assert b["written"]["human_verified"] == {"true": 1, "false": 0, "unknown": 5}
    assert a["characters"]["output"] == 8 * len(OURS["output"])
    assert b["characters"]["instruction"] == sum(len(row["instruction"]) for row in other)
    longest = {row["source"]: row["quantiles"][-1] for row in found["lengths"]["output"]["by_source"]}
    assert longest == {"甲": len(OURS["output"]), "乙": max(len(row["output"]) for row in other)}
    assert {row["name"]: row["records"] for row in b["kinds"]} == {"": 5, "问答": 1}
    begun = Counter(row["instruction"][:4] for row in other)
    (mine,) = (row for row in found["beginnings"]["by_source"] if row["source"] == "乙")
    assert (mine["distinct"], mine["top"][0]["records"]) == (len(begun), max(begun.values()))
    assert found["overlap"]["whole"]["exact"] == [[8, 1], [1, 6]]
    assert found["overlap"]["asked"]["exact"] == [[8, 1], [1, 6]]
    assert b["copies"]["records"] == 0  # their short outputs differ by a number


def test_a_release_beside_a_file(project, cqia, inline, write, tmp_path):
    folder = project([note(n) for n in range(1, 9)], toml="[review]\nrequire = 'none'")
    assert cqia("release", "v1", "-C", folder).code == 0
    assert cqia("compare", folder / "releases" / "v1", write("b", ALPACA), "--out", tmp_path / "c").code == 0
    release, file = numbers(tmp_path / "c")["datasets"]
    assert (release["name"].endswith(" v1"), release["records"]) == (True, 8)
    assert file["name"] == "b.jsonl"


def test_rows_that_cannot_be_read_are_counted_and_said(cqia, write, tmp_path):
    file = write("b", ALPACA, "{broken\n", {"什么": 1}, {"messages": [{"role": "user", "content": "？"}]}, ALPACA)
    said = cqia("compare", file, "--out", tmp_path / "c")
    assert said.code == 0
    for reason in ("1 bad_json", "1 unknown_shape", "1 no_assistant"):
        assert reason in said.err
    (found,) = numbers(tmp_path / "c")["datasets"]
    assert (found["records"], sum(found["unread"].values())) == (2, 3)
    html = (tmp_path / "c" / "index.html").read_text("utf-8")
    assert "<code>no_assistant</code> 1" in html


@pytest.mark.parametrize("beside", [False, True])
def test_an_empty_dataset_is_said_and_shown(cqia, write, tmp_path, beside):
    others = [write("b", ALPACA)] if beside else []
    said = cqia("compare", write("empty"), *others, "--out", tmp_path / "c")
    assert (said.code, said.err) == (0, "cqia: empty.jsonl holds no record.\n")
    assert [each["records"] for each in numbers(tmp_path / "c")["datasets"]] == [0, *[1] * beside]


def test_benchmarks_are_looked_for_in_all(cqia, write, tmp_path):
    question = "下列关于光合作用的叙述，哪一项是正确的，并说明判断的理由和依据？"
    exam = write("exam", {"question": question})
    datasets = [write("a", ALPACA | {"instruction": question}, ALPACA), write("b", ALPACA)]
    assert cqia("compare", *datasets, "--out", tmp_path / "c", "--benchmarks", f"会考={exam}").code == 0
    found = numbers(tmp_path / "c")
    assert found["benchmarks"] == ["会考"]
    assert [each["leaks"]["by_benchmark"] for each in found["datasets"]] == [{"会考": 1}, {"会考": 0}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "DATASET"),
        (["nowhere"], "There is no release and no file 'nowhere'"),
        (["b.jsonl", "--benchmarks", "exam.jsonl"], "names no benchmark"),
        (["."], "lies in the dataset"),
        (["b.jsonl", "b.jsonl"], "Two datasets are called"),
    ],
)
def test_what_cannot_be_compared_is_said_and_nothing_is_written(cqia, write, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    write("b", ALPACA)
    found = cqia("compare", *arguments, "--out", "c")
    assert found.code == 2
    assert said in found.err
    assert not (tmp_path / "c").exists()


def test_a_folder_that_cannot_be_written_is_said(cqia, write, tmp_path):
    (tmp_path / "c").write_text("a file")
    said = cqia("compare", write("b", ALPACA), "--out", tmp_path / "c")
    assert said.code == 1
    assert "cannot be written" in said.err


def test_the_same_data_give_the_same_bytes(cqia, write, tmp_path):
    datasets = [write("a", *(ALPACA | {"instruction": f"第{n}种茶怎么泡？"} for n in range(60))), write("b", OURS)]
    for name in ("c", "d"):
        assert cqia("compare", *datasets, "--out", tmp_path / name).code == 0
    for file in ("index.html", "report.json"):
        assert (tmp_path / "c" / file).read_bytes() == (tmp_path / "d" / file).read_bytes()


def bare(row):
    """What a row asks, without marks and white space."""
    return re.sub(r"[\W_]", "", row["instruction"] + row["input"])


def test_real_datasets(cqia, real_data, tmp_path):
    """The four that were published: what is counted is what their files hold."""
    places = ("coig_cqia_sample", "coig", "nlp/alpaca_zh", "nlp/firefly_moss")
    assert cqia("compare", *(real_data / place for place in places), "--out", tmp_path).code == 0
    found = numbers(tmp_path)
    assert [each["name"] for each in found["datasets"]] == ["coig_cqia_sample", "coig", "alpaca_zh", "firefly_moss"]
    rows = [
        json.loads(line)
        for file in (real_data / places[0]).glob("*/*.jsonl")
        for line in file.read_text("utf-8").splitlines()
    ]
    sample, coig, *_ = found["datasets"]
    assert sample["records"] == len(rows)
    seen = sum(row["human_verified"] is True for row in rows)
    assert sample["written"]["human_verified"]["true"] == seen
    listed = json.loads((real_data / places[1] / "human_value_alignment_instructions_part1.json").read_text("utf-8"))
    assert coig["records"] == len(listed)
    theirs = {bare(row) for row in listed}
    assert found["overlap"]["asked"]["exact"][0][1] == sum(bare(row) in theirs for row in rows) > 0
    assert (tmp_path / "index.html").stat().st_size < 10_000_000
