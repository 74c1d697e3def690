"""The report's numbers, each against the same number computed in another way."""

import itertools
import math
from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_records import made, many, row

from cqia.report import makeup, monotony
from cqia.report.demand import SIGNS, demand
from cqia.report.table import TABLE
from cqia.report.terms import terms

FACTS = {
    "甲": makeup.Facts("甲源", "Forum", "", 10, ("collect",), "Source A"),
    "空": makeup.Facts("空源", "Exam", "", None, ()),
}


def test_sources_are_those_that_are_known_and_those_that_are_there():
    rows = makeup.sources(made([row(source="甲"), row(source="甲"), row(source="乙")]), FACTS)
    assert [(r["source"], r["title"], r["records"], r["share"], r["quantity"]) for r in rows] == [
        ("甲", "甲源", 2, 0.6667, 10), ("空", "空源", 0, 0.0, None), ("乙", "乙", 1, 0.3333, None),
    ]  # fmt: skip
    assert makeup.titles(rows) == {"甲": ("甲源", "Source A"), "空": ("空源", "空源"), "乙": ("乙", "乙")}


def test_task_types_in_two_levels():
    rows = [row(major=["问答"], minor=["生活", "常识"])] * 2 + [
        row(major=["试题", "问答"], minor=["数学"]),
        row(major=[], minor=[]),
    ]
    found = makeup.kinds(made(rows))
    assert [(each["name"], each["records"]) for each in found] == [("问答", 3), ("", 1), ("试题", 1)]
    assert found[0]["minor"] == [
        {"name": "常识", "records": 2}, {"name": "生活", "records": 2}, {"name": "数学", "records": 1},
    ]  # fmt: skip


def test_many_domains_are_summed_up():
    rows = [row(domain=[f"领域{n}"]) for n in range(40)] + [row(domain=[])]
    found = makeup.domains(made(rows))
    assert len(found) == makeup.MOST + 1
    assert found[-1] == {"name": "…", "records": 41 - makeup.MOST}
    assert sum(each["records"] for each in found) == 41


@given(st.lists(st.tuples(st.sampled_from(["human", "llm", "expert", None]), st.sampled_from([True, False, None]))))
def test_who_wrote_and_who_saw(pairs):
    found = makeup.written(made([row(answer_from=by, human_verified=seen) for by, seen in pairs]))
    says = [by for by, _ in pairs if by]
    known = [seen for _, seen in pairs if seen is not None]
    assert found["machine"] == (round(says.count("llm") / len(says), 4) if says else None)
    assert found["verified"] == (round(sum(known) / len(known), 4) if known else None)
    assert sum(found["answer_from"].values()) == sum(found["human_verified"].values()) == len(pairs)


@given(st.lists(st.text("怎样请介 \n", max_size=8), min_size=1, max_size=30))
def test_beginnings(texts):
    found = monotony.beginnings(made([row(instruction=text) for text in texts]))
    counts = Counter(text.strip()[:4] for text in texts)
    entropy = -sum(n / len(texts) * math.log2(n / len(texts)) for n in counts.values())
    assert found["distinct"] == len(counts)
    assert found["alike"] == round(max(counts.values()) / len(texts), 4)
    assert found["entropy"] == pytest.approx(entropy, abs=6e-4)
    assert found["by_source"][0]["records"] == len(texts)


@pytest.mark.parametrize(
    ("instruction", "beginning"),
    [
        (" Using the table, sum up.", "Using the"), ("What's  new?", "What's  new"), ("Translate：水", "Tran"),
        ("Python 怎么读文件", "Pyth"), ("2024 年的事", "2024"), ("请用 two words", "请用 t"), ("", ""),
    ],
)  # fmt: skip
def test_english_is_compared_by_two_words(instruction, beginning):
    (top,) = monotony.beginnings(made([row(instruction=instruction)]))["top"]
    assert top["text"] == beginning


def test_a_small_source_is_not_held_to_a_bound():
    rows = [row(source="小")] * 3 + [row(source="大", instruction=f"{n % 40}号问题怎么解") for n in range(100)]
    assert monotony.most_alike(monotony.beginnings(made(rows)))[1] == "大"
    assert monotony.most_alike(monotony.beginnings(made(rows[:3]))) is None


def test_wordings_of_a_task():
    rows = [row(task="a", template="t1")] * 3 + [row(task="a", template="t2"), row(task="b", template="t1"), row()]
    assert monotony.wordings(made(rows)) == [
        {"source": "甲", "task": "a", "records": 4, "distinct": 2, "alike": 0.75, "entropy": 0.811},
        {"source": "甲", "task": "b", "records": 1, "distinct": 1, "alike": 1.0, "entropy": 0.0},
    ]


@given(st.lists(st.text(max_size=20), min_size=1, max_size=20))
def test_distinct_pairs(texts):
    found = monotony.richness(made([row(instruction=text) for text in texts]))[0]["instruction"]
    order = {"".join(p) for p in itertools.permutations(sorted(set(texts)))} if len(set(texts)) < 4 else set()
    assert found["characters"] == sum(map(len, texts))
    if len(set(texts)) == len(texts) < 4 and found["characters"] > 1:
        shares = {round(len(set(itertools.pairwise(text))) / (len(text) - 1), 4) for text in order}
        assert found["distinct"] in shares
    assert 0 <= found["distinct"] <= 1


def test_repeated_text_is_less_rich_than_varied_text():
    same = monotony.richness(made([row(output="天天向上" * 50)]))[0]["output"]
    varied = monotony.richness(made([row(output="".join(map(chr, range(0x4E00, 0x4E00 + 200))))]))[0]["output"]
    assert same["distinct"] == round(4 / 199, 4)
    assert varied["distinct"] == 1.0


@pytest.mark.parametrize(
    ("sign", "yes", "no"),
    [
        ("questions", {"instruction": "为什么？怎么办？"}, {"instruction": "为什么？"}),
        ("constraints", {"instruction": "写一段不超过一百字的话"}, {"instruction": "写一段话"}),
        ("constraints", {"instruction": "列出3个办法"}, {"instruction": "第3个办法、第 12 条是什么"}),
        ("reading", {"input": "一段材料"}, {}),
        ("formulas", {"output": "由 $a^2$ 得"}, {"output": "花了 $5"}),
        ("code", {"output": "```python\n1\n```"}, {"output": "代码"}),
        ("steps", {"output": "1. 烧水\n2. 下面\n3. 捞出"}, {"output": "1. 烧水\n2. 下面"}),
        ("steps", {"output": "一、甲\n（二）乙\n第三步 丙"}, {"output": "一生二，二生三，三生万物"}),
        ("long", {"output": "长" * 1001}, {"output": "长" * 1000}),
    ],
)
def test_signs_of_difficulty(sign, yes, no):
    assert demand(made([row(**yes)]))[0][sign] == 1.0
    assert demand(made([row(**no)]))[0][sign] == 0.0
    assert set(demand(made([row()]))[0]) == {"source", "records", *SIGNS}


def test_a_cluster_of_english_is_not_named_by_its_little_words():
    mine = pl.Series([f"How can I water the plant? See https://example.org/{n}.com" for n in range(9)])
    named = terms(mine, pl.concat([mine, made(many(60))["instruction"]]))
    assert {"plant", "water"} <= set(named)


def test_terms_are_what_others_do_not_have():
    table = made(many(60))
    mine = table["instruction"].filter(table["instruction"].str.contains("木吉他"))
    named = terms(mine, table["instruction"])
    assert "木吉他" in named
    assert len(named) <= 3
    assert not any(a != b and a in b for a in named for b in named)


def test_of_nothing_there_is_nothing():
    table = TABLE.to_frame()
    assert makeup.sources(table, {}) == makeup.kinds(table) == makeup.domains(table) == monotony.wordings(table) == []
    assert makeup.written(table)["verified"] is None
    assert monotony.beginnings(table)["distinct"] == 0
    assert demand(table)[0]["records"] == 0
